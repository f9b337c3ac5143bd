use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use petgraph::graph::{DiGraph, NodeIndex};
use uuid::Uuid;

use super::super::Phase;
use super::super::draft::{ChangeDraft, DraftAction};
use super::super::live_index::foreign_key_ids;
use super::handovers::NameHandover;
use json::{Object, Value};
use schema::{Catalog, KindId};

/// How the circles that pass through a unique value are broken.
#[derive(Default)]
pub(super) struct CycleBreaks {
    /// Fields that are set to something else first, by draft.
    pub temporary_values: BTreeMap<usize, Object>,
    /// Deletions that come right before what takes the entity's place.
    pub early_deletes: BTreeSet<usize>,
    /// Updates that become a deletion and a creation.
    pub replaced_updates: BTreeSet<usize>,
}

/// One step of the plan, by the draft it serves.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct StepNode {
    pub draft: usize,
    pub role: StepRole,
    pub phase: Phase,
}

/// What a step does for its draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum StepRole {
    Rename,
    Write,
    Delete,
}

/// Why a step waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EdgeReason {
    /// It needs what the other makes, or removes what the other stops needing.
    Dependency,
    /// It takes a unique value that the other gives up: the place among the takes.
    Handover(usize),
}

pub(super) type StepGraph = DiGraph<StepNode, EdgeReason>;

/// The steps of all drafts under some decisions, and what each waits for.
pub(super) fn build_graph(
    catalog: &Catalog,
    drafts: &[ChangeDraft<'_>],
    takes: &[NameHandover],
    decisions: &CycleBreaks,
) -> StepGraph {
    let mut building = StepGraphBuilder {
        catalog,
        drafts,
        graph: StepGraph::new(),
        renames: BTreeMap::new(),
        writes: BTreeMap::new(),
        deletes: BTreeMap::new(),
    };
    building.add_nodes(decisions);
    building.add_dependency_edges();
    building.add_delete_edges();
    building.add_handover_edges(takes, decisions);
    building.graph
}

struct StepGraphBuilder<'a, 'd> {
    catalog: &'a Catalog,
    drafts: &'d [ChangeDraft<'d>],
    graph: StepGraph,
    renames: BTreeMap<usize, NodeIndex>,
    writes: BTreeMap<usize, NodeIndex>,
    deletes: BTreeMap<usize, NodeIndex>,
}

impl StepGraphBuilder<'_, '_> {
    fn add_nodes(&mut self, decisions: &CycleBreaks) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let parks = decisions.temporary_values.contains_key(&at);
            let replaced = decisions.replaced_updates.contains(&at);
            let deletes = matches!(draft.action, DraftAction::Delete { .. });
            let early = replaced || decisions.early_deletes.contains(&at);
            let phase = if deletes && !early { Phase::Delete } else { Phase::Write };
            let mut last = None;
            let works = [
                (parks, StepRole::Rename),
                (deletes || replaced, StepRole::Delete),
                (!deletes, StepRole::Write),
            ];
            for (_, work) in works.into_iter().filter(|(does, _)| *does) {
                let phase = if work == StepRole::Delete { phase } else { Phase::Write };
                let node = self.graph.add_node(StepNode {
                    draft: at,
                    role: work,
                    phase,
                });
                self.nodes_by_role(work).insert(at, node);
                if let Some(last) = last.replace(node) {
                    self.graph.add_edge(last, node, EdgeReason::Dependency);
                }
            }
        }
    }

    fn nodes_by_role(&mut self, work: StepRole) -> &mut BTreeMap<usize, NodeIndex> {
        match work {
            StepRole::Rename => &mut self.renames,
            StepRole::Write => &mut self.writes,
            StepRole::Delete => &mut self.deletes,
        }
    }

    /// What is written waits for what it refers to by foreign key, and for the vault that its references name.
    fn add_dependency_edges(&mut self) {
        let mut made: HashMap<(KindId, Uuid), NodeIndex> = HashMap::new();
        let mut vaults: HashMap<String, NodeIndex> = HashMap::new();
        for (at, node) in &self.writes {
            let draft = &self.drafts[*at];
            if matches!(draft.action, DraftAction::Create { .. }) {
                made.insert((draft.kind, draft.id), *node);
            }
            vaults.extend(
                draft
                    .desired()
                    .and_then(|body| vault_prefix(self.catalog, draft.kind, body))
                    .map(|prefix| (prefix, *node)),
            );
        }
        for (at, node) in &self.writes {
            let draft = &self.drafts[*at];
            let Some(desired) = draft.desired() else { continue };
            let kind = self.catalog.kind(draft.kind);
            let links = foreign_key_ids(kind, desired).filter_map(|(foreign, id)| made.get(&(foreign.kind, id)));
            let mut waits: HashSet<NodeIndex> = links.copied().collect();
            if !vaults.is_empty() {
                waits.extend(
                    referenced_vaults(desired)
                        .iter()
                        .filter_map(|prefix| vaults.get(prefix)),
                );
            }
            for wait in waits.into_iter().filter(|wait| wait != node) {
                self.graph.add_edge(wait, *node, EdgeReason::Dependency);
            }
        }
    }

    /// What is removed waits for those that stop referring to it.
    fn add_delete_edges(&mut self) {
        let mut removed: HashMap<(KindId, Uuid), NodeIndex> = HashMap::new();
        let mut vaults: HashMap<String, NodeIndex> = HashMap::new();
        for (at, node) in &self.deletes {
            let draft = &self.drafts[*at];
            removed.insert((draft.kind, draft.id), *node);
            vaults.extend(
                draft
                    .live()
                    .and_then(|body| vault_prefix(self.catalog, draft.kind, body))
                    .map(|prefix| (prefix, *node)),
            );
        }
        if removed.is_empty() {
            return;
        }
        for (at, draft) in self.drafts.iter().enumerate() {
            let Some(live) = draft.live() else { continue };
            let leaves = self.deletes.get(&at).or_else(|| self.writes.get(&at)).copied();
            let Some(leaves) = leaves else { continue };
            let links = foreign_key_ids(self.catalog.kind(draft.kind), live);
            let links = links.filter_map(|(foreign, id)| removed.get(&(foreign.kind, id)));
            let mut left: HashSet<NodeIndex> = links.copied().collect();
            if !vaults.is_empty() {
                left.extend(referenced_vaults(live).iter().filter_map(|prefix| vaults.get(prefix)));
            }
            for left in left.into_iter().filter(|left| *left != leaves) {
                let phases = (self.graph[leaves].phase, self.graph[left].phase);
                if phases != (Phase::Write, Phase::Delete) {
                    self.graph.add_edge(leaves, left, EdgeReason::Dependency);
                }
            }
        }
    }

    /// What takes a unique value waits for its release.
    fn add_handover_edges(&mut self, takes: &[NameHandover], decisions: &CycleBreaks) {
        for (at, take) in takes.iter().enumerate() {
            let parked = decisions.temporary_values.get(&take.holder);
            let parked = parked.is_some_and(|fields| take.fields.iter().any(|field| fields.contains_key(field)));
            let (holder, taker) = (take.holder, self.writes.get(&take.taker));
            let release = match parked {
                true => self.renames.get(&holder),
                false => self.deletes.get(&holder).or_else(|| self.writes.get(&holder)),
            };
            if let (Some(release), Some(taker)) = (release, taker) {
                self.graph.add_edge(*release, *taker, EdgeReason::Handover(at));
            }
        }
    }
}

/// The prefix by which references name a vault, if the entity is one.
pub(in super::super) fn vault_prefix(catalog: &Catalog, kind: KindId, body: &Object) -> Option<String> {
    let kind = catalog.kind(kind);
    let field = kind.endpoint_key.as_ref().filter(|_| kind.collection == "vaults")?;
    Some(body.get(field)?.as_str()?.to_owned())
}

/// The vaults that the references in a body name.
pub(in super::super) fn referenced_vaults(body: &Object) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    body.values()
        .for_each(|value| collect_referenced_vaults(value, &mut found));
    found
}

fn collect_referenced_vaults(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if reference::is_reference(text) => {
            let named = reference::parse_reference(text).ok();
            found.extend(named.map(|reference| reference.vault_name()));
        }
        Value::Array(members) => members
            .iter()
            .for_each(|member| collect_referenced_vaults(member, found)),
        Value::Object(members) => members
            .values()
            .for_each(|member| collect_referenced_vaults(member, found)),
        _ => {}
    }
}
