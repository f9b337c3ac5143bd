use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use petgraph::graph::{DiGraph, NodeIndex};
use uuid::Uuid;

use super::super::Phase;
use super::super::draft::{Act, Draft};
use super::super::known::links_in;
use super::takes::Take;
use json::{Object, Value};
use schema::{Catalog, KindId};

/// How the circles that pass through a unique value are broken.
#[derive(Default)]
pub(super) struct Decisions {
    /// Fields that are set to something else first, by draft.
    pub parked: BTreeMap<usize, Object>,
    /// Deletions that come right before what takes the entity's place.
    pub early: BTreeSet<usize>,
    /// Updates that become a deletion and a creation.
    pub replaced: BTreeSet<usize>,
}

/// One step of the plan, by the draft it serves.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Node {
    pub draft: usize,
    pub work: Work,
    pub phase: Phase,
}

/// What a step does for its draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Work {
    Park,
    Make,
    Remove,
}

/// Why a step waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It needs what the other makes, or removes what the other stops needing.
    Needs,
    /// It takes a unique value that the other gives up: the place among the takes.
    Takes(usize),
}

pub(super) type Graph = DiGraph<Node, Why>;

/// The steps of all drafts under some decisions, and what each waits for.
pub(super) fn build(catalog: &Catalog, drafts: &[Draft<'_>], takes: &[Take], decisions: &Decisions) -> Graph {
    let mut building = Building {
        catalog,
        drafts,
        graph: Graph::new(),
        parks: BTreeMap::new(),
        makes: BTreeMap::new(),
        removes: BTreeMap::new(),
    };
    building.nodes(decisions);
    building.wait_for_makers();
    building.wait_for_leavers();
    building.wait_for_names(takes, decisions);
    building.graph
}

struct Building<'a, 'd> {
    catalog: &'a Catalog,
    drafts: &'d [Draft<'d>],
    graph: Graph,
    parks: BTreeMap<usize, NodeIndex>,
    makes: BTreeMap<usize, NodeIndex>,
    removes: BTreeMap<usize, NodeIndex>,
}

impl Building<'_, '_> {
    fn nodes(&mut self, decisions: &Decisions) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let parks = decisions.parked.contains_key(&at);
            let replaced = decisions.replaced.contains(&at);
            let deletes = matches!(draft.act, Act::Delete { .. });
            let early = replaced || decisions.early.contains(&at);
            let phase = if deletes && !early { Phase::Clear } else { Phase::Stand };
            let mut last = None;
            let works = [
                (parks, Work::Park),
                (deletes || replaced, Work::Remove),
                (!deletes, Work::Make),
            ];
            for (_, work) in works.into_iter().filter(|(does, _)| *does) {
                let phase = if work == Work::Remove { phase } else { Phase::Stand };
                let node = self.graph.add_node(Node { draft: at, work, phase });
                self.place(work).insert(at, node);
                if let Some(last) = last.replace(node) {
                    self.graph.add_edge(last, node, Why::Needs);
                }
            }
        }
    }

    fn place(&mut self, work: Work) -> &mut BTreeMap<usize, NodeIndex> {
        match work {
            Work::Park => &mut self.parks,
            Work::Make => &mut self.makes,
            Work::Remove => &mut self.removes,
        }
    }

    /// What is written waits for what it refers to by foreign key, and for the vault that its references name.
    fn wait_for_makers(&mut self) {
        let mut made: HashMap<(KindId, Uuid), NodeIndex> = HashMap::new();
        let mut vaults: HashMap<String, NodeIndex> = HashMap::new();
        for (at, node) in &self.makes {
            let draft = &self.drafts[*at];
            if matches!(draft.act, Act::Create { .. }) {
                made.insert((draft.kind, draft.id), *node);
            }
            vaults.extend(
                draft
                    .desired()
                    .and_then(|body| prefix(self.catalog, draft.kind, body))
                    .map(|prefix| (prefix, *node)),
            );
        }
        for (at, node) in &self.makes {
            let draft = &self.drafts[*at];
            let Some(desired) = draft.desired() else { continue };
            let kind = self.catalog.kind(draft.kind);
            let links = links_in(kind, desired).filter_map(|(foreign, id)| made.get(&(foreign.kind, id)));
            let mut waits: HashSet<NodeIndex> = links.copied().collect();
            if !vaults.is_empty() {
                waits.extend(vaults_named(desired).iter().filter_map(|prefix| vaults.get(prefix)));
            }
            for wait in waits.into_iter().filter(|wait| wait != node) {
                self.graph.add_edge(wait, *node, Why::Needs);
            }
        }
    }

    /// What is removed waits for those that stop referring to it.
    fn wait_for_leavers(&mut self) {
        let mut removed: HashMap<(KindId, Uuid), NodeIndex> = HashMap::new();
        let mut vaults: HashMap<String, NodeIndex> = HashMap::new();
        for (at, node) in &self.removes {
            let draft = &self.drafts[*at];
            removed.insert((draft.kind, draft.id), *node);
            vaults.extend(
                draft
                    .live()
                    .and_then(|body| prefix(self.catalog, draft.kind, body))
                    .map(|prefix| (prefix, *node)),
            );
        }
        if removed.is_empty() {
            return;
        }
        for (at, draft) in self.drafts.iter().enumerate() {
            let Some(live) = draft.live() else { continue };
            let leaves = self.removes.get(&at).or_else(|| self.makes.get(&at)).copied();
            let Some(leaves) = leaves else { continue };
            let links = links_in(self.catalog.kind(draft.kind), live);
            let links = links.filter_map(|(foreign, id)| removed.get(&(foreign.kind, id)));
            let mut left: HashSet<NodeIndex> = links.copied().collect();
            if !vaults.is_empty() {
                left.extend(vaults_named(live).iter().filter_map(|prefix| vaults.get(prefix)));
            }
            for left in left.into_iter().filter(|left| *left != leaves) {
                let phases = (self.graph[leaves].phase, self.graph[left].phase);
                if phases != (Phase::Stand, Phase::Clear) {
                    self.graph.add_edge(leaves, left, Why::Needs);
                }
            }
        }
    }

    /// What takes a unique value waits for its release.
    fn wait_for_names(&mut self, takes: &[Take], decisions: &Decisions) {
        for (at, take) in takes.iter().enumerate() {
            let parked = decisions.parked.get(&take.holder);
            let parked = parked.is_some_and(|fields| take.set.iter().any(|field| fields.contains_key(field)));
            let (holder, taker) = (take.holder, self.makes.get(&take.taker));
            let release = match parked {
                true => self.parks.get(&holder),
                false => self.removes.get(&holder).or_else(|| self.makes.get(&holder)),
            };
            if let (Some(release), Some(taker)) = (release, taker) {
                self.graph.add_edge(*release, *taker, Why::Takes(at));
            }
        }
    }
}

/// The prefix by which references name a vault, if the entity is one.
pub(in super::super) fn prefix(catalog: &Catalog, kind: KindId, body: &Object) -> Option<String> {
    let kind = catalog.kind(kind);
    let field = kind.endpoint_key.as_ref().filter(|_| kind.collection == "vaults")?;
    Some(body.get(field)?.as_str()?.to_owned())
}

/// The vaults that the references in a body name.
pub(in super::super) fn vaults_named(body: &Object) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    body.values().for_each(|value| collect(value, &mut found));
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if reference::is_reference(text) => {
            let named = reference::parse_reference(text).ok();
            found.extend(named.map(|reference| String::from_utf8_lossy(&reference.name).into_owned()));
        }
        Value::Array(members) => members.iter().for_each(|member| collect(member, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}
