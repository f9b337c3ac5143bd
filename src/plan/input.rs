use std::collections::BTreeSet;

use super::Fingerprinter;
use crate::LiveState;
use schema::{Catalog, KindId};
use state::DesiredState;

/// Everything that a plan depends on, apart from the ids it chooses.
#[derive(Clone, Copy)]
pub struct PlanInput<'a> {
    /// What exists.
    pub catalog: &'a Catalog,
    /// What the documents say.
    pub desired: &'a DesiredState,
    /// What the control plane holds.
    pub live: &'a LiveState,
    /// What is left alone.
    pub options: &'a PlanOptions,
    /// What stands for secrets.
    pub fingerprinter: &'a Fingerprinter,
    /// Whether the references of entities outside the scopes are wanted as well, so that those have to be read.
    pub foreign_references: bool,
    /// Seconds since 1970: some checks ask whether something has expired.
    pub now: i64,
}

/// What a run leaves alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// `--no-delete`: what no document declares stays.
    pub no_delete: bool,
    /// `--skip-consumers`, `--skip-ca-certificates`: these kinds, and whatever would go with an entity of theirs, are
    /// neither written nor deleted, only referred to.
    pub skip: BTreeSet<KindId>,
}
