//! Secrets Manager and STS as AWS documents them: requests are checked as strictly, errors have AWS' statuses and codes.
//!
//! Sources: the API references of Secrets Manager (GetSecretValue, BatchGetSecretValue, "Common Error Types") and of STS
//! (AssumeRole), and the description of Signature Version 4.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::signature::{is_signed, key_id};
use crate::backends::vault_probe::VaultProbe;
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};

pub const REGION: &str = "eu-west-1";
pub const ID: &str = "AKIACANARY7F3AEXAMPL";
pub const KEY: &str = "canary-7f3a/secret+key";
pub const TOKEN: &str = "canary-7f3a-session-token";
/// The credentials that a role gives.
pub const ROLE: [&str; 3] = ["ASIACANARY7F3AEXAMPL", "canary-7f3a/role+key", "canary-7f3a-role-token"];
const ACCOUNT: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:";

/// What the service does with one secret.
#[derive(Clone, Debug)]
pub enum AwsSecret {
    Text(&'static str),
    Binary,
    /// Refuses, in AWS' words: code, status.
    Refused(&'static str, u16),
}

type AwsAnswer = dyn Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync;

/// The service.
#[derive(Clone, Default)]
pub struct Aws {
    secrets: BTreeMap<String, AwsSecret>,
    previous: BTreeMap<String, &'static str>,
    first: Option<Arc<AwsAnswer>>,
}

impl Aws {
    pub fn with(mut self, name: &str, held: AwsSecret) -> Self {
        self.secrets.insert(name.to_owned(), held);
        self
    }

    pub fn text(self, name: &str, text: &'static str) -> Self {
        self.with(name, AwsSecret::Text(text))
    }

    pub fn previous(mut self, name: &str, text: &'static str) -> Self {
        self.previous.insert(name.to_owned(), text);
        self
    }

    /// What answers before the service does.
    pub fn first(mut self, first: impl Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync + 'static) -> Self {
        self.first = Some(Arc::new(first));
        self
    }

    pub fn start(self) -> FakeServer {
        FakeServer::start(move |heard| self.answer(heard))
    }

    fn answer(&self, heard: &ReceivedRequest) -> Reply {
        if let Some(reply) = self.first.as_ref().and_then(|first| first(heard)) {
            return reply;
        }
        match (heard.method.as_str(), heard.path.as_str(), heard.header("x-amz-target")) {
            ("POST", "/", Some("secretsmanager.GetSecretValue")) => self.checked(heard, |body| self.get(body)),
            ("POST", "/", Some("secretsmanager.BatchGetSecretValue")) => self.checked(heard, |body| self.batch(body)),
            ("POST", "/", None) => assume_role(heard),
            _ => error(404, "UnknownOperationException", heard),
        }
    }

    fn checked(
        &self,
        heard: &ReceivedRequest,
        answer: impl FnOnce(&Value) -> Result<Value, (u16, &'static str)>,
    ) -> Reply {
        if heard.header("content-type") != Some("application/x-amz-json-1.1") {
            return error(404, "UnknownOperationException", heard);
        }
        if let Err(code) = authenticated(heard, "secretsmanager") {
            return error(400, code, heard);
        }
        let Ok(body) = serde_json::from_str(&heard.body) else {
            return error(400, "SerializationException", heard);
        };
        match answer(&body) {
            Ok(body) => Reply(
                200,
                vec![("content-type", "application/x-amz-json-1.1".to_owned())],
                body.to_string(),
            ),
            Err((status, code)) => error(status, code, heard),
        }
    }

    fn get(&self, body: &Value) -> Result<Value, (u16, &'static str)> {
        known(body, &["SecretId", "VersionStage", "VersionId"])?;
        let id = body["SecretId"].as_str().ok_or((400, "ValidationException"))?;
        match (body["VersionStage"].as_str(), self.named(id)) {
            (None | Some("AWSCURRENT"), Some((name, held))) => match held {
                AwsSecret::Refused(code, status) => Err((*status, code)),
                held => Ok(value(name, held)),
            },
            (Some("AWSPREVIOUS"), Some((name, _))) => match self.previous.get(name) {
                Some(text) => Ok(value(name, &AwsSecret::Text(text))),
                None => Err((400, "ResourceNotFoundException for staging label: AWSPREVIOUS")),
            },
            _ => Err((400, "ResourceNotFoundException")),
        }
    }

    fn batch(&self, body: &Value) -> Result<Value, (u16, &'static str)> {
        known(body, &["SecretIdList", "NextToken"])?;
        let ids: Vec<&str> = body["SecretIdList"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !(1..=20).contains(&ids.len()) {
            return Err((400, "ValidationException"));
        }
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for id in ids {
            match self.get(&json!({"SecretId": id})) {
                Ok(value) => values.push(value),
                Err((_, code)) => errors.push(json!({"SecretId": id, "ErrorCode": code, "Message": "canary-7f3a"})),
            }
        }
        Ok(json!({"SecretValues": values, "Errors": errors}))
    }

    fn named(&self, id: &str) -> Option<(&String, &AwsSecret)> {
        let name = id.strip_prefix(ACCOUNT).unwrap_or(id);
        self.secrets
            .get_key_value(name)
            .or_else(|| self.secrets.get_key_value(name.strip_suffix("-AbCdEf")?))
    }
}

fn known(body: &Value, members: &[&str]) -> Result<(), (u16, &'static str)> {
    let object = body.as_object().ok_or((400, "SerializationException"))?;
    let strange = object.keys().any(|key| !members.contains(&key.as_str()));
    if strange {
        Err((400, "ValidationException"))
    } else {
        Ok(())
    }
}

fn value(name: &str, held: &AwsSecret) -> Value {
    let arn = format!("{ACCOUNT}{name}-AbCdEf");
    match held {
        AwsSecret::Text(text) => {
            json!({"ARN": arn, "Name": name, "SecretString": text, "VersionStages": ["AWSCURRENT"]})
        }
        _ => json!({"ARN": arn, "Name": name, "SecretBinary": "Y2FuYXJ5LTdmM2E=", "VersionStages": ["AWSCURRENT"]}),
    }
}

fn authenticated(heard: &ReceivedRequest, service: &str) -> Result<(), &'static str> {
    let id = key_id(heard).ok_or("MissingAuthenticationTokenException")?;
    let token = heard.header("x-amz-security-token");
    let secret = match (id, token) {
        (ID, None | Some(TOKEN)) => KEY,
        (id, Some(token)) if id == ROLE[0] && token == ROLE[2] => ROLE[1],
        _ => return Err("UnrecognizedClientException"),
    };
    match is_signed(heard, secret, REGION, service) {
        true => Ok(()),
        false => Err("InvalidSignatureException"),
    }
}

/// An error as AWS' JSON services give it; its text repeats what was sent, as no service should.
pub fn error(status: u16, code: &str, heard: &ReceivedRequest) -> Reply {
    let (code, about) = code.split_once(' ').unwrap_or((code, ""));
    let message = format!("canary-7f3a {about} {}", heard.head.replace('\r', " "));
    let body = json!({"__type": code, "Message": message, "message": message});
    Reply(
        status,
        vec![("content-type", "application/x-amz-json-1.1".to_owned())],
        body.to_string(),
    )
}

fn assume_role(heard: &ReceivedRequest) -> Reply {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(heard.body.as_bytes())
        .into_owned()
        .collect();
    let said = |name: &str| form.get(name).map(String::as_str);
    let right = said("Action") == Some("AssumeRole") && said("Version") == Some("2011-06-15");
    let code = match authenticated(heard, "sts") {
        Err(_) => Some((403, "InvalidClientTokenId")),
        Ok(()) if !right || said("RoleSessionName").is_none_or(|name| name.len() < 2) => Some((400, "ValidationError")),
        Ok(()) if said("RoleArn") != Some("arn:aws:iam::123456789012:role/reader") => Some((403, "AccessDenied")),
        Ok(()) => None,
    };
    let space = r#"xmlns="https://sts.amazonaws.com/doc/2011-06-15/""#;
    let (status, body) = match code {
        Some((status, code)) => (
            status,
            format!(
                "<ErrorResponse {space}><Error><Type>Sender</Type><Code>{code}</Code><Message>canary-7f3a</Message></Error></ErrorResponse>"
            ),
        ),
        None => (
            200,
            format!(
                "<AssumeRoleResponse {space}><AssumeRoleResult><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
                ROLE[0], ROLE[1], ROLE[2]
            ),
        ),
    };
    Reply(status, vec![("content-type", "text/xml".to_owned())], body)
}

/// A vault, asked with the key that the service knows.
pub fn asked(url: &str) -> VaultProbe {
    nobody(url)
        .checker("access_key_id", ID)
        .checker("secret_access_key", KEY)
}

/// A vault without credentials.
pub fn nobody(url: &str) -> VaultProbe {
    VaultProbe::new()
        .of_backend("aws")
        .checker("endpoint", url)
        .checker("region", REGION)
}

/// What was asked for, in order.
pub fn operations(fake: &FakeServer) -> Vec<String> {
    let target = |heard: &ReceivedRequest| heard.header("x-amz-target").unwrap_or("sts").to_owned();
    fake.requests()
        .iter()
        .map(target)
        .map(|target| target.replace("secretsmanager.", ""))
        .collect()
}
