use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::files::{self, SchemaError};
use super::{Catalog, FieldPath, KindId, Segment};
use json::Object;

/// Whether a field takes references, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It is a vault's: what references resolve by is never resolved itself.
    Never,
    /// It does from that version of Kong Gateway on, and which one it is about is not known.
    Since(&'static str),
    /// No schema tells.
    Unknown,
}

/// The fields of a record: from a version on, under a path, these names.
type Versions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What is known of fields without their schemas.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    #[serde(rename = "groups")]
    _groups: IgnoredAny,
    entities: BTreeMap<String, Versions>,
    plugins: BTreeMap<String, Versions>,
}

impl Catalog {
    /// Whether a field of an entity takes references, `schema` being what its schema says: a live node's has the last
    /// word; what is recorded, of one version, is completed by lists of others.
    pub fn takes(&self, kind: KindId, body: &Object, path: &FieldPath, schema: Option<bool>) -> Takes {
        if Some(kind) == self.find("vaults") {
            return Takes::Never;
        }
        let of_schema = match schema {
            Some(true) => Takes::Yes,
            Some(false) => Takes::No,
            None => Takes::Unknown,
        };
        if of_schema == Takes::Yes || self.is_live(kind, body) {
            return of_schema;
        }
        match (self.listed(kind, body, path), self.version()) {
            (Listed::Since(since), Some(node)) if version(node) >= version(since) => Takes::Yes,
            (Listed::Since(_), Some(_)) => Takes::No,
            (Listed::Since(_), None) if of_schema == Takes::Unknown => Takes::Yes,
            (Listed::Since(since), None) => Takes::Since(since),
            (Listed::No, _) => Takes::No,
            (Listed::Unknown, _) => of_schema,
        }
    }

    fn listed(&self, kind: KindId, body: &Object, path: &FieldPath) -> Listed {
        let kind = self.kind(kind);
        let versions = match kind
            .subschemas
            .as_ref()
            .map(|sub| (sub.family.as_str(), sub.name(body)))
        {
            Some((family, Some(name))) if family == kind.collection => LISTS.plugins.get(name),
            _ => LISTS.entities.get(&kind.collection),
        };
        let Some(versions) = versions else {
            return Listed::Unknown;
        };
        let mut since: Vec<&str> = versions
            .iter()
            .filter(|(_, records)| records.iter().any(|(record, fields)| has(record, fields, path)))
            .map(|(since, _)| since.as_str())
            .collect();
        since.sort_by_key(|since| version(since));
        since.first().map_or(Listed::No, |since| Listed::Since(since))
    }
}

/// What the lists say of a field.
enum Listed {
    Since(&'static str),
    No,
    Unknown,
}

fn has(record: &str, fields: &[String], path: &FieldPath) -> bool {
    fields.iter().any(|field| {
        let pattern = if record.is_empty() {
            field.clone()
        } else {
            format!("{record}.{field}")
        };
        is_at(&pattern, path)
    })
}

/// Whether a path is one of a pattern, in which `[]` is any member of a list and `{}` any value of a map.
fn is_at(pattern: &str, path: &FieldPath) -> bool {
    let names = pattern.split('.').flat_map(|name| {
        let (name, rest) = name.split_at(name.find(['[', '{']).unwrap_or(name.len()));
        [name, rest].into_iter().filter(|part| !part.is_empty())
    });
    names.clone().count() == path.0.len()
        && names.zip(&path.0).all(|(part, segment)| match (part, segment) {
            ("[]", Segment::Index(_)) | ("{}", Segment::Name(_)) => true,
            (part, Segment::Name(name)) => part == name,
            _ => false,
        })
}

/// The first two numbers of a version, which come in order.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split(['.', '-']).map(|number| number.parse().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| match lists() {
    Ok(lists) => lists,
    Err(error) => panic!("{error}"),
});

fn lists() -> Result<Lists, SchemaError> {
    let file = files::single("referenceable.yaml");
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
        let plugins = catalog.find("plugins").expect("a kind");
        for (plugin, path, wanted) in [
            (
                "openid-connect",
                FieldPath::dotted("config.client_id").index(0),
                Takes::Yes,
            ),
            ("openid-connect", FieldPath::dotted("config.client_id"), Takes::No),
            (
                "openid-connect",
                FieldPath::dotted("config.client_jwk").index(1).name("d"),
                Takes::Yes,
            ),
            ("openid-connect", FieldPath::dotted("config.cache_ttl"), Takes::No),
            (
                "upstream-oauth",
                FieldPath::dotted("config.oauth.token_headers.x"),
                Takes::Yes,
            ),
            ("our-own", FieldPath::dotted("config.x"), Takes::Unknown),
        ] {
            let body = body(json!({"name": plugin}));
            assert_eq!(catalog.takes(plugins, &body, &path, None), wanted, "{plugin} {path}");
        }
    }

    #[test]
    fn what_newer_gateways_take_depends_on_the_version() {
        let recorded = Catalog::recorded();
        let plugins = recorded.find("plugins").expect("a kind");
        let body = body(json!({"name": "rate-limiting"}));
        let path = FieldPath::dotted("config.redis.host");
        let node = |version: &str| {
            recorded.overlaid(&LiveSchemas {
                version: Some(version.to_owned()),
                ..LiveSchemas::default()
            })
        };
        assert_eq!(recorded.takes(plugins, &body, &path, Some(false)), Takes::Since("3.13"));
        assert_eq!(node("3.9.1").takes(plugins, &body, &path, Some(false)), Takes::No);
        assert_eq!(node("3.14.0.2").takes(plugins, &body, &path, Some(false)), Takes::Yes);
    }

    #[test]
    fn a_live_schema_has_the_last_word() {
        let recorded = Catalog::recorded();
        let plugins = recorded.find("plugins").expect("a kind");
        let schema = json!({"fields": [{"config": {"type": "record", "fields": []}}]});
        let live = recorded.overlaid(&LiveSchemas {
            plugins: [("openid-connect".to_owned(), schema)].into(),
            ..LiveSchemas::default()
        });
        let body = body(json!({"name": "openid-connect"}));
        let path = FieldPath::dotted("config.client_id").index(0);
        assert_eq!(live.takes(plugins, &body, &path, None), Takes::Unknown);
        assert_eq!(live.takes(plugins, &body, &path, Some(false)), Takes::No);
    }

    #[test]
    fn nothing_of_a_vault_is_resolved() {
        let catalog = Catalog::recorded();
        let vaults = catalog.find("vaults").expect("a kind");
        let path = FieldPath::dotted("config.token");
        assert_eq!(
            catalog.takes(vaults, &body(json!({"name": "hcv"})), &path, Some(true)),
            Takes::Never
        );
    }
}
