//! A map while it is read: names once, merges as decK does them.

use std::collections::{HashMap, HashSet};

use crate::{Data, Entry, Node, Span};
use json::Name;

/// From how many fields on names are looked up in an index.
const MANY: usize = 24;

/// A map while it is read.
#[derive(Default)]
pub(super) struct MapBuilder {
    entries: Vec<Entry>,
    /// Where names stand among the entries, once there are many.
    index: Option<HashMap<Name, usize>>,
    /// Which entries a merge brought.
    merged: HashSet<usize>,
}

/// What came of adding a field.
pub(super) enum Added {
    /// It is new, or replaces one that a merge brought.
    Fine,
    /// The name stood there before.
    Duplicate(Span),
}

/// What came of a merge.
pub(super) enum Merged {
    /// All of it came in. These fields of the map itself stood above and are overwritten: an oddity of decK.
    Over(Vec<Span>),
    /// It is no map, nor a list of maps.
    NoMap,
}

impl MapBuilder {
    /// An empty map that is gathered in that room.
    pub(super) fn within(room: Vec<Entry>) -> Self {
        Self {
            entries: room,
            ..Self::default()
        }
    }

    /// Adds a field. The last of a name wins, as with decK.
    pub(super) fn add(&mut self, key: Name, key_span: Span, value: Node) -> Added {
        let entry = Entry { key, key_span, value };
        match self.find(&entry.key) {
            None => {
                self.push(entry);
                Added::Fine
            }
            Some(at) => {
                let before = std::mem::replace(&mut self.entries[at], entry);
                match self.merged.remove(&at) {
                    true => Added::Fine,
                    false => Added::Duplicate(before.key_span),
                }
            }
        }
    }

    /// Brings in the fields of a map, or of a list of maps, of which the first wins.
    pub(super) fn merge(&mut self, node: Node) -> Merged {
        let maps = match node.data {
            Data::Map(entries) => vec![entries],
            Data::List(members) => match maps_of(members) {
                Some(maps) => maps,
                None => return Merged::NoMap,
            },
            _ => return Merged::NoMap,
        };
        let mut overwritten = Vec::new();
        for entry in maps.into_iter().rev().flatten() {
            match self.find(&entry.key) {
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
        Merged::Over(overwritten)
    }

    /// The fields, in the order of the file, with all the room that was taken for them.
    pub(super) fn finish(self) -> Vec<Entry> {
        self.entries
    }

    fn find(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|entry| entry.key == key),
        }
    }

    fn push(&mut self, entry: Entry) {
        let at = self.entries.len();
        if let Some(index) = &mut self.index {
            index.insert(entry.key.clone(), at);
        } else if at == MANY {
            let known = self.entries.iter().enumerate();
            let mut index: HashMap<_, _> = known.map(|(at, entry)| (entry.key.clone(), at)).collect();
            index.insert(entry.key.clone(), at);
            self.index = Some(index);
        }
        self.entries.push(entry);
    }
}

fn maps_of(members: Vec<Node>) -> Option<Vec<Vec<Entry>>> {
    let entries = |node: Node| match node.data {
        Data::Map(entries) => Some(entries),
        _ => None,
    };
    members.into_iter().map(entries).collect()
}
