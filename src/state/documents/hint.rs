use super::value::named;
use crate::Source;
use schema::{Catalog, FieldPath, FieldType, Kind, Record, Segment};
use yaml::{Span, suggest_similar};

/// Where to point for a field: where it is declared, or what declares it under another name (a service's host by its URL).
pub(super) fn place(source: &Source, record: &Record, path: &FieldPath) -> Span {
    declared_by(source, record, path).map_or_else(|| source.position_of(path), |(_, span)| span)
}

/// What declares a field under another name, and where; None if the field itself is declared, or nothing declares it.
pub(super) fn declared_by(source: &Source, record: &Record, path: &FieldPath) -> Option<(FieldPath, Span)> {
    for length in 0..path.0.len() {
        let (outer, rest) = path.0.split_at(length);
        let outer = FieldPath(outer.to_vec());
        let fields = fields_at(record, &outer.0)?;
        if source.places.has(&FieldPath(path.0[..=length].to_vec())) {
            continue;
        }
        let names: Vec<&str> = rest.iter().map_while(name).collect();
        let (short, _) = fields.shorthands.iter().find(|(short, field)| {
            field.stands_for().iter().any(|target| names.starts_with(target)) && source.places.has(&outer.name(short))
        })?;
        let short = outer.name(short);
        let span = source.position_of(&short);
        return Some((short, span));
    }
    None
}

/// What to do about an unknown field: the nearest of its neighbours, or where a field of that name belongs.
pub(super) fn meant(catalog: &Catalog, kind: &Kind, record: &Record, path: &FieldPath) -> Option<String> {
    let (Segment::Name(unknown), outer) = path.0.split_last()? else {
        return None;
    };
    let neighbours = fields_at(record, outer)?;
    if let Some(new) = kind.renamed.get(unknown).filter(|new| named(neighbours, new).is_some()) {
        return Some(format!("it is called '{new}' since Kong 3"));
    }
    let fields = neighbours.fields.iter().chain(&neighbours.shorthands);
    let mut words: Vec<(&str, &str)> = fields.map(|(name, _)| (name.as_str(), name.as_str())).collect();
    for nest in kind.nests.iter().filter(|_| outer.is_empty()) {
        let nested = catalog.kind(nest.kind);
        let called = [&nest.key, &nested.name, &nested.path]
            .into_iter()
            .chain(&nested.nested_path);
        words.extend(called.map(|word| (word.as_str(), nest.key.as_str())));
    }
    if let Some(near) = suggest_similar(unknown, words.iter().map(|(word, _)| *word)) {
        let (_, meant) = words.iter().find(|(word, _)| *word == near)?;
        return Some(format!("did you mean '{meant}'?"));
    }
    let deeper = neighbours.fields.iter().find(|(_, field)| match &field.kind {
        FieldType::Record(inner) => named(inner, unknown).is_some(),
        _ => false,
    });
    deeper.map(|(name, _)| format!("it belongs within `{name}`"))
}

fn name(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Name(name) => Some(name),
        Segment::Index(_) => None,
    }
}

/// The record at a path; members of lists and maps are passed through.
pub(super) fn fields_at<'r>(record: &'r Record, path: &[Segment]) -> Option<&'r Record> {
    let mut record = record;
    let mut path = path.iter();
    while let Some(segment) = path.next() {
        let Segment::Name(name) = segment else { return None };
        let mut kind = &named(record, name)?.kind;
        loop {
            match kind {
                FieldType::Record(inner) => break record = inner,
                FieldType::Array(element) | FieldType::Set(element) => kind = &element.kind,
                FieldType::Map { values, .. } => kind = &values.kind,
                _ => return None,
            }
            path.next();
        }
    }
    Some(record)
}
