use std::fmt;

use uuid::Uuid;

use crate::Fingerprinter;
use crate::key::key_part;
use crate::live_index::foreign_key_id;
use json::Object;
use schema::{Catalog, FieldPath, KindId};

/// What an entity is called in reports, without its kind: `my-secret`, `cors for service s and route r`. Nothing in it is
/// secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityName {
    /// Its own name, by the kind's title rule: a fingerprint if it is secret, the id if there is none.
    pub name: String,
    /// The entities that it is for.
    pub parents: Vec<ParentName>,
    /// What follows the name if there are no parents: `(global)`.
    pub otherwise: Option<String>,
}

/// An entity that another is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentName {
    /// Its kind.
    pub kind: KindId,
    /// The kind's name, for people.
    pub kind_name: String,
    /// Its id.
    pub id: Uuid,
    /// Its own name, if it is known.
    pub name: Option<String>,
    /// Whether the title has its id all the same, as decK's of a target has the upstream's.
    pub by_id: bool,
}

impl EntityName {
    /// The name of an entity. `name_of` says the own names of other entities.
    pub(crate) fn new(
        catalog: &Catalog,
        kind: KindId,
        (id, body): (Uuid, &Object),
        fingerprinter: &Fingerprinter,
        name_of: impl Fn(KindId, Uuid) -> Option<String>,
    ) -> Self {
        let name = own_name(catalog, kind, body, Some((id, fingerprinter))).unwrap_or_else(|| id.to_string());
        let kind = catalog.kind(kind);
        let parents = kind.title.of.iter().filter_map(|field| {
            let foreign = kind.foreign_fields.iter().find(|foreign| foreign.field == *field)?;
            let id = foreign_key_id(body, field)?;
            Some(ParentName {
                kind: foreign.kind,
                kind_name: catalog.kind(foreign.kind).name.clone(),
                id,
                name: name_of(foreign.kind, id),
                by_id: kind.title.by_id,
            })
        });
        Self {
            name,
            parents: parents.collect(),
            otherwise: kind.title.otherwise.clone(),
        }
    }
}

impl fmt::Display for EntityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (at, parent) in self.parents.iter().enumerate() {
            f.write_str(if at == 0 { " for " } else { " and " })?;
            parent.fmt(f)?;
        }
        match &self.otherwise {
            Some(otherwise) if self.parents.is_empty() => write!(f, " {otherwise}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ParentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) if !self.by_id => write!(f, "{} {name}", self.kind_name),
            _ => write!(f, "{} {}", self.kind_name, self.id),
        }
    }
}

/// An entity's own name: the first field of the kind's title that is set. A secret is shown as a fingerprint, or passed over
/// if there is nothing to make one with.
pub fn own_name(
    catalog: &Catalog,
    kind: KindId,
    body: &Object,
    fingerprinter: Option<(Uuid, &Fingerprinter)>,
) -> Option<String> {
    let kind = catalog.kind(kind);
    kind.title.fields.iter().find_map(|field| {
        let value = body.get(field).filter(|value| !value.is_null())?;
        let is_link = kind.foreign_fields.iter().any(|foreign| foreign.field == *field);
        let is_secret = kind.record.get(field).is_some_and(|field| field.secret);
        match is_secret && !is_link {
            true => {
                let (id, fingerprinter) = fingerprinter?;
                let path = FieldPath::from_field(field);
                Some(format!("<secret {}>", fingerprinter.fingerprint(id, &path, value)))
            }
            false => key_part(value).map(|text| text.into_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(kind_name: &str, name: Option<&str>, by_id: bool) -> ParentName {
        ParentName {
            kind: KindId(0),
            kind_name: kind_name.to_owned(),
            id: Uuid::nil(),
            name: name.map(str::to_owned),
            by_id,
        }
    }

    #[test]
    fn a_name_says_its_parents_or_that_there_are_none() {
        let name = |parents| EntityName {
            name: "cors".to_owned(),
            parents,
            otherwise: Some("(global)".to_owned()),
        };
        assert_eq!(name(Vec::new()).to_string(), "cors (global)");
        let parents = vec![parent("service", Some("s"), false), parent("route", None, false)];
        assert_eq!(
            name(parents).to_string(),
            format!("cors for service s and route {}", Uuid::nil())
        );
        let by_id = name(vec![parent("upstream", Some("u"), true)]);
        assert_eq!(by_id.to_string(), format!("cors for upstream {}", Uuid::nil()));
    }
}
