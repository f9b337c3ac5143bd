use serde_json::Value;

use crate::reference::backends::checker::unusable;
use crate::reference::{Finding, Secret};
use crate::schema::wipe;

/// Where credentials are good that do not say where.
const UNIVERSE: &str = "googleapis.com";

/// A file of credentials, as Google's tools write it: a key of a service account, a person's login, or how to get a token
/// for somebody else's. It is wiped when dropped.
pub struct Key {
    /// The vault that is to be asked with it.
    pub vault: String,
    /// What says it, for messages.
    pub name: String,
    value: Value,
}

/// What sort of credentials a file holds (`type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The key of a service account.
    ServiceAccount,
    /// A person's login.
    User,
    /// Somebody whom another provider vouches for (workload identity federation).
    External,
    /// A service account, by leave of the credentials within.
    Impersonated,
    /// Another.
    Other,
}

impl Key {
    /// Reads a file of credentials.
    ///
    /// # Errors
    /// It is none, or is not good for Secret Manager as Kong asks it.
    pub fn read(vault: &str, name: &str, text: &Secret) -> Result<Self, Finding> {
        let value = serde_json::from_slice(text.expose()).ok();
        let value = value.filter(Value::is_object).ok_or_else(|| {
            unusable(vault, &format!("{name} holds no JSON of credentials"))
                .help("give it the JSON that Google made, as it is")
        })?;
        let key = Self {
            vault: vault.to_owned(),
            name: name.to_owned(),
            value,
        };
        match key.text("universe_domain") {
            None | Some(UNIVERSE) => Ok(key),
            Some(_) => Err(key.unusable("holds credentials for another universe than googleapis.com")),
        }
    }

    /// What sort of credentials it holds. Kong asks for no `type`: what has a private key is a service account's.
    pub fn sort(&self) -> Sort {
        match self.text("type") {
            Some("service_account") => Sort::ServiceAccount,
            Some("authorized_user") => Sort::User,
            Some("external_account") => Sort::External,
            Some("impersonated_service_account") => Sort::Impersonated,
            None if self.text("private_key").is_some() => Sort::ServiceAccount,
            _ => Sort::Other,
        }
    }

    /// What it says under a name, unless that is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// What it must say under a name.
    ///
    /// # Errors
    /// It does not: half a set.
    pub fn need(&self, name: &str) -> Result<&str, Finding> {
        self.text(name)
            .ok_or_else(|| self.unusable(&format!("holds credentials without '{name}'")))
    }

    /// The project that pays for requests.
    pub fn quota_project(&self) -> Option<String> {
        self.text("quota_project_id").map(str::to_owned)
    }

    /// Says that it is of no project, if it says of none: Google's library insists on it, and has no use for it.
    pub fn add_project(&mut self) {
        if let Some(members) = self.value.as_object_mut() {
            members
                .entry("project_id")
                .or_insert_with(|| Value::String(String::new()));
        }
    }

    /// The whole, for Google's own library.
    pub fn take(mut self) -> Value {
        self.value.take()
    }

    /// It makes no sense.
    pub fn unusable(&self, what: &str) -> Finding {
        unusable(&self.vault, &format!("{} {what}", self.name)).help("give it the JSON that Google made, as it is")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        wipe(&mut self.value);
    }
}
