use std::collections::BTreeMap;

use super::{Assessment, ChangeState, EntityIssue, Reason, ReferenceSettings, Verdict};
use schema::{Catalog, FieldPath, KindId};
use state::{DeclaredId, DesiredState};
use yaml::{Diagnostic, DiagnosticCode, Severity};

/// What a verdict may do to a run (`--references`): the later, the less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// What a verdict may do: for all vaults, and what is said of single ones.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// For all.
    pub general: Policy,
    /// What is said of single vaults: that holds for what their backends answer.
    pub settings: Option<&'a ReferenceSettings>,
}

impl Policy {
    /// All of them, by name.
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

    fn for_assessment(&self, judged: &Assessment) -> Policy {
        match judged.vault_name() {
            Some(name) if judged.finding.reason.is_from_backend() => self.for_vault(&name),
            _ => self.general,
        }
    }
}

/// What there is to tell of references: errors stop the run before its first write. One cause is told once, with all its places.
pub fn apply_policy(
    catalog: &Catalog,
    desired: &DesiredState,
    judged: &[Assessment],
    policies: Policies<'_>,
) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Severity, Reason, &str), Vec<&Assessment>> = BTreeMap::new();
    for one in judged {
        if let Some(severity) = severity_for(one, policies.for_assessment(one)) {
            let cause = match one.finding.reason {
                Reason::DataPlaneEnvironment => one.finding.help.as_deref().unwrap_or_default(),
                _ => one.finding.message.as_str(),
            };
            causes
                .entry((severity, one.finding.reason, cause))
                .or_default()
                .push(one);
        }
    }
    causes
        .into_iter()
        .map(|((severity, ..), uses)| build_diagnostic(catalog, desired, severity, &uses))
        .collect()
}

/// How bad it is, if it is told at all.
fn severity_for(one: &Assessment, policy: Policy) -> Option<Severity> {
    let reason = one.finding.reason;
    let foreign = one.site.change_state == ChangeState::Foreign;
    // another team's reference concerns the plan if that changes the vault which it names
    let stops = one.affected_by_plan || policy == Policy::Strict && !foreign;
    match (one.verdict(), policy) {
        (Verdict::Found, _) => None,
        (_, Policy::Off) if !reason.is_static() => None,
        // the plan's guard stops such a run, or is told to let it pass
        (Verdict::Missing, _) if reason == Reason::DeletedVault && !one.affected_by_plan => Some(Severity::Warning),
        (Verdict::NotCheckable, _) if foreign && reason == Reason::NotAsked => None,
        (Verdict::NotCheckable, Policy::Strict) => Some(match stops && !foreign {
            true => Severity::Error,
            false => Severity::Warning,
        }),
        (Verdict::NotCheckable, _) => Some(Severity::Note),
        (_, Policy::Warn) => Some(Severity::Warning),
        _ => Some(if stops { Severity::Error } else { Severity::Warning }),
    }
}

fn build_diagnostic(catalog: &Catalog, desired: &DesiredState, severity: Severity, uses: &[&Assessment]) -> Diagnostic {
    let finding = &uses[0].finding;
    let diagnostic = Diagnostic {
        severity,
        code: finding.reason.code(),
        message: match finding.reason {
            Reason::DataPlaneEnvironment => environment_message(uses),
            _ => finding.message.clone(),
        },
        locations: Vec::new(),
        help: finding.help.clone(),
    };
    let places = uses.iter().map(|one| FieldLocation {
        kind: one.site.kind,
        title: &one.site.title,
        path: &one.site.path,
        declared: one.site.declared,
        label: None,
        confidential: false,
    });
    add_places(catalog, desired, diagnostic, places)
}

/// What there is to tell of values that are in no reference, or not wrong yet. One cause is told once.
pub fn report_issues(
    catalog: &Catalog,
    desired: &DesiredState,
    remarks: &[EntityIssue],
    policies: Policies<'_>,
) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Severity, DiagnosticCode, &str), Vec<&EntityIssue>> = BTreeMap::new();
    for remark in remarks {
        let severity = match policies.general {
            Policy::Off => continue,
            Policy::Strict if remark.issue.is_error => Severity::Error,
            Policy::Default if remark.issue.is_error && remark.change_state == ChangeState::Changed => Severity::Error,
            _ => Severity::Warning,
        };
        let cause = (severity, remark.issue.code, remark.issue.message.as_str());
        causes.entry(cause).or_default().push(remark);
    }
    let told = causes.into_iter().map(|((severity, code, message), remarks)| {
        let field = &remarks[0].path;
        let diagnostic = Diagnostic {
            severity,
            code,
            message: format!("the field '{field}' {message}"),
            locations: Vec::new(),
            help: Some(remarks[0].issue.help.to_owned()),
        };
        let places = remarks.iter().map(|remark| FieldLocation {
            kind: remark.kind,
            title: &remark.title,
            path: &remark.path,
            declared: remark.declared,
            label: remark.issue.detail.as_deref(),
            confidential: remark.confidential,
        });
        add_places(catalog, desired, diagnostic, places)
    });
    told.collect()
}

/// Where something is told of.
struct FieldLocation<'a> {
    kind: KindId,
    title: &'a str,
    path: &'a FieldPath,
    declared: Option<DeclaredId>,
    label: Option<&'a str>,
    confidential: bool,
}

/// Adds the places of a cause: those in files point there, the others are named.
fn add_places<'a>(
    catalog: &Catalog,
    desired: &DesiredState,
    mut diagnostic: Diagnostic,
    spots: impl Iterator<Item = FieldLocation<'a>>,
) -> Diagnostic {
    let mut elsewhere = Vec::new();
    for spot in spots {
        if let Some(declared) = spot.declared {
            let position = desired.entity(declared).location.value_span(spot.path);
            diagnostic = match spot.confidential {
                true => diagnostic.at_secret(position),
                false => diagnostic.at(position),
            };
            diagnostic = spot.label.into_iter().fold(diagnostic, Diagnostic::label);
            continue;
        }
        let label = spot.label.map(|label| format!("; {label}")).unwrap_or_default();
        let kind = &catalog.kind(spot.kind).name;
        elsewhere.push(format!("{kind} {} ({}{label})", spot.title, spot.path));
    }
    // entities come in the order of their ids, which of new ones are random
    diagnostic.locations.sort_by_key(|place| place.span);
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

/// One note for all variables: what every data plane has to define.
fn environment_message(uses: &[&Assessment]) -> String {
    let mut names: Vec<&str> = uses.iter().map(|one| one.finding.subject.as_str()).collect();
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

    fn assessment(reason: Reason, standing: ChangeState, concerns_plan: bool) -> Assessment {
        Assessment {
            site: ReferenceSite::in_certificate("", standing),
            reference: None,
            finding: Finding::new(reason, ""),
            certificate: None,
            affected_by_plan: concerns_plan,
        }
    }

    fn severities(reason: Reason, standing: ChangeState, concerns_plan: bool) -> [Option<Severity>; 4] {
        ALL.map(|policy| severity_for(&assessment(reason, standing, concerns_plan), policy))
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
            for (standing, concerns) in cases {
                let found = severities(*reason, *standing, *concerns);
                assert_eq!(found, row, "{reason:?} {standing:?} {concerns}");
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
