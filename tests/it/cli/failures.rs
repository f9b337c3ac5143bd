//! Runs that fail half way or are interrupted: the account is true, in words and in JSON, and so is the exit code.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::common::closed_port::ClosedPort;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method as HttpMethod, StatusCode, Uri};
use serde_json::{Value, json};
use strongroom::control_plane::{Method, Request};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions};
use strongroom::schema::Catalog;

const STATE: &str = r#"_format_version: "3.0"
services:
- name: s
  url: http://example.com
  routes:
  - name: r
    paths: [/a]
    plugins:
    - name: cors
vaults:
- {name: env, prefix: my-secret}
"#;

#[test]
fn a_run_that_fails_half_way_gives_a_true_account() {
    let node = FaultyNode::new(Fault::RoutesAreRefused);
    let state = node.state(STATE);
    let failed = node.run(&["sync", &state, "--json-output"]);
    assert_eq!(failed.status.code(), Some(4));
    let report: Value = serde_json::from_slice(&failed.stdout).expect("JSON");
    assert_eq!(report["exit_code"], 4);
    assert_eq!(
        report["summary"],
        json!({"creating": 2, "updating": 0, "deleting": 0, "total": 2})
    );
    let dropped = report["changes"]["dropped_creations"]
        .as_array()
        .expect("what is not done");
    assert_eq!(dropped.len(), 2);
    let ends: Vec<_> = report["not_done"]
        .as_array()
        .expect("ends")
        .iter()
        .map(|one| &one["end"])
        .collect();
    assert_eq!(ends, ["failed", "skipped"]);
    let error = report["errors"][0].as_str().expect("an error");
    assert!(
        error.contains(":7:13:") && error.contains("creating route r failed") && error.contains("not on a Saturday"),
        "{error}"
    );
    let again = node.run(&["sync", &state]);
    assert_eq!(again.status.code(), Some(1), "nothing was written this time");
    let (out, err) = (text(&again.stdout), text(&again.stderr));
    assert!(out.contains("Created: 0"), "{out}");
    assert!(
        err.contains("Skipped:\n  creating plugin cors for route r because creating route r failed"),
        "{err}"
    );
}

#[test]
fn a_run_that_is_interrupted_finishes_what_is_under_way() {
    let node = FaultyNode::new(Fault::WritesAreSlow);
    let state = node.state(STATE);
    let child = node
        .command(&["sync", &state, "--parallelism", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    node.wait_for_a_write();
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130), "{}", text(&ended.stderr));
    assert!(text(&ended.stdout).contains("Created: 1\n"), "{}", text(&ended.stdout));
    let err = text(&ended.stderr);
    assert!(
        err.contains("Not begun:\n") && err.contains("creating plugin cors for route r"),
        "{err}"
    );
    let rest = node.run(&["sync", &state]);
    assert_eq!(rest.status.code(), Some(0));
    assert!(text(&rest.stdout).contains("Created: 3\n"), "{}", text(&rest.stdout));
}

#[test]
fn of_wrong_files_nothing_else_is_told() {
    let node = FaultyNode::new(Fault::None);
    let state = node.state("_format_version: '3.0'\nvautls:\n- {name: env, prefix: p}\n");
    let told = |address: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
        let ended = command.args(["diff", &state, "--kong-addr", address]).output();
        let ended = ended.expect("it runs");
        (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
    };
    let of_files = told("embedded");
    assert_eq!(of_files.0, Some(3), "{of_files:?}");
    // what answers, what does not, and what cannot be asked
    let closed = ClosedPort::shared().url();
    for address in [&*node.address, &closed, "ftp://nowhere"] {
        assert_eq!(told(address), of_files, "{address}");
    }
}

#[test]
fn tags_that_are_hard_to_see_are_minded() {
    let node = FaultyNode::new(Fault::None);
    let others = node.state("_format_version: '3.0'\nvaults:\n- {name: env, prefix: theirs}\n");
    assert_eq!(node.run(&["sync", &others]).status.code(), Some(0));
    let ours = "_format_version: '3.0'\n_info: {\"select\\x5ftags\": [ours]}\nvaults:\n- {name: env, prefix: mine}\n";
    let ended = node.run(&["sync", &node.state(ours)]);
    let out = text(&ended.stdout);
    assert!(out.contains("Created: 1\n") && out.contains("Deleted: 0\n"), "{out}");
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    RoutesAreRefused,
    WritesAreSlow,
}

struct FaultyNode {
    runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
    address: String,
    server: Arc<FaultyServer>,
}

struct FaultyServer {
    control_plane: EmbeddedControlPlane,
    fault: Fault,
    written: tokio::sync::Notify,
}

impl FaultyNode {
    fn new(fault: Fault) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let control_plane =
            EmbeddedControlPlane::open(Catalog::recorded(), EmbeddedOptions::default()).expect("a control plane");
        let server = Arc::new(FaultyServer {
            control_plane,
            fault,
            written: tokio::sync::Notify::new(),
        });
        let address = runtime.block_on(serve(Arc::clone(&server)));
        Self {
            runtime,
            folder: tempfile::tempdir().expect("a folder"),
            address,
            server,
        }
    }

    fn state(&self, text: &str) -> String {
        let path = self.folder.path().join("kong.yaml");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
        command.args(args).args(["--kong-addr", &self.address, "--no-color"]);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("it runs")
    }

    fn wait_for_a_write(&self) {
        self.runtime.block_on(async {
            let begun = tokio::time::timeout(Duration::from_secs(30), self.server.written.notified());
            begun.await.expect("a write begins");
        });
    }
}

async fn serve(server: Arc<FaultyServer>) -> String {
    let router = axum::Router::new().fallback(answer).with_state(server);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn answer(
    State(server): State<Arc<FaultyServer>>,
    method: HttpMethod,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    let method = match method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        _ => Method::Delete,
    };
    if method != Method::Get {
        server.written.notify_one();
        match server.fault {
            Fault::RoutesAreRefused if uri.path().starts_with("/routes") => return refused(),
            Fault::RoutesAreRefused | Fault::None => {}
            Fault::WritesAreSlow => tokio::time::sleep(Duration::from_millis(400)).await,
        }
    }
    let request = Request {
        method,
        path: uri.to_string(),
        body: (!body.is_empty()).then(|| body.to_vec()),
    };
    let answer = server.control_plane.handle(&request);
    (StatusCode::from_u16(answer.status).expect("a status"), answer.body)
}

fn refused() -> (StatusCode, Vec<u8>) {
    let error = json!({
        "code": 2,
        "name": "schema violation",
        "message": "schema violation (paths.1: not on a Saturday)",
        "fields": { "paths": ["not on a Saturday"] },
    });
    (StatusCode::BAD_REQUEST, error.to_string().into_bytes())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
