use uuid::Uuid;

use super::diagnostics::DocumentDiagnostics;
use super::phrases::with_article;
use super::value::format_number;
use crate::ForeignKeyTarget;
use schema::{Catalog, ForeignField, Kind};
use yaml::{Diagnostic, DiagnosticCode, Node, NodeData, suggest_similar};

/// Reads the value of a foreign key: a name or an id, a map with one of them, or a list of ids.
pub(super) fn read_foreign_key(
    catalog: &Catalog,
    foreign: &ForeignField,
    node: &Node,
    diagnostics: &mut DocumentDiagnostics,
) -> Option<ForeignKeyTarget> {
    let kind = catalog.kind(foreign.kind);
    match &node.data {
        NodeData::Null => Some(ForeignKeyTarget::Null),
        NodeData::List(members) if foreign.is_list => {
            let names = members
                .iter()
                .filter_map(|member| Some((read_entity_name(kind, member, false, diagnostics)?, member.span)));
            Some(ForeignKeyTarget::List(names.collect()))
        }
        _ if foreign.is_list => {
            diagnostics.add(wrong_type_error(
                &format!(
                    "a list of {} is expected here, not {}",
                    kind.collection,
                    node.type_name()
                ),
                node,
            ));
            None
        }
        _ => read_entity_name(kind, node, false, diagnostics).map(ForeignKeyTarget::Named),
    }
}

/// The id or name of one entity, written plainly or in a map. decK dumps the groups of a consumer whole: with `is_whole`
/// the map may hold other fields of the entity, which count where it is declared.
pub(super) fn read_entity_name(
    kind: &Kind,
    node: &Node,
    is_whole: bool,
    diagnostics: &mut DocumentDiagnostics,
) -> Option<String> {
    match &node.data {
        NodeData::Map(entries) => {
            for entry in entries {
                let is_known = naming_fields(kind).any(|name| name == entry.key)
                    || is_whole && kind.record.get(&entry.key).is_some();
                if !is_known {
                    diagnostics.add(unknown_name_error(kind, &entry.key, entry.key_span));
                    return None;
                }
            }
            let name_node = naming_fields(kind)
                .find_map(|name| node.get(name).filter(|value| !matches!(value.data, NodeData::Null)));
            if name_node.is_none() {
                diagnostics
                    .add(wrong_type_error(&format!("this names no {}", kind.name), node).help(naming_help(kind)));
            }
            read_name_text(kind, name_node?, diagnostics)
        }
        _ => read_name_text(kind, node, diagnostics),
    }
}

fn read_name_text(kind: &Kind, node: &Node, diagnostics: &mut DocumentDiagnostics) -> Option<String> {
    match &node.data {
        NodeData::String(text, _) if !text.is_empty() => Some(text.clone()),
        NodeData::Number(number) => Some(format_number(number)),
        NodeData::Bool(truth) => Some(truth.to_string()),
        _ => {
            let message = format!(
                "the id or name of {} is expected here, not {}",
                with_article(&kind.name),
                node.type_name()
            );
            diagnostics.add(wrong_type_error(&message, node).help(naming_help(kind)));
            None
        }
    }
}

/// The fields by which others name an entity of a kind, the surest first.
pub(super) fn naming_fields(kind: &Kind) -> impl Iterator<Item = &str> {
    std::iter::once("id").chain(kind.endpoint_key.as_deref())
}

/// Whether a text can be an id: 32 hexadecimal digits in Kong's grouping.
pub(super) fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

fn naming_help(kind: &Kind) -> String {
    let field = naming_fields(kind).nth(1).unwrap_or("id");
    format!("write `{{{field}: …}}`, `{{id: …}}`, or the name or id alone")
}

fn unknown_name_error(kind: &Kind, key: &str, span: yaml::Span) -> Diagnostic {
    let unknown = Diagnostic::error(
        DiagnosticCode::UnknownField,
        format!("{} is not named by its '{key}' here", with_article(&kind.name)),
    )
    .at(span);
    match suggest_similar(key, naming_fields(kind)) {
        Some(suggestion) => unknown.help(format!("did you mean '{suggestion}'?")),
        None => unknown.help(naming_help(kind)),
    }
}

fn wrong_type_error(message: &str, node: &Node) -> Diagnostic {
    Diagnostic::error(DiagnosticCode::WrongType, message).at(super::document::first_key_span(node))
}
