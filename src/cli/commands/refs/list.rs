use anyhow::anyhow;

use super::check::{read_documents, verify_references};
use crate::ExitStatus;
use crate::args::{GlobalArgs, InventoryArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::connection::connect;
use crate::documents::Documents;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use schema::Catalog;
use state::DesiredState;
use yaml::SourceFiles;

/// Lists the references of state files; without any, those of the control plane. What is wrong with one is no failure of
/// the list.
pub async fn run(global: &GlobalArgs, args: &InventoryArgs, teller: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let of_files = !args.state.files.is_empty() || !args.state.state.is_empty();
    if !of_files && !global.has_control_plane() {
        return Err(CommandError {
            help: Some("name state files, or a control plane with --kong-addr"),
            ..CommandError::invalid_input(anyhow!("there is nothing to list references of"))
        });
    }
    let documents = match of_files {
        true => read_documents(global, &args.state, &args.scope, &catalog, teller),
        false => Some(Documents {
            sources: SourceFiles::default(),
            desired: DesiredState::default(),
        }),
    };
    let paths = if of_files { args.state.paths() } else { Vec::new() };
    let proof = read_verify_options(global, &args.references, &paths, &catalog, teller);
    let (Some(documents), Some(proof)) = (documents, proof) else {
        return Ok(ExitStatus::InvalidInput);
    };
    let (catalog, proven) = match of_files {
        true => run_unless_interrupted(verify_references(global, &catalog, &documents, &proof)).await??,
        false => {
            let connection = connect(global, &catalog)?;
            run_unless_interrupted(reconcile::verify_live(&connection, &catalog, &proof))
                .await?
                .map_err(CommandError::from_read_error)?
        }
    };
    let Documents { desired, sources } = &documents;
    teller.report_inventory(&catalog, desired, sources, &proven.assessments)?;
    Ok(ExitStatus::Success)
}
