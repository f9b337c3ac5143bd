//! Builds maps as decK does: unique names, and its order of merges.

use std::collections::{HashMap, HashSet};

use crate::{MapEntry, Node, NodeData, Span};
use json::ObjectKey;

/// From so many fields on, names are looked up in an index: a list of them is faster below.
const INDEX_THRESHOLD: usize = 24;

/// A map that is being read.
#[derive(Default)]
pub(super) struct MapBuilder {
    entries: Vec<MapEntry>,
    /// Where names stand among the entries, once there are many.
    index: Option<HashMap<ObjectKey, usize>>,
    /// Which entries a merge brought.
    merged: HashSet<usize>,
}

/// The outcome of adding a field.
pub(super) enum AddOutcome {
    /// It is new, or replaces one that a merge brought.
    Accepted,
    /// The name stood there before.
    Duplicate(Span),
}

/// The outcome of a merge.
pub(super) enum MergeOutcome {
    /// All of it was merged. These fields of the map itself stood above and are overwritten, as decK does.
    Overwrote(Vec<Span>),
    /// It is no map, nor a list of maps.
    NotAMap,
}

impl MapBuilder {
    /// An empty map that grows in that buffer.
    pub(super) fn with_buffer(buffer: Vec<MapEntry>) -> Self {
        Self {
            entries: buffer,
            ..Self::default()
        }
    }

    /// Adds a field. The last of a name wins, as with decK.
    pub(super) fn add(&mut self, key: ObjectKey, key_span: Span, value: Node) -> AddOutcome {
        let entry = MapEntry { key, key_span, value };
        match self.position(&entry.key) {
            None => {
                self.push(entry);
                AddOutcome::Accepted
            }
            Some(at) => {
                let before = std::mem::replace(&mut self.entries[at], entry);
                match self.merged.remove(&at) {
                    true => AddOutcome::Accepted,
                    false => AddOutcome::Duplicate(before.key_span),
                }
            }
        }
    }

    /// Merges the fields of a map, or of a list of maps, of which the first wins.
    pub(super) fn merge(&mut self, node: Node) -> MergeOutcome {
        let maps = match node.data {
            NodeData::Map(entries) => vec![entries],
            NodeData::List(members) => match entries_of_maps(members) {
                Some(maps) => maps,
                None => return MergeOutcome::NotAMap,
            },
            _ => return MergeOutcome::NotAMap,
        };
        let mut overwritten = Vec::new();
        for entry in maps.into_iter().rev().flatten() {
            match self.position(&entry.key) {
                None => {
                    self.merged.insert(self.entries.len());
                    self.push(entry);
                }
                Some(at) => {
                    let before = std::mem::replace(&mut self.entries[at], entry);
                    if self.merged.insert(at) {
                        overwritten.push(before.key_span);
                    }
                }
            }
        }
        MergeOutcome::Overwrote(overwritten)
    }

    /// The fields, in the order of the file, in the buffer.
    pub(super) fn into_entries(self) -> Vec<MapEntry> {
        self.entries
    }

    fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|entry| entry.key == key),
        }
    }

    fn push(&mut self, entry: MapEntry) {
        let at = self.entries.len();
        if let Some(index) = &mut self.index {
            index.insert(entry.key.clone(), at);
        } else if at == INDEX_THRESHOLD {
            let known = self.entries.iter().enumerate();
            let mut index: HashMap<_, _> = known.map(|(at, entry)| (entry.key.clone(), at)).collect();
            index.insert(entry.key.clone(), at);
            self.index = Some(index);
        }
        self.entries.push(entry);
    }
}

fn entries_of_maps(members: Vec<Node>) -> Option<Vec<Vec<MapEntry>>> {
    let entries = |node: Node| match node.data {
        NodeData::Map(entries) => Some(entries),
        _ => None,
    };
    members.into_iter().map(entries).collect()
}
