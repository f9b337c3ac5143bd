use json::{Object, Value};
use schema::{Catalog, Kind, KindId};

/// What of an entity the store can be asked for.
pub(super) struct EntityIndex {
    /// Values that no two entities of the kind may share, in the order in which the server looks at them.
    pub(super) uniques: Vec<UniqueValue>,
    pub(super) links: Vec<ForeignLink>,
    pub(super) tags: Vec<String>,
}

/// The value of a set of unique fields.
pub(super) struct UniqueValue {
    /// The fields' names, joined.
    pub(super) fields: String,
    /// Their values as text: as they are of one text field, else a JSON list.
    pub(super) value: String,
    /// The fields with their values, as an error names them.
    pub(super) display_fields: Object,
}

/// A field's reference to another entity.
pub(super) struct ForeignLink {
    pub(super) field: String,
    /// The id it holds.
    pub(super) target: String,
}

impl EntityIndex {
    /// Reads it off a whole body.
    pub(super) fn from_body(catalog: &Catalog, kind: KindId, body: &Object) -> Self {
        let kind = catalog.kind(kind);
        let mut uniques: Vec<UniqueValue> = kind
            .unique_sets
            .iter()
            .filter_map(|set| read_unique_value(kind, set, body))
            .collect();
        // the index over several fields is the older one, so it is the first to complain
        uniques.sort_by_key(|unique| unique.display_fields.len() < 2);
        Self {
            uniques,
            links: read_links(kind, body),
            tags: string_values(body.get("tags")),
        }
    }
}

/// The name under which a set of unique fields is indexed.
pub(super) fn join_field_names<'a>(set: impl IntoIterator<Item = &'a String>) -> String {
    set.into_iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// The value of a set in which all but text is told apart by its JSON form.
pub(super) fn encode_unique_value(values: &[Value]) -> String {
    match values {
        [Value::String(text)] => text.clone(),
        _ => Value::from(values.to_vec()).to_string(),
    }
}

/// A single field without value is as good as absent; in a set of several, none is a value like others.
fn read_unique_value(kind: &Kind, set: &[String], body: &Object) -> Option<UniqueValue> {
    let set: Vec<&String> = set.iter().filter(|field| kind.record.get(field).is_some()).collect();
    let shown: Object = set
        .iter()
        .map(|field| ((*field).clone(), body.get(field).cloned().unwrap_or(Value::Null)))
        .collect();
    if shown.len() < 2 && shown.values().all(Value::is_null) {
        return None;
    }
    let values: Vec<Value> = set
        .iter()
        .filter_map(|field| shown.get(field))
        .map(|value| value.get("id").unwrap_or(value).clone())
        .collect();
    Some(UniqueValue {
        fields: join_field_names(set),
        value: encode_unique_value(&values),
        display_fields: shown,
    })
}

fn read_links(kind: &Kind, body: &Object) -> Vec<ForeignLink> {
    let link = |field: &str, target: &str| ForeignLink {
        field: field.to_owned(),
        target: target.to_owned(),
    };
    kind.foreign_fields
        .iter()
        .flat_map(|foreign| {
            let value = body.get(&foreign.field);
            let targets = if foreign.is_list {
                string_values(value)
            } else {
                string_values(value.and_then(|value| value.get("id")))
            };
            targets.into_iter().map(move |target| link(&foreign.field, &target))
        })
        .collect()
}

fn string_values(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(members)) => members.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
