//! The whole program: where credentials are found in a machine's own environment, what is asked for, and what shows.

use serde_json::json;

use super::givers::{self, CLIENT_SECRET, REFRESH, SUBJECT, acting, delegated, login};
use super::google::{CANARY, Google, GoogleSecret, TOKEN, error};
use super::jwt::{key, lines_of_keys};
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};
use crate::common::sandbox::{CommandOutput, Sandbox, verdict};

/// A vault that says nothing of where Google is, and a plugin that refers to a secret of it.
const STATE: &str = "_format_version: \"3.0\"\nvaults:\n- {name: gcp, prefix: my-gcp, config: {project_id: my-project-123}}\nplugins:\n\
                     - {name: http-log, config: {http_endpoint: 'http://h', headers: {x-key: '{vault://my-gcp/pg/url}'}}}\n";

const ENDPOINT: &str = "STRONGROOM_VAULT_MY_GCP_ENDPOINT";

fn google() -> Google {
    Google::default().text("pg", r#"{"url":"canary-7f3a"}"#)
}

fn found(sandbox: &Sandbox, fake: &FakeServer, variables: &[(&str, &str)]) -> bool {
    let url = fake.url();
    let variables = [&[(ENDPOINT, url.as_str())], variables].concat();
    let verdicts = sandbox.verdicts(STATE, &["--references-hosts", "127.0.0.1"], &variables);
    assert!(verdicts.len() == 1, "{verdicts:?}");
    verdicts == verdict("found", "secret_found")
}

#[test]
fn without_credentials_it_is_not_checkable_and_said_once() {
    let (sandbox, fake, machine) = (Sandbox::new(), google().start(), givers::start());
    let (url, host) = (fake.url(), machine.host());
    let two = STATE.to_owned() + "- {name: loggly, config: {key: '{vault://my-gcp/other/url}'}}\n";
    let variables = [(ENDPOINT, url.as_str()), ("GCE_METADATA_HOST", &host)];
    let ran = sandbox.diff(&two, &[], &variables).ends(0);
    let ran = ran
        .tells("there are no credentials for Google Cloud here")
        .tells("STRONGROOM_VAULT_MY_GCP_METADATA=true");
    assert_eq!(ran.err.matches("there are no credentials").count(), 1, "{}", ran.err);
    sandbox.diff(STATE, &["--references", "strict"], &variables).ends(3);
    assert!(fake.bytes().is_empty() && machine.bytes().is_empty());
}

#[test]
fn settings_and_variables_give_credentials() {
    let (sandbox, fake) = (Sandbox::new(), google().start());
    let text = key().to_string();
    let file = sandbox.file("key.json", &text);
    for variables in [
        &[("STRONGROOM_VAULT_MY_GCP_SERVICE_ACCOUNT", text.as_str())][..],
        &[("STRONGROOM_VAULT_MY_GCP_SERVICE_ACCOUNT_FILE", &file)],
        &[
            ("STRONGROOM_VAULT_MY_GCP_SERVICE_ACCOUNT_ENV", "CI_KEY"),
            ("CI_KEY", &text),
        ],
        &[("GCP_SERVICE_ACCOUNT", &text)],
        &[("GOOGLE_APPLICATION_CREDENTIALS", &file)],
    ] {
        assert!(found(&sandbox, &fake, variables), "{}", variables[0].0);
    }
    for said in ["service_account_file: key.json", "service_account_env: CI_KEY"] {
        let settings = sandbox.file(
            "settings.yaml",
            &format!("references: {{vaults: {{my-gcp: {{{said}}}}}}}\n"),
        );
        let url = fake.url();
        let variables = [(ENDPOINT, url.as_str()), ("CI_KEY", text.as_str())];
        let verdicts = sandbox.verdicts(STATE, &["--config", &settings], &variables);
        assert_eq!(verdicts, verdict("found", "secret_found"), "{said}");
    }
    let settings = sandbox.file(
        "settings.yaml",
        "references: {vaults: {my-gcp: {service_account: zyzzyva}}}\n",
    );
    let ran = sandbox.diff(STATE, &["--config", &settings], &[]).ends(3);
    ran.tells("would put a secret into a file of settings");
}

#[test]
fn a_login_of_gcloud_gives_credentials() {
    let (sandbox, fake, givers) = (Sandbox::new(), google().start(), givers::start());
    assert!(!found(&sandbox, &fake, &[]));
    let name = "home/.config/gcloud/application_default_credentials.json";
    sandbox.file(name, &login(&givers.url()).to_string());
    assert!(found(&sandbox, &fake, &[]));
    sandbox.file(name, &delegated(&givers.url()).to_string());
    assert!(found(&sandbox, &fake, &[]));
    let ran = sandbox.diff(STATE, &[], &[("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")]);
    ran.ends(3)
        .tells("the file of credentials that GOOGLE_APPLICATION_CREDENTIALS names cannot be read");
}

#[test]
fn a_virtual_machine_is_asked_for_credentials_only_if_that_is_wanted() {
    let (sandbox, fake, machine) = (Sandbox::new(), google().start(), givers::start());
    let host = machine.host();
    let server = ("GCE_METADATA_HOST", host.as_str());
    assert!(!found(&sandbox, &fake, &[server]));
    let settings = "references: {vaults: {my-gcp: {metadata: true}}}\n";
    sandbox.file("repo/strongroom.yaml", settings);
    assert!(!found(&sandbox, &fake, &[server]));
    assert!(machine.bytes().is_empty());
    let wanted = ("STRONGROOM_VAULT_MY_GCP_METADATA", "true");
    assert!(found(&sandbox, &fake, &[server, wanted]));
}

#[test]
fn an_address_in_the_repository_gets_no_byte() {
    let (sandbox, fake) = (Sandbox::new(), google().start());
    let text = key().to_string();
    let credentials = [("GCP_SERVICE_ACCOUNT", text.as_str())];
    for word in ["endpoint", "address"] {
        let settings = format!("references: {{vaults: {{my-gcp: {{{word}: '{}'}}}}}}\n", fake.url());
        sandbox.file("repo/strongroom.yaml", &settings);
        let verdicts = sandbox.verdicts(STATE, &[], &credentials);
        assert_eq!(verdicts, verdict("not_checkable", "untrusted_host"));
        assert!(fake.bytes().is_empty());
    }
    let vouched = sandbox.verdicts(STATE, &["--references-hosts", &fake.host()], &credentials);
    assert_eq!(vouched, verdict("found", "secret_found"));
    // a reference's own options name none: Kong knows none for this backend
    sandbox.file("repo/strongroom.yaml", "references: {policy: strict}\n");
    let elsewhere = google().start();
    let state = STATE.replace("pg/url", &format!("pg/url?endpoint={0}&address={0}", elsewhere.url()));
    let url = fake.url();
    let verdicts = sandbox.verdicts(&state, &[], &[credentials[0], (ENDPOINT, &url)]);
    assert_eq!(verdicts, verdict("found", "secret_found"));
    assert!(elsewhere.bytes().is_empty());
}

#[test]
fn what_is_only_wished_for_is_never_sent() {
    let (sandbox, fake) = (Sandbox::new(), google().start());
    let (text, url) = (key().to_string(), fake.url());
    let variables = [("GCP_SERVICE_ACCOUNT", text.as_str()), (ENDPOINT, url.as_str())];
    for (reference, reason) in [
        ("a%2Fb/key", "bad_resource"),
        ("a/b/key", "bad_resource"),
        ("a%2F..%2Fb/key", "bad_resource"),
        ("../key", "bad_resource"),
        ("pg/url#0", "bad_version"),
        ("pg/url#1.5", "bad_version"),
        ("pg/url#-1", "bad_version"),
    ] {
        let verdicts = sandbox.verdicts(&STATE.replace("pg/url", reference), &[], &variables);
        assert_eq!(verdicts, verdict("malformed", reason), "{reference}");
    }
    assert!(fake.bytes().is_empty());
    let none = STATE.replace("project_id: my-project-123", "");
    let ran = sandbox.diff(&none, &[], &variables).ends(3);
    ran.tells("it names no project of Google's")
        .tells("STRONGROOM_VAULT_MY_GCP_PROJECT_ID");
}

#[test]
fn the_backend_itself_goes_by_the_data_planes_settings() {
    let (sandbox, fake) = (Sandbox::new(), google().start());
    let state = STATE.replace("vault://my-gcp/", "vault://gcp/");
    let conf = sandbox.file("kong.conf", "vault_gcp_project_id = my-project-123\n");
    let (text, url) = (key().to_string(), fake.url());
    let credentials = ("GCP_SERVICE_ACCOUNT", text.as_str());
    let verdicts = sandbox.verdicts(&state, &[], &[credentials]);
    assert_eq!(verdicts, verdict("not_checkable", "data_plane_settings"));
    let variables = [credentials, ("STRONGROOM_VAULT_GCP_ENDPOINT", &url)];
    let verdicts = sandbox.verdicts(&state, &["--dp-conf", &conf], &variables);
    assert_eq!(verdicts, verdict("found", "secret_found"));
}

#[test]
fn many_references_to_twenty_secrets_are_twenty_requests() {
    let value = r#"{"k0":"a","k1":"a","k2":"a","k3":"a","k4":"a"}"#;
    let google = (0..20).fold(Google::default(), |google, at| google.text(&format!("s{at}"), value));
    let (fake, givers) = (google.start(), givers::start());
    let mut state = STATE[..STATE.find("plugins").expect("the plugins")].to_owned() + "services:\n";
    for at in 0..100 {
        let reference = |key: usize| format!("h{key}: '{{vault://my-gcp/s{}/k{key}}}'", (at + key * 7) % 20);
        let headers: Vec<String> = (0..5).map(reference).collect();
        state += &format!(
            "- name: s{at}\n  url: http://example.com\n  plugins:\n  - {{name: http-log, config: {{http_endpoint: 'http://h', headers: {{{}}}}}}}\n",
            headers.join(", ")
        );
    }
    let (login, url) = (login(&givers.url()).to_string(), fake.url());
    let found = Sandbox::new().verdicts(&state, &[], &[("GCP_SERVICE_ACCOUNT", &login), (ENDPOINT, &url)]);
    assert_eq!(found.len(), 500);
    assert!(found.iter().all(|one| *one == verdict("found", "secret_found")[0]));
    assert_eq!((fake.requests().len(), givers.requests().len()), (20, 1));
}

/// What may go wrong with the service itself.
fn services() -> Vec<Google> {
    let refuse =
        |status: u16, word: &'static str| move |heard: &ReceivedRequest| Some(error(status, word, &heard.head));
    vec![
        google(),
        google().text("other", "canary-7f3a, no object"),
        google().with("other", &[GoogleSecret::Bytes(b"canary-7f3a\xff")]),
        google().first(refuse(403, "PERMISSION_DENIED")),
        google().first(refuse(401, "UNAUTHENTICATED")),
        google().first(refuse(400, "FAILED_PRECONDITION")),
        google().first(refuse(400, CANARY)),
        google().first(|heard| {
            Some(Reply::new(
                200,
                format!(r#"{{"payload": {{"data": "canary-7f3a {}"}}}}"#, heard.path),
            ))
        }),
        google().first(|heard| Some(Reply::new(500, heard.head.clone()))),
    ]
}

#[test]
fn nothing_of_a_secret_or_a_credential_shows() {
    let state = STATE.to_owned()
        + "- {name: loggly, config: {key: '{vault://my-gcp/other/url}'}}\n- {name: datadog, config: {host: '{vault://my-gcp/pg/url#2}'}}\n";
    let givers = givers::start();
    let refusing = FakeServer::start(|heard| Reply::new(400, format!("{}{}", heard.head, heard.body)));
    let sandbox = Sandbox::new();
    let source = json!({"file": sandbox.file("jwt", SUBJECT)});
    let mut credentials = vec![key()];
    for url in [givers.url(), refusing.url()] {
        credentials.extend([login(&url), acting(&url, &source), delegated(&url)]);
    }
    let shown = [CANARY, REFRESH, CLIENT_SECRET, TOKEN, SUBJECT, "Bearer"].map(str::to_owned);
    let secrets = [&lines_of_keys()[..], &shown].concat();
    for (at, service) in services().into_iter().enumerate() {
        let fake = service.start();
        let url = fake.url();
        for (which, credentials) in credentials
            .iter()
            .enumerate()
            .filter(|(which, _)| at == 0 || *which < 2)
        {
            let text = credentials.to_string();
            let variables = [
                ("GCP_SERVICE_ACCOUNT", text.as_str()),
                ("RUST_LOG", "trace"),
                ("RUST_BACKTRACE", "1"),
                (ENDPOINT, url.as_str()),
            ];
            for args in [&["-vvv"][..], &["-vvv", "--json-output", "--references", "warn"]] {
                let CommandOutput { out, err, .. } = sandbox.diff(&state, args, &variables);
                assert!(err.contains("TRACE") || err.contains("DEBUG"), "{err}");
                for secret in &secrets {
                    assert!(
                        !out.contains(secret) && !err.contains(secret),
                        "{which}: {secret} shows:\n{out}\n{err}"
                    );
                }
            }
        }
        assert!(!fake.requests().is_empty());
    }
}
