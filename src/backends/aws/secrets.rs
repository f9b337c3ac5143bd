use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};
use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use super::error::{AwsError, AwsErrorKind, retry_with_backoff};
use reference::{Finding, Reason, Secret, SecretRequest, SecretResponse};

/// How many secrets a batch has at most: a limit of AWS'.
const MAX_BATCH: usize = 20;

const MAX_CONCURRENCY: usize = 8;

/// How many pages the response to a batch may have.
const MAX_PAGES: usize = 20;

/// A version of a secret, as Kong requests it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AwsSecretRequest {
    secret_id: String,
    stage: AwsVersionStage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AwsVersionStage {
    Current,
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
    /// # Errors
    /// A name that no secret of AWS' can have, or a version of which Kong's documentation says nothing.
    pub(crate) fn from_request(vault: &str, request: &SecretRequest) -> Result<Self, Finding> {
        let id = &request.resource;
        let stage = match request.version.as_deref() {
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

/// Reads secrets of Secrets Manager.
pub(crate) struct AwsSecretsClient {
    pub(crate) client: Client,
    /// The vault and where it is, as messages say it.
    pub(crate) endpoint_label: Arc<str>,
    pub(crate) vault: String,
    pub(crate) deadline: Instant,
}

type AwsSecretResponses = BTreeMap<AwsSecretRequest, SecretResponse>;

impl AwsSecretsClient {
    /// A response to each request. Only current versions can be read in batches.
    pub(crate) async fn fetch_all(&self, requests: BTreeSet<AwsSecretRequest>) -> AwsSecretResponses {
        let (current, previous): (Vec<AwsSecretRequest>, Vec<AwsSecretRequest>) = requests
            .into_iter()
            .partition(|request| request.stage == AwsVersionStage::Current);
        let batches = current.chunks(MAX_BATCH).map(<[AwsSecretRequest]>::to_vec);
        let chunks: Vec<Vec<AwsSecretRequest>> = batches
            .chain(previous.into_iter().map(|request| vec![request]))
            .collect();
        let responses = stream::iter(chunks).map(|requests| self.fetch_chunk(requests));
        responses
            .buffer_unordered(MAX_CONCURRENCY)
            .concat()
            .await
            .into_iter()
            .collect()
    }

    async fn fetch_chunk(&self, requests: Vec<AwsSecretRequest>) -> Vec<(AwsSecretRequest, SecretResponse)> {
        match requests.len() {
            1 => self.fetch_individually(requests).await,
            _ => self.fetch_batch(requests).await,
        }
    }

    async fn fetch_individually(&self, requests: Vec<AwsSecretRequest>) -> Vec<(AwsSecretRequest, SecretResponse)> {
        let responses = stream::iter(requests).map(|request| async move {
            let fetched = self
                .fetch_secret(&request)
                .await
                .unwrap_or_else(SecretResponse::Unavailable);
            (request, fetched)
        });
        responses.buffered(MAX_CONCURRENCY).collect().await
    }

    async fn fetch_secret(&self, request: &AwsSecretRequest) -> Result<SecretResponse, Finding> {
        let send = || {
            let call = self.client.get_secret_value().secret_id(&request.secret_id);
            call.version_stage(request.stage.label()).send()
        };
        let response = retry_with_backoff(self.deadline, send)
            .await
            .map_err(|error| self.error_finding(&error, request))?;
        Ok(self.value_response(request, response.secret_string, response.secret_binary.is_some()))
    }

    /// What a batch does not return, or denies, is read alone: who may read secrets need not be allowed to batch.
    async fn fetch_batch(&self, requests: Vec<AwsSecretRequest>) -> Vec<(AwsSecretRequest, SecretResponse)> {
        let (values, errors) = match self.request_batch_pages(&requests).await {
            Ok(response) => response,
            Err(error) if error.affects_whole_vault() => {
                let finding = error.vault_finding(&self.endpoint_label, &self.vault);
                return requests
                    .into_iter()
                    .map(|request| (request, SecretResponse::Unavailable(finding.clone())))
                    .collect();
            }
            Err(_) => Default::default(),
        };
        let mut responses = Vec::with_capacity(requests.len());
        let mut remaining = Vec::new();
        for request in requests {
            let value = values.iter().find(|value| is_value_of(value, &request.secret_id));
            let error = errors
                .iter()
                .find(|error| error.secret_id() == Some(&request.secret_id));
            match (value, error.map(batch_entry_error)) {
                (Some(value), _) => {
                    let fetched =
                        self.value_response(&request, value.secret_string.clone(), value.secret_binary.is_some());
                    responses.push((request, fetched));
                }
                (None, Some(error))
                    if matches!(error.kind(), AwsErrorKind::NotFound | AwsErrorKind::MarkedForDeletion) =>
                {
                    let finding = self.error_finding(&error, &request);
                    responses.push((request, SecretResponse::Unavailable(finding)));
                }
                (None, _) => remaining.push(request),
            }
        }
        responses.extend(self.fetch_individually(remaining).await);
        responses
    }

    async fn request_batch_pages(
        &self,
        requests: &[AwsSecretRequest],
    ) -> Result<(Vec<SecretValueEntry>, Vec<ApiErrorType>), AwsError> {
        let ids: Vec<String> = requests.iter().map(|request| request.secret_id.clone()).collect();
        let (mut values, mut errors, mut page) = (Vec::new(), Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let send = || {
                let request = self.client.batch_get_secret_value();
                request
                    .set_secret_id_list(Some(ids.clone()))
                    .set_next_token(page.clone())
                    .send()
            };
            let response = retry_with_backoff(self.deadline, send).await?;
            values.extend(response.secret_values.unwrap_or_default());
            errors.extend(response.errors.unwrap_or_default());
            page = response.next_token;
            if page.is_none() {
                break;
            }
        }
        Ok((values, errors))
    }

    fn value_response(&self, request: &AwsSecretRequest, text: Option<String>, is_binary: bool) -> SecretResponse {
        let id = &request.secret_id;
        let (reason, what, help) = match (text, is_binary) {
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

    fn error_finding(&self, error: &AwsError, request: &AwsSecretRequest) -> Finding {
        let (id, stage, endpoint_label) = (&request.secret_id, request.stage.label(), &self.endpoint_label);
        let (reason, what, help) = match error.kind() {
            AwsErrorKind::NotFound => return self.not_found_finding(error, request),
            AwsErrorKind::MarkedForDeletion => (
                Reason::DeletedVersion,
                format!("of {endpoint_label} is marked for deletion"),
                "restore it (aws secretsmanager restore-secret), or correct the reference",
            ),
            AwsErrorKind::AccessDenied => (
                Reason::PermissionDenied,
                format!("of {endpoint_label} may not be read with these credentials, or it does not exist"),
                "allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key if that is not AWS' own",
            ),
            AwsErrorKind::DecryptionFailed => (
                Reason::PermissionDenied,
                format!(
                    "of {endpoint_label} cannot be decrypted: its KMS key is disabled, is being deleted, or is not for these credentials"
                ),
                "enable the key, and allow kms:Decrypt on it",
            ),
            AwsErrorKind::InvalidParameter => (
                Reason::BadResource,
                format!("({stage}) is none that {endpoint_label} could have: AWS takes neither the name nor the ARN"),
                "write the name as AWS has it, or the whole ARN, of the vault's region",
            ),
            _ => return error.vault_finding(endpoint_label, &self.vault),
        };
        Finding::new(reason, format!("the secret '{id}' {what}"))
            .about(id)
            .help(help)
    }

    fn not_found_finding(&self, error: &AwsError, request: &AwsSecretRequest) -> Finding {
        let (id, endpoint_label) = (&request.secret_id, &self.endpoint_label);
        let spelling = "create it, or correct the reference: a slash in the name is written %2F";
        let (reason, what, help) = match (error.mentions_stage(), request.stage) {
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
        Finding::new(reason, format!("the secret '{id}' of {endpoint_label} {what}"))
            .about(id)
            .help(help)
    }
}

/// Whether a value is that of a name, an ARN, or an ARN without the six characters that AWS adds.
fn is_value_of(value: &SecretValueEntry, id: &str) -> bool {
    let added = |arn: &str| {
        arn.strip_prefix(id)
            .is_some_and(|rest| rest.len() == 7 && rest.starts_with('-'))
    };
    let arn = value.arn().unwrap_or_default();
    value.name() == Some(id) || arn == id || id.starts_with("arn:") && added(arn)
}

fn batch_entry_error(error: &ApiErrorType) -> AwsError {
    AwsError::from_code(
        error.error_code().unwrap_or_default(),
        error.message().unwrap_or_default(),
    )
}
