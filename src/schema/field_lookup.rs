use super::{BodyPart, Catalog, Field, FieldPath, FieldType, KindId, PathSegment, Record, ShorthandUse};
use json::Object;

impl Record {
    /// The field at a path of names through nested records.
    pub(crate) fn nested_field(&self, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.field_or_shorthand(first)?, |field, name| field.child(name))
    }

    /// The field at a path into a body: members of lists and values of maps have the field that describes each of them.
    /// Shorthands count.
    pub fn field_at(&self, path: &FieldPath) -> Option<&Field> {
        let (first, rest) = path.0.split_first()?;
        let PathSegment::Name(name) = first else { return None };
        rest.iter().try_fold(self.field_or_shorthand(name)?, Field::at_segment)
    }

    /// The fields along a path into a body, from the top-level one on, as far as the schema goes.
    pub fn fields_along<'r>(&'r self, path: &[PathSegment]) -> impl Iterator<Item = &'r Field> {
        let (first, rest) = match path.split_first() {
            Some((PathSegment::Name(name), rest)) => (self.field_or_shorthand(name), rest),
            _ => (None, path),
        };
        let deeper = rest.iter().scan(first, |field, segment| {
            *field = field.and_then(|field| field.at_segment(segment));
            *field
        });
        first.into_iter().chain(deeper)
    }

    /// The field of that name, shorthands included.
    pub fn field_or_shorthand(&self, name: &str) -> Option<&Field> {
        self.get(name).or_else(|| self.shorthand(name))
    }

    /// The names of the fields that the server makes up where nothing is said (`auto`).
    pub fn auto_fields(&self) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(|(_, field)| field.auto)
            .map(|(name, _)| name.as_str())
    }
}

impl Field {
    /// The field of a name in a record, or of any key of a map.
    pub fn child(&self, name: &str) -> Option<&Self> {
        match &self.field_type {
            FieldType::Record(record) => record.field_or_shorthand(name),
            FieldType::Map { values, .. } => Some(values),
            _ => None,
        }
    }

    /// The field of the members of a list.
    pub fn element(&self) -> Option<&Self> {
        match &self.field_type {
            FieldType::Array(inner) | FieldType::Set(inner) => Some(inner),
            _ => None,
        }
    }

    fn at_segment(&self, segment: &PathSegment) -> Option<&Self> {
        match segment {
            PathSegment::Name(name) => self.child(name),
            PathSegment::Index(_) => self.element(),
        }
    }
}

impl Catalog {
    /// Where a body holds secrets: what Kong's schema marks `encrypted`, what the files under `schemas/` mark, the
    /// shorthands of either, and every text under a field or in a config that no schema describes. Null is no secret.
    pub fn secret_paths(&self, kind: KindId, body: &Object) -> Vec<FieldPath> {
        let mut found = Vec::new();
        self.record(kind, body).walk(body, &mut |part| {
            let is_secret = is_secret(part);
            if is_secret {
                found.push(FieldPath::from_steps(part.path));
            }
            !is_secret && may_hold_secrets(part.field)
        });
        found
    }

    /// The fields of an entity that the server makes up where nothing is said (`auto`), in records at any depth, the id
    /// included, whether the body has them or not.
    pub fn auto_paths(&self, kind: KindId, body: &Object) -> Vec<FieldPath> {
        let record = self.record(kind, body);
        let mut found = Vec::new();
        record.walk_fields(&mut |path, field| {
            if field.auto {
                found.push(FieldPath::from_names(path));
            }
            !field.auto && matches!(field.field_type, FieldType::Record(_))
        });
        found
    }
}

fn is_secret(part: BodyPart<'_, '_, '_>) -> bool {
    match part.field {
        _ if part.value.is_null() => false,
        Some(field) if field.secret || part.shorthand.is_some_and(stands_for_secret) => true,
        // of what no schema describes, every text may be a secret
        None
        | Some(Field {
            field_type: FieldType::Abstract,
            ..
        }) => part.value.is_string(),
        Some(_) => false,
    }
}

fn stands_for_secret(shorthand: ShorthandUse<'_, '_, '_>) -> bool {
    let mut targets = shorthand
        .targets
        .iter()
        .filter_map(|path| shorthand.record.nested_field(path));
    shorthand.field.secret || targets.any(|field| field.secret)
}

/// Values in JSON fields have no schema either, and are no secrets.
fn may_hold_secrets(field: Option<&Field>) -> bool {
    field.is_none_or(|field| {
        matches!(
            field.field_type,
            FieldType::Abstract
                | FieldType::Record(_)
                | FieldType::Array(_)
                | FieldType::Set(_)
                | FieldType::Map { .. }
        )
    })
}

#[cfg(test)]
mod tests {
    use json::{Value, json};

    use super::*;

    fn paths(found: Vec<FieldPath>) -> Vec<String> {
        found.iter().map(FieldPath::to_string).collect()
    }

    fn secrets(kind: &str, body: Value) -> Vec<String> {
        let catalog = Catalog::recorded();
        let kind = catalog.find_kind(kind).unwrap();
        paths(catalog.secret_paths(kind, body.as_object().unwrap()))
    }

    #[test]
    fn secrets_are_found_in_every_spelling() {
        for (kind, body, found) in [
            (
                "certificates",
                json!({"cert": "c", "key": "k", "key_alt": null}),
                vec!["key"],
            ),
            (
                "keys",
                json!({"pem": {"private_key": "k", "public_key": "p"}}),
                vec!["pem.private_key"],
            ),
            ("keyauth_credentials", json!({"key": "k"}), vec!["key"]),
            (
                "basicauth_credentials",
                json!({"username": "u", "password": "p"}),
                vec!["password"],
            ),
            (
                "vaults",
                json!({"name": "hcv", "prefix": "p", "config": {"token": "t", "host": "h"}}),
                vec!["config.token"],
            ),
            (
                "vaults",
                json!({"name": "mine", "prefix": "p", "config": {"a": ["t", 1]}}),
                vec!["config.a[0]"],
            ),
            (
                "plugins",
                json!({"name": "never-heard-of", "config": {"a": {"b": "t"}}}),
                vec!["config.a.b"],
            ),
            (
                "plugins",
                json!({"name": "rate-limiting", "config": {"redis_password": "p", "redis": {"password": "p"}}}),
                vec!["config.redis.password", "config.redis_password"],
            ),
            (
                "plugins",
                json!({"name": "http-log", "config": {"headers": {"a": "t"}}}),
                vec!["config.headers.a"],
            ),
            (
                "services",
                json!({"name": "s", "of_a_later_kong": "x"}),
                vec!["of_a_later_kong"],
            ),
        ] {
            assert_eq!(secrets(kind, body), found, "{kind}");
        }
    }

    #[test]
    fn what_the_server_makes_up_is_known_at_any_depth() {
        let catalog = Catalog::recorded();
        let plugins = catalog.find_kind("plugins").unwrap();
        let body = json!({"name": "session"});
        let found = paths(catalog.auto_paths(plugins, body.as_object().unwrap()));
        assert!(
            found.contains(&"config.secret".to_owned()) && found.contains(&"id".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn a_field_is_found_through_lists_and_maps() {
        let catalog = Catalog::recorded();
        let record = &catalog.kind(catalog.find_kind("routes").unwrap()).record;
        let at = |path: FieldPath| record.field_at(&path).map(|field| field.field_type.clone());
        assert_eq!(
            at(FieldPath::from_field("sources").with_index(0).with_name("port")),
            Some(FieldType::Integer)
        );
        assert_eq!(
            at(FieldPath::from_field("headers").with_name("x").with_index(1)),
            Some(FieldType::String)
        );
        assert_eq!(at(FieldPath::from_field("sources").with_name("port")), None);
    }
}
