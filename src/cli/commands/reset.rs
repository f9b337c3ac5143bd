use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::begin::Begun;
use super::prepare::{Request, Terms};
use crate::args::{Global, OutputArgs, ReferenceArgs, ResetArgs, StateArgs, SyncArgs};
use crate::connection::connect;
use crate::documents::Documents;
use crate::prompt::confirmed;
use crate::stop::{Done, Stop};
use crate::teller::Teller;
use reconcile::Proof;
use reference::Policy;
use schema::Catalog;
use state::{DesiredState, Scope};
use yaml::SourceFiles;

/// Deletes everything in scope: a sync of nothing, which says so by its name and asks before it begins.
pub async fn run(global: &Global, args: &ResetArgs, teller: &mut Teller) -> Done {
    let what = match args.scope.select_tag.as_slice() {
        [] => "everything".to_owned(),
        tags => format!("everything that bears the tags {}", tags.join(", ")),
    };
    let question = format!("This will delete {what} that {} holds. Are you sure?", address(global));
    if !args.force && !confirmed(&question, "--force")? {
        return Err(Stop::failed(anyhow::anyhow!("nothing was deleted")));
    }
    let catalog = Catalog::recorded();
    let begun = Begun {
        documents: ManuallyDrop::new(nothing(args)),
        connection: Arc::new(connect(global, &catalog)?),
    };
    let terms = Terms {
        proof: Proof::new(Policy::Default),
        early: None,
    };
    let sync = as_sync(args);
    let request = Request {
        guards: args.guards.guards_of_reset(),
        ..begun.request(&sync, terms)
    };
    super::sync::reconcile(&catalog, request, teller).await
}

/// Nothing is to be in the scope.
fn nothing(args: &ResetArgs) -> Documents {
    let tags = |tags: &[String]| tags.iter().cloned().collect();
    Documents {
        sources: SourceFiles::default(),
        desired: DesiredState {
            scopes: vec![Scope {
                tags: tags(&args.scope.select_tag),
            }],
            filter_tags: (!args.scope.filter_tag.is_empty()).then(|| tags(&args.scope.filter_tag)),
            ..DesiredState::default()
        },
    }
}

fn as_sync(args: &ResetArgs) -> SyncArgs {
    SyncArgs {
        state: StateArgs {
            files: Vec::new(),
            state: Vec::new(),
            substitute_env: false,
        },
        references: ReferenceArgs::default(),
        scope: args.scope.clone(),
        no_delete: false,
        output: OutputArgs::default(),
        guards: args.guards.clone(),
    }
}

/// The address without what may be a password in it.
fn address(global: &Global) -> String {
    match global.kong_addr.rsplit_once('@') {
        Some((_, host)) => host.to_owned(),
        None => global.kong_addr.clone(),
    }
}
