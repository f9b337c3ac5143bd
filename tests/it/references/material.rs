//! What references resolve to, and certificates in the open: through the program, with files of data planes.

use crate::common::sandbox::{CommandOutput, Sandbox};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, date_time_ymd};

/// A certificate and its key, as PEM.
struct CertificateWithKey {
    cert: String,
    key: String,
}

fn pair(change: impl FnOnce(&mut CertificateParams), key: &KeyPair) -> CertificateWithKey {
    let mut parameters = CertificateParams::new(vec!["a.test".to_owned()]).expect("parameters");
    parameters.not_after = date_time_ymd(2090, 1, 1);
    change(&mut parameters);
    CertificateWithKey {
        cert: parameters.self_signed(key).expect("a certificate").pem(),
        key: key.serialize_pem(),
    }
}

fn ecdsa() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}

/// `diff` of those entities, whose references a directory of the data planes holds.
fn diff(sandbox: &Sandbox, entities: &str, args: &[&str]) -> CommandOutput {
    let directory = format!("/secrets={}", sandbox.path("secrets").display());
    let state = format!(
        "_format_version: \"3.0\"\nvaults:\n- {{name: fs, prefix: disk, config: {{prefix: /secrets}}}}\n{entities}"
    );
    sandbox.diff(&state, &[&["--dp-files", &directory], args].concat(), &[])
}

fn certificate(cert: &str, key: &str, more: &str) -> String {
    format!("certificates:\n- cert: '{{vault://disk/{cert}}}'\n  key: '{{vault://disk/{key}}}'\n{more}")
}

#[test]
fn a_pair_that_is_one_is_found() {
    let sandbox = Sandbox::new();
    let good = pair(|_| {}, &ecdsa());
    sandbox.file("secrets/cert", &good.cert);
    sandbox.file("secrets/key", &good.key);
    let ran = diff(&sandbox, &certificate("cert", "key", "  snis: [{name: a.test}]\n"), &[]).ends(0);
    assert_eq!(ran.err.trim(), "references: 2 found");
}

#[test]
fn a_key_of_another_certificate_is_none() {
    let sandbox = Sandbox::new();
    sandbox.file("secrets/cert", &pair(|_| {}, &ecdsa()).cert);
    sandbox.file("secrets/key", &ecdsa().serialize_pem());
    let entities = certificate("cert", "key", "");
    let ran = diff(&sandbox, &entities, &[]).ends(3);
    ran.tells("kong.yaml:6:8: error: what {vault://disk/key} resolves to does not match the certificate");
    let warned = diff(&sandbox, &entities, &["--references", "warn"]).ends(0);
    warned.tells("warning: what {vault://disk/key} resolves to does not match the certificate");
    let silent = diff(&sandbox, &entities, &["--references", "off"]).ends(0);
    assert!(!silent.err.contains("does not match"), "{}", silent.err);
}

#[test]
fn what_is_no_pem_is_told_without_a_word_of_it() {
    let sandbox = Sandbox::new();
    sandbox.file("secrets/cert", "zyzzyva");
    sandbox.file("secrets/key", "zyzzyva two");
    std::fs::write(sandbox.path("secrets/bytes"), b"zyzzyva\xff").expect("a file");
    let ran = diff(&sandbox, &certificate("cert", "key", ""), &[]).ends(3);
    let ran = ran.tells("what {vault://disk/cert} resolves to is no PEM certificate");
    ran.tells("what {vault://disk/key} resolves to is no PEM key");
    let plugin = "plugins:\n- {name: http-log, config: {http_endpoint: '{vault://disk/cert}'}}\n";
    let ran = diff(&sandbox, plugin, &[]).ends(3);
    ran.tells("what {vault://disk/cert} resolves to is not a URL");
    let bytes = "plugins:\n- {name: loggly, config: {key: '{vault://disk/bytes}'}}\n";
    diff(&sandbox, bytes, &[])
        .ends(3)
        .tells("resolves to is no text (UTF-8)");
}

#[test]
fn a_chain_is_read_to_its_end() {
    let sandbox = Sandbox::new();
    let good = pair(|_| {}, &ecdsa());
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    sandbox.file("secrets/cert", &(good.cert + broken));
    sandbox.file("secrets/key", &good.key);
    let ran = diff(&sandbox, &certificate("cert", "key", ""), &[]).ends(3);
    ran.tells("is a chain of certificates of which not all can be read");
}

#[test]
fn the_alternative_pair_is_of_another_sort_and_whole() {
    let sandbox = Sandbox::new();
    let (one, two) = (pair(|_| {}, &ecdsa()), pair(|_| {}, &ecdsa()));
    let other = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let three = pair(|_| {}, &other);
    for (name, text) in [
        ("cert", &one.cert),
        ("key", &one.key),
        ("cert2", &two.cert),
        ("key2", &two.key),
        ("cert3", &three.cert),
        ("key3", &three.key),
    ] {
        sandbox.file(&format!("secrets/{name}"), text);
    }
    let alternative =
        |cert, key| format!("  cert_alt: '{{vault://disk/{cert}}}'\n  key_alt: '{{vault://disk/{key}}}'\n");
    let same = diff(
        &sandbox,
        &certificate("cert", "key", &alternative("cert2", "key2")),
        &[],
    )
    .ends(3);
    same.tells("is of the same type (RSA, ECDSA) as the other of the two certificates");
    diff(
        &sandbox,
        &certificate("cert", "key", &alternative("cert3", "key3")),
        &[],
    )
    .ends(0);
    let half = diff(
        &sandbox,
        &certificate("cert", "key", "  cert_alt: '{vault://disk/cert3}'\n"),
        &[],
    )
    .ends(3);
    half.tells("does not go together with other fields: all or none of these fields must be set");
}

#[test]
fn certificates_are_valid_now_and_for_some_time() {
    let sandbox = Sandbox::new();
    let key = ecdsa();
    let past = pair(
        |cert| (cert.not_before, cert.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1)),
        &key,
    );
    let future = pair(|cert| cert.not_before = date_time_ymd(2089, 1, 1), &key);
    sandbox.file("secrets/past", &past.cert);
    sandbox.file("secrets/future", &future.cert);
    sandbox.file("secrets/good", &pair(|_| {}, &key).cert);
    sandbox.file("secrets/key", &key.serialize_pem());
    let ran = diff(&sandbox, &certificate("past", "key", ""), &[]).ends(3);
    ran.tells("what {vault://disk/past} resolves to holds a certificate that has expired")
        .tells("until 2001-01-01 00:00 UTC");
    diff(&sandbox, &certificate("future", "key", ""), &[])
        .ends(3)
        .tells("that is not valid yet");
    let far = diff(&sandbox, &certificate("good", "key", ""), &["--expiry-days", "40000"]).ends(0);
    far.tells("warning: the field 'cert' holds a certificate that expires within 40000 days");
    let indented = |text: &str| text.trim().replace('\n', "\n    ");
    let open = format!(
        "certificates:\n- id: 11111111-1111-4111-8111-111111111111\n  cert: |\n    {}\n  key: |\n    {}\n",
        indented(&past.cert),
        indented(&past.key)
    );
    diff(&sandbox, &open, &[])
        .ends(3)
        .tells("error: the field 'cert' holds a certificate that has expired");
    // it may be live already: nobody was asked
    let validated = sandbox.run(&["validate", "kong.yaml"], &[]).ends(0);
    validated.tells("warning: the field 'cert' holds a certificate that has expired");
    sandbox
        .run(&["validate", "kong.yaml", "--references", "strict"], &[])
        .ends(3);
    let directory = format!("/secrets={}", sandbox.path("secrets").display());
    sandbox
        .run(
            &[
                "sync",
                "kong.yaml",
                "--yes",
                "--references",
                "warn",
                "--dp-files",
                &directory,
            ],
            &[],
        )
        .ends(0);
    let live = sandbox
        .run(&["diff", "kong.yaml", "--dp-files", &directory], &[])
        .ends(0);
    live.tells("warning: the field 'cert' holds a certificate that has expired");
}

#[test]
fn the_names_that_a_certificate_is_served_under_are_its_own() {
    let sandbox = Sandbox::new();
    let good = pair(|_| {}, &ecdsa());
    sandbox.file("secrets/cert", &good.cert);
    sandbox.file("secrets/key", &good.key);
    let names = "  snis: [{name: a.test}, {name: b.test}, {name: '*.c.test'}]\n";
    let ran = diff(&sandbox, &certificate("cert", "key", names), &[]).ends(0);
    let ran = ran.tells("warning: the field 'cert' holds a certificate that is not good for all names");
    assert!(
        ran.err.contains(" *.c.test, b.test") && !ran.err.contains("a.test"),
        "{}",
        ran.err
    );
}

#[test]
fn of_two_that_are_alike_each_is_served_under_its_own_names() {
    let sandbox = Sandbox::new();
    let good = pair(|_| {}, &ecdsa());
    let (cert, key) = (good.cert.replace('\n', "\\n"), good.key.replace('\n', "\\n"));
    let certificate = |id: u8, name: &str| {
        let id = format!("{id:08}-1111-4111-8111-111111111111");
        format!("- id: {id}\n  cert: \"{cert}\"\n  key: \"{key}\"\n  snis: [{{name: {name}}}]\n")
    };
    let both = certificate(1, "a.test") + &certificate(2, "b.test");
    let state = format!("_format_version: \"3.0\"\ncertificates:\n{both}");
    let file = sandbox.file("repo/kong.yaml", &state);
    sandbox.run(&["sync", &file, "--yes"], &[]).ends(0);
    let live = sandbox.run(&["diff", &file], &[]).ends(0);
    live.tells("warning: the field 'cert' holds a certificate that is not good for all names")
        .tells(" b.test");
}

#[test]
fn another_teams_names_count_too() {
    let sandbox = Sandbox::new();
    let good = pair(|_| {}, &ecdsa());
    sandbox.file("secrets/cert", &good.cert);
    sandbox.file("secrets/key", &good.key);
    let directory = format!("/secrets={}", sandbox.path("secrets").display());
    let state = |team: &str, entities: &str| {
        let text = format!("_format_version: \"3.0\"\n_info: {{select_tags: [{team}]}}\n{entities}");
        sandbox.file(&format!("repo/{team}.yaml"), &text)
    };
    let vault = "vaults:\n- {name: fs, prefix: disk, config: {prefix: /secrets}}\n";
    let id = "11111111-1111-4111-8111-111111111111";
    let ours = |tags: &str| {
        let certificate = certificate("cert", "key", "  snis: [{name: a.test}]\n");
        let named = certificate.replace("- cert", &format!("- id: {id}\n  tags: [{tags}]\n  cert"));
        state("ours", &format!("{vault}{named}"))
    };
    let sync = |file: &str| {
        sandbox
            .run(&["sync", file, "--yes", "--dp-files", &directory], &[])
            .ends(0)
    };
    sync(&ours("one"));
    sync(&state(
        "theirs",
        &format!("snis: [{{name: z.test, certificate: {{id: {id}}}}}]\n"),
    ));
    for tags in ["one", "two"] {
        let ran = sandbox
            .run(&["diff", &ours(tags), "--dp-files", &directory], &[])
            .ends(0);
        ran.tells("warning: the field 'cert' holds a certificate that is not good for all names")
            .tells(" z.test");
    }
}

#[test]
fn the_reference_at_fault_is_named() {
    let sandbox = Sandbox::new();
    let (one, other) = (pair(|_| {}, &ecdsa()), ecdsa());
    let three = pair(|_| {}, &KeyPair::generate_for(&PKCS_ED25519).expect("a key"));
    for (name, text) in [
        ("cert", &one.cert),
        ("key", &other.serialize_pem()),
        ("cert3", &three.cert),
        ("key3", &three.key),
    ] {
        sandbox.file(&format!("secrets/{name}"), text);
    }
    let alternative = "  cert_alt: '{vault://disk/cert3}'\n  key_alt: '{vault://disk/key3}'\n";
    let ran = diff(&sandbox, &certificate("cert", "key", alternative), &[]).ends(3);
    let ran = ran.tells("what {vault://disk/key} resolves to does not match the certificate");
    assert_eq!(ran.err.matches("error:").count(), 1, "{}", ran.err);
    sandbox.file("secrets/name", "zyzzyva");
    let half = "plugins:\n- name: ai-proxy\n  config:\n    route_type: llm/v1/chat\n    auth: {header_name: '{vault://disk/name}'}\n    \
                model: {provider: openai, name: gpt-4}\n";
    let ran = diff(&sandbox, half, &[]).ends(3);
    ran.tells("what {vault://disk/name} resolves to does not go together with other fields: all or none of these fields must be set: 'auth.header_name', 'auth.header_value'");
}

#[test]
fn a_check_of_which_a_member_is_not_known_is_left_out() {
    let sandbox = Sandbox::new();
    let (one, two) = (pair(|_| {}, &ecdsa()), ecdsa());
    sandbox.file("secrets/cert", &one.cert);
    let ran = diff(&sandbox, &certificate("cert", "gone", ""), &[]).ends(3);
    assert_eq!(ran.err.matches("error:").count(), 1, "{}", ran.err);
    let inline = two.serialize_pem().trim().replace('\n', "\n    ");
    let state = format!("certificates:\n- cert: '{{vault://disk/cert}}'\n  key: |\n    {inline}\n");
    diff(&sandbox, &state, &[])
        .ends(3)
        .tells("what {vault://disk/cert} resolves to does not match the key");
}

#[test]
fn keys_are_private_and_open() {
    let sandbox = Sandbox::new();
    let key = ecdsa();
    sandbox.file("secrets/cert", &pair(|_| {}, &key).cert);
    sandbox.file("secrets/public", &key.public_key_pem());
    let locked = key.serialize_pem().replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    sandbox.file("secrets/locked", &locked);
    sandbox.file("secrets/empty", "");
    for (secret, told) in [
        ("public", "is a public key where a private one belongs"),
        ("locked", "is a private key under a passphrase, which Kong cannot open"),
        ("empty", "is empty"),
    ] {
        let ran = diff(&sandbox, &certificate("cert", secret, ""), &[]).ends(3);
        ran.tells(&format!("what {{vault://disk/{secret}}} resolves to {told}"));
    }
}

#[test]
fn keys_are_what_they_say() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "secrets/jwk",
        r#"{"kty": "RSA", "n": "zyzzyva", "e": "AQAB", "kid": "other"}"#,
    );
    sandbox.file("secrets/text", "zyzzyva");
    let key = |text: &str| format!("keys: [{{name: k, kid: mine, jwk: '{{vault://disk/{text}}}'}}]\n");
    diff(&sandbox, &key("jwk"), &[])
        .ends(3)
        .tells("is a JWK of another kid than the key's");
    diff(&sandbox, &key("text"), &[])
        .ends(3)
        .tells("is no JSON, so that it is no JWK");
    let (one, two) = (ecdsa(), ecdsa());
    sandbox.file("secrets/private", &one.serialize_pem());
    sandbox.file("secrets/public", &two.public_key_pem());
    let pem = "keys: [{name: k, kid: mine, pem: {private_key: '{vault://disk/private}', public_key: '{vault://disk/public}'}}]\n";
    diff(&sandbox, pem, &[])
        .ends(3)
        .tells("is no pair with the other half of the key");
    sandbox.file("secrets/public", &one.public_key_pem());
    diff(&sandbox, pem, &[]).ends(0);
}

#[test]
fn each_data_plane_is_looked_at_by_itself() {
    let sandbox = Sandbox::new();
    let (one, two) = (pair(|_| {}, &ecdsa()), pair(|_| {}, &ecdsa()));
    let environment = |cert: &str, key: &str| format!("CERT=\"{cert}\"\nKEY=\"{key}\"\n");
    let good = sandbox.file("good.env", &environment(&one.cert, &one.key));
    let mixed = sandbox.file("mixed.env", &environment(&one.cert, &two.key));
    let state = "_format_version: \"3.0\"\nvaults: [{name: env, prefix: my-env}]\n\
                 certificates: [{cert: '{vault://my-env/cert}', key: '{vault://my-env/key}'}]\n";
    sandbox.diff(state, &["--dp-env", &good], &[]).ends(0);
    sandbox
        .diff(state, &["--dp-env", &good, "--dp-env", &mixed], &[])
        .ends(3)
        .tells("what {vault://my-env/key} resolves to does not match the certificate (data plane: mixed.env)");
}

#[test]
fn a_certificate_of_a_ca_is_one() {
    let sandbox = Sandbox::new();
    let key = ecdsa();
    sandbox.file("secrets/.keep", "");
    let old = |cert: &mut CertificateParams| {
        cert.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        cert.not_after = date_time_ymd(2027, 1, 1);
    };
    let indented = pair(old, &key).cert.trim().replace('\n', "\n    ");
    let state = format!("ca_certificates:\n- cert: |\n    {indented}\n");
    let ran = diff(&sandbox, &state, &["--expiry-days", "36500"]).ends(0);
    ran.tells("warning: the field 'cert' holds a certificate that expires within 36500 days");
}

#[test]
fn a_check_without_a_plan_looks_at_what_stands_in_the_open() {
    let sandbox = Sandbox::new();
    let pem = |text: &str| text.trim().replace('\n', "\n    ");
    let state = |cert: &str, key: &str| {
        let (cert, key) = (pem(cert), pem(key));
        format!("_format_version: \"3.0\"\ncertificates:\n- cert: |\n    {cert}\n  key: |\n    {key}\n")
    };
    let (one, other) = (pair(|_| {}, &ecdsa()), ecdsa().serialize_pem());
    sandbox.file("repo/kong.yaml", &state(&one.cert, &other));
    let ran = sandbox.offline(&["refs", "check", "kong.yaml"]).ends(3);
    ran.tells("certificate does not match key");
    sandbox.file("repo/kong.yaml", &state(&one.cert, &one.key));
    sandbox.offline(&["refs", "check", "kong.yaml"]).ends(0);
}
