use std::collections::{BTreeMap, BTreeSet};

use super::Secret;

/// A vault as it is asked: its backend, and what is said of it, each with who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct VaultTarget {
    /// The name that references give: the prefix of a vault, or a backend's own name.
    pub name: String,
    /// The backend.
    pub backend: String,
    /// Whether a vault entity of this run's scopes stands behind it. Credentials of another's are never used.
    pub owned: bool,
    /// Whether the backend's own name was given, no vault's: then the data planes' settings of the backend hold.
    pub is_backend_name: bool,
    /// What templates filled in from the environment: messages do not show it.
    pub templated: TemplatedParts,
    /// What is said of it: Kong's config fields under Kong's names, and the checker's words.
    pub settings: BTreeMap<String, VaultSetting>,
}

/// What templates filled in from the environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplatedParts {
    /// Settings, by name, whoever has the same already.
    pub settings: BTreeSet<String>,
    /// The names of the secrets that are asked for.
    pub resources: bool,
    /// Settings that are made up, because a variable is not set.
    pub unset: BTreeSet<String>,
}

/// One thing that is said of a vault. It may be a secret, whatever its name.
#[derive(Clone, Debug, PartialEq)]
pub struct VaultSetting {
    /// The value as text: `true`, `8200`.
    pub value: Secret,
    /// Who says so.
    pub origin: SettingOrigin,
}

/// Who says something of how a vault is asked. The later, the less it is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingOrigin {
    /// The side that runs the check: flags, environment, a file of settings outside the repository, documented defaults.
    Operator,
    /// The live vault of the same prefix has it already; of a new vault, it is what Kong fills in by itself.
    Live,
    /// A state file asks for it, and the value was filled in from the environment: as an address it is the file's, as a
    /// credential the machine's.
    Template,
    /// A state file, a file of settings in the repository, or the reference itself.
    Repository,
}

impl VaultSetting {
    /// One that is left out, and by whom.
    pub fn unset(origin: SettingOrigin) -> Self {
        let value = Secret::new("");
        Self { value, origin }
    }
}

impl VaultTarget {
    /// What is said under a name, as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.text()
    }

    /// What is said under a name, unless it is empty: an empty string is nothing.
    pub fn get(&self, name: &str) -> Option<&VaultSetting> {
        self.settings
            .get(name)
            .filter(|setting| !setting.value.expose().is_empty())
    }

    /// Whether a template filled in what is said under a name, wholly or in part: then messages do not show it.
    pub fn is_templated(&self, name: &str) -> bool {
        let side = self.get(name).map(|setting| setting.origin);
        side == Some(SettingOrigin::Template)
            || side == Some(SettingOrigin::Live) && self.templated.settings.contains(name)
    }

    /// Whether something is switched on, if it is said at all.
    pub fn is_enabled(&self, name: &str) -> Option<bool> {
        match self.get(name)?.value.text()? {
            "true" | "on" | "1" | "yes" => Some(true),
            _ => Some(false),
        }
    }

    /// The least trusted of those who say what an address is made of, or leave out what the live vault has for it; what
    /// nobody says is the documented default.
    pub fn least_trusted_origin(&self, names: &[&str]) -> SettingOrigin {
        let sides = names.iter().filter_map(|name| Some(self.settings.get(*name)?.origin));
        sides.max().unwrap_or(SettingOrigin::Operator)
    }
}
