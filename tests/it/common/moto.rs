//! An AWS for tests: moto, an independent implementation, in a virtual environment that `.ci/moto` makes once.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::real_servers;

/// A server that ends with the test.
pub struct Moto {
    child: Child,
    input: Option<ChildStdin>,
    client: reqwest::Client,
    pub url: String,
}

/// A key that moto knows.
pub struct Key {
    pub id: String,
    pub secret: String,
}

/// The Python that has moto, or why there is none.
fn python() -> &'static Result<String, String> {
    static PYTHON: OnceLock<Result<String, String>> = OnceLock::new();
    PYTHON.get_or_init(|| real_servers::make(".ci/moto"))
}

impl Moto {
    /// An empty one that does not check credentials yet; none if the test is skipped.
    pub fn start() -> Option<Self> {
        let python = match python() {
            Ok(python) => python,
            Err(reason) => {
                real_servers::skip(reason);
                return None;
            }
        };
        let mut command = Command::new(python);
        command.arg("tests/servers/aws.py").stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("moto");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        Some(Self {
            input: child.stdin.take(),
            child,
            client: reqwest::Client::new(),
            url: format!("http://127.0.0.1:{}", line.trim()),
        })
    }

    /// What moto tells services by.
    fn scope(service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=x"
        )
    }

    /// A request to Secrets Manager that must succeed.
    pub async fn secrets(&self, operation: &str, body: Value) -> Value {
        let request = self
            .client
            .post(&self.url)
            .header("authorization", Self::scope("secretsmanager"));
        let request = request.header("x-amz-target", format!("secretsmanager.{operation}"));
        let answer = request.body(body.to_string()).send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{operation}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Makes a secret; says its ARN.
    pub async fn secret(&self, name: &str, value: &str) -> String {
        let made = self
            .secrets("CreateSecret", json!({"Name": name, "SecretString": value}))
            .await;
        made["ARN"].as_str().expect("an ARN").to_owned()
    }

    /// A request to IAM that must succeed.
    async fn iam(&self, form: &[(&str, &str)]) -> String {
        let form = url::form_urlencoded::Serializer::new("Version=2010-05-08&".to_owned())
            .extend_pairs(form)
            .finish();
        let request = self.client.post(&self.url).header("authorization", Self::scope("iam"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{text}");
        text
    }

    /// A user who may do that, and its key.
    pub async fn user(&self, name: &str, actions: &[&str]) -> Key {
        self.iam(&[("Action", "CreateUser"), ("UserName", name)]).await;
        let policy = policy(actions);
        self.iam(&[
            ("Action", "PutUserPolicy"),
            ("UserName", name),
            ("PolicyName", "p"),
            ("PolicyDocument", &policy),
        ])
        .await;
        let made = self.iam(&[("Action", "CreateAccessKey"), ("UserName", name)]).await;
        Key {
            id: between(&made, "<AccessKeyId>"),
            secret: between(&made, "<SecretAccessKey>"),
        }
    }

    /// A role that may do that; its ARN.
    pub async fn role(&self, name: &str, actions: &[&str]) -> String {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
        let made = self
            .iam(&[
                ("Action", "CreateRole"),
                ("RoleName", name),
                ("AssumeRolePolicyDocument", trust),
            ])
            .await;
        let policy = policy(actions);
        self.iam(&[
            ("Action", "PutRolePolicy"),
            ("RoleName", name),
            ("PolicyName", "p"),
            ("PolicyDocument", &policy),
        ])
        .await;
        between(&made, "<Arn>")
    }

    /// From now on signatures and permissions are checked.
    pub async fn check_credentials(&self) {
        let request = self.client.post(format!("{}/moto-api/reset-auth", self.url));
        let request = request.header("content-type", "text/plain").body("0");
        assert!(request.send().await.expect("an answer").status().is_success());
    }
}

/// Permissions. moto looks at actions only.
fn policy(actions: &[&str]) -> String {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn between(text: &str, tag: &str) -> String {
    let (_, rest) = text.split_once(tag).expect("the tag");
    rest.split_once('<').expect("its end").0.to_owned()
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
