//! What is asked for on this machine, or of the server that its cloud gives it, is no proxy's to see.

use crate::common::sandbox::{Sandbox, TOKEN, VaultListener, verdict};

const STATE: &str = "_format_version: \"3.0\"\nvaults:\n- {name: hcv, prefix: team, config: {kv: v1}}\nplugins:\n\
                     - {name: loggly, config: {key: '{vault://team/pg/key}'}}\n";

#[test]
fn only_vaults_elsewhere_are_asked_through_a_proxy() {
    let (sandbox, vault, proxy) = (Sandbox::new(), VaultListener::new(), VaultListener::new());
    let (near, proxied) = (vault.url(), proxy.url());
    let variables = |address| {
        [
            ("HTTP_PROXY", proxied.as_str()),
            ("http_proxy", proxied.as_str()),
            ("STRONGROOM_VAULT_TEAM_ADDRESS", address),
            ("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN),
        ]
    };
    let found = sandbox.verdicts(STATE, &[], &variables(near.as_str()));
    assert_eq!(found, verdict("found", "secret_found"));
    assert!(vault.received().contains(TOKEN));
    assert_eq!(proxy.received(), "");
    let found = sandbox.verdicts(STATE, &[], &variables("http://vault.test:8200"));
    assert_eq!(found, verdict("found", "secret_found"));
    assert!(proxy.received().contains("vault.test:8200"), "{}", proxy.received());
}

#[test]
fn a_control_plane_on_this_machine_is_asked_directly_and_a_proxy_in_use_is_named() {
    let (sandbox, near, proxy) = (Sandbox::new(), VaultListener::new(), VaultListener::new());
    let (near_url, proxied) = (near.url(), proxy.url());
    let ping = |address: &str, proxy: &str, exempt: &str| {
        let variables = [
            ("HTTP_PROXY", proxy),
            ("http_proxy", proxy),
            ("NO_PROXY", exempt),
            ("STRONGROOM_KONG_ADDR", address),
            ("STRONGROOM_HEADERS", "kong-admin-token:hush"),
        ];
        sandbox.run(&["ping", "--timeout", "5"], &variables)
    };
    ping(&near_url, &proxied, "");
    assert!(near.received().contains("GET /"), "{}", near.received());
    assert_eq!(proxy.received(), "");
    ping("http://kong.invalid:8001", &proxied, "kong.invalid");
    assert_eq!(proxy.received(), "");
    let ran = ping("http://kong.invalid:8001", "http://user:zyzzyva@127.0.0.1:1", "");
    ran.tells("kong.invalid:8001 through the proxy 127.0.0.1:1");
}
