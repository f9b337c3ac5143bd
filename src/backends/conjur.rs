//! `conjur`: CyberArk Conjur, by API keys, the one auth method that Kong has.
//!
//! What Kong requests is known from its documentation alone (the fields of the vault's config, slashes of an identifier as
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

/// The settings for the address: the operator's, and Kong's.
const ADDRESS_SETTINGS: [&str; 3] = ["address", "endpoint", "endpoint_url"];

/// How many variables one request names: a URL has its limits.
const MAX_BATCH: usize = 50;

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

/// The server that the settings name, if the API key may be sent to it.
///
/// # Errors
/// What holds for all of the vault's secrets: no API key, half of a pair, no address, or one that is not allowed.
pub(crate) fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let api_key = target.get("api_key");
    let api_key =
        api_key.filter(|api_key| target.owned || target.is_backend_name || api_key.origin == SettingOrigin::Operator);
    let api_key = api_key.ok_or_else(|| no_credentials_finding(target))?;
    let require_text = |setting: &str| {
        target
            .text(setting)
            .ok_or_else(|| missing_setting_finding(target, setting))
    };
    let (account, login) = (require_text("account")?, require_text("login")?);
    let address = read_address(target)?;
    let non_credentials = ["account", "login"].map(|setting| {
        target
            .get(setting)
            .map_or(SettingOrigin::Repository, |setting| setting.origin)
    });
    let non_credentials = non_credentials
        .into_iter()
        .filter(|origin| matches!(origin, SettingOrigin::Operator | SettingOrigin::Template));
    let credential_origins: Vec<SettingOrigin> = [api_key.origin].into_iter().chain(non_credentials).collect();
    let is_host_hidden = ADDRESS_SETTINGS.iter().any(|setting| target.is_templated(setting));
    check_tls_verification(&credential_origins, &address.url, target, &context.allowed_hosts)?;
    check_credential_destination(
        &credential_origins,
        &address,
        &context.allowed_hosts,
        &target.name,
        is_host_hidden,
    )?;
    let options = VaultHttpOptions {
        is_host_hidden,
        ca_bundle: target.get("ca_cert").map(|setting| &setting.value),
        ..VaultHttpOptions::new(&target.name, context.timeout)
    };
    Ok(Box::new(ConjurBackend {
        http: VaultHttpClient::new(&options)?,
        vault: target.name.clone(),
        base_url: address.url,
        account: account.to_owned(),
        login: login.to_owned(),
        api_key: api_key.value.clone(),
        token: OnceCell::new(),
    }))
}

/// The operator's address, else the config's.
fn read_address(target: &VaultTarget) -> Result<Destination, Finding> {
    let setting = ADDRESS_SETTINGS.iter().find(|setting| target.get(setting).is_some());
    let setting = setting.ok_or_else(|| missing_setting_finding(target, "endpoint_url"))?;
    let url = target.text(setting).and_then(parse_http_url);
    let origin = target.least_trusted_origin(&[setting]);
    match url {
        Some(url) => Ok(Destination {
            url,
            origin,
            is_vendor_host: false,
        }),
        None => Err(bad_config_finding(
            target,
            &format!("{setting} is no http or https URL"),
        )),
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

fn missing_setting_finding(target: &VaultTarget, setting: &str) -> Finding {
    bad_config_finding(target, &format!("{setting} is missing"))
}

fn bad_config_finding(target: &VaultTarget, what: &str) -> Finding {
    bad_settings_finding(&target.name, what)
        .help("correct the config of the vault, or what is said of it where the check runs")
}

impl Backend for ConjurBackend {
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        async move {
            let mut responses: Vec<Option<SecretResponse>> =
                requests.iter().map(|request| self.reject_request(request)).collect();
            let pending = pending_indices(&responses);
            if pending.len() > 1 {
                for batch in pending.chunks(MAX_BATCH) {
                    let names = batch.iter().map(|index| requests[*index].resource.as_str()).collect();
                    for (index, response) in batch.iter().zip(self.fetch_batch(names).await) {
                        responses[*index] = response;
                    }
                }
            }
            let single = stream::iter(pending_indices(&responses))
                .map(|index| async move { (index, self.fetch_variable(&requests[index].resource).await) });
            let single: Vec<(usize, SecretResponse)> = single.buffered(MAX_CONCURRENCY).collect().await;
            for (index, response) in single {
                responses[index] = Some(response);
            }
            responses.into_iter().flatten().collect()
        }
        .boxed()
    }
}

fn pending_indices(responses: &[Option<SecretResponse>]) -> Vec<usize> {
    (0..responses.len())
        .filter(|index| responses[*index].is_none())
        .collect()
}

impl ConjurBackend {
    /// What is never sent.
    fn reject_request(&self, request: &SecretRequest) -> Option<SecretResponse> {
        if let Err(finding) = split_resource(&self.vault, &request.resource) {
            return Some(SecretResponse::Unavailable(finding));
        }
        let version = request.version.as_ref()?;
        let (vault, resource) = (&self.vault, &request.resource);
        let message =
            format!("what Kong makes of version {version} of '{resource}' in the vault '{vault}' is not documented");
        let finding = Finding::new(Reason::Undocumented, message).about(resource);
        Some(SecretResponse::Unavailable(
            finding.help("leave the part after # out: the latest version is meant"),
        ))
    }

    /// Several variables in one request; `None` for those that have to be read one by one: the ones that the response lacks,
    /// and all of them if it fails because of one, to find out which.
    async fn fetch_batch(&self, resources: Vec<&str>) -> Vec<Option<SecretResponse>> {
        let id = |resource: &str| format!("{}:variable:{resource}", self.account);
        let encoded = |resource: &&str| utf8_percent_encode(&id(resource), NON_ALPHANUMERIC).to_string();
        let ids: Vec<String> = resources.iter().map(encoded).collect();
        let mut url = self.url_for(&["secrets"]);
        url.set_query(Some(&format!("variable_ids={}", ids.join(","))));
        let response = match self.get_with_token(url.clone()).await {
            Ok(response) => response,
            Err(finding) => return vec![Some(SecretResponse::Unavailable(finding)); resources.len()],
        };
        match response.status {
            200 => self.take_batch_values(&response, &resources),
            403 | 404 | 406 | 422 => vec![None; resources.len()],
            status => vec![
                Some(SecretResponse::Unavailable(
                    self.unexpected_status_finding(&url, status)
                ));
                resources.len()
            ],
        }
    }

    fn take_batch_values(&self, response: &VaultHttpResponse, resources: &[&str]) -> Vec<Option<SecretResponse>> {
        let Ok(mut found) = serde_json::from_slice::<Object>(response.body.expose()) else {
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
            Ok(response) => SecretResponse::Unavailable(self.variable_status_finding(&url, response.status, resource)),
            Err(finding) => SecretResponse::Unavailable(finding),
        }
    }

    async fn get_with_token(&self, url: Url) -> Result<VaultHttpResponse, Finding> {
        let token = self.token.get_or_init(|| self.log_in()).await.clone()?;
        self.http
            .send_with_retry(&VaultHttpRequest::get(url).with_header(AUTHORIZATION, token))
            .await
    }

    /// The value of the header for a token, which is valid for eight minutes, longer than all requests may take.
    async fn log_in(&self) -> Result<Secret, Finding> {
        let url = self.url_for(&["authn", &self.account, &self.login, "authenticate"]);
        let request = VaultHttpRequest::post(url.clone(), "text/plain", self.api_key.clone());
        let response = self
            .http
            .send_with_retry(&request.with_header(ACCEPT_ENCODING, Secret::new("base64")))
            .await?;
        let endpoint = self.http.endpoint(&url);
        match response.status {
            200 => Ok(authorization_header(&response.body)),
            401 | 403 | 404 => Err(endpoint
                .finding(
                    Reason::LoginRefused,
                    "refuses the login: account, login or API key is wrong",
                )
                .help("check account and login in the vault's config, and the API key")),
            status => Err(self.unexpected_status_finding(&url, status)),
        }
    }

    /// A status that says nothing of the variable.
    fn unexpected_status_finding(&self, url: &Url, status: u16) -> Finding {
        let endpoint = self.http.endpoint(url);
        match status {
            401 => endpoint
                .finding(Reason::LoginRefused, "takes the token of its own login for no good one")
                .help("check that the API key belongs to the login"),
            503 => endpoint
                .finding(Reason::ServerError, "is not ready to answer")
                .help("try again when the server is up"),
            _ => endpoint.unexpected_response_finding(&format!("answers with status {status}")),
        }
    }

    fn variable_status_finding(&self, url: &Url, status: u16, resource: &str) -> Finding {
        let endpoint = self.http.endpoint(url);
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
        endpoint.finding(reason, &what).about(resource).help(help)
    }

    /// The URL of a path, each segment encoded on its own, its slashes too.
    fn url_for(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

/// The value of the header for a token, which the server gives as base64 if it is asked to, else as JSON.
fn authorization_header(token: &Secret) -> Secret {
    let bytes = token.expose().trim_ascii();
    let encoded = match bytes.first() {
        Some(b'{') => STANDARD.encode(bytes).into_bytes(),
        _ => bytes.to_vec(),
    };
    let encoded = Secret::new(encoded);
    Secret::new([b"Token token=\"", encoded.expose(), b"\""].concat())
}
