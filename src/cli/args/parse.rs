use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, builder::BoolishValueParser};

use super::Cli;
use super::clap_errors::refine_clap_error;

/// What a file of settings says that is no flag: it is read where references are proven.
const REFERENCES_SECTION: &str = "references";

/// What came of a command line.
pub(crate) enum ParsedCommandLine {
    /// It says what to do.
    Run(Box<Cli>),
    /// It is wrong, or asks for help: what clap has to say.
    ClapError(clap::Error),
    /// The file of settings cannot be used.
    InvalidSettings(String),
}

/// Reads a command line: flags, then variables (`STRONGROOM_X`, then `DECK_X`), then the file of settings, then defaults.
pub(crate) fn parse_command_line(
    args: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> ParsedCommandLine {
    let command = with_variables(Cli::command(), &variable);
    let args = without_boolean_values(&command, args.into_iter().collect());
    let first = match parse_args(command.clone(), &args) {
        Ok(cli) => cli,
        Err(said) => return ParsedCommandLine::ClapError(refine_clap_error(said, &args, &variable)),
    };
    match read_settings(first.global.config.as_deref(), variable("HOME")) {
        Err(why) => ParsedCommandLine::InvalidSettings(why),
        Ok(settings) if settings.is_empty() => ParsedCommandLine::Run(Box::new(first)),
        Ok(settings) => match parse_args(with_settings(command, &settings), &args) {
            Ok(cli) => ParsedCommandLine::Run(Box::new(cli)),
            Err(said) => ParsedCommandLine::ClapError(refine_clap_error(said, &args, &variable)),
        },
    }
}

fn parse_args(command: clap::Command, args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = command.try_get_matches_from(args)?;
    Cli::from_arg_matches_mut(&mut matches)
}

/// Gives every flag the variable that is set for it; decK's own names hold where decK reads them.
fn with_variables(command: clap::Command, variable: &dyn Fn(&str) -> Option<String>) -> clap::Command {
    let command = command.mut_args(|arg| {
        let deck = arg.is_global_set() || arg.get_id() == "format";
        with_variable(arg, deck, variable)
    });
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |sub| with_variables(sub, variable))
    })
}

fn with_variable(arg: Arg, deck: bool, variable: &dyn Fn(&str) -> Option<String>) -> Arg {
    let Some(long) = arg.get_long() else { return arg };
    let name = variable_name(long);
    let ours = format!("STRONGROOM_{name}");
    let theirs = format!("DECK_{name}");
    let chosen = [Some(ours), deck.then_some(theirs)]
        .into_iter()
        .flatten()
        .find(|name| variable(name).is_some_and(|value| !value.is_empty()));
    let arg = arg.hide_env(true);
    let arg = if matches!(arg.get_action(), ArgAction::SetTrue) {
        arg.value_parser(BoolishValueParser::new())
    } else {
        arg
    };
    match chosen {
        Some(chosen) => arg.env(chosen),
        None => arg,
    }
}

/// What a variable for a flag is called, behind `STRONGROOM_` or `DECK_`.
pub(super) fn variable_name(flag: &str) -> String {
    flag.to_uppercase().replace('-', "_")
}

/// pflag, decK's reader of flags, takes `--yes=true`; clap's flags take no value: rewrite one as the other.
fn without_boolean_values(command: &clap::Command, args: Vec<OsString>) -> Vec<OsString> {
    let mut flags = std::collections::BTreeSet::new();
    collect_flags(command, &mut flags);
    let mut done = false;
    args.into_iter()
        .filter_map(|arg| {
            done |= arg == "--";
            match arg.to_str().filter(|_| !done).and_then(|text| text.split_once('=')) {
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

/// The file's values take the place of the defaults of the flags that hold for every command.
fn with_settings(command: clap::Command, settings: &BTreeMap<String, Vec<String>>) -> clap::Command {
    command.mut_args(|arg| match arg.get_long().and_then(|long| settings.get(long)) {
        Some(values) if arg.is_global_set() => arg.default_values(values.clone()),
        _ => arg,
    })
}

/// The file of settings: the one that is named, else the usual one, if there is one.
pub(crate) fn find_settings_file(named: Option<&Path>, home: Option<String>) -> Option<PathBuf> {
    let usual = |name: &str| home.as_ref().map(|home| PathBuf::from(home).join(name));
    match named {
        Some(path) => Some(path.to_owned()),
        None => [usual(".strongroom.yaml"), usual(".deck.yaml")]
            .into_iter()
            .flatten()
            .find(|path| path.is_file()),
    }
}

fn read_settings(named: Option<&Path>, home: Option<String>) -> Result<BTreeMap<String, Vec<String>>, String> {
    let Some(path) = find_settings_file(named, home) else {
        return Ok(BTreeMap::new());
    };
    let told = |why: String| format!("cannot read the settings in {}: {why}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|error| told(error.to_string()))?;
    let no_flags = || told("they are no map of flags to values".to_owned());
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

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum SettingValue {
    Null(()),
    Bool(bool),
    Number(json::Number),
    Text(String),
    List(Vec<SettingValue>),
    /// No flag takes one.
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
