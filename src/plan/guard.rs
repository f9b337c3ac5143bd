use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use crate::delete_limit::check_max_deletes;
use crate::live_index::foreign_key_ids;
use crate::schedule::{referenced_vaults, vault_prefix};
use crate::{Change, ChangedEntity, Plan, PlanInput, PlannedState};
use json::Object;
use schema::KindId;
use state::Scope;

/// A plan that may be carried out. Its one constructor is [`Guards::approve`].
#[derive(Debug)]
pub struct ApprovedPlan(Plan);

/// How much a run may delete (`--max-deletes N|P%`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DeleteLimit {
    /// At most so many entities of a scope.
    Count(u64),
    /// At most so many percent of a scope that holds ten or more; in a run without tags, of three or more, and not all
    /// entities of a tag.
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
    /// Approves a plan, or hands it back with all that is refused.
    ///
    /// # Errors
    /// The plan, with every violation.
    pub fn approve(
        &self,
        plan: Plan,
        input: &PlanInput<'_>,
        planned: &PlannedState<'_>,
    ) -> Result<ApprovedPlan, (Plan, Vec<GuardViolation>)> {
        let mut violations = check_max_deletes(self.max_deletes, &plan, input);
        if !self.allow_empty {
            violations.extend(check_empty_scopes(&plan, input));
        }
        if !self.allow_delete_in_use {
            violations.extend(check_in_use(&plan, input, planned));
        }
        match violations.is_empty() {
            true => Ok(ApprovedPlan(plan)),
            false => Err((plan, violations)),
        }
    }
}

impl ApprovedPlan {
    /// The plan, without the approval.
    pub fn into_plan(self) -> Plan {
        self.0
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}

/// The scopes in which nothing is declared and something is live.
fn check_empty_scopes(plan: &Plan, input: &PlanInput<'_>) -> Vec<GuardViolation> {
    let scopes = input.desired.scopes.iter().enumerate();
    let violations = scopes.filter_map(|(at, scope)| {
        let declared = input
            .desired
            .entities
            .iter()
            .any(|declared| declared.scope.0 as usize == at);
        let deleted = deleted_entities(plan)
            .filter(|entity| entity.scope.0 as usize == at)
            .count();
        (!declared && deleted > 0).then(|| GuardViolation {
            message: format!(
                "nothing is declared for {}, so all its {deleted} entities would be deleted",
                describe_scope(scope)
            ),
            allow_flag: "--allow-empty",
        })
    });
    violations.collect()
}

/// What something will still refer to, and that is deleted, or a vault that is given another prefix.
fn check_in_use(plan: &Plan, input: &PlanInput<'_>, planned: &PlannedState<'_>) -> Vec<GuardViolation> {
    let deleted: BTreeSet<(KindId, Uuid)> = deleted_entities(plan).map(|entity| (entity.kind, entity.id)).collect();
    let vaults = input.catalog.find_kind("vaults");
    let mut seen = HashSet::new();
    let endangered = plan.changes.iter().map(Change::entity).filter(|entity| {
        let id = (entity.kind, entity.id);
        (deleted.contains(&id) || Some(entity.kind) == vaults) && seen.insert(id)
    });
    let endangered: Vec<&ChangedEntity> = endangered.collect();
    if endangered.is_empty() {
        return Vec::new();
    }
    let (usage, prefixes) = (UsageIndex::new(input, planned), live_vault_prefixes(input, vaults));
    let violations = endangered.into_iter().filter_map(|entity| {
        let is_deleted = deleted.contains(&(entity.kind, entity.id));
        let prefix = prefixes.get(&entity.id).filter(|_| Some(entity.kind) == vaults);
        let users = usage
            .users_by_link(entity)
            .filter(|_| is_deleted)
            .or_else(|| usage.users_by_prefix(prefix?))?;
        let kind_name = &input.catalog.kind(entity.kind).name;
        let consequence = match (is_deleted, prefix) {
            (false, Some(prefix)) => format!("would lose the prefix {prefix}, which"),
            _ => "would be deleted, and".to_owned(),
        };
        Some(GuardViolation {
            message: format!(
                "{kind_name} {} {consequence} is still in use by {}",
                entity.name,
                format_names(users)
            ),
            allow_flag: "--allow-delete-in-use",
        })
    });
    violations.collect()
}

/// The prefixes that the live vaults of the scopes have.
fn live_vault_prefixes(input: &PlanInput<'_>, vaults: Option<KindId>) -> HashMap<Uuid, String> {
    let live = vaults.into_iter().flat_map(|kind| {
        let entities = input.live.owned.get(&kind).into_iter().flatten();
        entities.map(move |entity| (kind, entity))
    });
    let prefixes =
        live.filter_map(|(kind, entity)| Some((entity.id, vault_prefix(input.catalog, kind, entity.body.expose())?)));
    prefixes.collect()
}

/// Which entities will refer to which, and to which vaults.
struct UsageIndex {
    by_id: HashMap<(KindId, Uuid), Vec<String>>,
    by_prefix: HashMap<String, Vec<String>>,
    remaining_prefixes: BTreeSet<String>,
}

impl UsageIndex {
    fn new(input: &PlanInput<'_>, planned: &PlannedState<'_>) -> Self {
        let mut usage = Self {
            by_id: HashMap::new(),
            by_prefix: HashMap::new(),
            remaining_prefixes: BTreeSet::new(),
        };
        for entity in &planned.owned {
            let body = entity.body.expose();
            usage.add_entity(input, entity.kind, (entity.id, body), referenced_vaults(body));
        }
        for (kind, entity) in &planned.foreign {
            let texts = entity.references.iter().map(|(_, text)| text);
            let references = texts.filter_map(|text| reference::parse_reference(text).ok());
            let vaults = references.map(|reference| reference.vault_name());
            usage.add_entity(input, *kind, (entity.id, entity.index.expose()), vaults.collect());
        }
        usage
    }

    fn add_entity(
        &mut self,
        input: &PlanInput<'_>,
        kind_id: KindId,
        (id, body): (Uuid, &Object),
        vaults: BTreeSet<String>,
    ) {
        let kind = input.catalog.kind(kind_id);
        self.remaining_prefixes
            .extend(vault_prefix(input.catalog, kind_id, body));
        let mut links = foreign_key_ids(kind, body).peekable();
        if links.peek().is_none() && vaults.is_empty() {
            return;
        }
        let name = format!("{} {}", kind.name, input.entity_name(kind_id, (id, body)));
        for (foreign, target) in links {
            self.by_id.entry((foreign.kind, target)).or_default().push(name.clone());
        }
        for vault in vaults {
            self.by_prefix.entry(vault).or_default().push(name.clone());
        }
    }

    /// What points at an entity.
    fn users_by_link(&self, entity: &ChangedEntity) -> Option<&[String]> {
        self.by_id.get(&(entity.kind, entity.id)).map(Vec::as_slice)
    }

    /// What names a vault's prefix, if no vault will have it.
    fn users_by_prefix(&self, prefix: &str) -> Option<&[String]> {
        let users = self
            .by_prefix
            .get(prefix)
            .filter(|_| !self.remaining_prefixes.contains(prefix));
        users.map(Vec::as_slice)
    }
}

/// The entities that will be gone: those that are created again under their id are not.
pub(crate) fn deleted_entities(plan: &Plan) -> impl Iterator<Item = &ChangedEntity> {
    let recreated = plan
        .changes
        .iter()
        .filter(|change| !matches!(change, Change::Delete { .. }));
    let recreated: HashSet<(KindId, Uuid)> = recreated
        .map(|change| (change.entity().kind, change.entity().id))
        .collect();
    plan.changes.iter().filter_map(move |change| match change {
        Change::Delete { entity, .. } if !recreated.contains(&(entity.kind, entity.id)) => Some(entity),
        _ => None,
    })
}

pub(crate) fn describe_scope(scope: &Scope) -> String {
    match scope.tags.is_empty() {
        true => "the control plane".to_owned(),
        false => format!(
            "the scope {}",
            scope.tags.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        ),
    }
}

pub(crate) fn format_names(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}
