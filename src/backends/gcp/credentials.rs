use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::HeaderName;
use tokio::time::Instant;
use url::Url;
use zeroize::Zeroizing;

use super::giver::member;
use super::key::Key;
use super::place::said_by_checker;
use super::token::{self, Asking, LOOKING, SCOPE};
use super::trust::Trust;
use crate::Context;
use crate::checker::{asks_metadata, own, text, unusable, variable};
use crate::http::{Access, Call, Http};
use reference::{Finding, Reason, Secret, VaultTarget};

/// Where Google's tools keep credentials of people, below the home directory (AIP-4113).
const WELL_KNOWN: &str = ".config/gcloud/application_default_credentials.json";

/// The header that only those who mean it send to the metadata server.
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

/// Who asks.
pub struct Login {
    vault: String,
    source: Source,
    quota_project: Option<String>,
    metadata: bool,
    trust: Trust,
    limit: Duration,
}

/// Where the credentials of this machine come from.
enum Source {
    /// They are said, under that name.
    Said(Secret, String),
    /// They are in a file that a variable of that name names.
    File(PathBuf, &'static str),
    /// They are where Google's tools keep them; else a server of the machine's cloud gives them, if it may be asked.
    Chain {
        well_known: Option<PathBuf>,
        metadata: Option<Url>,
    },
}

/// What requests show.
pub struct Bearer {
    /// The header `Authorization`.
    pub authorization: Secret,
    /// The project that pays for requests, if it is another than the vault's.
    pub quota_project: Option<Secret>,
}

impl Login {
    /// What the side that runs the check says, else what its environment does: Kong's own variable, then what Google's
    /// tools read (AIP-4110).
    ///
    /// # Errors
    /// A choice that is not for a state file to make.
    pub fn of(target: &VaultTarget, context: &Context) -> Result<Self, Finding> {
        let vault = &target.name;
        let said = own(target, "service_account")?.cloned();
        let metadata = asks_metadata(target)?;
        let source = match said {
            Some(said) => Source::Said(said, variable(vault, "service_account")),
            None => of_environment(context, metadata),
        };
        Ok(Self {
            vault: vault.clone(),
            source,
            quota_project: text(context, "GOOGLE_CLOUD_QUOTA_PROJECT"),
            metadata,
            trust: Trust {
                hosts: context.hosts.clone(),
                endpoint: said_by_checker(target),
            },
            limit: context.limit,
        })
    }

    /// Gets a token, once.
    ///
    /// # Errors
    /// There are no credentials, they make no sense, or they are refused.
    pub async fn bearer(&self) -> Result<Bearer, Finding> {
        let key = match &self.source {
            Source::Said(said, name) => Some(Key::read(&self.vault, name, said)?),
            Source::File(path, name) => Some(self.key_in(path, name)?.ok_or_else(|| self.unread(name))?),
            Source::Chain {
                well_known: Some(path), ..
            } => self.key_in(path, WELL_KNOWN)?,
            Source::Chain { .. } => None,
        };
        match (key, &self.source) {
            (Some(key), _) => self.of_key(key).await,
            (
                None,
                Source::Chain {
                    metadata: Some(url), ..
                },
            ) => self.of_machine(url).await,
            (None, _) => Err(none(&self.vault)),
        }
    }

    /// The key in a file, if there is one.
    fn key_in(&self, path: &Path, name: &str) -> Result<Option<Key>, Finding> {
        match std::fs::read(path).map(|bytes| Secret::from(Zeroizing::new(bytes))) {
            Ok(content) => Key::read(&self.vault, name, &content).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(_) => Err(self.unread(name)),
        }
    }

    fn unread(&self, name: &str) -> Finding {
        let what = format!("the file of credentials that {name} names cannot be read");
        unusable(&self.vault, &what).help("correct the path, and let this user read the file")
    }

    async fn of_key(&self, key: Key) -> Result<Bearer, Finding> {
        let quota_project = self.quota_project.clone().or_else(|| key.quota_project());
        let asking = Asking {
            vault: &self.vault,
            // a little less than all the time there is, so that what is known by then is told
            until: Instant::now() + self.limit.mul_f32(0.95),
            metadata: self.metadata,
            trust: &self.trust,
        };
        let token = token::of_key(key, &asking).await?;
        Ok(shown(&token, quota_project))
    }

    /// The token of the machine's own service account.
    async fn of_machine(&self, url: &Url) -> Result<Bearer, Finding> {
        let http = Http::new(&Access::new(&self.vault, LOOKING))?;
        let call = Call::get(url.clone()).header(FLAVOR, Secret::new("Google"));
        let asked = tokio::time::timeout(LOOKING, http.send(&call)).await;
        let answer = asked.ok().and_then(Result::ok).filter(|answer| answer.status == 200);
        let token = answer.and_then(|answer| member(&answer.body, "access_token"));
        let token = token.ok_or_else(|| not_of_machine(&self.vault))?;
        Ok(shown(&token, self.quota_project.clone()))
    }
}

fn shown(token: &Secret, quota_project: Option<String>) -> Bearer {
    Bearer {
        authorization: token::bearer(token),
        quota_project: quota_project.map(Secret::new),
    }
}

fn of_environment(context: &Context, metadata: bool) -> Source {
    let said = (context.environment)("GCP_SERVICE_ACCOUNT").filter(|said| !said.expose().trim_ascii().is_empty());
    if let Some(said) = said {
        return Source::Said(said, "GCP_SERVICE_ACCOUNT".to_owned());
    }
    let name = "GOOGLE_APPLICATION_CREDENTIALS";
    if let Some(path) = text(context, name) {
        return Source::File(path.into(), name);
    }
    Source::Chain {
        well_known: text(context, "HOME").map(|home| Path::new(&home).join(WELL_KNOWN)),
        metadata: metadata.then(|| server(context)).flatten(),
    }
}

/// The server that gives machines of Google's a token.
fn server(context: &Context) -> Option<Url> {
    let host = text(context, "GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    Url::parse(&format!("http://{host}/{path}?scopes={SCOPE}")).ok()
}

/// The server of the machine's cloud, which may be asked, gives no credentials.
fn not_of_machine(vault: &str) -> Finding {
    let message = format!(
        "the metadata server of this machine gives no credentials with which the vault '{vault}' could be asked"
    );
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help("run the check on a machine of Google's that has a service account, or set GCP_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS")
}

/// Nobody gives credentials.
fn none(vault: &str) -> Finding {
    let (key, metadata) = (variable(vault, "service_account_file"), variable(vault, "metadata"));
    let message =
        format!("there are no credentials for Google Cloud here with which the vault '{vault}' could be asked");
    Finding::new(Reason::NoCredentials, message).about(vault).help(format!(
        "set GCP_SERVICE_ACCOUNT, GOOGLE_APPLICATION_CREDENTIALS or {key}, or log in with gcloud auth application-default login; on a machine of Google's that has a service account, {metadata}=true"
    ))
}
