use uuid::Uuid;

use super::super::PlanInput;
use super::super::draft::ChangeDraft;
use json::{Object, Value};
use schema::{CheckPurpose, Kind, KindCheck, KindId, canonicalize, check_body};

/// Finds a value to which a unique field of an entity can be set while another takes its value: null where the entity
/// may go without, else a made-up one. None if the field cannot be parked: it is more than the entity's own name, a check
/// ties it to another field, or no such value passes the entity's checks. `parked` are fields that are parked already.
pub(super) fn find_temporary_value(
    question: &PlanInput<'_>,
    draft: &ChangeDraft<'_>,
    set: &[String],
    parked: &Object,
    ids: &mut dyn FnMut() -> Uuid,
) -> Option<(String, Value)> {
    let [field] = set else { return None };
    let kind = question.catalog.kind(draft.kind);
    if !is_own_name(kind, field) || is_tied_by_check(kind, field) {
        return None;
    }
    let mut body = canonicalize(question.catalog, draft.kind, draft.live()?).0;
    body.retain(|field, _| !kind.is_server_managed(field));
    body.extend(parked.clone());
    let auto = kind.record.get(field)?.auto;
    let null = (!auto).then_some(Value::Null);
    let made_up = Value::from(format!("parked-{}", ids().simple()));
    let candidates = null.into_iter().chain([made_up]);
    let mut fitting = candidates.filter(|value| passes_checks(question, draft.kind, &body, field, value));
    fitting.next().map(|value| (field.clone(), value))
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
    let mut of_schema = kind
        .record
        .entity_checks
        .iter()
        .filter_map(|check| check.get("custom_entity_check"));
    let mut of_kind = kind.checks.iter().map(KindCheck::fields);
    of_schema.any(|check| mentions(check, field))
        || of_kind.any(|fields| fields.contains(&field) && is_about_several(kind, &fields))
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

/// Whether the entity's checks find nothing in the parked body that they do not find in it as it stands.
fn passes_checks(question: &PlanInput<'_>, kind: KindId, body: &Object, field: &str, value: &Value) -> bool {
    let found = |body: &Object| match check_body(question.catalog, kind, body, CheckPurpose::Store, question.now) {
        Ok(()) => Vec::new(),
        Err(violations) => violations.flatten(),
    };
    let mut changed = body.clone();
    changed.insert(field.to_owned(), value.clone());
    let new = found(&changed);
    new.is_empty() || {
        let old = found(body);
        new.iter().all(|violation| old.contains(violation))
    }
}
