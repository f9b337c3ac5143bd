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

/// How many requests are under way at a time.
const MAX_CONCURRENCY: usize = 8;

/// The pauses after which a server that says that it is at fault is asked again.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1200)];

/// The header that says which project pays for a request.
const QUOTA_PROJECT_HEADER: HeaderName = HeaderName::from_static("x-goog-user-project");

/// Secret Manager, ready to be asked.
pub struct GcpSecretsClient {
    /// The way to it.
    pub http: VaultHttpClient,
    /// Where it is.
    pub endpoint: GcpEndpoint,
    /// The vault's name.
    pub vault: String,
}

impl GcpSecretsClient {
    /// An answer to each wish.
    pub async fn fetch_all(
        &self,
        bearer: &GcpAuthHeaders,
        wishes: BTreeSet<GcpSecretRequest>,
    ) -> BTreeMap<GcpSecretRequest, SecretResponse> {
        let answers = stream::iter(wishes).map(|wish| async move {
            let fetched = self
                .fetch_secret(bearer, &wish)
                .await
                .unwrap_or_else(SecretResponse::Unavailable);
            (wish, fetched)
        });
        answers.buffer_unordered(MAX_CONCURRENCY).collect().await
    }

    /// `GET /v1/projects/{project}/secrets/{secret}/versions/{version}:access`.
    async fn fetch_secret(&self, bearer: &GcpAuthHeaders, wish: &GcpSecretRequest) -> Result<SecretResponse, Finding> {
        let version = format!("{}:access", wish.version_label());
        let answer = self.send_with_retry(bearer, self.version_url(wish, &version)).await?;
        let told = GcpSecretFindings {
            client: self,
            request: wish,
        };
        match answer.status {
            200 => read_payload(&answer, &told),
            _ => match classify_response(&answer) {
                GcpErrorKind::UnreadableVersion(SecretVersionState::Unknown) => {
                    Err(told.error_finding(self.read_version_state(bearer, wish).await))
                }
                other => Err(told.error_finding(other)),
            },
        }
    }

    /// A version that is not read for a reason that nobody understands: what it is in says why.
    async fn read_version_state(&self, bearer: &GcpAuthHeaders, wish: &GcpSecretRequest) -> GcpErrorKind {
        let answer = self
            .send_with_retry(bearer, self.version_url(wish, &wish.version_label()))
            .await;
        let body = answer.ok().filter(|answer| answer.status == 200);
        let body = body.and_then(|answer| ZeroizingValue::parse(answer.body.expose()));
        GcpErrorKind::UnreadableVersion(body.map_or(SecretVersionState::Unknown, |body| parse_state(body.value())))
    }

    async fn send_with_retry(&self, bearer: &GcpAuthHeaders, url: Url) -> Result<VaultHttpResponse, Finding> {
        let call = VaultHttpRequest::get(url).with_header(AUTHORIZATION, bearer.authorization.clone());
        let call = match &bearer.quota_project {
            Some(project) => call.with_header(QUOTA_PROJECT_HEADER, project.clone()),
            None => call,
        };
        for pause in RETRY_PAUSES {
            let answer = self.http.send_with_retry(&call).await?;
            if answer.status < 500 {
                return Ok(answer);
            }
            tokio::time::sleep(pause).await;
        }
        self.http.send_with_retry(&call).await
    }

    fn version_url(&self, wish: &GcpSecretRequest, version: &str) -> Url {
        self.endpoint
            .url_for(&["secrets", &wish.secret_id, "versions", version])
    }
}

/// The secret, if it came whole and is text.
fn read_payload(answer: &VaultHttpResponse, told: &GcpSecretFindings<'_>) -> Result<SecretResponse, Finding> {
    let body = ZeroizingValue::parse(answer.body.expose());
    let payload = body.as_ref().and_then(|body| body.value().get("payload"));
    let data = payload.and_then(|payload| payload.get("data")?.as_str());
    let bytes = data.and_then(|data| STANDARD.decode(data).ok()).map(Zeroizing::new);
    let bytes =
        bytes.ok_or_else(|| told.unexpected_response_finding("comes without a value, which Google does not do"))?;
    let sum = payload.and_then(|payload| payload.get("dataCrc32c"));
    if sum.is_some_and(|sum| parse_u64(sum) != Some(u64::from(crc32c(&bytes)))) {
        return Err(told.unexpected_response_finding("comes with another checksum than it has"));
    }
    let secret = Secret::from(bytes);
    match secret.text() {
        Some(_) => Ok(SecretResponse::Text(secret)),
        None => Err(told.binary_secret_finding()),
    }
}

/// A whole number of 64 bits, which Google writes as a text.
fn parse_u64(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// CRC-32C (Castagnoli), reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(sum & 1));
    let sum = bytes
        .iter()
        .fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step));
    !sum
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        for (bytes, sum) in [
            (&b""[..], 0),
            (b"123456789", 0xe306_9283),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
        ] {
            assert_eq!(crc32c(bytes), sum);
        }
    }
}
