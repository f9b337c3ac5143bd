use serde::de::DeserializeOwned;

use super::{Field, FieldType, Record, keywords, shorthand};
use json::{Object, Value};

/// Reads a record in the shape of Kong's `/schemas` answers. The error says where and what is wrong.
pub(super) fn parse_record(schema: &Value) -> Result<Record, String> {
    let schema = schema.as_object().ok_or("expected an object")?;
    let mut record = Record {
        fields: parse_named_fields(schema.get("fields"))?.into(),
        shorthands: parse_named_fields(schema.get("shorthand_fields"))?,
        entity_checks: array_members(schema.get("entity_checks")).to_vec(),
        code_checks: parse_checks(schema.get("code_checks"))?,
    };
    mark_secret_shorthands(&mut record);
    Ok(record)
}

/// The shorthand of a secret is a secret, which no schema of Kong's says.
fn mark_secret_shorthands(record: &mut Record) {
    let is_secret = |path: &Vec<&str>| record.nested_field(path).is_some_and(|field| field.secret);
    let secret: Vec<bool> = record
        .shorthands
        .iter()
        .map(|(_, field)| shorthand::target_paths(field).iter().any(is_secret))
        .collect();
    for ((_, field), secret) in record.shorthands.iter_mut().zip(secret) {
        field.secret |= secret;
    }
}

fn parse_named_fields(fields: Option<&Value>) -> Result<Vec<(String, Field)>, String> {
    let mut read = Vec::new();
    for entry in array_members(fields) {
        let entry = entry.as_object().ok_or("a field is no object")?;
        for (name, schema) in entry {
            let field = parse_field(schema).map_err(|reason| format!("{name}: {reason}"))?;
            read.push((name.to_owned(), field));
        }
    }
    Ok(read)
}

pub(super) fn parse_field(schema: &Value) -> Result<Field, String> {
    let schema = schema.as_object().ok_or("expected an object")?;
    let flag = |name: &str| schema.get(name).and_then(Value::as_bool).unwrap_or(false);
    Ok(Field {
        field_type: parse_field_type(schema)?,
        required: flag("required"),
        default: schema.get("default").cloned(),
        auto: flag("auto"),
        referenceable: flag("referenceable"),
        secret: flag("encrypted"),
        unique: flag("unique"),
        checks: parse_checks(schema.get("checks"))?,
        rules: remaining_rules(schema),
    })
}

fn parse_checks<T: DeserializeOwned>(checks: Option<&Value>) -> Result<Vec<T>, String> {
    match checks {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(checks) => serde_json::from_value(checks.clone().into()).map_err(|error| error.to_string()),
    }
}

fn parse_field_type(schema: &Object) -> Result<FieldType, String> {
    Ok(match required_text(schema, "type")? {
        "string" => FieldType::String,
        "integer" => FieldType::Integer,
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "array" => FieldType::Array(parse_inner_field(schema, "elements")?),
        keywords::SET => FieldType::Set(parse_inner_field(schema, "elements")?),
        "map" => FieldType::Map {
            keys: parse_inner_field(schema, "keys")?,
            values: parse_inner_field(schema, "values")?,
        },
        "record" if schema.get("abstract") == Some(&Value::Bool(true)) => FieldType::Abstract,
        "record" => FieldType::Record(parse_record(&Value::Object(schema.clone()))?),
        "foreign" => FieldType::Foreign(required_text(schema, "reference")?.to_owned()),
        "json" => FieldType::Json,
        "function" => FieldType::Function,
        "any" => FieldType::Json,
        other => return Err(format!("there is no type {other}")),
    })
}

fn parse_inner_field(schema: &Object, name: &str) -> Result<Box<Field>, String> {
    let Some(inner) = schema.get(name) else {
        return Err(format!("{name} is missing"));
    };
    parse_field(inner)
        .map(Box::new)
        .map_err(|reason| format!("{name}: {reason}"))
}

fn required_text<'a>(schema: &'a Object, name: &str) -> Result<&'a str, String> {
    schema
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("{name} is missing"))
}

/// What [`Field`] has no member for.
fn remaining_rules(schema: &Object) -> Object {
    const KNOWN: &[&str] = &[
        "type",
        "fields",
        "shorthand_fields",
        "entity_checks",
        "code_checks",
        "elements",
        "keys",
        "values",
        "required",
        "default",
        "auto",
        "referenceable",
        "encrypted",
        "unique",
        "checks",
        "abstract",
        "reference",
        keywords::DESCRIPTION,
    ];
    schema
        .iter()
        .filter(|(name, _)| !KNOWN.contains(name))
        .map(|(name, value)| (name, value.clone()))
        .collect()
}

/// The members of a list; none where Kong's Lua wrote an empty list as `{}`.
fn array_members(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
