use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt};
use reqwest::header::{AUTHORIZATION, HeaderName};
use url::Url;
use zeroize::Zeroizing;

use super::endpoint::GcpEndpoint;
use super::error::{GcpErrorKind, SecretVersionState, classify_response, parse_state};
use super::findings::GcpSecretFindings;
use super::login::GcpAuthHeaders;
use super::secret_request::GcpSecretRequest;
use crate::vault_http::{VaultHttpClient, VaultHttpRequest, VaultHttpResponse};
use json::Value;
use reference::ZeroizingValue;
use reference::{Finding, Secret, SecretResponse};

const MAX_CONCURRENCY: usize = 8;

/// The pauses before retries after a fault of the server's.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1200)];

const QUOTA_PROJECT_HEADER: HeaderName = HeaderName::from_static("x-goog-user-project");

/// Reads secrets of Secret Manager.
pub(crate) struct GcpSecretsClient {
    pub(crate) http: VaultHttpClient,
    pub(crate) endpoint: GcpEndpoint,
    pub(crate) vault: String,
}

impl GcpSecretsClient {
    pub(crate) async fn fetch_all(
        &self,
        headers: &GcpAuthHeaders,
        requests: BTreeSet<GcpSecretRequest>,
    ) -> BTreeMap<GcpSecretRequest, SecretResponse> {
        let responses = stream::iter(requests).map(|request| async move {
            let fetched = self
                .fetch_secret(headers, &request)
                .await
                .unwrap_or_else(SecretResponse::Unavailable);
            (request, fetched)
        });
        responses.buffer_unordered(MAX_CONCURRENCY).collect().await
    }

    /// `GET /v1/projects/{project}/secrets/{secret}/versions/{version}:access`.
    async fn fetch_secret(
        &self,
        headers: &GcpAuthHeaders,
        request: &GcpSecretRequest,
    ) -> Result<SecretResponse, Finding> {
        let version = format!("{}:access", request.version_label());
        let response = self
            .send_with_retry(headers, self.version_url(request, &version))
            .await?;
        let findings = GcpSecretFindings { client: self, request };
        match response.status {
            200 => read_payload(&response, &findings),
            _ => match classify_response(&response) {
                GcpErrorKind::UnreadableVersion(SecretVersionState::Unknown) => {
                    Err(findings.error_finding(self.read_version_state(headers, request).await))
                }
                other => Err(findings.error_finding(other)),
            },
        }
    }

    /// The state of a version that cannot be read for an unknown reason.
    async fn read_version_state(&self, headers: &GcpAuthHeaders, request: &GcpSecretRequest) -> GcpErrorKind {
        let response = self
            .send_with_retry(headers, self.version_url(request, &request.version_label()))
            .await;
        let body = response.ok().filter(|response| response.status == 200);
        let body = body.and_then(|response| ZeroizingValue::parse(response.body.expose()));
        GcpErrorKind::UnreadableVersion(body.map_or(SecretVersionState::Unknown, |body| parse_state(body.value())))
    }

    async fn send_with_retry(&self, headers: &GcpAuthHeaders, url: Url) -> Result<VaultHttpResponse, Finding> {
        let http_request = VaultHttpRequest::get(url).with_header(AUTHORIZATION, headers.authorization.clone());
        let http_request = match &headers.quota_project {
            Some(project) => http_request.with_header(QUOTA_PROJECT_HEADER, project.clone()),
            None => http_request,
        };
        for pause in RETRY_PAUSES {
            let response = self.http.send_with_retry(&http_request).await?;
            if response.status < 500 {
                return Ok(response);
            }
            tokio::time::sleep(pause).await;
        }
        self.http.send_with_retry(&http_request).await
    }

    fn version_url(&self, request: &GcpSecretRequest, version: &str) -> Url {
        self.endpoint
            .url_for(&["secrets", &request.secret_id, "versions", version])
    }
}

/// The secret, if its checksum fits and it is text.
fn read_payload(response: &VaultHttpResponse, findings: &GcpSecretFindings<'_>) -> Result<SecretResponse, Finding> {
    let body = ZeroizingValue::parse(response.body.expose());
    let payload = body.as_ref().and_then(|body| body.value().get("payload"));
    let data = payload.and_then(|payload| payload.get("data")?.as_str());
    let bytes = data.and_then(|data| STANDARD.decode(data).ok()).map(Zeroizing::new);
    let bytes =
        bytes.ok_or_else(|| findings.unexpected_response_finding("comes without a value, which Google does not do"))?;
    let checksum = payload.and_then(|payload| payload.get("dataCrc32c"));
    if checksum.is_some_and(|checksum| parse_u64(checksum) != Some(u64::from(crc32c(&bytes)))) {
        return Err(findings.unexpected_response_finding("comes with another checksum than it has"));
    }
    let secret = Secret::from(bytes);
    match secret.text() {
        Some(_) => Ok(SecretResponse::Text(secret)),
        None => Err(findings.binary_secret_finding()),
    }
}

/// A whole number of 64 bits, which Google writes as a text.
fn parse_u64(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// CRC-32C (Castagnoli), reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |checksum: u32, _| (checksum >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(checksum & 1));
    let checksum = bytes.iter().fold(u32::MAX, |checksum, byte| {
        (0..8).fold(checksum ^ u32::from(*byte), step)
    });
    !checksum
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        for (bytes, checksum) in [
            (&b""[..], 0),
            (b"123456789", 0xe306_9283),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
        ] {
            assert_eq!(crc32c(bytes), checksum);
        }
    }
}
