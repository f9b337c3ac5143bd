use std::sync::Arc;

use super::files::SchemaError;
use super::kind_file::KindFile;
use super::{Field, FieldPath, FieldType, Foreign, Kind, KindId, NamesChildren, Nest, OnDelete, Record, Segment, read};
use json::{Value, json};

type Place<'a> = &'a dyn Fn(&str) -> Option<KindId>;

/// Makes kinds of their files and schemas, which stand side by side. Foreign keys become places in that list.
pub(super) fn kinds(files: &[KindFile], schemas: &[Value]) -> Result<Vec<Kind>, SchemaError> {
    let place = |collection: &str| {
        files
            .iter()
            .position(|file| file.collection == collection)
            .map(|at| KindId(at as u16))
    };
    files
        .iter()
        .zip(schemas)
        .map(|(file, schema)| {
            kind(file, schema, &place).map_err(|why| SchemaError::new(format!("kinds/{}.yaml", file.name), why))
        })
        .collect()
}

fn kind(file: &KindFile, schema: &Value, place: Place) -> Result<Kind, String> {
    let mut record = read::record(schema)?;
    let secret: Vec<FieldPath> = file.secret.iter().map(|path| FieldPath::dotted(path)).collect();
    for path in &secret {
        // a live node may lack it
        if let Some(field) = record.at_mut(path) {
            field.secret = true;
        }
    }
    check_tags(&mut record);
    Ok(Kind {
        name: file.name.clone(),
        collection: file.collection.clone(),
        path: file.path.as_ref().unwrap_or(&file.collection).clone(),
        nested_path: file.nested_path.clone(),
        table: file.table.clone(),
        finds_by: file.finds_by.clone(),
        names_children: names_children(file, place)?,
        expires: file.expires.clone(),
        computed: file.computed.clone(),
        quirks: file.quirks.clone(),
        aliases: file.aliases.clone(),
        edition: file.edition,
        endpoint_key: file.endpoint_key.clone(),
        identity: had(&file.identity, &record).collect(),
        unique: unique(file, &record),
        foreign: foreign(file, &record, place)?,
        parent: file.parent.clone(),
        nests: nests(file, place)?,
        former: file.former.clone(),
        renamed: file.renamed.clone(),
        taggable: record.get("tags").is_some(),
        secret,
        server_only: file.server_only.clone(),
        carried: file.carried.clone(),
        hashed: file.hashed.clone(),
        rotates: file.rotates.clone(),
        same_if_equal: file.same_if_equal,
        title: file.title.clone(),
        checks: file.checks.clone(),
        subschemas: file.subschemas.clone(),
        record: Arc::new(record),
    })
}

/// Tags are of the same characters in every kind.
fn check_tags(record: &mut Record) {
    if let Some(field) = record.fields.named_mut("tags")
        && let FieldType::Set(tag) = &mut field.kind
    {
        tag.rules.insert("checks", json!(["tag_characters"]));
    }
}

fn unique(file: &KindFile, record: &Record) -> Vec<Vec<String>> {
    let single = record.fields.iter().filter(|(_, field)| field.unique);
    let mut sets: Vec<Vec<String>> = single.map(|(name, _)| vec![name.clone()]).collect();
    for set in had(&file.unique, record) {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets
}

/// The sets, with those fields that the schema has: some belong to Enterprise alone, some to later nodes.
fn had<'a>(sets: &'a [Vec<String>], record: &'a Record) -> impl Iterator<Item = Vec<String>> + 'a {
    let known = |set: &'a Vec<String>| {
        let fields = set.iter().filter(|field| record.get(field).is_some());
        fields.cloned().collect::<Vec<_>>()
    };
    sets.iter().map(known).filter(|set| !set.is_empty())
}

/// Foreign fields of the schema whose kind is known, and the file's lists of ids.
fn foreign(file: &KindFile, record: &Record, place: Place) -> Result<Vec<Foreign>, String> {
    let mut foreign = Vec::new();
    for (name, field) in &record.fields {
        let FieldType::Foreign(collection) = &field.kind else {
            continue;
        };
        if let Some(kind) = place(collection) {
            foreign.push(Foreign {
                field: name.clone(),
                kind,
                list: false,
                required: field.required,
                on_delete: on_delete(field),
            });
        }
    }
    for list in file.lists.iter().filter(|list| record.get(&list.field).is_some()) {
        let kind = known(place, &list.collection)?;
        foreign.push(Foreign {
            field: list.field.clone(),
            kind,
            list: true,
            required: false,
            on_delete: list.on_delete,
        });
    }
    Ok(foreign)
}

fn on_delete(field: &Field) -> OnDelete {
    match field.rules.get("on_delete").and_then(Value::as_str) {
        Some("cascade") => OnDelete::Cascade,
        Some("dangle") => OnDelete::Dangle,
        _ => OnDelete::Restrict,
    }
}

fn names_children(file: &KindFile, place: Place) -> Result<Option<NamesChildren>, String> {
    let Some(named) = &file.names_children else {
        return Ok(None);
    };
    Ok(Some(NamesChildren {
        field: named.field.clone(),
        kind: known(place, &named.collection)?,
        unknown: named.unknown.clone(),
    }))
}

fn known(place: Place, collection: &str) -> Result<KindId, String> {
    place(collection).ok_or_else(|| format!("there is no kind {collection}"))
}

fn nests(file: &KindFile, place: Place) -> Result<Vec<Nest>, String> {
    file.nests
        .iter()
        .map(|nest| {
            Ok(Nest {
                key: nest.key.clone().unwrap_or_else(|| nest.collection.clone()),
                kind: known(place, &nest.collection)?,
                field: nest.field.clone(),
                refers: nest.refers.clone(),
                read_only: nest.read_only,
            })
        })
        .collect()
}

impl Record {
    /// The field at a path of names, in records nested in records; elements of lists and maps are passed through.
    fn at_mut(&mut self, path: &FieldPath) -> Option<&mut Field> {
        let mut record = self;
        let (last, outer) = path.0.split_last()?;
        for segment in outer {
            let field = record.member_mut(segment)?;
            record = inner_record(field)?;
        }
        record.member_mut(last)
    }

    fn member_mut(&mut self, segment: &Segment) -> Option<&mut Field> {
        let Segment::Name(wanted) = segment else { return None };
        let mut shorthands = self.shorthands.iter_mut();
        self.fields
            .named_mut(wanted)
            .or_else(|| Some(&mut shorthands.find(|(name, _)| name == wanted)?.1))
    }
}

fn inner_record(field: &mut Field) -> Option<&mut Record> {
    match &mut field.kind {
        FieldType::Record(record) => Some(record),
        FieldType::Array(inner) | FieldType::Set(inner) | FieldType::Map { values: inner, .. } => inner_record(inner),
        _ => None,
    }
}
