//! Those who give tokens, as Google documents them: the OAuth 2 endpoint for people, the Security Token Service, the IAM
//! Service Account Credentials API, and the metadata server of a machine.
//!
//! Sources: "Using OAuth 2.0 for Web Server Applications" (refreshing), the REST references of STS v1 (`token`) and of IAM
//! Credentials v1 (`generateAccessToken`), and "Authenticate workloads to other workloads over mTLS / View and query VM
//! metadata" (the header `Metadata-Flavor`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::google::{CANARY, TOKEN, error, ok, reply};
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};

pub const REFRESH: &str = "1//canary-7f3a-refresh";
pub const CLIENT_SECRET: &str = "GOCSPX-canary-7f3a";
/// What another provider says of who runs the check.
pub const SUBJECT: &str = "eyJhbGciOiJSUzI1NiJ9.canary-7f3a-subject.c2ln";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/987654321/locations/global/workloadIdentityPools/ci/providers/ours";
/// What the Security Token Service gives to those who then act as a service account.
const FEDERATED: &str = "ya29.d.canary-7f3a-federated";
const ACCOUNT: &str = "reader@my-project-123.iam.gserviceaccount.com";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// All of them in one.
pub fn start() -> FakeServer {
    FakeServer::start(answer)
}

fn answer(heard: &ReceivedRequest) -> Reply {
    match (heard.method.as_str(), heard.path.as_str()) {
        ("POST", "/token") => refreshed(heard),
        ("POST", "/v1/token") => exchanged(heard),
        ("POST", path) if path.ends_with(":generateAccessToken") => impersonated(heard),
        ("GET", "/subject?audience=a%2Fb") => subject(heard),
        ("GET", path) if path.starts_with("/computeMetadata/v1/") => of_machine(heard),
        _ => Reply::new(404, CANARY),
    }
}

/// What a body says; as JSON, too, which Google takes.
fn form(heard: &ReceivedRequest) -> BTreeMap<String, String> {
    match heard.header("content-type") {
        Some("application/x-www-form-urlencoded") => url::form_urlencoded::parse(heard.body.as_bytes())
            .into_owned()
            .collect(),
        Some("application/json") => {
            let body: BTreeMap<String, Value> = serde_json::from_str(&heard.body).unwrap_or_default();
            let texts = body
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
            texts.collect()
        }
        _ => BTreeMap::new(),
    }
}

/// A refusal as OAuth 2 has it; its text repeats what was sent, as no server should.
fn refusal(status: u16, word: &str, heard: &ReceivedRequest) -> Reply {
    reply(status, &json!({"error": word, "error_description": heard.body}))
}

fn refreshed(heard: &ReceivedRequest) -> Reply {
    let form = form(heard);
    let said = |name: &str| form.get(name).map(String::as_str);
    if said("client_id") != Some("123.apps.googleusercontent.com") || said("client_secret") != Some(CLIENT_SECRET) {
        return refusal(401, "invalid_client", heard);
    }
    match (form.len(), said("grant_type"), said("refresh_token")) {
        (4, Some("refresh_token"), Some(REFRESH)) => {
            ok(&json!({"access_token": TOKEN, "expires_in": 3599, "scope": SCOPE, "token_type": "Bearer"}))
        }
        _ => refusal(400, "invalid_grant", heard),
    }
}

fn exchanged(heard: &ReceivedRequest) -> Reply {
    let form = form(heard);
    let said = |name: &str| form.get(name).map(String::as_str);
    let right = said("grant_type") == Some("urn:ietf:params:oauth:grant-type:token-exchange")
        && said("requested_token_type") == Some("urn:ietf:params:oauth:token-type:access_token")
        && said("audience") == Some(AUDIENCE);
    let subject = match said("subject_token_type") {
        Some("urn:ietf:params:oauth:token-type:jwt") => said("subject_token") == Some(SUBJECT),
        _ => false,
    };
    let token = match said("scope") {
        Some(SCOPE) => TOKEN,
        Some("https://www.googleapis.com/auth/iam") => FEDERATED,
        _ => return refusal(400, "invalid_scope", heard),
    };
    match right && subject {
        true => ok(&json!({
            "access_token": token,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 3600
        })),
        false => refusal(400, "invalid_grant", heard),
    }
}

fn impersonated(heard: &ReceivedRequest) -> Reply {
    let bearer = heard
        .header("authorization")
        .and_then(|said| said.strip_prefix("Bearer "));
    if bearer != Some(FEDERATED) && bearer != Some(TOKEN) {
        return error(401, "UNAUTHENTICATED", &heard.head);
    }
    let body: Value = serde_json::from_str(&heard.body).unwrap_or_default();
    let path = format!("/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken");
    match (heard.path == path, body["scope"] == json!([SCOPE])) {
        (true, true) => ok(&json!({"accessToken": TOKEN, "expireTime": "2099-01-01T00:00:00Z"})),
        (true, false) => error(400, "INVALID_ARGUMENT", CANARY),
        (false, _) => error(
            403,
            "PERMISSION_DENIED",
            "Permission 'iam.serviceAccounts.getAccessToken' denied",
        ),
    }
}

/// Where a job of CI finds what its provider says of it.
fn subject(heard: &ReceivedRequest) -> Reply {
    match heard.header("authorization") {
        Some("Bearer canary-7f3a-job") => ok(&json!({"value": SUBJECT})),
        _ => Reply::new(401, CANARY),
    }
}

fn of_machine(heard: &ReceivedRequest) -> Reply {
    let path = format!("/computeMetadata/v1/instance/service-accounts/default/token?scopes={SCOPE}");
    match (heard.header("metadata-flavor"), heard.path == path) {
        (Some("Google"), true) => ok(&json!({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})),
        (Some("Google"), false) => Reply::new(404, CANARY),
        _ => Reply::new(403, CANARY),
    }
}

/// A person's login, as `gcloud auth application-default login` writes it.
pub fn login(url: &str) -> Value {
    json!({
        "type": "authorized_user",
        "client_id": "123.apps.googleusercontent.com",
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH,
        "token_uri": format!("{url}/token"),
        "universe_domain": "googleapis.com",
        "account": ""
    })
}

/// Workload identity federation, as `gcloud iam workload-identity-pools create-cred-config` writes it.
pub fn federation(url: &str, source: &Value) -> Value {
    json!({
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{url}/v1/token"),
        "credential_source": source,
        "universe_domain": "googleapis.com"
    })
}

/// The same, acting as a service account.
pub fn acting(url: &str, source: &Value) -> Value {
    let mut file = federation(url, source);
    file["service_account_impersonation_url"] = impersonation(url, ACCOUNT);
    file
}

pub fn impersonation(url: &str, account: &str) -> Value {
    json!(format!(
        "{url}/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
    ))
}

/// A service account by leave of a person.
pub fn delegation(url: &str, account: &str) -> Value {
    json!({
        "type": "impersonated_service_account",
        "service_account_impersonation_url": impersonation(url, account),
        "source_credentials": login(url)
    })
}

pub fn delegated(url: &str) -> Value {
    delegation(url, ACCOUNT)
}

/// A source of federation: a file with a token that nobody takes amiss.
pub fn token_file() -> Value {
    json!({"file": concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/gcp/token.jwt")})
}
