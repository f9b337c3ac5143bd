//! The whole program: where credentials are found in a machine's own environment, what is asked for, and what shows.

use std::net::TcpListener;

use super::machine::{Machine, STATE, WHOLE, azure, found};
use super::server::{ASSERTION, Azure, AzureSecret, CLIENT, SECRET, TENANT, TOKEN};
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};
use crate::common::sandbox::{Sandbox, verdict};

#[test]
fn without_credentials_it_is_not_checkable_and_said_once() {
    let (sandbox, running) = (Sandbox::new(), azure().start());
    let machine = Machine::of(&running, &WHOLE[..2]);
    let two = STATE.to_owned() + "- {name: loggly, config: {key: '{vault://my-azure/other/url}'}}\n";
    let ran = sandbox.diff(&two, &[], &machine.variables()).ends(0);
    let ran = ran
        .tells("there are no credentials for Azure here")
        .tells("STRONGROOM_VAULT_MY_AZURE_METADATA=true");
    assert_eq!(ran.err.matches("there are no credentials").count(), 1, "{}", ran.err);
    sandbox
        .diff(STATE, &["--references", "strict"], &machine.variables())
        .ends(3);
    assert!(running.fake.bytes().is_empty());
}

#[test]
fn a_secret_of_the_environment_or_of_the_settings_logs_in() {
    let (sandbox, running) = (Sandbox::new(), azure().start());
    assert!(found(&sandbox, &running, &WHOLE));
    let file = sandbox.file("secret", &format!("{SECRET}\n"));
    let said = [
        ("STRONGROOM_VAULT_MY_AZURE_TENANT_ID", TENANT),
        ("STRONGROOM_VAULT_MY_AZURE_CLIENT_ID", CLIENT),
        ("STRONGROOM_VAULT_MY_AZURE_CLIENT_SECRET_FILE", file.as_str()),
    ];
    assert!(found(&sandbox, &running, &said));
    let named = [
        said[0],
        said[1],
        ("STRONGROOM_VAULT_MY_AZURE_CLIENT_SECRET_ENV", "OURS"),
        ("OURS", SECRET),
    ];
    assert!(found(&sandbox, &running, &named));
    let text = format!(
        "references: {{vaults: {{my-azure: {{authority_host: '{}', tenant_id: {TENANT}, client_id: {CLIENT}, client_secret_env: OURS}}}}}}\n",
        running.fake.url()
    );
    let settings = sandbox.file("settings.yaml", &text);
    let machine = Machine::of(&running, &[("OURS", SECRET)]);
    let verdicts = sandbox.verdicts(STATE, &["--config", &settings], &machine.variables()[..2]);
    assert_ne!(verdicts, verdict("found", "secret_found"), "the variable is not set");
    let variables = [&machine.variables()[..2], &[("OURS", SECRET)]].concat();
    let verdicts = sandbox.verdicts(STATE, &["--config", &settings], &variables);
    assert_eq!(verdicts, verdict("found", "secret_found"));
}

#[test]
fn a_workload_identity_logs_in() {
    let (sandbox, running) = (Sandbox::new(), azure().start());
    let token = sandbox.file("token", ASSERTION);
    let other = sandbox.file("other", "canary-7f3a");
    let file = |path| [WHOLE[0], WHOLE[1], ("AZURE_FEDERATED_TOKEN_FILE", path)];
    assert!(found(&sandbox, &running, &file(&token)));
    let machine = Machine::of(&running, &file(&other));
    let ran = sandbox.diff(STATE, &[], &machine.variables()).ends(3);
    ran.tells("the login of the vault 'my-azure'")
        .tells("refuses the credentials");
}

/// As "How to use managed identities for App Service: REST endpoint reference" describes it: the one server of this sort
/// whose place is the machine's to say.
#[test]
fn a_machine_is_asked_for_its_identity_only_if_that_is_wanted() {
    let issued = format!("{TOKEN}-0");
    let server = FakeServer::start(move |heard: &ReceivedRequest| {
        let query = "?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net";
        let right =
            heard.path == format!("/msi/token{query}") || heard.path == format!("/msi/token{query}&client_id={CLIENT}");
        match heard.header("x-identity-header") {
            Some("canary-7f3a-header") if right => Reply::new(
                200,
                format!(
                    r#"{{"access_token": "{issued}", "expires_on": "4070908800", "resource": "https://vault.azure.net", "token_type": "Bearer", "client_id": "x"}}"#
                ),
            ),
            _ => Reply::new(400, r#"{"statusCode": 400, "message": "canary-7f3a"}"#),
        }
    });
    let endpoint = format!("{}/msi/token", server.url());
    let machine = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "canary-7f3a-header"),
    ];
    let wanted = ("STRONGROOM_VAULT_MY_AZURE_METADATA", "true");
    let (sandbox, running) = (Sandbox::new(), azure().given(&format!("{TOKEN}-0")).start());
    assert!(!found(&sandbox, &running, &machine));
    sandbox.file(
        "repo/strongroom.yaml",
        "references: {vaults: {my-azure: {metadata: true}}}\n",
    );
    assert!(!found(&sandbox, &running, &machine));
    sandbox.file("repo/strongroom.yaml", "");
    assert!(server.bytes().is_empty());
    assert!(found(&sandbox, &running, &[machine[0], machine[1], wanted]));
    // a state file does not choose among a machine's identities, variables of the machine do
    assert!(!server.requests()[0].path.contains("client_id"));
    assert!(found(&sandbox, &running, &[machine[0], machine[1], wanted, WHOLE[1]]));
    assert!(server.requests()[1].path.contains("client_id"));
    let refused = [machine[0], ("IDENTITY_HEADER", "other"), wanted];
    assert!(!found(&sandbox, &running, &refused));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nowhere = format!("http://{}/", silent.local_addr().expect("an address"));
    let machine = Machine::of(&running, &[("IDENTITY_ENDPOINT", &nowhere), machine[1], wanted]);
    // the machine is given up soon: with all its time spent, the vault would have timed out
    let verdicts = sandbox.verdicts(STATE, &[], &machine.variables());
    assert_eq!(verdicts, verdict("not_checkable", "no_credentials"));
    // a machine of another sort: Azure Arc
    let machine = Machine::of(
        &running,
        &[("IDENTITY_ENDPOINT", &nowhere), ("IMDS_ENDPOINT", &nowhere), wanted],
    );
    let verdicts = sandbox.verdicts(STATE, &[], &machine.variables());
    assert_eq!(verdicts, verdict("not_checkable", "unsupported_login"));
}

#[test]
fn subkeys_are_taken_of_what_is_found() {
    let running = azure()
        .text("plain", "canary-7f3a, no object")
        .with("off", AzureSecret::Disabled)
        .start();
    let sandbox = Sandbox::new();
    let machine = Machine::of(&running, &WHOLE);
    for (reference, expected) in [
        ("pg/url", verdict("found", "secret_found")),
        ("pg", verdict("found", "secret_found")),
        ("pg/none", verdict("malformed", "bad_subkey")),
        ("plain/url", verdict("malformed", "bad_subkey")),
        ("none/url", verdict("missing", "no_such_secret")),
        ("off/url", verdict("missing", "disabled_version")),
        ("pg/url#1", verdict("malformed", "bad_version")),
        ("a%2Fb/url", verdict("malformed", "bad_resource")),
        ("a_b/url", verdict("malformed", "bad_resource")),
    ] {
        let state = STATE.replace("my-azure/pg/url", &format!("my-azure/{reference}"));
        assert_eq!(
            sandbox.verdicts(&state, &[], &machine.variables()),
            expected,
            "{reference}"
        );
    }
}

#[test]
fn the_backend_itself_goes_by_the_data_planes_settings() {
    let (sandbox, running) = (Sandbox::new(), azure().start());
    let state = STATE.replace("vault://my-azure/", "vault://azure/");
    let url = running.fake.url();
    let conf = sandbox.file(
        "kong.conf",
        &format!("vault_azure_vault_uri = {url}\nvault_azure_client_id = {CLIENT}\nvault_azure_tenant_id = {TENANT}\n"),
    );
    let variables = [
        ("STRONGROOM_VAULT_AZURE_CA_CERT", running.ca.as_str()),
        ("AZURE_AUTHORITY_HOST", &url),
        WHOLE[2],
    ];
    let verdicts = sandbox.verdicts(&state, &["--dp-conf", &conf], &variables);
    assert_eq!(verdicts, verdict("found", "secret_found"));
    let verdicts = sandbox.verdicts(&state, &[], &[WHOLE[2]]);
    assert_eq!(verdicts, verdict("not_checkable", "data_plane_settings"));
}

#[test]
fn many_references_to_twenty_secrets_are_twenty_reads() {
    let names: Vec<String> = (0..20).map(|at| format!("s{at}")).collect();
    let value = r#"{"k0":"a","k1":"a","k2":"a","k3":"a","k4":"a"}"#;
    let azure = names
        .iter()
        .fold(Azure::default(), |azure, name| azure.text(name, value));
    let running = azure.start();
    let mut state = STATE[..STATE.find("plugins").expect("the plugins")].to_owned() + "services:\n";
    for at in 0..100 {
        let reference = |key: usize| format!("h{key}: '{{vault://my-azure/s{}/k{key}}}'", (at + key * 7) % 20);
        let headers: Vec<String> = (0..5).map(reference).collect();
        state += &format!(
            "- name: s{at}\n  url: http://example.com\n  plugins:\n  - {{name: http-log, config: {{http_endpoint: 'http://h', headers: {{{}}}}}}}\n",
            headers.join(", ")
        );
    }
    let machine = Machine::of(&running, &WHOLE);
    let found = Sandbox::new().verdicts(&state, &[], &machine.variables());
    assert_eq!(found.len(), 500);
    assert!(found.iter().all(|one| *one == verdict("found", "secret_found")[0]));
    assert_eq!((running.reads().len(), running.logins()), (20, 1));
}
