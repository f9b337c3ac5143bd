use super::control_plane::ControlPlane;
use super::draft::Made;
use super::locate::{linked_id, unique_endpoint_key};
use super::refusal::Refusal;
use super::save::refer_to;
use super::show::parsed;
use super::store::{Edit, View};
use json::{Object, Value};
use schema::{Catalog, KindId, NamesChildren, Violations};

/// Which children a body names.
pub(super) enum Names {
    /// It says nothing of them.
    Unsaid,
    /// These and no others.
    These(Vec<String>),
}

impl Names {
    /// What a whole entity names that says nothing: none.
    pub(super) fn or_none(self) -> Self {
        match self {
            Self::Unsaid => Self::These(Vec::new()),
            these => these,
        }
    }
}

/// The field by which entities of one kind refer to another kind.
pub(super) fn link_to(catalog: &Catalog, from: KindId, to: KindId) -> Option<String> {
    let foreign = &catalog.kind(from).foreign;
    let link = foreign.iter().find(|foreign| foreign.kind == to && !foreign.list)?;
    Some(link.field.clone())
}

/// A kind's children with what leads to them.
struct Children<'c> {
    named: &'c NamesChildren,
    collection: &'c str,
    key: &'c str,
    link: String,
}

impl ControlPlane {
    fn children(&self, kind: KindId) -> Option<Children<'_>> {
        let named = self.catalog.kind(kind).names_children.as_ref()?;
        let described = self.catalog.kind(named.kind);
        Some(Children {
            named,
            collection: &described.collection,
            key: unique_endpoint_key(described)?,
            link: link_to(&self.catalog, named.kind, kind)?,
        })
    }

    /// The children that a body names, if they may bear those names under the entity of that id.
    ///
    /// # Errors
    /// A name twice, one that none can bear, one of another's child.
    pub(super) fn names(
        &self,
        view: View<'_>,
        kind: KindId,
        id: Option<&str>,
        body: &Object,
    ) -> Result<Names, Refusal> {
        let Some(children) = self.children(kind) else {
            return Ok(Names::Unsaid);
        };
        let names = match body.get(&children.named.field) {
            Some(Value::Null) => Vec::new(),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return Ok(Names::Unsaid),
        };
        let refused = |why: String| {
            let fields = Object::from_iter([(children.named.field.clone(), Value::from(why))]);
            Refusal::Violations(Violations(fields))
        };
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                return Err(refused(format!("{name} is duplicated")));
            }
        }
        for name in &names {
            self.check_name(children.named.kind, children.key, name)?;
            let holder = self.parent_of(view, &children, name)?;
            if let Some(holder) = holder.filter(|holder| Some(holder.as_str()) != id) {
                let why = format!("{name} already associated with existing certificate '{holder}'");
                return Err(refused(why));
            }
        }
        Ok(Names::These(names))
    }

    /// The names of an entity's children, sorted.
    pub(super) fn names_of_children(&self, view: View<'_>, kind: KindId, id: &str) -> rusqlite::Result<Vec<String>> {
        match self.children(kind) {
            Some(children) => view.names_of_linked(children.collection, &children.link, id, children.key),
            None => Ok(Vec::new()),
        }
    }

    /// Makes the children that are named and not there, then removes those that are there and not named.
    pub(super) fn save_children(&self, edit: &Edit<'_>, kind: KindId, id: &str, names: Names) -> Result<(), Refusal> {
        let (Some(children), Names::These(names)) = (self.children(kind), names) else {
            return Ok(());
        };
        let there = self.names_of_children(**edit, kind, id)?;
        for name in names.iter().filter(|name| !there.contains(name)) {
            let mut body = Object::from_iter([(children.key.to_owned(), Value::from(name.as_str()))]);
            refer_to(&mut body, &children.link, id);
            let draft = self.draft(children.named.kind, body, Made::Whole)?;
            let child = uuid::Uuid::new_v4().to_string();
            self.save(edit, children.named.kind, &child, draft, Names::Unsaid)?;
        }
        for name in there.iter().filter(|name| !names.contains(name)) {
            if let Some(child) = edit.find(children.collection, children.key, name)? {
                edit.remove(children.collection, &child)?;
            }
        }
        Ok(())
    }

    fn parent_of(&self, view: View<'_>, children: &Children<'_>, name: &str) -> Result<Option<String>, Refusal> {
        let Some(child) = view.find(children.collection, children.key, name)? else {
            return Ok(None);
        };
        let row = view.get(children.collection, &child, self.now())?;
        Ok(row.and_then(|row| linked_id(&parsed(&row.body), &children.link)))
    }
}
