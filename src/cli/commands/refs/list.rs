use std::sync::Arc;

use anyhow::anyhow;

use super::check::{read_documents, verify_references};
use crate::ExitStatus;
use crate::args::{GlobalArgs, InventoryArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess, ErrorMessage};
use crate::commands::{RunCommand, block_on};
use crate::connection::connect;
use crate::documents::Documents;
use crate::output_mode::OutputMode;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use reconcile::{Verification, VerifyOptions};
use schema::Catalog;
use state::DesiredState;
use yaml::SourceFiles;

pub(in crate::commands) struct ListReferences(pub(in crate::commands) InventoryArgs);

impl RunCommand for ListReferences {
    fn output_mode(&self) -> OutputMode {
        OutputMode::for_references(self.0.json_output)
    }

    /// Lists the references of state files; without any, those of the control plane. A reference that is wrong is no
    /// failure of the list.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(list(global, &self.0, reporter))
    }
}

async fn list(global: &GlobalArgs, args: &InventoryArgs, reporter: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let has_files = !args.state.files.is_empty() || !args.state.state.is_empty();
    if !has_files && !global.has_control_plane() {
        let message = ErrorMessage::new(anyhow!("there is nothing to list references of"));
        return Err(CommandError::InvalidInput(
            message.with_help("name state files, or a control plane with --kong-addr"),
        ));
    }
    let documents = match has_files {
        true => read_documents(global, &args.state, &args.scope, &catalog, reporter),
        false => Some(Documents {
            sources: SourceFiles::default(),
            desired: DesiredState::default(),
        }),
    };
    let paths = if has_files { args.state.paths() } else { Vec::new() };
    let options = read_verify_options(global, &args.references, &paths, &catalog, reporter);
    let (documents, options) = documents
        .zip(options)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    let (catalog, verification) = match has_files {
        true => run_unless_interrupted(verify_references(global, &catalog, &documents, &options)).await??,
        false => run_unless_interrupted(verify_live(global, &catalog, &options)).await??,
    };
    let Documents { desired, sources } = &documents;
    reporter.report_inventory(&catalog, desired, sources, &verification.assessments)?;
    Ok(CommandSuccess::Done)
}

async fn verify_live(
    global: &GlobalArgs,
    catalog: &Arc<Catalog>,
    options: &VerifyOptions,
) -> Result<(Arc<Catalog>, Verification), CommandError> {
    let connection = connect(global, catalog)?;
    reconcile::verify_live(&connection, catalog, options)
        .await
        .map_err(CommandError::from_read_error)
}
