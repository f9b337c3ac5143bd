use super::LintIssue;
use super::near_form::{describe_near_form, may_have_near_form};
use crate::texts::{any_text, for_each_text};
use crate::{ChangeState, EntityIssue, EntityRef, is_reference};
use json::Value;
use json::parallel::par_map_chunks;
use schema::{Catalog, FieldPath, Referenceability};
use state::{DeclaredEntity, DeclaredId, DesiredState};
use yaml::DiagnosticCode;

const REFERENCE_PREFIX: &str = "{vault://";

/// Issues of texts in the documents that look like a reference, or hold one, and are none to Kong. Nothing of a text is
/// shown, for it may be a secret. Tags hold none.
pub(super) fn lint_texts(catalog: &Catalog, desired: &DesiredState) -> Vec<EntityIssue> {
    let mut entities: Vec<_> = (0..).map(DeclaredId).zip(&desired.entities).collect();
    let issues = par_map_chunks(&mut entities, |chunk| {
        let mut issues = Vec::new();
        for (declared, entity) in chunk {
            lint_entity(catalog, *declared, entity, &mut issues);
        }
        issues
    });
    issues.into_iter().flatten().collect()
}

fn lint_entity(catalog: &Catalog, declared: DeclaredId, entity: &DeclaredEntity, issues: &mut Vec<EntityIssue>) {
    for (field, value) in entity.body.expose() {
        if field != "tags" && may_resemble_reference(value) {
            for_each_text(value, &mut FieldPath::from_field(field), &mut |path, text| {
                let issue = lint_text(text)
                    .or_else(|| lint_near_form(text).filter(|_| is_meant_for_references(catalog, entity, path)));
                issues.extend(issue.map(|issue| EntityIssue {
                    entity: declared_entity(declared, entity),
                    is_confidential: true,
                    field_issue: issue.at_field(path.clone()),
                }));
            });
        }
    }
}

/// Whether a field takes references, or holds a secret, which should be one.
fn is_meant_for_references(catalog: &Catalog, entity: &DeclaredEntity, path: &FieldPath) -> bool {
    let (kind, body) = (entity.kind, entity.body.expose());
    let record = catalog.record(kind, body);
    let in_schema = record.field_at(path).map(|field| field.referenceable);
    let takes_references = match catalog.referenceability(kind, body, path, in_schema) {
        Referenceability::Yes | Referenceability::Since(_) => true,
        Referenceability::No | Referenceability::Never | Referenceability::Unknown => false,
    };
    let is_secret = || {
        let mut secrets = catalog.secret_paths(kind, body).into_iter();
        secrets.any(|secret| path.is_within(&secret))
    };
    takes_references || is_secret()
}

/// Without a title: its position names it.
fn declared_entity(declared: DeclaredId, entity: &DeclaredEntity) -> EntityRef {
    EntityRef {
        kind: entity.kind,
        id: entity.id.unwrap_or_default(),
        title: String::new(),
        change_state: ChangeState::Changed,
        declared: Some(declared),
    }
}

/// A cheap check before the thorough one: most texts do not.
fn may_resemble_reference(value: &Value) -> bool {
    any_text(value, |text| {
        (mentions_vault_scheme(text.as_bytes()) || may_have_near_form(text)) && !is_reference(text)
    })
}

fn mentions_vault_scheme(text: &[u8]) -> bool {
    memchr::memchr_iter(b':', text).any(|at| {
        let ends_in = |name: &[u8]| text[..at].ends_with(name);
        (ends_in(b"ault") || ends_in(b"AULT")) && text.get(at + 1) == Some(&b'/')
    })
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
    if let Some(problem) = describe_near_miss(trimmed) {
        return Some(near_reference_issue(problem));
    }
    text.contains(REFERENCE_PREFIX).then(|| {
        LintIssue::new(
            DiagnosticCode::ReferenceInText,
            "holds a reference inside a longer text: Kong uses the text as it stands",
            "put the whole text into the secret, and let the field hold the reference alone",
        )
    })
}

fn lint_near_form(text: &str) -> Option<LintIssue> {
    let problem = (!is_reference(text)).then(|| describe_near_form(text.trim()))?;
    problem.map(near_reference_issue)
}

fn near_reference_issue(problem: &str) -> LintIssue {
    LintIssue::new(
        DiagnosticCode::NearReference,
        format!("{problem}: Kong uses the text as it stands"),
        "a reference is {vault://PREFIX/SECRET} or {vault://PREFIX/SECRET/KEY}, in lower case and without spaces",
    )
}

/// Why a text is no reference although it begins like one.
fn describe_near_miss(text: &str) -> Option<&'static str> {
    let unbraced = text.trim_start_matches('$').trim_start_matches('{');
    let braces = text.trim_start_matches('$').len() - unbraced.len();
    let (name, rest) = unbraced.trim_start().split_once(':')?;
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    if !name.eq_ignore_ascii_case("vault") || slashes == 0 || braces == 0 && !text.ends_with('}') {
        return None;
    }
    Some(match () {
        () if text.starts_with('$') => "begins a reference with a dollar sign",
        () if braces > 1 => "begins a reference with several braces",
        () if braces == 0 => "lacks the opening brace of a reference",
        () if slashes < 2 => "has one slash where a reference has two",
        () if unbraced.starts_with(char::is_whitespace) => "has a space in the beginning of a reference",
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
        for (text, expected) in [
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
            let message = lint_text(text).map(|issue| issue.message);
            let expected = expected.map(|problem| format!("{problem}: Kong uses the text as it stands"));
            assert_eq!(message, expected, "{text}");
            assert!(message.is_none() || may_resemble_reference(&text.into()), "{text}");
        }
    }
}
