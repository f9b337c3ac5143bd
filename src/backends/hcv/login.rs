//! How a session is opened.
//!
//! Which ways there are, and the names of their settings, is from Kong's documentation of its `hcv` backend (`auth_method`
//! and what belongs to each); paths and bodies are from HashiCorp's documentation of its auth methods
//! (<https://developer.hashicorp.com/vault/api-docs/auth>: `approle`, `cert`, `jwt`, `kubernetes`, `userpass`), and were
//! tried on the versions 1.14.1 and 1.21.0. Kong documents neither a path for JWT and certificate logins, so that
//! HashiCorp's default is taken, nor `userpass`, which the checker's side may use all the same.

use url::Url;

use super::login_findings::{incomplete_pair_finding, no_credentials_finding, unsupported_login_finding};
use super::server::{bad_config_finding, read_path};
use crate::operator::is_set_by_operator;
use reference::{Finding, Secret, SettingOrigin, VaultSetting, VaultTarget, split_resource};

/// How a session is opened, and who says what is shown to the server for it.
pub struct HcvLogin {
    /// The way.
    pub auth_method: HcvAuthMethod,
    /// The certificate and key to show while TLS is set up.
    pub client_identity: Option<(Secret, Secret)>,
    /// Who says what would be sent to the server, credentials and all.
    pub credential_origins: Vec<SettingOrigin>,
}

/// A way to a token.
pub enum HcvAuthMethod {
    /// The token is given.
    Token(Secret),
    /// A secret_id is wrapped: whoever unwraps it uses it up, so that it is only looked at.
    WrappedSecretId(Secret),
    /// `POST auth/…/login` with these members.
    LoginRequest {
        /// Its path below `/v1`.
        path: Vec<String>,
        /// The body's members.
        members: Vec<(&'static str, Secret)>,
    },
    /// The same with a JWT that an OAuth 2 server gives for the credentials of a client.
    OauthClientCredentials {
        /// The client.
        client: OauthClient,
        /// The path of the login.
        path: Vec<String>,
        /// The body's members, save the JWT.
        members: Vec<(&'static str, Secret)>,
    },
}

/// A client of an OAuth 2 server.
pub struct OauthClient {
    /// The server's endpoint for tokens.
    pub endpoint: Url,
    /// The least trusted of those who say the endpoint.
    pub endpoint_origin: SettingOrigin,
    /// Whether a template fills it in, so that messages must not show it.
    pub is_endpoint_hidden: bool,
    /// Who says what would be sent to it.
    pub credential_origins: Vec<SettingOrigin>,
    /// The client's name.
    pub client_id: Secret,
    /// Its secret.
    pub client_secret: Secret,
    /// Whom the token shall be for.
    pub audiences: Option<Secret>,
}

/// Ways to log in, and the secrets that the checker's side may give for each.
const AUTH_METHODS: [(&str, &[&str]); 6] = [
    ("token", &["token"]),
    ("approle", &["secret_id", "approle_secret_id"]),
    ("userpass", &["password"]),
    ("jwt", &["jwt", "oauth2_client_secret", "client_secret"]),
    ("kubernetes", &["jwt"]),
    ("cert", &["client_key", "cert_auth_cert_key"]),
];

impl HcvLogin {
    /// What the settings allow. What the checker's side gives goes before what the vault's config says of the data planes:
    /// a token is enough, whichever way they log in.
    ///
    /// # Errors
    /// No credentials, half a set, or a way that cannot be gone from here.
    pub fn from_target(target: &VaultTarget) -> Result<Self, Finding> {
        let mut said = LoginSettings {
            target,
            credential_origins: Vec::new(),
        };
        let method = choose_auth_method(target);
        let identity = said.take_client_identity(method)?;
        let way = match method {
            "token" => HcvAuthMethod::Token(said.require_credential("token", &["token"])?),
            "approle" => said.approle_method()?,
            "userpass" => said.userpass_method()?,
            "kubernetes" => said.kubernetes_method()?,
            "jwt" => said.jwt_method()?,
            "cert" => said.cert_method()?,
            other => return Err(unsupported_login_finding(target, other)),
        };
        for word in ["address", "protocol", "host", "port"] {
            if target.is_templated(word) {
                said.credential_origins.push(SettingOrigin::Template);
            }
        }
        said.take_non_credential("namespace");
        said.take_non_credential("mount");
        Ok(Self {
            auth_method: way,
            client_identity: identity,
            credential_origins: said.credential_origins,
        })
    }
}

/// The way that the checker's side asks for, or else gives a secret for; the data planes' own, if that is none.
fn choose_auth_method(target: &VaultTarget) -> &str {
    let gives = |words: &[&str]| words.iter().any(|word| is_set_by_operator(target, word));
    let configured = target
        .text("auth_method")
        .filter(|text| !text.is_empty())
        .unwrap_or("token");
    let asked_for = is_set_by_operator(target, "auth_method");
    let its_own = AUTH_METHODS.iter().find(|(way, _)| *way == configured);
    if asked_for && !target.is_backend_name || its_own.is_some_and(|(_, words)| gives(words)) {
        return configured;
    }
    let given = AUTH_METHODS.iter().find(|(_, words)| gives(words));
    given.map_or(configured, |(way, _)| way)
}

/// The settings, with a note of whose are used.
struct LoginSettings<'a> {
    target: &'a VaultTarget,
    credential_origins: Vec<SettingOrigin>,
}

impl LoginSettings<'_> {
    /// The first of several words that says something. Of a vault of others only what the checker's side says is taken.
    fn first_allowed(&self, words: &[&str]) -> Option<&VaultSetting> {
        let target = self.target;
        let ours = |setting: &&VaultSetting| {
            target.owned || target.is_backend_name || setting.origin == SettingOrigin::Operator
        };
        words.iter().filter_map(|word| target.get(word)).find(ours)
    }

    /// Takes a credential.
    fn take_credential(&mut self, words: &[&str]) -> Option<Secret> {
        let VaultSetting { value, origin: side } = self.first_allowed(words)?.clone();
        self.credential_origins.push(side);
        Some(value)
    }

    fn require_credential(&mut self, way: &str, words: &[&str]) -> Result<Secret, Finding> {
        let target = self.target;
        self.take_credential(words)
            .ok_or_else(|| no_credentials_finding(target, way))
    }

    /// Takes what is no credential. What the live vault says of such things is no secret to whoever may read its config.
    fn take_non_credential(&mut self, word: &str) -> Option<Secret> {
        let VaultSetting { value, origin: side } = self.target.get(word)?.clone();
        if matches!(side, SettingOrigin::Operator | SettingOrigin::Template) {
            self.credential_origins.push(side);
        }
        Some(value)
    }

    fn take_role(&mut self, words: &[&str]) -> Option<Secret> {
        let word = words.iter().find(|word| self.target.get(word).is_some())?;
        self.take_non_credential(word)
    }

    /// A pair of which both or none must be there; `elsewhere`: the second may be on the data planes alone.
    fn take_pair(
        &mut self,
        way: &str,
        first: &[&str],
        second: &[&str],
        elsewhere: bool,
    ) -> Result<(Secret, Secret), Finding> {
        let (has, has_other) = (self.first_allowed(first), self.first_allowed(second).is_some());
        let theirs = elsewhere || !self.target.owned;
        match (has, has_other) {
            (Some(has), false) if has.origin == SettingOrigin::Operator && !self.target.is_backend_name || !theirs => {
                Err(incomplete_pair_finding(self.target, second[0]))
            }
            (None, true) => Err(incomplete_pair_finding(self.target, first[0])),
            (Some(_), true) => Ok((
                self.require_credential(way, first)?,
                self.require_credential(way, second)?,
            )),
            (_, false) => Err(no_credentials_finding(self.target, way)),
        }
    }

    /// The path of a login: the checker's word for it, else the config's own, else where such logins are by default.
    fn login_path(&mut self, own: &str, default: &str) -> Result<Vec<String>, Finding> {
        let word = if self.target.get("auth_path").is_some() {
            "auth_path"
        } else {
            own
        };
        self.take_non_credential(word);
        let mut whole = vec!["auth".to_owned()];
        whole.extend(read_path(self.target, word, default)?);
        whole.push("login".to_owned());
        Ok(whole)
    }

    fn take_client_identity(&mut self, method: &str) -> Result<Option<(Secret, Secret)>, Finding> {
        let (certificate, key): (&[&str], &[&str]) = match method {
            "cert" => (
                &["client_cert", "cert_auth_cert"],
                &["client_key", "cert_auth_cert_key"],
            ),
            _ => (&["client_cert"], &["client_key"]),
        };
        if method != "cert" && self.first_allowed(certificate).or(self.first_allowed(key)).is_none() {
            return Ok(None);
        }
        self.take_pair("cert", certificate, key, false).map(Some)
    }

    fn approle_method(&mut self) -> Result<HcvAuthMethod, Finding> {
        let on_data_planes = self.target.get("approle_secret_id_file").is_some();
        let (role, secret) = self.take_pair(
            "approle",
            &["role_id", "approle_role_id"],
            &["secret_id", "approle_secret_id"],
            on_data_planes,
        )?;
        if self.is_wrapped_secret_id(&secret) {
            return Ok(HcvAuthMethod::WrappedSecretId(secret));
        }
        Ok(HcvAuthMethod::LoginRequest {
            path: self.login_path("approle_auth_path", "approle")?,
            members: vec![("role_id", role), ("secret_id", secret)],
        })
    }

    /// Whether a secret_id is a token that wraps it, which the vault's config says of the data planes' own. One that the
    /// checker's side gives besides may be plain: tokens that wrap have the prefixes of HashiCorp's service tokens.
    fn is_wrapped_secret_id(&self, secret: &Secret) -> bool {
        let on = self.target.is_enabled("approle_response_wrapping") == Some(true);
        let given = is_set_by_operator(self.target, "secret_id")
            && !is_set_by_operator(self.target, "approle_response_wrapping");
        let is_token = ["hvs.", "s."]
            .iter()
            .any(|prefix| secret.expose().starts_with(prefix.as_bytes()));
        on && (is_token || !given)
    }

    fn userpass_method(&mut self) -> Result<HcvAuthMethod, Finding> {
        let (name, password) = self.take_pair("userpass", &["username"], &["password"], false)?;
        let mut path = self.login_path("auth_path", "userpass")?;
        let name = name
            .text()
            .filter(|name| split_resource(&self.target.name, name).is_ok_and(|all| all.len() == 1));
        let name = name.ok_or_else(|| bad_config_finding(&self.target.name, "its username is none"))?;
        path.push(name.to_owned());
        Ok(HcvAuthMethod::LoginRequest {
            path,
            members: vec![("password", password)],
        })
    }

    /// The data planes' own token is theirs; the checker's side gives one of its own.
    fn kubernetes_method(&mut self) -> Result<HcvAuthMethod, Finding> {
        let jwt = trim_token(&self.require_credential("kubernetes", &["jwt"])?);
        let Some(role) = self.take_role(&["role", "kube_role"]) else {
            return Err(incomplete_pair_finding(self.target, "role"));
        };
        Ok(HcvAuthMethod::LoginRequest {
            path: self.login_path("kube_auth_path", "kubernetes")?,
            members: vec![("jwt", jwt), ("role", role)],
        })
    }

    fn jwt_method(&mut self) -> Result<HcvAuthMethod, Finding> {
        let mut members = Vec::new();
        let role = self.take_role(&["role", "jwt_role", "oauth2_role_name"]);
        members.extend(role.map(|role| ("role", role)));
        if let Some(jwt) = self.take_credential(&["jwt"]) {
            members.push(("jwt", trim_token(&jwt)));
            let path = self.login_path("auth_path", "jwt")?;
            return Ok(HcvAuthMethod::LoginRequest { path, members });
        }
        let client = self.oauth_client()?;
        let path = self.login_path("auth_path", "jwt")?;
        Ok(HcvAuthMethod::OauthClientCredentials { client, path, members })
    }

    fn oauth_client(&mut self) -> Result<OauthClient, Finding> {
        let endpoint = ["token_endpoint", "oauth2_token_endpoint"]
            .into_iter()
            .find(|word| self.target.get(word).is_some());
        let before = self.credential_origins.len();
        let (id, secret) = self.take_pair(
            "jwt",
            &["client_id", "oauth2_client_id"],
            &["client_secret", "oauth2_client_secret"],
            false,
        )?;
        let mut shown = self.credential_origins[before..].to_vec();
        let Some(word) = endpoint else {
            return Err(incomplete_pair_finding(self.target, "token_endpoint"));
        };
        if self.target.is_templated(word) {
            shown.push(SettingOrigin::Template);
        }
        let audiences = self.target.get("oauth2_audiences");
        shown.extend(
            audiences
                .filter(|said| said.origin == SettingOrigin::Template)
                .map(|said| said.origin),
        );
        let url = self.target.text(word).and_then(|text| Url::parse(text).ok());
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        Ok(OauthClient {
            endpoint: url.ok_or_else(|| bad_config_finding(&self.target.name, &format!("its {word} is no URL")))?,
            endpoint_origin: self.target.least_trusted_origin(&[word]),
            is_endpoint_hidden: self.target.is_templated(word),
            credential_origins: shown,
            client_id: id,
            client_secret: secret,
            audiences: audiences.map(|said| said.value.clone()),
        })
    }

    fn cert_method(&mut self) -> Result<HcvAuthMethod, Finding> {
        let role = self.take_role(&["role", "cert_auth_role_name"]);
        Ok(HcvAuthMethod::LoginRequest {
            path: self.login_path("auth_path", "cert")?,
            members: role.map(|role| ("name", role)).into_iter().collect(),
        })
    }
}

/// Of a token that a file held: servers trim what comes in headers, AppRoles trim their ids, but nobody trims a JWT.
fn trim_token(secret: &Secret) -> Secret {
    Secret::new(secret.expose().trim_ascii())
}
