//! What Kong silently takes and hardly anybody means, as the program tells it.

use crate::common::sandbox::Sandbox;

const STATE: &str = r#"_format_version: "3.0"
vaults:
- {name: env, prefix: my-env}
services:
- name: s
  url: http://example.com
  plugins:
  - name: request-transformer
    config:
      add:
        headers: ["authorization:Bearer {vault://my-env/canary-7f3a}", "x:y"]
  - name: loggly
    config: {key: " {vault://my-env/key}"}
  - name: http-log
    config: {http_endpoint: '{vault://my-env/url;v=1?ttl=60}'}
consumers:
- username: c
  keyauth_credentials:
  - key: '${vault://my-env/canary-7f3a}'
"#;

const TOLD: [&str; 5] = [
    "kong.yaml:11:19: warning: the field 'config.add.headers[0]' holds a reference inside a longer text: Kong uses the text as it stands",
    "kong.yaml:13:19: warning: the field 'config.key' has white space around a reference: Kong uses the text as it stands",
    "kong.yaml:15:29: warning: the field 'config.http_endpoint' holds a reference with a semicolon: Kong drops what follows it",
    "kong.yaml:15:29: warning: the field 'config.http_endpoint' holds a reference with the option 'ttl', which the backend 'env' does not have: Kong ignores it",
    "kong.yaml:19:10: warning: the field 'key' begins a reference with a dollar sign: Kong uses the text as it stands",
];

#[test]
fn what_looks_odd_is_told_whatever_the_policy() {
    let sandbox = Sandbox::new();
    for policy in ["default", "warn", "off"] {
        let mut ran = sandbox.diff(STATE, &["--references", policy], &[]).ends(0);
        for told in TOLD {
            ran = ran.tells(told);
        }
        assert!(!ran.err.contains("canary-7f3a"), "{}", ran.err);
    }
}

#[test]
fn validation_without_a_control_plane_tells_it_too() {
    let sandbox = Sandbox::new();
    sandbox.file("repo/kong.yaml", STATE);
    let mut ran = sandbox.run(&["validate", "kong.yaml"], &[]).ends(0);
    for told in TOLD {
        ran = ran.tells(told);
    }
    assert!(!ran.err.contains("canary-7f3a"), "{}", ran.err);
}

#[test]
fn references_that_are_right_are_not_odd() {
    let sandbox = Sandbox::new();
    let state = "_format_version: \"3.0\"\nvaults:\n- {name: env, prefix: my-env}\nplugins:\n\
                 - {name: loggly, config: {key: '{vault://my-env/key#2}'}}\n";
    let ran = sandbox.diff(state, &["--references", "off"], &[]).ends(0);
    assert!(!ran.err.contains("warning"), "{}", ran.err);
}

#[test]
fn forms_near_that_of_a_reference_are_told_where_a_reference_or_a_secret_belongs() {
    let sandbox = Sandbox::new();
    let near = [
        ("{vault:canary-7f3a/y}", "lacks the two slashes of a reference"),
        ("vault://canary-7f3a/y", "lacks the braces of a reference"),
        ("{vault//canary-7f3a/y}", "lacks the colon of a reference"),
        ("{valut://canary-7f3a/y}", "misspells the word vault of a reference"),
    ];
    for (text, problem) in near {
        let state = format!(
            "_format_version: \"3.0\"\nplugins:\n- {{name: loggly, config: {{key: '{text}'}}}}\nconsumers:\n\
             - {{username: c, custom_id: '{text}', keyauth_credentials: [{{key: '{text}'}}]}}\n"
        );
        let ran = sandbox.diff(&state, &["--references", "off"], &[]).ends(0);
        let ran = ran.tells(&format!("warning: the field 'config.key' {problem}"));
        let ran = ran.tells("also at: kong.yaml:5:");
        assert!(
            !ran.err.contains("custom_id") && !ran.err.contains("canary-7f3a"),
            "{}",
            ran.err
        );
    }
}
