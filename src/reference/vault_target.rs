use std::collections::{BTreeMap, BTreeSet};

use super::Secret;

/// A vault as it is asked: its backend and its settings, each with who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct VaultTarget {
    /// The name that references give: the prefix of a vault, or a backend's own name.
    pub name: String,
    /// The backend.
    pub backend: String,
    /// Whether it is a vault entity of this run's scopes. Credentials of another's are never used.
    pub owned: bool,
    /// Whether the reference names the backend, no vault: then the data planes' settings of the backend hold.
    pub is_backend_name: bool,
    /// What templates filled in from the environment: messages do not show it.
    pub templated: TemplatedParts,
    /// Kong's config fields under Kong's names, and settings of our own.
    pub settings: BTreeMap<String, VaultSetting>,
}

/// What templates filled in from the environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplatedParts {
    /// The names of settings, even if the live vault has the same value.
    pub settings: BTreeSet<String>,
    /// Whether the names of the secrets that are asked for are among it.
    pub resources: bool,
    /// The names of settings that have no value, because a variable is not set.
    pub unset: BTreeSet<String>,
}

/// One setting of a vault. It may be a secret, whatever its name.
#[derive(Clone, Debug, PartialEq)]
pub struct VaultSetting {
    /// The value as text: `true`, `8200`.
    pub value: Secret,
    /// Who says so.
    pub origin: SettingOrigin,
}

/// Who says how a vault is asked: the later, the less trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingOrigin {
    /// Who runs the check: flags, environment, a settings file outside the repository, documented defaults.
    Operator,
    /// The live vault of the same prefix has it already; of a new vault, it is Kong's default.
    Live,
    /// A state file asks for it, and the value was filled in from the environment: as an address it is the file's, as a
    /// credential the machine's.
    Template,
    /// A state file, a settings file in the repository, or the reference itself.
    Repository,
}

impl VaultSetting {
    /// One that is left out, and by whom.
    pub(crate) fn unset(origin: SettingOrigin) -> Self {
        let value = Secret::new("");
        Self { value, origin }
    }

    /// Whether it counts as not set.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }
}

impl VaultTarget {
    /// The value of a setting, as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.text()
    }

    /// A setting, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&VaultSetting> {
        self.settings.get(name).filter(|setting| !setting.is_empty())
    }

    /// Whether a template filled a setting in, wholly or in part: then messages do not show it.
    pub fn is_templated(&self, name: &str) -> bool {
        let origin = self.get(name).map(|setting| setting.origin);
        origin == Some(SettingOrigin::Template)
            || origin == Some(SettingOrigin::Live) && self.templated.settings.contains(name)
    }

    /// Whether a setting is switched on, if it is set.
    pub fn is_enabled(&self, name: &str) -> Option<bool> {
        match self.get(name)?.value.text()? {
            "true" | "on" | "1" | "yes" => Some(true),
            _ => Some(false),
        }
    }

    /// The least trusted of those who set one of these settings, or leave out what the live vault has for it; what nobody
    /// sets is the documented default.
    pub fn least_trusted_origin(&self, names: &[&str]) -> SettingOrigin {
        let origins = names.iter().filter_map(|name| Some(self.settings.get(*name)?.origin));
        origins.max().unwrap_or(SettingOrigin::Operator)
    }
}
