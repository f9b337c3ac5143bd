use std::collections::BTreeMap;

use super::{Policy, Secret, Setting, Side};

/// What the side that runs the check says of the vaults.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By the name that references give, as a file of settings spells it.
    pub vaults: BTreeMap<String, VaultSettings>,
    /// What the data planes are told of a backend that is named without a vault entity (`vault_<name>_*`), by backend.
    pub backends: BTreeMap<String, BTreeMap<String, Setting>>,
    /// `STRONGROOM_VAULT_<PREFIX>_*`, by what follows `STRONGROOM_VAULT_`.
    pub variables: BTreeMap<String, Secret>,
}

/// What is said of one vault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VaultSettings {
    /// What its verdicts may do to a run, if not what all may.
    pub policy: Option<Policy>,
    /// How it is asked: Kong's config fields under Kong's names, and words of ours.
    pub values: BTreeMap<String, Setting>,
}

impl Settings {
    /// What is said of a vault: the environment goes before files.
    pub fn of(&self, name: &str) -> BTreeMap<String, Setting> {
        let start = format!("{}_", name.to_ascii_uppercase().replace('-', "_"));
        let mut values = self
            .vaults
            .get(name)
            .map(|said| said.values.clone())
            .unwrap_or_default();
        for (variable, value) in self.variables.range(start.clone()..) {
            let Some(word) = variable.strip_prefix(&start) else {
                break;
            };
            let (value, side) = (value.clone(), Side::Checker);
            values.insert(word.to_ascii_lowercase(), Setting { value, side });
        }
        values
    }

    /// What the verdicts on a vault's secrets may do to a run, if it is not what all may.
    pub fn policy(&self, name: &str) -> Option<Policy> {
        self.vaults.get(name)?.policy
    }
}
