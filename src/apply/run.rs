use futures_util::stream::{FuturesUnordered, StreamExt};

use super::queue::Queue;
use super::veil::Veil;
use super::{Account, Event, Events, Failure, FailureSort, Halt, StepEnd, Stop};
use control_plane::{
    AdminApiError, Client, Clock, EntityAddress, EntityWrite, ResponseOutcome, RetryAttempt, Transport, Uncertainty,
    WriteOperation, WriteOutcome,
};
use json::{Object, Value};
use plan::{Action, Approved, Plan, Step, StepId, Tree};
use schema::Catalog;
use state::EntityBody;

/// Carries out a plan: every step as soon as all that it waits for has succeeded, as many at once as the client's
/// parallelism. A failure skips what depends on it. What was asked to stop, or cannot be answered any more, finishes
/// what is in flight and begins nothing new.
pub async fn run<T: Transport, C: Clock>(
    approved: &Approved,
    catalog: &Catalog,
    client: &Client<T, C>,
    events: &dyn Events,
    stop: &Stop,
) -> Account {
    carry_out(approved.plan(), catalog, client, events, stop).await
}

async fn carry_out<T: Transport, C: Clock>(
    plan: &Plan,
    catalog: &Catalog,
    client: &Client<T, C>,
    events: &dyn Events,
    stop: &Stop,
) -> Account {
    let mut ledger = Ledger::new(plan, events);
    let mut queue = Queue::new(&plan.steps);
    let mut flying = FuturesUnordered::new();
    loop {
        while flying.len() < client.parallelism() && ledger.goes_on(stop) {
            let Some(id) = queue.next() else { break };
            events.tell(Event::Begun(id));
            let (begun_at, job) = (
                ledger.answers,
                Job {
                    plan,
                    catalog,
                    id,
                    events,
                },
            );
            flying.push(async move { (id, begun_at, job.carry_out(client).await) });
        }
        let Some((id, begun_at, end)) = flying.next().await else {
            break;
        };
        ledger.enter(id, begun_at, end, &mut queue);
    }
    ledger.close(&queue)
}

/// The account, while it is being written.
struct Ledger<'a> {
    ends: Vec<StepEnd>,
    halted: Option<Halt>,
    events: &'a dyn Events,
    /// How many steps got an answer so far.
    answers: usize,
}

impl<'a> Ledger<'a> {
    fn new(plan: &Plan, events: &'a dyn Events) -> Self {
        Self {
            ends: vec![StepEnd::NotBegun; plan.steps.len()],
            halted: None,
            events,
            answers: 0,
        }
    }

    /// Whether something new may begin.
    fn goes_on(&mut self, stop: &Stop) -> bool {
        if stop.is_given() {
            self.halt(Halt::Asked);
        }
        self.halted.is_none()
    }

    fn enter(&mut self, id: StepId, begun_at: usize, end: StepEnd, queue: &mut Queue) {
        match halts(&end) {
            Some(Halt::NoAnswer) if self.answers > begun_at => {}
            Some(halt) => self.halt(halt),
            None => self.answers += 1,
        }
        if end == StepEnd::Done {
            queue.succeeded(id);
            self.note(id, end);
            return;
        }
        self.note(id, end);
        for skipped in queue.failed(id) {
            self.note(skipped, StepEnd::Skipped { because: id });
        }
    }

    fn note(&mut self, id: StepId, end: StepEnd) {
        self.events.tell(Event::Ended(id, &end));
        self.ends[id.0 as usize] = end;
    }

    fn halt(&mut self, halt: Halt) {
        if self.halted.is_none() {
            self.events.tell(Event::Halted(&halt));
            self.halted = Some(halt);
        }
    }

    /// A stop that left nothing undone was none.
    fn close(self, queue: &Queue) -> Account {
        let left = queue.rest().next().is_some();
        Account {
            steps: self.ends,
            halted: self.halted.filter(|_| left),
        }
    }
}

/// Whether nothing new should begin after such an end: no later request would fare better.
fn halts(end: &StepEnd) -> Option<Halt> {
    match end {
        StepEnd::Unknown(Uncertainty::NoResponse(_)) => Some(Halt::NoAnswer),
        StepEnd::Failed(failure) => match failure.sort {
            FailureSort::NoAnswer(_) => Some(Halt::NoAnswer),
            FailureSort::Unauthorised => Some(Halt::Unauthorised),
            _ => None,
        },
        _ => None,
    }
}

/// One step.
struct Job<'a> {
    plan: &'a Plan,
    catalog: &'a Catalog,
    id: StepId,
    events: &'a dyn Events,
}

impl Job<'_> {
    async fn carry_out<T: Transport, C: Clock>(&self, client: &Client<T, C>) -> StepEnd {
        let Some(write) = self.write() else {
            return self.failed(FailureSort::Unfilled, None);
        };
        let on_retry = |retry: RetryAttempt| self.events.tell(Event::Retrying(self.id, &retry));
        match client.write_entity(self.catalog, &write, &on_retry).await {
            WriteOutcome::Applied => StepEnd::Done,
            WriteOutcome::Unknown(doubt) => StepEnd::Unknown(doubt),
            WriteOutcome::NoResponse(trouble) => self.failed(FailureSort::NoAnswer(trouble), None),
            WriteOutcome::Rejected(outcome) => self.refused(outcome),
        }
    }

    fn step(&self) -> &Step {
        &self.plan.steps[self.id.0 as usize]
    }

    fn tree(&self) -> Option<&Tree> {
        match &self.step().action {
            Action::Create(tree) | Action::Replace(tree) | Action::Change(tree) => Some(tree),
            Action::Delete => None,
        }
    }

    /// Fills the holes of the step's body: the last moment before it is sent.
    fn write(&self) -> Option<EntityWrite> {
        let step = self.step();
        let verb = match &step.action {
            Action::Create(tree) => WriteOperation::Create(self.fill(tree)?),
            Action::Replace(tree) => WriteOperation::Replace(self.fill(tree)?),
            Action::Change(tree) => WriteOperation::Patch(self.fill(tree)?),
            Action::Delete => WriteOperation::Delete,
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

    fn fill(&self, tree: &Tree) -> Option<EntityBody> {
        // ids are chosen while planning, so that a step's id is what it yields
        let id_of = |step: StepId| self.plan.steps.get(step.0 as usize).map(|step| step.id);
        match tree.fill(&id_of)? {
            Value::Object(fields) => Some(EntityBody::new(fields)),
            _ => None,
        }
    }

    fn refused(&self, outcome: ResponseOutcome) -> StepEnd {
        let (sort, refusal) = match outcome {
            ResponseOutcome::Invalid(refusal) => (FailureSort::Refused, Some(refusal)),
            ResponseOutcome::Conflict(refusal) => (FailureSort::Conflict, Some(refusal)),
            ResponseOutcome::Unexpected(refusal) => (FailureSort::Unexpected(refusal.status), Some(refusal)),
            ResponseOutcome::IdTaken => (FailureSort::IdTaken, None),
            ResponseOutcome::NotFound => (FailureSort::Gone, None),
            ResponseOutcome::Unsupported => (FailureSort::NotHere, None),
            ResponseOutcome::Unauthorized => (FailureSort::Unauthorised, None),
            ResponseOutcome::Forbidden => (FailureSort::Forbidden, None),
            ResponseOutcome::RetryLater(later) => (FailureSort::Unexpected(later.status), None),
            ResponseOutcome::Success => return StepEnd::Done,
        };
        self.failed(sort, refusal)
    }

    /// A failure, in words that repeat no secret.
    fn failed(&self, sort: FailureSort, refusal: Option<AdminApiError>) -> StepEnd {
        let refusal = refusal.unwrap_or_default();
        let record = self.catalog.record(self.step().kind, &self.shown());
        let veil = Veil::new(self.tree(), &record);
        let fields = refusal.fields.into_iter().map(|(path, text)| {
            let told = veil.about(&path, text);
            (path, told)
        });
        StepEnd::Failed(Failure {
            sort,
            fields: fields.collect(),
            message: refusal.message.and_then(|message| veil.whole(message)),
        })
    }

    /// The body as far as it is needed to find its schema: texts that are not secret.
    fn shown(&self) -> Object {
        let Some(Tree::Map(members)) = self.tree() else {
            return Object::new();
        };
        let texts = members.iter().filter_map(|(name, member)| match member {
            Tree::String(text) => Some((name.clone(), Value::String(text.clone()))),
            _ => None,
        });
        texts.collect()
    }
}
