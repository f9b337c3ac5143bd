//! The transport over HTTP: reqwest with kept-alive connections.

mod base;
mod cookies;
mod name;
mod settings;

use std::error::Error;
use std::time::SystemTime;

use reqwest::header::{CONTENT_TYPE, DATE, HOST, HeaderMap, HeaderValue, RETRY_AFTER};

use rustls::AlertDescription;

pub use base::{Base, BaseError};
pub use settings::{HttpSettings, SettingsError};

use super::{Method, Request, Response, Transport, TransportError};

/// Carries requests over HTTP. It never logs headers or bodies, and its `Debug` shows the masked address alone.
pub struct HttpTransport {
    client: reqwest::Client,
    base: Base,
}

impl HttpTransport {
    /// Makes ready to ask; nothing is sent yet.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, SettingsError> {
        Ok(Self {
            client: settings.client()?,
            base: settings.base()?,
        })
    }

    /// The address that is asked. It shows no credentials.
    pub fn base(&self) -> &Base {
        &self.base
    }

    fn request(&self, request: Request) -> reqwest::RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut building = self.client.request(method, self.base.join(&request.path));
        if let Some(host) = self.base.host_header() {
            building = building.header(HOST, host);
        }
        match request.body {
            Some(body) => building.header(CONTENT_TYPE, "application/json").body(body),
            None => building,
        }
    }

    /// Tells errors apart by whether the server can have seen the request.
    fn failure(&self, error: &reqwest::Error) -> TransportError {
        let host = self.base.authority();
        let why = reason(error);
        if error.is_connect() || error.is_builder() || is_turned_away(error) {
            TransportError::NotSent { host, why }
        } else {
            TransportError::Lost { host, why }
        }
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let sent = self.request(request).send().await;
        let answer = sent.map_err(|error| self.failure(&error))?;
        let status = answer.status().as_u16();
        let retry_after = retry_after(answer.headers());
        let body = answer.bytes().await.map_err(|error| TransportError::Lost {
            host: self.base.authority(),
            why: reason(&error),
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
        write!(f, "HttpTransport({})", self.base)
    }
}

/// How many seconds `Retry-After` asks to wait: so many, or until a date. A date is held against the server's own clock,
/// where the answer tells it, else against ours; one that is past asks for nothing.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name).map(HeaderValue::to_str)?.ok().map(str::trim);
    let asked = text(RETRY_AFTER)?;
    asked.parse().ok().or_else(|| {
        let until = httpdate::parse_http_date(asked).ok()?;
        let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
        let left = until.duration_since(now.unwrap_or_else(SystemTime::now));
        Some(left.map_or(0, |left| left.as_secs()))
    })
}

/// Whether the server ended TLS over the certificate that it was shown, or that it was not. A client learns that only when
/// it reads, but the server has read nothing.
fn is_turned_away(error: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |cause| Error::source(*cause));
    causes.any(|cause| {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        matches!(tls, Some(rustls::Error::AlertReceived(alert)) if ABOUT_CERTIFICATES.contains(alert))
    })
}

const ABOUT_CERTIFICATES: [AlertDescription; 8] = [
    AlertDescription::CertificateRequired,
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::AccessDenied,
];

/// The innermost cause in one line. Outer ones repeat the address, with its query.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_asks_for_patience_in_seconds_or_until_a_date() {
        let now = "Fri, 20 Nov 2026 10:00:00 GMT";
        for (asked, date, wait) in [
            ("7", None, Some(7)),
            ("Fri, 20 Nov 2026 10:00:30 GMT", Some(now), Some(30)),
            ("Friday, 20-Nov-26 10:00:30 GMT", Some(now), Some(30)),
            ("Fri, 20 Nov 2026 09:59:30 GMT", Some(now), Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", None, Some(0)),
            ("soon", Some(now), None),
            ("-1", None, None),
        ] {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(asked))]);
            headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
            assert_eq!(retry_after(&headers), wait, "{asked}");
        }
    }
}
