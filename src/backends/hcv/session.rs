use reqwest::header::HeaderName;
use tokio::sync::OnceCell;
use url::Url;

use super::login::{HcvAuthMethod, HcvLogin};
use super::oauth::IdentityProvider;
use super::response;
use super::server::HcvServer;
use crate::BackendContext;
use crate::destination_check::{check_credential_destination, check_tls_verification};
use crate::request_body::{JSON_CONTENT_TYPE, encode_json_object};
use crate::vault_endpoint::VaultEndpoint;
use crate::vault_http::{VaultHttpClient, VaultHttpOptions, VaultHttpRequest, VaultHttpResponse};
use reference::{
    Destination, Finding, HostAllowlist, Reason, Secret, SettingOrigin, VaultTarget, allowlist_entry, allowlist_help,
    check_destination,
};

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-vault-token");

const NAMESPACE_HEADER: HeaderName = HeaderName::from_static("x-vault-namespace");

/// Requests to one server, for which one login is enough.
pub(crate) struct HcvSession {
    http: VaultHttpClient,
    vault: String,
    base_url: Url,
    namespace: Option<Secret>,
    allowed_hosts: HostAllowlist,
    /// Who gives what is sent with every request.
    credential_origins: Vec<SettingOrigin>,
    login_request: HcvLoginRequest,
    token: OnceCell<Result<Secret, Finding>>,
}

/// A login, ready to be sent.
enum HcvLoginRequest {
    Token(Secret),
    WrappedSecretId(Url, Secret),
    Login {
        url: Url,
        members: Vec<(&'static str, Secret)>,
        identity_provider: Option<Box<IdentityProvider>>,
    },
}

impl HcvSession {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// A credential would be sent to an address that is not allowed, or the settings of TLS cannot be used.
    pub(crate) fn new(
        target: &VaultTarget,
        server: &HcvServer,
        login: HcvLogin,
        context: &BackendContext,
    ) -> Result<Self, Finding> {
        let vault = &target.name;
        let destination = Destination {
            url: server.base_url.clone(),
            origin: server.address_origin,
            is_vendor_host: false,
        };
        check_tls_verification(
            &login.credential_origins,
            &destination.url,
            target,
            &context.allowed_hosts,
        )?;
        check_credential_destination(
            &login.credential_origins,
            &destination,
            &context.allowed_hosts,
            vault,
            server.is_host_hidden,
        )?;
        let client_identity = login.client_identity.as_ref();
        let options = VaultHttpOptions {
            is_host_hidden: server.is_host_hidden,
            ca_bundle: target.get("ca_cert").map(|setting| &setting.value),
            client_identity: client_identity.map(|(certificate, key)| (certificate, key)),
            verify_tls: server.verify_tls,
            ..VaultHttpOptions::new(vault, context.timeout)
        };
        Ok(Self {
            http: VaultHttpClient::new(&options)?,
            vault: vault.clone(),
            base_url: server.base_url.clone(),
            namespace: server.namespace.clone(),
            allowed_hosts: context.allowed_hosts.clone(),
            credential_origins: login.credential_origins,
            login_request: HcvLoginRequest::from_auth_method(login.auth_method, server, context)?,
            token: OnceCell::new(),
        })
    }

    pub(crate) fn endpoint(&self, url: &Url) -> VaultEndpoint {
        self.http.endpoint(url)
    }

    /// Logs in first, if the session has no token yet.
    ///
    /// # Errors
    /// No response, or no token.
    pub(crate) async fn get_with_token(&self, url: Url) -> Result<VaultHttpResponse, Finding> {
        let token = self.token.get_or_init(|| self.log_in()).await.clone()?;
        self.send_following_redirect(VaultHttpRequest::get(url).with_header(TOKEN_HEADER, token))
            .await
    }

    async fn log_in(&self) -> Result<Secret, Finding> {
        match &self.login_request {
            HcvLoginRequest::Token(token) => Ok(token.clone()),
            HcvLoginRequest::WrappedSecretId(url, token) => Err(self.look_up_wrapped_secret_id(url, token).await?),
            HcvLoginRequest::Login {
                url,
                members,
                identity_provider,
            } => {
                let mut members = members.clone();
                if let Some(provider) = identity_provider {
                    members.push(("jwt", provider.fetch_token().await?));
                }
                let response = self.post(url, &members).await?;
                response::parse_login_token(&self.endpoint(url), &response)
            }
        }
    }

    /// Looks a wrapped secret_id up without using it up.
    async fn look_up_wrapped_secret_id(&self, url: &Url, token: &Secret) -> Result<Finding, Finding> {
        let response = self.post(url, &[("token", token.clone())]).await?;
        Ok(response::wrapped_secret_id_finding(
            &self.endpoint(url),
            response.status,
        ))
    }

    async fn post(&self, url: &Url, members: &[(&'static str, Secret)]) -> Result<VaultHttpResponse, Finding> {
        self.send_following_redirect(VaultHttpRequest::post(
            url.clone(),
            JSON_CONTENT_TYPE,
            encode_json_object(members),
        ))
        .await
    }

    /// Sends a request, and once more to where a standby redirects it.
    async fn send_following_redirect(&self, request: VaultHttpRequest) -> Result<VaultHttpResponse, Finding> {
        let request = match &self.namespace {
            Some(namespace) => request.with_header(NAMESPACE_HEADER, namespace.clone()),
            None => request,
        };
        let response = self.http.send_with_retry(&request).await?;
        if !is_redirect(&response) {
            return Ok(response);
        }
        let target = self.redirect_target(&response)?;
        let response = self.http.send_with_retry(&request.with_url(target)).await?;
        match is_redirect(&response) {
            true => Err(self
                .endpoint(&self.base_url)
                .unexpected_response_finding("sends requests from one address to the next")),
            false => Ok(response),
        }
    }

    /// The target of a redirect, if the request may be sent there as it is.
    fn redirect_target(&self, response: &VaultHttpResponse) -> Result<Url, Finding> {
        let endpoint = self.endpoint(&self.base_url);
        let is_plain = |url: &&Url| {
            url.scheme() == self.base_url.scheme() && url.username().is_empty() && url.password().is_none()
        };
        let target = response.location.as_ref().filter(is_plain);
        let target = target.ok_or_else(|| {
            endpoint.unexpected_response_finding("sends requests to another protocol, or to no address at all")
        })?;
        let is_same_server = target.host_str() == self.base_url.host_str()
            && target.port_or_known_default() == self.base_url.port_or_known_default();
        // a server is trusted to name itself, and else no more than a file
        let destination = Destination {
            url: target.clone(),
            origin: if is_same_server {
                SettingOrigin::Operator
            } else {
                SettingOrigin::Repository
            },
            is_vendor_host: false,
        };
        let is_allowed = self
            .credential_origins
            .iter()
            .all(|origin| check_destination(*origin, &destination, &self.allowed_hosts, &self.vault).is_ok());
        match is_allowed {
            true => Ok(target.clone()),
            false => Err(untrusted_redirect_finding(&endpoint, target)),
        }
    }
}

impl HcvLoginRequest {
    fn from_auth_method(
        auth_method: HcvAuthMethod,
        server: &HcvServer,
        context: &BackendContext,
    ) -> Result<Self, Finding> {
        let url_at = |path: &[String]| server.url_for(&path.iter().map(String::as_str).collect::<Vec<_>>());
        let login = |path: &[String], members, identity_provider| {
            Ok(Self::Login {
                url: url_at(path)?,
                members,
                identity_provider,
            })
        };
        match auth_method {
            HcvAuthMethod::Token(token) => Ok(Self::Token(token)),
            HcvAuthMethod::WrappedSecretId(token) => Ok(Self::WrappedSecretId(
                server.url_for(&["sys", "wrapping", "lookup"])?,
                token,
            )),
            HcvAuthMethod::LoginRequest { path, members } => login(&path, members, None),
            HcvAuthMethod::OauthClientCredentials { client, path, members } => login(
                &path,
                members,
                Some(Box::new(IdentityProvider::new(client, &server.vault, context)?)),
            ),
        }
    }
}

fn untrusted_redirect_finding(endpoint: &VaultEndpoint, target: &Url) -> Finding {
    let host = allowlist_entry(target);
    let what = format!(
        "sends requests on to {host}, as a standby does, and no credential is sent there unless you vouch for it"
    );
    let help = format!("{}, or name the active node", allowlist_help(&host));
    endpoint.finding(Reason::UntrustedHost, &what).help(help)
}

fn is_redirect(response: &VaultHttpResponse) -> bool {
    matches!(response.status, 301 | 302 | 303 | 307 | 308)
}
