//! Whatever goes wrong between here and the control plane, the account is true and nothing is written twice.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use common::{Node, body, client};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use strongroom::control_plane::{
    Address, Fault, FaultTransport, Faults, Method, Request, Response, Transport, TransportError, Verb, Write, Written,
};
use uuid::Uuid;

const SEEDS: u64 = 300;

/// Keeps book of what reaches the server.
struct Book<T> {
    inner: T,
    made: Mutex<BTreeMap<String, usize>>,
    written: Mutex<BTreeSet<String>>,
}

impl<T> Book<T> {
    fn new(inner: T) -> Self {
        Self {
            inner,
            made: Mutex::default(),
            written: Mutex::default(),
        }
    }

    /// The most often that one entity was made.
    fn most_often_made(&self) -> usize {
        self.made
            .lock()
            .expect("the book")
            .values()
            .copied()
            .max()
            .unwrap_or_default()
    }
}

impl<T: Transport> Transport for Book<T> {
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

fn faults(seed: u64) -> Faults {
    Faults {
        seed,
        share: 0.15 + 0.6 * (seed % 7) as f64 / 6.0,
        delay: Duration::from_micros(200),
    }
}

/// Creates, changes, replaces and deletes vaults while things go wrong; says how each write ended and whether it stands.
async fn write_through_faults(seed: u64, happened: &mut BTreeMap<Fault, usize>) -> Vec<(Written, bool)> {
    let node = Node::new();
    let foreign = node
        .make("vaults", None, r#"{"name":"env","prefix":"foreign"}"#, &[])
        .await;
    let mut old = Vec::new();
    for at in 0..9 {
        old.push(
            node.make("vaults", None, &format!(r#"{{"name":"env","prefix":"old-{at}"}}"#), &[])
                .await,
        );
    }
    let before = node.get(&format!("/vaults/{foreign}"));
    let to = |id| Address {
        kind: node.kind("vaults"),
        id,
        parent: None,
    };
    let mut writes: Vec<Write> = (0..9)
        .map(|at| Write {
            to: to(Uuid::new_v4()),
            verb: Verb::Create(body(&format!(
                r#"{{"name":"env","prefix":"new-{at}","config":{{"prefix":"X_"}}}}"#
            ))),
        })
        .collect();
    writes.extend(old.iter().enumerate().map(|(at, id)| Write {
        to: to(*id),
        verb: match at % 3 {
            0 => Verb::Replace(body(&format!(
                r#"{{"name":"env","prefix":"old-{at}","description":"replaced"}}"#
            ))),
            1 => Verb::Change(body(r#"{"description":"changed"}"#)),
            _ => Verb::Delete,
        },
    }));
    let client = client(FaultTransport::new(Book::new(node.transport()), faults(seed)));
    let ended: Vec<(Write, Written)> = stream::iter(writes)
        .map(|write| {
            let (client, catalog) = (&client, &node.catalog);
            async move {
                let written = client.write(catalog, &write, &|_| {}).await;
                (write, written)
            }
        })
        .buffer_unordered(4)
        .collect()
        .await;
    for (fault, times) in client.transport().happened() {
        *happened.entry(fault).or_default() += times;
    }
    let book = client.transport().inner();
    assert!(book.most_often_made() <= 1, "seed {seed}: an entity was made twice");
    assert!(
        !book
            .written
            .lock()
            .expect("the book")
            .contains(&format!("/vaults/{foreign}")),
        "seed {seed}: a foreign entity was written"
    );
    assert_eq!(node.get(&format!("/vaults/{foreign}")), before, "seed {seed}");
    ended
        .into_iter()
        .map(|(write, written)| (written, stands(&node, &write)))
        .collect()
}

fn stands(node: &Node, write: &Write) -> bool {
    let found = node.get(&format!("/vaults/{}", write.to.id));
    match &write.verb {
        Verb::Create(_) => found["config"]["prefix"] == "X_",
        Verb::Replace(_) => found["description"] == "replaced",
        Verb::Change(_) => found["description"] == "changed",
        Verb::Delete => found.get("id").is_none(),
    }
}

#[tokio::test]
async fn what_a_write_is_said_to_have_done_is_what_it_did() {
    let mut happened = BTreeMap::new();
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..SEEDS {
        for (written, stands) in write_through_faults(seed, &mut happened).await {
            let (word, true_so) = match &written {
                Written::Done => ("done", stands),
                Written::NoAnswer(_) => ("no answer", !stands),
                Written::Refused(_) => ("refused", !stands),
                Written::Unknown(_) => ("unknown", true),
            };
            assert!(true_so, "seed {seed}: {written:?}, and it stands: {stands}");
            *ends.entry(word).or_default() += 1;
        }
    }
    // what this test covers, so that it cannot go empty
    for fault in [
        Fault::Refused,
        Fault::LostBefore,
        Fault::LostAfter,
        Fault::Late,
        Fault::Busy(429),
        Fault::BusyAfter(504),
    ] {
        assert!(
            happened.get(&fault).is_some_and(|times| *times > 100),
            "{fault:?}: {happened:?}"
        );
    }
    assert!(ends["done"] > 4_000, "{ends:?}");
    assert!(ends.get("no answer").is_some_and(|times| *times > 10), "{ends:?}");
    assert_eq!(ends.get("refused"), None, "{ends:?}");
}
