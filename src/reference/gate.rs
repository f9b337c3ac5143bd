use std::collections::BTreeMap;

use super::{Judged, Reason, Standing, Verdict};
use crate::schema::Catalog;
use crate::state::{Desired, Diagnostic, Severity};

/// What a verdict may do to a run (`--references`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Stops on all that is not found, live and unchanged references included.
    Strict,
    /// Stops on what is wrong if the plan touches it; tells of the rest.
    #[default]
    Default,
    /// Tells, and never stops.
    Warn,
    /// Asks nothing: only the grammar and the fields' own rules hold.
    Off,
}

/// What there is to tell of references: errors stop the run before its first write. One cause is told once, with all its places.
pub fn gate(catalog: &Catalog, desired: &Desired, judged: &[Judged], policy: Policy) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Severity, Reason, &str), Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        if let Some(severity) = severity(one, policy) {
            let subject = if one.reason == Reason::DataPlaneEnvironment {
                ""
            } else {
                one.subject.as_str()
            };
            causes.entry((severity, one.reason, subject)).or_default().push(one);
        }
    }
    causes
        .into_iter()
        .map(|((severity, ..), uses)| tell(catalog, desired, severity, &uses))
        .collect()
}

/// How bad it is, if it is told at all.
fn severity(one: &Judged, policy: Policy) -> Option<Severity> {
    let rule_of_form = one.reason.is_of_form();
    let stops = one.usage.standing != Standing::Foreign && (one.concerns_plan || policy == Policy::Strict);
    match (one.verdict, policy) {
        (Verdict::Found, _) => None,
        (_, Policy::Off) if !rule_of_form => None,
        (Verdict::NotCheckable, Policy::Strict) => Some(if stops { Severity::Error } else { Severity::Warning }),
        (Verdict::NotCheckable, _) => Some(Severity::Note),
        (_, Policy::Warn) => Some(Severity::Warning),
        _ => Some(if stops { Severity::Error } else { Severity::Warning }),
    }
}

fn tell(catalog: &Catalog, desired: &Desired, severity: Severity, uses: &[&Judged]) -> Diagnostic {
    let first = uses[0];
    let (code, message) = words(uses);
    let mut diagnostic = Diagnostic {
        severity,
        code,
        message,
        places: Vec::new(),
        help: first.help.clone(),
    };
    let mut elsewhere = Vec::new();
    for one in uses {
        match one.usage.declared {
            Some(declared) => diagnostic = diagnostic.at(desired.entity(declared).source.position_of(&one.usage.path)),
            None => elsewhere.push(format!(
                "{} {} ({})",
                catalog.kind(one.usage.kind).name,
                one.usage.title,
                one.usage.path
            )),
        }
    }
    elsewhere.dedup();
    if !elsewhere.is_empty() {
        let shown = elsewhere.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let more = elsewhere.len().saturating_sub(5);
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        diagnostic.message = format!("{}, used by {shown}{rest}", diagnostic.message);
    }
    diagnostic
}

/// The stable word and the sentence for one cause.
fn words(uses: &[&Judged]) -> (&'static str, String) {
    let subject = &uses[0].subject;
    match uses[0].reason {
        Reason::BadReference => ("bad-reference", format!("Kong cannot read this reference: {subject}")),
        Reason::NotReferenceable => (
            "not-referenceable",
            format!("the field '{}' takes no references", uses[0].usage.path),
        ),
        Reason::UnknownVault => ("unknown-vault", format!("no vault has the prefix '{subject}'")),
        Reason::VaultsUnreadable => (
            "vaults-unreadable",
            format!("not all vaults can be listed, so that '{subject}' cannot be checked"),
        ),
        Reason::UnknownSchema => (
            "unknown-schema",
            "no schema tells whether this field takes references".to_owned(),
        ),
        Reason::DataPlaneEnvironment => ("data-plane-environment", environment(uses)),
        Reason::NotAsked => (
            "not-asked",
            format!("secrets of the backend '{subject}' are not checked"),
        ),
    }
}

/// One note for all variables: what every data plane has to define.
fn environment(uses: &[&Judged]) -> String {
    let mut names: Vec<&str> = uses.iter().map(|one| one.subject.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let (plural, them) = if names.len() == 1 {
        ("variable", "it")
    } else {
        ("variables", "them")
    };
    format!(
        "the {plural} {} cannot be checked from here: every data plane must define {them}",
        names.join(", ")
    )
}
