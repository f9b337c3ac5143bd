use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::prepare::{RunResources, SyncRequest};
use super::start::RunContext;
use crate::args::{GlobalArgs, OutputArgs, ReferenceArgs, ResetArgs, StateArgs, SyncArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::connection::connect;
use crate::documents::Documents;
use crate::prompt::confirm;
use crate::reporter::Reporter;
use reconcile::VerifyOptions;
use reference::Policy;
use schema::Catalog;
use state::{DesiredState, Scope};
use yaml::SourceFiles;

/// Deletes everything in scope: a sync of nothing, which says so by its name and asks before it begins.
pub async fn run(global: &GlobalArgs, args: &ResetArgs, teller: &mut Reporter) -> CommandResult {
    let what = match args.scope.select_tag.as_slice() {
        [] => "everything".to_owned(),
        tags => format!("everything that bears the tags {}", tags.join(", ")),
    };
    let question = format!(
        "This will delete {what} that {} holds. Are you sure?",
        redacted_address(global)
    );
    if !args.force && !confirm(&question, "--force")? {
        return Err(CommandError::failed(anyhow::anyhow!("nothing was deleted")));
    }
    let catalog = Catalog::recorded();
    let begun = RunContext {
        documents: ManuallyDrop::new(empty_documents(args)),
        connection: Arc::new(connect(global, &catalog)?),
    };
    let terms = RunResources {
        verify_options: VerifyOptions::new(Policy::Default),
        prefetched: None,
    };
    let sync = to_sync_args(args);
    let request = SyncRequest {
        guards: args.guards.guards_for_reset(),
        ..begun.sync_request(&sync, terms)
    };
    super::sync::plan_and_apply(&catalog, request, teller).await
}

/// Nothing is to be in the scope.
fn empty_documents(args: &ResetArgs) -> Documents {
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

fn to_sync_args(args: &ResetArgs) -> SyncArgs {
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
fn redacted_address(global: &GlobalArgs) -> String {
    match global.kong_addr.rsplit_once('@') {
        Some((_, host)) => host.to_owned(),
        None => global.kong_addr.clone(),
    }
}
