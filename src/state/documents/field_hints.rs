use crate::EntityLocation;
use schema::{Catalog, FieldPath, FieldType, Kind, PathSegment, Record};
use yaml::{Span, suggest_similar};

/// Where to point for a field: where it is declared, or what declares it under another name (a service's host by its URL).
pub(super) fn field_span(source: &EntityLocation, record: &Record, path: &FieldPath) -> Span {
    declaring_shorthand(source, record, path).map_or_else(|| source.value_span(path), |(_, span)| span)
}

/// What declares a field under another name, and where; None if the field itself is declared, or nothing declares it.
pub(super) fn declaring_shorthand(
    source: &EntityLocation,
    record: &Record,
    path: &FieldPath,
) -> Option<(FieldPath, Span)> {
    for length in 0..path.0.len() {
        let (outer, rest) = path.0.split_at(length);
        let outer = FieldPath(outer.to_vec());
        let fields = record_at(record, &outer.0)?;
        if source.span_tree.contains(&FieldPath(path.0[..=length].to_vec())) {
            continue;
        }
        let names: Vec<&str> = rest.iter().map_while(segment_name).collect();
        let (shorthand, _) = fields.shorthands.iter().find(|(shorthand, field)| {
            field.shorthand_targets().iter().any(|target| names.starts_with(target))
                && source.span_tree.contains(&outer.with_name(shorthand))
        })?;
        let shorthand = outer.with_name(shorthand);
        let span = source.value_span(&shorthand);
        return Some((shorthand, span));
    }
    None
}

/// What to do about an unknown field of an entity: the most similar of its neighbours that does not stand beside it already,
/// or where a field of that name belongs.
pub(super) fn suggest_field(
    catalog: &Catalog,
    kind: &Kind,
    record: &Record,
    source: &EntityLocation,
    path: &FieldPath,
) -> Option<String> {
    let (PathSegment::Name(unknown), outer) = path.0.split_last()? else {
        return None;
    };
    let neighbours = record_at(record, outer)?;
    if let Some(new) = kind
        .renamed_fields
        .get(unknown)
        .filter(|new| neighbours.field_or_shorthand(new).is_some())
    {
        return Some(format!("it is called '{new}' since Kong 3"));
    }
    let fields = neighbours.fields.iter().chain(&neighbours.shorthands);
    let mut candidates: Vec<(&str, &str)> = fields.map(|(name, _)| (name.as_str(), name.as_str())).collect();
    for nested_list in kind.nested_lists.iter().filter(|_| outer.is_empty()) {
        let nested = catalog.kind(nested_list.kind);
        let names = [&nested_list.key, &nested.name, &nested.path]
            .into_iter()
            .chain(&nested.nested_path);
        candidates.extend(names.map(|word| (word.as_str(), nested_list.key.as_str())));
    }
    candidates.retain(|(word, field)| !is_given_beside(source, path, word) && !is_given_beside(source, path, field));
    if let Some(suggestion) = suggest_similar(unknown, candidates.iter().map(|(word, _)| *word)) {
        let (_, field) = candidates.iter().find(|(word, _)| *word == suggestion)?;
        return Some(format!("did you mean '{field}'?"));
    }
    let enclosing = neighbours.fields.iter().find(|(_, field)| match &field.field_type {
        FieldType::Record(inner) => inner.field_or_shorthand(unknown).is_some(),
        _ => false,
    });
    enclosing.map(|(name, _)| format!("it belongs within `{name}`"))
}

/// Whether the map that holds a path has a field of that name.
fn is_given_beside(source: &EntityLocation, path: &FieldPath, name: &str) -> bool {
    let outer = path.0.split_last().map_or(&[][..], |(_, outer)| outer);
    let beside = FieldPath(outer.to_vec()).with_name(name);
    beside != *path && source.span_tree.contains(&beside)
}

fn segment_name(segment: &PathSegment) -> Option<&str> {
    match segment {
        PathSegment::Name(name) => Some(name),
        PathSegment::Index(_) => None,
    }
}

/// The record at a path; members of lists and maps are passed through.
pub(super) fn record_at<'r>(record: &'r Record, path: &[PathSegment]) -> Option<&'r Record> {
    let mut record = record;
    let mut path = path.iter();
    while let Some(segment) = path.next() {
        let PathSegment::Name(name) = segment else { return None };
        let mut kind = &record.field_or_shorthand(name)?.field_type;
        loop {
            match kind {
                FieldType::Record(inner) => break record = inner,
                FieldType::Array(element) | FieldType::Set(element) => kind = &element.field_type,
                FieldType::Map { values, .. } => kind = &values.field_type,
                _ => return None,
            }
            path.next();
        }
    }
    Some(record)
}
