mod base_url;
mod cookie_jar;
mod server_name;
mod settings;

use reqwest::header::{CONTENT_TYPE, HOST};
use rustls::AlertDescription;

pub use base_url::{BaseUrl, BaseUrlError};
pub use settings::{HttpSettings, HttpSettingsError};

use super::{Method, Request, Response, Transport, TransportError};
use http::{error_causes, parse_retry_after};

/// Sends requests over HTTP, on connections that are kept alive. Headers and bodies are never logged, and `Debug` shows the
/// redacted base URL alone.
pub struct HttpTransport {
    client: reqwest::Client,
    base_url: BaseUrl,
    /// Host and port of the proxy that requests go through.
    proxy: Option<String>,
}

impl HttpTransport {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSettingsError> {
        let proxy = settings.proxy_authority()?;
        Ok(Self {
            client: settings.build_client(proxy.is_some())?,
            base_url: settings.base_url()?,
            proxy,
        })
    }

    /// The address of the control plane. Redacted when shown.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    fn build_request(&self, request: Request) -> reqwest::RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, self.base_url.join(&request.path));
        if let Some(host) = self.base_url.host_header() {
            builder = builder.header(HOST, host);
        }
        match request.body {
            Some(body) => builder.header(CONTENT_TYPE, "application/json").body(body),
            None => builder,
        }
    }

    /// Host and port, as errors name them, with the proxy on the way.
    fn host(&self) -> String {
        let host = self.base_url.authority();
        match &self.proxy {
            Some(proxy) => format!("{host} through the proxy {proxy}"),
            None => host,
        }
    }

    /// Tells whether the server can have seen the request.
    fn classify_error(&self, error: &reqwest::Error) -> TransportError {
        let host = self.host();
        let reason = innermost_cause(error);
        if error.is_connect() || error.is_builder() || is_client_certificate_rejected(error) {
            TransportError::NotSent { host, reason }
        } else {
            TransportError::ResponseLost { host, reason }
        }
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let sent = self.build_request(request).send().await;
        let response = sent.map_err(|error| self.classify_error(&error))?;
        let status = response.status().as_u16();
        let retry_after = parse_retry_after(response.headers());
        let body = response.bytes().await.map_err(|error| TransportError::ResponseLost {
            host: self.host(),
            reason: innermost_cause(&error),
        })?;
        Ok(Response {
            status,
            retry_after,
            body: body.into(),
        })
    }
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpTransport({})", self.base_url)
    }
}

/// Whether the server ended TLS because of the client's certificate, or the lack of one. In TLS 1.3 that comes after the
/// request was sent, but the server has not read it.
fn is_client_certificate_rejected(error: &reqwest::Error) -> bool {
    error_causes(error).any(|cause| {
        matches!(cause.downcast_ref(), Some(rustls::Error::AlertReceived(alert)) if CLIENT_CERTIFICATE_ALERTS.contains(alert))
    })
}

const CLIENT_CERTIFICATE_ALERTS: [AlertDescription; 8] = [
    AlertDescription::CertificateRequired,
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::AccessDenied,
];

/// The innermost cause: outer ones repeat the URL, with its query.
fn innermost_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    error_causes(error).last().map(ToString::to_string).unwrap_or_default()
}
