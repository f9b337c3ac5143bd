use futures_util::stream::{FuturesUnordered, StreamExt};

use super::queue::StepQueue;
use super::redact::MessageRedactor;
use super::{
    ApplyEvent, ApplyEventSink, ApplyOutcome, CancelToken, HaltReason, StepFailure, StepFailureKind, StepOutcome,
};
use control_plane::{
    AdminApiError, Client, Clock, EntityAddress, EntityWrite, Interruption, ResponseOutcome, RetryAttempt, Transport,
    Uncertainty, WriteOutcome,
};
use json::{Object, Value};
use plan::{ApprovedPlan, Plan, PlanValue, Step, StepId};
use schema::Catalog;
use state::EntityBody;

/// Carries out a plan: every step as soon as all that it waits for has succeeded, with the client's concurrency. A failure
/// skips what depends on it. Once the run is cancelled, or no later request would fare better, what is in flight is finished
/// and nothing new begins.
pub async fn apply_plan<T: Transport, C: Clock>(
    approved: &ApprovedPlan,
    catalog: &Catalog,
    client: &Client<T, C>,
    events: &dyn ApplyEventSink,
    cancel: &CancelToken,
) -> ApplyOutcome {
    let plan = approved.plan();
    let mut recorder = OutcomeRecorder::new(plan, events);
    let mut queue = StepQueue::new(&plan.steps);
    let mut in_flight = FuturesUnordered::new();
    loop {
        while in_flight.len() < client.parallelism() && recorder.can_start(cancel) {
            let Some(id) = queue.pop_ready() else { break };
            events.emit(ApplyEvent::Started(id));
            let answers_at_start = recorder.answer_count;
            let execution = StepExecution {
                step: &plan.steps[id.0 as usize],
                catalog,
                id,
                events,
                cancel,
            };
            in_flight.push(async move { (id, answers_at_start, execution.execute(client).await) });
        }
        let Some((id, answers_at_start, outcome)) = in_flight.next().await else {
            break;
        };
        recorder.check_cancelled(cancel);
        recorder.record_finished(id, answers_at_start, outcome, &mut queue);
    }
    recorder.finish(&queue)
}

/// Records how steps end, and why nothing new may begin.
struct OutcomeRecorder<'a> {
    outcomes: Vec<StepOutcome>,
    halt_reason: Option<HaltReason>,
    events: &'a dyn ApplyEventSink,
    /// How many steps were answered so far.
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
    fn can_start(&mut self, cancel: &CancelToken) -> bool {
        self.check_cancelled(cancel);
        self.halt_reason.is_none()
    }

    fn check_cancelled(&mut self, cancel: &CancelToken) {
        if cancel.is_cancelled() {
            self.halt(HaltReason::Cancelled);
        }
    }

    fn record_finished(&mut self, id: StepId, answers_at_start: usize, outcome: StepOutcome, queue: &mut StepQueue) {
        match halt_reason_of(&outcome) {
            Some(HaltReason::NoResponse) if self.answer_count > answers_at_start => {}
            Some(reason) => self.halt(reason),
            None => self.answer_count += 1,
        }
        if outcome == StepOutcome::Done {
            queue.mark_succeeded(id);
            self.record(id, outcome);
            return;
        }
        self.record(id, outcome);
        for skipped in queue.mark_failed(id) {
            self.record(skipped, StepOutcome::Skipped { failed_step: id });
        }
    }

    fn record(&mut self, id: StepId, outcome: StepOutcome) {
        self.events.emit(ApplyEvent::Finished(id, &outcome));
        self.outcomes[id.0 as usize] = outcome;
    }

    fn halt(&mut self, reason: HaltReason) {
        if self.halt_reason.is_none() {
            self.events.emit(ApplyEvent::Halted(&reason));
            self.halt_reason = Some(reason);
        }
    }

    /// The outcome. A halt that left nothing undone was none.
    fn finish(self, queue: &StepQueue) -> ApplyOutcome {
        let is_unfinished = queue.unfinished().next().is_some();
        ApplyOutcome {
            steps: self.outcomes,
            halt_reason: self.halt_reason.filter(|_| is_unfinished),
        }
    }
}

/// Why nothing new should begin after such an outcome: no later request would fare better.
fn halt_reason_of(outcome: &StepOutcome) -> Option<HaltReason> {
    match outcome {
        StepOutcome::Unknown(Uncertainty::NoResponse(_)) => Some(HaltReason::NoResponse),
        StepOutcome::Failed(failure) => match failure.kind {
            StepFailureKind::NoResponse(_) => Some(HaltReason::NoResponse),
            StepFailureKind::Unauthorized => Some(HaltReason::Unauthorized),
            _ => None,
        },
        _ => None,
    }
}

/// One step, and what its execution needs.
struct StepExecution<'a> {
    step: &'a Step,
    catalog: &'a Catalog,
    id: StepId,
    events: &'a dyn ApplyEventSink,
    cancel: &'a CancelToken,
}

impl StepExecution<'_> {
    async fn execute<T: Transport, C: Clock>(&self, client: &Client<T, C>) -> StepOutcome {
        let write = self.build_write();
        let on_retry = |retry: RetryAttempt| -> Interruption {
            self.events.emit(ApplyEvent::Retrying(self.id, &retry));
            Box::pin(self.cancel.clone().cancelled())
        };
        match client.write_entity(self.catalog, &write, &on_retry).await {
            WriteOutcome::Applied => StepOutcome::Done,
            WriteOutcome::Unknown(uncertainty) => StepOutcome::Unknown(uncertainty),
            WriteOutcome::NoResponse(error) => self.failure(StepFailureKind::NoResponse(error), None),
            WriteOutcome::Rejected(outcome) => self.failure_from_response(outcome),
        }
    }

    /// The request, with secrets in clear: made at the last moment before it is sent.
    fn build_write(&self) -> EntityWrite {
        let step = self.step;
        EntityWrite {
            address: EntityAddress {
                kind: step.kind,
                id: step.id,
                parent: step.parent,
            },
            operation: step.action.map(|body| EntityBody::new(body.to_request_body())),
        }
    }

    fn failure_from_response(&self, outcome: ResponseOutcome) -> StepOutcome {
        let (kind, error) = match outcome {
            ResponseOutcome::Invalid(error) => (StepFailureKind::Rejected, Some(error)),
            ResponseOutcome::Conflict(error) => (StepFailureKind::Conflict, Some(error)),
            ResponseOutcome::Unexpected(error) => (StepFailureKind::Unexpected(error.status), Some(error)),
            ResponseOutcome::IdTaken => (StepFailureKind::IdTaken, None),
            ResponseOutcome::NotFound => (StepFailureKind::NotFound, None),
            ResponseOutcome::Unsupported => (StepFailureKind::Unsupported, None),
            ResponseOutcome::Unauthorized => (StepFailureKind::Unauthorized, None),
            ResponseOutcome::Forbidden => (StepFailureKind::Forbidden, None),
            ResponseOutcome::RetryLater(retry) => (StepFailureKind::Unexpected(retry.status), None),
            ResponseOutcome::Success => return StepOutcome::Done,
        };
        self.failure(kind, error)
    }

    /// A failure, in a message that repeats no secret.
    fn failure(&self, kind: StepFailureKind, error: Option<AdminApiError>) -> StepOutcome {
        let error = error.unwrap_or_default();
        let record = self.catalog.record(self.step.kind, &self.unredacted_texts());
        let redactor = MessageRedactor::new(self.step.action.body(), &record);
        let fields = error.fields.into_iter().map(|(path, text)| {
            let message = redactor.redact_field_message(&path, text);
            (path, message)
        });
        StepOutcome::Failed(StepFailure {
            kind,
            fields: fields.collect(),
            message: error.message.and_then(|message| redactor.redact_message(message)),
        })
    }

    /// The body as far as its schema depends on it: texts that are not secret.
    fn unredacted_texts(&self) -> Object {
        let Some(PlanValue::Map(members)) = self.step.action.body() else {
            return Object::new();
        };
        let texts = members.iter().filter_map(|(name, member)| match member {
            PlanValue::String(text) => Some((name.clone(), Value::String(text.clone()))),
            _ => None,
        });
        texts.collect()
    }
}
