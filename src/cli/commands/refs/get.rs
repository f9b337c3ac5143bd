use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::os::unix::ffi::OsStringExt;

use anyhow::anyhow;
use zeroize::Zeroizing;

use crate::ExitStatus;
use crate::args::{GetArgs, GlobalArgs, RevealMode, ScopeArgs, StateArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::connection::connect;
use crate::documents;
use crate::report;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use backends::resolve_queries;
use control_plane::ReadScope;
use reconcile::{self, VerifyOptions};
use reference::{
    self, Reference, SecretRequest, VaultQuery, VaultTarget, Vaults, Verdict, is_reference, parse_reference,
    resolve_from_environment,
};
use schema::Catalog;
use state::Scope;

/// Resolves one reference, as `kong vault get` does: of env in this process' own environment unless data planes' are given.
pub async fn run(global: &GlobalArgs, args: &GetArgs, teller: &mut Reporter) -> CommandResult {
    let reference = match parse_reference(wrap_reference(&args.reference)) {
        Ok(reference) => reference,
        Err(error) => return print_kong_error(error),
    };
    let name = String::from_utf8_lossy(&reference.name).into_owned();
    let Some(vaults) = load_vaults(global, args, &name, teller).await? else {
        return Ok(ExitStatus::InvalidInput);
    };
    let Some(vault) = vaults.find(&name) else {
        return Err(CommandError {
            help: Some("the backend's name, or the prefix of a vault in FILES or of a control plane (--kong-addr)"),
            ..CommandError::invalid_input(unknown_vault_error(&vaults, &name))
        });
    };
    let catalog = Catalog::recorded();
    let Some(proof) = read_verify_options(global, &args.references, &args.files, &catalog, teller) else {
        return Ok(ExitStatus::InvalidInput);
    };
    let target = reference::resolve_target(&catalog, &name, vault, &reference, &proof.settings);
    if vault.backend() == "env" && args.references.dp_env.is_empty() {
        return match resolve_from_environment(&reference, target.text("prefix"), &read_variable) {
            Ok(value) => print_value(&value, args.reveal.is_some()),
            Err(error) => print_kong_error(error),
        };
    }
    let revealed =
        args.reveal == Some(RevealMode::Force) || args.reveal.is_some() && (vault.backend() == "env" || !is_ci());
    if args.reveal.is_some() && !revealed {
        return Err(CommandError {
            help: Some("--reveal=force prints it here, too; the log of a CI job is read by many"),
            ..CommandError::invalid_input(anyhow!(
                "this is CI, where the values of other vaults than env are not printed"
            ))
        });
    }
    run_unless_interrupted(fetch_and_print(target, &reference, &proof, revealed)).await?
}

fn unknown_vault_error(vaults: &Vaults, name: &str) -> anyhow::Error {
    let meant = vaults.suggest(name).map(|near| format!(" (did you mean '{near}'?)"));
    let name = report::to_single_line(name);
    anyhow!(
        "unknown vault: no vault has the prefix '{name}'{}",
        meant.unwrap_or_default()
    )
}

/// Asks the vault, and shows what comes.
async fn fetch_and_print(
    target: VaultTarget,
    reference: &Reference,
    proof: &VerifyOptions,
    reveal: bool,
) -> CommandResult {
    let wanted = vec![SecretRequest::from_reference(reference)];
    let errands = [VaultQuery {
        target,
        requests: wanted,
    }];
    let fetched = resolve_queries(&errands, &proof.context).await;
    let answer = fetched.first().and_then(|all| all.first());
    let (finding, values) = match answer {
        Some(fetched) => reference::verify_reference(&errands[0].target, reference, fetched),
        None => return Err(CommandError::failed(anyhow!("the vault gave no answer"))),
    };
    match values.first().filter(|_| finding.verdict() == Verdict::Found) {
        Some((_, value)) => print_value(value.expose(), reveal),
        None if finding.verdict() == Verdict::Found => {
            report::print_stderr("found; its value cannot be read by anybody\n");
            Ok(ExitStatus::Success)
        }
        None => {
            let help = finding.help.as_deref().map(report::render_help).unwrap_or_default();
            report::print_stderr(&(report::render_error(&report::to_single_line(&finding.message)) + &help));
            Ok(ExitStatus::InvalidInput)
        }
    }
}

/// Whether this runs where logs are kept and read by others.
fn is_ci() -> bool {
    let is_set = |name: &str| std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    ["CI", "GITHUB_ACTIONS", "GITLAB_CI"].into_iter().any(is_set)
}

/// Tells Kong's words as they are, control characters of the reference included, unless a terminal would obey them.
fn print_kong_error(error: impl std::error::Error + Send + Sync + 'static) -> CommandResult {
    let mut out = stderr().lock();
    if out.is_terminal() {
        return Err(CommandError::invalid_input(error));
    }
    writeln!(out, "error: {error}")?;
    Ok(ExitStatus::InvalidInput)
}

/// What is no reference is taken for the inside of one, as Kong does.
fn wrap_reference(text: &OsStr) -> Vec<u8> {
    let text = text.as_encoded_bytes();
    if is_reference(text) {
        return text.to_vec();
    }
    [b"{vault://", text, b"}"].concat()
}

fn read_variable(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    std::env::var_os(name).map(|value| Zeroizing::new(value.into_vec()))
}

/// The vaults of the files; of a control plane that is given by address, if the name is no backend's. None if the files
/// are wrong.
async fn load_vaults(
    global: &GlobalArgs,
    args: &GetArgs,
    name: &str,
    teller: &mut Reporter,
) -> Result<Option<Vaults>, CommandError> {
    let catalog = Catalog::recorded();
    let mut vaults = if args.files.is_empty() {
        Vaults {
            loaded_backends: reconcile::loaded_backends(&catalog),
            ..Vaults::default()
        }
    } else {
        let state = StateArgs::from_files(args.files.clone());
        match documents::read_and_report(&state, &ScopeArgs::default(), &catalog, teller) {
            Some(documents) => reconcile::declared_vaults(&catalog, &documents.desired),
            None => return Ok(None),
        }
    };
    if let Some(only) = &args.vaults {
        let only: BTreeSet<String> = only.iter().cloned().collect();
        vaults.entities.retain(|vault| only.contains(&vault.backend));
        vaults.loaded_backends = only;
    } else if args.files.is_empty() && !vaults.loaded_backends.contains(name) && global.has_control_plane() {
        vaults.entities = run_unless_interrupted(read_live_vaults(global)).await??.entities;
    }
    Ok(Some(vaults))
}

/// The vaults of a control plane; nothing else is read.
async fn read_live_vaults(global: &GlobalArgs) -> Result<Vaults, CommandError> {
    let catalog = Catalog::recorded();
    let connection = connect(global, &catalog)?;
    let root = connection
        .read_node_info()
        .await
        .map_err(CommandError::from_read_error)?;
    let asked = ReadScope {
        scopes: vec![Scope { tags: BTreeSet::new() }],
        skipped_kinds: catalog
            .kinds()
            .map(|(id, _)| id)
            .filter(|id| Some(*id) != catalog.find_kind("vaults"))
            .collect(),
        edition: root.edition,
    };
    let live = connection
        .read_owned(&catalog, &asked)
        .await
        .map_err(CommandError::from_read_error)?;
    Ok(reconcile::live_vaults(&catalog, &live))
}

/// Prints a value where it is wanted; elsewhere says only that there is one.
fn print_value(value: &[u8], reveal: bool) -> CommandResult {
    let mut out = stdout().lock();
    if !reveal && !out.is_terminal() {
        report::print_stderr("found; the value is printed to a terminal only, or with --reveal\n");
        return Ok(ExitStatus::Success);
    }
    out.write_all(value)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(ExitStatus::Success)
}
