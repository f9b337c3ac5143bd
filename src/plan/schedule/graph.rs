use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use petgraph::graph::{DiGraph, NodeIndex};
use uuid::Uuid;

use super::handovers::NameHandover;
use crate::Phase;
use crate::draft::{ChangeDraft, DraftAction};
use crate::live_index::foreign_key_ids;
use json::{Object, Value};
use schema::{Catalog, KindId};

/// How the cycles that pass through a unique value are broken.
#[derive(Default)]
pub(super) struct CycleBreaks {
    /// Fields that are set to something else first, by draft.
    pub temporary_values: BTreeMap<usize, Object>,
    /// Deletions that come right before what takes the entity's unique value.
    pub early_deletes: BTreeSet<usize>,
    /// Updates that become a deletion and a creation.
    pub replaced_updates: BTreeSet<usize>,
}

/// One step of the plan, by the draft it serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepNode {
    pub draft: usize,
    pub role: StepRole,
    pub phase: Phase,
}

/// What a step does for its draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StepRole {
    Rename,
    Write,
    Delete,
}

/// Why a step waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EdgeReason {
    /// It needs what the other creates, or deletes what the other stops needing.
    Dependency,
    /// It takes a unique value that the other gives up: the index of the handover.
    Handover(usize),
}

pub(super) type StepGraph = DiGraph<StepNode, EdgeReason>;

/// The steps of all drafts with those breaks, and what each waits for.
pub(super) fn build_graph(
    catalog: &Catalog,
    drafts: &[ChangeDraft<'_>],
    handovers: &[NameHandover],
    cycle_breaks: &CycleBreaks,
) -> StepGraph {
    let mut builder = StepGraphBuilder {
        catalog,
        drafts,
        graph: StepGraph::new(),
        renames: BTreeMap::new(),
        writes: BTreeMap::new(),
        deletes: BTreeMap::new(),
    };
    builder.add_nodes(cycle_breaks);
    builder.add_dependency_edges();
    builder.add_delete_edges();
    builder.add_handover_edges(handovers, cycle_breaks);
    builder.graph
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
    fn add_nodes(&mut self, cycle_breaks: &CycleBreaks) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let is_renamed = cycle_breaks.temporary_values.contains_key(&at);
            let is_replaced = cycle_breaks.replaced_updates.contains(&at);
            let is_deleted = matches!(draft.action, DraftAction::Delete { .. });
            let is_early = is_replaced || cycle_breaks.early_deletes.contains(&at);
            let phase = if is_deleted && !is_early {
                Phase::Delete
            } else {
                Phase::Write
            };
            let mut last = None;
            let roles = [
                (is_renamed, StepRole::Rename),
                (is_deleted || is_replaced, StepRole::Delete),
                (!is_deleted, StepRole::Write),
            ];
            for (_, role) in roles.into_iter().filter(|(is_needed, _)| *is_needed) {
                let phase = if role == StepRole::Delete { phase } else { Phase::Write };
                let node = self.graph.add_node(StepNode { draft: at, role, phase });
                self.nodes_by_role(role).insert(at, node);
                if let Some(last) = last.replace(node) {
                    self.graph.add_edge(last, node, EdgeReason::Dependency);
                }
            }
        }
    }

    fn nodes_by_role(&mut self, role: StepRole) -> &mut BTreeMap<usize, NodeIndex> {
        match role {
            StepRole::Rename => &mut self.renames,
            StepRole::Write => &mut self.writes,
            StepRole::Delete => &mut self.deletes,
        }
    }

    /// What is written waits for what it refers to by foreign key, and for the vault that its references name.
    fn add_dependency_edges(&mut self) {
        let mut created: HashMap<(KindId, Uuid), NodeIndex> = HashMap::new();
        let mut vaults: HashMap<String, NodeIndex> = HashMap::new();
        for (at, node) in &self.writes {
            let draft = &self.drafts[*at];
            if matches!(draft.action, DraftAction::Create { .. }) {
                created.insert((draft.kind, draft.id), *node);
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
            let links = foreign_key_ids(kind, desired).filter_map(|(foreign, id)| created.get(&(foreign.kind, id)));
            let mut dependencies: HashSet<NodeIndex> = links.copied().collect();
            if !vaults.is_empty() {
                dependencies.extend(
                    referenced_vaults(desired)
                        .iter()
                        .filter_map(|prefix| vaults.get(prefix)),
                );
            }
            for dependency in dependencies.into_iter().filter(|dependency| dependency != node) {
                self.graph.add_edge(dependency, *node, EdgeReason::Dependency);
            }
        }
    }

    /// What is deleted waits for those that stop referring to it.
    fn add_delete_edges(&mut self) {
        let mut deleted: HashMap<(KindId, Uuid), NodeIndex> = HashMap::new();
        let mut vaults: HashMap<String, NodeIndex> = HashMap::new();
        for (at, node) in &self.deletes {
            let draft = &self.drafts[*at];
            deleted.insert((draft.kind, draft.id), *node);
            vaults.extend(
                draft
                    .live()
                    .and_then(|body| vault_prefix(self.catalog, draft.kind, body))
                    .map(|prefix| (prefix, *node)),
            );
        }
        if deleted.is_empty() {
            return;
        }
        for (at, draft) in self.drafts.iter().enumerate() {
            let Some(live) = draft.live() else { continue };
            let last_step = self.deletes.get(&at).or_else(|| self.writes.get(&at)).copied();
            let Some(last_step) = last_step else { continue };
            let links = foreign_key_ids(self.catalog.kind(draft.kind), live);
            let links = links.filter_map(|(foreign, id)| deleted.get(&(foreign.kind, id)));
            let mut deleted_targets: HashSet<NodeIndex> = links.copied().collect();
            if !vaults.is_empty() {
                deleted_targets.extend(referenced_vaults(live).iter().filter_map(|prefix| vaults.get(prefix)));
            }
            for target in deleted_targets.into_iter().filter(|target| *target != last_step) {
                let phases = (self.graph[last_step].phase, self.graph[target].phase);
                if phases != (Phase::Write, Phase::Delete) {
                    self.graph.add_edge(last_step, target, EdgeReason::Dependency);
                }
            }
        }
    }

    /// What takes a unique value waits for its release.
    fn add_handover_edges(&mut self, handovers: &[NameHandover], cycle_breaks: &CycleBreaks) {
        for (at, handover) in handovers.iter().enumerate() {
            let temporary = cycle_breaks.temporary_values.get(&handover.holder);
            let is_renamed =
                temporary.is_some_and(|fields| handover.fields.iter().any(|field| fields.contains_key(field)));
            let (holder, taker) = (handover.holder, self.writes.get(&handover.taker));
            let releasing = match is_renamed {
                true => self.renames.get(&holder),
                false => self.deletes.get(&holder).or_else(|| self.writes.get(&holder)),
            };
            if let (Some(releasing), Some(taker)) = (releasing, taker) {
                self.graph.add_edge(*releasing, *taker, EdgeReason::Handover(at));
            }
        }
    }
}

/// The prefix by which references name a vault, if the entity is one.
pub(crate) fn vault_prefix(catalog: &Catalog, kind: KindId, body: &Object) -> Option<String> {
    let kind = catalog.kind(kind);
    let field = kind.endpoint_key.as_ref().filter(|_| kind.collection == "vaults")?;
    Some(body.get(field)?.as_str()?.to_owned())
}

/// The vaults that the references in a body name.
pub(crate) fn referenced_vaults(body: &Object) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    body.values()
        .for_each(|value| collect_referenced_vaults(value, &mut found));
    found
}

fn collect_referenced_vaults(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if reference::is_reference(text) => {
            let reference = reference::parse_reference(text).ok();
            found.extend(reference.map(|reference| reference.vault_name()));
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
