use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use yaml::suggest_similar;

/// A mistake of the command line as its user sees it: a wrong value is the variable's that has it, and a flag that is not
/// known is likened to one only if that is near.
pub(super) fn refine_clap_error(
    mut said: clap::Error,
    args: &[OsString],
    variable: &dyn Fn(&str) -> Option<String>,
) -> clap::Error {
    match said.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            if let Some(name) = find_faulty_variable(&said, args, variable) {
                said.insert(ContextKind::InvalidArg, ContextValue::String(name));
            }
        }
        ErrorKind::UnknownArgument => drop_far_suggestion(&mut said),
        _ => {}
    }
    said
}

fn find_faulty_variable(
    said: &clap::Error,
    args: &[OsString],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let flag = context_text(said, ContextKind::InvalidArg)?.split_whitespace().next()?;
    let given = |arg: &OsString| arg.to_string_lossy().split('=').next() == Some(flag);
    if args.iter().any(given) {
        return None;
    }
    let name = super::parse::variable_name(flag.strip_prefix("--")?);
    let names = [format!("STRONGROOM_{name}"), format!("DECK_{name}")];
    names
        .into_iter()
        .find(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

fn drop_far_suggestion(said: &mut clap::Error) {
    let Some((unknown, near)) =
        context_text(said, ContextKind::InvalidArg).zip(context_text(said, ContextKind::SuggestedArg))
    else {
        return;
    };
    if suggest_similar(trim_dashes(unknown), [trim_dashes(near)]).is_none() {
        said.remove(ContextKind::SuggestedArg);
        // it names the flag once more
        said.remove(ContextKind::Usage);
    }
}

fn trim_dashes(flag: &str) -> &str {
    flag.trim_start_matches('-')
}

fn context_text(said: &clap::Error, kind: ContextKind) -> Option<&str> {
    match said.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}
