use crate::findings::bad_settings_finding;
use json::Value;
use reference::{Finding, Secret};
use schema::zeroize_value;

/// The universe of credentials that name none.
const DEFAULT_UNIVERSE_DOMAIN: &str = "googleapis.com";

/// A credentials file, as Google's tools write it: the key of a service account, a person's login, a federated identity or an
/// impersonation. It is wiped when dropped.
pub(crate) struct GcpCredentialsFile {
    pub(crate) vault: String,
    /// What names it, for messages.
    pub(crate) source_name: String,
    json: Value,
}

/// The `type` of a credentials file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GcpCredentialsType {
    /// The key of a service account.
    ServiceAccount,
    /// A person's login.
    AuthorizedUser,
    /// A token of another provider (workload identity federation).
    ExternalAccount,
    /// A service account that the credentials within may impersonate.
    ImpersonatedServiceAccount,
    Other,
}

impl GcpCredentialsFile {
    /// # Errors
    /// It is none, or of another universe than the one that Kong uses.
    pub(crate) fn parse(vault: &str, name: &str, text: &Secret) -> Result<Self, Finding> {
        let value = serde_json::from_slice(text.expose()).ok();
        let value = value.filter(Value::is_object).ok_or_else(|| {
            bad_settings_finding(vault, &format!("{name} holds no JSON of credentials"))
                .help("give it the JSON that Google made, as it is")
        })?;
        let file = Self {
            vault: vault.to_owned(),
            source_name: name.to_owned(),
            json: value,
        };
        match file.get_text("universe_domain") {
            None | Some(DEFAULT_UNIVERSE_DOMAIN) => Ok(file),
            Some(_) => Err(file.bad_settings_finding("holds credentials for another universe than googleapis.com")),
        }
    }

    /// Kong needs no `type`: what has a private key is a service account's.
    pub(crate) fn credentials_type(&self) -> GcpCredentialsType {
        match self.get_text("type") {
            Some("service_account") => GcpCredentialsType::ServiceAccount,
            Some("authorized_user") => GcpCredentialsType::AuthorizedUser,
            Some("external_account") => GcpCredentialsType::ExternalAccount,
            Some("impersonated_service_account") => GcpCredentialsType::ImpersonatedServiceAccount,
            None if self.get_text("private_key").is_some() => GcpCredentialsType::ServiceAccount,
            _ => GcpCredentialsType::Other,
        }
    }

    /// Whether another provider's token is in a file or at a URL.
    pub(crate) fn has_text_source(&self) -> bool {
        let source = self.get("credential_source");
        let others = ["environment_id", "executable", "certificate"];
        !others
            .iter()
            .any(|name| source.is_some_and(|source| source.get(name).is_some()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.json.get(name)
    }

    /// A member, unless it is empty.
    pub(crate) fn get_text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// The credentials within, which may impersonate the service account.
    ///
    /// # Errors
    /// There are none, or they are an impersonation themselves.
    pub(crate) fn source_credentials(&self) -> Result<Self, Finding> {
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

    /// # Errors
    /// There is no such member.
    pub(crate) fn require_text(&self, name: &str) -> Result<&str, Finding> {
        self.get_text(name)
            .ok_or_else(|| self.bad_settings_finding(&format!("holds credentials without '{name}'")))
    }

    pub(crate) fn quota_project_id(&self) -> Option<String> {
        self.get_text("quota_project_id").map(str::to_owned)
    }

    /// Adds an empty project, if there is none: Google's library insists on one, and does not use it.
    pub(crate) fn ensure_project_id(&mut self) {
        let project_id = self.get_text("project_id").unwrap_or_default().to_owned();
        if let Some(members) = self.json.as_object_mut() {
            members.insert("project_id", Value::String(project_id));
        }
    }

    pub(crate) fn into_json(mut self) -> Value {
        self.json.take()
    }

    pub(crate) fn bad_settings_finding(&self, what: &str) -> Finding {
        bad_settings_finding(&self.vault, &format!("{} {what}", self.source_name))
            .help("give it the JSON that Google made, as it is")
    }
}

impl Drop for GcpCredentialsFile {
    fn drop(&mut self) {
        zeroize_value(&mut self.json);
    }
}
