use std::sync::Arc;

use crate::Outcome;
use crate::args::SyncArgs;
use crate::connection::Connection;
use crate::documents::Documents;
use crate::signals::unless_interrupted;
use crate::skip::skipped;
use crate::stop::Stop;
use crate::teller::Teller;
use plan::{Fingerprinter, Guards, Options, Problem, ProblemSort};
use reconcile::{self, Early, Failure, Job, Prepared, Proof};
use schema::Catalog;
use yaml::Diagnostic;

/// What a run is asked for.
pub struct Request<'a> {
    /// Who is asked.
    pub connection: &'a Connection,
    /// What the files say.
    pub documents: &'a Documents,
    /// The options of `sync`.
    pub args: &'a SyncArgs,
    /// What it may delete.
    pub guards: Guards,
    /// What it goes by.
    pub terms: Terms,
}

/// What a run goes by, and uses up.
pub struct Terms {
    /// How references are proven.
    pub proof: Proof,
    /// What is being asked already.
    pub early: Option<Early>,
}

/// Plans and checks all that can be checked before a write, and tells what there is to tell.
///
/// # Errors
/// The control plane cannot be read, or somebody interrupted; how the run ends if there is no plan, told already.
pub async fn prepare(
    catalog: &Arc<Catalog>,
    request: Request<'_>,
    teller: &mut Teller,
) -> Result<Result<Prepared, Outcome>, Stop> {
    let Request {
        connection,
        documents,
        args,
        guards,
        terms: Terms { proof, early },
    } = request;
    let job = Job {
        desired: &documents.desired,
        options: Options {
            no_delete: args.no_delete,
            skip: skipped(catalog, &args.scope.read)?,
        },
        guards,
        references: proof,
        fingerprinter: fingerprinter(),
    };
    let prepared = unless_interrupted(reconcile::prepare(connection, catalog, &job, early)).await?;
    match prepared {
        Ok(prepared) => {
            let plan = prepared.plan();
            tracing::info!(
                declared = documents.desired.entities.len(),
                owned = prepared.live.owned.values().map(Vec::len).sum::<usize>(),
                changes = plan.changes.len(),
                steps = plan.steps.len(),
                "planned"
            );
            teller.diagnostics(&prepared.diagnostics, &documents.sources);
            teller.references(
                &prepared.catalog,
                &documents.desired,
                &documents.sources,
                &prepared.references,
            );
            Ok(Ok(prepared))
        }
        Err(Failure::Unread(error)) => Err(Stop::unread(error)),
        Err(Failure::Problems(problems)) => {
            let told: Vec<Diagnostic> = problems.iter().map(|problem| problem.diagnostic.clone()).collect();
            teller.diagnostics(
                &[&documents.desired.diagnostics[..], &told].concat(),
                &documents.sources,
            );
            Ok(Err(outcome(&problems)))
        }
    }
}

fn outcome(problems: &[Problem]) -> Outcome {
    let each = problems.iter().map(|problem| match problem.sort {
        ProblemSort::Invalid => Outcome::Invalid,
        ProblemSort::Conflict => Outcome::Refused,
    });
    each.max().unwrap_or(Outcome::Invalid)
}

/// A key nobody knows: fingerprints tell equal from unequal within one run, and nothing afterwards.
fn fingerprinter() -> Fingerprinter {
    let mut key = [0; 64];
    for part in key.chunks_exact_mut(16) {
        part.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    Fingerprinter::new(&key)
}
