use std::collections::BTreeSet;

use super::references_section::{ReferencesSection, SpannedPolicy};
use reference::Policy;
use reference::{ReferenceSettings, VaultSettings, variable_infix};
use yaml::{Diagnostic, DiagnosticCode};

/// Merges what the command line, the operator's settings file and the repository's say into the general policy and the
/// settings of the vaults. What the repository would loosen is reported, and does not hold.
pub(crate) fn merge_settings(
    settings: &mut ReferenceSettings,
    requested: Option<Policy>,
    operator: &ReferencesSection,
    repository: &ReferencesSection,
) -> (Policy, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let own = requested.or(operator.policy.map(|spanned| spanned.policy));
    let general = tighten_policy(own.unwrap_or_default(), repository.policy, &mut diagnostics);
    let names: BTreeSet<&String> = operator.vaults.keys().chain(repository.vaults.keys()).collect();
    for name in names {
        let (ours, theirs) = (operator.vaults.get(name), repository.vaults.get(name));
        let by_variable = settings
            .variable_settings
            .get(&variable_infix(name))
            .and_then(|vault| vault.policy);
        let by_file = || Some(ours?.policy?.policy);
        let own = by_variable.or_else(by_file);
        let floor = theirs.and_then(|theirs| theirs.policy).or(repository.policy);
        let policy = match (own, floor) {
            (None, None) => None,
            (own, floor) => Some(tighten_policy(own.unwrap_or(general), floor, &mut diagnostics)),
        };
        let values = theirs.into_iter().chain(ours).flat_map(|vault| vault.values.clone());
        let vault = VaultSettings {
            policy,
            values: values.collect(),
        };
        settings.vaults.insert(name.clone(), vault);
    }
    if let Some(floor) = repository.policy {
        let policies = settings
            .variable_settings
            .values_mut()
            .filter_map(|vault| vault.policy.as_mut());
        policies.for_each(|policy| *policy = floor.policy.min(*policy));
    }
    diagnostics.dedup();
    (general, diagnostics)
}

/// Merges two files of the repository, the one that is named and the one nearest to the working directory. The stricter
/// policy holds; of other settings, those of the named file.
pub(crate) fn merge_repository_sections(named: ReferencesSection, found: ReferencesSection) -> ReferencesSection {
    let mut merged = ReferencesSection {
        policy: stricter_policy(named.policy, found.policy),
        vaults: named.vaults,
    };
    for (name, vault) in found.vaults {
        let ours = merged.vaults.entry(name).or_default();
        ours.policy = stricter_policy(ours.policy, vault.policy);
        for (name, value) in vault.values {
            ours.values.entry(name).or_insert(value);
        }
    }
    merged
}

/// The stricter of two policies; the first, if they are equal.
fn stricter_policy(first: Option<SpannedPolicy>, second: Option<SpannedPolicy>) -> Option<SpannedPolicy> {
    first.into_iter().chain(second).min_by_key(|spanned| spanned.policy)
}

/// The operator's policy, or that of the repository if it is stricter.
fn tighten_policy(own: Policy, floor: Option<SpannedPolicy>, diagnostics: &mut Vec<Diagnostic>) -> Policy {
    let Some(floor) = floor else { return own };
    if floor.policy > own {
        let (theirs, own) = (floor.policy.name(), own.name());
        let message =
            format!("a file in the repository cannot loosen what references may do: '{own}' holds, not '{theirs}'");
        let help = "say so where the check runs: --references, or a file of settings outside the repository";
        diagnostics.push(
            Diagnostic::warning(DiagnosticCode::PolicyNotLoosened, message)
                .at(floor.span)
                .help(help),
        );
    }
    floor.policy.min(own)
}
