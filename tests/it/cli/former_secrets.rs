//! What a vault or a plugin held before it became another is as secret as it was.

use crate::common::sandbox::Sandbox;

const VAULTS: &str = "_format_version: \"3.0\"\nvaults:\n\
    - {prefix: v-one, name: hcv, config: {host: h, token: zyzzyva-t, approle_secret_id: zyzzyva-s, cert_auth_cert_key: zyzzyva-k}}\n\
    - {prefix: v-two, name: conjur, config: {endpoint_url: 'http://h', account: a, login: l, api_key: zyzzyva-a}}\n";
const OTHER_VAULTS: &str = "_format_version: \"3.0\"\nvaults:\n\
    - {prefix: v-one, name: env, config: {prefix: A_}}\n- {prefix: v-two, name: aws, config: {region: us-east-1}}\n";
const PLUGINS: &str = "_format_version: \"3.0\"\nplugins:\n\
    - {id: 22222222-2222-4222-8222-222222222222, name: aws-lambda, config: {aws_key: zyzzyva-a, aws_secret: zyzzyva-s, function_name: f, aws_region: us-east-1}}\n\
    - {id: 22222222-2222-4222-8222-222222222223, name: session, config: {secret: zyzzyva-c}}\n";
const OTHER_PLUGINS: &str = "_format_version: \"3.0\"\nplugins:\n\
    - {id: 22222222-2222-4222-8222-222222222222, name: cors}\n\
    - {id: 22222222-2222-4222-8222-222222222223, name: http-log, config: {http_endpoint: 'http://x'}}\n";

/// Each run is searched for the canary by the place it runs in.
#[test]
fn a_change_of_backend_or_plugin_shows_nothing_of_the_former_ones_secrets() {
    for (before, after, hidden) in [
        (VAULTS, OTHER_VAULTS, "- config.token: <secret"),
        (OTHER_VAULTS, VAULTS, "+ config.token: <secret"),
        (PLUGINS, OTHER_PLUGINS, "- config.aws_secret: <secret"),
        (OTHER_PLUGINS, PLUGINS, "+ config.secret: <secret"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.sync(before, &["--references", "off"]);
        let ran = sandbox.diff(after, &[], &[]).ends(0);
        assert!(ran.out.contains(hidden), "{hidden}\n{}", ran.out);
        sandbox.diff(after, &["--json-output"], &[]).ends(0);
        sandbox.sync(after, &["--references", "off", "-vvv"]);
    }
}
