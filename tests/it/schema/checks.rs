//! What `schema::check` says of odd bodies is what a real Kong 3.9.1 said of them.
#![allow(clippy::print_stdout)] // a test says what differs

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::common::real_servers::effort;
use proptest::prelude::*;
use regex::Regex;
use strongroom::json::{Object, Value, json};
use strongroom::schema::{Catalog, CheckPurpose, KindId, LiveSchemas, check_body};

/// When the answers were recorded, in seconds since 1970: the certificates among them live later.
const NOW: i64 = 1_795_219_200;

/// The node that answered: open source, with the `env` vault alone and no wasm filters.
static NODE: LazyLock<Catalog> = LazyLock::new(|| {
    let recorded = Catalog::recorded();
    let names = |family: &str| recorded_names(family);
    recorded.with_live_schemas(&LiveSchemas {
        version: Some("3.9.1".to_owned()),
        loaded_plugins: Some(names("plugins")),
        loaded_vaults: Some(names("vaults")),
        loaded_filters: Some(BTreeSet::new()),
        shared_dictionaries: Some(["kong", "kong_db_cache"].map(str::to_owned).into()),
        ..LiveSchemas::default()
    })
});

fn recorded_names(family: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas/kong-3.9.1")
        .join(family);
    fs::read_dir(folder)
        .expect("the recorded schemas")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect()
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks").join(name);
    fs::read_to_string(path).expect("a fixture")
}

/// The order of quoted names is chance on Kong's side, and what follows OpenSSL's `error:` varies.
fn settled(fields: &Value) -> String {
    static OPENSSL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"error:[0-9A-F]+:[^"]*"#).expect("a regex"));
    static NAMES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"'\w+'(, '\w+')+").expect("a regex"));
    let text = OPENSSL.replace_all(&fields.to_string(), "error:").into_owned();
    let sorted = NAMES.replace_all(&text, |found: &regex::Captures<'_>| {
        let mut names: Vec<&str> = found[0].split(", ").collect();
        names.sort_unstable();
        names.join(", ")
    });
    sorted.into_owned()
}

/// What is said here of a row's body: the status and the fields.
fn answer(row: &Value) -> (u64, Value) {
    let kind = NODE
        .find_kind(row["entity"].as_str().expect("an entity"))
        .expect("a kind");
    match check_body(
        &NODE,
        kind,
        row["body"].as_object().expect("a body"),
        CheckPurpose::Validate,
        NOW,
    ) {
        Ok(()) => (200, Value::Null),
        Err(violations) => (400, Value::Object(violations.0)),
    }
}

fn agrees(row: &Value, (status, fields): &(u64, Value)) -> bool {
    match row["status"].as_u64() {
        Some(500..) => *status >= 400,
        recorded => recorded == Some(*status) && settled(&row["fields"]) == settled(fields),
    }
}

#[test]
fn odd_bodies_are_answered_as_kong_answers_them() {
    // what was recorded of schemas and of code, and what follows from Kong's rules without having been recorded
    let rows: Vec<Value> = ["checks.jsonl", "code_checks.jsonl", "rules.jsonl"]
        .map(fixture)
        .iter()
        .flat_map(|rows| rows.lines())
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    let mut differences = 0;
    for row in &rows {
        let told = answer(row);
        if !agrees(row, &told) {
            differences += 1;
            println!("{} {}", row["entity"], row["body"]);
            println!(
                "  Kong: {} {}\n  here: {} {}",
                row["status"], row["fields"], told.0, told.1
            );
        }
    }
    assert_eq!(differences, 0, "of {} rows", rows.len());
}

#[test]
fn a_dictionary_that_no_node_told_of_may_be_there() {
    let plugins = Catalog::recorded().find_kind("plugins").expect("a kind");
    let body = json!({"name": "proxy-cache", "config": {"strategy": "memory", "memory": {"dictionary_name": "mine"}}});
    let body = body.as_object().expect("an object");
    let checked = check_body(&Catalog::recorded(), plugins, body, CheckPurpose::Validate, NOW);
    assert!(checked.is_ok());
    let on_node = check_body(&NODE, plugins, body, CheckPurpose::Validate, NOW);
    assert!(on_node.is_err());
}

#[test]
fn all_checks_are_known_of_the_recorded_version_alone() {
    let recorded = Catalog::recorded();
    let kind = |collection: &str| recorded.find_kind(collection).expect("a kind");
    let (plugins, upstreams, routes) = (kind("plugins"), kind("upstreams"), kind("routes"));
    for (name, known) in [("rate-limiting", true), ("acme", false), ("no-such", false)] {
        assert_eq!(NODE.knows_all_checks(plugins, Some(name)), known, "{name}");
    }
    assert!(!NODE.knows_all_checks(plugins, None));
    assert!(NODE.knows_all_checks(upstreams, None));
    assert!(!NODE.knows_all_checks(routes, None), "the router has the last word");
    let later = recorded.with_live_schemas(&LiveSchemas {
        version: Some("3.10.0".to_owned()),
        ..LiveSchemas::default()
    });
    assert!(!later.knows_all_checks(upstreams, None));
}

/// What is told of a body that is to be stored at a time.
fn stored(entity: &str, body: &Value, now: i64) -> Option<Value> {
    let kind = NODE.find_kind(entity).expect("a kind");
    let body = body.as_object().expect("an object");
    let told = check_body(&NODE, kind, body, CheckPurpose::Store, now);
    told.err().map(|violations| Value::Object(violations.0))
}

/// The body of the first recorded row of that entity that is valid.
fn valid(entity: &str) -> Value {
    let rows = fixture("checks.jsonl");
    let mut rows = rows
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a row"));
    let row = rows.find(|row| row["entity"] == entity && row["status"].as_u64() == Some(200));
    row.expect("a valid body")["body"].clone()
}

#[test]
fn an_authority_expires_and_a_certificate_does_not() {
    let far = NOW + 100 * 365 * 86_400;
    let expired = json!({"@entity": ["certificate expired, \"Not After\" time is in the past"]});
    assert_eq!(stored("ca_certificates", &valid("ca_certificates"), NOW), None);
    assert_eq!(stored("ca_certificates", &valid("ca_certificates"), far), Some(expired));
    assert_eq!(stored("certificates", &valid("certificates"), far), None);
}

#[test]
fn names_of_a_certificate_stand_once_where_it_is_stored() {
    let mut body = valid("certificates");
    let names = json!(["a.test", "b.test", "a.test"]);
    body.as_object_mut().expect("an object").insert("snis", names);
    let told = json!({"snis": "a.test is duplicated"});
    assert_eq!(stored("certificates", &body, NOW), Some(told));
}

/// Any JSON, small.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop_oneof![
            Just("http"),
            Just("{vault://env/x}"),
            Just("cors"),
            Just("~/("),
            Just("/%"),
            Just("[::1]:")
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let names = prop_oneof!["[a-z]{1,6}", Just("id".to_owned()), Just("name".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A kind and a body whose fields are the kind's, with any values.
fn body() -> impl Strategy<Value = (KindId, Object)> {
    let kinds: Vec<(KindId, Vec<String>)> = NODE
        .kinds()
        .map(|(id, kind)| (id, kind.record.fields.iter().map(|(name, _)| name.clone()).collect()))
        .collect();
    let plugins: Vec<Value> = NODE.subschema_names("plugins").map(Value::from).collect();
    (prop::sample::select(kinds), prop::sample::select(plugins)).prop_flat_map(|((kind, fields), plugin)| {
        let some = prop::sample::subsequence(fields.clone(), 0..=fields.len());
        some.prop_flat_map(move |names| {
            let plugin = plugin.clone();
            let values = prop::collection::vec(json(), names.len());
            (values, any::<bool>()).prop_map(move |(values, named)| {
                let mut body: Object = names.iter().cloned().zip(values).collect();
                if named {
                    body.insert("name".to_owned(), plugin.clone());
                }
                (kind, body)
            })
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(effort(1_000, 250)))]

    #[test]
    fn no_body_is_too_odd_to_be_checked((kind, body) in body()) {
        let validated = check_body(&NODE, kind, &body, CheckPurpose::Validate, NOW);
        if let Err(violations) = &validated {
            prop_assert!(!violations.is_empty());
        }
        let stored = check_body(&NODE, kind, &body, CheckPurpose::Store, NOW);
        prop_assert!(validated.is_ok() || stored.is_err(), "what cannot be valid cannot be stored");
    }
}
