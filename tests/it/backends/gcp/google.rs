//! Secret Manager as Google documents it: requests are checked as strictly, errors have Google's envelope and texts.
//!
//! Sources: the REST reference of Secret Manager v1 (`projects.secrets.versions.access` and `.get`), AIP-193 (the envelope
//! of errors), and texts of the real service as people quote them in public.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::jwt;
use crate::backends::vault_probe::VaultProbe;
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};

pub const PROJECT: &str = "my-project-123";
pub const CANARY: &str = "canary-7f3a";
/// A token that somebody else gave.
pub const TOKEN: &str = "ya29.canary-7f3a-token";

/// A page as Google's front end answers what is no path of an API.
const HTML: &str = "<!DOCTYPE html>\n<html lang=en><title>Error 404 (Not Found)!!1</title><p>canary-7f3a</html>";

/// A version of a secret.
#[derive(Clone, Copy, Debug)]
pub enum GoogleSecret {
    Bytes(&'static [u8]),
    Disabled,
    Destroyed,
    /// Its key is.
    Locked,
}

type GoogleAnswer = dyn Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync;

/// The service.
#[derive(Clone, Default)]
pub struct Google {
    secrets: BTreeMap<String, Vec<GoogleSecret>>,
    first: Option<Arc<GoogleAnswer>>,
    /// Whether it says no word of what a version is in.
    terse: bool,
}

impl Google {
    /// A secret with those versions, from 1 on.
    pub fn with(mut self, name: &str, versions: &[GoogleSecret]) -> Self {
        self.secrets.insert(name.to_owned(), versions.to_vec());
        self
    }

    pub fn text(self, name: &str, text: &'static str) -> Self {
        self.with(name, &[GoogleSecret::Bytes(text.as_bytes())])
    }

    /// What answers before the service does.
    pub fn first(mut self, first: impl Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync + 'static) -> Self {
        self.first = Some(Arc::new(first));
        self
    }

    pub fn terse(mut self) -> Self {
        self.terse = true;
        self
    }

    pub fn start(self) -> FakeServer {
        FakeServer::start(move |heard| self.answer(heard))
    }

    fn answer(&self, heard: &ReceivedRequest) -> Reply {
        if let Some(reply) = self.first.as_ref().and_then(|first| first(heard)) {
            return reply;
        }
        let Some(path) = heard.path.strip_prefix("/v1/projects/") else {
            return Reply(404, html(), HTML.to_owned());
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (heard.method.as_str(), parts.as_slice()) {
            ("GET", [project, "secrets", id, "versions", version]) if heard.body.is_empty() => {
                self.version(heard, project, id, version)
            }
            _ => Reply(404, html(), HTML.to_owned()),
        }
    }

    fn version(&self, heard: &ReceivedRequest, project: &str, id: &str, version: &str) -> Reply {
        if !is_authenticated(heard) {
            return error(
                401,
                "UNAUTHENTICATED",
                &format!("Request had invalid authentication credentials. {}", heard.head),
            );
        }
        let (version, access) = match version.strip_suffix(":access") {
            Some(version) => (version, true),
            None => (version, false),
        };
        let resource = format!("projects/{project}/secrets/{id}/versions/{version}");
        if project != PROJECT {
            let text = format!(
                "Permission 'secretmanager.versions.access' denied for resource '{resource}' (or it may not exist)."
            );
            return error(403, "PERMISSION_DENIED", &text);
        }
        let held = self.secrets.get(id).map_or(&[][..], Vec::as_slice);
        let at = match version {
            "latest" => held.len(),
            number => number.parse().unwrap_or_default(),
        };
        let name = format!("projects/987654321/secrets/{id}/versions/{at}");
        match held.get(at.wrapping_sub(1)) {
            None if version == "latest" => error(
                404,
                "NOT_FOUND",
                &format!("Secret [projects/987654321/secrets/{id}] not found or has no versions."),
            ),
            None => error(404, "NOT_FOUND", &format!("Secret Version [{name}] not found.")),
            Some(held) if access => self.access(*held, &name),
            Some(held) => ok(&json!({"name": name, "state": state(*held), "etag": "\"16\""})),
        }
    }

    fn access(&self, held: GoogleSecret, name: &str) -> Reply {
        let bytes = match held {
            GoogleSecret::Bytes(bytes) => bytes,
            GoogleSecret::Locked => return error(400, "FAILED_PRECONDITION", "canary-7f3a: the key is disabled."),
            _ if self.terse => return error(400, "FAILED_PRECONDITION", "canary-7f3a"),
            held => {
                let text = format!("Secret Version [{name}] is in {} state.", state(held));
                return error(400, "FAILED_PRECONDITION", &text);
            }
        };
        let data = STANDARD.encode(bytes);
        ok(&json!({"name": name, "payload": {"data": data, "dataCrc32c": crc32c(bytes).to_string()}}))
    }
}

fn state(held: GoogleSecret) -> &'static str {
    match held {
        GoogleSecret::Bytes(_) | GoogleSecret::Locked => "ENABLED",
        GoogleSecret::Disabled => "DISABLED",
        GoogleSecret::Destroyed => "DESTROYED",
    }
}

fn is_authenticated(heard: &ReceivedRequest) -> bool {
    let token = heard
        .header("authorization")
        .and_then(|said| said.strip_prefix("Bearer "));
    token.is_some_and(|token| token == TOKEN || jwt::is_good(token))
}

/// CRC-32C by its table, made from the polynomial as it is written.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let entry = |index: u32| {
        let mut remainder = index.reverse_bits();
        for _ in 0..8 {
            let top = remainder & 0x8000_0000 != 0;
            remainder = (remainder << 1) ^ if top { 0x1edc_6f41 } else { 0 };
        }
        remainder.reverse_bits()
    };
    let table: Vec<u32> = (0..256).map(entry).collect();
    let sum = bytes.iter().fold(!0_u32, |sum, byte| {
        (sum >> 8) ^ table[((sum ^ u32::from(*byte)) & 0xff) as usize]
    });
    !sum
}

fn html() -> Vec<(&'static str, String)> {
    vec![("content-type", "text/html; charset=UTF-8".to_owned())]
}

pub fn ok(body: &Value) -> Reply {
    reply(200, body)
}

pub fn reply(status: u16, body: &Value) -> Reply {
    let headers = vec![("content-type", "application/json; charset=UTF-8".to_owned())];
    Reply(status, headers, body.to_string())
}

/// An error in Google's envelope.
pub fn error(status: u16, word: &str, text: &str) -> Reply {
    reply(
        status,
        &json!({"error": {"code": status, "message": text, "status": word}}),
    )
}

/// An error whose details say why.
pub fn error_because(status: u16, word: &str, reason: &str) -> Reply {
    let detail = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": {"service": CANARY}});
    reply(
        status,
        &json!({"error": {"code": status, "message": CANARY, "status": word, "details": [detail]}}),
    )
}

/// A vault, asked with the key that the service knows.
pub fn asked(url: &str) -> VaultProbe {
    nobody(url).checker("service_account", &jwt::key().to_string())
}

/// A vault without credentials.
pub fn nobody(url: &str) -> VaultProbe {
    VaultProbe::new().of_backend("gcp").checker("endpoint", url).said(
        strongroom::reference::SettingOrigin::Repository,
        "project_id",
        PROJECT,
    )
}

/// The paths that were asked for, in order.
pub fn paths(fake: &FakeServer) -> Vec<String> {
    let below = format!("/v1/projects/{PROJECT}/secrets/");
    let path = |heard: &ReceivedRequest| heard.path.replace(&below, "");
    fake.requests().iter().map(path).collect()
}
