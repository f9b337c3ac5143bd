use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Identity};
use secrecy::{ExposeSecret, SecretString};

use super::name::Alias;
use super::{Base, BaseError, cookies};

/// The header that bears the token of an administrator.
const TOKEN: HeaderName = HeaderName::from_static("kong-admin-token");

/// How a control plane is reached over HTTP. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Its address. It may hold credentials.
    pub address: SecretString,
    /// Headers of every request.
    pub headers: Vec<(String, SecretString)>,
    /// The token of an administrator. It outranks the same header in `headers`.
    pub token: Option<SecretString>,
    /// PEM certificates to trust instead of the system's.
    pub ca: Option<Vec<u8>>,
    /// A PEM certificate and its key, to show to the server.
    pub identity: Option<(SecretString, SecretString)>,
    /// The name by which TLS knows the server, if not the address's.
    pub server_name: Option<String>,
    /// Whether the server's certificate is not verified.
    pub skip_verify: bool,
    /// How long a request may take.
    pub timeout: Duration,
    /// The text of a cookie jar in Netscape's form.
    pub cookies: Option<SecretString>,
    /// How many connections are kept open.
    pub connections: usize,
}

/// Settings that cannot be used. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address.
    #[error(transparent)]
    Address(#[from] BaseError),
    /// A header that HTTP does not allow.
    #[error("the header '{name}' has a name or a value that HTTP does not allow")]
    Header {
        /// Its name.
        name: String,
    },
    /// Something about TLS.
    #[error("{what} cannot be read as PEM")]
    Pem {
        /// Which of the settings.
        what: &'static str,
    },
    /// The cookie jar.
    #[error("line {line} of the cookie jar is none of Netscape's form")]
    Cookies {
        /// The line.
        line: usize,
    },
    /// The client cannot be made.
    #[error("HTTP cannot be made ready: {why}")]
    Client {
        /// What the library says.
        why: String,
    },
}

impl HttpSettings {
    /// Everything as it is without further words: ten seconds, ten connections, the system's certificates.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: SecretString::from(address.into()),
            headers: Vec::new(),
            token: None,
            ca: None,
            identity: None,
            server_name: None,
            skip_verify: false,
            timeout: Duration::from_secs(10),
            cookies: None,
            connections: 10,
        }
    }

    pub(super) fn base(&self) -> Result<Base, SettingsError> {
        let base = Base::parse(self.address.expose_secret())?;
        Ok(match &self.server_name {
            Some(name) => base.under_name(name)?,
            None => base,
        })
    }

    pub(super) fn client(&self) -> Result<reqwest::Client, SettingsError> {
        let building = reqwest::Client::builder()
            .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
            .default_headers(self.header_map()?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(self.timeout)
            .connect_timeout(self.timeout)
            .pool_max_idle_per_host(self.connections)
            .tcp_nodelay(true);
        let building = self.named(self.trusting(building)?)?;
        let building = self.remembering(building)?;
        building
            .build()
            .map_err(|error| SettingsError::Client { why: error.to_string() })
    }

    fn header_map(&self) -> Result<HeaderMap, SettingsError> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let refused = || SettingsError::Header { name: name.clone() };
            let parsed = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| refused())?;
            map.append(parsed, sensitive(value).ok_or_else(refused)?);
        }
        if let Some(token) = &self.token {
            let refused = || SettingsError::Header {
                name: TOKEN.to_string(),
            };
            map.insert(TOKEN, sensitive(token).ok_or_else(refused)?);
        }
        Ok(map)
    }

    fn trusting(&self, mut building: ClientBuilder) -> Result<ClientBuilder, SettingsError> {
        if let Some(ca) = &self.ca {
            let unread = SettingsError::Pem {
                what: "the CA certificate",
            };
            let certificates = Certificate::from_pem_bundle(ca).map_err(|_| unread.clone())?;
            if certificates.is_empty() {
                return Err(unread);
            }
            building = building.tls_certs_only(certificates);
        }
        if let Some((certificate, key)) = &self.identity {
            let pem = format!("{}\n{}", certificate.expose_secret(), key.expose_secret());
            let unread = |_| SettingsError::Pem {
                what: "the client's certificate with its key",
            };
            building = building.identity(Identity::from_pem(pem.as_bytes()).map_err(unread)?);
        }
        Ok(building.tls_danger_accept_invalid_certs(self.skip_verify))
    }

    fn named(&self, building: ClientBuilder) -> Result<ClientBuilder, SettingsError> {
        let Some(name) = &self.server_name else {
            return Ok(building);
        };
        let base = Base::parse(self.address.expose_secret())?;
        Ok(match base.target() {
            Some(target) => building.dns_resolver(Arc::new(Alias {
                name: name.clone(),
                target,
            })),
            None => building,
        })
    }

    fn remembering(&self, building: ClientBuilder) -> Result<ClientBuilder, SettingsError> {
        let Some(text) = &self.cookies else {
            return Ok(building);
        };
        let jar = cookies::read(text.expose_secret()).map_err(|line| SettingsError::Cookies { line })?;
        Ok(building.cookie_provider(Arc::new(jar)))
    }
}

fn sensitive(value: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose_secret().trim()).ok()?;
    value.set_sensitive(true);
    Some(value)
}
