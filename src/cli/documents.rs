use super::args::{ScopeArgs, StateArgs};
use super::files::gather;
use super::teller::Teller;
use crate::control_plane::{Clock, SystemClock};
use crate::schema::Catalog;
use crate::state::{self, ComposeOptions, Desired, Diagnostic, Environment, Options, Severity, Sources};

/// What the state files of a run say.
pub struct Documents {
    /// The texts, for positions to point into.
    pub sources: Sources,
    /// What they say.
    pub desired: Desired,
}

/// Reads state files, and tells what there is to tell of them: of wrong ones all that is wrong, at once. None if
/// something is.
pub fn read(state: &StateArgs, scope: &ScopeArgs, catalog: &Catalog, teller: &mut Teller) -> Option<Documents> {
    let variable = |name: &str| std::env::var(name).ok();
    let compose = ComposeOptions {
        environment: Environment::Of(&variable),
        substitute_env: state.substitute_env,
    };
    let gathered = gather(&state.paths(), &compose, catalog);
    let options = Options {
        select_tags: scope.select_tag.iter().cloned().collect(),
        filter_tags: scope.filter_tag.iter().cloned().collect(),
    };
    let reading = state::read(gathered.documents, &options, catalog);
    let mut told = gathered.told;
    if told.iter().chain(&reading.errors).any(is_error) {
        let refused = reading.check(catalog, SystemClock.now(), &told);
        told.extend(reading.errors);
        told.extend(reading.desired.remarks.iter().cloned());
        told.extend(refused);
        teller.diagnostics(&told, &gathered.sources);
        return None;
    }
    teller.diagnostics(&told, &gathered.sources);
    Some(Documents {
        sources: gathered.sources,
        desired: reading.desired,
    })
}

/// Whether it stops a run.
pub fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}
