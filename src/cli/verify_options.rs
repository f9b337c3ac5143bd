use std::path::PathBuf;

use super::args::{GlobalArgs, PolicyArgs, ReferenceArgs, find_settings_file};
use super::reporter::Reporter;
use backends::DataPlaneFiles;
use reconcile::VerifyOptions;
use reference::Policy;
use schema::Catalog;
use settings::{LoadOutcome, SettingsOptions, load_policy, load_verify_options};

/// How the references of state files at those paths are verified. None if the settings are wrong, which is reported.
pub(crate) fn read_verify_options(
    global: &GlobalArgs,
    args: &ReferenceArgs,
    paths: &[PathBuf],
    catalog: &Catalog,
    reporter: &mut Reporter,
) -> Option<VerifyOptions> {
    report(
        load_verify_options(&settings_options(global, args), paths, catalog),
        reporter,
    )
}

/// What verdicts may do to a run that asks no vault. None if the settings are wrong, which is reported.
pub(crate) fn read_policy(
    global: &GlobalArgs,
    args: &PolicyArgs,
    paths: &[PathBuf],
    catalog: &Catalog,
    reporter: &mut Reporter,
) -> Option<Policy> {
    let outcome = load_policy(settings_file(global).as_deref(), args.policy(), paths, catalog);
    report(outcome, reporter)
}

fn settings_options(global: &GlobalArgs, args: &ReferenceArgs) -> SettingsOptions {
    let data_plane_files = args.dp_files.iter().map(|(prefix, directory)| DataPlaneFiles {
        data_plane_path: prefix.clone(),
        local_directory: directory.clone(),
    });
    SettingsOptions {
        settings_file: settings_file(global),
        policy: args.policy.policy(),
        allowed_hosts: args.references_hosts.clone(),
        include_foreign: args.references_foreign,
        expiry_days: args.expiry_days,
        environments: args.dp_env.clone(),
        kong_conf: args.dp_conf.clone(),
        data_plane_files: data_plane_files.collect(),
    }
}

fn settings_file(global: &GlobalArgs) -> Option<PathBuf> {
    find_settings_file(global.config.as_deref(), std::env::var("HOME").ok())
}

fn report<T>(outcome: LoadOutcome<T>, reporter: &mut Reporter) -> Option<T> {
    reporter.report_diagnostics(&outcome.diagnostics, &outcome.sources);
    outcome.value
}
