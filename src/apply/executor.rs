use futures_util::stream::{FuturesUnordered, StreamExt};

use super::queue::StepQueue;
use super::redact::MessageRedactor;
use super::{
    ApplyEvent, ApplyEventSink, ApplyOutcome, CancelToken, HaltReason, StepFailure, StepFailureKind, StepOutcome,
};
use control_plane::{
    AdminApiError, Client, Clock, EntityAddress, EntityWrite, ResponseOutcome, RetryAttempt, Transport, Uncertainty,
    WriteOperation, WriteOutcome,
};
use json::{Object, Value};
use plan::{ApprovedPlan, Plan, PlanValue, Step, StepAction, StepId};
use schema::Catalog;
use state::EntityBody;

/// Carries out a plan: every step as soon as all that it waits for has succeeded, as many at once as the client's
/// parallelism. A failure skips what depends on it. What was asked to stop, or cannot be answered any more, finishes
/// what is in flight and begins nothing new.
pub async fn apply_plan<T: Transport, C: Clock>(
    approved: &ApprovedPlan,
    catalog: &Catalog,
    client: &Client<T, C>,
    events: &dyn ApplyEventSink,
    stop: &CancelToken,
) -> ApplyOutcome {
    execute_plan(approved.plan(), catalog, client, events, stop).await
}

async fn execute_plan<T: Transport, C: Clock>(
    plan: &Plan,
    catalog: &Catalog,
    client: &Client<T, C>,
    events: &dyn ApplyEventSink,
    stop: &CancelToken,
) -> ApplyOutcome {
    let mut ledger = OutcomeRecorder::new(plan, events);
    let mut queue = StepQueue::new(&plan.steps);
    let mut flying = FuturesUnordered::new();
    loop {
        while flying.len() < client.parallelism() && ledger.can_start(stop) {
            let Some(id) = queue.pop_ready() else { break };
            events.emit(ApplyEvent::Started(id));
            let (begun_at, job) = (
                ledger.answer_count,
                StepExecution {
                    plan,
                    catalog,
                    id,
                    events,
                },
            );
            flying.push(async move { (id, begun_at, job.execute(client).await) });
        }
        let Some((id, begun_at, end)) = flying.next().await else {
            break;
        };
        ledger.record_finished(id, begun_at, end, &mut queue);
    }
    ledger.finish(&queue)
}

/// The account, while it is being written.
struct OutcomeRecorder<'a> {
    outcomes: Vec<StepOutcome>,
    halt_reason: Option<HaltReason>,
    events: &'a dyn ApplyEventSink,
    /// How many steps got an answer so far.
    answer_count: usize,
}

impl<'a> OutcomeRecorder<'a> {
    fn new(plan: &Plan, events: &'a dyn ApplyEventSink) -> Self {
        Self {
            outcomes: vec![StepOutcome::NotStarted; plan.steps.len()],
            halt_reason: None,
            events,
            answer_count: 0,
        }
    }

    /// Whether something new may begin.
    fn can_start(&mut self, stop: &CancelToken) -> bool {
        if stop.is_cancelled() {
            self.halt(HaltReason::Cancelled);
        }
        self.halt_reason.is_none()
    }

    fn record_finished(&mut self, id: StepId, begun_at: usize, end: StepOutcome, queue: &mut StepQueue) {
        match halt_reason_of(&end) {
            Some(HaltReason::NoResponse) if self.answer_count > begun_at => {}
            Some(halt) => self.halt(halt),
            None => self.answer_count += 1,
        }
        if end == StepOutcome::Done {
            queue.mark_succeeded(id);
            self.record(id, end);
            return;
        }
        self.record(id, end);
        for skipped in queue.mark_failed(id) {
            self.record(skipped, StepOutcome::Skipped { failed_step: id });
        }
    }

    fn record(&mut self, id: StepId, end: StepOutcome) {
        self.events.emit(ApplyEvent::Finished(id, &end));
        self.outcomes[id.0 as usize] = end;
    }

    fn halt(&mut self, halt: HaltReason) {
        if self.halt_reason.is_none() {
            self.events.emit(ApplyEvent::Halted(&halt));
            self.halt_reason = Some(halt);
        }
    }

    /// A stop that left nothing undone was none.
    fn finish(self, queue: &StepQueue) -> ApplyOutcome {
        let left = queue.unfinished().next().is_some();
        ApplyOutcome {
            steps: self.outcomes,
            halt_reason: self.halt_reason.filter(|_| left),
        }
    }
}

/// Whether nothing new should begin after such an end: no later request would fare better.
fn halt_reason_of(end: &StepOutcome) -> Option<HaltReason> {
    match end {
        StepOutcome::Unknown(Uncertainty::NoResponse(_)) => Some(HaltReason::NoResponse),
        StepOutcome::Failed(failure) => match failure.kind {
            StepFailureKind::NoResponse(_) => Some(HaltReason::NoResponse),
            StepFailureKind::Unauthorized => Some(HaltReason::Unauthorized),
            _ => None,
        },
        _ => None,
    }
}

/// One step.
struct StepExecution<'a> {
    plan: &'a Plan,
    catalog: &'a Catalog,
    id: StepId,
    events: &'a dyn ApplyEventSink,
}

impl StepExecution<'_> {
    async fn execute<T: Transport, C: Clock>(&self, client: &Client<T, C>) -> StepOutcome {
        let Some(write) = self.build_write() else {
            return self.failure(StepFailureKind::UnresolvedId, None);
        };
        let on_retry = |retry: RetryAttempt| self.events.emit(ApplyEvent::Retrying(self.id, &retry));
        match client.write_entity(self.catalog, &write, &on_retry).await {
            WriteOutcome::Applied => StepOutcome::Done,
            WriteOutcome::Unknown(doubt) => StepOutcome::Unknown(doubt),
            WriteOutcome::NoResponse(trouble) => self.failure(StepFailureKind::NoResponse(trouble), None),
            WriteOutcome::Rejected(outcome) => self.failure_from_response(outcome),
        }
    }

    fn step(&self) -> &Step {
        &self.plan.steps[self.id.0 as usize]
    }

    fn body(&self) -> Option<&PlanValue> {
        match &self.step().action {
            StepAction::Create(tree) | StepAction::Replace(tree) | StepAction::Patch(tree) => Some(tree),
            StepAction::Delete => None,
        }
    }

    /// Fills the holes of the step's body: the last moment before it is sent.
    fn build_write(&self) -> Option<EntityWrite> {
        let step = self.step();
        let verb = match &step.action {
            StepAction::Create(tree) => WriteOperation::Create(self.fill_body(tree)?),
            StepAction::Replace(tree) => WriteOperation::Replace(self.fill_body(tree)?),
            StepAction::Patch(tree) => WriteOperation::Patch(self.fill_body(tree)?),
            StepAction::Delete => WriteOperation::Delete,
        };
        let to = EntityAddress {
            kind: step.kind,
            id: step.id,
            parent: step.parent,
        };
        Some(EntityWrite {
            address: to,
            operation: verb,
        })
    }

    fn fill_body(&self, tree: &PlanValue) -> Option<EntityBody> {
        // ids are chosen while planning, so that a step's id is what it yields
        let id_of = |step: StepId| self.plan.steps.get(step.0 as usize).map(|step| step.id);
        match tree.to_request_json(&id_of)? {
            Value::Object(fields) => Some(EntityBody::new(fields)),
            _ => None,
        }
    }

    fn failure_from_response(&self, outcome: ResponseOutcome) -> StepOutcome {
        let (sort, refusal) = match outcome {
            ResponseOutcome::Invalid(refusal) => (StepFailureKind::Rejected, Some(refusal)),
            ResponseOutcome::Conflict(refusal) => (StepFailureKind::Conflict, Some(refusal)),
            ResponseOutcome::Unexpected(refusal) => (StepFailureKind::Unexpected(refusal.status), Some(refusal)),
            ResponseOutcome::IdTaken => (StepFailureKind::IdTaken, None),
            ResponseOutcome::NotFound => (StepFailureKind::NotFound, None),
            ResponseOutcome::Unsupported => (StepFailureKind::Unsupported, None),
            ResponseOutcome::Unauthorized => (StepFailureKind::Unauthorized, None),
            ResponseOutcome::Forbidden => (StepFailureKind::Forbidden, None),
            ResponseOutcome::RetryLater(later) => (StepFailureKind::Unexpected(later.status), None),
            ResponseOutcome::Success => return StepOutcome::Done,
        };
        self.failure(sort, refusal)
    }

    /// A failure, in words that repeat no secret.
    fn failure(&self, sort: StepFailureKind, refusal: Option<AdminApiError>) -> StepOutcome {
        let refusal = refusal.unwrap_or_default();
        let record = self.catalog.record(self.step().kind, &self.unredacted_texts());
        let veil = MessageRedactor::new(self.body(), &record);
        let fields = refusal.fields.into_iter().map(|(path, text)| {
            let told = veil.redact_field_message(&path, text);
            (path, told)
        });
        StepOutcome::Failed(StepFailure {
            kind: sort,
            fields: fields.collect(),
            message: refusal.message.and_then(|message| veil.redact_message(message)),
        })
    }

    /// The body as far as it is needed to find its schema: texts that are not secret.
    fn unredacted_texts(&self) -> Object {
        let Some(PlanValue::Map(members)) = self.body() else {
            return Object::new();
        };
        let texts = members.iter().filter_map(|(name, member)| match member {
            PlanValue::String(text) => Some((name.clone(), Value::String(text.clone()))),
            _ => None,
        });
        texts.collect()
    }
}
