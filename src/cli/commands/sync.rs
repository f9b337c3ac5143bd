use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::begin::begin;
use super::prepare::{Request, prepare};
use crate::Outcome;
use crate::args::{Global, SyncArgs};
use crate::connection::Connection;
use crate::documents::Documents;
use crate::progress::Progress;
use crate::report::{Told, names};
use crate::signals::stop_on_signal;
use crate::stop::Done;
use crate::teller::Teller;
use apply::{self, Account, ChangeEnd, Halt};
use plan::{Approved, Plan};
use reconcile::{Decision, Prepared};
use schema::Catalog;

/// Brings the control plane to what the files say.
pub async fn run(global: &Global, args: &SyncArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let Some((begun, terms)) = begin(global, args, &catalog, teller).await? else {
        return Ok(Outcome::Invalid);
    };
    reconcile(&catalog, begun.request(args, terms), teller).await
}

/// Plans, asks for consent, and carries it out.
pub(super) async fn reconcile(catalog: &Arc<Catalog>, request: Request<'_>, teller: &mut Teller) -> Done {
    let Request {
        connection, documents, ..
    } = request;
    let prepared = match prepare(catalog, request, teller).await? {
        Ok(prepared) => ManuallyDrop::new(prepared),
        Err(outcome) => return Ok(outcome),
    };
    match &prepared.decision {
        Decision::Approved(approved) => carry_out(connection, documents, &prepared, approved, teller).await,
        Decision::Withheld { plan, refusals } => {
            let names = names(&prepared.catalog, &prepared.live, plan);
            teller.withheld(&prepared.catalog, plan, &names, refusals)?;
            let invalid = prepared.is_invalid() || refusals.is_empty();
            Ok(if invalid { Outcome::Invalid } else { Outcome::Refused })
        }
    }
}

async fn carry_out(
    connection: &Connection,
    documents: &Documents,
    prepared: &Prepared,
    approved: &Approved,
    teller: &mut Teller,
) -> Done {
    let plan = approved.plan();
    let names = names(&prepared.catalog, &prepared.live, plan);
    teller.plan(&prepared.catalog, plan, &names)?;
    let progress = Progress::of(plan, teller.is_text());
    let stop = stop_on_signal();
    let account = apply::run(approved, &prepared.catalog, connection, &progress, &stop).await;
    progress.finish();
    let ends = account.changes(plan);
    let printed = teller.summary(&prepared.catalog, plan, &names, |at| ends[at] == ChangeEnd::Done);
    let told = Told {
        catalog: &prepared.catalog,
        desired: &documents.desired,
        plan,
        account: &account,
    };
    teller.account(&told, &documents.sources);
    let outcome = outcome(plan, &account);
    Ok(if printed.is_err() {
        outcome.max(Outcome::Failed)
    } else {
        outcome
    })
}

fn outcome(plan: &Plan, account: &Account) -> Outcome {
    debug_assert_eq!(plan.steps.len(), account.steps.len());
    if account.halted == Some(Halt::Asked) {
        Outcome::Interrupted
    } else if account.is_complete() {
        Outcome::Done
    } else if account.wrote() {
        Outcome::Partial
    } else {
        Outcome::Failed
    }
}
