//! A kind is data: a file that describes it, and nothing in Rust, makes it work from the state file to the control plane.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use strongroom::apply::{self, ApplyEvent, CancelToken};
use strongroom::control_plane::{Method, Request};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions};
use strongroom::json::{Value, json};
use strongroom::plan::{self, DeleteLimit, Fingerprinter, Guards};
use strongroom::reconcile::{Decision, PreparedRun, RunOptions, VerifyOptions, prepare};
use strongroom::reference::Policy;
use strongroom::schema::{Catalog, Edition};

use crate::common::{Node, run};

fn fixture(kind: &str, file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kinds").join(kind);
    fs::read_to_string(folder.join(file)).expect("a fixture")
}

/// A control plane that knows one kind more.
fn node(kind: &str, edition: Edition) -> Node {
    let path = format!("kinds/{kind}.yaml");
    let catalog = Catalog::with_kind_files(&[(&path, &fixture(kind, "kind.yaml"))]).expect("a kind file");
    let catalog = Arc::new(catalog);
    let options = EmbeddedOptions {
        edition,
        ..EmbeddedOptions::default()
    };
    let opened = EmbeddedControlPlane::open(Arc::clone(&catalog), options);
    Node {
        catalog,
        control_plane: Arc::new(opened.expect("a control plane")),
    }
}

async fn diff(node: &Node, text: &str) -> PreparedRun {
    let desired = run::declared(&node.catalog, text);
    let run_options = RunOptions {
        plan_options: plan::PlanOptions::default(),
        guards: Guards {
            max_deletes: DeleteLimit::Count(u64::MAX),
            allow_empty: true,
            allow_delete_in_use: true,
        },
        verify_options: VerifyOptions::new(Policy::Warn),
        fingerprinter: Fingerprinter::new(&[7; 64]),
    };
    match prepare(&node.client(), &node.catalog, &desired, &run_options, None).await {
        Ok(prepared) => prepared,
        Err(failure) => panic!("{failure:?}"),
    }
}

async fn sync(node: &Node, text: &str) -> usize {
    let prepared = diff(node, text).await;
    let Decision::Approved(approved) = &prepared.decision else {
        panic!("the plan is withheld: {:?}", prepared.diagnostics);
    };
    let account = apply::apply_plan(
        approved,
        &prepared.catalog,
        &node.client(),
        &|_: ApplyEvent<'_>| {},
        &CancelToken::never(),
    )
    .await;
    assert!(account.is_complete(), "{account:?}");
    prepared.plan().changes.len()
}

/// Creates what the fixture declares, changes it, and deletes it; each time nothing is left to do afterwards.
async fn reconcile(node: &Node, kind: &str, (before, after): (&str, &str), last: &str) {
    let text = fixture(kind, "state.yaml");
    assert!(sync(node, &text).await > 1);
    assert!(diff(node, &text).await.plan().changes.is_empty());
    let changed = text.replace(before, after);
    assert_ne!(changed, text);
    assert_eq!(sync(node, &changed).await, 1);
    assert!(diff(node, &changed).await.plan().changes.is_empty());
    assert!(sync(node, last).await > 1);
    assert!(diff(node, last).await.plan().changes.is_empty());
}

const EMPTY: &str = "_format_version: '3.0'\n";

#[tokio::test]
async fn a_made_up_kind_is_reconciled() {
    let node = node("widget", Edition::Community);
    reconcile(&node, "widget", ("token: hush", "token: quiet"), EMPTY).await;
}

#[tokio::test]
async fn a_kind_of_enterprise_is_reconciled() {
    let node = node("rbac_role", Edition::Enterprise);
    reconcile(&node, "rbac_role", ("may read", "may write"), EMPTY).await;
}

#[tokio::test]
async fn a_made_up_kind_is_stored_and_checked_as_its_file_says() {
    let node = node("widget", Edition::Community);
    sync(&node, &fixture("widget", "state.yaml")).await;
    let painted = node.get("/widgets/painted");
    assert_eq!(painted["colour"], json!("green"));
    assert_eq!(painted["config"], json!({"token": "hush", "retries": 3}));
    assert_eq!(painted["service"]["id"], node.get("/services/shop")["id"]);
    let request = Request {
        method: Method::Post,
        path: "/widgets".to_owned(),
        body: Some(br#"{"name": "odd", "colour": "blue"}"#.to_vec()),
    };
    let response = node.control_plane.handle(&request);
    let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(
        (response.status, &answer["fields"]["colour"]),
        (400, &json!("expected one of: red, green"))
    );
}

#[tokio::test]
async fn a_node_without_enterprise_has_none_of_its_kinds() {
    let node = node("rbac_role", Edition::Community);
    assert_eq!(node.get("/rbac/roles")["message"], json!("Not found"));
}
