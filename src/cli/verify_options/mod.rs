//! What the side that runs the check says: its settings, the data planes' environments and files, the hosts it vouches for.

mod data_planes;
mod dotenv;
mod kong_conf;
mod manifest;
mod repository;
mod settings_loader;

use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::args::{GlobalArgs, PolicyArgs, ReferenceArgs};
use super::documents::is_error;
use super::reporter::Reporter;
use backends::BackendContext;
pub use kong_conf::parse_properties;
use reconcile::{DEFAULT_EXPIRY_DAYS, VerifyOptions};
use reference::{HostAllowlist, Policy, Secret};
use repository::Repository;
use schema::Catalog;
use settings_loader::SettingsLoader;
use yaml::{Diagnostic, DiagnosticCode, SourceFiles};

/// How the references of state files at those paths are proven. None if what is said of it is wrong: all that is, is told.
pub fn read_verify_options(
    global: &GlobalArgs,
    args: &ReferenceArgs,
    paths: &[PathBuf],
    catalog: &Catalog,
    teller: &mut Reporter,
) -> Option<VerifyOptions> {
    let repository = Repository::discover(paths);
    let mut reading = SettingsLoader::new(catalog, &repository, true);
    let policy = reading.load(global, args.policy.policy());
    let planes = data_planes::read_environments(args, catalog, &mut reading);
    let hosts =
        reading.ok_or_report(HostAllowlist::parse(&args.references_hosts).map_err(|error| {
            Diagnostic::error(DiagnosticCode::ReferencesHosts, format!("--references-hosts: {error}"))
        }));
    let files = data_planes::read_plane_files(args, &mut reading);
    let context = BackendContext {
        allowed_hosts: hosts.unwrap_or_default(),
        data_planes: planes,
        data_plane_files: files,
        environment: Arc::new(read_process_variable),
        ..BackendContext::default()
    };
    let proof = VerifyOptions {
        policy,
        settings: reading.settings,
        context,
        include_foreign: args.references_foreign,
        expiry_days: args.expiry_days.unwrap_or(DEFAULT_EXPIRY_DAYS),
    };
    report_diagnostics(&reading.diagnostics, &reading.sources, teller).then_some(proof)
}

/// What verdicts may do to a run that asks no vault. None if what is said of it is wrong.
pub fn read_policy(
    global: &GlobalArgs,
    args: &PolicyArgs,
    paths: &[PathBuf],
    catalog: &Catalog,
    teller: &mut Reporter,
) -> Option<Policy> {
    let repository = Repository::discover(paths);
    let mut reading = SettingsLoader::new(catalog, &repository, false);
    let policy = reading.load(global, args.policy());
    report_diagnostics(&reading.diagnostics, &reading.sources, teller).then_some(policy)
}

/// Whether it is right.
fn report_diagnostics(told: &[Diagnostic], sources: &SourceFiles, teller: &mut Reporter) -> bool {
    teller.report_diagnostics(told, sources);
    !told.iter().any(is_error)
}

/// A variable of this process.
fn read_process_variable(name: &str) -> Option<Secret> {
    let possible = !name.is_empty() && !name.contains(['=', '\0']);
    let value = possible.then(|| std::env::var_os(name)).flatten()?;
    Some(Secret::new(value.into_vec()))
}
