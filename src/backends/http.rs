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

use super::failure::{Place, failed};
use super::near::{is_near, may_be_proxied};
use http::retry_after;
use reference::{Finding, Reason, Secret};

/// The longest that a connection may take to stand.
const CONNECTING: Duration = Duration::from_secs(10);

/// The longest answer that is read: more than any of these vaults stores as one secret.
const LONGEST: usize = 4 << 20;

/// The content type of JSON.
pub const JSON: &str = "application/json";

/// The content type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// How often a server that says "not now" is asked again, at most.
const PATIENCE: u32 = 20;

/// What is set about connections to a vault.
#[derive(Clone, Debug)]
pub struct Access<'a> {
    /// The vault's name, for messages.
    pub vault: &'a str,
    /// Whether messages must not name the host: a template filled it in.
    pub hidden: bool,
    /// Whether it is not the vault itself that is asked, but who lets in to it.
    pub login: bool,
    /// PEM certificates to trust instead of the system's.
    pub ca: Option<&'a Secret>,
    /// A PEM certificate with its key, to show to the server.
    pub identity: Option<(&'a Secret, &'a Secret)>,
    /// Whether the server's certificate is verified.
    pub verify: bool,
    /// How long all requests may take together, from now on.
    pub limit: Duration,
}

impl<'a> Access<'a> {
    /// Connections as they are if nothing is said about them.
    pub fn new(vault: &'a str, limit: Duration) -> Self {
        Self {
            vault,
            hidden: false,
            login: false,
            ca: None,
            identity: None,
            verify: true,
            limit,
        }
    }
}

/// A client of one vault.
pub struct Http {
    client: reqwest::Client,
    /// The same without proxies, if there may be some.
    near: Option<reqwest::Client>,
    vault: String,
    hidden: bool,
    login: bool,
    until: Instant,
}

/// A request.
pub struct Call {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, Secret)>,
    body: Option<Secret>,
}

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where it sends to, if it is a redirect to a URL.
    pub location: Option<Url>,
    /// The body.
    pub body: Secret,
}

/// An answer with its headers.
#[cfg(any(feature = "aws", feature = "azure"))]
pub struct Exchanged {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: Secret,
}

impl Call {
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
        call.header(CONTENT_TYPE, Secret::new(content_type))
    }

    /// The same with a header.
    pub fn header(mut self, name: HeaderName, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same, sent to another place.
    pub fn to(mut self, url: Url) -> Self {
        self.url = url;
        self
    }
}

impl Http {
    fn build(access: &Access<'_>, proxies: bool) -> Result<reqwest::Client, Finding> {
        let building = reqwest::Client::builder()
            .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECTING.min(access.limit))
            .referer(false)
            .no_gzip()
            .tcp_nodelay(true)
            .tls_danger_accept_invalid_certs(!access.verify);
        let building = if proxies { building } else { building.no_proxy() };
        let building = match access.ca {
            Some(ca) => building.tls_certs_only(authorities(access.vault, ca)?),
            None => building,
        };
        let building = match access.identity {
            Some((certificate, key)) => building.identity(identity(access.vault, certificate, key)?),
            None => building,
        };
        let unready = |_| settings(access.vault, "the settings of TLS cannot be used");
        building.build().map_err(unready)
    }

    /// The client for an address.
    fn client(&self, url: &Url) -> &reqwest::Client {
        self.near.as_ref().filter(|_| is_near(url)).unwrap_or(&self.client)
    }

    /// Makes ready to ask; nothing is sent yet.
    ///
    /// # Errors
    /// Certificates or keys that are none.
    pub fn new(access: &Access<'_>) -> Result<Self, Finding> {
        Ok(Self {
            client: Self::build(access, true)?,
            near: may_be_proxied().then(|| Self::build(access, false)).transpose()?,
            vault: access.vault.to_owned(),
            hidden: access.hidden,
            login: access.login,
            // a little less than all the time there is, so that what is known by then is told
            until: Instant::now() + access.limit.mul_f32(0.98),
        })
    }

    /// Sends a request, and again if the server asks for patience and there is time for it.
    ///
    /// # Errors
    /// No answer, none in time, or one that is too long: unreachable.
    pub async fn send(&self, call: &Call) -> Result<Answer, Finding> {
        let place = self.place(&call.url);
        for turn in 0..PATIENCE {
            let sent = self.request(call)?.send().await;
            let response = sent.map_err(|error| failed(&error, &place))?;
            if response.status().as_u16() != 429 {
                return answer(response, &call.url, &place).await;
            }
            self.wait(&response, turn, &place).await?;
        }
        Err(place.rate_limited())
    }

    /// The place in messages.
    pub fn place(&self, url: &Url) -> Place {
        Place::new(&self.vault, url, self.hidden).of_login(self.login)
    }

    fn request(&self, call: &Call) -> Result<reqwest::RequestBuilder, Finding> {
        let mut building = self
            .client(&call.url)
            .request(call.method.clone(), call.url.clone())
            .timeout(self.until.saturating_duration_since(Instant::now()));
        for (name, value) in &call.headers {
            let unfit = || {
                settings(
                    &self.vault,
                    &format!("what {name} would have to say does not fit into a header"),
                )
            };
            building = building.header(name.clone(), header(value).ok_or_else(unfit)?);
        }
        Ok(match &call.body {
            Some(body) => building.body(wiped(body.expose())),
            None => building,
        })
    }

    /// Waits as long as the server asks for; without a word of it, longer each time.
    async fn wait(&self, response: &Response, turn: u32, place: &Place) -> Result<(), Finding> {
        let asked = retry_after::parse_header(response.headers()).map(Duration::from_secs);
        let pause = asked.unwrap_or_else(|| Duration::from_millis(500 << turn.min(4)));
        let pause = pause.max(Duration::from_millis(100));
        if pause > self.until.saturating_duration_since(Instant::now()) {
            return Err(place.rate_limited());
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
    pub async fn exchange(&self, request: reqwest::Request) -> Result<Exchanged, Finding> {
        let place = self.place(request.url());
        let response = self.execute(request, &place).await?;
        exchanged(response, &place).await
    }

    /// The same, and again if the server asks for patience and there is time for it.
    ///
    /// # Errors
    /// No answer, none in time, or one that is too long: unreachable.
    #[cfg(feature = "azure")]
    pub async fn exchange_patiently(&self, request: &reqwest::Request) -> Result<Exchanged, Finding> {
        let place = self.place(request.url());
        for turn in 0..PATIENCE {
            let Some(request) = request.try_clone() else { break };
            let response = self.execute(request, &place).await?;
            if response.status().as_u16() != 429 {
                return exchanged(response, &place).await;
            }
            self.wait(&response, turn, &place).await?;
        }
        Err(place.rate_limited())
    }

    #[cfg(any(feature = "aws", feature = "azure"))]
    async fn execute(&self, mut request: reqwest::Request, place: &Place) -> Result<Response, Finding> {
        *request.timeout_mut() = Some(self.until.saturating_duration_since(Instant::now()));
        let sent = self.client(request.url()).execute(request).await;
        sent.map_err(|error| failed(&error, place))
    }
}

#[cfg(any(feature = "aws", feature = "azure"))]
async fn exchanged(mut response: Response, place: &Place) -> Result<Exchanged, Finding> {
    let body = body(&mut response, place).await?;
    Ok(Exchanged {
        status: response.status().as_u16(),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}

async fn answer(mut response: Response, asked: &Url, place: &Place) -> Result<Answer, Finding> {
    let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    Ok(Answer {
        status: response.status().as_u16(),
        location: location.and_then(|to| asked.join(to).ok()),
        body: body(&mut response, place).await?,
    })
}

async fn body(response: &mut Response, place: &Place) -> Result<Secret, Finding> {
    let announced = usize::try_from(response.content_length().unwrap_or(4096)).unwrap_or(LONGEST);
    let mut body = Zeroizing::new(Vec::with_capacity(announced.min(LONGEST)));
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error, place))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(place.nonsense("gives an answer that is too long for a secret"));
        }
        grow(&mut body, chunk.len());
        body.extend_from_slice(&chunk);
    }
    Ok(Secret::from(body))
}

/// A JSON object with those texts, of which no copy stays behind. What is no text has its other bytes replaced.
pub fn json_object(members: &[(&'static str, Secret)]) -> Secret {
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
pub fn form(members: &[(&'static str, Secret)]) -> Secret {
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
fn grow(body: &mut Zeroizing<Vec<u8>>, more: usize) {
    if body.capacity() - body.len() < more {
        let mut larger = Zeroizing::new(Vec::with_capacity((body.len() + more) * 2));
        larger.extend_from_slice(body);
        *body = larger;
    }
}

/// Bytes that are wiped when nobody needs them any more.
pub fn wiped(bytes: &[u8]) -> Bytes {
    Bytes::from_owner(Zeroizing::new(bytes.to_vec()))
}

fn header(value: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(wiped(value.expose().trim_ascii())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn authorities(vault: &str, pem: &Secret) -> Result<Vec<Certificate>, Finding> {
    let read = Certificate::from_pem_bundle(pem.expose()).unwrap_or_default();
    match read.is_empty() {
        true => Err(settings(vault, "the CA certificate is none that can be read as PEM")),
        false => Ok(read),
    }
}

fn identity(vault: &str, certificate: &Secret, key: &Secret) -> Result<Identity, Finding> {
    let pem = Zeroizing::new([certificate.expose(), b"\n", key.expose()].concat());
    let unread = |_| settings(vault, "the client's certificate with its key cannot be read as PEM");
    Identity::from_pem(&pem).map_err(unread)
}

/// What is set of a vault cannot be used.
fn settings(vault: &str, what: &str) -> Finding {
    Finding::new(
        Reason::BadSettings,
        format!("the vault '{vault}' cannot be asked: {what}"),
    )
    .about(vault)
    .help("correct the settings of the vault")
}
