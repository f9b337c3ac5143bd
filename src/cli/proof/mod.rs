//! What the side that runs the check says: its settings, the data planes' environments and files, the hosts it vouches for.

mod data_planes;
mod dotenv;
mod kong_conf;
mod manifest;
mod repository;
mod settings;

use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::args::{Global, PolicyArgs, ReferenceArgs};
use super::documents::is_error;
use super::teller::Teller;
use backends::Context;
pub use kong_conf::properties;
use reconcile::{EXPIRY_DAYS, Proof};
use reference::{Hosts, Policy, Secret};
use repository::Repository;
use schema::Catalog;
use settings::Reading;
use yaml::{Diagnostic, Sources};

/// How the references of state files at those paths are proven. None if what is said of it is wrong: all that is, is told.
pub fn proof(
    global: &Global,
    args: &ReferenceArgs,
    paths: &[PathBuf],
    catalog: &Catalog,
    teller: &mut Teller,
) -> Option<Proof> {
    let repository = Repository::around(paths);
    let mut reading = Reading::new(catalog, &repository, true);
    let policy = reading.read(global, args.policy.asked());
    let planes = data_planes::read(args, catalog, &mut reading);
    let hosts = reading.told_of(
        Hosts::read(&args.references_hosts)
            .map_err(|error| Diagnostic::error("references-hosts", format!("--references-hosts: {error}"))),
    );
    let files = data_planes::files(args, &mut reading);
    let context = Context {
        hosts: hosts.unwrap_or_default(),
        planes,
        files,
        environment: Arc::new(variable),
        ..Context::default()
    };
    let proof = Proof {
        policy,
        settings: reading.settings,
        context,
        foreign: args.references_foreign,
        expiry_days: args.expiry_days.unwrap_or(EXPIRY_DAYS),
    };
    tell(&reading.told, &reading.sources, teller).then_some(proof)
}

/// What verdicts may do to a run that asks no vault. None if what is said of it is wrong.
pub fn policy(
    global: &Global,
    args: &PolicyArgs,
    paths: &[PathBuf],
    catalog: &Catalog,
    teller: &mut Teller,
) -> Option<Policy> {
    let repository = Repository::around(paths);
    let mut reading = Reading::new(catalog, &repository, false);
    let policy = reading.read(global, args.asked());
    tell(&reading.told, &reading.sources, teller).then_some(policy)
}

/// Whether it is right.
fn tell(told: &[Diagnostic], sources: &Sources, teller: &mut Teller) -> bool {
    teller.diagnostics(told, sources);
    !told.iter().any(is_error)
}

/// A variable of this process.
fn variable(name: &str) -> Option<Secret> {
    let possible = !name.is_empty() && !name.contains(['=', '\0']);
    let value = possible.then(|| std::env::var_os(name)).flatten()?;
    Some(Secret::new(value.into_vec()))
}
