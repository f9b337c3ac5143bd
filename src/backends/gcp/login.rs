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

/// Where Google's tools keep credentials of people, below the home directory (AIP-4113).
const WELL_KNOWN_PATH: &str = ".config/gcloud/application_default_credentials.json";

/// The header that only those who mean it send to the metadata server.
const METADATA_FLAVOR_HEADER: HeaderName = HeaderName::from_static("metadata-flavor");

/// Who asks.
pub struct GcpLogin {
    vault: String,
    source: GcpCredentialSource,
    quota_project: Option<String>,
    allows_metadata_server: bool,
    destination_policy: GcpDestinationPolicy,
    timeout: Duration,
}

/// Where the credentials of this machine come from.
enum GcpCredentialSource {
    /// They are said, under that name.
    Inline(Secret, String),
    /// They are in a file that a variable of that name names.
    File(PathBuf, &'static str),
    /// They are where Google's tools keep them; else a server of the machine's cloud gives them, if it may be asked.
    Chain {
        well_known_file: Option<PathBuf>,
        metadata_url: Option<Url>,
    },
}

/// What requests show.
pub struct GcpAuthHeaders {
    /// The header `Authorization`.
    pub authorization: Secret,
    /// The project that pays for requests, if it is another than the vault's.
    pub quota_project: Option<Secret>,
}

impl GcpLogin {
    /// What the side that runs the check says, else what its environment does: Kong's own variable, then what Google's
    /// tools read (AIP-4110).
    ///
    /// # Errors
    /// A choice that is not for a state file to make.
    pub fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let vault = &target.name;
        let said = operator_setting(target, "service_account")?.cloned();
        let metadata = is_metadata_allowed(target)?;
        let source = match said {
            Some(said) => GcpCredentialSource::Inline(said, operator_variable_name(vault, "service_account")),
            None => environment_source(context, metadata),
        };
        Ok(Self {
            vault: vault.clone(),
            source,
            quota_project: environment_text(context, "GOOGLE_CLOUD_QUOTA_PROJECT"),
            allows_metadata_server: metadata,
            destination_policy: GcpDestinationPolicy {
                allowed_hosts: context.allowed_hosts.clone(),
                operator_endpoint: operator_endpoint(target),
            },
            timeout: context.timeout,
        })
    }

    /// Gets a token, once.
    ///
    /// # Errors
    /// There are no credentials, they make no sense, or they are refused.
    pub async fn auth_headers(&self) -> Result<GcpAuthHeaders, Finding> {
        let key = match &self.source {
            GcpCredentialSource::Inline(said, name) => Some(GcpCredentialsFile::parse(&self.vault, name, said)?),
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

    /// The key in a file, if there is one.
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
        let asking = TokenRequest {
            vault: &self.vault,
            // a little less than all the time there is, so that what is known by then is told
            deadline: Instant::now() + self.timeout.mul_f32(0.95),
            allows_metadata_server: self.allows_metadata_server,
            destination_policy: &self.destination_policy,
        };
        let token = token::fetch_token(key, &asking).await?;
        Ok(build_auth_headers(&token, quota_project))
    }

    /// The token of the machine's own service account.
    async fn headers_from_metadata(&self, url: &Url) -> Result<GcpAuthHeaders, Finding> {
        let http = VaultHttpClient::new(&VaultHttpOptions::new(&self.vault, METADATA_TIMEOUT))?;
        let call = VaultHttpRequest::get(url.clone()).with_header(METADATA_FLAVOR_HEADER, Secret::new("Google"));
        let asked = tokio::time::timeout(METADATA_TIMEOUT, http.send_with_retry(&call)).await;
        let answer = asked.ok().and_then(Result::ok).filter(|answer| answer.status == 200);
        let token = answer.and_then(|answer| text_member(&answer.body, "access_token"));
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

fn environment_source(context: &BackendContext, metadata: bool) -> GcpCredentialSource {
    let said = (context.environment)("GCP_SERVICE_ACCOUNT").filter(|said| !said.expose().trim_ascii().is_empty());
    if let Some(said) = said {
        return GcpCredentialSource::Inline(said, "GCP_SERVICE_ACCOUNT".to_owned());
    }
    let name = "GOOGLE_APPLICATION_CREDENTIALS";
    if let Some(path) = environment_text(context, name) {
        return GcpCredentialSource::File(path.into(), name);
    }
    GcpCredentialSource::Chain {
        well_known_file: environment_text(context, "HOME").map(|home| Path::new(&home).join(WELL_KNOWN_PATH)),
        metadata_url: metadata.then(|| metadata_token_url(context)).flatten(),
    }
}

/// The server that gives machines of Google's a token.
fn metadata_token_url(context: &BackendContext) -> Option<Url> {
    let host = environment_text(context, "GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    Url::parse(&format!("http://{host}/{path}?scopes={CLOUD_PLATFORM_SCOPE}")).ok()
}

/// The server of the machine's cloud, which may be asked, gives no credentials.
fn no_metadata_credentials_finding(vault: &str) -> Finding {
    let message = format!(
        "the metadata server of this machine gives no credentials with which the vault '{vault}' could be asked"
    );
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help("run the check on a machine of Google's that has a service account, or set GCP_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS")
}

/// Nobody gives credentials.
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
