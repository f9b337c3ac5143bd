use aws_lc_rs::rand;
use uuid::Uuid;

use json::{Object, Value};
use schema::{Catalog, ComputeMethod, Field, FieldType, Kind, KindId, PathSegment, certificate_digest};

/// Gives every `auto` field a value: the time of the write to what only the server sets, the others one if they have none.
pub(super) fn generate_fields(kind: &Kind, body: &mut Object, now: f64) {
    for (name, field) in kind
        .record
        .fields
        .iter()
        .filter(|(name, field)| field.auto && name != "id")
    {
        let always = kind.server_only.contains(name);
        if always || body.get(name).is_none_or(Value::is_null) {
            body.insert(name.clone(), generate_value(field, now));
        }
    }
}

/// Gives a value to every `auto` field that was not sent, for checks: Kong makes values up before it checks.
pub(super) fn generate_absent_fields(kind: &Kind, body: &mut Object, now: f64) {
    let auto = kind
        .record
        .fields
        .iter()
        .filter(|(name, field)| field.auto && name != "id");
    for (name, field) in auto.filter(|(name, _)| !kind.server_only.contains(name)) {
        body.get_or_insert_with(name, || generate_value(field, now));
    }
}

/// The same for `auto` fields in nested records that are there (a plugin's secret).
pub(super) fn generate_nested_fields(catalog: &Catalog, kind: KindId, body: &mut Object, now: f64) {
    let record = catalog.record(kind, body);
    for path in catalog.auto_paths(kind, body).iter().filter(|path| path.0.len() > 1) {
        let Some(field) = record.field_at(path) else { continue };
        let Some((PathSegment::Name(name), outer)) = path.0.split_last() else {
            continue;
        };
        if let Some(Value::Object(record)) = body.get_path_mut(outer)
            && record[name.as_str()].is_null()
        {
            record.insert(name.as_str(), generate_value(field, now));
        }
    }
}

/// Fills in what is made of another field.
pub(super) fn compute_field(kind: &Kind, body: &mut Object) {
    if let Some(computed) = &kind.computed_field {
        let ComputeMethod::CertificateDigest = computed.how;
        let digest = body
            .get(&computed.from)
            .and_then(Value::as_str)
            .and_then(certificate_digest);
        body.insert(computed.field.clone(), Value::from(digest));
    }
}

fn generate_value(field: &Field, now: f64) -> Value {
    match field.field_type {
        FieldType::Integer => Value::from(now as i64),
        FieldType::Number => Value::from((now * 1000.0).floor() / 1000.0),
        _ if field.rules.contains_key("uuid") => Value::from(Uuid::new_v4().to_string()),
        _ => Value::from(random_text()),
    }
}

/// 32 random letters and digits.
fn random_text() -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(32);
    while text.len() < 32 {
        let mut bytes = [0; 64];
        if rand::fill(&mut bytes).is_err() {
            return Uuid::new_v4().simple().to_string();
        }
        let fair = bytes.iter().filter(|&&byte| byte < 248).take(32 - text.len());
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    text
}

pub(super) fn encode_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
