use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde_json::ser::{PrettyFormatter, Serializer};

use super::foreign_kinds::referenced_foreign_kinds;
use super::{RunCommand, block_on};
use crate::args::{DumpArgs, DumpFormat, GlobalArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::connection::{Connection, connect};
use crate::output_mode::OutputMode;
use crate::printer::{print_stderr, print_stdout};
use crate::prompt::confirm;
use crate::report::{self, DumpOptions};
use crate::reporter::Reporter;
use crate::skipped_kinds::{remove_dependents_of_skipped, skipped_kinds};
use json::Object;
use plan::{LiveState, MissingContext};
use reconcile::Snapshot;
use schema::Catalog;
use state::Scope;

impl RunCommand for DumpArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    /// Writes the live state as a state file.
    fn run(self, global: &GlobalArgs, _: &mut Reporter) -> CommandResult {
        block_on(dump(global, &self))
    }
}

async fn dump(global: &GlobalArgs, args: &DumpArgs) -> CommandResult {
    let recorded = Catalog::recorded();
    let connection = connect(global, &recorded)?;
    let target = output_path(args)?;
    let (catalog, live) = read_live_state(&connection, &recorded, args).await?;
    let options = dump_options(args, target.is_none());
    let text = serialize_document(&report::dump(&catalog, &live, &options), args.format)?;
    match target {
        Some(path) => {
            write_atomically(&path, &text)?;
            if args.all_workspaces {
                let path = report::to_single_line(&path.display().to_string());
                print_stderr(&format!("open source has one workspace, `default`: it is in {path}\n"));
            }
        }
        None => print_stdout(&text)?,
    }
    if options.hide_secrets {
        print_stderr(&report::render_warning(
            "secrets are hidden: such a dump cannot be synced (--show-secrets, or -o FILE, writes them)",
        ));
    }
    Ok(CommandSuccess::Done)
}

/// Reads everything in scope by the node's own schemas, and an index of what that refers to.
async fn read_live_state(
    connection: &Connection,
    recorded: &Arc<Catalog>,
    args: &DumpArgs,
) -> Result<(Arc<Catalog>, LiveState), CommandError> {
    let scope = Scope {
        tags: args.select_tag.iter().cloned().collect(),
    };
    let skip = skipped_kinds(recorded, &args.read)?;
    let Snapshot { catalog, mut live, .. } = reconcile::read_all(connection, recorded, scope, skip.clone())
        .await
        .map_err(CommandError::from_read_error)?;
    reject_partial_read(&catalog, &live)?;
    remove_dependents_of_skipped(&catalog, &skip, &mut live);
    let missing = MissingContext {
        foreign_kinds: referenced_foreign_kinds(&catalog, &live),
        ..MissingContext::default()
    };
    connection
        .read_foreign(&catalog, &mut live, &missing)
        .await
        .map_err(CommandError::from_read_error)?;
    Ok((catalog, live))
}

/// Refuses a dump of only what the credentials may read: syncing it would delete the rest.
fn reject_partial_read(catalog: &Catalog, live: &LiveState) -> Result<(), CommandError> {
    let names: Vec<&str> = live
        .forbidden
        .iter()
        .map(|kind| catalog.kind(*kind).collection.as_str())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(CommandError::failed(anyhow!(
        "the credentials do not allow to read {}",
        names.join(", ")
    )))
}

fn dump_options(args: &DumpArgs, to_stdout: bool) -> DumpOptions {
    let on_terminal = to_stdout && std::io::stdout().is_terminal() && !args.show_secrets;
    DumpOptions {
        with_id: args.with_id,
        skip_defaults: args.skip_defaults,
        hide_secrets: args.sanitize || on_terminal,
        select_tags: args.select_tag.iter().cloned().collect::<BTreeSet<_>>(),
    }
}

fn serialize_document(document: &Object, format: DumpFormat) -> Result<String, CommandError> {
    match format {
        DumpFormat::Yaml => Ok(report::to_yaml(document)),
        DumpFormat::Json => {
            let mut text = Vec::new();
            let formatter = PrettyFormatter::with_indent(b"  ");
            serde::Serialize::serialize(document, &mut Serializer::with_formatter(&mut text, formatter))
                .map_err(CommandError::failed)?;
            text.push(b'\n');
            String::from_utf8(text).map_err(CommandError::failed)
        }
    }
}

/// The file to write, with an extension; confirmed if it is there already.
fn output_path(args: &DumpArgs) -> Result<Option<PathBuf>, CommandError> {
    let extension = match args.format {
        DumpFormat::Yaml => "yaml",
        DumpFormat::Json => "json",
    };
    let mut path = args.output_file.clone();
    if args.all_workspaces && path == Path::new("-") {
        path = PathBuf::from("default");
    }
    if path == Path::new("-") {
        return Ok(None);
    }
    if path.extension().is_none() {
        path.set_extension(extension);
    }
    let question = format!("The file {} is there already. Overwrite it?", path.display());
    if path.exists() && !args.yes && !confirm(&question, "--yes")? {
        return Err(CommandError::failed(anyhow!("{} was left as it is", path.display())));
    }
    Ok(Some(path))
}

/// Writes a file that nobody else can read, whole or not at all: to a temporary file that is then renamed.
fn write_atomically(path: &Path, text: &str) -> Result<(), CommandError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    write_private_file(&temporary, text)
        .and_then(|()| std::fs::rename(&temporary, path))
        .inspect_err(|_| drop(std::fs::remove_file(&temporary)))
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(CommandError::failed)
}

fn write_private_file(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
