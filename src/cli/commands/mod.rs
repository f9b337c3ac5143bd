//! The commands: options → a call of the library → a report → how it ended.

mod completions;
mod control_plane;
mod diff;
mod dump;
mod foreign_kinds;
mod ping;
mod prepare;
mod refs;
mod reset;
mod start;
mod sync;
mod validate;

use std::future::Future;

use anyhow::anyhow;

use super::ExitStatus;
use super::args::{
    Cli, Command, FileCommand, GatewayCommand, GlobalArgs, REFERENCES_HELP, RefsCommand, SyncArgs, ValidateArgs,
};
use super::command_error::{CommandError, CommandResult};
use super::reporter::Reporter;
use crate::report;

/// Does what the command line says, and tells how it went.
pub fn run(cli: Cli) -> ExitStatus {
    let mut teller = create_reporter(&cli.command);
    let done = dispatch(&cli.global, cli.command, &mut teller);
    let outcome = done.unwrap_or_else(
        |CommandError {
             exit_status: outcome,
             error,
             help,
         }| {
            teller.report_error(&error, help);
            outcome
        },
    );
    teller.finish(outcome)
}

fn dispatch(global: &GlobalArgs, command: Command, teller: &mut Reporter) -> CommandResult {
    use GatewayCommand as Gateway;
    match command {
        Command::Ping(_)
        | Command::Gateway {
            command: Gateway::Ping(_),
        } => block_on(ping::run(global, teller)),
        Command::Dump(args)
        | Command::Gateway {
            command: Gateway::Dump(args),
        } => block_on(dump::run(global, &args)),
        Command::ControlPlane(args) => block_on(control_plane::run(args)),
        Command::Completions(args) => completions::run(&args),
        Command::Version => print_text(concat!("strongroom ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::References => print_text(REFERENCES_HELP),
        Command::Apply { .. } => Err(CommandError::invalid_input(anyhow!(
            "`apply` is kept for saved plans: use `sync` for state files, or `gateway apply` to delete nothing"
        ))),
        Command::Sync(args)
        | Command::Gateway {
            command: Gateway::Sync(args),
        } => block_on(sync::run(global, &args, teller)),
        Command::Gateway {
            command: Gateway::Apply(args),
        } => {
            let args = SyncArgs {
                no_delete: true,
                ..args
            };
            block_on(sync::run(global, &args, teller))
        }
        Command::Diff(args)
        | Command::Gateway {
            command: Gateway::Diff(args),
        } => block_on(diff::run(global, &args, teller)),
        Command::Reset(args)
        | Command::Gateway {
            command: Gateway::Reset(args),
        } => block_on(reset::run(global, &args, teller)),
        Command::Refs { command } => block_on(refs::run(global, &command, teller)),
        Command::Validate(args)
        | Command::File {
            command: FileCommand::Validate(args),
        } => block_on(validate::run(global, &args, teller)),
        Command::Gateway {
            command: Gateway::Validate(args),
        } => {
            let args = ValidateArgs { online: true, ..args };
            block_on(validate::run(global, &args, teller))
        }
    }
}

fn create_reporter(command: &Command) -> Reporter {
    use GatewayCommand as Gateway;
    let (json, silent) = match command {
        Command::Sync(args)
        | Command::Gateway {
            command: Gateway::Sync(args) | Gateway::Apply(args),
        } => (args.output.json_output, args.output.silence_events),
        Command::Diff(args)
        | Command::Gateway {
            command: Gateway::Diff(args),
        } => (args.sync.output.json_output, args.sync.output.silence_events),
        Command::Validate(args)
        | Command::Gateway {
            command: Gateway::Validate(args),
        }
        | Command::File {
            command: FileCommand::Validate(args),
        } => (args.json_output, false),
        Command::Reset(args)
        | Command::Gateway {
            command: Gateway::Reset(args),
        } => (args.json_output, args.silence_events),
        Command::Ping(args)
        | Command::Gateway {
            command: Gateway::Ping(args),
        } => (args.json_output, false),
        Command::Refs {
            command: RefsCommand::Check(args) | RefsCommand::List(args),
        } => return Reporter::for_references(args.json_output),
        Command::Refs {
            command: RefsCommand::Conf(args),
        } => return Reporter::for_references(args.json_output),
        _ => (false, false),
    };
    Reporter::new(json, silent)
}

fn print_text(text: &str) -> CommandResult {
    report::print_stdout(text)?;
    Ok(ExitStatus::Success)
}

/// Runs what waits for others, with as many threads as there are cores.
fn block_on(work: impl Future<Output = CommandResult>) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(CommandError::failed)?;
    let done = runtime.block_on(work);
    // what was asked for and is not wanted any more is not waited for
    runtime.shutdown_background();
    done
}
