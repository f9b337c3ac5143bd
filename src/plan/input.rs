use std::collections::BTreeSet;

use uuid::Uuid;

use crate::name::own_name;
use crate::{Fingerprinter, LiveState};
use json::Object;
use schema::{Catalog, KindId};
use state::DesiredState;

/// Everything that a plan depends on, apart from the ids it chooses.
#[derive(Clone, Copy)]
pub struct PlanInput<'a> {
    /// The kinds and their schemas.
    pub catalog: &'a Catalog,
    /// What the documents say.
    pub desired: &'a DesiredState,
    /// What the control plane holds.
    pub live: &'a LiveState,
    /// What is left alone.
    pub options: &'a PlanOptions,
    /// Stands for secrets in reports.
    pub fingerprinter: &'a Fingerprinter,
    /// Whether references of entities outside the scopes are verified as well, so that those have to be read.
    pub foreign_references: bool,
    /// Seconds since 1970: some checks ask whether something has expired.
    pub now: i64,
}

impl PlanInput<'_> {
    /// An entity's own name, for people; its id if it has none.
    pub(crate) fn entity_name(&self, kind: KindId, (id, body): (Uuid, &Object)) -> String {
        own_name(self.catalog, kind, body, Some((id, self.fingerprinter))).unwrap_or_else(|| id.to_string())
    }
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
