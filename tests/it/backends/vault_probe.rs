//! Asking a vault, as short as a test needs it.

#![allow(dead_code)] // each backend's test uses its part

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::common::closed_port::ClosedPort;
use crate::common::hang::{HANG, without_hang};
use strongroom::backends::{BackendContext, resolve_queries};
use strongroom::reference::{
    Finding, HostAllowlist, Reason, Secret, SecretRequest, SecretResponse, SettingOrigin, TemplatedParts, VaultQuery,
    VaultSetting, VaultTarget, extract_subkey,
};

/// A vault of this run's scopes.
#[derive(Clone)]
pub struct VaultProbe {
    target: VaultTarget,
    context: BackendContext,
}

impl VaultProbe {
    pub fn new() -> Self {
        Self {
            target: VaultTarget {
                templated: TemplatedParts::default(),
                name: "my-vault".to_owned(),
                backend: "hcv".to_owned(),
                owned: true,
                is_backend_name: false,
                settings: Default::default(),
            },
            context: BackendContext {
                timeout: HANG,
                ..BackendContext::default()
            },
        }
    }

    /// What the checker's side says.
    pub fn checker(self, word: &str, value: &str) -> Self {
        self.said(SettingOrigin::Operator, word, value)
    }

    pub fn said(mut self, side: SettingOrigin, word: &str, value: &str) -> Self {
        let value = Secret::new(value);
        self.target
            .settings
            .insert(word.to_owned(), VaultSetting { value, origin: side });
        self
    }

    pub fn at(self, address: &str) -> Self {
        self.checker("address", address)
    }

    pub fn token(self, token: &str) -> Self {
        self.checker("token", token)
    }

    pub fn kv2(self) -> Self {
        self.said(SettingOrigin::Live, "kv", "v2")
    }

    pub fn of_others(mut self) -> Self {
        self.target.owned = false;
        self
    }

    /// Asked for names that a template filled in.
    pub fn filled(mut self) -> Self {
        self.target.templated.resources = true;
        self
    }

    pub fn of_backend(mut self, backend: &str) -> Self {
        backend.clone_into(&mut self.target.backend);
        self
    }

    /// With those variables in the environment.
    pub fn environment(mut self, variables: &[(&str, &str)]) -> Self {
        let known: BTreeMap<String, Secret> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Secret::new(*value)))
            .collect();
        self.context.environment = Arc::new(move |name| known.get(name).cloned());
        self
    }

    /// With more time than a test may take: what waits for all of it hangs.
    pub fn with_endless_time(self) -> Self {
        self.within(100 * HANG)
    }

    pub fn vouching(mut self, host: &str) -> Self {
        self.context.allowed_hosts = HostAllowlist::parse(&[host.to_owned()]).expect("a host");
        self
    }

    pub fn within(mut self, limit: Duration) -> Self {
        self.context.timeout = limit;
        self
    }

    pub async fn all(&self, wanted: &[(&str, Option<&str>)]) -> Vec<SecretResponse> {
        let wanted = wanted.iter().map(|(resource, version)| SecretRequest {
            resource: (*resource).to_owned(),
            version: version.map(str::to_owned),
        });
        let errand = VaultQuery {
            target: self.target.clone(),
            requests: wanted.collect(),
        };
        let mut responses = without_hang(resolve_queries(&[errand], &self.context)).await;
        responses.remove(0)
    }

    pub async fn one(&self, resource: &str) -> SecretResponse {
        self.all(&[(resource, None)]).await.remove(0)
    }

    pub async fn version(&self, resource: &str, version: &str) -> SecretResponse {
        self.all(&[(resource, Some(version))]).await.remove(0)
    }

    /// Why it cannot be had; asked again where the machine was too busy to be told within a short limit.
    pub async fn refused_in_time(&self, resource: &str) -> Finding {
        let asking = async {
            loop {
                let finding = self.refused(resource).await;
                if finding.reason != Reason::TimedOut {
                    return finding;
                }
            }
        };
        without_hang(asking).await
    }

    /// Why it cannot be had.
    pub async fn refused(&self, resource: &str) -> Finding {
        refusal(self.one(resource).await)
    }
}

/// The word for what came of it.
pub fn reason(fetched: &SecretResponse) -> &'static str {
    match fetched {
        SecretResponse::Object(_) | SecretResponse::Text(_) => "found",
        SecretResponse::Unavailable(finding) => finding.reason.code().as_str(),
        other => panic!("{other:?}"),
    }
}

/// The member of a secret that was found.
pub fn member(fetched: &SecretResponse, key: &str) -> String {
    let SecretResponse::Object(members) = fetched else {
        panic!("{fetched:?}")
    };
    let value = extract_subkey(members.expose(), key.as_bytes()).expect("the member");
    String::from_utf8(value.to_vec()).expect("text")
}

/// The secret that was found.
pub fn text(fetched: &SecretResponse) -> &str {
    let SecretResponse::Text(secret) = fetched else {
        panic!("{fetched:?}")
    };
    secret.text().expect("text")
}

pub fn refusal(fetched: SecretResponse) -> Finding {
    match fetched {
        SecretResponse::Unavailable(finding) => finding,
        other => panic!("{other:?}"),
    }
}

/// A finding says where, what, and what to do, and has the form that findings have.
pub fn check(finding: &Finding, reason: Reason, says: &[&str]) {
    let Finding { message, help, .. } = finding;
    assert_eq!(finding.reason, reason, "{message}");
    assert!(message.contains("'my-vault'"), "{message}");
    assert!(!message.ends_with('.') && help.is_some(), "{message} / {help:?}");
    let all = format!("{message} / {}", help.clone().unwrap_or_default());
    for part in says {
        assert!(all.contains(part), "{all} lacks {part}");
    }
}

/// Whatever vault it is: nothing listens, nobody answers in time, there is no such host.
pub async fn nobody_answers(asked: impl Fn(&str) -> VaultProbe) {
    let closed = ClosedPort::new();
    let refused = asked(&closed.url()).refused("pg").await;
    check(
        &refused,
        Reason::ConnectionFailed,
        &[&closed.host(), "refuses connections"],
    );

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let waiting = asked(&url).within(Duration::from_secs(1));
    let late = waiting.refused("pg").await;
    check(&late, Reason::TimedOut, &["gives no answer in time"]);
    let both = waiting.all(&[("pg", None), ("other", None)]).await;
    assert!(both.iter().all(|one| reason(one) == "timed-out"));

    let unknown = asked("https://nowhere.invalid").refused("pg").await;
    check(&unknown, Reason::ConnectionFailed, &["no such host"]);
}
