use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use yaml::suggest_similar;

/// A mistake of the command line as its user sees it: a wrong value is the variable's that has it, and a flag that is not
/// known is likened to one only if that is near.
pub(super) fn told(mut said: clap::Error, args: &[OsString], variable: &dyn Fn(&str) -> Option<String>) -> clap::Error {
    match said.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            if let Some(name) = variable_at_fault(&said, args, variable) {
                said.insert(ContextKind::InvalidArg, ContextValue::String(name));
            }
        }
        ErrorKind::UnknownArgument => forget_the_far(&mut said),
        _ => {}
    }
    said
}

fn variable_at_fault(
    said: &clap::Error,
    args: &[OsString],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let flag = text(said, ContextKind::InvalidArg)?.split_whitespace().next()?;
    let given = |arg: &OsString| arg.to_string_lossy().split('=').next() == Some(flag);
    if args.iter().any(given) {
        return None;
    }
    let name = super::environment::variable_name(flag.strip_prefix("--")?);
    let names = [format!("STRONGROOM_{name}"), format!("DECK_{name}")];
    names
        .into_iter()
        .find(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

fn forget_the_far(said: &mut clap::Error) {
    let Some((unknown, near)) = text(said, ContextKind::InvalidArg).zip(text(said, ContextKind::SuggestedArg)) else {
        return;
    };
    if suggest_similar(bare(unknown), [bare(near)]).is_none() {
        said.remove(ContextKind::SuggestedArg);
        // it names the flag once more
        said.remove(ContextKind::Usage);
    }
}

fn bare(flag: &str) -> &str {
    flag.trim_start_matches('-')
}

fn text(said: &clap::Error, kind: ContextKind) -> Option<&str> {
    match said.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}
