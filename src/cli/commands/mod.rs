//! The commands: options → a call of the library → a report → how it ended.

mod begin;
mod completions;
mod control_plane;
mod diff;
mod dump;
mod outside;
mod ping;
mod prepare;
mod refs;
mod reset;
mod sync;
mod validate;

use std::future::Future;

use anyhow::anyhow;

use super::Outcome;
use super::args::{Cli, Command, FileCommand, GatewayCommand, Global, RefsCommand, SyncArgs, ValidateArgs};
use super::stop::{Done, Stop};
use super::teller::Teller;
use crate::report;

/// Does what the command line says, and tells how it went.
pub fn run(cli: Cli) -> Outcome {
    let mut teller = teller(&cli.command);
    let done = dispatch(&cli.global, cli.command, &mut teller);
    let outcome = done.unwrap_or_else(|Stop { outcome, error, help }| {
        teller.error(&error, help);
        outcome
    });
    teller.finish(outcome)
}

fn dispatch(global: &Global, command: Command, teller: &mut Teller) -> Done {
    use GatewayCommand as Gateway;
    match command {
        Command::Ping(_)
        | Command::Gateway {
            command: Gateway::Ping(_),
        } => wait(ping::run(global, teller)),
        Command::Dump(args)
        | Command::Gateway {
            command: Gateway::Dump(args),
        } => wait(dump::run(global, &args)),
        Command::ControlPlane(args) => wait(control_plane::run(args)),
        Command::Completions(args) => completions::run(&args),
        Command::Version => version(),
        Command::Apply { .. } => Err(Stop::invalid(anyhow!(
            "`apply` is kept for saved plans: use `sync` for state files, or `gateway apply` to delete nothing"
        ))),
        Command::Sync(args)
        | Command::Gateway {
            command: Gateway::Sync(args),
        } => wait(sync::run(global, &args, teller)),
        Command::Gateway {
            command: Gateway::Apply(args),
        } => {
            let args = SyncArgs {
                no_delete: true,
                ..args
            };
            wait(sync::run(global, &args, teller))
        }
        Command::Diff(args)
        | Command::Gateway {
            command: Gateway::Diff(args),
        } => wait(diff::run(global, &args, teller)),
        Command::Reset(args)
        | Command::Gateway {
            command: Gateway::Reset(args),
        } => wait(reset::run(global, &args, teller)),
        Command::Refs { command } => wait(refs::run(global, &command, teller)),
        Command::Validate(args)
        | Command::File {
            command: FileCommand::Validate(args),
        } => wait(validate::run(global, &args, teller)),
        Command::Gateway {
            command: Gateway::Validate(args),
        } => {
            let args = ValidateArgs { online: true, ..args };
            wait(validate::run(global, &args, teller))
        }
    }
}

fn teller(command: &Command) -> Teller {
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
        } => return Teller::of_references(args.json_output),
        Command::Refs {
            command: RefsCommand::Conf(args),
        } => return Teller::of_references(args.json_output),
        _ => (false, false),
    };
    Teller::new(json, silent)
}

fn version() -> Done {
    report::to_stdout(concat!("strongroom ", env!("CARGO_PKG_VERSION"), "\n"))?;
    Ok(Outcome::Done)
}

/// Runs what waits for others, with as many threads as there are cores.
fn wait(work: impl Future<Output = Done>) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Stop::failed)?;
    let done = runtime.block_on(work);
    // what was asked for and is not wanted any more is not waited for
    runtime.shutdown_background();
    done
}
