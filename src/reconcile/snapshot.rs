//! What is known of a control plane before anything is planned.

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

/// Who a control plane is, what exists there, and what it holds of the scopes of a run.
pub struct Snapshot {
    /// Who was asked.
    pub node: NodeInfo,
    /// What exists there.
    pub catalog: Arc<Catalog>,
    /// What it holds.
    pub live: LiveState,
}

/// A survey that begins before it is known what the documents declare: who the node is can be asked at once, what it
/// holds once the scope is known, or likely. It goes on while somebody waits for it, or [`Early::meanwhile`] for something
/// else; dropping it ends it.
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
    /// A survey of a control plane.
    pub fn new<T, C>(client: Arc<Client<T, C>>, recorded: Arc<Catalog>) -> Self
    where
        T: Transport + 'static,
        C: Clock + 'static,
    {
        let (schema_request, declared) = oneshot::channel();
        let (scopes, told) = oneshot::channel();
        let survey = async move {
            let scopes = async { told.await.unwrap_or_default() };
            let wanted = async { declared.await.unwrap_or_default() };
            read_snapshot_when_known(&client, &recorded, scopes, wanted).await
        };
        Self {
            likely_scope: None,
            scopes_sender: Some(scopes),
            schema_request,
            stage: PrefetchStage::Running(Box::pin(survey)),
        }
    }

    /// Says of what scope the documents are likely to be.
    pub fn begin_with_scope(&mut self, scope: Scope) {
        if let Some(scopes) = self.scopes_sender.take() {
            scopes.send(vec![scope.clone()]).ok();
        }
        self.likely_scope = Some(scope);
    }

    /// Goes on until something else is done.
    pub async fn drive_while<R>(&mut self, other: impl Future<Output = R>) -> R {
        let other = Box::pin(other);
        match &mut self.stage {
            PrefetchStage::Complete(_) => other.await,
            PrefetchStage::Running(survey) => match select(other, survey).await {
                Either::Left((done, _)) => done,
                Either::Right((surveyed, other)) => {
                    self.stage = PrefetchStage::Complete(Box::new(surveyed));
                    other.await
                }
            },
        }
    }

    /// Whether it was right to go on with what was guessed, if anything was.
    fn covers(&self, scopes: &[Scope]) -> bool {
        self.likely_scope
            .as_ref()
            .is_none_or(|guess| scopes == slice::from_ref(guess))
    }

    /// Goes on to the end, now that everything is known.
    async fn finish(self, scopes: &[Scope], wanted: SchemaRequest) -> SnapshotResult {
        if let Some(waiting) = self.scopes_sender {
            waiting.send(scopes.to_vec()).ok();
        }
        self.schema_request.send(wanted).ok();
        match self.stage {
            PrefetchStage::Running(survey) => survey.await,
            PrefetchStage::Complete(surveyed) => *surveyed,
        }
    }
}

/// Surveys a control plane for what documents declare; goes on with what began early, if that was of the right scope.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn read_snapshot<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    desired: &DesiredState,
    early: Option<PrefetchedSnapshot>,
) -> Result<Snapshot, ReadError> {
    let wanted = schemas_for_state(recorded, desired);
    let scopes = &desired.scopes;
    match early.filter(|early| early.covers(scopes)) {
        Some(early) => early.finish(scopes, wanted).await,
        None => read_snapshot_when_known(client, recorded, ready(scopes.clone()), ready(wanted)).await,
    }
}

/// Asks a node who it is; then, once it is known what for, for its schemas and what the scopes hold, at once.
async fn read_snapshot_when_known<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    scopes: impl Future<Output = Vec<Scope>>,
    wanted: impl Future<Output = SchemaRequest>,
) -> Result<Snapshot, ReadError> {
    let root = client.read_node_info().await?;
    let asked = ReadScope {
        scopes: scopes.await,
        skipped_kinds: BTreeSet::new(),
        edition: root.edition,
    };
    let catalog = async {
        let mut schemas = root.to_live_schemas();
        client.read_schemas(&wanted.await, &mut schemas).await?;
        Ok::<_, ReadError>(Arc::new(recorded.with_live_schemas(&schemas)))
    };
    let (catalog, live) = join(catalog, client.read_owned(recorded, &asked)).await;
    Ok(Snapshot {
        catalog: catalog?,
        live: live?,
        node: root,
    })
}

/// Surveys all that a control plane holds of a scope, save some kinds, by its own schemas of that.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn read_all<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    scope: Scope,
    skip: BTreeSet<KindId>,
) -> Result<Snapshot, ReadError> {
    let root = client.read_node_info().await?;
    let asked = ReadScope {
        scopes: vec![scope],
        skipped_kinds: skip,
        edition: root.edition,
    };
    let live = client.read_owned(recorded, &asked).await?;
    let held = live.owned.iter();
    let held = held.flat_map(|(kind, all)| all.iter().map(|entity| (*kind, entity.body.expose())));
    let mut schemas = root.to_live_schemas();
    client
        .read_schemas(&schemas_for_entities(recorded, held), &mut schemas)
        .await?;
    Ok(Snapshot {
        catalog: Arc::new(recorded.with_live_schemas(&schemas)),
        live,
        node: root,
    })
}
