use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt};
use reqwest::header::{AUTHORIZATION, HeaderName};
use url::Url;
use zeroize::Zeroizing;

use super::credentials::Bearer;
use super::place::Place;
use super::refusal::{Sort, State, sort, state};
use super::told::Told;
use super::wish::Wish;
use crate::http::{Answer, Call, Http};
use json::Value;
use reference::ZeroizingValue;
use reference::{Finding, Secret, SecretResponse};

/// How many requests are under way at a time.
const AT_ONCE: usize = 8;

/// The pauses after which a server that says that it is at fault is asked again.
const SECOND_CHANCES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1200)];

/// The header that says which project pays for a request.
const QUOTA: HeaderName = HeaderName::from_static("x-goog-user-project");

/// Secret Manager, ready to be asked.
pub struct Secrets {
    /// The way to it.
    pub http: Http,
    /// Where it is.
    pub place: Place,
    /// The vault's name.
    pub vault: String,
}

impl Secrets {
    /// An answer to each wish.
    pub async fn fetch(&self, bearer: &Bearer, wishes: BTreeSet<Wish>) -> BTreeMap<Wish, SecretResponse> {
        let answers = stream::iter(wishes).map(|wish| async move {
            let fetched = self
                .one(bearer, &wish)
                .await
                .unwrap_or_else(SecretResponse::Unavailable);
            (wish, fetched)
        });
        answers.buffer_unordered(AT_ONCE).collect().await
    }

    /// `GET /v1/projects/{project}/secrets/{secret}/versions/{version}:access`.
    async fn one(&self, bearer: &Bearer, wish: &Wish) -> Result<SecretResponse, Finding> {
        let version = format!("{}:access", wish.label());
        let answer = self.ask(bearer, self.at(wish, &version)).await?;
        let told = Told { secrets: self, wish };
        match answer.status {
            200 => payload(&answer, &told),
            _ => match sort(&answer) {
                Sort::Unreadable(State::Unknown) => Err(told.refused(self.looked_at(bearer, wish).await)),
                other => Err(told.refused(other)),
            },
        }
    }

    /// A version that is not read for a reason that nobody understands: what it is in says why.
    async fn looked_at(&self, bearer: &Bearer, wish: &Wish) -> Sort {
        let answer = self.ask(bearer, self.at(wish, &wish.label())).await;
        let body = answer.ok().filter(|answer| answer.status == 200);
        let body = body.and_then(|answer| ZeroizingValue::parse(answer.body.expose()));
        Sort::Unreadable(body.map_or(State::Unknown, |body| state(body.value())))
    }

    async fn ask(&self, bearer: &Bearer, url: Url) -> Result<Answer, Finding> {
        let call = Call::get(url).header(AUTHORIZATION, bearer.authorization.clone());
        let call = match &bearer.quota_project {
            Some(project) => call.header(QUOTA, project.clone()),
            None => call,
        };
        for pause in SECOND_CHANCES {
            let answer = self.http.send(&call).await?;
            if answer.status < 500 {
                return Ok(answer);
            }
            tokio::time::sleep(pause).await;
        }
        self.http.send(&call).await
    }

    fn at(&self, wish: &Wish, version: &str) -> Url {
        self.place.at(&["secrets", &wish.id, "versions", version])
    }
}

/// The secret, if it came whole and is text.
fn payload(answer: &Answer, told: &Told<'_>) -> Result<SecretResponse, Finding> {
    let body = ZeroizingValue::parse(answer.body.expose());
    let payload = body.as_ref().and_then(|body| body.value().get("payload"));
    let data = payload.and_then(|payload| payload.get("data")?.as_str());
    let bytes = data.and_then(|data| STANDARD.decode(data).ok()).map(Zeroizing::new);
    let bytes = bytes.ok_or_else(|| told.nonsense("comes without a value, which Google does not do"))?;
    let sum = payload.and_then(|payload| payload.get("dataCrc32c"));
    if sum.is_some_and(|sum| number(sum) != Some(u64::from(crc32c(&bytes)))) {
        return Err(told.nonsense("comes with another checksum than it has"));
    }
    let secret = Secret::from(bytes);
    match secret.text() {
        Some(_) => Ok(SecretResponse::Text(secret)),
        None => Err(told.binary()),
    }
}

/// A whole number of 64 bits, which Google writes as a text.
fn number(value: &Value) -> Option<u64> {
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
