use yaml::{MapEntry, Node, NodeData, Span};

/// Fills in what a map lacks from another, at every level; what it has stays. `null_yields` says whether a `null` of its
/// own counts as missing. Idempotent.
pub(super) fn fill_missing(own: &mut Node, from: &Node, null_yields: bool) {
    let NodeData::Map(entries) = &mut own.data else { return };
    for entry in from.entries() {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            None => entries.push(entry.clone()),
            Some(known) => match known.value.data {
                NodeData::Null if null_yields => *known = entry.clone(),
                NodeData::Map(_) => fill_missing(&mut known.value, &entry.value, null_yields),
                _ => {}
            },
        }
    }
}

/// Where two maps hold different values under the same name: the spans in both.
pub(super) fn find_conflicts(one: &Node, other: &Node) -> Vec<(Span, Span)> {
    let mut found = Vec::new();
    collect_conflicts(one, other, &mut found);
    found
}

fn collect_conflicts(one: &Node, other: &Node, found: &mut Vec<(Span, Span)>) {
    for MapEntry { key, value, .. } in one.entries() {
        let Some(second) = other.get(key) else { continue };
        match (&value.data, &second.data) {
            (NodeData::Map(_), NodeData::Map(_)) => collect_conflicts(value, second, found),
            _ if !is_same_value(value, second) => found.push((value.span, second.span)),
            _ => {}
        }
    }
}

fn is_same_value(one: &Node, other: &Node) -> bool {
    match (&one.data, &other.data) {
        (NodeData::Null, NodeData::Null) => true,
        (NodeData::Bool(one), NodeData::Bool(other)) => one == other,
        (NodeData::Number(one), NodeData::Number(other)) => one == other,
        (NodeData::String(one, _), NodeData::String(other, _)) => one == other,
        (NodeData::List(one), NodeData::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_value(one, other))
        }
        (NodeData::Map(ones), NodeData::Map(others)) => {
            ones.len() == others.len()
                && ones.iter().all(|entry| {
                    other
                        .get(&entry.key)
                        .is_some_and(|value| is_same_value(&entry.value, value))
                })
        }
        _ => false,
    }
}
