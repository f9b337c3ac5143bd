use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};
use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use super::error::{AwsError, AwsErrorKind, retry_with_backoff};
use reference::{Finding, Reason, Secret, SecretRequest, SecretResponse};

/// How many secrets are asked for together, at most: a limit of AWS'.
const MAX_BATCH: usize = 20;

/// How many requests are under way at a time.
const MAX_CONCURRENCY: usize = 8;

/// How many pages an answer for those may have.
const MAX_PAGES: usize = 20;

/// A version of a secret, as Kong asks for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AwsSecretRequest {
    secret_id: String,
    stage: AwsVersionStage,
}

/// Which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwsVersionStage {
    /// The one that holds.
    Current,
    /// The one before.
    Previous,
}

impl AwsVersionStage {
    fn label(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Previous => "AWSPREVIOUS",
        }
    }
}

impl AwsSecretRequest {
    /// What a reference asks for.
    ///
    /// # Errors
    /// A name that no secret of AWS' can have, or a version of which nobody says what Kong makes of it.
    pub fn from_request(vault: &str, wanted: &SecretRequest) -> Result<Self, Finding> {
        let id = &wanted.resource;
        let stage = match wanted.version.as_deref() {
            None | Some("1") => AwsVersionStage::Current,
            Some("2") => AwsVersionStage::Previous,
            Some(other) => return Err(undocumented_version_finding(vault, id, other)),
        };
        // AWS' own words: alphanumeric characters, or any of -/_+=.@! ; an ARN has colons besides
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_+=.@!".contains(&byte);
        let is_arn = id.starts_with("arn:");
        let is_name = (1..=2048).contains(&id.len()) && id.bytes().all(|byte| fits(byte) || is_arn && byte == b':');
        if !is_name {
            return Err(bad_name_finding(vault, id));
        }
        Ok(Self {
            secret_id: id.clone(),
            stage,
        })
    }
}

fn undocumented_version_finding(vault: &str, id: &str, version: &str) -> Finding {
    let message =
        format!("what Kong makes of version {version} of the secret '{id}' in the vault '{vault}' is not documented");
    Finding::new(Reason::Undocumented, message)
        .about(id)
        .help("no version or #1 is the current one (AWSCURRENT), #2 the one before (AWSPREVIOUS)")
}

fn bad_name_finding(vault: &str, id: &str) -> Finding {
    let shown = id.escape_debug();
    let message = format!(
        "'{shown}' cannot be the name of a secret of the vault '{vault}': AWS takes letters, digits and -/_+=.@! only"
    );
    Finding::new(Reason::BadResource, message)
        .about(shown.to_string())
        .help("write the name as AWS has it; a + in it as %252B, for Kong decodes twice")
}

/// Secrets Manager, ready to be asked.
pub struct AwsSecretsClient {
    /// The SDK's client.
    pub client: Client,
    /// The vault and where it is, as messages say it.
    pub endpoint_label: Arc<str>,
    /// The vault's name.
    pub vault: String,
    /// How long there is time.
    pub deadline: Instant,
}

type AwsSecretResponses = BTreeMap<AwsSecretRequest, SecretResponse>;

impl AwsSecretsClient {
    /// An answer to each wish. Only what holds can be asked for together.
    pub async fn fetch_all(&self, wishes: BTreeSet<AwsSecretRequest>) -> AwsSecretResponses {
        let (current, previous): (Vec<AwsSecretRequest>, Vec<AwsSecretRequest>) = wishes
            .into_iter()
            .partition(|wish| wish.stage == AwsVersionStage::Current);
        let together = current.chunks(MAX_BATCH).map(<[AwsSecretRequest]>::to_vec);
        let requests: Vec<Vec<AwsSecretRequest>> =
            together.chain(previous.into_iter().map(|wish| vec![wish])).collect();
        let answers = stream::iter(requests).map(|wishes| self.fetch_chunk(wishes));
        answers
            .buffer_unordered(MAX_CONCURRENCY)
            .concat()
            .await
            .into_iter()
            .collect()
    }

    async fn fetch_chunk(&self, wishes: Vec<AwsSecretRequest>) -> Vec<(AwsSecretRequest, SecretResponse)> {
        match wishes.len() {
            1 => self.fetch_individually(wishes).await,
            _ => self.fetch_batch(wishes).await,
        }
    }

    /// One after the other.
    async fn fetch_individually(&self, wishes: Vec<AwsSecretRequest>) -> Vec<(AwsSecretRequest, SecretResponse)> {
        let answers = stream::iter(wishes).map(|wish| async move {
            let fetched = self
                .fetch_secret(&wish)
                .await
                .unwrap_or_else(SecretResponse::Unavailable);
            (wish, fetched)
        });
        answers.buffered(MAX_CONCURRENCY).collect().await
    }

    async fn fetch_secret(&self, wish: &AwsSecretRequest) -> Result<SecretResponse, Finding> {
        let ask = || {
            let request = self.client.get_secret_value().secret_id(&wish.secret_id);
            request.version_stage(wish.stage.label()).send()
        };
        let answer = retry_with_backoff(self.deadline, ask)
            .await
            .map_err(|refusal| self.error_finding(&refusal, wish))?;
        Ok(self.value_response(wish, answer.secret_string, answer.secret_binary.is_some()))
    }

    /// In one request. What that does not answer, or denies, is asked for alone: who may read secrets need not be allowed
    /// to ask for several.
    async fn fetch_batch(&self, wishes: Vec<AwsSecretRequest>) -> Vec<(AwsSecretRequest, SecretResponse)> {
        let (values, refusals) = match self.request_batch_pages(&wishes).await {
            Ok(answer) => answer,
            Err(refusal) if refusal.affects_whole_vault() => {
                let finding = refusal.vault_finding(&self.endpoint_label, &self.vault);
                return wishes
                    .into_iter()
                    .map(|wish| (wish, SecretResponse::Unavailable(finding.clone())))
                    .collect();
            }
            Err(_) => Default::default(),
        };
        let mut answers = Vec::with_capacity(wishes.len());
        let mut alone = Vec::new();
        for wish in wishes {
            let value = values.iter().find(|value| is_value_of(value, &wish.secret_id));
            let refusal = refusals
                .iter()
                .find(|refusal| refusal.secret_id() == Some(&wish.secret_id));
            match (value, refusal.map(batch_entry_error)) {
                (Some(value), _) => {
                    let fetched =
                        self.value_response(&wish, value.secret_string.clone(), value.secret_binary.is_some());
                    answers.push((wish, fetched));
                }
                (None, Some(refusal))
                    if matches!(refusal.kind(), AwsErrorKind::NotFound | AwsErrorKind::MarkedForDeletion) =>
                {
                    let finding = self.error_finding(&refusal, &wish);
                    answers.push((wish, SecretResponse::Unavailable(finding)));
                }
                (None, _) => alone.push(wish),
            }
        }
        answers.extend(self.fetch_individually(alone).await);
        answers
    }

    async fn request_batch_pages(
        &self,
        wishes: &[AwsSecretRequest],
    ) -> Result<(Vec<SecretValueEntry>, Vec<ApiErrorType>), AwsError> {
        let ids: Vec<String> = wishes.iter().map(|wish| wish.secret_id.clone()).collect();
        let (mut values, mut refusals, mut page) = (Vec::new(), Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let ask = || {
                let request = self.client.batch_get_secret_value();
                request
                    .set_secret_id_list(Some(ids.clone()))
                    .set_next_token(page.clone())
                    .send()
            };
            let answer = retry_with_backoff(self.deadline, ask).await?;
            values.extend(answer.secret_values.unwrap_or_default());
            refusals.extend(answer.errors.unwrap_or_default());
            page = answer.next_token;
            if page.is_none() {
                break;
            }
        }
        Ok((values, refusals))
    }

    fn value_response(&self, wish: &AwsSecretRequest, text: Option<String>, binary: bool) -> SecretResponse {
        let id = &wish.secret_id;
        let (reason, what, help) = match (text, binary) {
            (Some(text), _) => return SecretResponse::Text(Secret::new(text)),
            (None, true) => (
                Reason::Undocumented,
                "is binary, and what Kong makes of one is not documented",
                "store it as text",
            ),
            (None, false) => (
                Reason::ServerError,
                "comes without a value, which AWS does not do",
                "check that the address is AWS' own and that no proxy answers in its place",
            ),
        };
        let message = format!("the secret '{id}' of {} {what}", self.endpoint_label);
        SecretResponse::Unavailable(Finding::new(reason, message).about(id).help(help))
    }

    fn error_finding(&self, refusal: &AwsError, wish: &AwsSecretRequest) -> Finding {
        let (id, stage, place) = (&wish.secret_id, wish.stage.label(), &self.endpoint_label);
        let (reason, what, help) = match refusal.kind() {
            AwsErrorKind::NotFound => return self.not_found_finding(refusal, wish),
            AwsErrorKind::MarkedForDeletion => (
                Reason::DeletedVersion,
                format!("of {place} is marked for deletion"),
                "restore it (aws secretsmanager restore-secret), or correct the reference",
            ),
            AwsErrorKind::AccessDenied => (
                Reason::PermissionDenied,
                format!("of {place} may not be read with these credentials, or it does not exist"),
                "allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key if that is not AWS' own",
            ),
            AwsErrorKind::DecryptionFailed => (
                Reason::PermissionDenied,
                format!(
                    "of {place} cannot be decrypted: its KMS key is disabled, is being deleted, or is not for these credentials"
                ),
                "enable the key, and allow kms:Decrypt on it",
            ),
            AwsErrorKind::InvalidParameter => (
                Reason::BadResource,
                format!("({stage}) is none that {place} could have: AWS takes neither the name nor the ARN"),
                "write the name as AWS has it, or the whole ARN, of the vault's region",
            ),
            _ => return refusal.vault_finding(place, &self.vault),
        };
        Finding::new(reason, format!("the secret '{id}' {what}"))
            .about(id)
            .help(help)
    }

    fn not_found_finding(&self, refusal: &AwsError, wish: &AwsSecretRequest) -> Finding {
        let (id, place) = (&wish.secret_id, &self.endpoint_label);
        let spelling = "create it, or correct the reference: a slash in the name is written %2F";
        let (reason, what, help) = match (refusal.mentions_stage(), wish.stage) {
            (true, AwsVersionStage::Current) => (
                Reason::NoSuchVersion,
                "holds no value yet (none is AWSCURRENT)",
                "put a value into it",
            ),
            (true, AwsVersionStage::Previous) => (
                Reason::NoSuchVersion,
                "has no previous version (none is AWSPREVIOUS)",
                "leave #2 out, or change the secret once, so that there is one",
            ),
            (false, AwsVersionStage::Current) => (Reason::NoSuchSecret, "does not exist", spelling),
            (false, AwsVersionStage::Previous) => (
                Reason::NoSuchSecret,
                "does not exist, or has no previous version (AWSPREVIOUS)",
                spelling,
            ),
        };
        Finding::new(reason, format!("the secret '{id}' of {place} {what}"))
            .about(id)
            .help(help)
    }
}

/// Whether a value is the secret's of that name, ARN, or ARN without the six characters that AWS adds.
fn is_value_of(value: &SecretValueEntry, id: &str) -> bool {
    let added = |arn: &str| {
        arn.strip_prefix(id)
            .is_some_and(|rest| rest.len() == 7 && rest.starts_with('-'))
    };
    let arn = value.arn().unwrap_or_default();
    value.name() == Some(id) || arn == id || id.starts_with("arn:") && added(arn)
}

fn batch_entry_error(refusal: &ApiErrorType) -> AwsError {
    AwsError::from_code(
        refusal.error_code().unwrap_or_default(),
        refusal.message().unwrap_or_default(),
    )
}
