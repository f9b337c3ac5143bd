use json::{Value, json};

/// Lays corrections over a schema, both in Kong's shape: fields of the same name are corrected member by member, new
/// ones are added behind (a correction without a type is for a field that this schema lacks); `null` takes a rule away; anything else is put in place.
pub(super) fn merge_corrections(schema: &mut Value, corrections: &Value) {
    let (Some(schema), Some(corrections)) = (schema.as_object_mut(), corrections.as_object()) else {
        return;
    };
    for (name, correction) in corrections {
        match name {
            "fields" | "shorthand_fields" => {
                let fields = schema.get_or_insert_with(name, || Value::Array(Vec::new()));
                merge_fields(fields, correction);
            }
            "elements" | "keys" | "values" if schema.contains_key(name) => {
                if let Some(inner) = schema.get_mut(name) {
                    merge_corrections(inner, correction);
                }
            }
            "default" | "eq" => {
                schema.insert(name, correction.clone());
            }
            _ if correction.is_null() => {
                schema.remove(name);
            }
            _ => {
                schema.insert(name, correction.clone());
            }
        }
    }
}

fn merge_fields(fields: &mut Value, corrections: &Value) {
    if !fields.is_array() {
        *fields = Value::Array(Vec::new());
    }
    let (Some(fields), Some(corrections)) = (fields.as_array_mut(), corrections.as_array()) else {
        return;
    };
    for (name, correction) in corrections.iter().filter_map(Value::as_object).flatten() {
        match fields.iter_mut().find_map(|field| field.get_mut(name)) {
            Some(field) => merge_corrections(field, correction),
            None if correction.get("type").is_some() => fields.push(json!({ name: correction })),
            None => {}
        }
    }
}

/// Takes the fields that Enterprise alone has (`edition: enterprise`) out of a schema.
pub(super) fn remove_enterprise_fields(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(fields) = schema.get_mut("fields").and_then(Value::as_array_mut) {
        fields.retain(|field| !field.as_object().is_some_and(|field| field.values().any(is_enterprise)));
        for field in fields.iter_mut().filter_map(Value::as_object_mut) {
            field.values_mut().for_each(remove_enterprise_fields);
        }
    }
}

fn is_enterprise(field: &Value) -> bool {
    field.get("edition").and_then(Value::as_str) == Some("enterprise")
}
