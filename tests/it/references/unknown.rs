//! Names that nobody has: what they may have been meant for is told.

use crate::common::sandbox::{Sandbox, ServedControlPlane, verdict};

const STATE: &str = "_format_version: \"3.0\"\nvaults:\n- {name: env, prefix: my-env}\nplugins:\n\
                     - {name: loggly, config: {key: '{vault://NAME/a/key}'}}\n";

#[test]
fn a_backend_that_the_node_has_not_loaded_is_told_as_one() {
    let (sandbox, node) = (Sandbox::new(), ServedControlPlane::serve(&["--vaults", "env"]));
    let address = ("STRONGROOM_KONG_ADDR", node.address.as_str());
    let ran = |args: &[&str], name: &str| {
        sandbox.file("repo/kong.yaml", &STATE.replace("NAME", name));
        sandbox.run(args, &[address])
    };
    let check = ["refs", "check", "kong.yaml", "--kong-addr", &node.address];
    for args in [&["diff", "kong.yaml"][..], &check] {
        let told = ran(args, "hcv").ends(3);
        let told = told.tells("error: the backend 'hcv' is not loaded, and no vault has the prefix 'hcv'");
        told.tells("help: have the nodes load it");
        let told = ran(args, "my-enw").ends(3);
        told.tells("no vault has the prefix 'my-enw'")
            .tells("did you mean 'my-env'?");
    }
    let found = ran(&["diff", "kong.yaml", "--json-output"], "hcv").verdicts();
    assert_eq!(found, verdict("missing", "unknown_vault"));
}

#[test]
fn a_vault_of_a_backend_that_the_node_has_not_loaded_is_told_what_it_has() {
    let (sandbox, node) = (Sandbox::new(), ServedControlPlane::serve(&["--vaults", "env"]));
    sandbox.file(
        "repo/kong.yaml",
        "_format_version: \"3.0\"\nvaults:\n- {name: hcv, prefix: my-hcv}\n",
    );
    let refused = sandbox.run(&["diff", "kong.yaml"], &[("STRONGROOM_KONG_ADDR", &node.address)]);
    let refused = refused.ends(3).tells("vault 'hcv' is not installed");
    let refused = refused.tells("help: the node has loaded: env; 'hcv' comes with Kong's Enterprise edition");
    assert!(!refused.err.contains("did you mean"), "{}", refused.err);
}

#[test]
fn settings_of_a_vault_that_nobody_has_are_told() {
    let sandbox = Sandbox::new();
    let file = "references:\n  vaults:\n    my-env: {policy: warn}\n    hcv: {policy: off}\n    my-enw: {policy: off}\n    \
                other: {policy: off}\n";
    let file = sandbox.file("settings.yaml", file);
    let state = STATE.replace("NAME", "my-env");
    let ran = sandbox
        .diff(&state, &["--config", &file, "--references", "off"], &[])
        .ends(0);
    let ran =
        ran.tells("note: what the settings say of the vault 'my-enw' holds for nothing: no vault has that prefix");
    let ran = ran
        .tells("help: did you mean 'my-env'?")
        .tells("of the vault 'other' holds");
    assert_eq!(ran.err.matches("holds for nothing").count(), 2, "{}", ran.err);
    // whoever sees no control plane does not know all vaults
    let ran = sandbox.offline(&["refs", "check", "kong.yaml", "--config", &file]);
    assert!(!ran.err.contains("holds for nothing"), "{}", ran.err);
}
