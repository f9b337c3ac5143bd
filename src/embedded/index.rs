use json::{Object, Value};
use schema::{Catalog, Kind, KindId};

/// What of an entity the store can be asked for.
pub(super) struct Index {
    /// Values that no two entities of the kind may share, in the order in which the server looks at them.
    pub(super) uniques: Vec<Unique>,
    /// What it refers to.
    pub(super) links: Vec<Link>,
    /// Its tags.
    pub(super) tags: Vec<String>,
}

/// The value of a set of unique fields.
pub(super) struct Unique {
    /// The fields' names, joined.
    pub(super) fields: String,
    /// Their values as text: as they are of one text field, else a JSON list.
    pub(super) value: String,
    /// The fields with their values, as an error names them.
    pub(super) shown: Object,
}

/// A field's reference to another entity.
pub(super) struct Link {
    /// The field.
    pub(super) field: String,
    /// The id it holds.
    pub(super) target: String,
}

impl Index {
    /// Reads it off a whole body.
    pub(super) fn of(catalog: &Catalog, kind: KindId, body: &Object) -> Self {
        let kind = catalog.kind(kind);
        let mut uniques: Vec<Unique> = kind.unique.iter().filter_map(|set| unique(kind, set, body)).collect();
        // the index over several fields is the older one, so it is the first to complain
        uniques.sort_by_key(|unique| unique.shown.len() < 2);
        Self {
            uniques,
            links: links(kind, body),
            tags: strings(body.get("tags")),
        }
    }
}

/// The name under which a set of unique fields is indexed.
pub(super) fn fields_of<'a>(set: impl IntoIterator<Item = &'a String>) -> String {
    set.into_iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// The value of a set in which all but text is told apart by its JSON form.
pub(super) fn value_of(values: &[Value]) -> String {
    match values {
        [Value::String(text)] => text.clone(),
        _ => Value::from(values.to_vec()).to_string(),
    }
}

/// A single field without value is as good as absent; in a set of several, none is a value like others.
fn unique(kind: &Kind, set: &[String], body: &Object) -> Option<Unique> {
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
    Some(Unique {
        fields: fields_of(set),
        value: value_of(&values),
        shown,
    })
}

fn links(kind: &Kind, body: &Object) -> Vec<Link> {
    let link = |field: &str, target: &str| Link {
        field: field.to_owned(),
        target: target.to_owned(),
    };
    kind.foreign
        .iter()
        .flat_map(|foreign| {
            let value = body.get(&foreign.field);
            let targets = if foreign.list {
                strings(value)
            } else {
                strings(value.and_then(|value| value.get("id")))
            };
            targets.into_iter().map(move |target| link(&foreign.field, &target))
        })
        .collect()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(members)) => members.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
