use std::collections::BTreeSet;

use plan::{Phase, Step, StepId};

/// Which steps may begin, as others end. Pure.
#[derive(Debug)]
pub struct Queue {
    /// How many steps each still waits for.
    waits: Vec<usize>,
    /// The steps that wait for each.
    dependents: Vec<Vec<StepId>>,
    phases: Vec<Phase>,
    /// Steps that may begin, in the order of the plan.
    ready: BTreeSet<StepId>,
    /// Steps of the last phase that wait for nothing but the first phase.
    held: BTreeSet<StepId>,
    /// How many steps of the first phase have not succeeded yet.
    standing: usize,
    /// The steps of the last phase, until they are skipped.
    last: Vec<StepId>,
    over: Vec<bool>,
}

impl Queue {
    /// All steps, none begun.
    pub fn new(steps: &[Step]) -> Self {
        let mut dependents = vec![Vec::new(); steps.len()];
        for (at, step) in steps.iter().enumerate() {
            for earlier in &step.after {
                dependents[earlier.0 as usize].push(StepId(at as u32));
            }
        }
        let mut queue = Self {
            waits: steps.iter().map(|step| step.after.len()).collect(),
            dependents,
            phases: steps.iter().map(|step| step.phase).collect(),
            ready: BTreeSet::new(),
            held: BTreeSet::new(),
            standing: steps.iter().filter(|step| step.phase == Phase::Stand).count(),
            last: (0..)
                .map(StepId)
                .zip(steps)
                .filter(|(_, step)| step.phase == Phase::Clear)
                .map(|(id, _)| id)
                .collect(),
            over: vec![false; steps.len()],
        };
        for at in 0..steps.len() {
            queue.offer(StepId(at as u32));
        }
        queue
    }

    /// Takes the next step that may begin.
    pub fn next(&mut self) -> Option<StepId> {
        self.ready.pop_first()
    }

    /// A step succeeded: what waited for it may begin.
    pub fn succeeded(&mut self, step: StepId) {
        self.over[at(step)] = true;
        if self.phases[at(step)] == Phase::Stand {
            self.standing -= 1;
            if self.standing == 0 {
                self.ready.append(&mut self.held);
            }
        }
        for dependent in std::mem::take(&mut self.dependents[at(step)]) {
            self.waits[at(dependent)] -= 1;
            self.offer(dependent);
        }
    }

    /// A step did not succeed. Says which others can therefore never begin.
    pub fn failed(&mut self, step: StepId) -> Vec<StepId> {
        self.over[at(step)] = true;
        let mut skipped = Vec::new();
        let mut lost = vec![step];
        while let Some(step) = lost.pop() {
            let mut follow = std::mem::take(&mut self.dependents[at(step)]);
            if self.phases[at(step)] == Phase::Stand {
                follow.append(&mut self.last);
            }
            for dependent in follow {
                if !self.over[at(dependent)] {
                    self.over[at(dependent)] = true;
                    self.ready.remove(&dependent);
                    self.held.remove(&dependent);
                    skipped.push(dependent);
                    lost.push(dependent);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// The steps that have neither ended nor been skipped.
    pub fn rest(&self) -> impl Iterator<Item = StepId> + '_ {
        let left = self.over.iter().enumerate().filter(|(_, over)| !**over);
        left.map(|(at, _)| StepId(at as u32))
    }

    fn offer(&mut self, step: StepId) {
        if self.waits[at(step)] > 0 || self.over[at(step)] {
            return;
        }
        if self.phases[at(step)] == Phase::Clear && self.standing > 0 {
            self.held.insert(step);
        } else {
            self.ready.insert(step);
        }
    }
}

fn at(step: StepId) -> usize {
    step.0 as usize
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Queue;
    use plan::{Action, Phase, Step, StepId};
    use schema::KindId;

    fn step(phase: Phase, after: &[u32]) -> Step {
        Step {
            action: Action::Delete,
            kind: KindId(0),
            id: Uuid::nil(),
            parent: None,
            change: 0,
            phase,
            after: after.iter().map(|id| StepId(*id)).collect(),
            note: None,
        }
    }

    fn ids(steps: Vec<StepId>) -> Vec<u32> {
        steps.into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn a_step_begins_when_all_it_waits_for_has_succeeded() {
        let mut queue = Queue::new(&[
            step(Phase::Stand, &[]),
            step(Phase::Stand, &[]),
            step(Phase::Stand, &[0, 1]),
        ]);
        assert_eq!(
            (queue.next(), queue.next(), queue.next()),
            (Some(StepId(0)), Some(StepId(1)), None)
        );
        queue.succeeded(StepId(1));
        assert_eq!(queue.next(), None);
        queue.succeeded(StepId(0));
        assert_eq!(queue.next(), Some(StepId(2)));
    }

    #[test]
    fn nothing_old_goes_before_the_new_stands() {
        let mut queue = Queue::new(&[step(Phase::Clear, &[]), step(Phase::Stand, &[])]);
        assert_eq!((queue.next(), queue.next()), (Some(StepId(1)), None));
        queue.succeeded(StepId(1));
        assert_eq!(queue.next(), Some(StepId(0)));
    }

    #[test]
    fn a_failure_skips_what_depends_on_it_and_every_delete_but_nothing_else() {
        let mut queue = Queue::new(&[
            step(Phase::Stand, &[]),
            step(Phase::Stand, &[0]),
            step(Phase::Stand, &[1]),
            step(Phase::Stand, &[]),
            step(Phase::Clear, &[]),
        ]);
        assert_eq!(queue.next(), Some(StepId(0)));
        assert_eq!(ids(queue.failed(StepId(0))), [1, 2, 4]);
        assert_eq!((queue.next(), queue.next()), (Some(StepId(3)), None));
        assert_eq!(ids(queue.rest().collect()), [3]);
    }

    #[test]
    fn a_delete_that_fails_leaves_the_others_alone() {
        let mut queue = Queue::new(&[
            step(Phase::Clear, &[]),
            step(Phase::Clear, &[0]),
            step(Phase::Clear, &[]),
        ]);
        assert_eq!(queue.next(), Some(StepId(0)));
        assert_eq!(ids(queue.failed(StepId(0))), [1]);
        assert_eq!((queue.next(), queue.next()), (Some(StepId(2)), None));
    }
}
