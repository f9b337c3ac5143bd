use std::collections::BTreeSet;

use plan::{Phase, Step, StepId};

/// Which steps may begin, as others end. Pure.
#[derive(Debug)]
pub(crate) struct StepQueue {
    /// How many steps each step still waits for.
    pending_dependencies: Vec<usize>,
    /// The steps that wait for each step.
    dependents: Vec<Vec<StepId>>,
    phases: Vec<Phase>,
    /// Steps that may begin, in topological order.
    ready: BTreeSet<StepId>,
    /// Steps of the last phase that wait for nothing but the first phase.
    ready_deletes: BTreeSet<StepId>,
    /// How many steps of the first phase have not succeeded yet.
    writes_left: usize,
    /// The steps of the last phase, until they are skipped.
    deletes: Vec<StepId>,
    ended: Vec<bool>,
}

impl StepQueue {
    /// All steps, none begun.
    pub fn new(steps: &[Step]) -> Self {
        let mut dependents = vec![Vec::new(); steps.len()];
        for (at, step) in steps.iter().enumerate() {
            for dependency in &step.depends_on {
                dependents[dependency.0 as usize].push(StepId(at as u32));
            }
        }
        let mut queue = Self {
            pending_dependencies: steps.iter().map(|step| step.depends_on.len()).collect(),
            dependents,
            phases: steps.iter().map(|step| step.phase).collect(),
            ready: BTreeSet::new(),
            ready_deletes: BTreeSet::new(),
            writes_left: steps.iter().filter(|step| step.phase == Phase::Write).count(),
            deletes: (0..)
                .map(StepId)
                .zip(steps)
                .filter(|(_, step)| step.phase == Phase::Delete)
                .map(|(id, _)| id)
                .collect(),
            ended: vec![false; steps.len()],
        };
        for at in 0..steps.len() {
            queue.enqueue_if_ready(StepId(at as u32));
        }
        queue
    }

    /// Takes the next step that may begin.
    pub(crate) fn pop_ready(&mut self) -> Option<StepId> {
        self.ready.pop_first()
    }

    /// A step succeeded: what waited for it may begin.
    pub(crate) fn mark_succeeded(&mut self, step: StepId) {
        self.ended[step_index(step)] = true;
        if self.phases[step_index(step)] == Phase::Write {
            self.writes_left -= 1;
            if self.writes_left == 0 {
                self.ready.append(&mut self.ready_deletes);
            }
        }
        for dependent in std::mem::take(&mut self.dependents[step_index(step)]) {
            self.pending_dependencies[step_index(dependent)] -= 1;
            self.enqueue_if_ready(dependent);
        }
    }

    /// A step did not succeed. Says which others can therefore never begin.
    pub(crate) fn mark_failed(&mut self, step: StepId) -> Vec<StepId> {
        self.ended[step_index(step)] = true;
        let mut skipped = Vec::new();
        let mut unprocessed = vec![step];
        while let Some(step) = unprocessed.pop() {
            let mut dependents = std::mem::take(&mut self.dependents[step_index(step)]);
            if self.phases[step_index(step)] == Phase::Write {
                dependents.append(&mut self.deletes);
            }
            for dependent in dependents {
                if !self.ended[step_index(dependent)] {
                    self.ended[step_index(dependent)] = true;
                    self.ready.remove(&dependent);
                    self.ready_deletes.remove(&dependent);
                    skipped.push(dependent);
                    unprocessed.push(dependent);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// The steps that have neither ended nor been skipped.
    pub fn unfinished(&self) -> impl Iterator<Item = StepId> + '_ {
        let unfinished = self.ended.iter().enumerate().filter(|(_, has_ended)| !**has_ended);
        unfinished.map(|(at, _)| StepId(at as u32))
    }

    fn enqueue_if_ready(&mut self, step: StepId) {
        if self.pending_dependencies[step_index(step)] > 0 || self.ended[step_index(step)] {
            return;
        }
        if self.phases[step_index(step)] == Phase::Delete && self.writes_left > 0 {
            self.ready_deletes.insert(step);
        } else {
            self.ready.insert(step);
        }
    }
}

fn step_index(step: StepId) -> usize {
    step.0 as usize
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::StepQueue;
    use plan::{Phase, Step, StepAction, StepId};
    use schema::KindId;

    fn step(phase: Phase, after: &[u32]) -> Step {
        Step {
            action: StepAction::Delete,
            kind: KindId(0),
            id: Uuid::nil(),
            parent: None,
            change: 0,
            phase,
            depends_on: after.iter().map(|id| StepId(*id)).collect(),
            note: None,
        }
    }

    fn ids(steps: Vec<StepId>) -> Vec<u32> {
        steps.into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn a_step_begins_when_all_it_waits_for_has_succeeded() {
        let mut queue = StepQueue::new(&[
            step(Phase::Write, &[]),
            step(Phase::Write, &[]),
            step(Phase::Write, &[0, 1]),
        ]);
        assert_eq!(
            (queue.pop_ready(), queue.pop_ready(), queue.pop_ready()),
            (Some(StepId(0)), Some(StepId(1)), None)
        );
        queue.mark_succeeded(StepId(1));
        assert_eq!(queue.pop_ready(), None);
        queue.mark_succeeded(StepId(0));
        assert_eq!(queue.pop_ready(), Some(StepId(2)));
    }

    #[test]
    fn nothing_old_goes_before_the_new_stands() {
        let mut queue = StepQueue::new(&[step(Phase::Delete, &[]), step(Phase::Write, &[])]);
        assert_eq!((queue.pop_ready(), queue.pop_ready()), (Some(StepId(1)), None));
        queue.mark_succeeded(StepId(1));
        assert_eq!(queue.pop_ready(), Some(StepId(0)));
    }

    #[test]
    fn a_failure_skips_what_depends_on_it_and_every_delete_but_nothing_else() {
        let mut queue = StepQueue::new(&[
            step(Phase::Write, &[]),
            step(Phase::Write, &[0]),
            step(Phase::Write, &[1]),
            step(Phase::Write, &[]),
            step(Phase::Delete, &[]),
        ]);
        assert_eq!(queue.pop_ready(), Some(StepId(0)));
        assert_eq!(ids(queue.mark_failed(StepId(0))), [1, 2, 4]);
        assert_eq!((queue.pop_ready(), queue.pop_ready()), (Some(StepId(3)), None));
        assert_eq!(ids(queue.unfinished().collect()), [3]);
    }

    #[test]
    fn a_delete_that_fails_leaves_the_others_alone() {
        let mut queue = StepQueue::new(&[
            step(Phase::Delete, &[]),
            step(Phase::Delete, &[0]),
            step(Phase::Delete, &[]),
        ]);
        assert_eq!(queue.pop_ready(), Some(StepId(0)));
        assert_eq!(ids(queue.mark_failed(StepId(0))), [1]);
        assert_eq!((queue.pop_ready(), queue.pop_ready()), (Some(StepId(2)), None));
    }
}
