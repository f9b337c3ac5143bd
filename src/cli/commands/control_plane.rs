use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;

use super::{RunCommand, block_on};
use crate::args::{ControlPlaneArgs, GlobalArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::output_mode::OutputMode;
use crate::printer::print_stdout;
use crate::reporter::Reporter;
use crate::signals::wait_for_interrupt;
use embedded::{Database, EmbeddedControlPlane, EmbeddedOptions};
use schema::Catalog;

impl RunCommand for ControlPlaneArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    fn run(self, _: &GlobalArgs, _: &mut Reporter) -> CommandResult {
        block_on(serve_control_plane(self))
    }
}

/// Serves an Admin API until it is interrupted. The first line it prints is its address.
async fn serve_control_plane(args: ControlPlaneArgs) -> CommandResult {
    let options = EmbeddedOptions {
        database: args.database.map_or(Database::Memory, Database::File),
        vaults: args
            .vaults
            .map(|names| names.into_iter().filter(|name| !name.is_empty()).collect()),
        wasm_filters: args.wasm_filters.into_iter().collect(),
        ..EmbeddedOptions::default()
    };
    let control_plane = EmbeddedControlPlane::open(Catalog::recorded(), options).map_err(CommandError::failed)?;
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))
        .map_err(CommandError::failed)?;
    let address = listener.local_addr()?;
    print_stdout(&format!("http://{address}\n"))?;
    embedded::serve(Arc::new(control_plane), listener, wait_for_interrupt())
        .await
        .map_err(CommandError::failed)?;
    Ok(CommandSuccess::Done)
}
