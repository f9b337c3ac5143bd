//! What is known of a control plane before anything is planned.

use std::collections::BTreeSet;
use std::future::{Future, ready};
use std::pin::Pin;
use std::slice;
use std::sync::Arc;

use futures_util::future::{Either, join, select};
use tokio::sync::oneshot;

use super::asked::{wanted, wanted_for};
use crate::control_plane::{Asked, Client, Clock, Live, ReadError, Root, Transport, Wanted};
use crate::schema::{Catalog, KindId};
use crate::state::{Desired, Scope};

/// Who a control plane is, what exists there, and what it holds of the scopes of a run.
pub struct Survey {
    /// Who was asked.
    pub root: Root,
    /// What exists there.
    pub catalog: Arc<Catalog>,
    /// What it holds.
    pub live: Live,
}

/// A survey that begins before it is known what the documents declare. It goes on while somebody waits for it, or
/// [`Early::meanwhile`] for something else; dropping it ends it.
pub struct Early {
    scope: Scope,
    wanted: oneshot::Sender<Wanted>,
    stage: Stage,
}

type Surveyed = Result<Survey, ReadError>;

enum Stage {
    UnderWay(Pin<Box<dyn Future<Output = Surveyed>>>),
    Done(Box<Surveyed>),
}

impl Early {
    /// A survey of a control plane for documents that are likely to be of that scope.
    pub fn of<T, C>(client: Arc<Client<T, C>>, recorded: Arc<Catalog>, scope: Scope) -> Self
    where
        T: Transport + 'static,
        C: Clock + 'static,
    {
        let (wanted, declared) = oneshot::channel();
        let scopes = vec![scope.clone()];
        let survey = async move {
            let wanted = async { declared.await.unwrap_or_default() };
            survey(&client, &recorded, &scopes, wanted).await
        };
        Self {
            scope,
            wanted,
            stage: Stage::UnderWay(Box::pin(survey)),
        }
    }

    /// Goes on until something else is done.
    pub async fn meanwhile<R>(&mut self, other: impl Future<Output = R>) -> R {
        let other = Box::pin(other);
        match &mut self.stage {
            Stage::Done(_) => other.await,
            Stage::UnderWay(survey) => match select(other, survey).await {
                Either::Left((done, _)) => done,
                Either::Right((surveyed, other)) => {
                    self.stage = Stage::Done(Box::new(surveyed));
                    other.await
                }
            },
        }
    }

    /// Goes on to the end, now that it is known what is wanted.
    async fn finish(self, wanted: Wanted) -> Surveyed {
        self.wanted.send(wanted).ok();
        match self.stage {
            Stage::UnderWay(survey) => survey.await,
            Stage::Done(surveyed) => *surveyed,
        }
    }
}

/// Surveys a control plane for what documents declare; goes on with what began early, if that was of the right scope.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn survey_for<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    desired: &Desired,
    early: Option<Early>,
) -> Result<Survey, ReadError> {
    let wanted = wanted(recorded, desired);
    match early.filter(|early| desired.scopes == slice::from_ref(&early.scope)) {
        Some(early) => early.finish(wanted).await,
        None => survey(client, recorded, &desired.scopes, ready(wanted)).await,
    }
}

/// Asks a node who it is; then for its schemas, once it is known which are wanted, and what the scopes hold, at once.
async fn survey<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    scopes: &[Scope],
    wanted: impl Future<Output = Wanted>,
) -> Result<Survey, ReadError> {
    let root = client.root().await?;
    let asked = Asked {
        scopes: scopes.to_vec(),
        skip: BTreeSet::new(),
        edition: root.edition,
    };
    let catalog = async {
        let mut schemas = root.schemas();
        client.schemas(&wanted.await, &mut schemas).await?;
        Ok::<_, ReadError>(Arc::new(recorded.overlaid(&schemas)))
    };
    let (catalog, live) = join(catalog, client.read_owned(recorded, &asked)).await;
    Ok(Survey {
        catalog: catalog?,
        live: live?,
        root,
    })
}

/// Surveys all that a control plane holds of a scope, save some kinds, by its own schemas of that.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn survey_held<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    scope: Scope,
    skip: BTreeSet<KindId>,
) -> Result<Survey, ReadError> {
    let root = client.root().await?;
    let asked = Asked {
        scopes: vec![scope],
        skip,
        edition: root.edition,
    };
    let live = client.read_owned(recorded, &asked).await?;
    let held = live.owned.iter();
    let held = held.flat_map(|(kind, all)| all.iter().map(|entity| (*kind, entity.body.expose())));
    let mut schemas = root.schemas();
    client.schemas(&wanted_for(recorded, held), &mut schemas).await?;
    Ok(Survey {
        catalog: Arc::new(recorded.overlaid(&schemas)),
        live,
        root,
    })
}
