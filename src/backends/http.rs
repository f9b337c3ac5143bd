//! HTTP to vaults that have no library of their own here: one client a vault.
//!
//! Redirects are told, never followed. Headers and bodies are wiped once they are sent, and no error ever shows one of
//! them, nor a path or the server's own words: errors name the vault, the host and the sort of failure.

use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use reqwest::{Certificate, Identity, Method, Response, Url};
use serde::Serializer;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::proxy_bypass::{is_proxy_configured, should_bypass_proxy};
use super::vault_endpoint::{VaultEndpoint, request_failure_finding};
use http::retry_after;
use reference::{Finding, Reason, Secret};

/// The longest that a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer that is read: more than any of these vaults stores as one secret.
const MAX_BODY_BYTES: usize = 4 << 20;

/// The content type of JSON.
pub const JSON_CONTENT_TYPE: &str = "application/json";

/// The content type of forms.
pub const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// How often a server that says "not now" is asked again, at most.
const MAX_ATTEMPTS: u32 = 20;

/// What is set about connections to a vault.
#[derive(Clone, Debug)]
pub struct VaultHttpOptions<'a> {
    /// The vault's name, for messages.
    pub vault: &'a str,
    /// Whether messages must not name the host: a template filled it in.
    pub is_host_hidden: bool,
    /// Whether it is not the vault itself that is asked, but who lets in to it.
    pub is_login: bool,
    /// PEM certificates to trust instead of the system's.
    pub ca_bundle: Option<&'a Secret>,
    /// A PEM certificate with its key, to show to the server.
    pub client_identity: Option<(&'a Secret, &'a Secret)>,
    /// Whether the server's certificate is verified.
    pub verify_tls: bool,
    /// How long all requests may take together, from now on.
    pub timeout: Duration,
}

impl<'a> VaultHttpOptions<'a> {
    /// Connections as they are if nothing is said about them.
    pub fn new(vault: &'a str, timeout: Duration) -> Self {
        Self {
            vault,
            is_host_hidden: false,
            is_login: false,
            ca_bundle: None,
            client_identity: None,
            verify_tls: true,
            timeout,
        }
    }
}

/// A client of one vault.
pub struct VaultHttpClient {
    client: reqwest::Client,
    /// The same without proxies, if there may be some.
    direct_client: Option<reqwest::Client>,
    vault: String,
    is_host_hidden: bool,
    is_login: bool,
    deadline: Instant,
}

/// A request.
pub struct VaultHttpRequest {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, Secret)>,
    body: Option<Secret>,
}

/// An answer.
pub struct VaultHttpResponse {
    /// The status.
    pub status: u16,
    /// Where it sends to, if it is a redirect to a URL.
    pub location: Option<Url>,
    /// The body.
    pub body: Secret,
}

/// An answer with its headers.
#[cfg(any(feature = "aws", feature = "azure"))]
pub struct RawHttpResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: Secret,
}

impl VaultHttpRequest {
    /// A request that reads.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: None,
        }
    }

    /// A request that brings a body.
    pub fn post(url: Url, content_type: &'static str, body: Secret) -> Self {
        let call = Self {
            method: Method::POST,
            body: Some(body),
            ..Self::get(url)
        };
        call.with_header(CONTENT_TYPE, Secret::new(content_type))
    }

    /// The same with a header.
    pub fn with_header(mut self, name: HeaderName, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same, sent to another place.
    pub fn with_url(mut self, url: Url) -> Self {
        self.url = url;
        self
    }
}

impl VaultHttpClient {
    fn build_client(access: &VaultHttpOptions<'_>, proxies: bool) -> Result<reqwest::Client, Finding> {
        let building = reqwest::Client::builder()
            .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(access.timeout))
            .referer(false)
            .no_gzip()
            .tcp_nodelay(true)
            .tls_danger_accept_invalid_certs(!access.verify_tls);
        let building = if proxies { building } else { building.no_proxy() };
        let building = match access.ca_bundle {
            Some(ca) => building.tls_certs_only(parse_ca_bundle(access.vault, ca)?),
            None => building,
        };
        let building = match access.client_identity {
            Some((certificate, key)) => building.identity(parse_client_identity(access.vault, certificate, key)?),
            None => building,
        };
        let unready = |_| bad_settings_finding(access.vault, "the settings of TLS cannot be used");
        building.build().map_err(unready)
    }

    /// The client for an address.
    fn client_for(&self, url: &Url) -> &reqwest::Client {
        self.direct_client
            .as_ref()
            .filter(|_| should_bypass_proxy(url))
            .unwrap_or(&self.client)
    }

    /// Makes ready to ask; nothing is sent yet.
    ///
    /// # Errors
    /// Certificates or keys that are none.
    pub fn new(access: &VaultHttpOptions<'_>) -> Result<Self, Finding> {
        Ok(Self {
            client: Self::build_client(access, true)?,
            direct_client: is_proxy_configured()
                .then(|| Self::build_client(access, false))
                .transpose()?,
            vault: access.vault.to_owned(),
            is_host_hidden: access.is_host_hidden,
            is_login: access.is_login,
            // a little less than all the time there is, so that what is known by then is told
            deadline: Instant::now() + access.timeout.mul_f32(0.98),
        })
    }

    /// Sends a request, and again if the server asks for patience and there is time for it.
    ///
    /// # Errors
    /// No answer, none in time, or one that is too long: unreachable.
    pub async fn send_with_retry(&self, call: &VaultHttpRequest) -> Result<VaultHttpResponse, Finding> {
        let place = self.endpoint(&call.url);
        for turn in 0..MAX_ATTEMPTS {
            let sent = self.build_request(call)?.send().await;
            let response = sent.map_err(|error| request_failure_finding(&error, &place))?;
            if response.status().as_u16() != 429 {
                return read_response(response, &call.url, &place).await;
            }
            self.wait_for_retry(&response, turn, &place).await?;
        }
        Err(place.rate_limited_finding())
    }

    /// The place in messages.
    pub fn endpoint(&self, url: &Url) -> VaultEndpoint {
        VaultEndpoint::new(&self.vault, url, self.is_host_hidden).with_login(self.is_login)
    }

    fn build_request(&self, call: &VaultHttpRequest) -> Result<reqwest::RequestBuilder, Finding> {
        let mut building = self
            .client_for(&call.url)
            .request(call.method.clone(), call.url.clone())
            .timeout(self.deadline.saturating_duration_since(Instant::now()));
        for (name, value) in &call.headers {
            let unfit = || {
                bad_settings_finding(
                    &self.vault,
                    &format!("what {name} would have to say does not fit into a header"),
                )
            };
            building = building.header(name.clone(), sensitive_header_value(value).ok_or_else(unfit)?);
        }
        Ok(match &call.body {
            Some(body) => building.body(zeroizing_bytes(body.expose())),
            None => building,
        })
    }

    /// Waits as long as the server asks for; without a word of it, longer each time.
    async fn wait_for_retry(&self, response: &Response, turn: u32, place: &VaultEndpoint) -> Result<(), Finding> {
        let asked = retry_after::parse_header(response.headers()).map(Duration::from_secs);
        let pause = asked.unwrap_or_else(|| Duration::from_millis(500 << turn.min(4)));
        let pause = pause.max(Duration::from_millis(100));
        if pause > self.deadline.saturating_duration_since(Instant::now()) {
            return Err(place.rate_limited_finding());
        }
        tracing::debug!(vault = self.vault, "asked to come back later");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Sends a request of somebody else's making as it is, once: what its answers mean is for them to say.
    ///
    /// # Errors
    /// No answer, none in time, or one that is too long: unreachable.
    #[cfg(feature = "aws")]
    pub async fn send_raw(&self, request: reqwest::Request) -> Result<RawHttpResponse, Finding> {
        let place = self.endpoint(request.url());
        let response = self.execute_before_deadline(request, &place).await?;
        read_raw_response(response, &place).await
    }

    /// The same, and again if the server asks for patience and there is time for it.
    ///
    /// # Errors
    /// No answer, none in time, or one that is too long: unreachable.
    #[cfg(feature = "azure")]
    pub async fn send_raw_with_retry(&self, request: &reqwest::Request) -> Result<RawHttpResponse, Finding> {
        let place = self.endpoint(request.url());
        for turn in 0..MAX_ATTEMPTS {
            let Some(request) = request.try_clone() else { break };
            let response = self.execute_before_deadline(request, &place).await?;
            if response.status().as_u16() != 429 {
                return read_raw_response(response, &place).await;
            }
            self.wait_for_retry(&response, turn, &place).await?;
        }
        Err(place.rate_limited_finding())
    }

    #[cfg(any(feature = "aws", feature = "azure"))]
    async fn execute_before_deadline(
        &self,
        mut request: reqwest::Request,
        place: &VaultEndpoint,
    ) -> Result<Response, Finding> {
        *request.timeout_mut() = Some(self.deadline.saturating_duration_since(Instant::now()));
        let sent = self.client_for(request.url()).execute(request).await;
        sent.map_err(|error| request_failure_finding(&error, place))
    }
}

#[cfg(any(feature = "aws", feature = "azure"))]
async fn read_raw_response(mut response: Response, place: &VaultEndpoint) -> Result<RawHttpResponse, Finding> {
    let body = read_body(&mut response, place).await?;
    Ok(RawHttpResponse {
        status: response.status().as_u16(),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}

async fn read_response(
    mut response: Response,
    asked: &Url,
    place: &VaultEndpoint,
) -> Result<VaultHttpResponse, Finding> {
    let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    Ok(VaultHttpResponse {
        status: response.status().as_u16(),
        location: location.and_then(|to| asked.join(to).ok()),
        body: read_body(&mut response, place).await?,
    })
}

async fn read_body(response: &mut Response, place: &VaultEndpoint) -> Result<Secret, Finding> {
    let announced = usize::try_from(response.content_length().unwrap_or(4096)).unwrap_or(MAX_BODY_BYTES);
    let mut body = Zeroizing::new(Vec::with_capacity(announced.min(MAX_BODY_BYTES)));
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| request_failure_finding(&error, place))?
    {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(place.unexpected_response_finding("gives an answer that is too long for a secret"));
        }
        reserve_zeroizing(&mut body, chunk.len());
        body.extend_from_slice(&chunk);
    }
    Ok(Secret::from(body))
}

/// A JSON object with those texts, of which no copy stays behind. What is no text has its other bytes replaced.
pub fn encode_json_object(members: &[(&'static str, Secret)]) -> Secret {
    let size = members
        .iter()
        .map(|(name, value)| name.len() + 6 * value.expose().len() + 6);
    let mut body = Zeroizing::new(Vec::with_capacity(size.sum::<usize>() + 2));
    let texts = members
        .iter()
        .map(|(name, value)| (*name, String::from_utf8_lossy(value.expose())));
    // writing texts to memory cannot fail; an object that is not whole would be refused by whoever reads it
    let _ = serde_json::Serializer::new(&mut *body).collect_map(texts);
    Secret::from(body)
}

/// A form with those texts.
pub fn encode_form(members: &[(&'static str, Secret)]) -> Secret {
    let size = members
        .iter()
        .map(|(name, value)| name.len() + 3 * value.expose().len() + 2);
    let mut body = Zeroizing::new(Vec::with_capacity(size.sum()));
    for (name, value) in members {
        if !body.is_empty() {
            body.push(b'&');
        }
        body.extend_from_slice(name.as_bytes());
        body.push(b'=');
        let encoded = percent_encode(value.expose(), NON_ALPHANUMERIC);
        encoded.for_each(|piece| body.extend_from_slice(piece.as_bytes()));
    }
    Secret::from(body)
}

/// Makes room; what stood in the old place is wiped.
fn reserve_zeroizing(body: &mut Zeroizing<Vec<u8>>, more: usize) {
    if body.capacity() - body.len() < more {
        let mut larger = Zeroizing::new(Vec::with_capacity((body.len() + more) * 2));
        larger.extend_from_slice(body);
        *body = larger;
    }
}

/// Bytes that are wiped when nobody needs them any more.
pub fn zeroizing_bytes(bytes: &[u8]) -> Bytes {
    Bytes::from_owner(Zeroizing::new(bytes.to_vec()))
}

fn sensitive_header_value(value: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(zeroizing_bytes(value.expose().trim_ascii())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn parse_ca_bundle(vault: &str, pem: &Secret) -> Result<Vec<Certificate>, Finding> {
    let read = Certificate::from_pem_bundle(pem.expose()).unwrap_or_default();
    match read.is_empty() {
        true => Err(bad_settings_finding(
            vault,
            "the CA certificate is none that can be read as PEM",
        )),
        false => Ok(read),
    }
}

fn parse_client_identity(vault: &str, certificate: &Secret, key: &Secret) -> Result<Identity, Finding> {
    let pem = Zeroizing::new([certificate.expose(), b"\n", key.expose()].concat());
    let unread = |_| bad_settings_finding(vault, "the client's certificate with its key cannot be read as PEM");
    Identity::from_pem(&pem).map_err(unread)
}

/// What is set of a vault cannot be used.
fn bad_settings_finding(vault: &str, what: &str) -> Finding {
    Finding::new(
        Reason::BadSettings,
        format!("the vault '{vault}' cannot be asked: {what}"),
    )
    .about(vault)
    .help("correct the settings of the vault")
}
