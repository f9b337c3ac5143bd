use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::sdk_error::{FindingError, bad_request_finding};
use crate::vault_http::{RawHttpResponse, VaultHttpClient};
use http::zeroizing_bytes;
use reference::Finding;

/// The HTTP client of the SDK. It follows no redirects, keeps to the vault's time limit, and its failures are findings.
#[derive(Clone)]
pub(crate) struct AwsConnector(Arc<VaultHttpClient>);

impl AwsConnector {
    pub(crate) fn new(http: VaultHttpClient) -> Self {
        Self(Arc::new(http))
    }
}

impl fmt::Debug for AwsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsConnector")
    }
}

impl HttpClient for AwsConnector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for AwsConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let response = forward_request(&http, request).await;
            response.map_err(|finding| ConnectorError::other(Box::new(FindingError(finding)), None))
        })
    }
}

async fn forward_request(http: &VaultHttpClient, request: HttpRequest) -> Result<HttpResponse, Finding> {
    let request = request.try_into_http1x().map_err(|_| bad_request_finding("AWS"))?;
    let request = request.map(|body| zeroizing_bytes(body.bytes().unwrap_or_default()));
    let request = reqwest::Request::try_from(request).map_err(|_| bad_request_finding("AWS"))?;
    let RawHttpResponse { status, headers, body } = http.send_raw(request).await?;
    let mut response = HttpResponse::new(
        status.try_into().map_err(|_| bad_request_finding("AWS"))?,
        zeroizing_bytes(body.expose()).into(),
    );
    for (name, value) in &headers {
        if let Ok(value) = value.to_str() {
            let _ = response
                .headers_mut()
                .try_append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}
