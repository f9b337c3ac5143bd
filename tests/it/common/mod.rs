//! An embedded control plane for tests, and what stands around it.
#![allow(dead_code)] // each test uses its part

pub mod closed_port;
pub mod fake_server;
pub mod hang;
pub mod hostile;
pub mod moto;
pub mod plan_case;
pub mod property_model;
pub mod real_servers;
pub mod run;
pub mod sandbox;
pub mod vault;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use strongroom::control_plane::{
    Client, Clock, Dialect, EntityAddress, EntityWrite, Request, Response, RetryPolicy, Transport, TransportError,
    WriteOperation, WriteOutcome, retry_silently,
};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions, EmbeddedTransport, serve};
use strongroom::json::{Value, json};
use strongroom::schema::{Catalog, KindId};
use strongroom::state::EntityBody;
use uuid::Uuid;

/// A clock that never waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct InstantClock;

impl Clock for InstantClock {
    fn now(&self) -> i64 {
        1_795_205_000
    }

    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
    }
}

/// A control plane in this process.
pub struct Node {
    pub catalog: Arc<Catalog>,
    pub control_plane: Arc<EmbeddedControlPlane>,
}

impl Node {
    pub fn new() -> Self {
        let catalog = Catalog::recorded();
        let opened = EmbeddedControlPlane::open(Arc::clone(&catalog), EmbeddedOptions::default());
        Self {
            catalog,
            control_plane: Arc::new(opened.expect("a control plane")),
        }
    }

    pub fn transport(&self) -> EmbeddedTransport {
        EmbeddedTransport::new(Arc::clone(&self.control_plane))
    }

    pub fn client(&self) -> Client<EmbeddedTransport, InstantClock> {
        client(self.transport())
    }

    pub fn kind(&self, word: &str) -> KindId {
        self.catalog.find_kind(word).expect("a kind")
    }

    /// Makes an entity with those tags.
    pub async fn make(&self, kind: &str, parent: Option<Uuid>, text: &str, tags: &[&str]) -> Uuid {
        let mut body = body(text);
        if !tags.is_empty() {
            body.expose_mut().insert("tags".to_owned(), json!(tags));
        }
        let to = EntityAddress {
            kind: self.kind(kind),
            id: Uuid::new_v4(),
            parent,
        };
        let verb = WriteOperation::Create(body);
        let written = self
            .client()
            .write_entity(
                &self.catalog,
                &EntityWrite {
                    address: to,
                    operation: verb,
                },
                &retry_silently,
            )
            .await;
        assert_eq!(written, WriteOutcome::Applied);
        to.id
    }

    /// Makes that many vaults.
    pub async fn vaults(&self, count: usize, prefix: &str) -> BTreeSet<Uuid> {
        let bodies = (0..count).map(|at| format!(r#"{{"name":"env","prefix":"{prefix}-{at}"}}"#));
        let made = stream::iter(bodies).then(|text| async move { self.make("vaults", None, &text, &[]).await });
        made.collect().await
    }

    /// Asks the node itself, around every layer.
    pub fn get(&self, path: &str) -> Value {
        let request = Request {
            method: strongroom::control_plane::Method::Get,
            path: path.to_owned(),
            body: None,
        };
        serde_json::from_slice(&self.control_plane.handle(&request).body).expect("JSON")
    }

    /// Serves it over HTTP on a free port of this machine.
    pub async fn serve(&self) -> NodeServer {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = serve(Arc::clone(&self.control_plane), listener, async move {
            let _ = stopped.await;
        });
        NodeServer {
            address: format!("http://{address}"),
            stop,
            serving: tokio::spawn(serving),
        }
    }
}

/// A control plane served over HTTP.
pub struct NodeServer {
    address: String,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl NodeServer {
    pub fn address(&self) -> &str {
        &self.address
    }

    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.serving.abort();
    }
}

/// A node that answers some paths with a status of its own.
pub struct FilteredTransport {
    inner: EmbeddedTransport,
    status: u16,
    meant: fn(&str) -> bool,
}

impl FilteredTransport {
    pub fn new(node: &Node, status: u16, meant: fn(&str) -> bool) -> Self {
        Self {
            inner: node.transport(),
            status,
            meant,
        }
    }

    pub fn client(self) -> Client<Self, InstantClock> {
        client(self)
    }
}

impl Transport for FilteredTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if !(self.meant)(&request.path) {
            return self.inner.send(request).await;
        }
        Ok(Response {
            status: self.status,
            retry_after: None,
            body: b"{}".to_vec(),
        })
    }
}

/// A client that does not wait between its tries.
pub fn client<T: Transport>(transport: T) -> Client<T, InstantClock> {
    client_trying(transport, 8)
}

/// The same, trying again so often.
pub fn client_trying<T: Transport>(transport: T, times: usize) -> Client<T, InstantClock> {
    let retries = RetryPolicy {
        max_retries: times,
        min_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(1),
    };
    Client::new(transport, InstantClock, Dialect::gateway(), 10).with_retry_policy(retries)
}

pub fn body(text: &str) -> EntityBody {
    EntityBody::new(serde_json::from_str(text).expect("a JSON object"))
}

pub fn tags(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|tag| (*tag).to_owned()).collect()
}
