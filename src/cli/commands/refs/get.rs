use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::os::unix::ffi::OsStringExt;

use anyhow::anyhow;
use zeroize::Zeroizing;

use crate::Outcome;
use crate::args::{GetArgs, Global, Reveal, ScopeArgs, StateArgs};
use crate::connection::connect;
use crate::documents;
use crate::report;
use crate::signals::unless_interrupted;
use crate::stop::{Done, Stop};
use crate::teller::Teller;
use crate::verify_options::read_verify_options;
use backends::resolve;
use control_plane::Asked;
use reconcile::{self, Proof};
use reference::{
    self, Reference, SecretRequest, VaultQuery, VaultTarget, Vaults, Verdict, is_reference, parse_reference,
    resolve_from_environment,
};
use schema::Catalog;
use state::Scope;

/// Resolves one reference, as `kong vault get` does: of env in this process' own environment unless data planes' are given.
pub async fn run(global: &Global, args: &GetArgs, teller: &mut Teller) -> Done {
    let reference = match parse_reference(whole(&args.reference)) {
        Ok(reference) => reference,
        Err(error) => return refused(error),
    };
    let name = String::from_utf8_lossy(&reference.name).into_owned();
    let Some(vaults) = vaults(global, args, &name, teller).await? else {
        return Ok(Outcome::Invalid);
    };
    let Some(vault) = vaults.find(&name) else {
        return Err(Stop {
            help: Some("the backend's name, or the prefix of a vault in FILES or of a control plane (--kong-addr)"),
            ..Stop::invalid(unknown(&vaults, &name))
        });
    };
    let catalog = Catalog::recorded();
    let Some(proof) = read_verify_options(global, &args.references, &args.files, &catalog, teller) else {
        return Ok(Outcome::Invalid);
    };
    let target = reference::resolve_target(&catalog, &name, vault, &reference, &proof.settings);
    if vault.backend() == "env" && args.references.dp_env.is_empty() {
        return match resolve_from_environment(&reference, target.text("prefix"), &variable) {
            Ok(value) => show(&value, args.reveal.is_some()),
            Err(error) => refused(error),
        };
    }
    let revealed =
        args.reveal == Some(Reveal::Force) || args.reveal.is_some() && (vault.backend() == "env" || !in_ci());
    if args.reveal.is_some() && !revealed {
        return Err(Stop {
            help: Some("--reveal=force prints it here, too; the log of a CI job is read by many"),
            ..Stop::invalid(anyhow!(
                "this is CI, where the values of other vaults than env are not printed"
            ))
        });
    }
    unless_interrupted(fetch(target, &reference, &proof, revealed)).await?
}

fn unknown(vaults: &Vaults, name: &str) -> anyhow::Error {
    let meant = vaults.suggest(name).map(|near| format!(" (did you mean '{near}'?)"));
    let name = report::on_one_line(name);
    anyhow!(
        "unknown vault: no vault has the prefix '{name}'{}",
        meant.unwrap_or_default()
    )
}

/// Asks the vault, and shows what comes.
async fn fetch(target: VaultTarget, reference: &Reference, proof: &Proof, reveal: bool) -> Done {
    let wanted = vec![SecretRequest::from_reference(reference)];
    let errands = [VaultQuery {
        target,
        requests: wanted,
    }];
    let fetched = resolve(&errands, &proof.context).await;
    let answer = fetched.first().and_then(|all| all.first());
    let (finding, values) = match answer {
        Some(fetched) => reference::verify_reference(&errands[0].target, reference, fetched),
        None => return Err(Stop::failed(anyhow!("the vault gave no answer"))),
    };
    match values.first().filter(|_| finding.verdict() == Verdict::Found) {
        Some((_, value)) => show(value.expose(), reveal),
        None if finding.verdict() == Verdict::Found => {
            report::to_stderr("found; its value cannot be read by anybody\n");
            Ok(Outcome::Done)
        }
        None => {
            let help = finding.help.as_deref().map(report::help).unwrap_or_default();
            report::to_stderr(&(report::error(&report::on_one_line(&finding.message)) + &help));
            Ok(Outcome::Invalid)
        }
    }
}

/// Whether this runs where logs are kept and read by others.
fn in_ci() -> bool {
    let is_set = |name: &str| std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    ["CI", "GITHUB_ACTIONS", "GITLAB_CI"].into_iter().any(is_set)
}

/// Tells Kong's words as they are, control characters of the reference included, unless a terminal would obey them.
fn refused(error: impl std::error::Error + Send + Sync + 'static) -> Done {
    let mut out = stderr().lock();
    if out.is_terminal() {
        return Err(Stop::invalid(error));
    }
    writeln!(out, "error: {error}")?;
    Ok(Outcome::Invalid)
}

/// What is no reference is taken for the inside of one, as Kong does.
fn whole(text: &OsStr) -> Vec<u8> {
    let text = text.as_encoded_bytes();
    if is_reference(text) {
        return text.to_vec();
    }
    [b"{vault://", text, b"}"].concat()
}

fn variable(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    std::env::var_os(name).map(|value| Zeroizing::new(value.into_vec()))
}

/// The vaults of the files; of a control plane that is given by address, if the name is no backend's. None if the files
/// are wrong.
async fn vaults(global: &Global, args: &GetArgs, name: &str, teller: &mut Teller) -> Result<Option<Vaults>, Stop> {
    let catalog = Catalog::recorded();
    let mut vaults = if args.files.is_empty() {
        Vaults {
            loaded_backends: reconcile::backends(&catalog),
            ..Vaults::default()
        }
    } else {
        let state = StateArgs::of(args.files.clone());
        match documents::read(&state, &ScopeArgs::default(), &catalog, teller) {
            Some(documents) => reconcile::declared_vaults(&catalog, &documents.desired),
            None => return Ok(None),
        }
    };
    if let Some(only) = &args.vaults {
        let only: BTreeSet<String> = only.iter().cloned().collect();
        vaults.entities.retain(|vault| only.contains(&vault.backend));
        vaults.loaded_backends = only;
    } else if args.files.is_empty() && !vaults.loaded_backends.contains(name) && global.names_control_plane() {
        vaults.entities = unless_interrupted(live(global)).await??.entities;
    }
    Ok(Some(vaults))
}

/// The vaults of a control plane; nothing else is read.
async fn live(global: &Global) -> Result<Vaults, Stop> {
    let catalog = Catalog::recorded();
    let connection = connect(global, &catalog)?;
    let root = connection.root().await.map_err(Stop::unread)?;
    let asked = Asked {
        scopes: vec![Scope { tags: BTreeSet::new() }],
        skip: catalog
            .kinds()
            .map(|(id, _)| id)
            .filter(|id| Some(*id) != catalog.find_kind("vaults"))
            .collect(),
        edition: root.edition,
    };
    let live = connection.read_owned(&catalog, &asked).await.map_err(Stop::unread)?;
    Ok(reconcile::live_vaults(&catalog, &live))
}

/// Prints a value where it is wanted; elsewhere says only that there is one.
fn show(value: &[u8], reveal: bool) -> Done {
    let mut out = stdout().lock();
    if !reveal && !out.is_terminal() {
        report::to_stderr("found; the value is printed to a terminal only, or with --reveal\n");
        return Ok(Outcome::Done);
    }
    out.write_all(value)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(Outcome::Done)
}
