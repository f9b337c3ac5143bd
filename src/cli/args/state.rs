use std::path::PathBuf;

use clap::Args;

use super::deck_compat::CompatStateArgs;
use crate::output_mode::OutputMode;
use plan::{DeleteLimit, Guards};

/// Which state files are read, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct StateArgs {
    /// State files and directories; standard input if there are none
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,

    /// A state file, as decK once spelled it
    #[arg(short, long, hide = true, value_name = "FILE")]
    pub(crate) state: Vec<PathBuf>,

    /// Fill in $NAME and ${NAME} from the environment, as envsubst would
    #[arg(long)]
    pub(crate) substitute_env: bool,
}

/// What of the control plane a run is about.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ScopeArgs {
    /// Own only what bears this tag, and stamp it on what is written; may be repeated: all must be borne
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(crate) select_tag: Vec<String>,

    /// Act only on what bears this tag, in files and live alike, and stamp nothing; may be repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(crate) filter_tag: Vec<String>,

    /// What is left out, and decK's other flags.
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// What is left out when live state is read.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ReadArgs {
    /// Leave consumers and what is theirs alone
    #[arg(long)]
    pub(crate) skip_consumers: bool,

    /// Leave CA certificates alone
    #[arg(long)]
    pub(crate) skip_ca_certificates: bool,

    /// Only RBAC, which open source does not have
    #[arg(long, hide = true)]
    pub(crate) rbac_resources_only: bool,

    /// Taken without effect.
    #[command(flatten)]
    pub(crate) accepted: CompatStateArgs,
}

/// What a run may delete.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Guards")]
pub(crate) struct GuardArgs {
    /// How much may be deleted: a number, or a percentage of a scope of ten or more (30%; `reset`: 100%). Without tags: of three
    /// or more, and all that bear one tag only by a number or 100%
    #[arg(long, value_name = "N|P%", value_parser = parse_limit)]
    pub(crate) max_deletes: Option<DeleteLimit>,

    /// Let an empty state delete everything in its scope
    #[arg(long)]
    pub(crate) allow_empty: bool,

    /// Let vaults, certificates, CA certificates and key sets be deleted that something still refers to, or vaults be given
    /// another prefix
    #[arg(long)]
    pub(crate) allow_delete_in_use: bool,
}

/// How a run reports.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OutputArgs {
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json_output: bool,

    /// Print no line for each change, only the summary
    #[arg(long)]
    pub(crate) silence_events: bool,

    /// Ask nothing
    #[arg(long)]
    pub(crate) yes: bool,
}

impl OutputArgs {
    pub(crate) fn mode(&self) -> OutputMode {
        OutputMode::from_flags(self.json_output, self.silence_events)
    }
}

impl GuardArgs {
    pub(crate) fn guards(&self) -> Guards {
        Guards {
            max_deletes: self.max_deletes.unwrap_or(Guards::default().max_deletes),
            allow_empty: self.allow_empty,
            allow_delete_in_use: self.allow_delete_in_use,
        }
    }

    /// The guards of `reset`, which may delete everything unless `--max-deletes` says otherwise.
    pub(crate) fn guards_for_reset(&self) -> Guards {
        Guards {
            max_deletes: self.max_deletes.unwrap_or(DeleteLimit::Percent(100.0)),
            allow_empty: true,
            allow_delete_in_use: self.allow_delete_in_use,
        }
    }
}

impl StateArgs {
    pub(crate) fn from_files(files: Vec<PathBuf>) -> Self {
        Self {
            files,
            state: Vec::new(),
            substitute_env: false,
        }
    }

    /// The files and directories, both spellings together; `-` if there are none.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self.files.iter().chain(&self.state).cloned().collect();
        if paths.is_empty() {
            paths.push(PathBuf::from("-"));
        }
        paths
    }
}

fn parse_limit(text: &str) -> Result<DeleteLimit, String> {
    let error = || "neither a number of entities nor a percentage (30%)".to_owned();
    match text.strip_suffix('%') {
        Some(percent) => match percent.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(DeleteLimit::Percent(percent)),
            _ => Err(error()),
        },
        None => text.parse().map(DeleteLimit::Count).map_err(|_| error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_counts_or_percentages() {
        assert_eq!(parse_limit("12"), Ok(DeleteLimit::Count(12)));
        assert_eq!(parse_limit("12.5%"), Ok(DeleteLimit::Percent(12.5)));
        for wrong in ["", "-1", "101%", "-1%", "NaN%", "many", "1.5"] {
            assert!(parse_limit(wrong).is_err(), "{wrong}");
        }
    }
}
