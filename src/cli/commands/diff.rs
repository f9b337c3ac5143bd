use std::mem::ManuallyDrop;

use super::begin::begin;
use super::prepare::prepare;
use crate::Outcome;
use crate::args::{DiffArgs, Global};
use crate::report::names;
use crate::stop::Done;
use crate::teller::Teller;
use reconcile::{Decision, Prepared};
use schema::Catalog;

/// Shows what `sync` would do, and ends as it would where it would be refused.
pub async fn run(global: &Global, args: &DiffArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let Some((begun, terms)) = begin(global, &args.sync, &catalog, teller).await? else {
        return Ok(Outcome::Invalid);
    };
    match prepare(&catalog, begun.request(&args.sync, terms), teller).await? {
        Ok(prepared) => show(&ManuallyDrop::new(prepared), args.non_zero_exit_code, teller),
        Err(outcome) => Ok(outcome),
    }
}

fn show(prepared: &Prepared, non_zero_exit_code: bool, teller: &mut Teller) -> Done {
    let plan = prepared.plan();
    let names = names(&prepared.catalog, &prepared.live, plan);
    teller.plan(&prepared.catalog, plan, &names)?;
    teller.summary(&prepared.catalog, plan, &names, |_| true)?;
    let mut outcome = Outcome::Done;
    if non_zero_exit_code && !plan.changes.is_empty() {
        outcome = Outcome::Pending;
    }
    if let Decision::Withheld { refusals, .. } = &prepared.decision
        && !refusals.is_empty()
    {
        teller.refusals(refusals);
        outcome = outcome.max(Outcome::Refused);
    }
    if prepared.is_invalid() {
        outcome = outcome.max(Outcome::Invalid);
    }
    Ok(outcome)
}
