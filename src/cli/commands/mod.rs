//! The commands: options → a call of the library → a report → how it ended.

mod completions;
mod control_plane;
mod diff;
mod dump;
mod foreign_kinds;
mod ping;
mod prepare;
mod print_text;
mod refs;
mod reserved;
mod reset;
mod run_inputs;
mod sync;
mod validate;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::anyhow;

use super::ExitStatus;
use super::args::{
    Cli, Command, FileCommand, GatewayCommand, GlobalArgs, REFERENCES_HELP, RefsCommand, SyncArgs, ValidateArgs,
};
use super::command_error::{CommandError, CommandResult, exit_status};
use super::output_mode::OutputMode;
use super::reporter::Reporter;
use print_text::PrintText;
use refs::{CheckReferences, ListReferences};

/// A command with its options.
trait RunCommand {
    fn output_mode(&self) -> OutputMode;

    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult;
}

/// Runs the command that the command line names, and reports how it ended.
pub(crate) fn run(Cli { global, command }: Cli) -> ExitStatus {
    match command {
        Command::Sync(args) => execute(args, &global),
        Command::Diff(args) => execute(args, &global),
        Command::Apply(args) => execute(args, &global),
        Command::Dump(args) => execute(args, &global),
        Command::Validate(args) => execute(args, &global),
        Command::Reset(args) => execute(args, &global),
        Command::Ping(args) => execute(args, &global),
        Command::Refs { command } => run_refs(command, &global),
        Command::ControlPlane(args) => execute(args, &global),
        Command::Gateway { command } => run_gateway(command, &global),
        Command::File { command } => match command {
            FileCommand::Validate(args) => execute(args, &global),
        },
        Command::Completions(args) => execute(args, &global),
        Command::Version => execute(
            PrintText(concat!("strongroom ", env!("CARGO_PKG_VERSION"), "\n")),
            &global,
        ),
        Command::References => execute(PrintText(REFERENCES_HELP), &global),
    }
}

fn run_gateway(command: GatewayCommand, global: &GlobalArgs) -> ExitStatus {
    match command {
        GatewayCommand::Sync(args) => execute(args, global),
        GatewayCommand::Diff(args) => execute(args, global),
        GatewayCommand::Apply(args) => execute(
            SyncArgs {
                no_delete: true,
                ..args
            },
            global,
        ),
        GatewayCommand::Dump(args) => execute(args, global),
        GatewayCommand::Validate(args) => execute(ValidateArgs { online: true, ..args }, global),
        GatewayCommand::Reset(args) => execute(args, global),
        GatewayCommand::Ping(args) => execute(args, global),
    }
}

fn run_refs(command: RefsCommand, global: &GlobalArgs) -> ExitStatus {
    match command {
        RefsCommand::Parse(args) => execute(args, global),
        RefsCommand::Check(args) => execute(CheckReferences(args), global),
        RefsCommand::List(args) => execute(ListReferences(args), global),
        RefsCommand::Env(args) => execute(args, global),
        RefsCommand::Conf(args) => execute(args, global),
        RefsCommand::Get(args) => execute(args, global),
    }
}

fn execute(command: impl RunCommand, global: &GlobalArgs) -> ExitStatus {
    let output_mode = command.output_mode();
    let run = || {
        let mut reporter = Reporter::new(output_mode);
        let result = command.run(global, &mut reporter);
        if let Err(error) = &result {
            reporter.report_command_error(error);
        }
        reporter.finish(exit_status(&result))
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| report_panic(output_mode))
}

/// Ends a run that panicked. People have been told where by the panic hook.
fn report_panic(output_mode: OutputMode) -> ExitStatus {
    let mut reporter = Reporter::new(output_mode);
    if !reporter.is_text() {
        reporter.report_error(&anyhow!("the program failed: see standard error"), None);
    }
    reporter.finish(ExitStatus::Failed)
}

/// Runs an async command, with as many threads as there are cores.
fn block_on(work: impl Future<Output = CommandResult>) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(CommandError::failed)?;
    let result = runtime.block_on(work);
    // does not wait for requests whose answers nobody wants any more
    runtime.shutdown_background();
    result
}
