use super::admin_route::AdminRoute;
use super::control_plane::EmbeddedControlPlane;
use super::request_target::RequestTarget;
use http::Request;
use json::{Object, Value, json};
use schema::{Field, FieldType};

impl EmbeddedControlPlane {
    /// A form (`config.prefix=A&tags[]=a&tags[]=b`) as the JSON that the path takes: every value becomes what its
    /// field holds, and stays text where it cannot.
    pub(super) fn form_to_json(&self, request: &Request, form: &[(String, String)]) -> Vec<u8> {
        let mut body = Object::new();
        for (name, value) in form {
            insert_at_path(&mut body, &parse_form_path(name), value);
        }
        let incoming = RequestTarget::from_request(request);
        let kind = AdminRoute::from_segments(&self.catalog, &incoming.segments).and_then(|place| match place {
            AdminRoute::Schema(words) => self.catalog.find_kind(words.first()?),
            AdminRoute::ForeignTarget { foreign, .. } => Some(foreign.kind),
            place => place.kinds().pop(),
        });
        if let Some(kind) = kind {
            let record = self.catalog.record(kind, &body);
            record.walk_mut(&mut body, &mut coerce_value);
        }
        Value::Object(body).to_string().into_bytes()
    }
}

/// The names in `config.headers[1].x` one after another: `config`, `headers`, `1`, `x`; `[]` is an empty name.
fn parse_form_path(name: &str) -> Vec<&str> {
    name.split('.')
        .flat_map(|part| {
            let (name, index) = part.strip_suffix(']').and_then(|part| part.split_once('[')).unzip();
            [Some(name.unwrap_or(part)), index]
        })
        .flatten()
        .collect()
}

/// Puts a value where a path leads. A second value in the same place makes a list, and so does an index.
fn insert_at_path(body: &mut Object, path: &[&str], value: &str) {
    let text = value;
    let value = || Value::from(text);
    match path {
        [] => {}
        [name] => match body.get_mut(name) {
            None => drop(body.insert((*name).to_owned(), value())),
            Some(Value::Array(there)) => there.push(value()),
            Some(there) => *there = Value::from(vec![there.take(), value()]),
        },
        [name, index] if index.is_empty() || index.bytes().all(|byte| byte.is_ascii_digit()) => {
            match body.get_or_insert_with(name, || Value::Array(Vec::new())) {
                Value::Array(there) => there.push(value()),
                there => *there = Value::from(vec![there.take(), value()]),
            }
        }
        [name, rest @ ..] => {
            let inner = body.get_or_insert_with(name, || Value::Object(Object::new()));
            if let Value::Object(inner) = inner {
                insert_at_path(inner, rest, text);
            }
        }
    }
}

/// What a field holds that a form gives as text.
fn coerce_value(field: &Field, value: &mut Value) {
    match (&field.field_type, &mut *value) {
        (_, Value::String(text)) if text.is_empty() => *value = Value::Null,
        (FieldType::Array(element) | FieldType::Set(element), Value::String(_)) => {
            let mut member = value.take();
            coerce_value(element, &mut member);
            *value = Value::from(vec![member]);
        }
        (FieldType::Boolean | FieldType::Integer | FieldType::Number, Value::String(text)) => {
            if let Some(typed) = parse_scalar(&field.field_type, text) {
                *value = typed;
            }
        }
        (FieldType::Foreign(_), Value::String(id)) => *value = json!({ "id": id }),
        _ => {}
    }
}

fn parse_scalar(kind: &FieldType, text: &str) -> Option<Value> {
    match kind {
        FieldType::Boolean => text.parse::<bool>().ok().map(Value::from),
        _ => serde_json::from_str(text).ok().filter(Value::is_number),
    }
}
