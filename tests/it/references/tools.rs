//! `refs get` of other vaults than env, and `refs env`, through the program.

use crate::common::sandbox::{CommandOutput, NO_CONTROL_PLANE, Sandbox};

const STATE: &str = "_format_version: \"3.0\"
vaults:
- {name: fs, prefix: disk, config: {prefix: /secrets}}
- {name: env, prefix: my-env, config: {prefix: TEAM_}}
plugins:
- {name: loggly, config: {key: '{vault://my-env/loggly-key}'}}
- name: http-log
  config:
    http_endpoint: http://log.test
    headers: {a: '{vault://my-env/creds/user}', b: '{vault://my-env/creds/password}', c: '{vault://disk/x}'}
";

fn get(sandbox: &Sandbox, args: &[&str], variables: &[(&str, &str)]) -> CommandOutput {
    let directory = format!("/secrets={}", sandbox.path("secrets").display());
    let args = [&["refs", "get"], args, &["kong.yaml", "--dp-files", &directory]].concat();
    sandbox.run(&args, &[&[NO_CONTROL_PLANE], variables].concat())
}

#[test]
fn a_value_is_printed_where_it_is_asked_for_and_not_in_ci() {
    let sandbox = Sandbox::new();
    sandbox.file("repo/kong.yaml", STATE);
    sandbox.file("secrets/x", "a value");
    sandbox.file("secrets/json", r#"{"user": "alice", "number": 5}"#);
    let silent = get(&sandbox, &["{vault://disk/x}"], &[]).ends(0);
    assert!(
        silent.out.is_empty() && silent.err.contains("found; the value is printed"),
        "{}",
        silent.err
    );
    assert_eq!(
        get(&sandbox, &["{vault://disk/x}", "--reveal"], &[]).ends(0).out,
        "a value\n"
    );
    assert_eq!(
        get(&sandbox, &["disk/json/user", "--reveal"], &[]).ends(0).out,
        "alice\n"
    );
    get(&sandbox, &["disk/json/number", "--reveal"], &[])
        .ends(3)
        .tells("is no string: Kong's word for it is number");
    get(&sandbox, &["disk/none", "--reveal"], &[])
        .ends(3)
        .tells("the file 'none' below /secrets (vault 'disk') does not exist");
    for ci in ["CI", "GITHUB_ACTIONS", "GITLAB_CI"] {
        let refused = get(&sandbox, &["{vault://disk/x}", "--reveal"], &[(ci, "true")]).ends(3);
        assert!(refused.out.is_empty(), "{}", refused.out);
        let forced = get(&sandbox, &["{vault://disk/x}", "--reveal=force"], &[(ci, "true")]).ends(0);
        assert_eq!(forced.out, "a value\n");
        let env = get(
            &sandbox,
            &["my-env/key", "--reveal"],
            &[(ci, "true"), ("TEAM_KEY", "of env")],
        )
        .ends(0);
        assert_eq!(env.out, "of env\n");
    }
    let plane = sandbox.file("plane.env", "TEAM_KEY=of a data plane\n");
    let given = get(
        &sandbox,
        &["my-env/key", "--reveal", "--dp-env", &plane],
        &[("TEAM_KEY", "ours")],
    )
    .ends(0);
    assert_eq!(given.out, "of a data plane\n");
}

#[test]
fn variables_are_told_as_templates() {
    let sandbox = Sandbox::new();
    sandbox.file("repo/kong.yaml", STATE);
    let dotenv = sandbox.offline(&["refs", "env", "kong.yaml"]).ends(0);
    let wanted = "\
# used by plugin http-log (config.headers.a, kong.yaml:10:18)
# used by plugin http-log (config.headers.b, kong.yaml:10:52)
# a JSON object with \"password\", \"user\"
TEAM_CREDS=

# used by plugin loggly (config.key, kong.yaml:6:32)
TEAM_LOGGLY_KEY=
";
    assert_eq!(dotenv.out, wanted);
    let manifest = sandbox
        .offline(&["refs", "env", "kong.yaml", "--format", "kubernetes"])
        .ends(0);
    let read: serde_json::Value = serde_yaml::from_str(&manifest.out).expect("YAML");
    assert_eq!(
        read["stringData"],
        serde_json::json!({"TEAM_CREDS": "", "TEAM_LOGGLY_KEY": ""})
    );
    let plane = sandbox.file("plane.yaml", &manifest.out.replace("\"\"\n", "'x'\n"));
    sandbox
        .offline(&["refs", "check", "kong.yaml", "--dp-env", &plane, "--references", "warn"])
        .ends(0)
        .tells("is no JSON object");
}

const FILLED: &str = "_format_version: \"3.0\"
vaults:
- {name: env, prefix: my-env, config: {prefix: '${{ env \"DECK_SECRET\" }}'}}
- {name: env, prefix: '${{ env \"DECK_PREFIX\" }}'}
plugins:
- {name: loggly, config: {key: '{vault://my-env/a/k}'}}
- {name: session, config: {secret: '{vault://${{ env \"DECK_PREFIX\" }}/b}'}}
- {name: acme, config: {account_email: '{vault://my-zyzzyvb/x}', tos_accepted: true}}
";

#[test]
fn what_a_template_fills_in_is_in_no_template_of_variables() {
    let sandbox = Sandbox::new();
    sandbox.file("repo/kong.yaml", FILLED);
    let variables = [
        NO_CONTROL_PLANE,
        ("DECK_SECRET", "ZYZZYVA-zyzzyva"),
        ("DECK_PREFIX", "my-zyzzyva"),
    ];
    for format in ["dotenv", "kubernetes"] {
        let ran = sandbox.run(&["refs", "env", "kong.yaml", "--format", format], &variables);
        let ran = ran
            .ends(0)
            .tells("kong.yaml:6:32: note: the variable PREFIX…A is left out");
        assert!(!ran.out.contains("ZYZZYVA"), "{}", ran.out);
        ran.tells("kong.yaml:7:36: note: the variable of this reference is left out");
    }
    // nor is a prefix that a template fills in what somebody else may have meant
    let ran = sandbox.run(&["refs", "check", "kong.yaml"], &variables[1..]);
    ran.ends(3).tells("help: declare the vault, or correct the reference");
}

#[test]
fn names_that_no_file_can_hold_stand_in_comments() {
    let sandbox = Sandbox::new();
    let state = "_format_version: \"3.0\"
plugins:
- {name: loggly, config: {key: '{vault://env/a%0AEVIL=1}'}}
- {name: session, config: {secret: '{vault://env/a%20b}'}}
- {name: acme, config: {account_email: '{vault://env/foo%2Fbar}', tos_accepted: true}}
";
    sandbox.file("repo/kong.yaml", state);
    let dotenv = sandbox.offline(&["refs", "env", "kong.yaml"]).ends(0).out;
    assert!(
        dotenv.contains("# no shell can set the variable \"A\\nEVIL=1\""),
        "{dotenv}"
    );
    assert!(dotenv.contains("# no shell can set the variable \"A B\""), "{dotenv}");
    assert!(dotenv.contains("variable \"FOO/BAR\""), "{dotenv}");
    let lines: Vec<&str> = dotenv
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    assert!(lines.is_empty(), "{dotenv}");
    let args = ["refs", "env", "kong.yaml", "--format", "kubernetes"];
    let manifest = sandbox.offline(&args).ends(0).out;
    assert!(
        manifest.contains("  # no Secret can hold the variable \"FOO/BAR\""),
        "{manifest}"
    );
    let read: serde_json::Value = serde_yaml::from_str(&manifest).expect("YAML");
    assert_eq!(read["stringData"], serde_json::json!({}));
}

#[test]
fn what_is_wrong_gives_no_template_and_the_data_planes_prefix_counts() {
    let sandbox = Sandbox::new();
    let state = "_format_version: \"3.0\"\nplugins: [{name: loggly, config: {key: '{vault://env/a}'}}]\n";
    sandbox.file("repo/kong.yaml", state);
    let conf = sandbox.file("kong.conf", "vault_env_prefix = P_\n");
    let ran = sandbox
        .offline(&["refs", "env", "kong.yaml", "--dp-conf", &conf])
        .ends(0);
    assert!(ran.out.ends_with("\nP_A=\n"), "{}", ran.out);
    let get = ["refs", "get", "env/a", "--reveal", "--dp-conf", &conf];
    let ran = sandbox
        .run(&get, &[NO_CONTROL_PLANE, ("A", "no"), ("P_A", "yes")])
        .ends(0);
    assert_eq!(ran.out, "yes\n");
    sandbox.file("repo/kong.yaml", &state.replace("env/a}", "env/}"));
    let ran = sandbox.offline(&["refs", "env", "kong.yaml"]).ends(3);
    assert_eq!(ran.out, "");
    ran.tells("error: Kong cannot read this reference");
}

#[test]
fn a_near_prefix_is_suggested_and_a_line_break_begins_no_line() {
    let sandbox = Sandbox::new();
    sandbox.file("repo/kong.yaml", STATE);
    let ran = sandbox.offline(&["refs", "get", "my-evn/a", "kong.yaml"]).ends(3);
    ran.tells("unknown vault: no vault has the prefix 'my-evn' (did you mean 'my-env'?)");
    let state = "_format_version: \"3.0\"\nplugins:\n- {name: loggly, config: {key: '{vault://env/a%0Aerror:%20b}'}}\n";
    sandbox.file("repo/kong.yaml", state);
    let ran = sandbox.offline(&["refs", "check", "kong.yaml"]).ends(0);
    ran.tells("the variable A\\nERROR: B cannot be checked from here");
    let listed = sandbox.offline(&["refs", "list", "kong.yaml"]).ends(0);
    assert!(
        listed.out.contains("the variable A\\nERROR: B cannot"),
        "{}",
        listed.out
    );
}
