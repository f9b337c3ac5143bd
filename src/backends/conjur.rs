//! `conjur`: CyberArk Conjur, by API keys, the one way to log in that Kong has.
//!
//! How Kong asks is known from its documentation alone (the fields of the vault's config, slashes of an identifier as
//! `%2F`); paths, bodies and statuses are those of CyberArk's OpenAPI description 5.3.2 and its documentation. No real
//! server was at hand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION};
use tokio::sync::OnceCell;
use url::Url;

use super::destination_check::{check_credential_destination, check_tls_verification};
use super::findings::bad_settings_finding;
use super::operator::operator_variable_name;
use super::vault_http::{VaultHttpClient, VaultHttpOptions, VaultHttpRequest, VaultHttpResponse};
use super::{Backend, BackendContext};
use http::parse_http_url;
use json::{Object, Value};
use reference::{
    Destination, Finding, Reason, Secret, SecretRequest, SecretResponse, SettingOrigin, VaultTarget, split_resource,
};
use schema::zeroize_value;

/// The words for the address: the checker's own, and Kong's.
const ADDRESS_SETTINGS: [&str; 3] = ["address", "endpoint", "endpoint_url"];

/// How many variables one request names: a URL has its limits.
const MAX_BATCH: usize = 50;

/// How many single variables are read at a time.
const MAX_CONCURRENCY: usize = 8;

struct ConjurBackend {
    http: VaultHttpClient,
    vault: String,
    base_url: Url,
    account: String,
    login: String,
    api_key: Secret,
    token: OnceCell<Result<Secret, Finding>>,
}

/// The server that the settings name, if the API key may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: no API key, half a set, no address, or one that nobody vouches for.
pub fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let key = target.get("api_key");
    let key = key.filter(|key| target.owned || target.is_backend_name || key.origin == SettingOrigin::Operator);
    let key = key.ok_or_else(|| no_credentials_finding(target))?;
    let need = |word: &str| target.text(word).ok_or_else(|| missing_setting_finding(target, word));
    let (account, login) = (need("account")?, need("login")?);
    let base = read_address(target)?;
    let notes = ["account", "login"].map(|word| {
        target
            .get(word)
            .map_or(SettingOrigin::Repository, |setting| setting.origin)
    });
    let notes = notes
        .into_iter()
        .filter(|side| matches!(side, SettingOrigin::Operator | SettingOrigin::Template));
    let shown: Vec<SettingOrigin> = [key.origin].into_iter().chain(notes).collect();
    let hidden = ADDRESS_SETTINGS.iter().any(|word| target.is_templated(word));
    check_tls_verification(&shown, &base.url, target, &context.allowed_hosts)?;
    check_credential_destination(&shown, &base, &context.allowed_hosts, &target.name, hidden)?;
    let access = VaultHttpOptions {
        is_host_hidden: hidden,
        ca_bundle: target.get("ca_cert").map(|setting| &setting.value),
        ..VaultHttpOptions::new(&target.name, context.timeout)
    };
    Ok(Box::new(ConjurBackend {
        http: VaultHttpClient::new(&access)?,
        vault: target.name.clone(),
        base_url: base.url,
        account: account.to_owned(),
        login: login.to_owned(),
        api_key: key.value.clone(),
        token: OnceCell::new(),
    }))
}

/// The checker's address; else the config's.
fn read_address(target: &VaultTarget) -> Result<Destination, Finding> {
    let said = ADDRESS_SETTINGS.iter().find(|word| target.get(word).is_some());
    let word = said.ok_or_else(|| missing_setting_finding(target, "endpoint_url"))?;
    let url = target.text(word).and_then(parse_http_url);
    let side = target.least_trusted_origin(&[word]);
    match url {
        Some(url) => Ok(Destination {
            url,
            origin: side,
            is_vendor_host: false,
        }),
        None => Err(bad_config_finding(target, &format!("{word} is no http or https URL"))),
    }
}

fn no_credentials_finding(target: &VaultTarget) -> Finding {
    let vault = &target.name;
    let variable = operator_variable_name(vault, "api_key");
    let message = format!("no API key is given for the vault '{vault}', so that it is not asked");
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help(format!("set {variable} where the check runs"))
}

fn missing_setting_finding(target: &VaultTarget, word: &str) -> Finding {
    bad_config_finding(target, &format!("{word} is missing"))
}

fn bad_config_finding(target: &VaultTarget, what: &str) -> Finding {
    bad_settings_finding(&target.name, what)
        .help("correct the config of the vault, or what is said of it where the check runs")
}

impl Backend for ConjurBackend {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        async move {
            let mut fetched: Vec<Option<SecretResponse>> =
                wanted.iter().map(|wanted| self.reject_request(wanted)).collect();
            let open = |fetched: &[Option<SecretResponse>]| -> Vec<usize> {
                (0..fetched.len()).filter(|at| fetched[*at].is_none()).collect()
            };
            let sound = open(&fetched);
            if sound.len() > 1 {
                for batch in sound.chunks(MAX_BATCH) {
                    let names = batch.iter().map(|at| wanted[*at].resource.as_str()).collect();
                    for (at, answer) in batch.iter().zip(self.fetch_batch(names).await) {
                        fetched[*at] = answer;
                    }
                }
            }
            let single = stream::iter(open(&fetched))
                .map(|at| async move { (at, self.fetch_variable(&wanted[at].resource).await) });
            let single: Vec<(usize, SecretResponse)> = single.buffered(MAX_CONCURRENCY).collect().await;
            for (at, answer) in single {
                fetched[at] = Some(answer);
            }
            fetched.into_iter().flatten().collect()
        }
        .boxed()
    }
}

impl ConjurBackend {
    /// What is never asked for.
    fn reject_request(&self, wanted: &SecretRequest) -> Option<SecretResponse> {
        if let Err(finding) = split_resource(&self.vault, &wanted.resource) {
            return Some(SecretResponse::Unavailable(finding));
        }
        let version = wanted.version.as_ref()?;
        let (vault, resource) = (&self.vault, &wanted.resource);
        let message =
            format!("what Kong makes of version {version} of '{resource}' in the vault '{vault}' is not documented");
        let finding = Finding::new(Reason::Undocumented, message).about(resource);
        Some(SecretResponse::Unavailable(
            finding.help("leave the part after # out: the latest version is meant"),
        ))
    }

    /// Several variables in one request; nothing of those that have to be asked for one by one. These are the ones that it
    /// does not answer for, and all of them if it fails because of one: only so can it be told which.
    async fn fetch_batch(&self, resources: Vec<&str>) -> Vec<Option<SecretResponse>> {
        let id = |resource: &str| format!("{}:variable:{resource}", self.account);
        let encoded = |resource: &&str| utf8_percent_encode(&id(resource), NON_ALPHANUMERIC).to_string();
        let ids: Vec<String> = resources.iter().map(encoded).collect();
        let mut url = self.url_for(&["secrets"]);
        url.set_query(Some(&format!("variable_ids={}", ids.join(","))));
        let answer = match self.get_with_token(url.clone()).await {
            Ok(answer) => answer,
            Err(finding) => return vec![Some(SecretResponse::Unavailable(finding)); resources.len()],
        };
        match answer.status {
            200 => self.take_batch_values(&answer, &resources),
            403 | 404 | 406 | 422 => vec![None; resources.len()],
            status => vec![
                Some(SecretResponse::Unavailable(
                    self.unexpected_status_finding(&url, status)
                ));
                resources.len()
            ],
        }
    }

    /// What the answer to a batch has for each.
    fn take_batch_values(&self, answer: &VaultHttpResponse, resources: &[&str]) -> Vec<Option<SecretResponse>> {
        let Ok(mut found) = serde_json::from_slice::<Object>(answer.body.expose()) else {
            return vec![None; resources.len()];
        };
        let take = |resource: &&str| match found.remove(&format!("{}:variable:{resource}", self.account)) {
            Some(Value::String(text)) => Some(SecretResponse::Text(Secret::new(text.into_bytes()))),
            _ => None,
        };
        let taken = resources.iter().map(take).collect();
        found.values_mut().for_each(zeroize_value);
        taken
    }

    async fn fetch_variable(&self, resource: &str) -> SecretResponse {
        let url = self.url_for(&["secrets", &self.account, "variable", resource]);
        match self.get_with_token(url.clone()).await {
            Ok(VaultHttpResponse { status: 200, body, .. }) => SecretResponse::Text(body),
            Ok(answer) => SecretResponse::Unavailable(self.variable_status_finding(&url, answer.status, resource)),
            Err(finding) => SecretResponse::Unavailable(finding),
        }
    }

    async fn get_with_token(&self, url: Url) -> Result<VaultHttpResponse, Finding> {
        let token = self.token.get_or_init(|| self.log_in()).await.clone()?;
        self.http
            .send_with_retry(&VaultHttpRequest::get(url).with_header(AUTHORIZATION, token))
            .await
    }

    /// The value of the header that a login yields: good for eight minutes, longer than all requests may take.
    async fn log_in(&self) -> Result<Secret, Finding> {
        let url = self.url_for(&["authn", &self.account, &self.login, "authenticate"]);
        let call = VaultHttpRequest::post(url.clone(), "text/plain", self.api_key.clone());
        let answer = self
            .http
            .send_with_retry(&call.with_header(ACCEPT_ENCODING, Secret::new("base64")))
            .await?;
        let place = self.http.endpoint(&url);
        match answer.status {
            200 => Ok(authorization_header(&answer.body)),
            401 | 403 | 404 => Err(place
                .finding(
                    Reason::LoginRefused,
                    "refuses the login: account, login or API key is wrong",
                )
                .help("check account and login in the vault's config, and the API key")),
            status => Err(self.unexpected_status_finding(&url, status)),
        }
    }

    /// An answer that has nothing to do with what was asked for.
    fn unexpected_status_finding(&self, url: &Url, status: u16) -> Finding {
        let place = self.http.endpoint(url);
        match status {
            401 => place
                .finding(Reason::LoginRefused, "takes the token of its own login for no good one")
                .help("check that the API key belongs to the login"),
            503 => place
                .finding(Reason::ServerError, "is not ready to answer")
                .help("try again when the server is up"),
            _ => place.unexpected_response_finding(&format!("answers with status {status}")),
        }
    }

    fn variable_status_finding(&self, url: &Url, status: u16, resource: &str) -> Finding {
        let place = self.http.endpoint(url);
        let (reason, what, help) = match status {
            403 => (
                Reason::PermissionDenied,
                format!("refuses to show the variable '{resource}', or it does not exist"),
                "let the policy permit this host to execute the variable",
            ),
            404 => (
                Reason::NoSuchSecret,
                format!("has no variable '{resource}', or none with a value"),
                "write the identifier as the policy has it, its slashes as %2F (a last segment is a JSON key), and load a value",
            ),
            406 => (
                Reason::BadContent,
                format!("holds no text in the variable '{resource}'"),
                "store it as text",
            ),
            422 => (
                Reason::BadResource,
                format!("takes '{resource}' for no variable's name"),
                "correct the name in the reference",
            ),
            _ => return self.unexpected_status_finding(url, status),
        };
        place.finding(reason, &what).about(resource).help(help)
    }

    /// A path below the address: every segment is encoded by itself, slashes in it too.
    fn url_for(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

/// The header's value for a token, which the server gives as base64 if it is asked to, and else as JSON.
fn authorization_header(token: &Secret) -> Secret {
    let bytes = token.expose().trim_ascii();
    let encoded = match bytes.first() {
        Some(b'{') => STANDARD.encode(bytes).into_bytes(),
        _ => bytes.to_vec(),
    };
    let encoded = Secret::new(encoded);
    Secret::new([b"Token token=\"", encoded.expose(), b"\""].concat())
}
