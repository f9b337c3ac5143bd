use std::sync::Arc;

use super::kind_file::KindFile;
use super::{
    ChildNamesField, Field, FieldCheck, FieldPath, FieldType, ForeignField, Kind, KindId, NestedList, OnDelete,
    PathSegment, Record, SchemaError, parse,
};
use json::Value;

type KindLookup<'a> = &'a dyn Fn(&str) -> Option<KindId>;

/// Builds the kinds of files and their schemas, which are in the same order. Foreign keys become ids in that order.
pub(super) fn build_kinds(files: &[KindFile], schemas: &[Value]) -> Result<Vec<Kind>, SchemaError> {
    let find_kind_id = |collection: &str| {
        files
            .iter()
            .position(|file| file.collection == collection)
            .map(|at| KindId(at as u16))
    };
    files
        .iter()
        .zip(schemas)
        .map(|(file, schema)| {
            build_kind(file, schema, &find_kind_id)
                .map_err(|reason| SchemaError::new(format!("kinds/{}.yaml", file.name), reason))
        })
        .collect()
}

fn build_kind(file: &KindFile, schema: &Value, find_kind_id: KindLookup) -> Result<Kind, String> {
    let mut record = parse::parse_record(schema)?;
    let secret: Vec<FieldPath> = file.secret.iter().map(|path| FieldPath::from_dotted(path)).collect();
    for path in &secret {
        // a live node may lack it
        if let Some(field) = record.field_at_mut(path) {
            field.secret = true;
        }
    }
    add_tag_rules(&mut record);
    Ok(Kind {
        name: file.name.clone(),
        collection: file.collection.clone(),
        path: file.path.as_ref().unwrap_or(&file.collection).clone(),
        nested_path: file.nested_path.clone(),
        table: file.table.clone(),
        query_fields: file.finds_by.clone(),
        child_names: child_names_field(file, find_kind_id)?,
        ttl_field: file.expires.clone(),
        computed_field: file.computed.clone(),
        quirks: file.quirks.clone(),
        aliases: file.aliases.clone(),
        edition: file.edition,
        endpoint_key: file.endpoint_key.clone(),
        identity: known_field_sets(&file.identity, &record).collect(),
        unique_sets: unique_sets(file, &record),
        foreign_fields: foreign_fields(file, &record, find_kind_id)?,
        parent: file.parent.clone(),
        nested_lists: nested_lists(file, find_kind_id)?,
        legacy_fields: file.former.clone(),
        renamed_fields: file.renamed.clone(),
        taggable: record.get("tags").is_some(),
        secret_fields: secret,
        server_only: file.server_only.clone(),
        preserved: file.carried.clone(),
        hashed_field: file.hashed.clone(),
        rotation: file.rotates.clone(),
        same_if_equal: file.same_if_equal,
        title: file.title.clone(),
        checks: file.checks.clone(),
        all_checks_known: file.all_checks_known,
        derived: file.derived.clone(),
        overlaps: file.overlaps.clone(),
        subschemas: file.subschemas.clone(),
        record: Arc::new(record),
    })
}

/// Tags are of the same characters in every kind, and an entity with none is one without tags.
fn add_tag_rules(record: &mut Record) {
    if let Some(field) = record.fields.get_mut("tags")
        && let FieldType::Set(tag) = &mut field.field_type
    {
        tag.checks.push(FieldCheck::TagCharacters);
        field.rules.insert("empty_is_none", Value::Bool(true));
    }
}

fn unique_sets(file: &KindFile, record: &Record) -> Vec<Vec<String>> {
    let single = record.fields.iter().filter(|(_, field)| field.unique);
    let mut sets: Vec<Vec<String>> = single.map(|(name, _)| vec![name.clone()]).collect();
    for set in known_field_sets(&file.unique, record) {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets
}

/// The sets, with those fields that the schema has: some belong to Enterprise alone, some to later nodes.
fn known_field_sets<'a>(sets: &'a [Vec<String>], record: &'a Record) -> impl Iterator<Item = Vec<String>> + 'a {
    let known = |set: &'a Vec<String>| {
        let fields = set.iter().filter(|field| record.get(field).is_some());
        fields.cloned().collect::<Vec<_>>()
    };
    sets.iter().map(known).filter(|set| !set.is_empty())
}

/// Foreign fields of the schema whose kind is known, and the file's lists of ids.
fn foreign_fields(file: &KindFile, record: &Record, find_kind_id: KindLookup) -> Result<Vec<ForeignField>, String> {
    let mut foreign = Vec::new();
    for (name, field) in &record.fields {
        let FieldType::Foreign(collection) = &field.field_type else {
            continue;
        };
        if let Some(kind) = find_kind_id(collection) {
            foreign.push(ForeignField {
                field: name.clone(),
                kind,
                is_list: false,
                required: field.required,
                on_delete: parse_on_delete(field),
            });
        }
    }
    for list in file.lists.iter().filter(|list| record.get(&list.field).is_some()) {
        let kind = find_kind(find_kind_id, &list.collection)?;
        foreign.push(ForeignField {
            field: list.field.clone(),
            kind,
            is_list: true,
            required: false,
            on_delete: list.on_delete,
        });
    }
    Ok(foreign)
}

fn parse_on_delete(field: &Field) -> OnDelete {
    match field.rules.get("on_delete").and_then(Value::as_str) {
        Some("cascade") => OnDelete::Cascade,
        Some("dangle") => OnDelete::Dangle,
        _ => OnDelete::Restrict,
    }
}

fn child_names_field(file: &KindFile, find_kind_id: KindLookup) -> Result<Option<ChildNamesField>, String> {
    let Some(children) = &file.names_children else {
        return Ok(None);
    };
    Ok(Some(ChildNamesField {
        field: children.field.clone(),
        kind: find_kind(find_kind_id, &children.collection)?,
        not_found_message: children.unknown.clone(),
    }))
}

fn find_kind(find_kind_id: KindLookup, collection: &str) -> Result<KindId, String> {
    find_kind_id(collection).ok_or_else(|| format!("there is no kind {collection}"))
}

fn nested_lists(file: &KindFile, find_kind_id: KindLookup) -> Result<Vec<NestedList>, String> {
    file.nests
        .iter()
        .map(|nest| {
            Ok(NestedList {
                key: nest.key.clone().unwrap_or_else(|| nest.collection.clone()),
                kind: find_kind(find_kind_id, &nest.collection)?,
                field: nest.field.clone(),
                reference_field: nest.refers.clone(),
                read_only: nest.read_only,
            })
        })
        .collect()
}

impl Record {
    /// The field at a path of names, in records nested in records; elements of lists and maps are passed through.
    fn field_at_mut(&mut self, path: &FieldPath) -> Option<&mut Field> {
        let mut record = self;
        let (last, outer) = path.0.split_last()?;
        for segment in outer {
            let field = record.field_mut(segment)?;
            record = inner_record_mut(field)?;
        }
        record.field_mut(last)
    }

    fn field_mut(&mut self, segment: &PathSegment) -> Option<&mut Field> {
        let PathSegment::Name(name) = segment else {
            return None;
        };
        let mut shorthands = self.shorthands.iter_mut();
        self.fields
            .get_mut(name)
            .or_else(|| Some(&mut shorthands.find(|(known, _)| known == name)?.1))
    }
}

fn inner_record_mut(field: &mut Field) -> Option<&mut Record> {
    match &mut field.field_type {
        FieldType::Record(record) => Some(record),
        FieldType::Array(inner) | FieldType::Set(inner) | FieldType::Map { values: inner, .. } => {
            inner_record_mut(inner)
        }
        _ => None,
    }
}
