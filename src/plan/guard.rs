use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::live_index::foreign_key_ids;
use super::schedule::{referenced_vaults, vault_prefix};
use super::{Change, ChangedEntity, Plan, PlanInput, PlannedState, title};
use json::Object;
use schema::KindId;
use state::{Scope, entity_tags};

/// Below so many entities a scope is too small for a share to mean anything.
const MIN_ENTITIES_FOR_PERCENT: u64 = 10;

/// A plan that may be carried out. Its one constructor is [`Guards::approve`].
#[derive(Debug)]
pub struct ApprovedPlan(Plan);

/// How much a run may delete (`--max-deletes N|P%`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DeleteLimit {
    /// At most so many entities of a scope.
    Count(u64),
    /// At most so many percent of a scope that holds ten or more.
    Percent(f64),
}

/// What a run is allowed to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Guards {
    /// How much it may delete.
    pub max_deletes: DeleteLimit,
    /// Whether an empty desired state may delete something.
    pub allow_empty: bool,
    /// Whether a vault, certificate, CA certificate or key set that something still refers to may be deleted, or a vault
    /// given another prefix.
    pub allow_delete_in_use: bool,
}

/// Why a plan may not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardViolation {
    /// What is refused, in one sentence.
    pub message: String,
    /// The flag that allows it.
    pub allow_flag: &'static str,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_deletes: DeleteLimit::Percent(30.0),
            allow_empty: false,
            allow_delete_in_use: false,
        }
    }
}

impl Guards {
    /// Lets a plan pass, or says all that is refused, and hands it back.
    ///
    /// # Errors
    /// The plan, with every reason why it may not be carried out.
    pub fn approve(
        &self,
        plan: Plan,
        question: &PlanInput<'_>,
        after: &PlannedState<'_>,
    ) -> Result<ApprovedPlan, (Plan, Vec<GuardViolation>)> {
        let mut refusals = check_max_deletes(self.max_deletes, &plan, question);
        if !self.allow_empty {
            refusals.extend(check_empty_scopes(&plan, question));
        }
        if !self.allow_delete_in_use {
            refusals.extend(check_in_use(&plan, question, after));
        }
        match refusals.is_empty() {
            true => Ok(ApprovedPlan(plan)),
            false => Err((plan, refusals)),
        }
    }
}

impl ApprovedPlan {
    /// The plan, without the consent.
    pub fn into_plan(self) -> Plan {
        self.0
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}

/// The scopes that lose too many of their entities.
fn check_max_deletes(limit: DeleteLimit, plan: &Plan, question: &PlanInput<'_>) -> Vec<GuardViolation> {
    let scopes = question.desired.scopes.iter().enumerate();
    let refused = scopes.filter_map(|(at, scope)| {
        let deleted = deleted_entities(plan)
            .filter(|subject| subject.scope.0 as usize == at)
            .count() as u64;
        if deleted == 0 {
            return None;
        }
        let held = question.live.owned.values().flatten();
        let held = held
            .filter(|entity| scope.includes_tags(entity_tags(entity.body.expose())))
            .count() as u64;
        let allowed = match limit {
            DeleteLimit::Count(most) => deleted <= most,
            DeleteLimit::Percent(most) => {
                held < MIN_ENTITIES_FOR_PERCENT || deleted as f64 * 100.0 <= most * held as f64
            }
        };
        let message = || {
            format!(
                "{deleted} of the {held} entities of {} would be deleted",
                describe_scope(scope)
            )
        };
        (!allowed).then(|| GuardViolation {
            message: message(),
            allow_flag: "--max-deletes",
        })
    });
    refused.collect()
}

/// The scopes in which nothing is declared and something stands.
fn check_empty_scopes(plan: &Plan, question: &PlanInput<'_>) -> Vec<GuardViolation> {
    let scopes = question.desired.scopes.iter().enumerate();
    let refused = scopes.filter_map(|(at, scope)| {
        let declared = question
            .desired
            .entities
            .iter()
            .any(|declared| declared.scope.0 as usize == at);
        let deleted = deleted_entities(plan)
            .filter(|subject| subject.scope.0 as usize == at)
            .count();
        (!declared && deleted > 0).then(|| GuardViolation {
            message: format!(
                "nothing is declared for {}, so all its {deleted} entities would be deleted",
                describe_scope(scope)
            ),
            allow_flag: "--allow-empty",
        })
    });
    refused.collect()
}

/// What something will still refer to, and that goes: by deletion, or a vault by another prefix.
fn check_in_use(plan: &Plan, question: &PlanInput<'_>, after: &PlannedState<'_>) -> Vec<GuardViolation> {
    let gone: BTreeSet<(KindId, Uuid)> = deleted_entities(plan)
        .map(|subject| (subject.kind, subject.id))
        .collect();
    let vaults = question.catalog.find_kind("vaults");
    let mut seen = HashSet::new();
    let touched = plan.changes.iter().map(Change::entity).filter(|subject| {
        let id = (subject.kind, subject.id);
        (gone.contains(&id) || Some(subject.kind) == vaults) && seen.insert(id)
    });
    let touched: Vec<&ChangedEntity> = touched.collect();
    if touched.is_empty() {
        return Vec::new();
    }
    let (uses, prefixes) = (UsageIndex::new(question, after), live_vault_prefixes(question, vaults));
    let refused = touched.into_iter().filter_map(|subject| {
        let is_gone = gone.contains(&(subject.kind, subject.id));
        let prefix = prefixes.get(&subject.id).filter(|_| Some(subject.kind) == vaults);
        let users = uses
            .users_by_link(subject)
            .filter(|_| is_gone)
            .or_else(|| uses.users_by_prefix(prefix?))?;
        let word = &question.catalog.kind(subject.kind).name;
        let fate = match (is_gone, prefix) {
            (false, Some(prefix)) => format!("would lose the prefix {prefix}, which"),
            _ => "would be deleted, and".to_owned(),
        };
        Some(GuardViolation {
            message: format!(
                "{word} {} {fate} is still in use by {}",
                subject.title,
                format_names(users)
            ),
            allow_flag: "--allow-delete-in-use",
        })
    });
    refused.collect()
}

/// The prefixes that the live vaults of the scopes have.
fn live_vault_prefixes(question: &PlanInput<'_>, vaults: Option<KindId>) -> HashMap<Uuid, String> {
    let kind = vaults.into_iter();
    let live = kind.flat_map(|kind| {
        question
            .live
            .owned
            .get(&kind)
            .into_iter()
            .flatten()
            .map(move |entity| (kind, entity))
    });
    let named = live
        .filter_map(|(kind, entity)| Some((entity.id, vault_prefix(question.catalog, kind, entity.body.expose())?)));
    named.collect()
}

/// What every entity that will stand refers to.
struct UsageIndex {
    by_id: HashMap<(KindId, Uuid), Vec<String>>,
    by_prefix: HashMap<String, Vec<String>>,
    remaining_prefixes: BTreeSet<String>,
}

impl UsageIndex {
    fn new(question: &PlanInput<'_>, after: &PlannedState<'_>) -> Self {
        let mut uses = Self {
            by_id: HashMap::new(),
            by_prefix: HashMap::new(),
            remaining_prefixes: BTreeSet::new(),
        };
        for one in &after.owned {
            uses.add_entity(
                question,
                one.kind,
                one.id,
                one.body.expose(),
                referenced_vaults(one.body.expose()),
            );
        }
        for (kind, one) in &after.foreign {
            let named = one
                .references
                .iter()
                .filter_map(|(_, text)| reference::parse_reference(text).ok());
            let named = named.map(|reference| reference.vault_name());
            uses.add_entity(question, *kind, one.id, one.index.expose(), named.collect());
        }
        uses
    }

    fn add_entity(
        &mut self,
        question: &PlanInput<'_>,
        id: KindId,
        entity: Uuid,
        body: &Object,
        named: BTreeSet<String>,
    ) {
        let kind = question.catalog.kind(id);
        self.remaining_prefixes.extend(vault_prefix(question.catalog, id, body));
        let mut links = foreign_key_ids(kind, body).peekable();
        if links.peek().is_none() && named.is_empty() {
            return;
        }
        let name = format!(
            "{} {}",
            kind.name,
            title::entity_name(question.catalog, id, (entity, body), question.fingerprinter)
        );
        for (foreign, to) in links {
            self.by_id.entry((foreign.kind, to)).or_default().push(name.clone());
        }
        for vault in named {
            self.by_prefix.entry(vault).or_default().push(name.clone());
        }
    }

    /// Who points at an entity.
    fn users_by_link(&self, gone: &ChangedEntity) -> Option<&[String]> {
        self.by_id.get(&(gone.kind, gone.id)).map(Vec::as_slice)
    }

    /// Who names a vault's prefix, if none will stand with it.
    fn users_by_prefix(&self, prefix: &str) -> Option<&[String]> {
        let users = self
            .by_prefix
            .get(prefix)
            .filter(|_| !self.remaining_prefixes.contains(prefix));
        users.map(Vec::as_slice)
    }
}

/// The entities that will be gone: those that come back under their id are not.
fn deleted_entities(plan: &Plan) -> impl Iterator<Item = &ChangedEntity> {
    let made = plan
        .changes
        .iter()
        .filter(|change| !matches!(change, Change::Delete { .. }));
    let made: HashSet<(KindId, Uuid)> = made.map(|change| (change.entity().kind, change.entity().id)).collect();
    plan.changes.iter().filter_map(move |change| match change {
        Change::Delete { entity: subject, .. } if !made.contains(&(subject.kind, subject.id)) => Some(subject),
        _ => None,
    })
}

fn describe_scope(scope: &Scope) -> String {
    match scope.tags.is_empty() {
        true => "the control plane".to_owned(),
        false => format!(
            "the scope {}",
            scope.tags.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn format_names(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}
