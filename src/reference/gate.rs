use std::collections::BTreeMap;

use super::{Judged, Reason, Settings, Standing, Verdict};
use crate::schema::Catalog;
use crate::state::{Desired, Diagnostic, Severity};

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
    pub settings: Option<&'a Settings>,
}

impl Policy {
    /// All of them, by name.
    const NAMED: [(&str, Self); 4] = [
        ("strict", Self::Strict),
        ("default", Self::Default),
        ("warn", Self::Warn),
        ("off", Self::Off),
    ];

    /// The policy of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, policy)| *policy)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::NAMED.iter().find(|(_, policy)| *policy == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Policies<'_> {
    /// For what a vault's backend answers.
    pub fn of_vault(&self, name: &str) -> Policy {
        self.settings
            .and_then(|settings| settings.policy(name))
            .unwrap_or(self.general)
    }

    fn of(&self, judged: &Judged) -> Policy {
        match judged.vault() {
            Some(name) if judged.finding.reason.is_of_backend() => self.of_vault(&name),
            _ => self.general,
        }
    }
}

/// What there is to tell of references: errors stop the run before its first write. One cause is told once, with all its places.
pub fn gate(catalog: &Catalog, desired: &Desired, judged: &[Judged], policies: Policies<'_>) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Severity, Reason, &str), Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        if let Some(severity) = severity(one, policies.of(one)) {
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
        .map(|((severity, ..), uses)| tell(catalog, desired, severity, &uses))
        .collect()
}

/// How bad it is, if it is told at all.
fn severity(one: &Judged, policy: Policy) -> Option<Severity> {
    let reason = one.finding.reason;
    let foreign = one.usage.standing == Standing::Foreign;
    let stops = !foreign && (one.concerns_plan || policy == Policy::Strict);
    match (one.verdict(), policy) {
        (Verdict::Found, _) => None,
        (_, Policy::Off) if !reason.is_of_form() => None,
        // the plan's guard stops such a run, or is told to let it pass
        (Verdict::Missing, _) if reason == Reason::DeletedVault && !one.concerns_plan => Some(Severity::Warning),
        (Verdict::NotCheckable, _) if foreign && reason == Reason::NotAsked => None,
        (Verdict::NotCheckable, Policy::Strict) => Some(if stops { Severity::Error } else { Severity::Warning }),
        (Verdict::NotCheckable, _) => Some(Severity::Note),
        (_, Policy::Warn) => Some(Severity::Warning),
        _ => Some(if stops { Severity::Error } else { Severity::Warning }),
    }
}

fn tell(catalog: &Catalog, desired: &Desired, severity: Severity, uses: &[&Judged]) -> Diagnostic {
    let finding = &uses[0].finding;
    let mut diagnostic = Diagnostic {
        severity,
        code: finding.reason.code(),
        message: match finding.reason {
            Reason::DataPlaneEnvironment => environment(uses),
            _ => finding.message.clone(),
        },
        places: Vec::new(),
        help: finding.help.clone(),
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

/// One note for all variables: what every data plane has to define.
fn environment(uses: &[&Judged]) -> String {
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
    use crate::reference::{Finding, Use};
    use crate::schema::FieldPath;

    const ALL: [Policy; 4] = [Policy::Strict, Policy::Default, Policy::Warn, Policy::Off];

    fn judged(reason: Reason, standing: Standing, concerns_plan: bool) -> Judged {
        let catalog = Catalog::recorded();
        let usage = Use {
            kind: catalog.find("certificates").expect("a kind"),
            id: uuid::Uuid::nil(),
            title: String::new(),
            path: FieldPath::field("cert"),
            text: String::new(),
            referenceable: Some(true),
            standing,
            declared: None,
        };
        Judged {
            usage,
            reference: None,
            finding: Finding::new(reason, ""),
            concerns_plan,
        }
    }

    fn severities(reason: Reason, standing: Standing, concerns_plan: bool) -> [Option<Severity>; 4] {
        ALL.map(|policy| severity(&judged(reason, standing, concerns_plan), policy))
    }

    #[test]
    fn what_a_verdict_does_by_policy_and_whose_the_reference_is() {
        use Severity::{Error, Note, Warning};
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
        let guarded = [Some(Warning), Some(Warning), Some(Warning), None];
        for standing in [Standing::Unchanged, Standing::Foreign] {
            assert_eq!(severities(Reason::DeletedVault, standing, false), guarded);
        }
        const OF_FORM: [Reason; 2] = [Reason::BadReference, Reason::NotReferenceable];
        const UNKNOWN: [Reason; 4] = [
            Reason::NoCredentials,
            Reason::UntrustedHost,
            Reason::DataPlaneEnvironment,
            Reason::UnknownSchema,
        ];
        // of this plan: changed itself, or unchanged with a vault that changes
        let of_plan = [(Standing::Changed, true), (Standing::Unchanged, true)];
        for (standing, concerns) in of_plan {
            for reason in BAD {
                let expected = [Some(Error), Some(Error), Some(Warning), None];
                assert_eq!(severities(reason, standing, concerns), expected, "{reason:?}");
            }
            for reason in OF_FORM {
                let expected = [Some(Error), Some(Error), Some(Warning), Some(Error)];
                assert_eq!(severities(reason, standing, concerns), expected, "{reason:?}");
            }
            for reason in UNKNOWN {
                let expected = [Some(Error), Some(Note), Some(Note), None];
                assert_eq!(severities(reason, standing, concerns), expected, "{reason:?}");
            }
        }
        for reason in BAD {
            let (live, foreign) = (Standing::Unchanged, Standing::Foreign);
            assert_eq!(
                severities(reason, live, false),
                [Some(Error), Some(Warning), Some(Warning), None]
            );
            for concerns in [false, true] {
                let expected = [Some(Warning), Some(Warning), Some(Warning), None];
                assert_eq!(severities(reason, foreign, concerns), expected, "{reason:?}");
            }
        }
        for reason in OF_FORM {
            let expected = [Some(Error), Some(Warning), Some(Warning), Some(Warning)];
            assert_eq!(severities(reason, Standing::Unchanged, false), expected, "{reason:?}");
            assert_eq!(
                severities(reason, Standing::Foreign, false),
                [Some(Warning); 4],
                "{reason:?}"
            );
        }
        for reason in UNKNOWN {
            assert_eq!(
                severities(reason, Standing::Unchanged, false),
                [Some(Error), Some(Note), Some(Note), None]
            );
            assert_eq!(
                severities(reason, Standing::Foreign, true),
                [Some(Warning), Some(Note), Some(Note), None]
            );
        }
        for standing in [Standing::Changed, Standing::Unchanged, Standing::Foreign] {
            assert_eq!(severities(Reason::SecretFound, standing, true), [None; 4]);
        }
        assert_eq!(severities(Reason::NotAsked, Standing::Foreign, false), [None; 4]);
    }
}
