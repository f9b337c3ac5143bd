use anyhow::anyhow;

use super::check::{prove, read};
use crate::Outcome;
use crate::args::{Global, InventoryArgs};
use crate::connection::connect;
use crate::documents::Documents;
use crate::signals::unless_interrupted;
use crate::stop::{Done, Stop};
use crate::teller::Teller;
use crate::verify_options::read_verify_options;
use schema::Catalog;
use state::DesiredState;
use yaml::SourceFiles;

/// Lists the references of state files; without any, those of the control plane. What is wrong with one is no failure of
/// the list.
pub async fn run(global: &Global, args: &InventoryArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let of_files = !args.state.files.is_empty() || !args.state.state.is_empty();
    if !of_files && !global.names_control_plane() {
        return Err(Stop {
            help: Some("name state files, or a control plane with --kong-addr"),
            ..Stop::invalid(anyhow!("there is nothing to list references of"))
        });
    }
    let documents = match of_files {
        true => read(global, &args.state, &args.scope, &catalog, teller),
        false => Some(Documents {
            sources: SourceFiles::default(),
            desired: DesiredState::default(),
        }),
    };
    let paths = if of_files { args.state.paths() } else { Vec::new() };
    let proof = read_verify_options(global, &args.references, &paths, &catalog, teller);
    let (Some(documents), Some(proof)) = (documents, proof) else {
        return Ok(Outcome::Invalid);
    };
    let (catalog, proven) = match of_files {
        true => unless_interrupted(prove(global, &catalog, &documents, &proof)).await??,
        false => {
            let connection = connect(global, &catalog)?;
            unless_interrupted(reconcile::prove_live(&connection, &catalog, &proof))
                .await?
                .map_err(Stop::unread)?
        }
    };
    let Documents { desired, sources } = &documents;
    teller.inventory(&catalog, desired, sources, &proven.judged)?;
    Ok(Outcome::Done)
}
