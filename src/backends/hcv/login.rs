//! Auth methods.
//!
//! The methods and their settings are those of Kong's documentation of its `hcv` backend (`auth_method`
//! and what belongs to each); paths and bodies are from HashiCorp's documentation of its auth methods
//! (<https://developer.hashicorp.com/vault/api-docs/auth>: `approle`, `cert`, `jwt`, `kubernetes`, `userpass`), and were
//! tried on the versions 1.14.1 and 1.21.0. Kong documents neither a path for JWT and certificate logins, so that
//! HashiCorp's default is taken, nor `userpass`, which the operator may use all the same.

use url::Url;

use super::login_findings::{incomplete_pair_finding, no_credentials_finding, unsupported_login_finding};
use super::server::{bad_config_finding, read_path};
use crate::operator::is_set_by_operator;
use reference::{Finding, Secret, SettingOrigin, VaultSetting, VaultTarget, split_resource};

/// How a session is opened, and who gives what is sent to the server for it.
pub(crate) struct HcvLogin {
    pub(crate) auth_method: HcvAuthMethod,
    /// The certificate and key for TLS.
    pub(crate) client_identity: Option<(Secret, Secret)>,
    /// Who gives what is sent to the server.
    pub(crate) credential_origins: Vec<SettingOrigin>,
}

pub(crate) enum HcvAuthMethod {
    Token(Secret),
    /// A wrapped secret_id: whoever unwraps it uses it up, so that it is only looked up.
    WrappedSecretId(Secret),
    /// `POST auth/…/login` with these members.
    LoginRequest {
        /// Its path below `/v1`.
        path: Vec<String>,
        /// The body's members.
        members: Vec<(&'static str, Secret)>,
    },
    /// The same with a JWT of an OAuth 2 server.
    OauthClientCredentials {
        client: OauthClient,
        path: Vec<String>,
        /// The body's members, save the JWT.
        members: Vec<(&'static str, Secret)>,
    },
}

/// A client of an OAuth 2 server.
pub(crate) struct OauthClient {
    pub(crate) endpoint: Url,
    /// The least trusted of those who give the endpoint.
    pub(crate) endpoint_origin: SettingOrigin,
    /// Whether a template fills it in, so that messages must not show it.
    pub(crate) is_endpoint_hidden: bool,
    /// Who gives what is sent to it.
    pub(crate) credential_origins: Vec<SettingOrigin>,
    pub(crate) client_id: Secret,
    pub(crate) client_secret: Secret,
    pub(crate) audiences: Option<Secret>,
}

/// The auth methods, and the secrets that the operator may give for each.
const AUTH_METHODS: [(&str, &[&str]); 6] = [
    ("token", &["token"]),
    ("approle", &["secret_id", "approle_secret_id"]),
    ("userpass", &["password"]),
    ("jwt", &["jwt", "oauth2_client_secret", "client_secret"]),
    ("kubernetes", &["jwt"]),
    ("cert", &["client_key", "cert_auth_cert_key"]),
];

impl HcvLogin {
    /// The operator's settings take precedence over the vault's config: a token is enough, however the data planes log in.
    ///
    /// # Errors
    /// No credentials, half of a pair, or an auth method that is not supported here.
    pub(crate) fn from_target(target: &VaultTarget) -> Result<Self, Finding> {
        let mut settings = LoginSettings {
            target,
            credential_origins: Vec::new(),
        };
        let method = choose_auth_method(target);
        let client_identity = settings.take_client_identity(method)?;
        let auth_method = match method {
            "token" => HcvAuthMethod::Token(settings.require_credential("token", &["token"])?),
            "approle" => settings.approle_method()?,
            "userpass" => settings.userpass_method()?,
            "kubernetes" => settings.kubernetes_method()?,
            "jwt" => settings.jwt_method()?,
            "cert" => settings.cert_method()?,
            other => return Err(unsupported_login_finding(target, other)),
        };
        for name in ["address", "protocol", "host", "port"] {
            if target.is_templated(name) {
                settings.credential_origins.push(SettingOrigin::Template);
            }
        }
        settings.take_non_credential("namespace");
        settings.take_non_credential("mount");
        Ok(Self {
            auth_method,
            client_identity,
            credential_origins: settings.credential_origins,
        })
    }
}

/// The method that the operator chooses, else one that the operator gives a secret for, else that of the data planes.
fn choose_auth_method(target: &VaultTarget) -> &str {
    let has_secret = |names: &[&str]| names.iter().any(|name| is_set_by_operator(target, name));
    let configured = target
        .text("auth_method")
        .filter(|text| !text.is_empty())
        .unwrap_or("token");
    let is_chosen = is_set_by_operator(target, "auth_method") && !target.is_backend_name;
    let secrets = AUTH_METHODS.iter().find(|(method, _)| *method == configured);
    if is_chosen || secrets.is_some_and(|(_, names)| has_secret(names)) {
        return configured;
    }
    let method = AUTH_METHODS.iter().find(|(_, names)| has_secret(names));
    method.map_or(configured, |(method, _)| method)
}

/// The settings, with the origins of those that were taken.
struct LoginSettings<'a> {
    target: &'a VaultTarget,
    credential_origins: Vec<SettingOrigin>,
}

impl LoginSettings<'_> {
    /// The first of several settings that is given. Of a vault of others only the operator's are allowed.
    fn first_allowed(&self, names: &[&str]) -> Option<&VaultSetting> {
        let target = self.target;
        let is_allowed = |setting: &&VaultSetting| {
            target.owned || target.is_backend_name || setting.origin == SettingOrigin::Operator
        };
        names.iter().filter_map(|name| target.get(name)).find(is_allowed)
    }

    fn take_credential(&mut self, names: &[&str]) -> Option<Secret> {
        let VaultSetting { value, origin } = self.first_allowed(names)?.clone();
        self.credential_origins.push(origin);
        Some(value)
    }

    fn require_credential(&mut self, method: &str, names: &[&str]) -> Result<Secret, Finding> {
        let target = self.target;
        self.take_credential(names)
            .ok_or_else(|| no_credentials_finding(target, method))
    }

    /// Takes what is no credential. What the live vault says of such things is no secret to whoever may read its config.
    fn take_non_credential(&mut self, name: &str) -> Option<Secret> {
        let VaultSetting { value, origin } = self.target.get(name)?.clone();
        if matches!(origin, SettingOrigin::Operator | SettingOrigin::Template) {
            self.credential_origins.push(origin);
        }
        Some(value)
    }

    fn take_role(&mut self, names: &[&str]) -> Option<Secret> {
        let name = names.iter().find(|name| self.target.get(name).is_some())?;
        self.take_non_credential(name)
    }

    /// A pair of which both or none must be given. The second may be on the data planes alone, if `on_data_planes`.
    fn take_pair(
        &mut self,
        method: &str,
        first: &[&str],
        second: &[&str],
        on_data_planes: bool,
    ) -> Result<(Secret, Secret), Finding> {
        let (setting, has_second) = (self.first_allowed(first), self.first_allowed(second).is_some());
        let may_be_elsewhere = on_data_planes || !self.target.owned;
        match (setting, has_second) {
            (Some(setting), false)
                if setting.origin == SettingOrigin::Operator && !self.target.is_backend_name || !may_be_elsewhere =>
            {
                Err(incomplete_pair_finding(self.target, second[0]))
            }
            (None, true) => Err(incomplete_pair_finding(self.target, first[0])),
            (Some(_), true) => Ok((
                self.require_credential(method, first)?,
                self.require_credential(method, second)?,
            )),
            (_, false) => Err(no_credentials_finding(self.target, method)),
        }
    }

    /// The path of a login: the operator's, else the config's, else HashiCorp's default.
    fn login_path(&mut self, config_name: &str, default: &str) -> Result<Vec<String>, Finding> {
        let name = if self.target.get("auth_path").is_some() {
            "auth_path"
        } else {
            config_name
        };
        self.take_non_credential(name);
        let mut path = vec!["auth".to_owned()];
        path.extend(read_path(self.target, name, default)?);
        path.push("login".to_owned());
        Ok(path)
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

    /// Whether a secret_id is a wrapping token, as the vault's config says of that of the data planes. One that the operator
    /// gives may be plain: wrapping tokens have the prefixes of HashiCorp's service tokens.
    fn is_wrapped_secret_id(&self, secret: &Secret) -> bool {
        let is_enabled = self.target.is_enabled("approle_response_wrapping") == Some(true);
        let is_operators = is_set_by_operator(self.target, "secret_id")
            && !is_set_by_operator(self.target, "approle_response_wrapping");
        let is_token = ["hvs.", "s."]
            .iter()
            .any(|prefix| secret.expose().starts_with(prefix.as_bytes()));
        is_enabled && (is_token || !is_operators)
    }

    fn userpass_method(&mut self) -> Result<HcvAuthMethod, Finding> {
        let (name, password) = self.take_pair("userpass", &["username"], &["password"], false)?;
        let mut path = self.login_path("auth_path", "userpass")?;
        let name = name
            .text()
            .filter(|name| split_resource(&self.target.name, name).is_ok_and(|segments| segments.len() == 1));
        let name = name.ok_or_else(|| bad_config_finding(&self.target.name, "its username is none"))?;
        path.push(name.to_owned());
        Ok(HcvAuthMethod::LoginRequest {
            path,
            members: vec![("password", password)],
        })
    }

    /// The token of a data plane stays there; the operator gives another.
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
            .find(|name| self.target.get(name).is_some());
        let earlier_origins = self.credential_origins.len();
        let (client_id, client_secret) = self.take_pair(
            "jwt",
            &["client_id", "oauth2_client_id"],
            &["client_secret", "oauth2_client_secret"],
            false,
        )?;
        let mut credential_origins = self.credential_origins[earlier_origins..].to_vec();
        let Some(name) = endpoint else {
            return Err(incomplete_pair_finding(self.target, "token_endpoint"));
        };
        if self.target.is_templated(name) {
            credential_origins.push(SettingOrigin::Template);
        }
        let audiences = self.target.get("oauth2_audiences");
        credential_origins.extend(
            audiences
                .filter(|setting| setting.origin == SettingOrigin::Template)
                .map(|setting| setting.origin),
        );
        let url = self.target.text(name).and_then(|text| Url::parse(text).ok());
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        Ok(OauthClient {
            endpoint: url.ok_or_else(|| bad_config_finding(&self.target.name, &format!("its {name} is no URL")))?,
            endpoint_origin: self.target.least_trusted_origin(&[name]),
            is_endpoint_hidden: self.target.is_templated(name),
            credential_origins,
            client_id,
            client_secret,
            audiences: audiences.map(|setting| setting.value.clone()),
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

/// For a token from a file: servers trim headers and ids of AppRoles, but no JWT.
fn trim_token(secret: &Secret) -> Secret {
    Secret::new(secret.expose().trim_ascii())
}
