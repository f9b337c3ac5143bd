use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, builder::BoolishValueParser};

use super::Cli;
use super::clap_errors::refine_clap_error;
use super::command::{Command, FileCommand, GatewayCommand};
use super::refs::RefsCommand;
use settings::Repository;

/// The one key of a settings file that is no flag: it is read where references are verified.
const REFERENCES_SECTION: &str = "references";

pub(crate) enum ParsedCommandLine {
    Run(Box<Cli>),
    /// It is wrong, or asks for help or the version.
    ClapError(clap::Error),
    /// The settings file cannot be used.
    InvalidSettings(String),
}

/// Parses a command line. Flags win over variables (`STRONGROOM_X`, then `DECK_X`), these over the settings file, and that
/// over defaults.
pub(crate) fn parse_command_line(
    args: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> ParsedCommandLine {
    let command = with_variables(Cli::command(), &variable);
    let args = without_boolean_values(&command, args.into_iter().collect());
    let first = match parse_args(command.clone(), &args) {
        Ok(cli) => cli,
        Err(error) => return ParsedCommandLine::ClapError(refine_clap_error(error, &args, &variable)),
    };
    let paths = state_paths(&first.command);
    match read_settings(first.global.config.as_deref(), variable("HOME"), &paths) {
        Err(message) => ParsedCommandLine::InvalidSettings(message),
        Ok(settings) if settings.is_empty() => ParsedCommandLine::Run(Box::new(first)),
        Ok(settings) => match parse_args(with_settings(command, &settings), &args) {
            Ok(cli) => ParsedCommandLine::Run(Box::new(cli)),
            Err(error) => ParsedCommandLine::ClapError(refine_clap_error(error, &args, &variable)),
        },
    }
}

fn parse_args(command: clap::Command, args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = command.try_get_matches_from(args)?;
    Cli::from_arg_matches_mut(&mut matches)
}

/// Gives every flag the variable that is set for it; `DECK_` variables only where decK reads them.
fn with_variables(command: clap::Command, variable: &dyn Fn(&str) -> Option<String>) -> clap::Command {
    let command = command.mut_args(|arg| {
        let is_decks = arg.is_global_set() || arg.get_id() == "format";
        with_variable(arg, is_decks, variable)
    });
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |sub| with_variables(sub, variable))
    })
}

fn with_variable(arg: Arg, is_decks: bool, variable: &dyn Fn(&str) -> Option<String>) -> Arg {
    let Some(long) = arg.get_long() else { return arg };
    let name = variable_name(long);
    let own_name = format!("STRONGROOM_{name}");
    let decks_name = format!("DECK_{name}");
    let set_name = [Some(own_name), is_decks.then_some(decks_name)]
        .into_iter()
        .flatten()
        .find(|name| variable(name).is_some_and(|value| !value.is_empty()));
    let arg = arg.hide_env(true);
    let arg = if matches!(arg.get_action(), ArgAction::SetTrue) {
        arg.value_parser(BoolishValueParser::new())
    } else {
        arg
    };
    match set_name {
        Some(name) => arg.env(name),
        None => arg,
    }
}

/// The name of a flag's variable, without `STRONGROOM_` or `DECK_`.
pub(super) fn variable_name(flag: &str) -> String {
    flag.to_uppercase().replace('-', "_")
}

/// Rewrites `--yes=true`, which pflag (decK's parser) takes, as `--yes`: clap's flags take no value.
fn without_boolean_values(command: &clap::Command, args: Vec<OsString>) -> Vec<OsString> {
    let mut flags = std::collections::BTreeSet::new();
    collect_flags(command, &mut flags);
    let mut is_past_flags = false;
    args.into_iter()
        .filter_map(|arg| {
            is_past_flags |= arg == "--";
            match arg
                .to_str()
                .filter(|_| !is_past_flags)
                .and_then(|text| text.split_once('='))
            {
                Some((flag, "true" | "1" | "t")) if flags.contains(flag) => Some(OsString::from(flag)),
                Some((flag, "false" | "0" | "f")) if flags.contains(flag) => None,
                _ => Some(arg),
            }
        })
        .collect()
}

fn collect_flags(command: &clap::Command, flags: &mut std::collections::BTreeSet<String>) {
    let booleans = command
        .get_arguments()
        .filter(|arg| matches!(arg.get_action(), ArgAction::SetTrue));
    flags.extend(booleans.filter_map(|arg| arg.get_long().map(|long| format!("--{long}"))));
    command.get_subcommands().for_each(|sub| collect_flags(sub, flags));
}

/// Makes the settings file's values the defaults of the global flags.
fn with_settings(command: clap::Command, settings: &BTreeMap<String, Vec<String>>) -> clap::Command {
    command.mut_args(|arg| match arg.get_long().and_then(|long| settings.get(long)) {
        Some(values) if arg.is_global_set() => arg.default_values(values.clone()),
        _ => arg,
    })
}

/// The settings file: the one that is named, else the usual one, if there is one.
pub(crate) fn find_settings_file(named: Option<&Path>, home: Option<String>) -> Option<PathBuf> {
    let in_home = |name: &str| home.as_ref().map(|home| PathBuf::from(home).join(name));
    match named {
        Some(path) => Some(path.to_owned()),
        None => [in_home(".strongroom.yaml"), in_home(".deck.yaml")]
            .into_iter()
            .flatten()
            .find(|path| path.is_file()),
    }
}

/// The flags of the settings file. One in the repository sets none: whoever changes the state files can change it, too.
fn read_settings(
    named: Option<&Path>,
    home: Option<String>,
    state_paths: &[PathBuf],
) -> Result<BTreeMap<String, Vec<String>>, String> {
    let repository = Repository::discover(state_paths);
    let file = find_settings_file(named, home).filter(|path| !path.exists() || !repository.contains(path));
    let Some(path) = file else {
        return Ok(BTreeMap::new());
    };
    let describe = |cause: String| format!("cannot read the settings in {}: {cause}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|error| describe(error.to_string()))?;
    let no_flags = || describe("they are no map of flags to values".to_owned());
    let values: Option<BTreeMap<String, SettingValue>> = serde_yaml::from_str(&text).map_err(|_| no_flags())?;
    let mut values = values.unwrap_or_default();
    values.remove(REFERENCES_SECTION);
    if values.values().any(|value| matches!(value, SettingValue::Map(_))) {
        return Err(no_flags());
    }
    Ok(values
        .into_iter()
        .map(|(name, value)| (name, value.into_strings()))
        .collect())
}

/// The state files that a command reads.
fn state_paths(command: &Command) -> Vec<PathBuf> {
    match command {
        Command::Sync(args)
        | Command::Gateway {
            command: GatewayCommand::Sync(args) | GatewayCommand::Apply(args),
        } => args.state.paths(),
        Command::Diff(args)
        | Command::Gateway {
            command: GatewayCommand::Diff(args),
        } => args.sync.state.paths(),
        Command::Validate(args)
        | Command::Gateway {
            command: GatewayCommand::Validate(args),
        }
        | Command::File {
            command: FileCommand::Validate(args),
        } => args.state.paths(),
        Command::Refs {
            command: RefsCommand::Check(args),
        } => args.state.paths(),
        Command::Refs {
            command: RefsCommand::List(args),
        } => args.state.paths(),
        _ => Vec::new(),
    }
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum SettingValue {
    Null(()),
    Bool(bool),
    Number(json::Number),
    Text(String),
    List(Vec<SettingValue>),
    /// No flag takes a map.
    Map(serde::de::IgnoredAny),
}

impl SettingValue {
    fn into_strings(self) -> Vec<String> {
        match self {
            Self::Null(()) | Self::Map(_) => Vec::new(),
            Self::Bool(value) => vec![value.to_string()],
            Self::Number(value) => vec![value.to_string()],
            Self::Text(value) => vec![value],
            Self::List(values) => values.into_iter().flat_map(Self::into_strings).collect(),
        }
    }
}
