//! The command line as clap sees it: plain structs, one for each command.

mod accepted;
mod command;
mod environment;
mod global;
mod state;

pub use command::{
    Command, CompletionsArgs, ControlPlaneArgs, DiffArgs, DumpArgs, FileCommand, Format, GatewayCommand, PingArgs,
    ResetArgs, SyncArgs, ValidateArgs,
};
pub use environment::{Parsed, parse};
pub use global::Global;
pub use state::{GuardArgs, OutputArgs, ReadArgs, ReferencesMode, ScopeArgs, StateArgs};

use clap::Parser;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "strongroom",
    version,
    about = "Reconciles a Kong control plane with state files in Git, and proves every secret reference before it writes",
    after_help = "Every flag can also be set by a variable, STRONGROOM_KONG_ADDR for --kong-addr; flags that decK has everywhere\n\
                  are read from its DECK_ variables too, and from a file of settings (--config, ~/.strongroom.yaml, ~/.deck.yaml).\n\n\
                  Exit codes: 0 done or in sync · 1 failed, nothing written · 2 changes pending · 3 invalid input, references or usage ·\n\
                  4 partly applied · 5 refused by a guard or a conflict · 130 interrupted",
    propagate_version = false,
    disable_help_subcommand = false,
    max_term_width = 120
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}
