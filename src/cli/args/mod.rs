//! The command line as clap sees it: plain structs, one for each command.

mod clap_errors;
mod command;
mod deck_compat;
mod global;
mod parse;
mod references;
mod refs;
mod state;

pub(crate) use command::{
    Command, CompletionsArgs, ControlPlaneArgs, DiffArgs, DumpArgs, DumpFormat, FileCommand, GatewayCommand, PingArgs,
    REFERENCES_HELP, ReservedApplyArgs, ResetArgs, SyncArgs, ValidateArgs,
};
pub(crate) use global::GlobalArgs;
pub(crate) use parse::{ParsedCommandLine, find_settings_file, parse_command_line};
pub(crate) use references::{PolicyArgs, ReferenceArgs};
pub(crate) use refs::{ConfArgs, EnvArgs, EnvFormat, GetArgs, InventoryArgs, ParseArgs, RefsCommand, RevealMode};
pub(crate) use state::{ReadArgs, ScopeArgs, StateArgs};

use clap::Parser;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "strongroom",
    version,
    about = "Reconciles a Kong control plane with state files in Git, and proves every secret reference before it writes",
    after_help = "`strongroom help references` says how references are proven: policies, verdicts, credentials.\n\n\
                  Every flag can be set by a variable too, --kong-addr by STRONGROOM_KONG_ADDR. Those that decK has everywhere are also \
                  read from its DECK_ variables and from a file of settings (--config, ~/.strongroom.yaml, ~/.deck.yaml).\n\n\
                  Exit codes:\n  0    done, or in sync\n  1    failed, nothing written\n  2    changes pending (diff --non-zero-exit-code)\n  \
                  3    invalid input, references or usage\n  4    partly applied\n  5    refused by a guard or a conflict, or stale\n  \
                  130  interrupted",
    max_term_width = 120
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}
