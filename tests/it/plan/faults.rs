//! Whatever goes wrong between here and the control plane, the account is true and nothing is written twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use crate::common::real_servers::effort;
use crate::common::run::{approved, declared, read, sync};
use crate::common::{Node, body, client, client_trying};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use strongroom::apply::{self, ApplyEvent, ApplyOutcome, CancelToken, HaltReason, StepOutcome};
use strongroom::control_plane::{
    Client, Dialect, EntityAddress, EntityWrite, Fault, FaultConfig, FaultTransport, Method, Request, Response,
    SystemClock, Transport, TransportError, WriteOperation, WriteOutcome, retry_silently,
};
use strongroom::plan::{ApprovedPlan, StepAction};
use uuid::Uuid;

/// How many runs of bad luck are tried.
fn seeds() -> u64 {
    effort(300, 60)
}

/// Keeps book of what reaches the server.
struct CountingTransport<T> {
    inner: T,
    made: Mutex<BTreeMap<String, usize>>,
    written: Mutex<BTreeSet<String>>,
}

impl<T> CountingTransport<T> {
    fn new(inner: T) -> Self {
        Self {
            inner,
            made: Mutex::default(),
            written: Mutex::default(),
        }
    }

    /// The most often that one entity was made.
    fn most_often_made(&self) -> usize {
        let made = self.made.lock().expect("the book");
        made.values().copied().max().unwrap_or_default()
    }

    /// Whether an entity was written.
    fn wrote(&self, id: Uuid) -> bool {
        let written = self.written.lock().expect("the book");
        written.iter().any(|path| path.contains(&id.to_string()))
    }
}

impl<T: Transport> Transport for CountingTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (method, path) = (request.method, request.path.clone());
        let answer = self.inner.send(request).await?;
        if method == Method::Post && answer.status == 201 {
            let made: Value = serde_json::from_slice(&answer.body).expect("JSON");
            let mut book = self.made.lock().expect("the book");
            *book.entry(made["id"].as_str().expect("an id").to_owned()).or_default() += 1;
        }
        if method != Method::Get {
            self.written.lock().expect("the book").insert(path);
        }
        Ok(answer)
    }
}

fn faults(seed: u64) -> FaultConfig {
    FaultConfig {
        seed,
        read_rate: 0.1 + 0.4 * (seed % 5) as f64 / 4.0,
        write_rate: 0.15 + 0.75 * (seed % 7) as f64 / 6.0,
        max_delay: Duration::from_micros(200),
    }
}

/// Makes nine vaults, and says how nine more would be made and these be replaced, changed and deleted.
async fn writes(node: &Node) -> Vec<EntityWrite> {
    let to = |id| EntityAddress {
        kind: node.kind("vaults"),
        id,
        parent: None,
    };
    let mut writes = Vec::new();
    for at in 0..9 {
        let made = format!(r#"{{"name":"env","prefix":"new-{at}","config":{{"prefix":"X_"}}}}"#);
        writes.push(EntityWrite {
            address: to(Uuid::new_v4()),
            operation: WriteOperation::Create(body(&made)),
        });
        let old = format!(r#"{{"name":"env","prefix":"old-{at}"}}"#);
        let replaced = format!(r#"{{"name":"env","prefix":"old-{at}","description":"replaced"}}"#);
        writes.push(EntityWrite {
            address: to(node.make("vaults", None, &old, &[]).await),
            operation: match at % 3 {
                0 => WriteOperation::Replace(body(&replaced)),
                1 => WriteOperation::Patch(body(r#"{"description":"changed"}"#)),
                _ => WriteOperation::Delete,
            },
        });
    }
    writes
}

/// Writes while things go wrong; says how each write ended and whether it stands.
async fn write_through_faults(seed: u64, happened: &mut BTreeMap<Fault, usize>) -> Vec<(WriteOutcome, bool)> {
    let node = Node::new();
    let client = client(FaultTransport::new(
        CountingTransport::new(node.transport()),
        faults(seed),
    ));
    let ended: Vec<(EntityWrite, WriteOutcome)> = stream::iter(writes(&node).await)
        .map(|write| {
            let (client, catalog) = (&client, &node.catalog);
            async move {
                let written = client.write_entity(catalog, &write, &retry_silently).await;
                (write, written)
            }
        })
        .buffer_unordered(4)
        .collect()
        .await;
    for (fault, times) in client.transport().injected_faults() {
        *happened.entry(fault).or_default() += times;
    }
    let made = client.transport().inner().most_often_made();
    assert!(made <= 1, "seed {seed}: an entity was made twice");
    ended
        .into_iter()
        .map(|(write, written)| (written, stands(&node, &write)))
        .collect()
}

fn stands(node: &Node, write: &EntityWrite) -> bool {
    let found = node.get(&format!("/vaults/{}", write.address.id));
    match &write.operation {
        WriteOperation::Create(_) => found["config"]["prefix"] == "X_",
        WriteOperation::Replace(_) => found["description"] == "replaced",
        WriteOperation::Patch(_) => found["description"] == "changed",
        WriteOperation::Delete => found.get("id").is_none(),
    }
}

#[tokio::test]
async fn what_a_write_is_said_to_have_done_is_what_it_did() {
    let mut happened = BTreeMap::new();
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..seeds() {
        for (written, stands) in write_through_faults(seed, &mut happened).await {
            let (word, true_so) = match &written {
                WriteOutcome::Applied => ("done", stands),
                WriteOutcome::NoResponse(_) => ("no answer", !stands),
                WriteOutcome::Rejected(_) => ("refused", !stands),
                WriteOutcome::Unknown(_) => ("unknown", true),
            };
            assert!(true_so, "seed {seed}: {written:?}, and it stands: {stands}");
            *ends.entry(word).or_default() += 1;
        }
    }
    // what this test covers, so that it cannot go empty
    for fault in [
        Fault::ConnectionRefused,
        Fault::RequestLost,
        Fault::ResponseLost,
        Fault::Delayed,
        Fault::ErrorStatus(429),
        Fault::ErrorStatusAfterApply(504),
        Fault::FalseSuccess,
        Fault::FalseSuccessAfterApply,
    ] {
        assert!(
            happened.get(&fault).is_some_and(|times| *times as u64 > seeds() / 3),
            "{fault:?}: {happened:?}"
        );
    }
    assert!(ends["done"] as u64 > 13 * seeds(), "{ends:?}");
    assert!(
        ends.get("no answer").is_some_and(|times| *times as u64 > seeds() / 30),
        "{ends:?}"
    );
    // a false success that carried nothing out
    assert!(
        ends.get("refused").is_some_and(|times| *times as u64 > seeds() / 3),
        "{ends:?}"
    );
}

const BEFORE: &str = "
_format_version: '3.0'
_info: {select_tags: [ours]}
services:
- {name: kept, host: kept.example.test}
- {name: changed, host: old.example.test, routes: [{name: changed-route, paths: [/old]}]}
- {name: gone, host: gone.example.test, routes: [{name: gone-route, paths: [/gone]}], plugins: [{name: key-auth}]}
vaults:
- {name: env, prefix: stays}
- {name: env, prefix: goes}
upstreams:
- {name: up, targets: [{target: '192.0.2.1:80', weight: 1}, {target: '192.0.2.2:80'}]}
consumers:
- {username: alice, keyauth_credentials: [{key: alice-key}], basicauth_credentials: [{username: alice, password: hush}]}
";

const WANTED: &str = "
_format_version: '3.0'
_info: {select_tags: [ours]}
services:
- {name: kept, host: kept.example.test}
- {name: changed, host: new.example.test, routes: [{name: changed-route, paths: [/new]}]}
- {name: made, host: made.example.test, routes: [{name: made-route, paths: [/made]}], plugins: [{name: cors}]}
vaults:
- {name: env, prefix: stays, description: changed}
- {name: env, prefix: comes}
upstreams:
- {name: up, targets: [{target: '192.0.2.1:80', weight: 9}, {target: '192.0.2.3:80'}]}
- {name: up2, targets: [{target: '192.0.2.4:80'}]}
consumers:
- {username: bob, keyauth_credentials: [{key: bob-key}], acls: [{group: g}], basicauth_credentials: [{username: bob, password: hush}]}
";

/// What stands of a plan's steps on the control plane: each change of an entity whose steps ended, told from its account.
fn check_account(seed: u64, node: &Node, approved: &ApprovedPlan, account: &ApplyOutcome) {
    let plan = approved.plan();
    for (step, end) in plan.steps.iter().zip(&account.steps) {
        let kind = node.catalog.kind(step.kind);
        let path = match step.parent {
            Some(parent) => format!("/upstreams/{parent}/{}/{}", kind.path, step.id),
            None => format!("/{}/{}", kind.path, step.id),
        };
        let there = node.get(&path).get("id").is_some();
        let wrong = match (&step.action, end) {
            (StepAction::Create(_), StepOutcome::Done) => !there,
            (StepAction::Delete, StepOutcome::Done) => there,
            (StepAction::Create(_), StepOutcome::Failed(_) | StepOutcome::Skipped { .. } | StepOutcome::NotStarted) => {
                there
            }
            _ => false,
        };
        assert!(
            !wrong,
            "seed {seed}: {path} {step:?} is said to be {end:?}, and there: {there}"
        );
    }
}

/// Syncs from one state to another while things go wrong, then once more without; says whether the first was complete.
async fn sync_through_faults(seed: u64) -> Option<bool> {
    let node = Node::new();
    let stop = CancelToken::never();
    let theirs = r#"{"name":"env","prefix":"foreign"}"#;
    let theirs = node.make("vaults", None, theirs, &["theirs"]).await;
    sync(&node.client(), &node.catalog, BEFORE, &stop)
        .await
        .expect("a first state");
    let before = node.get(&format!("/vaults/{theirs}"));
    let faulty = FaultTransport::new(CountingTransport::new(node.transport()), faults(seed));
    let client = client_trying(faulty, 3 + (seed % 4) as usize);
    let first = sync(&client, &node.catalog, WANTED, &stop).await;
    let book = client.transport().inner();
    assert!(book.most_often_made() <= 1, "seed {seed}: an entity was made twice");
    assert!(!book.wrote(theirs), "seed {seed}: something foreign was written");
    if let Some((approved, account)) = &first {
        check_account(seed, &node, approved, account);
    }
    finish(seed, &node, &stop).await;
    assert_eq!(node.get(&format!("/vaults/{theirs}")), before, "seed {seed}");
    first.map(|(_, account)| account.is_complete())
}

/// Syncs without faults: all is done, and nothing is left to do.
async fn finish(seed: u64, node: &Node, stop: &CancelToken) {
    let (_, second) = sync(&node.client(), &node.catalog, WANTED, stop)
        .await
        .expect("a second run");
    assert!(second.is_complete(), "seed {seed}: {second:?}");
    let desired = declared(&node.catalog, WANTED);
    let live = read(&node.client(), &node.catalog, &desired).await.expect("live");
    let left = approved(&node.catalog, &desired, &live);
    assert!(left.plan().changes.is_empty(), "seed {seed}: {:?}", left.plan().changes);
}

#[tokio::test]
async fn an_account_is_true_and_a_second_run_finishes_the_work() {
    let mut ends = BTreeMap::new();
    for seed in 0..seeds() {
        *ends.entry(sync_through_faults(seed).await).or_insert(0) += 1;
    }
    // what this test covers, so that it cannot go empty
    assert!(
        ends.get(&Some(true)).is_some_and(|times| *times > seeds() / 6),
        "{ends:?}"
    );
    assert!(
        ends.get(&Some(false)).is_some_and(|times| *times > seeds() / 30),
        "{ends:?}"
    );
}

/// Asks for a wait of two minutes, whatever is written.
struct BusyTransport<T>(T);

impl<T: Transport> Transport for BusyTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.method == Method::Get {
            return self.0.send(request).await;
        }
        Ok(Response {
            status: 429,
            retry_after: Some(120),
            body: Vec::new(),
        })
    }
}

#[tokio::test]
async fn a_stop_ends_waits_at_once() {
    let node = Node::new();
    let desired = declared(&node.catalog, WANTED);
    let live = read(&node.client(), &node.catalog, &desired).await.expect("live");
    let approved = approved(&node.catalog, &desired, &live);
    let (stopper, stop) = CancelToken::new();
    let events = |event: ApplyEvent<'_>| {
        if matches!(event, ApplyEvent::Retrying(..)) {
            stopper.cancel();
        }
    };
    let client = Client::new(BusyTransport(node.transport()), SystemClock, Dialect::gateway(), 4);
    let run = apply::apply_plan(&approved, &node.catalog, &client, &events, &stop);
    let account = tokio::time::timeout(Duration::from_secs(20), run).await;
    let account = account.expect("the waits ended");
    assert_eq!(account.halt_reason, Some(HaltReason::Cancelled));
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight_and_begins_nothing_new() {
    let node = Node::new();
    let desired = declared(&node.catalog, WANTED);
    let live = read(&node.client(), &node.catalog, &desired).await.expect("live");
    let approved = approved(&node.catalog, &desired, &live);
    let (stopper, stop) = CancelToken::new();
    let events = |event: ApplyEvent<'_>| {
        if matches!(event, ApplyEvent::Finished(..)) {
            stopper.cancel();
        }
    };
    let account = apply::apply_plan(&approved, &node.catalog, &node.client(), &events, &stop).await;
    check_account(0, &node, &approved, &account);
    assert_eq!(account.halt_reason, Some(HaltReason::Cancelled));
    let done = account.steps.iter().filter(|end| **end == StepOutcome::Done).count();
    assert!((1..=10).contains(&done), "{done} steps were done");
    assert!(
        account
            .steps
            .iter()
            .all(|end| matches!(end, StepOutcome::Done | StepOutcome::NotStarted))
    );
    let summary = account.summary(approved.plan());
    assert!(summary.not_started > 0 && summary.created > 0, "{summary:?}");
}
