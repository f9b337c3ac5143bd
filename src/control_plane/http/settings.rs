use std::sync::Arc;
use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::server_name::ServerNameResolver;
use super::{BaseUrl, BaseUrlError, cookie_jar};
use http::{ClientOptions, InvalidPem, SystemProxies, sensitive_header_value};

const ADMIN_TOKEN_HEADER: HeaderName = HeaderName::from_static("kong-admin-token");

/// How a control plane is reached over HTTP. Secrets are redacted in `Debug`.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address. It may hold credentials.
    pub base_url: SecretString,
    /// Headers of every request.
    pub headers: Vec<(String, SecretString)>,
    /// The token of an administrator: replaces the same header in `headers`.
    pub token: Option<SecretString>,
    /// PEM certificates to trust instead of the system's.
    pub ca_certificates: Option<Vec<u8>>,
    /// A PEM certificate and its key, to show to the server.
    pub client_identity: Option<(SecretString, SecretString)>,
    /// The name by which TLS knows the server, if not the address's.
    pub server_name: Option<String>,
    /// Whether the server's certificate is not verified.
    pub tls_skip_verify: bool,
    /// How long a request may take.
    pub timeout: Duration,
    /// The text of a cookie jar in Netscape's form.
    pub cookie_jar: Option<SecretString>,
    /// How many connections are kept open.
    pub max_connections: usize,
}

/// Settings that cannot be used. Names no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpSettingsError {
    /// An invalid address.
    #[error(transparent)]
    Address(#[from] BaseUrlError),
    /// A header that HTTP does not allow.
    #[error("the header '{name}' has a name or a value that HTTP does not allow")]
    Header {
        /// Its name.
        name: String,
    },
    /// A certificate or key that is none.
    #[error("{what} cannot be read as PEM")]
    Pem {
        /// Which of the settings.
        what: &'static str,
    },
    /// A cookie jar in another form.
    #[error("line {line} of the cookie jar is none of Netscape's form")]
    CookieJar {
        /// Its first such line.
        line: usize,
    },
    /// The client cannot be built.
    #[error("HTTP cannot be made ready: {reason}")]
    ClientBuild {
        /// What the library says.
        reason: String,
    },
}

impl HttpSettings {
    /// The defaults: ten seconds, ten connections, the system's certificates.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: SecretString::from(base_url.into()),
            headers: Vec::new(),
            token: None,
            ca_certificates: None,
            client_identity: None,
            server_name: None,
            tls_skip_verify: false,
            timeout: Duration::from_secs(10),
            cookie_jar: None,
            max_connections: 10,
        }
    }

    pub(super) fn base_url(&self) -> Result<BaseUrl, HttpSettingsError> {
        let base = BaseUrl::parse(self.base_url.expose_secret())?;
        Ok(match &self.server_name {
            Some(name) => base.with_server_name(name)?,
            None => base,
        })
    }

    /// Host and port of the proxy that requests go through: of the address, whatever name TLS knows it by.
    pub(super) fn proxy_authority(&self) -> Result<Option<String>, HttpSettingsError> {
        let base = BaseUrl::parse(self.base_url.expose_secret())?;
        Ok(base.proxy_authority(&SystemProxies::new()))
    }

    pub(super) fn build_client(&self, uses_proxy: bool) -> Result<reqwest::Client, HttpSettingsError> {
        let headers = self.header_map()?;
        let identity = self.client_identity.as_ref();
        let common = ClientOptions {
            connect_timeout: self.timeout,
            ca_bundle: self.ca_certificates.as_deref(),
            client_identity: identity.map(|(certificate, key)| (bytes(certificate), bytes(key))),
            verify_tls: !self.tls_skip_verify,
        };
        let builder = common
            .client_builder()?
            .default_headers(headers)
            .timeout(self.timeout)
            .pool_max_idle_per_host(self.max_connections);
        let builder = if uses_proxy { builder } else { builder.no_proxy() };
        let builder = self.with_cookies(self.with_server_name(builder)?)?;
        builder.build().map_err(|error| HttpSettingsError::ClientBuild {
            reason: error.to_string(),
        })
    }

    fn header_map(&self) -> Result<HeaderMap, HttpSettingsError> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let invalid = || HttpSettingsError::Header { name: name.clone() };
            let parsed = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| invalid())?;
            map.append(parsed, header_value(value).ok_or_else(invalid)?);
        }
        if let Some(token) = &self.token {
            let invalid = || HttpSettingsError::Header {
                name: ADMIN_TOKEN_HEADER.to_string(),
            };
            map.insert(ADMIN_TOKEN_HEADER, header_value(token).ok_or_else(invalid)?);
        }
        Ok(map)
    }

    fn with_server_name(&self, builder: ClientBuilder) -> Result<ClientBuilder, HttpSettingsError> {
        let Some(name) = &self.server_name else {
            return Ok(builder);
        };
        let base = BaseUrl::parse(self.base_url.expose_secret())?;
        Ok(match base.connect_target() {
            Some(target) => builder.dns_resolver(Arc::new(ServerNameResolver {
                server_name: name.clone(),
                target,
            })),
            None => builder,
        })
    }

    fn with_cookies(&self, builder: ClientBuilder) -> Result<ClientBuilder, HttpSettingsError> {
        let Some(text) = &self.cookie_jar else {
            return Ok(builder);
        };
        let jar =
            cookie_jar::parse_cookie_jar(text.expose_secret()).map_err(|line| HttpSettingsError::CookieJar { line })?;
        Ok(builder.cookie_provider(Arc::new(jar)))
    }
}

/// Only ASCII, without the blanks around it.
fn header_value(value: &SecretString) -> Option<HeaderValue> {
    let text = Some(value.expose_secret().trim()).filter(|text| text.is_ascii())?;
    sensitive_header_value(text.as_bytes())
}

fn bytes(secret: &SecretString) -> &[u8] {
    secret.expose_secret().as_bytes()
}

impl From<InvalidPem> for HttpSettingsError {
    fn from(invalid: InvalidPem) -> Self {
        let what = match invalid {
            InvalidPem::CaBundle => "the CA certificate",
            InvalidPem::ClientIdentity => "the client's certificate with its key",
        };
        Self::Pem { what }
    }
}
