use std::collections::BTreeSet;
use std::future::{Future, ready};
use std::pin::Pin;
use std::slice;
use std::sync::Arc;

use futures_util::future::{Either, join, select};
use tokio::sync::oneshot;

use super::requirements::{schemas_for_entities, schemas_for_state};
use control_plane::{Client, Clock, NodeInfo, ReadError, ReadScope, SchemaRequest, Transport};
use plan::LiveState;
use schema::{Catalog, KindId};
use state::{DesiredState, Scope};

/// What a control plane is and holds, before anything is planned.
pub struct Snapshot {
    /// The node that answered.
    pub node: NodeInfo,
    /// What exists there.
    pub catalog: Arc<Catalog>,
    /// What it holds of the scopes.
    pub live: LiveState,
}

/// A snapshot that is read while the documents are: what the node is can be asked at once, what it holds once the scope
/// is known, or likely. It makes progress while it is awaited, or something else is with [`PrefetchedSnapshot::drive_while`];
/// dropping it cancels it.
pub struct PrefetchedSnapshot {
    likely_scope: Option<Scope>,
    scopes_sender: Option<oneshot::Sender<Vec<Scope>>>,
    schema_request: oneshot::Sender<SchemaRequest>,
    stage: PrefetchStage,
}

type SnapshotResult = Result<Snapshot, ReadError>;

enum PrefetchStage {
    Running(Pin<Box<dyn Future<Output = SnapshotResult>>>),
    Complete(Box<SnapshotResult>),
}

impl PrefetchedSnapshot {
    /// Nothing is sent before it is awaited.
    pub fn new<T, C>(client: Arc<Client<T, C>>, recorded: Arc<Catalog>) -> Self
    where
        T: Transport + 'static,
        C: Clock + 'static,
    {
        let (schema_request, request) = oneshot::channel();
        let (scopes_sender, scopes) = oneshot::channel();
        let reading = async move {
            let scopes = async { scopes.await.unwrap_or_default() };
            let request = async { request.await.unwrap_or_default() };
            read_snapshot_when_known(&client, &recorded, scopes, request).await
        };
        Self {
            likely_scope: None,
            scopes_sender: Some(scopes_sender),
            schema_request,
            stage: PrefetchStage::Running(Box::pin(reading)),
        }
    }

    /// Reads what a scope holds, which is likely to be that of the documents.
    pub fn begin_with_scope(&mut self, scope: Scope) {
        if let Some(sender) = self.scopes_sender.take() {
            sender.send(vec![scope.clone()]).ok();
        }
        self.likely_scope = Some(scope);
    }

    /// Awaits something else and goes on reading meanwhile.
    pub async fn drive_while<R>(&mut self, other: impl Future<Output = R>) -> R {
        let other = Box::pin(other);
        match &mut self.stage {
            PrefetchStage::Complete(_) => other.await,
            PrefetchStage::Running(reading) => match select(other, reading).await {
                Either::Left((output, _)) => output,
                Either::Right((snapshot, other)) => {
                    self.stage = PrefetchStage::Complete(Box::new(snapshot));
                    other.await
                }
            },
        }
    }

    /// Whether the likely scope, if there was one, is the one of the documents.
    fn covers(&self, scopes: &[Scope]) -> bool {
        self.likely_scope
            .as_ref()
            .is_none_or(|likely| scopes == slice::from_ref(likely))
    }

    /// Reads the rest, now that it is known what for.
    async fn finish(self, scopes: &[Scope], request: SchemaRequest) -> SnapshotResult {
        if let Some(sender) = self.scopes_sender {
            sender.send(scopes.to_vec()).ok();
        }
        self.schema_request.send(request).ok();
        match self.stage {
            PrefetchStage::Running(reading) => reading.await,
            PrefetchStage::Complete(snapshot) => *snapshot,
        }
    }
}

/// Reads what a control plane holds of the scopes of documents; goes on with what was prefetched, if that is of the right
/// scope.
pub(crate) async fn read_snapshot<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    desired: &DesiredState,
    prefetched: Option<PrefetchedSnapshot>,
) -> Result<Snapshot, ReadError> {
    let request = schemas_for_state(recorded, desired);
    let scopes = &desired.scopes;
    match prefetched.filter(|prefetched| prefetched.covers(scopes)) {
        Some(prefetched) => prefetched.finish(scopes, request).await,
        None => read_snapshot_when_known(client, recorded, ready(scopes.clone()), ready(request)).await,
    }
}

/// Reads what a node is; then, once it is known what for, its schemas and what the scopes hold, both at once.
async fn read_snapshot_when_known<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    scopes: impl Future<Output = Vec<Scope>>,
    request: impl Future<Output = SchemaRequest>,
) -> Result<Snapshot, ReadError> {
    let node = client.read_node_info().await?;
    let read_scope = ReadScope {
        scopes: scopes.await,
        skipped_kinds: BTreeSet::new(),
        edition: node.edition,
    };
    let catalog = async {
        let mut schemas = node.to_live_schemas();
        client.read_schemas(&request.await, &mut schemas).await?;
        Ok::<_, ReadError>(Arc::new(recorded.with_live_schemas(&schemas)))
    };
    let (catalog, live) = join(catalog, client.read_owned(recorded, &read_scope)).await;
    Ok(Snapshot {
        catalog: catalog?,
        live: live?,
        node,
    })
}

/// Reads all that a control plane holds of a scope, save some kinds, and its schemas of that.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn read_all<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    scope: Scope,
    skipped_kinds: BTreeSet<KindId>,
) -> Result<Snapshot, ReadError> {
    let node = client.read_node_info().await?;
    let read_scope = ReadScope {
        scopes: vec![scope],
        skipped_kinds,
        edition: node.edition,
    };
    let live = client.read_owned(recorded, &read_scope).await?;
    let entities = live.owned.iter();
    let entities = entities.flat_map(|(kind, all)| all.iter().map(|entity| (*kind, entity.body.expose())));
    let mut schemas = node.to_live_schemas();
    client
        .read_schemas(&schemas_for_entities(recorded, entities), &mut schemas)
        .await?;
    Ok(Snapshot {
        catalog: Arc::new(recorded.with_live_schemas(&schemas)),
        live,
        node,
    })
}
