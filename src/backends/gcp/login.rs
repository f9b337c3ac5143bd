use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::HeaderName;
use tokio::time::Instant;
use url::Url;
use zeroize::Zeroizing;

use super::credentials_file::GcpCredentialsFile;
use super::destination_policy::GcpDestinationPolicy;
use super::endpoint::operator_endpoint;
use super::token::{self, CLOUD_PLATFORM_SCOPE, METADATA_TIMEOUT, TokenRequest};
use super::token_endpoint::text_member;
use crate::BackendContext;
use crate::cloud_settings::{environment_text, is_metadata_allowed, operator_setting};
use crate::findings::bad_settings_finding;
use crate::operator::operator_variable_name;
use crate::vault_http::{VaultHttpClient, VaultHttpOptions, VaultHttpRequest};
use reference::{Finding, Reason, Secret, VaultTarget};

/// Where Google's tools keep people's credentials, below the home directory (AIP-4113).
const WELL_KNOWN_PATH: &str = ".config/gcloud/application_default_credentials.json";

/// The header without which the metadata server gives nothing.
const METADATA_FLAVOR_HEADER: HeaderName = HeaderName::from_static("metadata-flavor");

/// Which credentials secrets are read with.
pub(crate) struct GcpLogin {
    vault: String,
    source: GcpCredentialSource,
    quota_project: Option<String>,
    allows_metadata_server: bool,
    destination_policy: GcpDestinationPolicy,
    timeout: Duration,
}

enum GcpCredentialSource {
    /// The JSON itself, and the name of the variable that holds it.
    Inline(Secret, String),
    /// A file, and the name of the variable that names it.
    File(PathBuf, &'static str),
    /// The file of Google's tools, else the metadata server, if that is allowed.
    Chain {
        well_known_file: Option<PathBuf>,
        metadata_url: Option<Url>,
    },
}

/// The credentials of requests.
pub(crate) struct GcpAuthHeaders {
    pub(crate) authorization: Secret,
    /// The project that pays for requests, if it is another than the vault's.
    pub(crate) quota_project: Option<Secret>,
}

impl GcpLogin {
    /// The operator's settings, else the environment: Kong's own variable, then those that Google's tools read (AIP-4110).
    ///
    /// # Errors
    /// A choice that is not for a state file to make.
    pub(crate) fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let vault = &target.name;
        let key = operator_setting(target, "service_account")?.cloned();
        let allows_metadata_server = is_metadata_allowed(target)?;
        let source = match key {
            Some(key) => GcpCredentialSource::Inline(key, operator_variable_name(vault, "service_account")),
            None => environment_source(context, allows_metadata_server),
        };
        Ok(Self {
            vault: vault.clone(),
            source,
            quota_project: environment_text(context, "GOOGLE_CLOUD_QUOTA_PROJECT"),
            allows_metadata_server,
            destination_policy: GcpDestinationPolicy {
                allowed_hosts: context.allowed_hosts.clone(),
                operator_endpoint: operator_endpoint(target),
            },
            timeout: context.timeout,
        })
    }

    /// Requests a token.
    ///
    /// # Errors
    /// There are no credentials, they make no sense, or they are rejected.
    pub(crate) async fn auth_headers(&self) -> Result<GcpAuthHeaders, Finding> {
        let key = match &self.source {
            GcpCredentialSource::Inline(key, name) => Some(GcpCredentialsFile::parse(&self.vault, name, key)?),
            GcpCredentialSource::File(path, name) => Some(
                self.read_credentials_file(path, name)?
                    .ok_or_else(|| self.unreadable_file_finding(name))?,
            ),
            GcpCredentialSource::Chain {
                well_known_file: Some(path),
                ..
            } => self.read_credentials_file(path, WELL_KNOWN_PATH)?,
            GcpCredentialSource::Chain { .. } => None,
        };
        match (key, &self.source) {
            (Some(key), _) => self.headers_from_file(key).await,
            (
                None,
                GcpCredentialSource::Chain {
                    metadata_url: Some(url),
                    ..
                },
            ) => self.headers_from_metadata(url).await,
            (None, _) => Err(no_credentials_finding(&self.vault)),
        }
    }

    /// Reads a credentials file, if there is one.
    fn read_credentials_file(&self, path: &Path, name: &str) -> Result<Option<GcpCredentialsFile>, Finding> {
        match std::fs::read(path).map(|bytes| Secret::from(Zeroizing::new(bytes))) {
            Ok(content) => GcpCredentialsFile::parse(&self.vault, name, &content).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(_) => Err(self.unreadable_file_finding(name)),
        }
    }

    fn unreadable_file_finding(&self, name: &str) -> Finding {
        let what = format!("the file of credentials that {name} names cannot be read");
        bad_settings_finding(&self.vault, &what).help("correct the path, and let this user read the file")
    }

    async fn headers_from_file(&self, key: GcpCredentialsFile) -> Result<GcpAuthHeaders, Finding> {
        let quota_project = self.quota_project.clone().or_else(|| key.quota_project_id());
        let request = TokenRequest {
            vault: &self.vault,
            // a little less than all the time there is, so that what is known by then is reported
            deadline: Instant::now() + self.timeout.mul_f32(0.95),
            allows_metadata_server: self.allows_metadata_server,
            destination_policy: &self.destination_policy,
        };
        let token = token::fetch_token(key, &request).await?;
        Ok(build_auth_headers(&token, quota_project))
    }

    /// The token of the machine's own service account.
    async fn headers_from_metadata(&self, url: &Url) -> Result<GcpAuthHeaders, Finding> {
        let http = VaultHttpClient::new(&VaultHttpOptions::new(&self.vault, METADATA_TIMEOUT))?;
        let http_request =
            VaultHttpRequest::get(url.clone()).with_header(METADATA_FLAVOR_HEADER, Secret::new("Google"));
        let sent = tokio::time::timeout(METADATA_TIMEOUT, http.send_with_retry(&http_request)).await;
        let response = sent.ok().and_then(Result::ok).filter(|response| response.status == 200);
        let token = response.and_then(|response| text_member(&response.body, "access_token"));
        let token = token.ok_or_else(|| no_metadata_credentials_finding(&self.vault))?;
        Ok(build_auth_headers(&token, self.quota_project.clone()))
    }
}

fn build_auth_headers(token: &Secret, quota_project: Option<String>) -> GcpAuthHeaders {
    GcpAuthHeaders {
        authorization: token::bearer_header(token),
        quota_project: quota_project.map(Secret::new),
    }
}

fn environment_source(context: &BackendContext, allows_metadata_server: bool) -> GcpCredentialSource {
    let key = (context.environment)("GCP_SERVICE_ACCOUNT").filter(|key| !key.expose().trim_ascii().is_empty());
    if let Some(key) = key {
        return GcpCredentialSource::Inline(key, "GCP_SERVICE_ACCOUNT".to_owned());
    }
    let name = "GOOGLE_APPLICATION_CREDENTIALS";
    if let Some(path) = environment_text(context, name) {
        return GcpCredentialSource::File(path.into(), name);
    }
    GcpCredentialSource::Chain {
        well_known_file: environment_text(context, "HOME").map(|home| Path::new(&home).join(WELL_KNOWN_PATH)),
        metadata_url: allows_metadata_server.then(|| metadata_token_url(context)).flatten(),
    }
}

/// The metadata server's URL for a token of the machine's service account.
fn metadata_token_url(context: &BackendContext) -> Option<Url> {
    let host = environment_text(context, "GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    Url::parse(&format!("http://{host}/{path}?scopes={CLOUD_PLATFORM_SCOPE}")).ok()
}

fn no_metadata_credentials_finding(vault: &str) -> Finding {
    let message = format!(
        "the metadata server of this machine gives no credentials with which the vault '{vault}' could be asked"
    );
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help("run the check on a machine of Google's that has a service account, or set GCP_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS")
}

fn no_credentials_finding(vault: &str) -> Finding {
    let (key, metadata) = (
        operator_variable_name(vault, "service_account_file"),
        operator_variable_name(vault, "metadata"),
    );
    let message =
        format!("there are no credentials for Google Cloud here with which the vault '{vault}' could be asked");
    Finding::new(Reason::NoCredentials, message).about(vault).help(format!(
        "set GCP_SERVICE_ACCOUNT, GOOGLE_APPLICATION_CREDENTIALS or {key}, or log in with gcloud auth application-default login; on a machine of Google's that has a service account, {metadata}=true"
    ))
}
