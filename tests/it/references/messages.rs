//! Every verdict in every kind of field, with the message that a user sees: `fixtures/references/messages.txt` holds them,
//! to be read. `BLESS=1 cargo test --test it references::messages` writes it anew: read what it wrote.

#[allow(dead_code)] // each test uses its part
use std::fmt::Write;
use std::path::Path;

use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};
use crate::common::sandbox::{NO_CONTROL_PLANE, Sandbox, TOKEN};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, date_time_ymd};
use serde_json::{Value, json};

/// A field that may hold a reference, of every kind there is: the place of `REF` is where one stands, with the name of the
/// field as the last segment.
const ENTITIES: &str = r#"certificates:
- cert: 'REF:cert'
  key: 'REF:key'
  cert_alt: 'REF:cert_alt'
  key_alt: 'REF:key_alt'
keys:
- {name: whole, kid: k, jwk: 'REF:jwk'}
- {name: parts, kid: p, pem: {private_key: 'REF:pem.private_key', public_key: 'REF:pem.public_key'}}
plugins:
- {name: loggly, config: {key: 'REF:config.key'}}
- {name: http-log, config: {http_endpoint: 'REF:config.http_endpoint', headers: {x-token: 'REF:config.headers.x-token'}}}
- {name: openid-connect, config: {issuer: 'https://issuer.test', client_secret: ['REF:config.client_secret[0]']}}
"#;

/// Fields of which no vault has to be asked: one of which nobody knows, and one that takes no references.
const ENTITIES_OF_OTHERS: &str = r#"- {name: of-our-own, config: {word: 'REF:config.word'}}
consumers:
- {username: alice, acls: [{group: 'REF:group'}]}
"#;

/// The fields that take references.
const FIELDS: [&str; 11] = [
    "cert",
    "key",
    "cert_alt",
    "key_alt",
    "jwk",
    "pem.private_key",
    "pem.public_key",
    "config.key",
    "config.http_endpoint",
    "config.headers.x-token",
    "config.client_secret[0]",
];

/// The fields of the others.
const OTHERS: [&str; 2] = ["group", "config.word"];

/// A vault whose secrets all have the same flaw.
struct VerdictCase {
    name: &'static str,
    /// The vault with the prefix `team`: its backend, and its config.
    vault: (&'static str, &'static str),
    /// What is referred to; `FIELD` is the field's name.
    reference: &'static str,
    /// Variables and flags besides address and token.
    variables: &'static [(&'static str, &'static str)],
    flags: &'static [&'static str],
    /// What is to come out in a field.
    verdict: (&'static str, &'static str),
    /// Fields in which it is another.
    but: &'static [(&'static str, &'static str, &'static str)],
}

const USUAL: VerdictCase = VerdictCase {
    name: "",
    vault: ("hcv", "kv: v2"),
    reference: "",
    variables: &[],
    flags: &[],
    verdict: ("", ""),
    but: &[],
};

/// Secrets of a vault that can be asked, each with what it is called there.
const ASKED: &[(&str, &str, (&str, &str))] = &[
    ("the secret is there", "found", ("found", "secret_found")),
    ("the secret is not", "gone", ("missing", "no_such_secret")),
    ("the version is not", "unversioned#9", ("missing", "no_such_version")),
    ("the version was deleted", "deleted", ("missing", "deleted_version")),
    (
        "the version was destroyed",
        "destroyed",
        ("missing", "destroyed_version"),
    ),
    ("the mount is not", "unmounted", ("missing", "no_such_mount")),
    ("the mount is of version 1", "first", ("missing", "wrong_mount_version")),
    ("the vault refuses", "denied", ("denied", "permission_denied")),
    ("the vault is sealed", "sealed", ("unreachable", "sealed")),
    ("the vault is asked too often", "busy", ("unreachable", "rate_limited")),
    ("the vault is broken", "broken", ("unreachable", "server_error")),
    ("the member is not", "empty", ("malformed", "bad_subkey")),
    ("the member is no text", "numbers", ("malformed", "bad_subkey")),
];

fn cases() -> Vec<VerdictCase> {
    let asked = ASKED.iter().map(|(name, secret, verdict)| VerdictCase {
        name,
        reference: secret,
        verdict: *verdict,
        ..USUAL
    });
    asked.chain(odd()).chain(elsewhere()).chain(unasked()).collect()
}

/// What is wrong about references and settings, whatever the vault has.
fn odd() -> Vec<VerdictCase> {
    vec![
        VerdictCase {
            name: "the secret is not what the field takes",
            reference: "words",
            verdict: ("malformed", "bad_content"),
            but: &[
                ("config.key", "found", "secret_found"),
                ("config.headers.x-token", "found", "secret_found"),
                ("config.client_secret[0]", "found", "secret_found"),
            ],
            ..USUAL
        },
        VerdictCase {
            name: "Kong cannot read it",
            reference: "unread",
            verdict: ("malformed", "bad_reference"),
            but: &[("config.word", "malformed", "bad_reference")],
            ..USUAL
        },
        VerdictCase {
            name: "the name leads elsewhere",
            reference: "up/../found",
            verdict: ("malformed", "bad_resource"),
            ..USUAL
        },
        VerdictCase {
            name: "the version is none",
            reference: "found#-1",
            verdict: ("malformed", "bad_version"),
            ..USUAL
        },
        VerdictCase {
            name: "half a set of credentials",
            vault: ("hcv", "auth_method: approle, approle_role_id: r"),
            reference: "found",
            variables: &[("STRONGROOM_VAULT_TEAM_TOKEN", "")],
            verdict: ("malformed", "bad_settings"),
            ..USUAL
        },
        VerdictCase {
            name: "the login is refused",
            vault: ("hcv", "auth_method: approle, approle_role_id: r, kv: v2"),
            reference: "found",
            variables: &[
                ("STRONGROOM_VAULT_TEAM_TOKEN", ""),
                ("STRONGROOM_VAULT_TEAM_SECRET_ID", TOKEN),
            ],
            verdict: ("denied", "login_refused"),
            ..USUAL
        },
    ]
}

/// What is wrong where the secrets are.
fn elsewhere() -> Vec<VerdictCase> {
    vec![
        VerdictCase {
            name: "the data planes do not have the variable",
            vault: ("env", "prefix: APP_"),
            reference: "gone",
            flags: &["--dp-env", "plane.env"],
            verdict: ("missing", "no_such_variable"),
            ..USUAL
        },
        VerdictCase {
            name: "nobody listens",
            reference: "found",
            variables: &[("STRONGROOM_VAULT_TEAM_ADDRESS", CLOSED)],
            verdict: ("unreachable", "connection_failed"),
            ..USUAL
        },
    ]
}

/// What cannot be told from where the check runs.
fn unasked() -> Vec<VerdictCase> {
    vec![
        VerdictCase {
            name: "the environment of the data planes is not known",
            vault: ("env", "prefix: APP_"),
            reference: "some",
            verdict: ("not_checkable", "data_plane_environment"),
            ..USUAL
        },
        VerdictCase {
            name: "the files of the data planes are not here",
            vault: ("fs", "prefix: /secrets"),
            reference: "some",
            verdict: ("not_checkable", "data_plane_files"),
            ..USUAL
        },
        VerdictCase {
            name: "no credentials are given",
            reference: "found",
            variables: &[("STRONGROOM_VAULT_TEAM_TOKEN", "")],
            verdict: ("not_checkable", "no_credentials"),
            ..USUAL
        },
        VerdictCase {
            name: "a state file says where",
            vault: ("hcv", "host: elsewhere.test"),
            reference: "found",
            variables: &[("STRONGROOM_VAULT_TEAM_ADDRESS", "")],
            verdict: ("not_checkable", "untrusted_host"),
            ..USUAL
        },
        VerdictCase {
            name: "the login is one of a cloud's machines",
            vault: ("hcv", "auth_method: aws_ec2"),
            reference: "found",
            variables: &[("STRONGROOM_VAULT_TEAM_TOKEN", "")],
            verdict: ("not_checkable", "unsupported_login"),
            ..USUAL
        },
        VerdictCase {
            name: "the backend is nobody's that is known",
            vault: ("of-our-own", ""),
            reference: "found",
            verdict: ("not_checkable", "unsupported_backend"),
            ..USUAL
        },
        VerdictCase {
            name: "what is meant is not documented",
            reference: "found!",
            verdict: ("not_checkable", "undocumented"),
            ..USUAL
        },
        VerdictCase {
            name: "the vault is nobody's that is known",
            reference: "theirs",
            verdict: ("not_checkable", "vaults_unreadable"),
            ..USUAL
        },
    ]
}

impl VerdictCase {
    /// The text in a field. Some cases are in the text itself.
    fn text(&self, field: &str) -> String {
        let (secret, rest) = match self.reference.split_once('#') {
            Some((secret, version)) => (secret, format!("#{version}")),
            None => (self.reference, String::new()),
        };
        match secret {
            "unread" => "{vault://team}".to_owned(),
            "theirs" => format!("{{vault://theirs/{field}}}"),
            "found!" => "{vault://team/found}".to_owned(),
            _ => format!("{{vault://team/{secret}/{}{rest}}}", member(field)),
        }
    }

    fn state(&self, others: bool) -> String {
        let (backend, config) = self.vault;
        let entities = ENTITIES.to_owned() + if others { ENTITIES_OF_OTHERS } else { "" };
        let mut state =
            format!("_format_version: \"3.0\"\nvaults:\n- {{name: {backend}, prefix: team, config: {{{config}}}}}\n");
        let mut rest = entities.as_str();
        while let Some((before, after)) = rest.split_once("REF:") {
            let (field, after) = after.split_at(after.find('\'').expect("a quote"));
            state.push_str(before);
            state.push_str(&self.text(field));
            rest = after;
        }
        state + rest
    }

    /// What is to come out in a field.
    fn expected(&self, field: &str) -> (String, String) {
        let other = self.but.iter().find(|(name, ..)| *name == field);
        let (verdict, reason) = match (other, field) {
            (Some((_, verdict, reason)), _) => (*verdict, *reason),
            (None, "config.word") => ("not_checkable", "unknown_schema"),
            (None, "group") => ("malformed", "not_referenceable"),
            (None, _) => self.verdict,
        };
        (verdict.to_owned(), reason.to_owned())
    }
}

/// What a field is called in the secrets.
fn member(field: &str) -> String {
    field.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

/// HashiCorp's answers, as recorded of a real server (`fixtures/hcv`).
fn answer(heard: &ReceivedRequest) -> Reply {
    let path = heard.path.split('?').next().unwrap_or_default();
    let errors = |status, errors: Value| Reply::new(status, json!({ "errors": errors }).to_string());
    let version = |metadata: Value| Reply::new(404, json!({"data": {"data": null, "metadata": metadata}}).to_string());
    let secret = |data: Value| Reply::new(200, json!({"data": {"data": data, "metadata": {}}}).to_string());
    let all = |value: &str| {
        FIELDS
            .iter()
            .map(|field| (member(field), json!(value)))
            .collect::<Value>()
    };
    match path.rsplit('/').next().unwrap_or_default() {
        "login" => errors(400, json!([format!("zyzzyva {}", heard.body)])),
        "found" => secret(sound()),
        "gone" => errors(404, json!([])),
        "unversioned" => errors(404, json!([])),
        "deleted" => version(json!({"deletion_time": "2026-01-02T03:04:05Z", "destroyed": false, "version": 1})),
        "destroyed" => version(json!({"deletion_time": "", "destroyed": true, "version": 1})),
        "unmounted" => errors(404, json!(["no handler for route zyzzyva"])),
        "first" => Reply::new(404, json!({"data": null, "warnings": ["zyzzyva"]}).to_string()),
        "denied" => errors(403, json!(["zyzzyva"])),
        "sealed" => errors(503, json!(["zyzzyva"])),
        "busy" => Reply(429, vec![("retry-after", "3600".to_owned())], String::new()),
        "broken" => errors(500, json!(["zyzzyva"])),
        "empty" => secret(json!({"other": "zyzzyva"})),
        "numbers" => secret(FIELDS.iter().map(|field| (member(field), json!(7))).collect()),
        "words" => secret(all("zyzzyva words")),
        _ => errors(405, json!([path])),
    }
}

/// Stands in a case's variables for an address at which nobody listens.
const CLOSED: &str = "closed";

/// A public key in the form of RFC 7517, which has it as an example.
const JWK: &str = r#"{"kty": "EC", "crv": "P-256", "kid": "k", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#;

/// What each field takes: certificates of two types with their keys, a JWK, the halves of a key pair, words, a URL.
fn sound() -> Value {
    let pair = |algorithm| {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let mut parameters = CertificateParams::new(vec!["a.test".to_owned()]).expect("parameters");
        parameters.not_after = date_time_ymd(2090, 1, 1);
        let cert = parameters.self_signed(&key).expect("a certificate");
        (cert.pem(), key)
    };
    let ((cert, key), (cert_alt, key_alt)) = (pair(&PKCS_ECDSA_P256_SHA256), pair(&PKCS_RSA_SHA256));
    json!({
        "cert": cert,
        "key": key.serialize_pem(),
        "cert_alt": cert_alt,
        "key_alt": key_alt.serialize_pem(),
        "jwk": JWK,
        "pem_private_key": key.serialize_pem(),
        "pem_public_key": key.public_key_pem(),
        "config_key": "zyzzyva",
        "config_http_endpoint": "https://zyzzyva.test/",
        "config_headers_x_token": "zyzzyva",
        "config_client_secret_0_": "zyzzyva",
    })
}

/// What a run tells of a case, and of each field verdict and reason.
fn told(case: &VerdictCase, vault: &FakeServer) -> (String, Vec<(String, String, String)>) {
    let sandbox = Sandbox::new();
    sandbox.file("repo/plane.env", "APP_OTHER=zyzzyva\n");
    let url = vault.url();
    let usual = [
        NO_CONTROL_PLANE,
        ("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str()),
        ("STRONGROOM_VAULT_TEAM_TOKEN", TOKEN),
    ];
    let closed = ClosedPort::shared();
    let closed_url = closed.url();
    let own = case.variables.iter().map(|(name, value)| match *value {
        CLOSED => (*name, closed_url.as_str()),
        value => (*name, value),
    });
    let variables: Vec<_> = usual.into_iter().chain(own).collect();
    let check = [&["refs", "check", "kong.yaml"], case.flags].concat();
    // what is told of the others is the same of all cases: once is enough to read
    sandbox.file("repo/kong.yaml", &case.state(case.verdict.0 == "found"));
    let text = sandbox
        .run(&check, &variables)
        .err
        .replace(&vault.host(), "127.0.0.1:PORT")
        .replace(&closed.host(), "127.0.0.1:CLOSED");
    sandbox.file("repo/kong.yaml", &case.state(true));
    let report = sandbox
        .run(&[&check[..], &["--json-output"]].concat(), &variables)
        .report();
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let references = report["references"].as_array().cloned().unwrap_or_default();
    let verdicts = references
        .iter()
        .map(|one| (word(one, "field"), word(one, "verdict"), word(one, "reason")))
        .collect();
    (text, verdicts)
}

#[test]
fn every_verdict_in_every_kind_of_field_is_told_as_it_was_read_and_found_good() {
    let vault = FakeServer::start(answer);
    let mut messages = String::new();
    for case in cases() {
        let (text, verdicts) = told(&case, &vault);
        for field in FIELDS.iter().chain(&OTHERS) {
            let found: Vec<_> = verdicts.iter().filter(|(name, ..)| name == field).collect();
            let [(_, verdict, reason)] = found[..] else {
                panic!(
                    "{}: {field} is told {} times\n{verdicts:?}\n{text}",
                    case.name,
                    found.len()
                )
            };
            assert_eq!(
                (verdict.clone(), reason.clone()),
                case.expected(field),
                "{}: {field}\n{text}",
                case.name
            );
        }
        let (verdict, reason) = case.verdict;
        let _ = write!(messages, "# {} ({verdict}, {reason})\n\n{text}\n", case.name);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/references/messages.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &messages).expect("the messages are written");
    }
    let reviewed = std::fs::read_to_string(&path).expect("the messages");
    assert_eq!(messages, reviewed, "read them, and write them anew with BLESS=1");
}
