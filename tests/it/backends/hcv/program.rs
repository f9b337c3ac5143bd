//! The program against a real Vault.

use serde_json::json;

use crate::common::sandbox::{CommandOutput, Sandbox};
use crate::common::vault::Vault;

/// A state with a vault of the team's, as its data planes reach it, and a plugin a reference.
fn state(references: &[&str]) -> String {
    let mut text = "_format_version: \"3.0\"\n_info: {select_tags: [team]}\nvaults:\n\
         - {name: hcv, prefix: team, config: {host: vault.internal, mount: kong, kv: v2}}\nservices:\n"
        .to_owned();
    for (at, reference) in references.iter().enumerate() {
        text += &format!(
            "- name: s{at}\n  url: http://upstream.internal\n  plugins:\n  - name: http-log\n    config:\n      http_endpoint: '{reference}'\n"
        );
    }
    text
}

struct TeamVault {
    sandbox: Sandbox,
    vault: Vault,
    token: String,
}

impl TeamVault {
    async fn start() -> Option<Self> {
        let vault = Vault::start()?;
        vault.mount("kong", 2).await;
        vault
            .make(
                "POST",
                "kong/data/log",
                json!({"data": {"url": "http://canary-log.internal", "port": 1}}),
            )
            .await;
        vault
            .make(
                "POST",
                "kong/data/hidden",
                json!({"data": {"url": "http://canary-log.internal"}}),
            )
            .await;
        vault
            .make(
                "POST",
                "kong/data/gone",
                json!({"data": {"url": "http://canary-log.internal"}}),
            )
            .await;
        vault.make("POST", "kong/delete/gone", json!({"versions": [1]})).await;
        let policy =
            ["log", "none", "gone"].map(|name| format!("path \"kong/data/{name}\" {{ capabilities = [\"read\"] }}"));
        vault
            .make("PUT", "sys/policies/acl/team", json!({"policy": policy.join("\n")}))
            .await;
        let made = vault
            .make(
                "POST",
                "auth/token/create",
                json!({"policies": ["team"], "id": "canary-zyzzyva"}),
            )
            .await;
        let token = made["auth"]["client_token"].as_str().expect("a token").to_owned();
        let sandbox = Sandbox::new();
        Some(Self { sandbox, vault, token })
    }

    fn run(&self, args: &[&str], state: &str) -> CommandOutput {
        self.sandbox.file("repo/kong.yaml", state);
        let ran = self.sandbox.run(
            args,
            &[
                ("STRONGROOM_VAULT_TEAM_ADDRESS", &self.vault.http),
                ("STRONGROOM_VAULT_TEAM_TOKEN", &self.token),
                ("RUST_LOG", "trace"),
            ],
        );
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains("canary-log"), "{all}");
        ran
    }
}

#[tokio::test]
async fn references_are_proved_before_anything_is_written() {
    let Some(checked) = TeamVault::start().await else {
        return;
    };
    let wrong = [
        ("{vault://team/none/url}", "no_such_secret", "there is no secret 'none'"),
        ("{vault://team/gone/url}", "deleted_version", "was deleted"),
        ("{vault://team/log/url#7}", "no_such_version", "there is no version 7"),
        (
            "{vault://team/hidden/url}",
            "permission_denied",
            "let their policy read kong/data/hidden",
        ),
        ("{vault://team/log/port}", "bad_subkey", "is no string"),
        ("{vault://team/log/nothing}", "bad_subkey", "has no member 'nothing'"),
        ("{vault://team/a%2F..%2Fb/url}", "bad_resource", "'a/../b' cannot be"),
    ];
    for (reference, reason, says) in wrong {
        let text = state(&["{vault://team/log/url}", reference]);
        let refused = checked.run(&["sync", "kong.yaml", "--yes", "-vvv"], &text).ends(3);
        let refused = refused.tells(says).tells("kong.yaml:17").tells("'team'");
        assert!(!refused.err.contains("method=POST"), "{}", refused.err);
        let told = checked.run(&["diff", "kong.yaml", "--json-output"], &text).ends(3);
        assert!(told.verdicts().iter().any(|(_, told)| told == reason), "{}", told.out);
    }
    let told = checked
        .run(
            &["diff", "kong.yaml", "--json-output"],
            &state(&["{vault://team/log/url}"]),
        )
        .ends(0);
    assert_eq!(told.verdicts(), [("found".to_owned(), "secret_found".to_owned())]);
    checked
        .run(
            &["sync", "kong.yaml", "--yes", "-vvv"],
            &state(&["{vault://team/log/url}"]),
        )
        .ends(0);
}

#[tokio::test]
async fn a_vault_that_is_down_blocks_no_change_elsewhere() {
    let Some(checked) = TeamVault::start().await else {
        return;
    };
    let text = state(&["{vault://team/log/url}"]);
    checked.run(&["sync", "kong.yaml", "--yes"], &text).ends(0);
    checked.vault.make("PUT", "sys/seal", json!({})).await;
    let more = format!("{text}- name: other\n  url: http://other.internal\n");
    let synced = checked.run(&["sync", "kong.yaml", "--yes"], &more).ends(0);
    synced.tells("is sealed").tells("warning");
    let touched = state(&["{vault://team/log/url}"; 8]);
    let refused = checked.run(&["sync", "kong.yaml", "--yes"], &touched).ends(3);
    // one cause is told once, with all its places in their order
    refused
        .tells("kong.yaml:17:22: error: the vault 'team' at 127.0.0.1:")
        .tells("is sealed")
        .tells("also at: kong.yaml:23:22, kong.yaml:29:22, kong.yaml:35:22");
}

#[tokio::test]
async fn each_secret_is_fetched_once() {
    let Some(checked) = TeamVault::start().await else {
        return;
    };
    // a token for as many requests as there are distinct secrets: one more would be denied
    let body = json!({"policies": ["team"], "id": "canary-zyzzyva-2", "num_uses": 1});
    checked.vault.make("POST", "auth/token/create", body).await;
    let few = TeamVault {
        token: "canary-zyzzyva-2".to_owned(),
        ..checked
    };
    let references = ["{vault://team/log/url}"; 12];
    let told = few
        .run(&["diff", "kong.yaml", "--json-output"], &state(&references))
        .ends(0);
    assert_eq!(told.verdicts().len(), 12);
    assert!(told.verdicts().iter().all(|(verdict, _)| verdict == "found"));
}
