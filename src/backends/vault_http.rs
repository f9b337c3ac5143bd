//! The HTTP client of one vault, which the SDKs of clouds send through as well.
//!
//! Redirects are returned, never followed. Headers and bodies are wiped once they are sent, and no error shows one of them,
//! a path or the server's own words: errors name the vault, the host and the kind of failure.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Response, Url};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::findings::bad_settings_finding;
use super::proxy_bypass::{is_proxy_configured, should_bypass_proxy};
use super::vault_endpoint::{VaultEndpoint, request_failure_finding};
use http::{ClientOptions, InvalidPem, SystemProxies, parse_retry_after, sensitive_header_value, zeroizing_bytes};
use reference::{Finding, Secret};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest response that is read: more than any of these vaults stores as one secret.
const MAX_BODY_BYTES: usize = 4 << 20;

/// How often a request is sent, at most, while the server answers 429.
const MAX_ATTEMPTS: u32 = 20;

#[derive(Clone, Debug)]
pub(crate) struct VaultHttpOptions<'a> {
    /// The vault's name, for messages.
    pub(crate) vault: &'a str,
    /// Whether messages must not name the host: a template filled it in.
    pub(crate) is_host_hidden: bool,
    /// Whether the server is the vault's login, not the vault itself.
    pub(crate) is_login: bool,
    /// PEM certificates to trust instead of the system's.
    pub(crate) ca_bundle: Option<&'a Secret>,
    /// A PEM certificate with its key, to show to the server.
    pub(crate) client_identity: Option<(&'a Secret, &'a Secret)>,
    /// Whether the server's certificate is verified.
    pub(crate) verify_tls: bool,
    /// How long all requests may take together, from the building of the client on.
    pub(crate) timeout: Duration,
}

impl<'a> VaultHttpOptions<'a> {
    pub(crate) fn new(vault: &'a str, timeout: Duration) -> Self {
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

pub(crate) struct VaultHttpClient {
    client: reqwest::Client,
    /// The same without proxies, if one is configured.
    direct_client: Option<reqwest::Client>,
    proxies: SystemProxies,
    vault: String,
    is_host_hidden: bool,
    is_login: bool,
    deadline: Instant,
}

/// A request as a value.
pub(crate) struct VaultHttpRequest {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, Secret)>,
    body: Option<Secret>,
}

pub(crate) struct VaultHttpResponse {
    pub(crate) status: u16,
    /// The target of a redirect, if it is a URL.
    pub(crate) location: Option<Url>,
    pub(crate) body: Secret,
}

/// A response with its headers, for an SDK to read.
#[cfg(any(feature = "aws", feature = "azure"))]
pub(crate) struct RawHttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Secret,
}

impl VaultHttpRequest {
    pub(crate) fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn post(url: Url, content_type: &'static str, body: Secret) -> Self {
        let request = Self {
            method: Method::POST,
            body: Some(body),
            ..Self::get(url)
        };
        request.with_header(CONTENT_TYPE, Secret::new(content_type))
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn with_url(mut self, url: Url) -> Self {
        self.url = url;
        self
    }
}

impl VaultHttpClient {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// Certificates or keys that are none.
    pub(crate) fn new(options: &VaultHttpOptions<'_>) -> Result<Self, Finding> {
        Ok(Self {
            client: build_client(options, true)?,
            direct_client: is_proxy_configured()
                .then(|| build_client(options, false))
                .transpose()?,
            proxies: SystemProxies::new(),
            vault: options.vault.to_owned(),
            is_host_hidden: options.is_host_hidden,
            is_login: options.is_login,
            // a little less than all the time there is, so that what is known by then is reported
            deadline: Instant::now() + options.timeout.mul_f32(0.98),
        })
    }

    /// The server of a URL, as messages name it.
    pub(crate) fn endpoint(&self, url: &Url) -> VaultEndpoint {
        let proxy = (!should_bypass_proxy(url))
            .then(|| self.proxies.proxy_authority(url))
            .flatten();
        VaultEndpoint::new(&self.vault, url, self.is_host_hidden)
            .with_login(self.is_login)
            .with_proxy(proxy)
    }

    /// Sends a request, and again while the server answers 429 and there is time.
    ///
    /// # Errors
    /// No response, none in time, or one that is too long: unreachable.
    pub(crate) async fn send_with_retry(&self, request: &VaultHttpRequest) -> Result<VaultHttpResponse, Finding> {
        let endpoint = self.endpoint(&request.url);
        for attempt in 0..MAX_ATTEMPTS {
            let sent = self.build_request(request)?.send().await;
            let response = sent.map_err(|error| request_failure_finding(&error, &endpoint))?;
            if response.status().as_u16() != 429 {
                return read_response(response, &request.url, &endpoint).await;
            }
            self.wait_for_retry(&response, attempt, &endpoint).await?;
        }
        Err(endpoint.rate_limited_finding())
    }

    fn build_request(&self, request: &VaultHttpRequest) -> Result<reqwest::RequestBuilder, Finding> {
        let mut builder = self
            .client_for(&request.url)
            .request(request.method.clone(), request.url.clone())
            .timeout(self.remaining_time());
        for (name, value) in &request.headers {
            let value = sensitive_header_value(value.expose().trim_ascii());
            builder = builder.header(name.clone(), value.ok_or_else(|| self.bad_header_finding(name))?);
        }
        Ok(match &request.body {
            Some(body) => builder.body(zeroizing_bytes(body.expose())),
            None => builder,
        })
    }

    fn bad_header_finding(&self, name: &HeaderName) -> Finding {
        let what = format!("what {name} would have to say does not fit into a header");
        bad_settings_finding(&self.vault, &what)
    }

    fn client_for(&self, url: &Url) -> &reqwest::Client {
        self.direct_client
            .as_ref()
            .filter(|_| should_bypass_proxy(url))
            .unwrap_or(&self.client)
    }

    fn remaining_time(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Waits as long as `Retry-After` asks; without one, longer each time.
    async fn wait_for_retry(&self, response: &Response, attempt: u32, endpoint: &VaultEndpoint) -> Result<(), Finding> {
        let retry_after = parse_retry_after(response.headers()).map(Duration::from_secs);
        let pause = retry_after.unwrap_or_else(|| Duration::from_millis(500 << attempt.min(4)));
        let pause = pause.max(Duration::from_millis(100));
        if pause > self.remaining_time() {
            return Err(endpoint.rate_limited_finding());
        }
        tracing::debug!(vault = self.vault, "asked to come back later");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Sends a request of an SDK as it is, once: what its responses mean is for the SDK to say.
    ///
    /// # Errors
    /// No response, none in time, or one that is too long: unreachable.
    #[cfg(feature = "aws")]
    pub(crate) async fn send_raw(&self, request: reqwest::Request) -> Result<RawHttpResponse, Finding> {
        let endpoint = self.endpoint(request.url());
        let response = self.execute_before_deadline(request, &endpoint).await?;
        read_raw_response(response, &endpoint).await
    }

    /// Sends a request of an SDK, and again while the server answers 429 and there is time.
    ///
    /// # Errors
    /// No response, none in time, or one that is too long: unreachable.
    #[cfg(feature = "azure")]
    pub(crate) async fn send_raw_with_retry(&self, request: &reqwest::Request) -> Result<RawHttpResponse, Finding> {
        let endpoint = self.endpoint(request.url());
        for attempt in 0..MAX_ATTEMPTS {
            let Some(request) = request.try_clone() else { break };
            let response = self.execute_before_deadline(request, &endpoint).await?;
            if response.status().as_u16() != 429 {
                return read_raw_response(response, &endpoint).await;
            }
            self.wait_for_retry(&response, attempt, &endpoint).await?;
        }
        Err(endpoint.rate_limited_finding())
    }

    #[cfg(any(feature = "aws", feature = "azure"))]
    async fn execute_before_deadline(
        &self,
        mut request: reqwest::Request,
        endpoint: &VaultEndpoint,
    ) -> Result<Response, Finding> {
        *request.timeout_mut() = Some(self.remaining_time());
        let sent = self.client_for(request.url()).execute(request).await;
        sent.map_err(|error| request_failure_finding(&error, endpoint))
    }
}

fn build_client(options: &VaultHttpOptions<'_>, use_proxies: bool) -> Result<reqwest::Client, Finding> {
    let identity = options.client_identity;
    let common = ClientOptions {
        connect_timeout: CONNECT_TIMEOUT.min(options.timeout),
        ca_bundle: options.ca_bundle.map(Secret::expose),
        client_identity: identity.map(|(certificate, key)| (certificate.expose(), key.expose())),
        verify_tls: options.verify_tls,
    };
    let builder = common
        .client_builder()
        .map_err(|invalid| bad_settings_finding(options.vault, invalid_pem_text(invalid)))?
        .referer(false)
        .no_gzip();
    let builder = if use_proxies { builder } else { builder.no_proxy() };
    let unusable = |_| bad_settings_finding(options.vault, "the settings of TLS cannot be used");
    builder.build().map_err(unusable)
}

fn invalid_pem_text(invalid: InvalidPem) -> &'static str {
    match invalid {
        InvalidPem::CaBundle => "the CA certificate is none that can be read as PEM",
        InvalidPem::ClientIdentity => "the client's certificate with its key cannot be read as PEM",
    }
}

#[cfg(any(feature = "aws", feature = "azure"))]
async fn read_raw_response(mut response: Response, endpoint: &VaultEndpoint) -> Result<RawHttpResponse, Finding> {
    let body = read_body(&mut response, endpoint).await?;
    Ok(RawHttpResponse {
        status: response.status().as_u16(),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}

async fn read_response(
    mut response: Response,
    requested: &Url,
    endpoint: &VaultEndpoint,
) -> Result<VaultHttpResponse, Finding> {
    let location = response.headers().get(LOCATION).map(HeaderValue::to_str);
    let location = location.and_then(Result::ok);
    Ok(VaultHttpResponse {
        status: response.status().as_u16(),
        location: location.and_then(|target| requested.join(target).ok()),
        body: read_body(&mut response, endpoint).await?,
    })
}

async fn read_body(response: &mut Response, endpoint: &VaultEndpoint) -> Result<Secret, Finding> {
    let announced = usize::try_from(response.content_length().unwrap_or(4096)).unwrap_or(MAX_BODY_BYTES);
    let mut body = Zeroizing::new(Vec::with_capacity(announced.min(MAX_BODY_BYTES)));
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| request_failure_finding(&error, endpoint))?
    {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(endpoint.unexpected_response_finding("gives an answer that is too long for a secret"));
        }
        reserve_zeroizing(&mut body, chunk.len());
        body.extend_from_slice(&chunk);
    }
    Ok(Secret::from(body))
}

/// Makes room without leaving a copy behind.
fn reserve_zeroizing(body: &mut Zeroizing<Vec<u8>>, additional: usize) {
    if body.capacity() - body.len() < additional {
        let mut larger = Zeroizing::new(Vec::with_capacity((body.len() + additional) * 2));
        larger.extend_from_slice(body);
        *body = larger;
    }
}
