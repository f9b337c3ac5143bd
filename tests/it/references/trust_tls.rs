//! Whom a credential may be shown to, where TLS says who that is: what a state file makes prove less is not made good by
//! vouching for a host.

#[allow(dead_code)] // each test uses its part
use crate::common::fake_server::{FakeServer, Reply};
use crate::common::sandbox::{Sandbox, TOKEN, verdict};

/// A vault with that config, and a plugin that refers to a secret of it.
fn state(config: &str, options: &str) -> String {
    format!(
        "_format_version: \"3.0\"\nvaults:\n- {{name: hcv, prefix: team, config: {{kv: v1, {config}}}}}\nplugins:\n\
         - {{name: loggly, config: {{key: '{{vault://team/pg/key{options}}}'}}}}\n"
    )
}

/// A vault behind TLS, and its authority.
fn vault() -> (FakeServer, String) {
    FakeServer::secure(|_| Reply::new(200, r#"{"data": {"key": "value-zyzzyva"}}"#))
}

#[test]
fn vouching_for_a_host_lets_no_file_turn_its_verification_off() {
    let (sandbox, (vault, _)) = (Sandbox::new(), vault());
    let (url, host) = (vault.url(), vault.host());
    let settings = [
        ("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str()),
        ("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN),
    ];
    let own = format!(
        "protocol: https, host: 127.0.0.1, port: {}, ssl_verify: false",
        vault.port()
    );
    for (config, options, variables) in [
        ("ssl_verify: false", "", &settings[..]),
        ("", "?ssl_verify=false", &settings),
        (&own, "", &settings[1..]),
    ] {
        for vouched in [
            &[][..],
            &["--references-hosts", &host],
            &["--references-hosts", "127.0.0.1"],
        ] {
            let ran = sandbox.diff(&state(config, options), vouched, variables).ends(0);
            let ran = ran.tells("a state file turns ssl_verify off");
            let ran = ran.tells("STRONGROOM_VAULT_TEAM_SSL_VERIFY=true, with STRONGROOM_VAULT_TEAM_CA_CERT=FILE");
            assert!(!ran.err.contains("--references-hosts"), "{}", ran.err);
            let found = sandbox.verdicts(&state(config, options), vouched, variables);
            assert_eq!(found, verdict("not_checkable", "untrusted_host"), "{config} {options}");
        }
    }
    assert!(vault.bytes().is_empty());
}

#[test]
fn the_checkers_side_says_how_a_server_is_verified() {
    let (sandbox, (vault, authority)) = (Sandbox::new(), vault());
    let (url, authority) = (vault.url(), sandbox.file("ca.pem", &authority));
    let settings = [
        ("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str()),
        ("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN),
    ];
    let state = state("ssl_verify: false", "");
    let verifying = [
        ("STRONGROOM_VAULT_TEAM_SSL_VERIFY", "true"),
        ("STRONGROOM_VAULT_TEAM_CA_CERT", authority.as_str()),
    ];
    let found = verdict("found", "secret_found");
    assert_eq!(
        sandbox.verdicts(&state, &[], &[&settings[..], &verifying].concat()),
        found
    );
    let strange = [&settings[..], &verifying[..1]].concat();
    assert_eq!(
        sandbox.verdicts(&state, &[], &strange),
        verdict("unreachable", "connection_failed")
    );
    let off = [&settings[..], &[("STRONGROOM_VAULT_TEAM_SSL_VERIFY", "false")]].concat();
    assert_eq!(sandbox.verdicts(&state, &[], &off), found);
    assert_eq!(
        sandbox.verdicts(&state, &["--references-hosts", "*"], &settings),
        found,
        "trusted files"
    );
    sandbox.sync(&state, &["--references", "off"]);
    assert_eq!(
        sandbox.verdicts(&state, &[], &settings),
        found,
        "as the live vault does"
    );
}

#[test]
fn a_host_without_a_port_is_not_vouched_for_in_the_clear() {
    let sandbox = Sandbox::new();
    let token = [("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN)];
    let named = |protocol: &str| state(&format!("protocol: {protocol}, host: vault.invalid, port: 80"), "");
    let asks = |protocol: &str, vouched: &str| {
        let found = sandbox.verdicts(&named(protocol), &["--references-hosts", vouched], &token);
        found == verdict("unreachable", "connection_failed")
    };
    assert!(asks("https", "vault.invalid") && asks("https", "vault.invalid:80"));
    assert!(asks("http", "vault.invalid:80") && asks("http", "*"));
    assert!(!asks("http", "vault.invalid") && !asks("http", "vault.invalid:8200"));
    let ran = sandbox
        .diff(&named("http"), &["--references-hosts", "vault.invalid"], &token)
        .ends(0);
    let ran = ran.tells("names the host vault.invalid:80 over http, in the clear");
    ran.tells("--references-hosts vault.invalid:80");
}

#[test]
fn a_port_that_is_said_is_one() {
    let sandbox = Sandbox::new();
    for wrong in ["127.0.0.1:", "[::1]:", "vault.corp:x", "*.corp"] {
        let ran = sandbox
            .diff(&state("", ""), &["--references-hosts", wrong], &[])
            .ends(3);
        ran.tells(&format!("--references-hosts: '{wrong}' is no HOST or HOST:PORT"));
    }
}
