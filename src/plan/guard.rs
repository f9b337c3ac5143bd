use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::known::links_in;
use super::order::{prefix, vaults_named};
use super::{After, Change, Plan, Question, Subject, title};
use json::Object;
use schema::KindId;
use state::{Scope, entity_tags};

/// Below so many entities a scope is too small for a share to mean anything.
const FEW: u64 = 10;

/// A plan that may be carried out. Its one constructor is [`Guards::approve`].
#[derive(Debug)]
pub struct Approved(Plan);

/// How much a run may delete (`--max-deletes N|P%`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// At most so many entities of a scope.
    Count(u64),
    /// At most so many percent of a scope that holds ten or more.
    Percent(f64),
}

/// What a run is allowed to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Guards {
    /// How much it may delete.
    pub max_deletes: Limit,
    /// Whether an empty desired state may delete something.
    pub allow_empty: bool,
    /// Whether a vault, certificate, CA certificate or key set that something still refers to may be deleted, or a vault
    /// given another prefix.
    pub allow_delete_in_use: bool,
}

/// Why a plan may not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is refused, in one sentence.
    pub message: String,
    /// The flag that allows it.
    pub allow: &'static str,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_deletes: Limit::Percent(30.0),
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
        question: &Question<'_>,
        after: &After<'_>,
    ) -> Result<Approved, (Plan, Vec<Refusal>)> {
        let mut refusals = too_many(self.max_deletes, &plan, question);
        if !self.allow_empty {
            refusals.extend(emptied(&plan, question));
        }
        if !self.allow_delete_in_use {
            refusals.extend(in_use(&plan, question, after));
        }
        match refusals.is_empty() {
            true => Ok(Approved(plan)),
            false => Err((plan, refusals)),
        }
    }
}

impl Approved {
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
fn too_many(limit: Limit, plan: &Plan, question: &Question<'_>) -> Vec<Refusal> {
    let scopes = question.desired.scopes.iter().enumerate();
    let refused = scopes.filter_map(|(at, scope)| {
        let deleted = deleted(plan).filter(|subject| subject.scope.0 as usize == at).count() as u64;
        if deleted == 0 {
            return None;
        }
        let held = question.live.owned.values().flatten();
        let held = held
            .filter(|entity| scope.includes_tags(entity_tags(entity.body.expose())))
            .count() as u64;
        let allowed = match limit {
            Limit::Count(most) => deleted <= most,
            Limit::Percent(most) => held < FEW || deleted as f64 * 100.0 <= most * held as f64,
        };
        let message = || format!("{deleted} of the {held} entities of {} would be deleted", words(scope));
        (!allowed).then(|| Refusal {
            message: message(),
            allow: "--max-deletes",
        })
    });
    refused.collect()
}

/// The scopes in which nothing is declared and something stands.
fn emptied(plan: &Plan, question: &Question<'_>) -> Vec<Refusal> {
    let scopes = question.desired.scopes.iter().enumerate();
    let refused = scopes.filter_map(|(at, scope)| {
        let declared = question
            .desired
            .entities
            .iter()
            .any(|declared| declared.scope.0 as usize == at);
        let deleted = deleted(plan).filter(|subject| subject.scope.0 as usize == at).count();
        (!declared && deleted > 0).then(|| Refusal {
            message: format!(
                "nothing is declared for {}, so all its {deleted} entities would be deleted",
                words(scope)
            ),
            allow: "--allow-empty",
        })
    });
    refused.collect()
}

/// What something will still refer to, and that goes: by deletion, or a vault by another prefix.
fn in_use(plan: &Plan, question: &Question<'_>, after: &After<'_>) -> Vec<Refusal> {
    let gone: BTreeSet<(KindId, Uuid)> = deleted(plan).map(|subject| (subject.kind, subject.id)).collect();
    let vaults = question.catalog.find_kind("vaults");
    let mut seen = HashSet::new();
    let touched = plan.changes.iter().map(Change::subject).filter(|subject| {
        let id = (subject.kind, subject.id);
        (gone.contains(&id) || Some(subject.kind) == vaults) && seen.insert(id)
    });
    let touched: Vec<&Subject> = touched.collect();
    if touched.is_empty() {
        return Vec::new();
    }
    let (uses, prefixes) = (Uses::of(question, after), prefixes(question, vaults));
    let refused = touched.into_iter().filter_map(|subject| {
        let is_gone = gone.contains(&(subject.kind, subject.id));
        let prefix = prefixes.get(&subject.id).filter(|_| Some(subject.kind) == vaults);
        let users = uses
            .linked(subject)
            .filter(|_| is_gone)
            .or_else(|| uses.by_name(prefix?))?;
        let word = &question.catalog.kind(subject.kind).name;
        let fate = match (is_gone, prefix) {
            (false, Some(prefix)) => format!("would lose the prefix {prefix}, which"),
            _ => "would be deleted, and".to_owned(),
        };
        Some(Refusal {
            message: format!("{word} {} {fate} is still in use by {}", subject.title, list(users)),
            allow: "--allow-delete-in-use",
        })
    });
    refused.collect()
}

/// The prefixes that the live vaults of the scopes have.
fn prefixes(question: &Question<'_>, vaults: Option<KindId>) -> HashMap<Uuid, String> {
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
    let named =
        live.filter_map(|(kind, entity)| Some((entity.id, prefix(question.catalog, kind, entity.body.expose())?)));
    named.collect()
}

/// What every entity that will stand refers to.
struct Uses {
    by_id: HashMap<(KindId, Uuid), Vec<String>>,
    by_prefix: HashMap<String, Vec<String>>,
    standing: BTreeSet<String>,
}

impl Uses {
    fn of(question: &Question<'_>, after: &After<'_>) -> Self {
        let mut uses = Self {
            by_id: HashMap::new(),
            by_prefix: HashMap::new(),
            standing: BTreeSet::new(),
        };
        for one in &after.owned {
            uses.add(
                question,
                one.kind,
                one.id,
                one.body.expose(),
                vaults_named(one.body.expose()),
            );
        }
        for (kind, one) in &after.foreign {
            let named = one
                .references
                .iter()
                .filter_map(|(_, text)| reference::parse_reference(text).ok());
            let named = named.map(|reference| String::from_utf8_lossy(&reference.name).into_owned());
            uses.add(question, *kind, one.id, one.index.expose(), named.collect());
        }
        uses
    }

    fn add(&mut self, question: &Question<'_>, id: KindId, entity: Uuid, body: &Object, named: BTreeSet<String>) {
        let kind = question.catalog.kind(id);
        self.standing.extend(prefix(question.catalog, id, body));
        let mut links = links_in(kind, body).peekable();
        if links.peek().is_none() && named.is_empty() {
            return;
        }
        let name = format!(
            "{} {}",
            kind.name,
            title::name(question.catalog, id, (entity, body), question.fingerprinter)
        );
        for (foreign, to) in links {
            self.by_id.entry((foreign.kind, to)).or_default().push(name.clone());
        }
        for vault in named {
            self.by_prefix.entry(vault).or_default().push(name.clone());
        }
    }

    /// Who points at an entity.
    fn linked(&self, gone: &Subject) -> Option<&[String]> {
        self.by_id.get(&(gone.kind, gone.id)).map(Vec::as_slice)
    }

    /// Who names a vault's prefix, if none will stand with it.
    fn by_name(&self, prefix: &str) -> Option<&[String]> {
        let users = self.by_prefix.get(prefix).filter(|_| !self.standing.contains(prefix));
        users.map(Vec::as_slice)
    }
}

/// The entities that will be gone: those that come back under their id are not.
fn deleted(plan: &Plan) -> impl Iterator<Item = &Subject> {
    let made = plan
        .changes
        .iter()
        .filter(|change| !matches!(change, Change::Delete { .. }));
    let made: HashSet<(KindId, Uuid)> = made
        .map(|change| (change.subject().kind, change.subject().id))
        .collect();
    plan.changes.iter().filter_map(move |change| match change {
        Change::Delete { subject, .. } if !made.contains(&(subject.kind, subject.id)) => Some(subject),
        _ => None,
    })
}

fn words(scope: &Scope) -> String {
    match scope.tags.is_empty() {
        true => "the control plane".to_owned(),
        false => format!(
            "the scope {}",
            scope.tags.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}
