use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientMethodOptions, ClientOptions};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use url::Url;

use super::connector::{options, told};
use super::entra::Entra;
use super::identity::{Beside, Identity, Search};
use crate::Context;
use crate::checker::{asks_metadata, own, text, unusable, variable};
use reference::{Finding, Reason, Secret, VaultTarget};

/// How long servers of the machine's cloud may take to give a token.
const LOOKING: Duration = Duration::from_secs(2);

/// The variable that names the file with this machine's own token, as Kubernetes puts it there.
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// Who asks.
pub struct Login {
    way: Way,
    none: Finding,
}

/// How a login is made.
enum Way {
    /// With the secret of an application.
    Secret(Identity, Secret),
    /// With a token of somebody whom the application trusts.
    Federated(Identity, Assertion),
    /// As the machine itself, or as one of the identities that it has.
    Machine(Option<String>),
}

/// A token of somebody whom an application trusts.
#[derive(Clone)]
enum Assertion {
    Said(Secret),
    File(PathBuf),
}

impl Login {
    /// What the side that runs the check says, else what its environment does.
    ///
    /// # Errors
    /// None, half a set, or a choice that is not for a state file to make.
    pub fn of(target: &VaultTarget, context: &Context) -> Result<Self, Finding> {
        let search = Search::of(target, context);
        let way = match (own(target, "client_secret")?, own(target, "jwt")?) {
            (Some(secret), _) => Way::Secret(search.of_secret(Beside::Settings)?, secret.clone()),
            (None, Some(token)) => Way::Federated(search.of_token(Beside::Settings)?, Assertion::Said(token.clone())),
            (None, None) => match (search.secret(), text(context, TOKEN_FILE)) {
                (Some(secret), _) => Way::Secret(search.of_secret(Beside::Environment)?, secret),
                (None, Some(file)) => {
                    Way::Federated(search.of_token(Beside::Environment)?, Assertion::File(file.into()))
                }
                (None, None) if asks_metadata(target)? => Way::Machine(search.of_machine()),
                (None, None) => return Err(none(target, &search)),
            },
        };
        let none = none(target, &search);
        Ok(Self { way, none })
    }

    /// How long there is time for it, and what is said after that.
    pub fn limit(&self) -> Option<(Duration, Finding)> {
        matches!(self.way, Way::Machine(_)).then(|| (LOOKING, self.none.clone()))
    }

    /// The SDK's own way to log in. Where a machine is asked for its identity is said by variables of its own, which the
    /// SDK reads itself.
    ///
    /// # Errors
    /// An identity that the SDK refuses, or a machine of a sort that it does not ask.
    pub fn credential(&self, vault: &str, host: &Url, entra: Entra) -> Result<Arc<dyn TokenCredential>, Finding> {
        let refused = |_| unusable(vault, "its tenant_id or its client_id is none that Azure could have");
        match &self.way {
            Way::Secret(identity, secret) => {
                let made = identity.with_secret(secret, client_options(entra, host));
                made.map_err(refused)
            }
            Way::Federated(identity, assertion) => {
                let made = identity.with_assertion(vault, assertion.clone(), client_options(entra, host));
                made.map_err(refused)
            }
            Way::Machine(client) => of_machine(client.clone(), entra).map_err(|_| unsupported(vault)),
        }
    }
}

fn of_machine(client: Option<String>, entra: Entra) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let settings = ManagedIdentityCredentialOptions {
        user_assigned_id: client.map(UserAssignedId::ClientId),
        client_options: options(Arc::new(entra.plain())),
    };
    let made = ManagedIdentityCredential::new(Some(settings))?;
    Ok(made)
}

fn client_options(entra: Entra, host: &Url) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = host.to_string();
    ClientOptions {
        cloud: Some(Arc::new(cloud.into())),
        ..options(Arc::new(entra))
    }
}

impl Identity {
    fn with_secret(&self, secret: &Secret, client: ClientOptions) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let text = String::from_utf8_lossy(secret.expose()).into_owned();
        let settings = ClientSecretCredentialOptions { client_options: client };
        let made = ClientSecretCredential::new(&self.tenant, self.client.clone(), text.into(), Some(settings))?;
        Ok(made)
    }

    fn with_assertion(
        &self,
        vault: &str,
        assertion: Assertion,
        client: ClientOptions,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let settings = ClientAssertionCredentialOptions { client_options: client };
        let bearer = Bearer {
            vault: vault.to_owned(),
            assertion,
        };
        let made = ClientAssertionCredential::new(self.tenant.clone(), self.client.clone(), bearer, Some(settings))?;
        Ok(made)
    }
}

/// Shows a token of somebody whom an application trusts.
struct Bearer {
    vault: String,
    assertion: Assertion,
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")
    }
}

#[async_trait]
impl ClientAssertion for Bearer {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let token = match &self.assertion {
            Assertion::Said(token) => token.clone(),
            Assertion::File(path) => match std::fs::read(path) {
                Ok(bytes) => Secret::new(bytes),
                Err(_) => return Err(told(unread(&self.vault))),
            },
        };
        let text = token.text().map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| told(unread(&self.vault)))
    }
}

fn unread(vault: &str) -> Finding {
    unusable(
        vault,
        "there is no token in the file that AZURE_FEDERATED_TOKEN_FILE names",
    )
    .help("check the file, and that the check may read it")
}

/// The SDK asks virtual machines and App Services, and none of the others.
fn unsupported(vault: &str) -> Finding {
    let message = format!("the vault '{vault}' is not asked: this machine's sort of identity cannot be used from here");
    Finding::new(Reason::UnsupportedLogin, message).about(vault).help(
        "identities of virtual machines and of App Service can; else set AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE",
    )
}

/// Nobody gives credentials.
fn none(target: &VaultTarget, search: &Search<'_>) -> Finding {
    let vault = &target.name;
    let (own, metadata) = (variable(vault, "client_secret"), variable(vault, "metadata"));
    let message = format!("there are no credentials for Azure here with which the vault '{vault}' could be asked");
    let mut help = format!(
        "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_FEDERATED_TOKEN_FILE), or {own} and the like; on a machine of Azure that has an identity, {metadata}=true"
    );
    if search.ignored() {
        let prefix = variable(vault, "credentials_prefix");
        help += &format!("; a credentials_prefix that only a state file says names no variables here, {prefix} does");
    }
    Finding::new(Reason::NoCredentials, message).about(vault).help(help)
}
