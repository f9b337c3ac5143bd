use super::shorthand;
use super::{Catalog, Field, FieldPath, FieldType, KindId, PathSegment, Record};
use json::{Object, PathStep, Value};

impl Record {
    /// The field at a path of names through nested records.
    pub fn nested_field(&self, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.field_or_shorthand(first)?, |field, name| field.child_field(name))
    }

    /// The field at a path into a body: members of lists and values of maps have the field that describes each of them.
    /// Shorthands count.
    pub fn field_at(&self, path: &FieldPath) -> Option<&Field> {
        let (first, rest) = path.0.split_first()?;
        let PathSegment::Name(name) = first else { return None };
        rest.iter()
            .try_fold(self.field_or_shorthand(name)?, |field, segment| match segment {
                PathSegment::Name(name) => field.child_field(name),
                PathSegment::Index(_) => field.element_field(),
            })
    }

    /// The field of that name, shorthands included.
    pub fn field_or_shorthand(&self, name: &str) -> Option<&Field> {
        let shorthand = || self.shorthands.iter().find(|(known, _)| known == name);
        self.get(name).or_else(|| shorthand().map(|(_, field)| field))
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
    fn child_field(&self, name: &str) -> Option<&Self> {
        match &self.field_type {
            FieldType::Record(record) => record.field_or_shorthand(name),
            FieldType::Map { values, .. } => Some(values),
            _ => None,
        }
    }

    fn element_field(&self) -> Option<&Self> {
        match &self.field_type {
            FieldType::Array(inner) | FieldType::Set(inner) => Some(inner),
            _ => None,
        }
    }
}

impl Catalog {
    /// Where a body holds secrets: what Kong's schema marks `encrypted`, what the files under `schemas/` mark, the
    /// shorthands of either, and every text under a field or in a config that no schema describes. Null is no secret.
    pub fn secret_paths(&self, kind: KindId, body: &Object) -> Vec<FieldPath> {
        self.search_paths(SearchTarget::Secret, kind, body)
    }

    /// Where a body holds values in whose place a `{vault://…}` reference is honoured: each member of a list and each
    /// value of a map by itself. Shorthands count.
    pub fn referenceable_paths(&self, kind: KindId, body: &Object) -> Vec<FieldPath> {
        self.search_paths(SearchTarget::Referenceable, kind, body)
    }

    /// The fields of an entity that the server makes up where nothing is said (`auto`), in records at any depth, the id
    /// included, whether the body has them or not.
    pub fn auto_paths(&self, kind: KindId, body: &Object) -> Vec<FieldPath> {
        let record = self.record(kind, body);
        let mut found = Vec::new();
        collect_auto_paths(&record, &mut Vec::new(), &mut found);
        found
    }

    fn search_paths(&self, wanted: SearchTarget, kind: KindId, body: &Object) -> Vec<FieldPath> {
        let record = self.record(kind, body);
        let mut search = PathSearch {
            target: wanted,
            path: Vec::new(),
            found: Vec::new(),
        };
        search.search_record(&record, body);
        search.found
    }
}

fn collect_auto_paths<'a>(record: &'a Record, at: &mut Vec<PathStep<'a>>, found: &mut Vec<FieldPath>) {
    for (name, field) in &record.fields {
        at.push(PathStep::Name(name));
        if field.auto {
            found.push(FieldPath::from_steps(at));
        } else if let FieldType::Record(inner) = &field.field_type {
            collect_auto_paths(inner, at, found);
        }
        at.pop();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SearchTarget {
    Secret,
    Referenceable,
}

struct PathSearch<'a> {
    target: SearchTarget,
    path: Vec<PathStep<'a>>,
    found: Vec<FieldPath>,
}

impl<'a> PathSearch<'a> {
    fn is_target(&self, field: &Field) -> bool {
        match self.target {
            SearchTarget::Secret => field.secret,
            SearchTarget::Referenceable => field.referenceable,
        }
    }

    fn search_record(&mut self, record: &Record, body: &'a Object) {
        for (name, value) in body {
            let shorthand = || record.shorthands.iter().find(|(known, _)| known == name);
            self.path.push(PathStep::Name(name));
            if let Some(field) = record.get(name) {
                self.search_value(field, value);
            } else if let Some((_, field)) = shorthand() {
                self.search_shorthand(record, field, value);
            } else {
                self.search_unknown(value);
            }
            self.path.pop();
        }
    }

    fn search_shorthand(&mut self, record: &Record, field: &Field, value: &'a Value) {
        let targets = shorthand::target_paths(field);
        let meant = targets
            .iter()
            .filter_map(|path| record.nested_field(path))
            .any(|field| self.is_target(field));
        match meant {
            true if !value.is_null() => self.found.push(FieldPath::from_steps(&self.path)),
            _ => self.search_value(field, value),
        }
    }

    fn search_value(&mut self, field: &Field, value: &'a Value) {
        match (&field.field_type, value) {
            (_, Value::Null) => {}
            _ if self.is_target(field) => self.found.push(FieldPath::from_steps(&self.path)),
            (FieldType::Record(record), Value::Object(body)) => self.search_record(record, body),
            (FieldType::Array(inner) | FieldType::Set(inner), Value::Array(members)) => {
                for (index, member) in members.iter().enumerate() {
                    self.search_at(PathStep::Index(index), |search| search.search_value(inner, member));
                }
            }
            (FieldType::Map { values, .. }, Value::Object(members)) => {
                for (name, member) in members {
                    self.search_at(PathStep::Name(name), |search| search.search_value(values, member));
                }
            }
            (FieldType::Abstract, _) => self.search_unknown(value),
            _ => {}
        }
    }

    /// Of what no schema describes, every text may be a secret.
    fn search_unknown(&mut self, value: &'a Value) {
        match value {
            _ if self.target != SearchTarget::Secret => {}
            Value::String(_) => self.found.push(FieldPath::from_steps(&self.path)),
            Value::Array(members) => {
                for (index, member) in members.iter().enumerate() {
                    self.search_at(PathStep::Index(index), |search| search.search_unknown(member));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.search_at(PathStep::Name(name), |search| search.search_unknown(member));
                }
            }
            _ => {}
        }
    }

    fn search_at(&mut self, step: PathStep<'a>, search: impl FnOnce(&mut Self)) {
        self.path.push(step);
        search(self);
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use json::json;

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
    fn references_may_stand_where_the_schema_says_so() {
        let catalog = Catalog::recorded();
        let plugins = catalog.find_kind("plugins").unwrap();
        let body =
            json!({"name": "http-log", "config": {"http_endpoint": "x", "headers": {"a": "b"}, "method": "PUT"}});
        let found = paths(catalog.referenceable_paths(plugins, body.as_object().unwrap()));
        assert_eq!(found, ["config.headers.a", "config.http_endpoint"]);
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
