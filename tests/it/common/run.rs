//! The flow of the program, as short as a test needs it.

use strongroom::apply::{self, ApplyEvent, ApplyOutcome, CancelToken};
use strongroom::control_plane::{Client, Clock, ReadError, ReadScope, Transport};
use strongroom::plan::LiveState;
use strongroom::plan::{
    self, ApprovedPlan, DeleteLimit, Fingerprinter, Guards, MissingContext, Plan, PlanError, PlanInput,
};
use strongroom::schema::Catalog;
use strongroom::state::{DesiredState, StateOptions, read_desired_state};
use strongroom::yaml::{ComposeOptions, SourceFiles, TemplateEnvironment, compose};
use uuid::Uuid;

use std::sync::Arc;

/// Reads one document.
pub fn declared(catalog: &Catalog, text: &str) -> DesiredState {
    let mut sources = SourceFiles::default();
    let file = sources.add("state.yaml", text);
    let options = ComposeOptions {
        environment: TemplateEnvironment::Strict(&|_| None),
        substitute_env: false,
    };
    let (node, problems) = compose(file, text, &options);
    let node = node.unwrap_or_else(|| panic!("{problems:?}"));
    read_desired_state(vec![(file, node)], &StateOptions::default(), catalog)
        .unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// Reads what a plan for that state has to know.
pub async fn read<T: Transport, C: Clock>(
    client: &Client<T, C>,
    catalog: &Arc<Catalog>,
    desired: &DesiredState,
) -> Result<LiveState, ReadError> {
    let asked = ReadScope {
        scopes: desired.scopes.clone(),
        ..ReadScope::default()
    };
    let mut live = client.read_owned(catalog, &asked).await?;
    while let Some(missing) = ask(catalog, desired, &live, missing_context) {
        client.read_foreign(catalog, &mut live, &missing).await?;
    }
    Ok(live)
}

/// What has to be read before there can be a plan.
pub fn missing_context(input: &PlanInput<'_>) -> Option<MissingContext> {
    plan::match_entities(input, &mut Uuid::new_v4).err()
}

/// Plans by what was read, which must be enough.
pub fn make_plan(input: &PlanInput<'_>, new_id: &mut dyn FnMut() -> Uuid) -> Result<Plan, Vec<PlanError>> {
    let matches = plan::match_entities(input, new_id).unwrap_or_else(|missing| panic!("not read: {missing:?}"));
    plan::make_plan(input, matches, new_id)
}

/// Puts a question about that state.
pub fn ask<R>(
    catalog: &Catalog,
    desired: &DesiredState,
    live: &LiveState,
    answer: impl FnOnce(&PlanInput<'_>) -> R,
) -> R {
    answer(&PlanInput {
        catalog,
        desired,
        live,
        options: &plan::PlanOptions::default(),
        fingerprinter: &Fingerprinter::new(&[7; 64]),
        foreign_references: false,
        now: 1_795_205_000,
    })
}

/// Plans, and lets every plan pass.
pub fn approved(catalog: &Catalog, desired: &DesiredState, live: &LiveState) -> ApprovedPlan {
    ask(catalog, desired, live, |question| {
        let plan = make_plan(question, &mut Uuid::new_v4).unwrap_or_else(|problems| panic!("{problems:?}"));
        let after: Plan = plan.clone();
        let guards = Guards {
            max_deletes: DeleteLimit::Count(u64::MAX),
            allow_empty: true,
            allow_delete_in_use: true,
        };
        let approved = guards.approve(plan, question, &plan::compute_planned_state(live, &after));
        approved.unwrap_or_else(|(_, refusals)| panic!("{refusals:?}"))
    })
}

/// Reads, plans and carries out; `None` if the control plane could not be read.
pub async fn sync<T: Transport, C: Clock>(
    client: &Client<T, C>,
    catalog: &Arc<Catalog>,
    text: &str,
    stop: &CancelToken,
) -> Option<(ApprovedPlan, ApplyOutcome)> {
    let desired = declared(catalog, text);
    let live = read(client, catalog, &desired).await.ok()?;
    let approved = approved(catalog, &desired, &live);
    let account = apply::apply_plan(&approved, catalog, client, &|_: ApplyEvent<'_>| {}, stop).await;
    Some((approved, account))
}
