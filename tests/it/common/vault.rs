//! A real HashiCorp Vault for tests, built once by `.ci/vault`.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::real_servers;

/// The token that may do all.
pub const ROOT: &str = "root";

/// A server that ends with the test.
pub struct Vault {
    child: Child,
    input: Option<ChildStdin>,
    client: reqwest::Client,
    pub http: String,
    pub https: Option<String>,
    pub standby: Option<String>,
}

/// The program, or why there is none.
fn program() -> &'static Result<String, String> {
    static PROGRAM: OnceLock<Result<String, String>> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var("STRONGROOM_TESTS_VAULT") {
        // another version's, for whoever has one
        Ok(program) if real_servers::is_everything_requested() => Ok(program),
        _ => real_servers::make(".ci/vault"),
    })
}

impl Vault {
    /// A server that is unsealed, with the token [`ROOT`]; none if the test is skipped.
    pub fn start() -> Option<Self> {
        Self::with(&["-root-token", ROOT])
    }

    /// A server that was started so.
    pub fn with(arguments: &[&str]) -> Option<Self> {
        let program = match program() {
            Ok(program) => program,
            Err(reason) => {
                real_servers::skip(reason);
                return None;
            }
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("the Vault");
        let mut vault = Self {
            input: child.stdin.take(),
            client: reqwest::Client::new(),
            http: String::new(),
            https: None,
            standby: None,
            child,
        };
        let output = vault.child.stdout.take().expect("its output");
        for line in BufReader::new(output).lines() {
            let line = line.expect("a line");
            if let Some(standby) = line.strip_prefix("standby ") {
                vault.standby = Some(standby.to_owned());
            } else if line.starts_with("https:") {
                vault.https = Some(line);
            } else {
                vault.http = line;
                return Some(vault);
            }
        }
        panic!("the Vault ended before it said where it listens");
    }

    /// A request with that token.
    pub async fn ask(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method: reqwest::Method = method.parse().expect("a method");
        let request = self.client.request(method, format!("{}/v1/{path}", self.http));
        let request = request.header("x-vault-token", token);
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// A request that must succeed.
    pub async fn make(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(ROOT, method, path, Some(body)).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// Mounts a key-value engine.
    pub async fn mount(&self, path: &str, version: u8) {
        let body = json!({"type": "kv", "options": {"version": version.to_string()}});
        self.make("POST", &format!("sys/mounts/{path}"), body).await;
        // a new mount of version 2 is upgraded first
        for _ in 0..200 {
            if version == 1 || self.ask(ROOT, "GET", &format!("{path}/config"), None).await.0 == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the mount {path} does not become ready");
    }

    /// A token that may read what is below a path.
    pub async fn token(&self, name: &str, path: &str) -> String {
        let policy = format!("path \"{path}\" {{ capabilities = [\"read\"] }}");
        self.make("PUT", &format!("sys/policies/acl/{name}"), json!({"policy": policy}))
            .await;
        let made = self
            .make("POST", "auth/token/create", json!({"policies": [name]}))
            .await;
        made["auth"]["client_token"].as_str().expect("a token").to_owned()
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
