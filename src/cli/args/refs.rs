use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::references::ReferenceArgs;
use super::state::{ScopeArgs, StateArgs};

/// `refs`.
#[derive(Debug, Subcommand)]
pub(crate) enum RefsCommand {
    /// Take references apart as Kong does, one JSON object a line
    Parse(ParseArgs),
    /// Prove the references of state files without a plan; a control plane is asked only if --kong-addr is given
    Check(InventoryArgs),
    /// List references, what is known of each and who uses it: of state files, or of the control plane at --kong-addr
    List(InventoryArgs),
    /// Tell the variables that every data plane must define, as a template
    Env(EnvArgs),
    /// Check the references of a kong.conf and of KONG_* variables
    Conf(ConfArgs),
    /// Resolve a reference; one of env in the environment of this command, unless --dp-env gives a data plane's
    Get(GetArgs),
}

/// `refs check` and `refs list`.
#[derive(Args, Clone, Debug)]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) references: ReferenceArgs,

    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json_output: bool,
}

/// `refs env`.
#[derive(Args, Clone, Debug)]
pub(crate) struct EnvArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    /// The data planes' kong.conf, for references that name a backend and no vault
    #[arg(long, value_name = "FILE")]
    pub(crate) dp_conf: Option<PathBuf>,

    /// dotenv or kubernetes
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) format: EnvFormat,
}

/// As what variables are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// Lines of a dotenv file.
    #[default]
    Dotenv,
    /// A Kubernetes Secret.
    Kubernetes,
}

/// `refs conf`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfArgs {
    /// The kong.conf
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) references: ReferenceArgs,

    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json_output: bool,
}

/// `refs parse`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ParseArgs {
    /// References as they are; without any, the lines of standard input, each a JSON string
    #[arg(value_name = "REF")]
    pub(crate) references: Vec<OsString>,
}

/// `refs get`.
#[derive(Args, Clone, Debug)]
pub(crate) struct GetArgs {
    /// The reference, or what stands between {vault:// and }
    #[arg(value_name = "REF")]
    pub(crate) reference: OsString,
    /// State files that declare vaults; without any, a control plane given by --kong-addr is asked for a prefix
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    /// The backends that are loaded; no control plane is asked
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) vaults: Option<Vec<String>>,
    /// Print the value wherever it goes; in CI `force` is needed for any backend but env
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true)]
    pub(crate) reveal: Option<RevealMode>,
    #[command(flatten)]
    pub(crate) references: ReferenceArgs,
}

/// Where a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RevealMode {
    /// In CI, only of env.
    True,
    /// Everywhere.
    Force,
}
