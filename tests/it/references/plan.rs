//! References and the plan that makes or takes away what they name.

use crate::common::sandbox::Sandbox;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

/// A vault, and what refers to it: a certificate with its names, and a plugin.
const STATE: &str = "_format_version: \"3.0\"
_info: {select_tags: [platform]}
vaults:
- {name: fs, prefix: disk, config: {prefix: /secrets}}
certificates:
- cert: '{vault://disk/cert}'
  key: '{vault://disk/key}'
  snis: [{name: a.test}]
plugins:
- {name: loggly, config: {key: '{vault://disk/word}'}}
";

fn with_secrets() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::new(vec!["a.test".to_owned()]).expect("parameters");
    parameters.not_after = date_time_ymd(2090, 1, 1);
    let cert = parameters.self_signed(&key).expect("a certificate");
    sandbox.file("secrets/cert", &cert.pem());
    sandbox.file("secrets/key", &key.serialize_pem());
    sandbox.file("secrets/word", "zyzzyva");
    let files = format!("/secrets={}", sandbox.path("secrets").display());
    (sandbox, files)
}

#[test]
fn one_plan_creates_a_vault_and_what_refers_to_it() {
    let (sandbox, files) = with_secrets();
    let strict = ["--dp-files", &*files, "--references", "strict"];
    let ran = sandbox.sync(STATE, &strict);
    let ran = ran.tells("references: 3 found");
    let created = ["vault disk", "certificate", "sni a.test", "plugin loggly"];
    let places = created.map(|entity| {
        let line = format!("creating {entity}");
        ran.out.find(&line).unwrap_or_else(|| panic!("{line}\n{}", ran.out))
    });
    assert!(
        places[0] < places[1] && places[0] < places[3],
        "the vault is first\n{}",
        ran.out
    );
    let again = sandbox.diff(STATE, &strict, &[]).ends(0);
    assert!(again.out.contains("Created: 0"), "{}", again.out);
}

const TAGGED: &str = "_format_version: \"3.0\"\n_info: {select_tags: [TAG]}\n";

/// A vault under an id, and another team's plugin that refers to it.
fn two_teams(sandbox: &Sandbox) -> String {
    let ours = TAGGED.replace("TAG", "platform")
        + "vaults:\n- {id: 11111111-1111-4111-8111-111111111111, name: env, prefix: shared-v, config: {prefix: A_}}\n";
    let theirs =
        TAGGED.replace("TAG", "payments") + "plugins:\n- {name: loggly, config: {key: '{vault://shared-v/word}'}}\n";
    sandbox.sync(&ours, &[]);
    sandbox.sync(&theirs, &[]);
    ours
}

#[test]
fn a_vault_in_use_keeps_its_prefix_whatever_the_policy_and_the_command() {
    let sandbox = Sandbox::new();
    let renamed = two_teams(&sandbox).replace("shared-v", "shared-w");
    for more in [
        &["--references", "strict"][..],
        &["--references", "off"],
        &["--no-delete"],
        &["--json-output"],
    ] {
        for command in ["diff", "sync"]
            .into_iter()
            .filter(|command| *command == "sync" || !more.contains(&"--no-delete"))
        {
            sandbox.file("repo/kong.yaml", &renamed);
            let ran = sandbox.run(&[&[command, "kong.yaml"], more].concat(), &[]).ends(5);
            let told = ran.err + &ran.out;
            for part in [
                "would lose the prefix shared-v",
                "plugin loggly",
                "--allow-delete-in-use",
            ] {
                assert!(told.contains(part), "{part}\n{told}");
            }
        }
    }
    let allowed = sandbox.diff(&renamed, &["--allow-delete-in-use"], &[]).ends(0);
    allowed.tells("warning: this plan takes the vault 'shared-v' away");
}

#[test]
fn another_teams_reference_that_a_plan_breaks_stops_it_once_it_is_asked_for() {
    let sandbox = Sandbox::new();
    let ours = two_teams(&sandbox);
    let plane = sandbox.file("plane.env", "A_WORD=zyzzyva\n");
    let (moved, asked) = (ours.replace("A_", "B_"), ["--dp-env", &*plane, "--references-foreign"]);
    sandbox.diff(&ours, &asked, &[]).ends(0).tells("references: 1 found");
    let broken = sandbox.diff(&moved, &asked, &[]).ends(3);
    broken
        .tells("error: the variable B_WORD is not defined")
        .tells("plugin loggly");
    sandbox
        .diff(&moved, &[&asked[..], &["--references", "warn"]].concat(), &[])
        .ends(0);
    // nobody asked for it, or nothing of it changes
    sandbox.diff(&moved, &asked[..2], &[]).ends(0);
    sandbox.file("plane.env", "");
    sandbox
        .diff(&ours, &asked, &[])
        .ends(0)
        .tells("warning: the variable A_WORD is not defined");
}

#[test]
fn a_plan_that_takes_away_a_vault_of_which_another_team_makes_use_is_refused_and_tells_who() {
    let (sandbox, files) = with_secrets();
    sandbox.sync(STATE, &["--dp-files", &files]);
    let theirs = "_format_version: \"3.0\"\n_info: {select_tags: [payments]}\nservices:\n\
                  - name: pay\n  url: http://pay.test\n  plugins:\n\
                  \x20 - {name: http-log, config: {http_endpoint: 'http://log.test', headers: {x-token: '{vault://disk/word}'}}}\n";
    sandbox.sync(theirs, &["--dp-files", &files]);
    let without = "_format_version: \"3.0\"\n_info: {select_tags: [platform]}\n";
    let alone = ["--allow-empty", "--max-deletes", "100%"];
    for policy in ["strict", "default", "warn", "off"] {
        for command in ["diff", "sync"] {
            sandbox.file("repo/kong.yaml", without);
            let args = [&[command, "kong.yaml", "--references", policy][..], &alone].concat();
            let ran = sandbox.run(&args, &[]).ends(5);
            ran.tells("vault disk")
                .tells("plugin http-log")
                .tells("--allow-delete-in-use");
        }
    }
    // nothing of it happened
    let ran = sandbox.diff(STATE, &["--dp-files", &files], &[]).ends(0);
    assert!(ran.out.contains("Created: 0"), "{}", ran.out);
}
