use crate::findings::bad_settings_finding;
use json::Value;
use reference::{Finding, Secret};
use schema::zeroize_value;

/// Where credentials are good that do not say where.
const DEFAULT_UNIVERSE_DOMAIN: &str = "googleapis.com";

/// A file of credentials, as Google's tools write it: a key of a service account, a person's login, or how to get a token
/// for somebody else's. It is wiped when dropped.
pub struct GcpCredentialsFile {
    /// The vault that is to be asked with it.
    pub vault: String,
    /// What says it, for messages.
    pub source_name: String,
    json: Value,
}

/// What sort of credentials a file holds (`type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GcpCredentialsType {
    /// The key of a service account.
    ServiceAccount,
    /// A person's login.
    AuthorizedUser,
    /// Somebody whom another provider vouches for (workload identity federation).
    ExternalAccount,
    /// A service account, by leave of the credentials within.
    ImpersonatedServiceAccount,
    /// Another.
    Other,
}

impl GcpCredentialsFile {
    /// Reads a file of credentials.
    ///
    /// # Errors
    /// It is none, or is not good for Secret Manager as Kong asks it.
    pub fn parse(vault: &str, name: &str, text: &Secret) -> Result<Self, Finding> {
        let value = serde_json::from_slice(text.expose()).ok();
        let value = value.filter(Value::is_object).ok_or_else(|| {
            bad_settings_finding(vault, &format!("{name} holds no JSON of credentials"))
                .help("give it the JSON that Google made, as it is")
        })?;
        let key = Self {
            vault: vault.to_owned(),
            source_name: name.to_owned(),
            json: value,
        };
        match key.get_text("universe_domain") {
            None | Some(DEFAULT_UNIVERSE_DOMAIN) => Ok(key),
            Some(_) => Err(key.bad_settings_finding("holds credentials for another universe than googleapis.com")),
        }
    }

    /// What sort of credentials it holds. Kong asks for no `type`: what has a private key is a service account's.
    pub fn credentials_type(&self) -> GcpCredentialsType {
        match self.get_text("type") {
            Some("service_account") => GcpCredentialsType::ServiceAccount,
            Some("authorized_user") => GcpCredentialsType::AuthorizedUser,
            Some("external_account") => GcpCredentialsType::ExternalAccount,
            Some("impersonated_service_account") => GcpCredentialsType::ImpersonatedServiceAccount,
            None if self.get_text("private_key").is_some() => GcpCredentialsType::ServiceAccount,
            _ => GcpCredentialsType::Other,
        }
    }

    /// Whether another provider's word is a text in a file or at an address.
    pub fn has_text_source(&self) -> bool {
        let source = self.get("credential_source");
        let others = ["environment_id", "executable", "certificate"];
        !others
            .iter()
            .any(|name| source.is_some_and(|source| source.get(name).is_some()))
    }

    /// What it says under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.json.get(name)
    }

    /// What it says under a name, unless that is empty.
    pub fn get_text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// The credentials within, which another service account lends its token.
    ///
    /// # Errors
    /// There are none, or they are of the same sort: there is no chain of these.
    pub fn source_credentials(&self) -> Result<Self, Finding> {
        let source = Self {
            vault: self.vault.clone(),
            source_name: self.source_name.clone(),
            json: self.get("source_credentials").cloned().unwrap_or_default(),
        };
        match source.credentials_type() {
            GcpCredentialsType::ImpersonatedServiceAccount => {
                Err(self.bad_settings_finding("holds an impersonation within another: it takes delegates"))
            }
            GcpCredentialsType::Other => {
                Err(self.bad_settings_finding("holds no source_credentials that could be used"))
            }
            _ => Ok(source),
        }
    }

    /// What it must say under a name.
    ///
    /// # Errors
    /// It does not: half a set.
    pub fn require_text(&self, name: &str) -> Result<&str, Finding> {
        self.get_text(name)
            .ok_or_else(|| self.bad_settings_finding(&format!("holds credentials without '{name}'")))
    }

    /// The project that pays for requests.
    pub fn quota_project_id(&self) -> Option<String> {
        self.get_text("quota_project_id").map(str::to_owned)
    }

    /// Says that it is of no project, if it says of none: Google's library insists on it, and has no use for it.
    pub fn ensure_project_id(&mut self) {
        let project = self.get_text("project_id").unwrap_or_default().to_owned();
        if let Some(members) = self.json.as_object_mut() {
            members.insert("project_id", Value::String(project));
        }
    }

    /// The whole, for Google's own library.
    pub fn into_json(mut self) -> Value {
        self.json.take()
    }

    /// It makes no sense.
    pub fn bad_settings_finding(&self, what: &str) -> Finding {
        bad_settings_finding(&self.vault, &format!("{} {what}", self.source_name))
            .help("give it the JSON that Google made, as it is")
    }
}

impl Drop for GcpCredentialsFile {
    fn drop(&mut self) {
        zeroize_value(&mut self.json);
    }
}
