use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::http::{Exchanged, Http, wiped};
use crate::unanswered::Unanswered;
use reference::{Finding, Reason};

/// The SDK's way out: the HTTP client that vaults without a library have, too. It follows no redirects, keeps to the
/// vault's time limit, and its failures are told in our words.
#[derive(Clone)]
pub struct Connector(Arc<Http>);

impl Connector {
    /// One over a client.
    pub fn new(http: Http) -> Self {
        Self(Arc::new(http))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let exchanged = exchange(&http, request).await;
            exchanged.map_err(|finding| ConnectorError::other(Box::new(Unanswered(finding)), None))
        })
    }
}

async fn exchange(http: &Http, request: HttpRequest) -> Result<HttpResponse, Finding> {
    let sent = request.try_into_http1x().map_err(|_| unfit())?;
    let sent = sent.map(|body| wiped(body.bytes().unwrap_or_default()));
    let sent = reqwest::Request::try_from(sent).map_err(|_| unfit())?;
    let Exchanged { status, headers, body } = http.exchange(sent).await?;
    let mut answer = HttpResponse::new(status.try_into().map_err(|_| unfit())?, wiped(body.expose()).into());
    for (name, value) in &headers {
        if let Ok(value) = value.to_str() {
            let _ = answer
                .headers_mut()
                .try_append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(answer)
}

fn unfit() -> Finding {
    Finding::new(
        Reason::BadSettings,
        "what is set makes no request that could be sent to AWS",
    )
    .help("correct the settings of the vault")
}
