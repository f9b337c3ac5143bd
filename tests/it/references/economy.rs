//! Each distinct secret is asked for once, however references spell what they want of it.

#[allow(dead_code)] // each test uses its part
use crate::common::fake_server::{FakeServer, Reply};
use crate::common::sandbox::{Sandbox, TOKEN};

/// How many references there are.
const MANY: usize = 40;

/// A vault with that config, and a plugin with references that differ in `N`.
fn state(config: &str, reference: &str) -> String {
    let headers: Vec<String> = (0..MANY)
        .map(|at| format!("h{at}: '{}'", reference.replace('N', &at.to_string())))
        .collect();
    format!(
        "_format_version: \"3.0\"\nvaults:\n- {{name: hcv, prefix: team, config: {{{config}}}}}\nplugins:\n\
         - {{name: http-log, config: {{http_endpoint: 'http://h', headers: {{{}}}}}}}\n",
        headers.join(", ")
    )
}

/// The paths that were asked for, all references found.
fn asked(config: &str, reference: &str) -> Vec<String> {
    let (sandbox, vault) = (
        Sandbox::new(),
        FakeServer::start(|_| {
            Reply::new(
                200,
                r#"{"data": {"key": "value-zyzzyva", "data": {"key": "value-zyzzyva"}}}"#,
            )
        }),
    );
    let url = vault.url();
    let variables = [
        ("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str()),
        ("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN),
        ("STRONGROOM_VAULT_TEAM_NAMESPACE", "ours"),
    ];
    let found = sandbox.verdicts(&state(config, reference), &[], &variables);
    assert_eq!(found.len(), MANY, "{reference}");
    assert!(found.iter().all(|(verdict, _)| verdict == "found"), "{found:?}");
    let mut paths: Vec<String> = vault.requests().into_iter().map(|heard| heard.path).collect();
    paths.sort();
    paths
}

#[test]
fn what_does_not_change_a_request_makes_no_other() {
    for (config, reference) in [
        ("kv: v1", "{vault://team/s/key}"),
        ("kv: v1", "{vault://team/s/key?foo=N}"),
        ("kv: v1", "{vault://team/s/key?ttl=N}"),
        ("kv: v1", "{vault://team/s/key?neg_ttl=N&resurrect_ttl=N}"),
        ("kv: v1", "{vault://team/s/key?kv=v1&foo=N}"),
        ("kv: v1", "{vault://team/s/key#N}"),
        // the checker's side says what these would
        ("kv: v1", "{vault://team/s/key?host=hN&port=N}"),
        ("kv: v1", "{vault://team/s/key?namespace=nN}"),
    ] {
        assert_eq!(asked(config, reference), ["/v1/secret/s"], "{reference}");
    }
}

#[test]
fn what_changes_a_request_makes_another() {
    for reference in ["{vault://team/s/key?mount=mN}", "{vault://team/sN/key}"] {
        assert_eq!(asked("kv: v1", reference).len(), MANY, "{reference}");
    }
    assert_eq!(asked("kv: v2", "{vault://team/s/key#N}").len(), MANY);
    assert_eq!(
        asked("kv: v2", "{vault://team/s/key?kv=v2&ttl=N}"),
        ["/v1/secret/data/s"]
    );
}
