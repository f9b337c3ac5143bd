use std::sync::LazyLock;

use super::file_format::referenceable_file::ReferenceableFile;
use super::{Catalog, FieldPath, KindId, PathSegment, SchemaError, files};
use json::Object;

/// Whether a field takes references, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Referenceability {
    Yes,
    No,
    /// It is a vault's: references are never resolved in a vault.
    Never,
    /// It does from that version of Kong Gateway on, and the node's version is not known.
    Since(&'static str),
    /// No schema is known.
    Unknown,
}

impl Catalog {
    /// Whether a field of an entity takes references, `schema` being what its schema says: a live node's has the last
    /// word; what is recorded, of one version, is completed by lists of others.
    pub fn referenceability(
        &self,
        kind: KindId,
        body: &Object,
        path: &FieldPath,
        schema: Option<bool>,
    ) -> Referenceability {
        if Some(kind) == self.find_kind("vaults") {
            return Referenceability::Never;
        }
        let of_schema = match schema {
            Some(true) => Referenceability::Yes,
            Some(false) => Referenceability::No,
            None => Referenceability::Unknown,
        };
        if of_schema == Referenceability::Yes || self.has_live_schema(kind, body) {
            return of_schema;
        }
        match (self.listed_referenceability(kind, body, path), self.node_version()) {
            (ListedReferenceability::Since(since), Some(node)) if parse_version(node) >= parse_version(since) => {
                Referenceability::Yes
            }
            (ListedReferenceability::Since(_), Some(_)) => Referenceability::No,
            (ListedReferenceability::Since(_), None) if of_schema == Referenceability::Unknown => Referenceability::Yes,
            (ListedReferenceability::Since(since), None) => Referenceability::Since(since),
            (ListedReferenceability::No, _) => Referenceability::No,
            (ListedReferenceability::Unknown, _) => of_schema,
        }
    }

    fn listed_referenceability(&self, kind: KindId, body: &Object, path: &FieldPath) -> ListedReferenceability {
        let kind = self.kind(kind);
        let versions = match kind
            .subschemas
            .as_ref()
            .map(|sub| (sub.family.as_str(), sub.subschema_name(body)))
        {
            Some((family, Some(name))) if family == kind.collection => REFERENCEABLE_LISTS.plugins.get(name),
            _ => REFERENCEABLE_LISTS.entities.get(&kind.collection),
        };
        let Some(versions) = versions else {
            return ListedReferenceability::Unknown;
        };
        let mut since: Vec<&str> = versions
            .iter()
            .filter(|(_, records)| records.iter().any(|(record, fields)| has_path(record, fields, path)))
            .map(|(since, _)| since.as_str())
            .collect();
        since.sort_by_key(|since| parse_version(since));
        since
            .first()
            .map_or(ListedReferenceability::No, |since| ListedReferenceability::Since(since))
    }
}

/// Whether the lists name a plugin, of any edition.
pub(crate) fn is_listed_plugin(name: &str) -> bool {
    REFERENCEABLE_LISTS.plugins.contains_key(name)
}

enum ListedReferenceability {
    Since(&'static str),
    No,
    Unknown,
}

fn has_path(record: &str, fields: &[String], path: &FieldPath) -> bool {
    fields.iter().any(|field| {
        let pattern = if record.is_empty() {
            field.clone()
        } else {
            format!("{record}.{field}")
        };
        matches_path_pattern(&pattern, path)
    })
}

/// Whether a path is one of a pattern, in which `[]` is any member of a list and `{}` any value of a map.
fn matches_path_pattern(pattern: &str, path: &FieldPath) -> bool {
    let names = pattern.split('.').flat_map(|name| {
        let (name, rest) = name.split_at(name.find(['[', '{']).unwrap_or(name.len()));
        [name, rest].into_iter().filter(|part| !part.is_empty())
    });
    names.clone().count() == path.0.len()
        && names.zip(&path.0).all(|(part, segment)| match (part, segment) {
            ("[]", PathSegment::Index(_)) | ("{}", PathSegment::Name(_)) => true,
            (part, PathSegment::Name(name)) => part == name,
            _ => false,
        })
}

/// The first two numbers of a version, which come in order.
fn parse_version(text: &str) -> (u32, u32) {
    let mut numbers = text.split(['.', '-']).map(|number| number.parse().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

static REFERENCEABLE_LISTS: LazyLock<ReferenceableFile> = LazyLock::new(|| match read_lists() {
    Ok(lists) => lists,
    Err(error) => panic!("{error}"),
});

fn read_lists() -> Result<ReferenceableFile, SchemaError> {
    let file = files::file_at("referenceable.yaml");
    serde_yaml::from_str(file.text).map_err(|error| SchemaError::new(file.path, error))
}

#[cfg(test)]
mod tests {
    use json::{Object, Value, json};

    use super::*;
    use crate::LiveSchemas;

    fn body(body: Value) -> Object {
        body.as_object().cloned().expect("an object")
    }

    #[test]
    fn lists_tell_of_plugins_whose_schemas_are_not_known() {
        let catalog = Catalog::recorded();
        let plugins = catalog.find_kind("plugins").expect("a kind");
        for (plugin, path, expected) in [
            (
                "openid-connect",
                FieldPath::from_dotted("config.client_id").with_index(0),
                Referenceability::Yes,
            ),
            (
                "openid-connect",
                FieldPath::from_dotted("config.client_id"),
                Referenceability::No,
            ),
            (
                "openid-connect",
                FieldPath::from_dotted("config.client_jwk").with_index(1).with_name("d"),
                Referenceability::Yes,
            ),
            (
                "openid-connect",
                FieldPath::from_dotted("config.cache_ttl"),
                Referenceability::No,
            ),
            (
                "upstream-oauth",
                FieldPath::from_dotted("config.oauth.token_headers.x"),
                Referenceability::Yes,
            ),
            ("our-own", FieldPath::from_dotted("config.x"), Referenceability::Unknown),
        ] {
            let body = body(json!({"name": plugin}));
            assert_eq!(
                catalog.referenceability(plugins, &body, &path, None),
                expected,
                "{plugin} {path}"
            );
        }
    }

    #[test]
    fn what_newer_gateways_take_depends_on_the_version() {
        let recorded = Catalog::recorded();
        let plugins = recorded.find_kind("plugins").expect("a kind");
        let body = body(json!({"name": "rate-limiting"}));
        let path = FieldPath::from_dotted("config.redis.host");
        let node = |version: &str| {
            recorded.with_live_schemas(&LiveSchemas {
                version: Some(version.to_owned()),
                ..LiveSchemas::default()
            })
        };
        assert_eq!(
            recorded.referenceability(plugins, &body, &path, Some(false)),
            Referenceability::Since("3.13")
        );
        assert_eq!(
            node("3.9.1").referenceability(plugins, &body, &path, Some(false)),
            Referenceability::No
        );
        assert_eq!(
            node("3.14.0.2").referenceability(plugins, &body, &path, Some(false)),
            Referenceability::Yes
        );
    }

    #[test]
    fn a_live_schema_has_the_last_word() {
        let recorded = Catalog::recorded();
        let plugins = recorded.find_kind("plugins").expect("a kind");
        let schema = json!({"fields": [{"config": {"type": "record", "fields": []}}]});
        let live = recorded.with_live_schemas(&LiveSchemas {
            plugins: [("openid-connect".to_owned(), schema)].into(),
            ..LiveSchemas::default()
        });
        let body = body(json!({"name": "openid-connect"}));
        let path = FieldPath::from_dotted("config.client_id").with_index(0);
        assert_eq!(
            live.referenceability(plugins, &body, &path, None),
            Referenceability::Unknown
        );
        assert_eq!(
            live.referenceability(plugins, &body, &path, Some(false)),
            Referenceability::No
        );
    }

    #[test]
    fn nothing_of_a_vault_is_resolved() {
        let catalog = Catalog::recorded();
        let vaults = catalog.find_kind("vaults").expect("a kind");
        let path = FieldPath::from_dotted("config.token");
        assert_eq!(
            catalog.referenceability(vaults, &body(json!({"name": "hcv"})), &path, Some(true)),
            Referenceability::Never
        );
    }
}
