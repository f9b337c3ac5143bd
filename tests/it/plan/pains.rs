//! What hurts users of such tools most, from the documents to what the control plane then holds.

use std::time::Duration;

use crate::common::{InstantClock, Node, client, run::declared};
use strongroom::apply::{self, CancelToken};
use strongroom::control_plane::{Client, Clock, Method, Request, Transport};
use strongroom::json::{Value, json};
use strongroom::plan::Guards;
use strongroom::reconcile::{self, Decision, PreparedRun, RunOptions, VerifyOptions};
use strongroom::reference::Policy;
use strongroom::yaml::DiagnosticCode;

/// Sends a request as somebody else would.
fn send(node: &Node, method: Method, path: &str, body: &Value) {
    let request = Request {
        method,
        path: path.to_owned(),
        body: Some(body.to_string().into_bytes()),
    };
    let answer = node.control_plane.handle(&request);
    assert!(
        answer.status < 300,
        "{method} {path}: {}",
        String::from_utf8_lossy(&answer.body)
    );
}

/// Plans a state with that client, and carries the plan out if it may be.
async fn sync<T: Transport, C: Clock>(node: &Node, client: &Client<T, C>, text: &str) -> PreparedRun {
    let desired = declared(&node.catalog, text);
    let options = RunOptions {
        verify_options: VerifyOptions::new(Policy::Warn),
        ..RunOptions::default()
    };
    let prepared = reconcile::prepare(client, &node.catalog, &desired, &options, None)
        .await
        .unwrap_or_else(|failure| panic!("{failure}"));
    let Decision::Approved(approved) = &prepared.decision else {
        panic!("withheld: {:?}", prepared.diagnostics)
    };
    let account = apply::apply_plan(
        approved,
        &prepared.catalog,
        client,
        &|_: apply::ApplyEvent<'_>| (),
        &CancelToken::never(),
    )
    .await;
    assert!(account.is_complete());
    prepared
}

fn pair(name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn certificate(id: &str, (cert, key): &(String, String)) -> String {
    let entity = json!({
        "_format_version": "3.0", "_info": {"select_tags": ["team-a"]},
        "certificates": [{"id": id, "cert": cert, "key": key, "snis": [{"name": "a.example"}]}],
    });
    entity.to_string()
}

#[tokio::test]
async fn rotating_a_certificate_leaves_another_teams_sni_as_it_is() {
    let node = Node::new();
    let id = "8a2f7c0e-5d6b-4b7e-9a43-0c1d2e3f4a5b";
    sync(&node, &node.client(), &certificate(id, &pair("a.example"))).await;
    send(
        &node,
        Method::Post,
        "/snis",
        &json!({"name": "b.example", "certificate": {"id": id}, "tags": ["team-b"]}),
    );
    let before = node.get("/snis/b.example");

    let rotated = pair("a.example");
    sync(&node, &node.client(), &certificate(id, &rotated)).await;
    assert_eq!(node.get("/snis/b.example"), before);
    assert_eq!(
        node.get(&format!("/certificates/{id}"))["cert"].as_str().map(str::trim),
        Some(rotated.0.trim())
    );
}

#[tokio::test]
async fn an_update_keeps_the_secret_that_the_server_made_up() {
    let node = Node::new();
    let state = |tag: &str| {
        let secret = json!({"key": "k", "tags": [tag]});
        json!({"_format_version": "3.0", "consumers": [{"username": "c", "jwt_secrets": [secret]}]}).to_string()
    };
    sync(&node, &node.client(), &state("one")).await;
    let made = node.get("/jwts")["data"][0].clone();
    sync(&node, &node.client(), &state("two")).await;
    let kept = node.get("/jwts")["data"][0].clone();
    assert!(made["secret"].as_str().is_some_and(|secret| secret.len() == 32));
    assert_eq!((&kept["secret"], &kept["tags"]), (&made["secret"], &json!(["two"])));
}

#[tokio::test]
async fn a_token_that_may_see_nothing_but_vaults_manages_vaults() {
    let node = Node::new();
    send(
        &node,
        Method::Post,
        "/vaults",
        &json!({"name": "env", "prefix": "old-one", "tags": ["team-a"]}),
    );
    let narrow = crate::common::FilteredTransport::new(&node, 403, |path| {
        !path.starts_with("/vaults") && !path.starts_with("/schemas")
    });
    let state = "{_format_version: '3.0', _info: {select_tags: [team-a]}, vaults: [{name: env, prefix: new-one}]}";
    let allowed = client(narrow);
    let desired = declared(&node.catalog, state);
    let guards = Guards {
        allow_delete_in_use: true,
        ..Guards::default()
    };
    let options = RunOptions {
        guards,
        verify_options: VerifyOptions::new(Policy::Default),
        ..RunOptions::default()
    };
    let prepared = reconcile::prepare(&allowed, &node.catalog, &desired, &options, None)
        .await
        .unwrap_or_else(|failure| panic!("{failure}"));
    let Decision::Approved(approved) = &prepared.decision else {
        panic!("withheld: {:?}", prepared.diagnostics)
    };
    apply::apply_plan(
        approved,
        &prepared.catalog,
        &allowed,
        &|_: apply::ApplyEvent<'_>| (),
        &CancelToken::never(),
    )
    .await;
    assert!(
        prepared
            .diagnostics
            .iter()
            .any(|told| told.code == DiagnosticCode::Forbidden && told.message.contains("services"))
    );
    let left = node.get("/vaults");
    assert_eq!(left["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(left["data"][0]["prefix"], "new-one");
}

/// A clock that is two days ahead of the control plane's.
struct ClockAhead;

impl Clock for ClockAhead {
    fn now(&self) -> i64 {
        jiff::Timestamp::now().as_second() + 2 * 24 * 3600
    }

    async fn sleep(&self, duration: Duration) {
        InstantClock.sleep(duration).await;
    }
}

#[tokio::test]
async fn a_ca_certificate_that_expired_while_live_does_not_stop_a_change_elsewhere() {
    let node = Node::new();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let tomorrow = std::time::SystemTime::now() + Duration::from_secs(24 * 3600);
    parameters.not_after = tomorrow.into();
    let ca = parameters
        .self_signed(&rcgen::KeyPair::generate().expect("a key"))
        .expect("a certificate")
        .pem();
    let state = |path: &str| {
        let service = json!({"name": "s", "host": "s.example", "path": path});
        json!({"_format_version": "3.0", "ca_certificates": [{"cert": ca}], "services": [service]}).to_string()
    };
    sync(&node, &node.client(), &state("/one")).await;

    let later = Client::new(
        node.transport(),
        ClockAhead,
        strongroom::control_plane::Dialect::gateway(),
        10,
    );
    let prepared = sync(&node, &later, &state("/two")).await;
    assert_eq!(prepared.plan().changes.len(), 1);
    assert_eq!(node.get("/services/s")["path"], "/two");
}

#[tokio::test]
async fn what_is_declared_must_be_readable() {
    let node = Node::new();
    let blind = client(crate::common::FilteredTransport::new(&node, 403, |path| {
        path.starts_with("/services")
    }));
    let desired = declared(
        &node.catalog,
        "{_format_version: '3.0', services: [{name: s, host: s.example}]}",
    );
    let options = RunOptions {
        verify_options: VerifyOptions::new(Policy::Default),
        ..RunOptions::default()
    };
    let failure = reconcile::prepare(&blind, &node.catalog, &desired, &options, None)
        .await
        .err()
        .expect("no plan");
    assert!(failure.to_string().contains("/services"), "{failure}");
}
