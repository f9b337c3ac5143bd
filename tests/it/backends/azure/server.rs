//! Key Vault and the login before it as Microsoft documents them: requests are checked as strictly, answers are recorded
//! ones of the real service (`fixtures/azure`) where there are.
//!
//! Sources: "Azure Key Vault REST API: Get Secret", "Authentication, requests and responses", "REST API error codes";
//! "Microsoft identity platform and the OAuth 2.0 client credentials flow".

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::backends::vault_probe::VaultProbe;
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};

pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub const CLIENT: &str = "66666666-7777-8888-9999-000000000000";
pub const SECRET: &str = "canary-7f3a~client&secret=+";
/// A token of somebody whom the application trusts.
pub const ASSERTION: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnktN2YzYSJ9.canary-7f3a";
/// What the tokens of a login begin with.
pub const TOKEN: &str = "canary-7f3a-token";

/// What the vault does with one secret.
#[derive(Clone, Debug)]
pub enum AzureSecret {
    Text(&'static str),
    Disabled,
    /// Refuses, in Azure's words: status, code, the code within.
    Refused(u16, &'static str, &'static str),
}

type AzureAnswer = dyn Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync;

/// A vault and the login before it, both on one host.
#[derive(Clone, Default)]
pub struct Azure {
    secrets: BTreeMap<String, AzureSecret>,
    given: Arc<Mutex<Vec<String>>>,
    first: Option<Arc<AzureAnswer>>,
}

pub struct RunningAzure {
    pub fake: FakeServer,
    pub ca: String,
}

impl Azure {
    pub fn with(mut self, name: &str, held: AzureSecret) -> Self {
        self.secrets.insert(name.to_owned(), held);
        self
    }

    pub fn text(self, name: &str, text: &'static str) -> Self {
        self.with(name, AzureSecret::Text(text))
    }

    /// A token that somebody else gave out.
    pub fn given(self, token: &str) -> Self {
        self.given.lock().expect("the tokens").push(token.to_owned());
        self
    }

    /// What answers before the service does.
    pub fn first(mut self, first: impl Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync + 'static) -> Self {
        self.first = Some(Arc::new(first));
        self
    }

    pub fn start(self) -> RunningAzure {
        let (fake, ca) = FakeServer::secure(move |heard| self.answer(heard));
        RunningAzure { fake, ca }
    }

    fn answer(&self, heard: &ReceivedRequest) -> Reply {
        if let Some(reply) = self.first.as_ref().and_then(|first| first(heard)) {
            return reply;
        }
        let (path, query) = heard.path.split_once('?').unwrap_or((&heard.path, ""));
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (heard.method.as_str(), segments.as_slice()) {
            ("POST", [tenant, "oauth2", "v2.0", "token"]) if query.is_empty() => self.login(tenant, heard),
            // without a version there may be a slash behind the name
            ("GET", ["secrets", name] | ["secrets", name, ""]) => self.get(name, query, heard),
            _ => refusal(405, "MethodNotAllowed", "", heard),
        }
    }

    fn login(&self, tenant: &str, heard: &ReceivedRequest) -> Reply {
        match granted(tenant, heard) {
            Err((status, error, code)) => login_refused(status, error, code, heard),
            Ok(()) => {
                let mut given = self.given.lock().expect("the tokens");
                let token = format!("{TOKEN}-{}", given.len());
                given.push(token);
                let token = given.last();
                let body =
                    json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token});
                Reply(200, json_type(), body.to_string())
            }
        }
    }

    fn get(&self, name: &str, query: &str, heard: &ReceivedRequest) -> Reply {
        // versions are dates, from 7.5 on numbers no more
        let dated = |version: &str| version.len() == 10 && version.starts_with("202");
        if !query.strip_prefix("api-version=").is_some_and(dated) {
            return refusal(400, "BadParameter", "", heard);
        }
        let token = heard
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        match token {
            None => recorded("no token: the challenge that a client starts from"),
            Some(token)
                if !self
                    .given
                    .lock()
                    .expect("the tokens")
                    .iter()
                    .any(|given| given == token) =>
            {
                let Reply(status, headers, _) = recorded("no token: the challenge that a client starts from");
                let Reply(_, _, body) = refusal(401, "Unauthorized", "", heard);
                Reply(status, headers, body)
            }
            Some(_) => match self.secrets.get(name) {
                None => recorded("missing"),
                Some(AzureSecret::Text(text)) => found(name, text),
                Some(AzureSecret::Disabled) => recorded("a disabled secret is 403, not 404"),
                Some(AzureSecret::Refused(status, code, inner)) => refusal(*status, code, inner, heard),
            },
        }
    }
}

/// Whether a login is what it must be: its form has these members and no others.
fn granted(tenant: &str, heard: &ReceivedRequest) -> Result<(), (u16, &'static str, u32)> {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(heard.body.as_bytes())
        .into_owned()
        .collect();
    let said = |name: &str| form.get(name).map(String::as_str);
    let is_form = heard.header("content-type") == Some("application/x-www-form-urlencoded");
    if !is_form || said("grant_type") != Some("client_credentials") {
        return Err((400, "invalid_request", 900_144));
    }
    if tenant != TENANT {
        return Err((400, "invalid_request", 90_002));
    }
    if said("client_id") != Some(CLIENT) {
        return Err((400, "unauthorized_client", 700_016));
    }
    if said("scope") != Some("https://vault.azure.net/.default") {
        return Err((400, "invalid_resource", 500_011));
    }
    let jwt = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    match (
        said("client_secret"),
        said("client_assertion"),
        said("client_assertion_type"),
    ) {
        (Some(SECRET), None, None) if form.len() == 4 => Ok(()),
        (None, Some(ASSERTION), Some(kind)) if kind == jwt && form.len() == 5 => Ok(()),
        (None, Some(_), Some(_)) => Err((400, "invalid_client", 700_213)),
        (Some(_), None, None) => Err((401, "invalid_client", 7_000_215)),
        _ => Err((400, "invalid_request", 900_144)),
    }
}

/// A refusal of the login, with escapes as Microsoft writes them; its text repeats what was sent, as no service should.
pub fn login_refused(status: u16, error: &str, code: u32, heard: &ReceivedRequest) -> Reply {
    let text = format!(
        "AADSTS{code}: canary-7f3a {} {} \u{27}app\u{27}.\r\nTrace ID: x",
        heard.head, heard.body
    );
    let body = json!({
        "error": error, "error_description": text, "error_codes": [code], "timestamp": "2026-01-01 00:00:00Z",
        "trace_id": "0", "correlation_id": "0", "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    Reply(status, json_type(), body.to_string().replace('\u{27}', "\\u0027"))
}

/// A refusal of the vault; its text repeats what was sent, as no service should.
pub fn refusal(status: u16, code: &str, inner: &str, heard: &ReceivedRequest) -> Reply {
    let mut error = json!({"code": code, "message": format!("canary-7f3a {}\r\n{}", heard.head, heard.path)});
    if !inner.is_empty() {
        error["innererror"] = json!({"code": inner});
    }
    Reply(status, json_type(), json!({"error": error}).to_string())
}

fn found(name: &str, text: &str) -> Reply {
    let Reply(status, headers, body) = recorded("latest");
    let mut body: Value = serde_json::from_str(&body).expect("JSON");
    body["value"] = text.into();
    body["id"] =
        format!("https://keyvault-name.vault.azure.net/secrets/{name}/4810c53fd98c48cdaa79699258ef20ef").into();
    Reply(status, headers, body.to_string())
}

fn json_type() -> Vec<(&'static str, String)> {
    vec![("content-type", "application/json; charset=utf-8".to_owned())]
}

/// An answer of the real service: recorded by Microsoft's own tests, see `fixtures/azure/SOURCE.md`.
pub fn recorded(note: &str) -> Reply {
    let lines = include_str!("../../../../fixtures/azure/secrets.jsonl").lines();
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let line = lines.find(|line| line["note"] == note).expect("a recorded answer");
    let answer = &line["response"];
    let headers = ["content-type", "www-authenticate"].into_iter().filter_map(|name| {
        let value = answer["headers"][name].as_str()?;
        Some((name, value.to_owned()))
    });
    let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    Reply(status.expect("a status"), headers.collect(), answer["body"].to_string())
}

impl RunningAzure {
    /// A vault, asked with the secret that the login knows.
    pub fn asked(&self) -> VaultProbe {
        self.nobody()
            .checker("tenant_id", TENANT)
            .checker("client_id", CLIENT)
            .checker("client_secret", SECRET)
    }

    /// A vault without credentials.
    pub fn nobody(&self) -> VaultProbe {
        let url = self.fake.url();
        VaultProbe::new()
            .of_backend("azure")
            .checker("address", &url)
            .checker("authority_host", &url)
            .checker("ca_cert", &self.ca)
    }

    /// How often somebody logged in.
    pub fn logins(&self) -> usize {
        let requests = self.fake.requests();
        requests.iter().filter(|heard| heard.path.ends_with("/token")).count()
    }

    /// The secrets that were asked for with a token, in order.
    pub fn reads(&self) -> Vec<String> {
        let requests = self.fake.requests();
        let read = requests.iter().filter(|heard| heard.header("authorization").is_some());
        let name = |heard: &ReceivedRequest| heard.path.split('/').nth(2).unwrap_or_default().to_owned();
        read.map(name).collect()
    }
}
