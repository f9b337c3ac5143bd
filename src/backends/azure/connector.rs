use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::request::{Body, Request};
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, RetryOptions, Transport};
use url::Url;

use crate::sdk_error::{FindingError, bad_request_finding};
use crate::vault_endpoint::VaultEndpoint;
use crate::vault_http::{RawHttpResponse, VaultHttpClient};
use http::{sensitive_header_value, zeroizing_bytes};
use reference::Finding;

/// The HTTP client of the SDK. It follows no redirects, retries as `Retry-After` asks, keeps to the vault's time limit, and
/// its failures are findings.
#[derive(Clone)]
pub(crate) struct AzureConnector(Arc<VaultHttpClient>);

impl AzureConnector {
    pub(crate) fn new(http: VaultHttpClient) -> Self {
        Self(Arc::new(http))
    }

    /// The server of a URL, as messages name it.
    pub(crate) fn endpoint(&self, url: &Url) -> VaultEndpoint {
        self.0.endpoint(url)
    }

    /// # Errors
    /// No response.
    pub(crate) async fn send_raw(&self, request: &Request) -> Result<RawHttpResponse, Finding> {
        let request = to_reqwest_request(request).ok_or_else(|| bad_request_finding("Azure"))?;
        self.0.send_raw_with_retry(&request).await
    }
}

impl fmt::Debug for AzureConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AzureConnector")
    }
}

#[async_trait]
impl HttpClient for AzureConnector {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.send_raw(request).await.map(to_sdk_response).map_err(to_sdk_error)
    }
}

/// Options by which clients of the SDK send through ours and do not retry by themselves (for managed identities they do all
/// the same).
pub(crate) fn transport_options(client: Arc<dyn HttpClient>) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(client)),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    }
}

/// A finding as the SDK carries it, in an error of a kind that it never retries.
pub(crate) fn to_sdk_error(finding: Finding) -> azure_core::Error {
    azure_core::Error::new(azure_core::error::ErrorKind::Credential, FindingError(finding))
}

pub(crate) fn to_sdk_response(response: RawHttpResponse) -> AsyncRawResponse {
    let mut headers = Headers::new();
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            headers.insert(
                HeaderName::from(name.as_str().to_owned()),
                HeaderValue::from(value.to_owned()),
            );
        }
    }
    AsyncRawResponse::from_bytes(response.status.into(), headers, zeroizing_bytes(response.body.expose()))
}

fn to_reqwest_request(request: &Request) -> Option<reqwest::Request> {
    let method = reqwest::Method::from_bytes(request.method().as_ref().as_bytes()).ok()?;
    let mut copy = reqwest::Request::new(method, request.url().clone());
    for (name, value) in request.headers().iter() {
        let name = reqwest::header::HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        let value = sensitive_header_value(value.as_str().as_bytes())?;
        copy.headers_mut().insert(name, value);
    }
    let Body::Bytes(body) = request.body() else {
        return None;
    };
    if !body.is_empty() {
        *copy.body_mut() = Some(zeroizing_bytes(body).into());
    }
    Some(copy)
}
