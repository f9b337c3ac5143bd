use uuid::Uuid;

use crate::PlanInput;
use crate::draft::ChangeDraft;
use json::{Object, Value};
use schema::{CheckPurpose, Kind, KindCheck, KindId, canonicalize, check_body};

/// Finds a value to which a unique field of an entity can be set while another takes its value: null where the entity
/// may go without, else a generated one. None if there is none: the field is more than the entity's own name, a check
/// ties it to another field, or no such value passes the entity's checks. `temporary` are fields that have one already.
pub(super) fn find_temporary_value(
    input: &PlanInput<'_>,
    draft: &ChangeDraft<'_>,
    fields: &[String],
    temporary: &Object,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Option<(String, Value)> {
    let [field] = fields else { return None };
    let kind = input.catalog.kind(draft.kind);
    if !is_own_name(kind, field) || is_tied_by_check(kind, field) {
        return None;
    }
    let mut body = canonicalize(input.catalog, draft.kind, draft.live()?).0;
    body.retain(|field, _| !kind.is_server_managed(field));
    body.extend(temporary.clone());
    let is_auto = kind.record.get(field)?.auto;
    let null = (!is_auto).then_some(Value::Null);
    let generated = Value::from(format!("parked-{}", new_id().simple()));
    let candidates = null.into_iter().chain([generated]);
    let mut accepted = candidates.filter(|value| passes_checks(input, draft.kind, &body, field, value));
    accepted.next().map(|value| (field.clone(), value))
}

/// Whether a field is a name: no foreign key, and nothing that the server computes from it or sets.
fn is_own_name(kind: &Kind, field: &str) -> bool {
    kind.foreign_fields.iter().all(|foreign| foreign.field != field)
        && kind
            .computed_field
            .as_ref()
            .is_none_or(|computed| computed.from != field && computed.field != field)
        && !kind.is_server_managed(field)
}

/// Whether a check ties a field to others, so that it says more than a name.
fn is_tied_by_check(kind: &Kind, field: &str) -> bool {
    let mut schema_checks = kind
        .record
        .entity_checks
        .iter()
        .filter_map(|check| check.get("custom_entity_check"));
    let mut named_checks = kind.checks.iter().map(KindCheck::fields);
    schema_checks.any(|check| mentions(check, field))
        || named_checks.any(|fields| fields.contains(&field) && is_about_several(kind, &fields))
}

fn is_about_several(kind: &Kind, fields: &[&str]) -> bool {
    fields.iter().filter(|field| kind.record.get(field).is_some()).count() > 1
}

fn mentions(check: &Value, field: &str) -> bool {
    match check {
        Value::String(text) => text == field,
        Value::Array(members) => members.iter().any(|member| mentions(member, field)),
        Value::Object(members) => members
            .iter()
            .any(|(name, member)| name == field || mentions(member, field)),
        _ => false,
    }
}

/// Whether the entity's checks find nothing in the body with that value that they do not find in it as it is.
fn passes_checks(input: &PlanInput<'_>, kind: KindId, body: &Object, field: &str, value: &Value) -> bool {
    let violations = |body: &Object| match check_body(input.catalog, kind, body, CheckPurpose::Store, input.now) {
        Ok(()) => Vec::new(),
        Err(violations) => violations.flatten(),
    };
    let mut changed = body.clone();
    changed.insert(field.to_owned(), value.clone());
    let new = violations(&changed);
    new.is_empty() || {
        let old = violations(body);
        new.iter().all(|violation| old.contains(violation))
    }
}
