use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SettingsOptions;
use super::data_planes;
use super::loader::SettingsLoader;
use super::local_reader::read_process_variable;
use super::repository::Repository;
use backends::BackendContext;
use reconcile::{DEFAULT_EXPIRY_DAYS, VerifyOptions};
use reference::{HostAllowlist, Policy};
use schema::Catalog;
use yaml::{Diagnostic, DiagnosticCode, SourceFiles};

/// What is loaded, and the diagnostics to print.
pub struct LoadOutcome<T> {
    /// None if one of the diagnostics is an error.
    pub value: Option<T>,
    /// What is wrong or worth knowing.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: SourceFiles,
}

/// How the references of the state files at `state_paths` are verified. All that is wrong is reported at once.
pub fn load_verify_options(
    options: &SettingsOptions,
    state_paths: &[PathBuf],
    catalog: &Catalog,
) -> LoadOutcome<VerifyOptions> {
    let repository = Repository::discover(state_paths);
    let mut loader = SettingsLoader::new(catalog, &repository, true);
    let policy = loader.load(options.settings_file.as_deref(), options.policy);
    let data_planes = data_planes::read_environments(options, catalog, &mut loader);
    let hosts =
        loader.ok_or_report(HostAllowlist::parse(&options.allowed_hosts).map_err(|error| {
            Diagnostic::error(DiagnosticCode::ReferencesHosts, format!("--references-hosts: {error}"))
        }));
    data_planes::check_plane_files(&options.data_plane_files, &mut loader);
    let context = BackendContext {
        allowed_hosts: hosts.unwrap_or_default(),
        data_planes,
        data_plane_files: options.data_plane_files.clone(),
        environment: Arc::new(read_process_variable),
        ..BackendContext::default()
    };
    loader.finish(|settings| VerifyOptions {
        policy,
        settings,
        context,
        include_foreign: options.include_foreign,
        expiry_days: options.expiry_days.unwrap_or(DEFAULT_EXPIRY_DAYS),
    })
}

/// What verdicts may do to a run that asks no vault: the variables and files that settings name are not read.
pub fn load_policy(
    settings_file: Option<&Path>,
    policy: Option<Policy>,
    state_paths: &[PathBuf],
    catalog: &Catalog,
) -> LoadOutcome<Policy> {
    let repository = Repository::discover(state_paths);
    let mut loader = SettingsLoader::new(catalog, &repository, false);
    let policy = loader.load(settings_file, policy);
    loader.finish(|_| policy)
}
