//! Texts that look like references and are none to Kong.

use super::LintIssue;
use crate::{ChangeState, EntityIssue, is_reference};
use json::Value;
use json::parallel::par_map_chunks;
use schema::FieldPath;
use state::{DeclaredEntity, DeclaredId, DesiredState};
use yaml::DiagnosticCode;

const REFERENCE_PREFIX: &str = "{vault://";

/// Every text of the documents that looks like a reference, or holds one, and is used as it stands. Nothing of it is told,
/// for it may be a secret. Tags hold none.
pub(super) fn lint_texts(desired: &DesiredState) -> Vec<EntityIssue> {
    let mut entities: Vec<_> = (0..).map(DeclaredId).zip(&desired.entities).collect();
    let remarks = par_map_chunks(&mut entities, |stretch| {
        let mut remarks = Vec::new();
        for (declared, entity) in stretch {
            lint_entity(*declared, entity, &mut remarks);
        }
        remarks
    });
    remarks.into_iter().flatten().collect()
}

fn lint_entity(declared: DeclaredId, entity: &DeclaredEntity, remarks: &mut Vec<EntityIssue>) {
    for (field, value) in entity.body.expose() {
        if field != "tags" && may_resemble_reference(value) {
            let at = FieldPath::from_field(field);
            walk_texts(value, &at, &mut |at, odd| {
                remarks.push(entity_issue(declared, entity, at, odd))
            });
        }
    }
}

fn entity_issue(declared: DeclaredId, entity: &DeclaredEntity, at: &FieldPath, odd: LintIssue) -> EntityIssue {
    EntityIssue {
        kind: entity.kind,
        title: String::new(),
        path: at.clone(),
        change_state: ChangeState::Changed,
        declared: Some(declared),
        confidential: true,
        issue: odd.at_field(at.clone()),
    }
}

/// A cheap look before a thorough one: most texts are far from it.
fn may_resemble_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => mentions_vault_scheme(text.as_bytes()) && !is_reference(text),
        Value::Array(members) => members.iter().any(may_resemble_reference),
        Value::Object(members) => members.values().any(may_resemble_reference),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn mentions_vault_scheme(text: &[u8]) -> bool {
    memchr::memchr_iter(b':', text).any(|at| {
        let ends = |name: &[u8]| text[..at].ends_with(name);
        (ends(b"ault") || ends(b"AULT")) && text.get(at + 1) == Some(&b'/')
    })
}

fn walk_texts(value: &Value, at: &FieldPath, found: &mut dyn FnMut(&FieldPath, LintIssue)) {
    match value {
        Value::String(text) => {
            if let Some(odd) = lint_text(text) {
                found(at, odd);
            }
        }
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                walk_texts(member, &at.with_index(index), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                walk_texts(member, &at.with_name(name), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn lint_text(text: &str) -> Option<LintIssue> {
    let trimmed = text.trim();
    if is_reference(text) {
        return None;
    }
    if is_reference(trimmed) {
        return Some(LintIssue::new(
            DiagnosticCode::ReferenceInSpace,
            "has white space around a reference: Kong uses the text as it stands",
            "leave the white space out (in YAML, a block scalar ends in a line feed: write the reference on one line)",
        ));
    }
    if let Some(why) = describe_near_miss(trimmed) {
        return Some(LintIssue::new(
            DiagnosticCode::NearReference,
            format!("{why}: Kong uses the text as it stands"),
            "a reference is {vault://PREFIX/SECRET} or {vault://PREFIX/SECRET/KEY}, in lower case and without spaces",
        ));
    }
    text.contains(REFERENCE_PREFIX).then(|| {
        LintIssue::new(
            DiagnosticCode::ReferenceInText,
            "holds a reference inside a longer text: Kong uses the text as it stands",
            "put the whole text into the secret, and let the field hold the reference alone",
        )
    })
}

/// Why a text is no reference although it begins like one.
fn describe_near_miss(text: &str) -> Option<&'static str> {
    let without = text.trim_start_matches('$').trim_start_matches('{');
    let braces = text.trim_start_matches('$').len() - without.len();
    let (name, rest) = without.trim_start().split_once(':')?;
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    if !name.eq_ignore_ascii_case("vault") || slashes == 0 || braces == 0 && !text.ends_with('}') {
        return None;
    }
    Some(match () {
        () if text.starts_with('$') => "begins a reference with a dollar sign",
        () if braces > 1 => "begins a reference with several braces",
        () if braces == 0 => "lacks the opening brace of a reference",
        () if slashes < 2 => "has one slash where a reference has two",
        () if without.starts_with(char::is_whitespace) => "has a space in the beginning of a reference",
        () if name != "vault" => "writes the beginning of a reference with capitals",
        () if !text.contains('}') => "lacks the closing brace of a reference",
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_reference_and_is_none() {
        for (text, wanted) in [
            ("{vault://env/a}", None),
            ("a text", None),
            ("https://vault.test:8200/v1", None),
            ("see vault://docs", None),
            (" {vault://env/a}", Some("has white space around a reference")),
            ("{vault://env/a}\n", Some("has white space around a reference")),
            ("Bearer {vault://env/a}", Some("holds a reference inside a longer text")),
            (
                "{vault://env/a}:{vault://env/b}x",
                Some("holds a reference inside a longer text"),
            ),
            ("{vault:/env/a}", Some("has one slash where a reference has two")),
            ("{ vault://env/a}", Some("has a space in the beginning of a reference")),
            ("{{vault://env/a}}", Some("begins a reference with several braces")),
            ("${vault://env/a}", Some("begins a reference with a dollar sign")),
            ("${{vault://env/a}}", Some("begins a reference with a dollar sign")),
            (
                "{Vault://env/a}",
                Some("writes the beginning of a reference with capitals"),
            ),
            (
                "{VAULT://env/a}",
                Some("writes the beginning of a reference with capitals"),
            ),
            ("{vault://env/a", Some("lacks the closing brace of a reference")),
            ("vault://env/a}", Some("lacks the opening brace of a reference")),
        ] {
            let told = lint_text(text).map(|odd| odd.message);
            let wanted = wanted.map(|wanted| format!("{wanted}: Kong uses the text as it stands"));
            assert_eq!(told, wanted, "{text}");
            assert!(told.is_none() || may_resemble_reference(&text.into()), "{text}");
        }
    }
}
