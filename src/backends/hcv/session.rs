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

/// The header that bears a token.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-vault-token");

/// The header that names a namespace.
const NAMESPACE_HEADER: HeaderName = HeaderName::from_static("x-vault-namespace");

/// Requests to one server, for which one login is enough.
pub struct HcvSession {
    http: VaultHttpClient,
    vault: String,
    base_url: Url,
    namespace: Option<Secret>,
    allowed_hosts: HostAllowlist,
    /// Who says what is sent with every request.
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
    /// Makes ready to ask; nothing is sent yet.
    ///
    /// # Errors
    /// A credential would be shown to an address that nobody vouches for, or what is set of TLS cannot be used.
    pub fn new(
        target: &VaultTarget,
        server: &HcvServer,
        login: HcvLogin,
        context: &BackendContext,
    ) -> Result<Self, Finding> {
        let vault = &target.name;
        let address = Destination {
            url: server.base_url.clone(),
            origin: server.address_origin,
            is_vendor_host: false,
        };
        check_tls_verification(&login.credential_origins, &address.url, target, &context.allowed_hosts)?;
        check_credential_destination(
            &login.credential_origins,
            &address,
            &context.allowed_hosts,
            vault,
            server.is_host_hidden,
        )?;
        let identity = login.client_identity.as_ref();
        let access = VaultHttpOptions {
            is_host_hidden: server.is_host_hidden,
            ca_bundle: target.get("ca_cert").map(|setting| &setting.value),
            client_identity: identity.map(|(certificate, key)| (certificate, key)),
            verify_tls: server.verify_tls,
            ..VaultHttpOptions::new(vault, context.timeout)
        };
        Ok(Self {
            http: VaultHttpClient::new(&access)?,
            vault: vault.clone(),
            base_url: server.base_url.clone(),
            namespace: server.namespace.clone(),
            allowed_hosts: context.allowed_hosts.clone(),
            credential_origins: login.credential_origins,
            login_request: HcvLoginRequest::from_auth_method(login.auth_method, server, context)?,
            token: OnceCell::new(),
        })
    }

    /// The place in messages.
    pub fn endpoint(&self, url: &Url) -> VaultEndpoint {
        self.http.endpoint(url)
    }

    /// Reads with the session's token, for which a login is made if there was none.
    ///
    /// # Errors
    /// No answer, or no token.
    pub async fn get_with_token(&self, url: Url) -> Result<VaultHttpResponse, Finding> {
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
                identity_provider: jwt_from,
            } => {
                let mut members = members.clone();
                if let Some(provider) = jwt_from {
                    members.push(("jwt", provider.fetch_token().await?));
                }
                let answer = self.post(url, &members).await?;
                response::parse_login_token(&self.endpoint(url), &answer)
            }
        }
    }

    /// Whether a wrapped secret_id is still there, without using it up.
    async fn look_up_wrapped_secret_id(&self, url: &Url, token: &Secret) -> Result<Finding, Finding> {
        let answer = self.post(url, &[("token", token.clone())]).await?;
        Ok(response::wrapped_secret_id_finding(&self.endpoint(url), answer.status))
    }

    async fn post(&self, url: &Url, members: &[(&'static str, Secret)]) -> Result<VaultHttpResponse, Finding> {
        self.send_following_redirect(VaultHttpRequest::post(
            url.clone(),
            JSON_CONTENT_TYPE,
            encode_json_object(members),
        ))
        .await
    }

    /// Sends a request, and once more where a standby sends it to.
    async fn send_following_redirect(&self, call: VaultHttpRequest) -> Result<VaultHttpResponse, Finding> {
        let call = match &self.namespace {
            Some(namespace) => call.with_header(NAMESPACE_HEADER, namespace.clone()),
            None => call,
        };
        let answer = self.http.send_with_retry(&call).await?;
        if !is_redirect(&answer) {
            return Ok(answer);
        }
        let to = self.redirect_target(&answer)?;
        let answer = self.http.send_with_retry(&call.with_url(to)).await?;
        match is_redirect(&answer) {
            true => Err(self
                .endpoint(&self.base_url)
                .unexpected_response_finding("sends requests from one address to the next")),
            false => Ok(answer),
        }
    }

    /// Where a redirect leads, if a request may be sent there as it is.
    fn redirect_target(&self, answer: &VaultHttpResponse) -> Result<Url, Finding> {
        let from = self.endpoint(&self.base_url);
        let plain = |url: &&Url| {
            url.scheme() == self.base_url.scheme() && url.username().is_empty() && url.password().is_none()
        };
        let to = answer.location.as_ref().filter(plain);
        let to = to.ok_or_else(|| {
            from.unexpected_response_finding("sends requests to another protocol, or to no address at all")
        })?;
        let home = to.host_str() == self.base_url.host_str()
            && to.port_or_known_default() == self.base_url.port_or_known_default();
        // what a server names is as little trusted as what a file names, unless it is the server itself
        let address = Destination {
            url: to.clone(),
            origin: if home {
                SettingOrigin::Operator
            } else {
                SettingOrigin::Repository
            },
            is_vendor_host: false,
        };
        let allowed = self
            .credential_origins
            .iter()
            .all(|side| check_destination(*side, &address, &self.allowed_hosts, &self.vault).is_ok());
        match allowed {
            true => Ok(to.clone()),
            false => Err(untrusted_redirect_finding(&from, to)),
        }
    }
}

impl HcvLoginRequest {
    fn from_auth_method(way: HcvAuthMethod, server: &HcvServer, context: &BackendContext) -> Result<Self, Finding> {
        let at = |path: &[String]| server.url_for(&path.iter().map(String::as_str).collect::<Vec<_>>());
        let login = |path: &[String], members, jwt_from| {
            Ok(Self::Login {
                url: at(path)?,
                members,
                identity_provider: jwt_from,
            })
        };
        match way {
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

fn untrusted_redirect_finding(from: &VaultEndpoint, to: &Url) -> Finding {
    let host = allowlist_entry(to);
    let what = format!(
        "sends requests on to {host}, as a standby does, and no credential is sent there unless you vouch for it"
    );
    let help = format!("{}, or name the active node", allowlist_help(&host));
    from.finding(Reason::UntrustedHost, &what).help(help)
}

fn is_redirect(answer: &VaultHttpResponse) -> bool {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308)
}
