use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use yaml::suggest_similar;

/// Names the variable that a wrong value comes from, and suggests a flag for an unknown one only if it is similar.
pub(super) fn refine_clap_error(
    mut error: clap::Error,
    args: &[OsString],
    variable: &dyn Fn(&str) -> Option<String>,
) -> clap::Error {
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            if let Some(name) = find_faulty_variable(&error, args, variable) {
                error.insert(ContextKind::InvalidArg, ContextValue::String(name));
            }
        }
        ErrorKind::UnknownArgument => drop_far_suggestion(&mut error),
        _ => {}
    }
    error
}

fn find_faulty_variable(
    error: &clap::Error,
    args: &[OsString],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let flag = context_text(error, ContextKind::InvalidArg)?
        .split_whitespace()
        .next()?;
    let names_flag = |arg: &OsString| arg.to_string_lossy().split('=').next() == Some(flag);
    if args.iter().any(names_flag) {
        return None;
    }
    let name = super::parse::variable_name(flag.strip_prefix("--")?);
    let names = [format!("STRONGROOM_{name}"), format!("DECK_{name}")];
    names
        .into_iter()
        .find(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

fn drop_far_suggestion(error: &mut clap::Error) {
    let Some((unknown, suggestion)) =
        context_text(error, ContextKind::InvalidArg).zip(context_text(error, ContextKind::SuggestedArg))
    else {
        return;
    };
    let (unknown, known) = (trim_dashes(unknown), trim_dashes(suggestion));
    if unknown != known && suggest_similar(unknown, [known]).is_none() {
        error.remove(ContextKind::SuggestedArg);
        // the usage names the suggestion once more
        error.remove(ContextKind::Usage);
    }
}

fn trim_dashes(flag: &str) -> &str {
    flag.trim_start_matches('-')
}

fn context_text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}
