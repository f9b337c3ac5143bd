use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::references::{PolicyArgs, ReferenceArgs};
use super::refs::RefsCommand;
use super::state::{GuardArgs, OutputArgs, ReadArgs, ScopeArgs, StateArgs};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring a control plane to what the state files say
    Sync(SyncArgs),
    /// Show what `sync` would do
    Diff(DiffArgs),
    /// Kept for saved plans
    #[command(hide = true)]
    Apply(ReservedApplyArgs),
    /// Write what a control plane holds as a state file
    Dump(DumpArgs),
    /// Check state files, without a control plane unless --online
    Validate(ValidateArgs),
    /// Delete everything a control plane holds, or all that bears the tags
    Reset(ResetArgs),
    /// Say whether the control plane answers, and its version
    Ping(PingArgs),
    /// Read references as Kong reads them
    Refs {
        #[command(subcommand)]
        command: RefsCommand,
    },
    /// Serve an Admin API that behaves as Kong's, for trials and tests
    ControlPlane(ControlPlaneArgs),
    /// The commands as decK groups them: sync, diff, apply, dump, ping, reset, validate
    Gateway {
        #[command(subcommand)]
        command: GatewayCommand,
    },
    /// Commands that need no control plane, as decK groups them: validate
    File {
        #[command(subcommand)]
        command: FileCommand,
    },
    /// Print a script that completes commands in a shell
    #[command(alias = "completion")]
    Completions(CompletionsArgs),
    /// Print the version
    Version,
    /// How references are proven: policies, verdicts, credentials, flags
    #[command(hide = true, override_help = REFERENCES_HELP)]
    References,
}

/// A topic of the help rather than a command: `strongroom help references`.
pub(crate) const REFERENCES_HELP: &str = include_str!("help_references.txt");

/// decK's `gateway` commands.
#[derive(Debug, Subcommand)]
pub(crate) enum GatewayCommand {
    /// The same as `strongroom sync`
    Sync(SyncArgs),
    /// The same as `strongroom diff`
    Diff(DiffArgs),
    /// The same as `strongroom sync --no-delete`
    Apply(SyncArgs),
    /// The same as `strongroom dump`
    Dump(DumpArgs),
    /// The same as `strongroom validate --online`
    Validate(ValidateArgs),
    /// The same as `strongroom reset`
    Reset(ResetArgs),
    /// The same as `strongroom ping`
    Ping(PingArgs),
}

/// decK's `file` commands.
#[derive(Debug, Subcommand)]
pub(crate) enum FileCommand {
    /// The same as `strongroom validate`
    Validate(ValidateArgs),
}

/// `sync`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Create and update, and delete nothing
    #[arg(long)]
    pub(crate) no_delete: bool,
    #[command(flatten)]
    pub(crate) references: ReferenceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) guards: GuardArgs,
}

/// `diff`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) sync: SyncArgs,
    /// Exit with 2 if there are changes
    #[arg(long)]
    pub(crate) non_zero_exit_code: bool,
}

/// `apply`, whatever is given with it.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReservedApplyArgs {
    /// Whatever is given.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub(crate) rest: Vec<String>,
}

/// `dump`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DumpArgs {
    /// The file to write, readable by you alone; - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output_file: PathBuf,
    /// The format, yaml or json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        ignore_case = true,
        hide_possible_values = true
    )]
    pub(crate) format: DumpFormat,
    /// Write the id of every entity
    #[arg(long)]
    pub(crate) with_id: bool,
    /// Leave out what Kong fills in by itself
    #[arg(long)]
    pub(crate) skip_defaults: bool,
    /// Write only what bears this tag; may be repeated: all must be borne
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(crate) select_tag: Vec<String>,
    /// Show secrets on a terminal too
    #[arg(long, conflicts_with = "sanitize")]
    pub(crate) show_secrets: bool,
    /// Hide secrets wherever the dump goes
    #[arg(long)]
    pub(crate) sanitize: bool,
    /// Not needed: nothing is salted that leaves the program
    #[arg(long, hide = true, value_name = "SALT")]
    pub(crate) sanitization_salt: Option<String>,
    /// Write each workspace to its own file; open source has one, `default`
    #[arg(long, hide = true)]
    pub(crate) all_workspaces: bool,
    /// Overwrite without asking
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// How a dump is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DumpFormat {
    /// YAML.
    #[default]
    Yaml,
    /// JSON.
    Json,
}

/// `validate`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    /// Let the control plane check every entity too
    #[arg(long)]
    pub(crate) online: bool,
    #[command(flatten)]
    pub(crate) references: PolicyArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json_output: bool,
}

/// `reset`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ResetArgs {
    /// Ask nothing
    #[arg(short, long, alias = "yes")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Reset every workspace; open source has one, `default`
    #[arg(long, hide = true)]
    pub(crate) all_workspaces: bool,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json_output: bool,
    /// Print no line for each change, only the summary
    #[arg(long)]
    pub(crate) silence_events: bool,
    #[command(flatten)]
    pub(crate) guards: GuardArgs,
}

/// `ping`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PingArgs {
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json_output: bool,
}

/// `control-plane`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ControlPlaneArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8001")]
    pub(crate) listen: SocketAddr,
    /// A file to keep everything in; in memory without
    #[arg(long, value_name = "FILE")]
    pub(crate) database: Option<PathBuf>,
    /// The vault backends that are loaded; all known ones without
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) vaults: Option<Vec<String>>,
    /// The wasm filters that are loaded; wasm is off without
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) wasm_filters: Vec<String>,
}

/// `completions`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}
