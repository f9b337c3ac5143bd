use anyhow::anyhow;

use super::prepare::report_preparation;
use super::sync::apply_if_approved;
use super::{RunCommand, block_on};
use crate::args::{GlobalArgs, ResetArgs, ScopeArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::connection::connect;
use crate::documents::Documents;
use crate::output_mode::OutputMode;
use crate::prompt::confirm;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::skipped_kinds::skipped_kinds;
use plan::PlanOptions;
use reconcile::{RunOptions, VerifyOptions};
use reference::Policy;
use schema::Catalog;
use state::{DesiredState, Scope};
use yaml::SourceFiles;

impl RunCommand for ResetArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::from_flags(self.json_output, self.silence_events)
    }

    /// Deletes everything in scope: a sync of an empty state, confirmed first.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(reset(global, &self, reporter))
    }
}

async fn reset(global: &GlobalArgs, args: &ResetArgs, reporter: &mut Reporter) -> CommandResult {
    confirm_deletion(global, args)?;
    let catalog = Catalog::recorded();
    let documents = empty_documents(&args.scope);
    let connection = connect(global, &catalog)?;
    let options = RunOptions {
        plan_options: PlanOptions {
            no_delete: false,
            skip: skipped_kinds(&catalog, &args.scope.read)?,
        },
        guards: args.guards.guards_for_reset(),
        verify_options: VerifyOptions::new(Policy::Default),
        ..RunOptions::default()
    };
    let prepared = run_unless_interrupted(reconcile::prepare(
        &connection,
        &catalog,
        &documents.desired,
        &options,
        None,
    ))
    .await?;
    let prepared = report_preparation(prepared, &documents, reporter)?;
    apply_if_approved(&connection, &documents, &prepared, reporter).await
}

fn confirm_deletion(global: &GlobalArgs, args: &ResetArgs) -> Result<(), CommandError> {
    let subject = match args.scope.select_tag.as_slice() {
        [] => "everything".to_owned(),
        tags => format!("everything that bears the tags {}", tags.join(", ")),
    };
    let address = redacted_address(global);
    let question = format!("This will delete {subject} that {address} holds. Are you sure?");
    if args.force || confirm(&question, "--force")? {
        return Ok(());
    }
    Err(CommandError::failed(anyhow!("nothing was deleted")))
}

/// Documents that declare nothing in the scope.
fn empty_documents(scope: &ScopeArgs) -> Documents {
    let to_set = |tags: &[String]| tags.iter().cloned().collect();
    Documents {
        sources: SourceFiles::default(),
        desired: DesiredState {
            scopes: vec![Scope {
                tags: to_set(&scope.select_tag),
            }],
            filter_tags: (!scope.filter_tag.is_empty()).then(|| to_set(&scope.filter_tag)),
            ..DesiredState::default()
        },
    }
}

/// The address without a user and password.
fn redacted_address(global: &GlobalArgs) -> &str {
    match global.kong_addr.rsplit_once('@') {
        Some((_, host)) => host,
        None => &global.kong_addr,
    }
}
