use std::collections::BTreeMap;

use super::{Assessment, ChangeState, EntityIssue, EntityRef, Reason, ReferenceSettings, Verdict};
use schema::{Catalog, FieldPath};
use state::DesiredState;
use yaml::{Diagnostic, DiagnosticCode, Severity};

/// What a verdict may do to a run (`--references`), the strictest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// Stops on all that is not found, live and unchanged references included.
    Strict,
    /// Stops on what is wrong if the plan touches it; reports the rest.
    #[default]
    Default,
    /// Reports, and never stops.
    Warn,
    /// Asks no vault: only the grammar and the fields' own rules hold.
    Off,
}

/// The general policy, and those of single vaults.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// For all that no vault's own policy holds for.
    pub general: Policy,
    /// The policies of single vaults: they hold for what their backends answer.
    pub settings: Option<&'a ReferenceSettings>,
}

impl Policy {
    const NAMES: [(&str, Self); 4] = [
        ("strict", Self::Strict),
        ("default", Self::Default),
        ("warn", Self::Warn),
        ("off", Self::Off),
    ];

    /// The policy of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, policy)| *policy)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, policy)| *policy == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Policies<'_> {
    /// For what a vault's backend answers.
    pub fn for_vault(&self, name: &str) -> Policy {
        self.settings
            .and_then(|settings| settings.vault_policy(name))
            .unwrap_or(self.general)
    }

    fn for_assessment(&self, assessment: &Assessment) -> Policy {
        match assessment.vault_name() {
            Some(name) if assessment.finding.reason.is_from_backend() => self.for_vault(&name),
            _ => self.general,
        }
    }
}

/// The diagnostics on references: errors stop the run before its first write. One cause is reported once, with all its
/// locations.
pub fn apply_policy(
    catalog: &Catalog,
    desired: &DesiredState,
    assessments: &[Assessment],
    policies: Policies<'_>,
) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Severity, Reason, &str), Vec<&Assessment>> = BTreeMap::new();
    for assessment in assessments {
        if let Some(severity) = severity_for(assessment, policies.for_assessment(assessment)) {
            let finding = &assessment.finding;
            let cause = match finding.reason {
                Reason::DataPlaneEnvironment => finding.help.as_deref().unwrap_or_default(),
                _ => finding.message.as_str(),
            };
            let same = causes.entry((severity, finding.reason, cause)).or_default();
            same.push(assessment);
        }
    }
    causes
        .into_iter()
        .map(|((severity, ..), assessments)| build_diagnostic(catalog, desired, severity, &assessments))
        .collect()
}

/// None if it is not reported at all.
fn severity_for(assessment: &Assessment, policy: Policy) -> Option<Severity> {
    let reason = assessment.finding.reason;
    let is_foreign = assessment.site.entity.change_state == ChangeState::Foreign;
    // another team's reference is affected if the plan changes the vault that it names
    let stops = assessment.affected_by_plan || policy == Policy::Strict && !is_foreign;
    match (assessment.verdict(), policy) {
        (Verdict::Found, _) => None,
        (_, Policy::Off) if !reason.is_static() => None,
        // the plan's guard stops such a run, unless it is switched off
        (Verdict::Missing, _) if reason == Reason::DeletedVault && !assessment.affected_by_plan => {
            Some(Severity::Warning)
        }
        (Verdict::NotCheckable, _) if is_foreign && reason == Reason::NotAsked => None,
        (Verdict::NotCheckable, Policy::Strict) => Some(match stops && !is_foreign {
            true => Severity::Error,
            false => Severity::Warning,
        }),
        (Verdict::NotCheckable, _) => Some(Severity::Note),
        (_, Policy::Warn) => Some(Severity::Warning),
        _ => Some(if stops { Severity::Error } else { Severity::Warning }),
    }
}

fn build_diagnostic(
    catalog: &Catalog,
    desired: &DesiredState,
    severity: Severity,
    assessments: &[&Assessment],
) -> Diagnostic {
    let finding = &assessments[0].finding;
    let diagnostic = Diagnostic {
        severity,
        code: finding.reason.code(),
        message: match finding.reason {
            Reason::DataPlaneEnvironment => environment_message(assessments),
            _ => finding.message.clone(),
        },
        locations: Vec::new(),
        help: finding.help.clone(),
    };
    let locations = assessments.iter().map(|assessment| FieldLocation {
        entity: &assessment.site.entity,
        path: &assessment.site.path,
        label: None,
        is_confidential: false,
    });
    add_locations(catalog, desired, diagnostic, locations)
}

/// The diagnostics on values that are in no reference, or not wrong yet. One cause is reported once.
pub fn report_issues(
    catalog: &Catalog,
    desired: &DesiredState,
    issues: &[EntityIssue],
    policies: Policies<'_>,
) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Severity, DiagnosticCode, &str), Vec<&EntityIssue>> = BTreeMap::new();
    for issue in issues {
        let is_changed = issue.entity.change_state == ChangeState::Changed;
        let severity = match policies.general {
            Policy::Off => continue,
            Policy::Strict if issue.field_issue.is_error => Severity::Error,
            Policy::Default if issue.field_issue.is_error && is_changed => Severity::Error,
            _ => Severity::Warning,
        };
        let cause = (severity, issue.field_issue.code, issue.field_issue.message.as_str());
        causes.entry(cause).or_default().push(issue);
    }
    let diagnostics = causes.into_iter().map(|((severity, code, message), issues)| {
        let field = &issues[0].field_issue.path;
        let diagnostic = Diagnostic {
            severity,
            code,
            message: format!("the field '{field}' {message}"),
            locations: Vec::new(),
            help: Some(issues[0].field_issue.help.to_owned()),
        };
        let locations = issues.iter().map(|issue| FieldLocation {
            entity: &issue.entity,
            path: &issue.field_issue.path,
            label: issue.field_issue.detail.as_deref(),
            is_confidential: issue.is_confidential,
        });
        add_locations(catalog, desired, diagnostic, locations)
    });
    diagnostics.collect()
}

struct FieldLocation<'a> {
    entity: &'a EntityRef,
    path: &'a FieldPath,
    label: Option<&'a str>,
    is_confidential: bool,
}

/// Adds the locations of a cause: of those in files the positions, of the others the names.
fn add_locations<'a>(
    catalog: &Catalog,
    desired: &DesiredState,
    mut diagnostic: Diagnostic,
    locations: impl Iterator<Item = FieldLocation<'a>>,
) -> Diagnostic {
    let mut elsewhere = Vec::new();
    for location in locations {
        if let Some(declared) = location.entity.declared {
            let span = desired.entity(declared).location.value_span(location.path);
            diagnostic = match location.is_confidential {
                true => diagnostic.at_secret(span),
                false => diagnostic.at(span),
            };
            diagnostic = location.label.into_iter().fold(diagnostic, Diagnostic::label);
            continue;
        }
        let label = location.label.map(|label| format!("; {label}")).unwrap_or_default();
        let kind = &catalog.kind(location.entity.kind).name;
        elsewhere.push(format!("{kind} {} ({}{label})", location.entity.title, location.path));
    }
    // entities come in the order of their ids, which of new ones are random
    diagnostic.locations.sort_by_key(|location| location.span);
    elsewhere.sort_unstable();
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

/// One note for all variables that every data plane has to define.
fn environment_message(assessments: &[&Assessment]) -> String {
    let mut names: Vec<&str> = assessments
        .iter()
        .map(|assessment| assessment.finding.subject.as_str())
        .collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finding, ReferenceSite};

    const ALL: [Policy; 4] = [Policy::Strict, Policy::Default, Policy::Warn, Policy::Off];

    fn assessment(reason: Reason, change_state: ChangeState, affected_by_plan: bool) -> Assessment {
        Assessment {
            site: ReferenceSite::in_certificate("", change_state),
            reference: None,
            finding: Finding::new(reason, ""),
            certificate: None,
            affected_by_plan,
        }
    }

    fn severities(reason: Reason, change_state: ChangeState, affected_by_plan: bool) -> [Option<Severity>; 4] {
        ALL.map(|policy| severity_for(&assessment(reason, change_state, affected_by_plan), policy))
    }

    const BAD: [Reason; 8] = [
        Reason::UnknownVault,
        Reason::NoSuchSecret,
        Reason::BadSubkey,
        Reason::BadContent,
        Reason::BadResource,
        Reason::PermissionDenied,
        Reason::ConnectionFailed,
        Reason::Sealed,
    ];
    const STATIC: [Reason; 2] = [Reason::BadReference, Reason::NotReferenceable];
    const UNKNOWN: [Reason; 4] = [
        Reason::NoCredentials,
        Reason::UntrustedHost,
        Reason::DataPlaneEnvironment,
        Reason::UnknownSchema,
    ];
    const GUARDED: [Reason; 1] = [Reason::DeletedVault];

    /// Under strict, default, warn and off.
    type SeverityRow = [Option<Severity>; 4];

    const E: Option<Severity> = Some(Severity::Error);
    const W: Option<Severity> = Some(Severity::Warning);
    const N: Option<Severity> = Some(Severity::Note);

    #[track_caller]
    fn assert_severities(reasons: &[Reason], cases: &[(ChangeState, bool)], row: SeverityRow) {
        for reason in reasons {
            for (change_state, affected_by_plan) in cases {
                let severities = severities(*reason, *change_state, *affected_by_plan);
                assert_eq!(severities, row, "{reason:?} {change_state:?} {affected_by_plan}");
            }
        }
    }

    #[test]
    fn what_a_verdict_does_by_policy_and_whose_the_reference_is() {
        // the plan's: changed itself, or unchanged with a vault that changes
        let plans = [(ChangeState::Changed, true), (ChangeState::Unchanged, true)];
        assert_severities(&BAD, &plans, [E, E, W, None]);
        assert_severities(&STATIC, &plans, [E, E, W, E]);
        assert_severities(&UNKNOWN, &plans, [E, N, N, None]);
        let live = [(ChangeState::Unchanged, false)];
        assert_severities(&BAD, &live, [E, W, W, None]);
        assert_severities(&STATIC, &live, [E, W, W, W]);
        assert_severities(&UNKNOWN, &live, [E, N, N, None]);
        assert_severities(&GUARDED, &live, [W, W, W, None]);
        let foreign = [(ChangeState::Foreign, false), (ChangeState::Foreign, true)];
        // the vault that it names changes, and then it is wrong
        assert_severities(&BAD, &foreign[1..], [E, E, W, None]);
        assert_severities(&BAD, &foreign[..1], [W, W, W, None]);
        assert_severities(&STATIC, &foreign[..1], [W, W, W, W]);
        assert_severities(&UNKNOWN, &foreign, [W, N, N, None]);
        assert_severities(&GUARDED, &foreign[..1], [W, W, W, None]);
        assert_severities(&[Reason::NotAsked], &foreign, [None; 4]);
        assert_severities(&[Reason::SecretFound], &[plans, foreign].concat(), [None; 4]);
    }
}
