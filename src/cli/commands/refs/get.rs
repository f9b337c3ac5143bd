use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use anyhow::anyhow;
use zeroize::Zeroizing;

use crate::ExitStatus;
use crate::args::{GetArgs, GlobalArgs, RevealMode, ScopeArgs, StateArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess, ErrorMessage};
use crate::commands::{RunCommand, block_on};
use crate::connection::connect;
use crate::documents;
use crate::output_mode::OutputMode;
use crate::printer::print_stderr;
use crate::report;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use backends::resolve_queries;
use control_plane::ReadScope;
use reconcile::VerifyOptions;
use reference::{
    Reference, SecretRequest, VaultQuery, VaultTarget, Vaults, Verdict, is_reference, parse_reference,
    resolve_from_environment,
};
use schema::Catalog;
use state::Scope;

impl RunCommand for GetArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    /// Resolves one reference, as `kong vault get` does: of env in this process' own environment unless data planes' are
    /// given.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(get(global, &self, reporter))
    }
}

async fn get(global: &GlobalArgs, args: &GetArgs, reporter: &mut Reporter) -> CommandResult {
    let reference = match parse_reference(wrap_reference(&args.reference)) {
        Ok(reference) => reference,
        Err(error) => return print_kong_error(error),
    };
    let name = String::from_utf8_lossy(&reference.name).into_owned();
    let vaults = load_vaults(global, args, &name, reporter).await?;
    let Some(vault) = vaults.find(&name) else {
        return Err(unknown_vault_error(&vaults, &name));
    };
    let catalog = Catalog::recorded();
    let options = read_verify_options(global, &args.references, &args.files, &catalog, reporter)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    let target = reference::resolve_target(&catalog, &name, vault, &reference, &options.settings);
    if vault.backend() == "env" && args.references.dp_env.is_empty() {
        return match resolve_from_environment(&reference, target.text("prefix"), &read_variable) {
            Ok(value) => print_value(&value, args.reveal.is_some()),
            Err(error) => print_kong_error(error),
        };
    }
    let reveal = may_reveal(args.reveal, vault.backend())?;
    run_unless_interrupted(fetch_and_print(target, &reference, &options, reveal)).await?
}

fn unknown_vault_error(vaults: &Vaults, name: &str) -> CommandError {
    let suggestion = vaults.suggest(name).map(|near| format!(" (did you mean '{near}'?)"));
    let message = ErrorMessage::new(anyhow!(
        "unknown vault: no vault has the prefix '{name}'{}",
        suggestion.unwrap_or_default()
    ));
    CommandError::InvalidInput(
        message.with_help("the backend's name, or the prefix of a vault in FILES or of a control plane (--kong-addr)"),
    )
}

/// Whether a value may be printed wherever standard output goes.
fn may_reveal(mode: Option<RevealMode>, backend: &str) -> Result<bool, CommandError> {
    match mode {
        None => Ok(false),
        Some(RevealMode::True) if backend != "env" && is_ci() => {
            let message = ErrorMessage::new(anyhow!(
                "this is CI, where the values of other vaults than env are not printed"
            ));
            Err(CommandError::InvalidInput(message.with_help(
                "--reveal=force prints it here, too; the log of a CI job is read by many",
            )))
        }
        Some(RevealMode::True | RevealMode::Force) => Ok(true),
    }
}

/// Asks the vault, and prints the value or why there is none.
async fn fetch_and_print(
    target: VaultTarget,
    reference: &Reference,
    options: &VerifyOptions,
    reveal: bool,
) -> CommandResult {
    let queries = [VaultQuery {
        target,
        requests: vec![SecretRequest::from_reference(reference)],
    }];
    let responses = resolve_queries(&queries, &options.context).await;
    let Some(response) = responses.first().and_then(|responses| responses.first()) else {
        return Err(CommandError::failed(anyhow!("the vault gave no answer")));
    };
    let (finding, values) = reference::verify_reference(&queries[0].target, reference, response);
    let is_found = finding.verdict() == Verdict::Found;
    match values.first().filter(|_| is_found) {
        Some((_, value)) => print_value(value.expose(), reveal),
        None if is_found => {
            print_stderr("found; its value cannot be read by anybody\n");
            Ok(CommandSuccess::Done)
        }
        None => {
            let help = finding.help.as_deref().map(report::render_help).unwrap_or_default();
            print_stderr(&(report::render_error(&finding.message) + &help));
            Err(CommandError::AlreadyReported(ExitStatus::InvalidInput))
        }
    }
}

/// Whether this runs where logs are kept and read by others.
fn is_ci() -> bool {
    let is_set = |name: &str| std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    ["CI", "GITHUB_ACTIONS", "GITLAB_CI"].into_iter().any(is_set)
}

/// Prints an error in Kong's own words, the reference's control characters included, except to a terminal, which would
/// obey them.
fn print_kong_error(error: impl std::error::Error + Send + Sync + 'static) -> CommandResult {
    let mut stderr = stderr().lock();
    if stderr.is_terminal() {
        return Err(CommandError::invalid_input(error));
    }
    writeln!(stderr, "error: {error}")?;
    Err(CommandError::AlreadyReported(ExitStatus::InvalidInput))
}

/// The reference: as Kong does it, a text that is none is put inside one.
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

/// The vaults of the files; of the control plane, if there are no files, one is given, and the name is no backend's.
async fn load_vaults(
    global: &GlobalArgs,
    args: &GetArgs,
    name: &str,
    reporter: &mut Reporter,
) -> Result<Vaults, CommandError> {
    let catalog = Catalog::recorded();
    let mut vaults = declared_vaults(&args.files, &catalog, reporter)?;
    if let Some(only) = &args.vaults {
        let only: BTreeSet<String> = only.iter().cloned().collect();
        vaults.entities.retain(|vault| only.contains(&vault.backend));
        vaults.loaded_backends = only;
    } else if args.files.is_empty() && !vaults.loaded_backends.contains(name) && global.has_control_plane() {
        vaults.entities = run_unless_interrupted(read_live_vaults(global)).await??.entities;
    }
    Ok(vaults)
}

fn declared_vaults(files: &[PathBuf], catalog: &Catalog, reporter: &mut Reporter) -> Result<Vaults, CommandError> {
    if files.is_empty() {
        return Ok(Vaults {
            loaded_backends: reconcile::loaded_backends(catalog),
            ..Vaults::default()
        });
    }
    let state = StateArgs::from_files(files.to_vec());
    let documents = documents::read_and_report(&state, &ScopeArgs::default(), catalog, reporter)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    Ok(reconcile::declared_vaults(catalog, &documents.desired))
}

/// Reads the vaults of a control plane, and nothing else.
async fn read_live_vaults(global: &GlobalArgs) -> Result<Vaults, CommandError> {
    let catalog = Catalog::recorded();
    let connection = connect(global, &catalog)?;
    let node = connection
        .read_node_info()
        .await
        .map_err(CommandError::from_read_error)?;
    let vaults = catalog.find_kind("vaults");
    let kinds = catalog.kinds().map(|(id, _)| id);
    let read_scope = ReadScope {
        scopes: vec![Scope { tags: BTreeSet::new() }],
        skipped_kinds: kinds.filter(|id| Some(*id) != vaults).collect(),
        edition: node.edition,
    };
    let live = connection
        .read_owned(&catalog, &read_scope)
        .await
        .map_err(CommandError::from_read_error)?;
    Ok(reconcile::live_vaults(&catalog, &live))
}

/// Prints a value to a terminal, or anywhere if it may be revealed; else says only that there is one.
fn print_value(value: &[u8], reveal: bool) -> CommandResult {
    let mut stdout = stdout().lock();
    if !reveal && !stdout.is_terminal() {
        print_stderr("found; the value is printed to a terminal only, or with --reveal\n");
        return Ok(CommandSuccess::Done);
    }
    stdout.write_all(value)?;
    stdout.write_all(b"\n")?;
    stdout.flush()?;
    Ok(CommandSuccess::Done)
}
