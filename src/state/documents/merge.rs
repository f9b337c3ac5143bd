use yaml::{Data, Entry, Node, Span};

/// Puts what a map lacks into it from another, at every level; what it has stays. `null_yields` says whether a `null` of
/// its own counts as lacking.
pub(super) fn fill(own: &mut Node, from: &Node, null_yields: bool) {
    let Data::Map(entries) = &mut own.data else { return };
    for entry in from.entries() {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            None => entries.push(entry.clone()),
            Some(known) => match known.value.data {
                Data::Null if null_yields => *known = entry.clone(),
                Data::Map(_) => fill(&mut known.value, &entry.value, null_yields),
                _ => {}
            },
        }
    }
}

/// Where two maps say different things under the same name: the places in both.
pub(super) fn conflicts(one: &Node, other: &Node) -> Vec<(Span, Span)> {
    let mut found = Vec::new();
    collect(one, other, &mut found);
    found
}

fn collect(one: &Node, other: &Node, found: &mut Vec<(Span, Span)>) {
    for Entry { key, value, .. } in one.entries() {
        let Some(second) = other.get(key) else { continue };
        match (&value.data, &second.data) {
            (Data::Map(_), Data::Map(_)) => collect(value, second, found),
            _ if !same(value, second) => found.push((value.span, second.span)),
            _ => {}
        }
    }
}

fn same(one: &Node, other: &Node) -> bool {
    match (&one.data, &other.data) {
        (Data::Null, Data::Null) => true,
        (Data::Bool(one), Data::Bool(other)) => one == other,
        (Data::Number(one), Data::Number(other)) => one == other,
        (Data::String(one, _), Data::String(other, _)) => one == other,
        (Data::List(one), Data::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Data::Map(ones), Data::Map(others)) => {
            ones.len() == others.len()
                && ones
                    .iter()
                    .all(|entry| other.get(&entry.key).is_some_and(|value| same(&entry.value, value)))
        }
        _ => false,
    }
}
