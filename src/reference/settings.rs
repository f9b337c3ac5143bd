//! What the side that runs the check says of the vaults.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Policy, Reason, VaultSetting};

/// What the side that runs the check says of the vaults.
#[derive(Clone, Debug, Default)]
pub struct ReferenceSettings {
    /// By the name that references give, as files of settings spell it.
    pub vaults: BTreeMap<String, VaultSettings>,
    /// What the data planes are told of a backend that is named without a vault entity (`vault_<name>_*`), by backend.
    pub backend_settings: BTreeMap<String, BTreeMap<String, VaultSetting>>,
    /// The backends of which several data planes say different things: a reference that names one means several vaults,
    /// and none is asked.
    pub ambiguous_backends: BTreeSet<String>,
    /// `STRONGROOM_VAULT_<PREFIX>_*`, by `<PREFIX>`.
    pub variable_settings: BTreeMap<String, VaultSettings>,
}

/// What is said of one vault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VaultSettings {
    /// What its verdicts may do to a run, if not what all may.
    pub policy: Option<Policy>,
    /// How it is asked: Kong's config fields under Kong's names, and words of ours.
    pub values: BTreeMap<String, VaultSetting>,
}

impl ReferenceSettings {
    /// What is said of a vault: the environment goes before files.
    pub fn vault_values(&self, name: &str) -> BTreeMap<String, VaultSetting> {
        let files = self.vaults.get(name);
        let said = files
            .into_iter()
            .chain(self.variable_settings.get(&variable_infix(name)));
        said.flat_map(|said| said.values.clone()).collect()
    }

    /// Why a reference that names this backend cannot be checked, if data planes say different things of it.
    pub fn ambiguity_finding(&self, backend: &str) -> Option<Finding> {
        let message = format!("the data planes have different settings of the backend '{backend}'");
        self.ambiguous_backends.contains(backend).then(|| {
            Finding::new(Reason::DataPlaneSettings, message)
                .about(backend)
                .help("check each data plane by itself, with its own --dp-env")
        })
    }

    /// What the verdicts on a vault's secrets may do to a run, if it is not what all may.
    pub fn vault_policy(&self, name: &str) -> Option<Policy> {
        let of_file = self.vaults.get(name).and_then(|said| said.policy);
        of_file.or_else(|| self.variable_settings.get(&variable_infix(name))?.policy)
    }
}

/// A vault's name as variables have it.
pub fn variable_infix(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}
