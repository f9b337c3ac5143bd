use super::{Field, FieldType, Record};
use json::{Object, PathStep, Value};

/// A value of a body, beside the field that describes it.
#[derive(Clone, Copy)]
pub struct BodyPart<'w, 'r, 'b> {
    /// The way to it from the body.
    pub path: &'w [PathStep<'b>],
    /// None where no schema describes the value. Of a shorthand it is the field that it stands for.
    pub field: Option<&'r Field>,
    pub value: &'b Value,
    /// Where the value stands under a shorthand.
    pub shorthand: Option<ShorthandUse<'w, 'r, 'b>>,
}

#[derive(Clone, Copy)]
pub struct ShorthandUse<'w, 'r, 'b> {
    pub field: &'r Field,
    /// The fields that it stands for, each by its names from the record.
    pub targets: &'w [Vec<&'r str>],
    /// The record that has the shorthand, and its body.
    pub record: &'r Record,
    pub body: &'b Object,
}

impl Record {
    /// Shows every value of a body to `visit`, each before its members, in the order of the body. `visit` says whether to
    /// go on to the members.
    pub fn walk<'r, 'b>(&'r self, body: &'b Object, visit: &mut impl FnMut(BodyPart<'_, 'r, 'b>) -> bool) {
        let mut walk = BodyWalk {
            path: Vec::new(),
            visit,
        };
        walk.walk_record(self, body);
    }

    /// Hands every value of a body that a field or shorthand describes to `change`, each after its members.
    pub fn walk_mut(&self, body: &mut Object, change: &mut impl FnMut(&Field, &mut Value)) {
        for (name, value) in body {
            if let Some(field) = self.field_or_shorthand(name) {
                field.walk_mut(value, change);
            }
        }
    }

    /// Shows every field of the record to `visit`, in the order of the schema, with the names that lead to it. `visit` says
    /// whether to go on to what is within: the fields of a record, or what describes the members of a list or map.
    pub(crate) fn walk_fields<'r>(&'r self, visit: &mut impl FnMut(&[&'r str], &'r Field) -> bool) {
        walk_record_fields(self, &mut Vec::new(), visit);
    }
}

impl Field {
    fn walk_mut(&self, value: &mut Value, change: &mut impl FnMut(&Self, &mut Value)) {
        match (&self.field_type, &mut *value) {
            (FieldType::Record(record), Value::Object(body)) => record.walk_mut(body, change),
            (FieldType::Array(element) | FieldType::Set(element), Value::Array(members)) => {
                members.iter_mut().for_each(|member| element.walk_mut(member, change));
            }
            (FieldType::Map { values, .. }, Value::Object(members)) => {
                members.values_mut().for_each(|member| values.walk_mut(member, change));
            }
            _ => {}
        }
        change(self, value);
    }
}

fn walk_record_fields<'r>(
    record: &'r Record,
    path: &mut Vec<&'r str>,
    visit: &mut impl FnMut(&[&'r str], &'r Field) -> bool,
) {
    for (name, field) in &record.fields {
        path.push(name);
        walk_field(field, path, visit);
        path.pop();
    }
}

fn walk_field<'r>(field: &'r Field, path: &mut Vec<&'r str>, visit: &mut impl FnMut(&[&'r str], &'r Field) -> bool) {
    if !visit(path, field) {
        return;
    }
    match &field.field_type {
        FieldType::Record(record) => walk_record_fields(record, path, visit),
        FieldType::Array(inner) | FieldType::Set(inner) | FieldType::Map { values: inner, .. } => {
            walk_field(inner, path, visit);
        }
        _ => {}
    }
}

struct BodyWalk<'v, 'b, V> {
    path: Vec<PathStep<'b>>,
    visit: &'v mut V,
}

impl<'r, 'b, V: FnMut(BodyPart<'_, 'r, 'b>) -> bool> BodyWalk<'_, 'b, V> {
    fn walk_record(&mut self, record: &'r Record, body: &'b Object) {
        for (name, value) in body {
            self.path.push(PathStep::Name(name));
            match record.get(name) {
                Some(field) => self.walk_value(Some(field), value),
                None => match record.shorthand(name) {
                    Some(shorthand) => self.walk_shorthand(record, body, shorthand, value),
                    None => self.walk_value(None, value),
                },
            }
            self.path.pop();
        }
    }

    fn walk_shorthand(&mut self, record: &'r Record, body: &'b Object, shorthand: &'r Field, value: &'b Value) {
        let targets = shorthand.shorthand_targets();
        let target = targets.first().and_then(|path| record.nested_field(path));
        let part = BodyPart {
            path: &self.path,
            field: Some(target.unwrap_or(shorthand)),
            value,
            shorthand: Some(ShorthandUse {
                field: shorthand,
                targets: &targets,
                record,
                body,
            }),
        };
        if (self.visit)(part) {
            self.walk_members(part.field, value);
        }
    }

    fn walk_value(&mut self, field: Option<&'r Field>, value: &'b Value) {
        let part = BodyPart {
            path: &self.path,
            field,
            value,
            shorthand: None,
        };
        if (self.visit)(part) {
            self.walk_members(field, value);
        }
    }

    fn walk_members(&mut self, field: Option<&'r Field>, value: &'b Value) {
        match value {
            Value::Array(members) => {
                let element = field.and_then(Field::element);
                for (index, member) in members.iter().enumerate() {
                    self.walk_at(PathStep::Index(index), element, member);
                }
            }
            Value::Object(members) => match field.map(|field| &field.field_type) {
                Some(FieldType::Record(record)) => self.walk_record(record, members),
                field_type => {
                    let values = field_type.and_then(|field_type| match field_type {
                        FieldType::Map { values, .. } => Some(&**values),
                        _ => None,
                    });
                    for (name, member) in members {
                        self.walk_at(PathStep::Name(name), values, member);
                    }
                }
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn walk_at(&mut self, step: PathStep<'b>, field: Option<&'r Field>, value: &'b Value) {
        self.path.push(step);
        self.walk_value(field, value);
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::{FieldPath, parse};

    fn record() -> Record {
        let schema = json!({
            "fields": [
                {"list": {"type": "array", "elements": {"type": "record", "fields": [{"x": {"type": "integer"}}]}}},
                {"map": {"type": "map", "keys": {"type": "string"}, "values": {"type": "boolean"}}},
                {"new": {"type": "string"}}
            ],
            "shorthand_fields": [{"old": {"type": "string", "into": [["new"]]}}]
        });
        parse::parse_record(&schema).expect("a schema")
    }

    fn body() -> Object {
        let body = json!({"list": [{"x": 1, "y": 2}], "map": {"k": true}, "old": "o", "odd": {"z": 3}});
        body.as_object().cloned().expect("an object")
    }

    fn visited(descend: impl Fn(&Value) -> bool) -> Vec<String> {
        let (record, body) = (record(), body());
        let mut seen = Vec::new();
        record.walk(&body, &mut |part| {
            let known = match part.field {
                Some(field) => format!("{:?}", field.field_type),
                None => "?".to_owned(),
            };
            let known = known.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
            let shorthand = if part.shorthand.is_some() { " shorthand" } else { "" };
            seen.push(format!("{} {known}{shorthand}", FieldPath::from_steps(part.path)));
            descend(part.value)
        });
        seen
    }

    #[test]
    fn every_value_is_shown_with_its_field() {
        assert_eq!(
            visited(|_| true),
            [
                "list Array",
                "list[0] Record",
                "list[0].x Integer",
                "list[0].y ?",
                "map Map",
                "map.k Boolean",
                "odd ?",
                "odd.z ?",
                "old String shorthand",
            ]
        );
        assert_eq!(
            visited(|_| false),
            ["list Array", "map Map", "odd ?", "old String shorthand"]
        );
    }

    #[test]
    fn known_values_are_changed_after_their_members() {
        let mut body = body();
        record().walk_mut(&mut body, &mut |field, value| match field.field_type {
            FieldType::Integer => *value = json!(7),
            FieldType::Record(_) => *value = value["x"].clone(),
            FieldType::String => *value = json!("changed"),
            _ => {}
        });
        assert_eq!(
            Value::Object(body),
            json!({"list": [7], "map": {"k": true}, "old": "changed", "odd": {"z": 3}})
        );
    }

    #[test]
    fn fields_are_shown_without_a_body() {
        let record = record();
        let mut seen = Vec::new();
        record.walk_fields(&mut |path, _| {
            seen.push(path.join("."));
            true
        });
        assert_eq!(seen, ["list", "list", "list.x", "map", "map", "new"]);
    }
}
