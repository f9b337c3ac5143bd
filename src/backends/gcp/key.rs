use crate::checker::unusable;
use json::Value;
use reference::{Finding, Secret};
use schema::zeroize_value;

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
    Federated,
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
            Some("external_account") => Sort::Federated,
            Some("impersonated_service_account") => Sort::Impersonated,
            None if self.text("private_key").is_some() => Sort::ServiceAccount,
            _ => Sort::Other,
        }
    }

    /// Whether another provider's word is a text in a file or at an address.
    pub fn names_a_text(&self) -> bool {
        let source = self.get("credential_source");
        let others = ["environment_id", "executable", "certificate"];
        !others
            .iter()
            .any(|name| source.is_some_and(|source| source.get(name).is_some()))
    }

    /// What it says under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// What it says under a name, unless that is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// The credentials within, which another service account lends its token.
    ///
    /// # Errors
    /// There are none, or they are of the same sort: there is no chain of these.
    pub fn source(&self) -> Result<Self, Finding> {
        let source = Self {
            vault: self.vault.clone(),
            name: self.name.clone(),
            value: self.get("source_credentials").cloned().unwrap_or_default(),
        };
        match source.sort() {
            Sort::Impersonated => Err(self.unusable("holds an impersonation within another: it takes delegates")),
            Sort::Other => Err(self.unusable("holds no source_credentials that could be used")),
            _ => Ok(source),
        }
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
        let project = self.text("project_id").unwrap_or_default().to_owned();
        if let Some(members) = self.value.as_object_mut() {
            members.insert("project_id", Value::String(project));
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
        zeroize_value(&mut self.value);
    }
}
