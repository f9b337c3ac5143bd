use std::path::PathBuf;

use clap::{Args, ValueEnum};

use reference::Policy;

const REFERENCES_HEADING: &str = "References";

/// How references are proven.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ReferenceArgs {
    /// What their verdicts may do to the run.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// Hosts that credentials may be shown to although a state file names them (over http only with the port); * for all,
    /// where all files are trusted
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',', help_heading = REFERENCES_HEADING)]
    pub references_hosts: Vec<String>,

    /// Ask for the secrets that other teams' entities refer to, too
    #[arg(long, help_heading = REFERENCES_HEADING)]
    pub references_foreign: bool,

    /// For how many days certificates should be good still (30); a warning tells of those that are not
    #[arg(long, value_name = "DAYS", help_heading = REFERENCES_HEADING)]
    pub expiry_days: Option<u32>,

    /// What a data plane's environment holds: a dotenv file, a Kubernetes Secret or ConfigMap, or `process` for this
    /// command's own; may be repeated, each is a data plane
    #[arg(long, value_name = "FILE", help_heading = REFERENCES_HEADING)]
    pub dp_env: Vec<PathBuf>,

    /// The data planes' kong.conf, for references that name a backend and no vault
    #[arg(long, value_name = "FILE", help_heading = REFERENCES_HEADING)]
    pub dp_conf: Option<PathBuf>,

    /// A directory here that holds what the data planes have in PREFIX, for vaults of the backend fs; may be repeated
    #[arg(long, value_name = "PREFIX=DIR", value_parser = parse_directory, help_heading = REFERENCES_HEADING)]
    pub dp_files: Vec<(String, PathBuf)>,
}

/// What verdicts may do to a run.
#[derive(Args, Clone, Debug, Default)]
pub struct PolicyArgs {
    /// What to make of references that cannot be proven: strict, default, warn or off
    #[arg(long, value_enum, value_name = "MODE", hide_possible_values = true, help_heading = REFERENCES_HEADING)]
    pub references: Option<ReferencesMode>,
}

/// What becomes of a run whose references cannot all be proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReferencesMode {
    /// What cannot be checked from here stops the run too, and so does what is wrong already
    Strict,
    /// What is wrong stops the run if it is new; the rest is told
    Default,
    /// Everything is told, nothing stops the run
    Warn,
    /// No vault is asked
    Off,
}

impl PolicyArgs {
    /// The policy that is asked for.
    pub fn policy(&self) -> Option<Policy> {
        self.references.map(|mode| match mode {
            ReferencesMode::Strict => Policy::Strict,
            ReferencesMode::Default => Policy::Default,
            ReferencesMode::Warn => Policy::Warn,
            ReferencesMode::Off => Policy::Off,
        })
    }
}

fn parse_directory(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((prefix, directory)) if !prefix.is_empty() && !directory.is_empty() => {
            Ok((prefix.to_owned(), PathBuf::from(directory)))
        }
        _ => Err("it is PREFIX=DIR: the data planes' directory, and the one here that holds the same".to_owned()),
    }
}
