use std::ffi::OsString;

use clap::{Args, Subcommand};

/// `refs`.
#[derive(Debug, Subcommand)]
pub enum RefsCommand {
    /// Take references apart as Kong does, one JSON object a line
    Parse(ParseArgs),
}

/// `refs parse`.
#[derive(Args, Clone, Debug)]
pub struct ParseArgs {
    /// References as they are; without any, the lines of standard input, each a JSON string
    #[arg(value_name = "REF")]
    pub references: Vec<OsString>,
}
