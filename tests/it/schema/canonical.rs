//! What Kong stores and shows of what is sent to it, and what is the same to it: recorded answers and tables of pairs.

#![allow(clippy::print_stdout, reason = "a skipped test says why")]

use serde::Deserialize;
use strongroom::json::{Object, Value, json};
use strongroom::schema::{
    Catalog, LiveSchemas, apply_patch, canonicalize, complete_body, matches_live, to_response_body,
};

/// A catalog as an open-source node has it.
fn node() -> Catalog {
    Catalog::recorded().with_live_schemas(&LiveSchemas::default())
}

#[derive(Deserialize)]
struct StoredBody {
    kind: String,
    sent: Object,
    shown: Object,
}

fn recorded() -> Vec<StoredBody> {
    include_str!("../../../fixtures/canonical/stored.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Numbers as Lua knows them, and lists that are sets to Kong sorted, since the recordings sort them.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(members) => {
            let mut members: Vec<Value> = members.iter().map(sorted).collect();
            members.sort_by_key(Value::to_string);
            Value::Array(members)
        }
        Value::Object(members) => members.iter().map(|(name, value)| (name, sorted(value))).collect(),
        other => other.clone(),
    }
}

fn differences(expected: &Value, found: &Value, at: &str, into: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for name in expected
                .keys()
                .chain(found.keys().filter(|name| !expected.contains_key(name)))
            {
                let of = |side: &Object| side.get(name).cloned().unwrap_or_else(|| json!("<absent>"));
                differences(&of(expected), &of(found), &format!("{at}.{name}"), into);
            }
        }
        _ if expected != found => into.push(format!("{at}: expected {expected}, found {found}")),
        _ => {}
    }
}

#[test]
fn what_was_sent_is_stored_and_shown_as_recorded() {
    let catalog = node();
    let mut wrong = Vec::new();
    for case in recorded() {
        let kind = catalog.find_kind(&case.kind).unwrap();
        let stored = complete_body(&catalog, kind, &case.sent).unwrap_or_else(|wrong| panic!("{:?}", wrong.flatten()));
        let shown = to_response_body(&catalog, kind, &stored);
        let mut found = shown.clone();
        // what the server makes up, hashes or computes is not in the recordings
        let record = catalog.record(kind, &case.sent);
        let hashed = catalog
            .kind(kind)
            .hashed_field
            .iter()
            .map(|hashed| hashed.field.as_str());
        let computed = catalog
            .kind(kind)
            .computed_field
            .iter()
            .map(|computed| computed.field.as_str());
        if let Some(name) = &catalog.kind(kind).ttl_field {
            found.insert(name.clone(), Value::Null);
        }
        for name in record.auto_fields().chain(hashed).chain(computed) {
            if !case.shown.contains_key(name) {
                found.remove(name);
            }
        }
        let title = format!("{} {}", case.kind, case.sent.get("name").unwrap_or(&Value::Null));
        differences(
            &sorted(&Value::Object(case.shown)),
            &sorted(&Value::Object(found)),
            &title,
            &mut wrong,
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn what_was_sent_and_what_is_shown_compare_equal() {
    let catalog = node();
    for case in recorded() {
        let kind = catalog.find_kind(&case.kind).unwrap();
        if catalog.kind(kind).hashed_field.is_some() {
            continue;
        }
        let (sent, shown) = (
            canonicalize(&catalog, kind, &case.sent),
            canonicalize(&catalog, kind, &case.shown),
        );
        assert!(sent == shown, "{}: {:?}\n{:?}", case.kind, sent.0, shown.0);
    }
}

#[derive(Deserialize)]
struct BodyPair {
    kind: String,
    why: String,
    one: Object,
    other: Object,
}

fn pairs(text: &str) -> Vec<BodyPair> {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn what_kong_would_store_alike_is_equal() {
    let catalog = node();
    for pair in pairs(include_str!("../../../fixtures/canonical/equal.yaml")) {
        let kind = catalog.find_kind(&pair.kind).unwrap();
        let (one, other) = (
            canonicalize(&catalog, kind, &pair.one),
            canonicalize(&catalog, kind, &pair.other),
        );
        assert!(one == other, "{}: {:?}\n{:?}", pair.why, one.0, other.0);
    }
}

#[test]
fn what_kong_would_store_differently_differs() {
    let catalog = node();
    for pair in pairs(include_str!("../../../fixtures/canonical/different.yaml")) {
        let kind = catalog.find_kind(&pair.kind).unwrap();
        assert!(
            canonicalize(&catalog, kind, &pair.one) != canonicalize(&catalog, kind, &pair.other),
            "{}",
            pair.why
        );
    }
}

#[test]
fn a_patch_changes_members_of_records_and_whole_lists() {
    let catalog = node();
    let plugins = catalog.find_kind("plugins").unwrap();
    let object = |value: Value| value.as_object().cloned().unwrap();
    let sent = json!({"name": "rate-limiting", "config": {"minute": 1, "redis": {"host": "a", "port": 1}}});
    let stored = to_response_body(
        &catalog,
        plugins,
        &complete_body(&catalog, plugins, &object(sent)).unwrap(),
    );
    let patch = object(json!({"config": {"redis_host": "b", "minute": null}, "protocols": ["http"]}));
    let stored = complete_body(
        &catalog,
        plugins,
        &apply_patch(&catalog, plugins, &stored, &patch).unwrap(),
    )
    .unwrap();
    let stored = Value::Object(stored);
    assert_eq!(stored["config"]["redis"]["host"], "b");
    assert_eq!(stored["config"]["redis"]["port"], 1);
    assert_eq!(stored["config"]["minute"], Value::Null);
    assert_eq!(stored["protocols"], json!(["http"]));
    assert_eq!(stored["name"], "rate-limiting");
}

#[test]
fn two_spellings_that_contradict_are_refused_without_their_secrets() {
    let catalog = node();
    let plugins = catalog.find_kind("plugins").unwrap();
    let body = json!({"name": "rate-limiting", "config": {"redis_password": "s3cr3t", "redis": {"password": "0ther"}}});
    let wrong = complete_body(&catalog, plugins, body.as_object().unwrap())
        .unwrap_err()
        .flatten();
    let [(path, message)] = wrong.as_slice() else {
        panic!("{wrong:?}")
    };
    assert_eq!(path.to_string(), "config.redis_password");
    assert!(!message.contains("s3cr3t") && !message.contains("0ther"), "{message}");
}

/// What a real node held after 82 runs of decK: what it shows is complete, so that completing and showing change nothing.
#[test]
fn what_a_node_shows_is_complete_already() {
    let folder = std::path::Path::new("../shared/deck-golden");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let catalog = node();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files
        .filter_map(Result::ok)
        .filter(|file| file.path().extension().is_some_and(|kind| kind == "json"))
    {
        let case: Value = serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
        for step in case["steps"].as_array().into_iter().flatten() {
            for (collection, entities) in step["final"].as_object().into_iter().flatten() {
                let Some(kind) = catalog.find_kind(collection) else {
                    continue;
                };
                for entity in entities.as_array().into_iter().flatten() {
                    let mut expected = entity.as_object().cloned().unwrap();
                    let mut found =
                        to_response_body(&catalog, kind, &complete_body(&catalog, kind, &expected).unwrap());
                    for name in ["created_at", "updated_at"] {
                        found.remove(name);
                        expected.remove(name);
                    }
                    seen += 1;
                    let title = format!("{}: {collection}", file.path().display());
                    differences(
                        &sorted(&Value::Object(expected)),
                        &sorted(&Value::Object(found)),
                        &title,
                        &mut wrong,
                    );
                }
            }
        }
    }
    wrong.truncate(20);
    assert_eq!(wrong, Vec::<String>::new());
    assert!(seen > 500, "{seen}");
}

/// What the server shows of what was sent is recognised without canonical forms, mostly; and never where they differ.
#[test]
fn what_is_shown_as_it_was_said_is_recognised_at_once() {
    let catalog = node();
    let cases = recorded();
    let (mut recognised, mut same) = (0, 0);
    for (at, case) in cases.iter().enumerate() {
        let kind = catalog.find_kind(&case.kind).unwrap();
        for other in cases[at..].iter().filter(|other| other.kind == case.kind).take(20) {
            let shown = matches_live(&catalog, kind, &other.shown, &case.sent, &[]);
            let equal = canonicalize(&catalog, kind, &case.sent) == canonicalize(&catalog, kind, &other.shown);
            let (said, made_up) = (&case.sent, catalog.auto_paths(kind, &case.sent));
            let left_open = made_up.iter().any(|path| {
                path.top_field()
                    .is_some_and(|top| !said.contains_key(top) && top != "id")
            });
            assert!(
                !shown || equal || left_open,
                "{}: {:?}",
                case.kind,
                other.shown.get("name")
            );
            recognised += usize::from(shown);
            same += usize::from(equal);
        }
    }
    assert!(recognised * 2 > same, "{recognised} of {same}");
}
