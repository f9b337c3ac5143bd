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
