use std::collections::BTreeSet;

use super::{ReferencesSection, SpannedPolicy};
use reference::Policy;
use reference::{ReferenceSettings, VaultSettings, variable_infix};
use yaml::{Diagnostic, DiagnosticCode};

/// Brings together what the checker's side says, what a file in the repository says, and what is asked for on the command
/// line: the policy for all, and the settings of the vaults. What the repository would loosen is told, and does not hold.
pub fn merge_settings(
    settings: &mut ReferenceSettings,
    asked: Option<Policy>,
    checker: &ReferencesSection,
    repository: &ReferencesSection,
) -> (Policy, Vec<Diagnostic>) {
    let mut told = Vec::new();
    let own = asked.or(checker.policy.map(|said| said.policy)).unwrap_or_default();
    let general = stricter_policy(own, repository.policy, &mut told);
    let names: BTreeSet<&String> = checker.vaults.keys().chain(repository.vaults.keys()).collect();
    for name in names {
        let (ours, theirs) = (checker.vaults.get(name), repository.vaults.get(name));
        let of_variable = settings
            .variable_settings
            .get(&variable_infix(name))
            .and_then(|said| said.policy);
        let of_file = || Some(ours?.policy?.policy);
        let own = of_variable.or_else(of_file);
        let said = theirs.and_then(|theirs| theirs.policy).or(repository.policy);
        let policy = match (own, said) {
            (None, None) => None,
            (own, said) => Some(stricter_policy(own.unwrap_or(general), said, &mut told)),
        };
        let values = theirs.into_iter().chain(ours).flat_map(|said| said.values.clone());
        let vault = VaultSettings {
            policy,
            values: values.collect(),
        };
        settings.vaults.insert(name.clone(), vault);
    }
    if let Some(floor) = repository.policy {
        let said = settings
            .variable_settings
            .values_mut()
            .filter_map(|said| said.policy.as_mut());
        said.for_each(|policy| *policy = floor.policy.min(*policy));
    }
    told.dedup();
    (general, told)
}

/// The policy of the checker's side, or that of the repository if it is stricter.
fn stricter_policy(own: Policy, said: Option<SpannedPolicy>, told: &mut Vec<Diagnostic>) -> Policy {
    let Some(said) = said else { return own };
    if said.policy > own {
        let (theirs, own) = (said.policy.name(), own.name());
        let message =
            format!("a file in the repository cannot loosen what references may do: '{own}' holds, not '{theirs}'");
        let help = "say so where the check runs: --references, or a file of settings outside the repository";
        told.push(
            Diagnostic::warning(DiagnosticCode::PolicyNotLoosened, message)
                .at(said.span)
                .help(help),
        );
    }
    said.policy.min(own)
}
