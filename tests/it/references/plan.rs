//! References and the plan that makes or takes away what they name.

use crate::common::refs_place::Place;
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

fn with_secrets() -> (Place, String) {
    let place = Place::new();
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::new(vec!["a.test".to_owned()]).expect("parameters");
    parameters.not_after = date_time_ymd(2090, 1, 1);
    let cert = parameters.self_signed(&key).expect("a certificate");
    place.file("secrets/cert", &cert.pem());
    place.file("secrets/key", &key.serialize_pem());
    place.file("secrets/word", "zyzzyva");
    let files = format!("/secrets={}", place.path("secrets").display());
    (place, files)
}

#[test]
fn one_plan_creates_a_vault_and_what_refers_to_it() {
    let (place, files) = with_secrets();
    let strict = ["--dp-files", &*files, "--references", "strict"];
    let ran = place.sync(STATE, &strict);
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
    let again = place.diff(STATE, &strict, &[]).ends(0);
    assert!(again.out.contains("Created: 0"), "{}", again.out);
}

const TAGGED: &str = "_format_version: \"3.0\"\n_info: {select_tags: [TAG]}\n";

/// A vault under an id, and another team's plugin that refers to it.
fn two_teams(place: &Place) -> String {
    let ours = TAGGED.replace("TAG", "platform")
        + "vaults:\n- {id: 11111111-1111-4111-8111-111111111111, name: env, prefix: shared-v, config: {prefix: A_}}\n";
    let theirs =
        TAGGED.replace("TAG", "payments") + "plugins:\n- {name: loggly, config: {key: '{vault://shared-v/word}'}}\n";
    place.sync(&ours, &[]);
    place.sync(&theirs, &[]);
    ours
}

#[test]
fn a_vault_in_use_keeps_its_prefix_whatever_the_policy_and_the_command() {
    let place = Place::new();
    let renamed = two_teams(&place).replace("shared-v", "shared-w");
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
            place.file("repo/kong.yaml", &renamed);
            let ran = place.run(&[&[command, "kong.yaml"], more].concat(), &[]).ends(5);
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
    let allowed = place.diff(&renamed, &["--allow-delete-in-use"], &[]).ends(0);
    allowed.tells("warning: this plan takes the vault 'shared-v' away");
}

#[test]
fn another_teams_reference_that_a_plan_breaks_stops_it_once_it_is_asked_for() {
    let place = Place::new();
    let ours = two_teams(&place);
    let plane = place.file("plane.env", "A_WORD=zyzzyva\n");
    let (moved, asked) = (ours.replace("A_", "B_"), ["--dp-env", &*plane, "--references-foreign"]);
    place.diff(&ours, &asked, &[]).ends(0).tells("references: 1 found");
    let broken = place.diff(&moved, &asked, &[]).ends(3);
    broken
        .tells("error: the variable B_WORD is not defined")
        .tells("plugin loggly");
    place
        .diff(&moved, &[&asked[..], &["--references", "warn"]].concat(), &[])
        .ends(0);
    // nobody asked for it, or nothing of it changes
    place.diff(&moved, &asked[..2], &[]).ends(0);
    place.file("plane.env", "");
    place
        .diff(&ours, &asked, &[])
        .ends(0)
        .tells("warning: the variable A_WORD is not defined");
}

#[test]
fn a_plan_that_takes_away_a_vault_of_which_another_team_makes_use_is_refused_and_tells_who() {
    let (place, files) = with_secrets();
    place.sync(STATE, &["--dp-files", &files]);
    let theirs = "_format_version: \"3.0\"\n_info: {select_tags: [payments]}\nservices:\n\
                  - name: pay\n  url: http://pay.test\n  plugins:\n\
                  \x20 - {name: http-log, config: {http_endpoint: 'http://log.test', headers: {x-token: '{vault://disk/word}'}}}\n";
    place.sync(theirs, &["--dp-files", &files]);
    let without = "_format_version: \"3.0\"\n_info: {select_tags: [platform]}\n";
    let alone = ["--allow-empty", "--max-deletes", "100%"];
    for policy in ["strict", "default", "warn", "off"] {
        for command in ["diff", "sync"] {
            place.file("repo/kong.yaml", without);
            let args = [&[command, "kong.yaml", "--references", policy][..], &alone].concat();
            let ran = place.run(&args, &[]).ends(5);
            ran.tells("vault disk")
                .tells("plugin http-log")
                .tells("--allow-delete-in-use");
        }
    }
    // nothing of it happened
    let ran = place.diff(STATE, &["--dp-files", &files], &[]).ends(0);
    assert!(ran.out.contains("Created: 0"), "{}", ran.out);
}
