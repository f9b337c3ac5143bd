use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use crate::guard::{deleted_entities, describe_scope, format_names};
use crate::{DeleteLimit, GuardViolation, LiveEntity, Plan, PlanInput};
use schema::KindId;
use state::{Scope, entity_tags};

/// Below so many entities a scope is too small for a share to mean anything.
const MIN_ENTITIES_FOR_PERCENT: u64 = 10;

/// The same for a run without tags, which reaches the entities of everyone.
const MIN_ENTITIES_FOR_PERCENT_WITHOUT_TAGS: u64 = 3;

/// From so many entities on, deleting all that bear a tag is likely a mistake in a run without tags.
const MIN_ENTITIES_OF_LOST_TAG: u64 = 2;

/// The scopes that lose too many of their entities.
pub(crate) fn check_max_deletes(limit: DeleteLimit, plan: &Plan, input: &PlanInput<'_>) -> Vec<GuardViolation> {
    let scopes = input.desired.scopes.iter().enumerate();
    let violations = scopes.filter_map(|(at, scope)| {
        let deleted = deleted_entities(plan).filter(|entity| entity.scope.0 as usize == at);
        let deleted: HashSet<(KindId, Uuid)> = deleted.map(|entity| (entity.kind, entity.id)).collect();
        let loss = ScopeLoss::new(scope, &deleted, input);
        let is_untagged = is_run_without_tags(at, scope, input);
        let lost_tags = if is_untagged { loss.lost_tags() } else { Vec::new() };
        if loss.is_within(limit, is_untagged) && (lost_tags.is_empty() || names_amount(limit)) {
            return None;
        }
        Some(GuardViolation {
            message: loss.describe(scope, &lost_tags),
            allow_flag: "--max-deletes",
        })
    });
    violations.collect()
}

/// Whether a run reaches the entities of everyone, and means to keep some.
fn is_run_without_tags(at: usize, scope: &Scope, input: &PlanInput<'_>) -> bool {
    let mut declared = input.desired.entities.iter();
    scope.tags.is_empty()
        && input.desired.filter_tags.is_none()
        && declared.any(|declared| declared.scope.0 as usize == at)
}

/// Whether a limit says how much goes, so that whole tags may.
fn names_amount(limit: DeleteLimit) -> bool {
    match limit {
        DeleteLimit::Count(_) => true,
        DeleteLimit::Percent(percent) => percent >= 100.0,
    }
}

/// What a scope holds, and what of it would be deleted.
struct ScopeLoss<'a> {
    size: u64,
    deleted: u64,
    /// How many entities bear each tag, and how many of them would be deleted.
    by_tag: BTreeMap<&'a str, (u64, u64)>,
}

impl<'a> ScopeLoss<'a> {
    fn new(scope: &Scope, deleted: &HashSet<(KindId, Uuid)>, input: &PlanInput<'a>) -> Self {
        let mut loss = Self {
            size: 0,
            deleted: deleted.len() as u64,
            by_tag: BTreeMap::new(),
        };
        if deleted.is_empty() {
            return loss;
        }
        for (kind, entities) in &input.live.owned {
            for entity in entities {
                loss.count_entity(scope, entity, deleted.contains(&(*kind, entity.id)));
            }
        }
        loss
    }

    fn count_entity(&mut self, scope: &Scope, entity: &'a LiveEntity, is_deleted: bool) {
        let body = entity.body.expose();
        self.size += u64::from(scope.includes_tags(entity_tags(body)));
        for tag in entity_tags(body) {
            let (held, lost) = self.by_tag.entry(tag).or_default();
            *held += 1;
            *lost += u64::from(is_deleted);
        }
    }

    fn is_within(&self, limit: DeleteLimit, is_untagged: bool) -> bool {
        let min_entities = match is_untagged {
            true => MIN_ENTITIES_FOR_PERCENT_WITHOUT_TAGS,
            false => MIN_ENTITIES_FOR_PERCENT,
        };
        match limit {
            DeleteLimit::Count(limit) => self.deleted <= limit,
            DeleteLimit::Percent(limit) => {
                self.size < min_entities || self.deleted as f64 * 100.0 <= limit * self.size as f64
            }
        }
    }

    /// The tags of which every entity would be deleted.
    fn lost_tags(&self) -> Vec<String> {
        let lost = self
            .by_tag
            .iter()
            .filter(|(_, (held, lost))| held == lost && *held >= MIN_ENTITIES_OF_LOST_TAG);
        lost.map(|(tag, _)| (*tag).to_owned()).collect()
    }

    fn describe(&self, scope: &Scope, lost_tags: &[String]) -> String {
        let count = format!(
            "{} of the {} entities of {} would be deleted",
            self.deleted,
            self.size,
            describe_scope(scope)
        );
        if lost_tags.is_empty() {
            return count;
        }
        format!(
            "{count}, among them all that bear the tags {}: this run has no select tags; was `_info.select_tags` lost?",
            format_names(lost_tags)
        )
    }
}
