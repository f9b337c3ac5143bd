use uuid::Uuid;

use super::problems::Problems;
use super::value::spelled;
use super::words::a;
use crate::LinkTo;
use schema::{Catalog, Foreign, Kind};
use yaml::{Data, Diagnostic, Node, suggest_similar};

/// Reads the value of a foreign key: a name or an id, a map with one of them, or a list of ids.
pub(super) fn link(catalog: &Catalog, foreign: &Foreign, node: &Node, problems: &mut Problems) -> Option<LinkTo> {
    let kind = catalog.kind(foreign.kind);
    match &node.data {
        Data::Null => Some(LinkTo::Nothing),
        Data::List(members) if foreign.list => {
            let names = members
                .iter()
                .filter_map(|member| Some((one(kind, member, false, problems)?, member.span)));
            Some(LinkTo::List(names.collect()))
        }
        _ if foreign.list => {
            problems.tell(wrong(
                &format!("a list of {} is expected here, not {}", kind.collection, node.word()),
                node,
            ));
            None
        }
        _ => one(kind, node, false, problems).map(LinkTo::Named),
    }
}

/// The id or name of one entity, written plainly or in a map. decK dumps the groups of a consumer `whole`: there the map
/// may hold what else there is to say of the entity, which is said where it is declared.
pub(super) fn one(kind: &Kind, node: &Node, whole: bool, problems: &mut Problems) -> Option<String> {
    match &node.data {
        Data::Map(entries) => {
            for entry in entries {
                let is_known =
                    names(kind).any(|name| name == entry.key) || whole && kind.record.get(&entry.key).is_some();
                if !is_known {
                    problems.tell(unknown(kind, &entry.key, entry.key_span));
                    return None;
                }
            }
            let found = names(kind).find_map(|name| node.get(name).filter(|value| !matches!(value.data, Data::Null)));
            if found.is_none() {
                problems.tell(wrong(&format!("this names no {}", kind.name), node).help(forms(kind)));
            }
            scalar(kind, found?, problems)
        }
        _ => scalar(kind, node, problems),
    }
}

fn scalar(kind: &Kind, node: &Node, problems: &mut Problems) -> Option<String> {
    match &node.data {
        Data::String(text, _) if !text.is_empty() => Some(text.clone()),
        Data::Number(number) => Some(spelled(number)),
        Data::Bool(truth) => Some(truth.to_string()),
        _ => {
            let message = format!(
                "the id or name of {} is expected here, not {}",
                a(&kind.name),
                node.word()
            );
            problems.tell(wrong(&message, node).help(forms(kind)));
            None
        }
    }
}

/// The fields by which others name an entity of a kind, the surest first.
pub(super) fn names(kind: &Kind) -> impl Iterator<Item = &str> {
    std::iter::once("id").chain(kind.endpoint_key.as_deref())
}

/// Whether a text can be an id: 32 hexadecimal digits in Kong's grouping.
pub(super) fn id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

fn forms(kind: &Kind) -> String {
    let named = names(kind).nth(1).unwrap_or("id");
    format!("write `{{{named}: …}}`, `{{id: …}}`, or the name or id alone")
}

fn unknown(kind: &Kind, key: &str, span: yaml::Span) -> Diagnostic {
    let unknown = Diagnostic::error(
        "unknown-field",
        format!("{} is not named by its '{key}' here", a(&kind.name)),
    )
    .at(span);
    match suggest_similar(key, names(kind)) {
        Some(near) => unknown.help(format!("did you mean '{near}'?")),
        None => unknown.help(forms(kind)),
    }
}

fn wrong(message: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("wrong-type", message).at(super::document::first_key(node))
}
