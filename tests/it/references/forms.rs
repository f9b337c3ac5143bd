//! What cannot be right is so whoever asks: no credentials are needed to tell.

use crate::common::sandbox::{Sandbox, verdict};

#[test]
fn names_and_versions_that_cannot_be_are_malformed_without_credentials() {
    let azure = "name: azure, config: {vault_uri: 'https://corp.vault.azure.net'}";
    let gcp = "name: gcp, config: {project_id: my-project-123}";
    let hcv = "name: hcv, config: {host: vault.corp, kv: v2}";
    let aws = "name: aws, config: {region: eu-west-1}";
    let conjur = "name: conjur, config: {endpoint_url: 'https://conjur.corp', account: a, login: l}";
    let files = "name: fs, config: {prefix: /secrets}";
    let clouds = [
        (azure, "x#1", "bad_version"),
        (azure, "a%2Fb", "bad_resource"),
        (gcp, "x#0", "bad_version"),
        (gcp, "a/b/c", "bad_resource"),
        (aws, "a%20b", "bad_resource"),
    ];
    let others = [
        (hcv, "a/../b", "bad_resource"),
        (hcv, "a/b#-1", "bad_version"),
        (hcv, "a/b#1.5", "bad_version"),
        (conjur, "a%2F%2Fb", "bad_resource"),
        (files, "../x/", "bad_resource"),
    ];
    let built = cfg!(all(feature = "aws", feature = "gcp", feature = "azure"));
    let clouds = clouds.into_iter().filter(|_| built);
    for (vault, secret, reason) in clouds.chain(others) {
        let sandbox = Sandbox::new();
        let state = format!(
            "_format_version: \"3.0\"\nvaults:\n- {{prefix: my-v, {vault}}}\nplugins:\n\
             - {{name: loggly, config: {{key: '{{vault://my-v/{secret}}}'}}}}\n"
        );
        let found = sandbox.verdicts(&state, &[], &[]);
        assert_eq!(found, verdict("malformed", reason), "{vault} {secret}");
    }
}
