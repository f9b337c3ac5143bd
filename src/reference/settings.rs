use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Policy, Reason, VaultSetting};

/// What the operator, who runs the check, says of the vaults.
#[derive(Clone, Debug, Default)]
pub struct ReferenceSettings {
    /// By the name that references give, as settings files spell it.
    pub vaults: BTreeMap<String, VaultSettings>,
    /// The data planes' own settings of backends (`vault_<name>_*`), for references that name no vault, by backend.
    pub backend_settings: BTreeMap<String, BTreeMap<String, VaultSetting>>,
    /// The backends for which data planes have different settings: a reference that names one means several vaults, and
    /// none is asked.
    pub ambiguous_backends: BTreeSet<String>,
    /// `STRONGROOM_VAULT_<PREFIX>_*`, by `<PREFIX>`.
    pub variable_settings: BTreeMap<String, VaultSettings>,
}

/// The settings of one vault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VaultSettings {
    /// What its verdicts may do to a run, if not what all may.
    pub policy: Option<Policy>,
    /// How it is asked: Kong's config fields under Kong's names, and settings of our own.
    pub values: BTreeMap<String, VaultSetting>,
}

impl ReferenceSettings {
    /// The settings of a vault: variables go before files.
    pub(crate) fn vault_values(&self, name: &str) -> BTreeMap<String, VaultSetting> {
        let by_files = self.vaults.get(name);
        let by_variables = self.variable_settings.get(&variable_infix(name));
        let settings = by_files.into_iter().chain(by_variables);
        settings.flat_map(|settings| settings.values.clone()).collect()
    }

    /// Why a reference that names this backend cannot be checked, if data planes have different settings of it.
    pub fn ambiguity_finding(&self, backend: &str) -> Option<Finding> {
        let message = format!("the data planes have different settings of the backend '{backend}'");
        self.ambiguous_backends.contains(backend).then(|| {
            Finding::new(Reason::DataPlaneSettings, message)
                .about(backend)
                .help("check each data plane by itself, with its own --dp-env")
        })
    }

    /// What the verdicts on a vault's secrets may do to a run, if it is not what all may.
    pub(crate) fn vault_policy(&self, name: &str) -> Option<Policy> {
        let by_file = self.vaults.get(name).and_then(|settings| settings.policy);
        by_file.or_else(|| self.variable_settings.get(&variable_infix(name))?.policy)
    }
}

/// A vault's name in the names of variables.
pub fn variable_infix(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}
