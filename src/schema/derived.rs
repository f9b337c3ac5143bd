use super::{Catalog, DerivationRule, Kind, KindId, canonicalize};
use json::{Object, Value};

/// A declared value in whose place the server stores another.
#[derive(Clone, Debug, PartialEq)]
pub struct DiscardedValue {
    /// The field.
    pub field: String,
    /// What the server stores.
    pub stored: Value,
    /// The fields that it looks at.
    pub derived_from: Vec<String>,
}

/// Puts in place what the server derives from other fields of a body whose defaults are filled in. Idempotent.
pub(super) fn derive_fields(kind: &Kind, body: &mut Object) {
    let Some(derived) = &kind.derived else { return };
    if let Some(rule) = derived.rules.iter().find(|rule| rule_holds(rule, body)) {
        for (field, value) in &rule.set {
            body.insert(field.clone(), Value::from(value.as_str()));
        }
    }
}

/// Takes out of a stored body what the server derives anew from a change.
pub(super) fn forget_derived_fields(kind: &Kind, change: &Object, stored: &mut Object) {
    let forgets = kind.derived.iter().flat_map(|derived| &derived.forgets);
    for (field, forgotten) in forgets {
        if change.contains_key(field) && !change.contains_key(forgotten) {
            stored.remove(forgotten);
        }
    }
}

/// The values of a body that the server throws away for what it derives from others.
pub fn find_discarded_values(catalog: &Catalog, kind: KindId, body: &Object) -> Vec<DiscardedValue> {
    let Some(derived) = &catalog.kind(kind).derived else {
        return Vec::new();
    };
    let rules = derived.rules.iter();
    let mut fields: Vec<&String> = rules
        .flat_map(|rule| rule.among.keys().chain(rule.not_among.keys()).chain(rule.set.keys()))
        .collect();
    fields.sort_unstable();
    fields.dedup();
    let is_declared = |field: &&String| body.get(field).is_some_and(|value| !value.is_null());
    if !fields.iter().any(is_declared) {
        return Vec::new();
    }
    let stored = canonicalize(catalog, kind, body).0;
    let is_discarded = |field: &&&String| {
        let declared = body.get(field).filter(|value| !value.is_null());
        declared.is_some_and(|declared| stored.get(field) != Some(declared))
    };
    fields
        .iter()
        .filter(is_discarded)
        .map(|field| DiscardedValue {
            field: (*field).clone(),
            stored: stored.get(field).cloned().unwrap_or_default(),
            derived_from: fields
                .iter()
                .filter(|other| other != &field)
                .map(|other| (*other).clone())
                .collect(),
        })
        .collect()
}

fn rule_holds(rule: &DerivationRule, body: &Object) -> bool {
    let is_among = |field: &str, values: &[Option<String>]| {
        let value = body.get(field).unwrap_or(&Value::Null);
        values.iter().any(|known| match known {
            None => value.is_null(),
            Some(known) => value.as_str() == Some(known),
        })
    };
    rule.among.iter().all(|(field, values)| is_among(field, values))
        && rule.not_among.iter().all(|(field, values)| !is_among(field, values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use json::json;

    fn object(value: Value) -> Object {
        value.as_object().cloned().expect("an object")
    }

    /// What of an upstream's `algorithm` and `hash_on` is stored, and which of them is thrown away.
    fn stored(body: Value) -> (Value, Vec<String>) {
        let catalog = Catalog::recorded();
        let upstreams = catalog.find_kind("upstreams").expect("a kind");
        let body = object(body);
        let stored = canonicalize(&catalog, upstreams, &body).0;
        let discarded = find_discarded_values(&catalog, upstreams, &body);
        let pair = json!([stored["algorithm"].clone(), stored["hash_on"].clone()]);
        (pair, discarded.into_iter().map(|value| value.field).collect())
    }

    #[test]
    fn two_fields_are_derived_from_each_other() {
        for (body, pair, discarded) in [
            (json!({}), json!(["round-robin", "none"]), &[][..]),
            (json!({"hash_on": "ip"}), json!(["consistent-hashing", "ip"]), &[]),
            (
                json!({"algorithm": "consistent-hashing"}),
                json!(["round-robin", "none"]),
                &["algorithm"],
            ),
            (
                json!({"algorithm": "least-connections", "hash_on": "ip"}),
                json!(["least-connections", "none"]),
                &["hash_on"],
            ),
            (
                json!({"algorithm": "round-robin", "hash_on": "ip"}),
                json!(["consistent-hashing", "ip"]),
                &["algorithm"],
            ),
            (
                json!({"algorithm": "latency", "hash_on": "none"}),
                json!(["latency", "none"]),
                &[],
            ),
            (json!({"hash_on": null}), json!(["round-robin", "none"]), &[]),
        ] {
            assert_eq!(
                stored(body.clone()),
                (pair, discarded.iter().map(|&field| field.to_owned()).collect()),
                "{body}"
            );
        }
    }
}
