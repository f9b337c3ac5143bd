//! References and the plan that makes or takes away what they name.

mod refs_place;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use refs_place::Place;

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
