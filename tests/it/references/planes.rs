//! Several data planes, and what their environments are read from.

use crate::common::sandbox::{CommandOutput, Sandbox, verdict};

const STATE: &str = "_format_version: \"3.0\"
plugins:
- {name: http-log, config: {http_endpoint: 'http://x', headers: {a: '{vault://env/j/k}'}}}
";

fn check(sandbox: &Sandbox, planes: &[&String]) -> CommandOutput {
    sandbox.file("repo/kong.yaml", STATE);
    let mut args = vec!["refs", "check", "kong.yaml"];
    planes
        .iter()
        .for_each(|plane| args.extend(["--dp-env", plane.as_str()]));
    sandbox.offline(&args)
}

#[test]
fn each_cause_is_told_with_the_data_planes_that_have_it() {
    let sandbox = Sandbox::new();
    let number = sandbox.file("number.env", "J={\"k\": 1}\n");
    let text = sandbox.file("text.env", "J=zyzzyva\n");
    let more = sandbox.file("more.env", "J=another zyzzyva\n");
    let fine = sandbox.file("fine.env", "J={\"k\": \"zyzzyva\"}\n");
    let ran = check(&sandbox, &[&fine, &number, &text, &more]).ends(3);
    let ran = ran.tells("is no string: Kong's word for it is number (data plane: number.env); the secret 'j'");
    ran.tells("so that nothing can be taken out of it (data plane: text.env, more.env)\n");
}

#[test]
fn each_data_plane_has_its_own_prefix() {
    let sandbox = Sandbox::new();
    let plain = sandbox.file("plain.env", "J={\"k\": \"zyzzyva\"}\n");
    let own = sandbox.file("own.env", "KONG_VAULT_ENV_PREFIX=P_\nP_J={\"k\": \"zyzzyva\"}\n");
    let lacks = sandbox.file("lacks.env", "KONG_VAULT_ENV_PREFIX=P_\nJ={\"k\": \"zyzzyva\"}\n");
    check(&sandbox, &[&plain, &own]).ends(0).tells("references: 1 found");
    let ran = check(&sandbox, &[&plain, &lacks]).ends(3);
    ran.tells("error: the variable P_J is not defined (data plane: lacks.env)");
    let odd = sandbox.file("odd.env", "KONG_VAULT_ENV_DECODE_BASE64=true\nJ=eyJrIjoidiJ9\n");
    let ran = check(&sandbox, &[&plain, &odd]).ends(0);
    ran.tells("note: the data planes have different settings of the backend 'env'");
    sandbox.file("repo/kong.yaml", STATE);
    let args = ["--dp-env", &plain, "--dp-env", &odd];
    let found = sandbox.verdicts(STATE, &args, &[]);
    assert_eq!(found, verdict("not_checkable", "data_plane_settings"));
}

#[test]
fn what_holds_no_variables_is_no_environment() {
    let sandbox = Sandbox::new();
    for (kind, text) in [
        ("Deployment", "apiVersion: apps/v1\nkind: Deployment\nspec: {}\n"),
        (
            "SealedSecret",
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {}\n",
        ),
    ] {
        let file = sandbox.file("plane.yaml", text);
        let ran = check(&sandbox, &[&file]).ends(3);
        let ran = ran.tells(&format!("plane.yaml' holds no Secret and no ConfigMap, only {kind}"));
        assert!(!ran.err.contains("not defined"), "{}", ran.err);
    }
    let short = sandbox.file("plane.yaml", "kind: Secret\nstringData: {J: '{\"k\": \"zyzzyva\"}'}\n");
    check(&sandbox, &[&short]).ends(0);
    let nul = sandbox.file("plane.env", "J=zyzzyva\0\n");
    check(&sandbox, &[&nul])
        .ends(3)
        .tells("has a NUL in the value of \"J\"");
}
