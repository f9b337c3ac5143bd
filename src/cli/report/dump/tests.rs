//! What is dumped of a small control plane, compared with `fixtures/outputs`. Set `UPDATE_FIXTURES` to write it anew.

use std::collections::{BTreeMap, BTreeSet};

use super::{DumpOptions, dump};
use json::{Object, Value};
use plan::{ForeignEntity, LiveEntity, LiveState};
use schema::{Catalog, KindId};
use state::EntityBody;

const OUTPUTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/outputs");

#[test]
fn dumps_nest_and_keep_what_they_need_to_be_read_back() {
    assert_dump_matches("dump.json", &DumpOptions::default());
}

#[test]
fn dumps_with_ids_have_them_all() {
    let options = DumpOptions {
        with_id: true,
        select_tags: BTreeSet::from(["team-a".to_owned()]),
        ..DumpOptions::default()
    };
    assert_dump_matches("dump-with-id.json", &options);
}

#[test]
fn dumps_without_defaults_and_secrets_have_neither() {
    let options = DumpOptions {
        skip_defaults: true,
        hide_secrets: true,
        ..DumpOptions::default()
    };
    let dumped = assert_dump_matches("dump-short.json", &options);
    assert!(!dumped.contains("hush"));
}

fn assert_dump_matches(fixture: &str, options: &DumpOptions) -> String {
    let catalog = Catalog::recorded();
    let document = dump(&catalog, &read_live_fixture(&catalog), options);
    let dumped = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
    let path = format!("{OUTPUTS}/{fixture}");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &dumped).expect("written");
    }
    let expected = std::fs::read_to_string(&path).expect("a fixture");
    assert_eq!(dumped, expected, "{path}");
    dumped
}

fn read_live_fixture(catalog: &Catalog) -> LiveState {
    let text = std::fs::read_to_string(format!("{OUTPUTS}/live.json")).expect("a fixture");
    let read: Value = serde_json::from_str(&text).expect("JSON");
    LiveState {
        owned: entities_by_kind(catalog, &read["owned"], |body| LiveEntity::new(entity_id(&body), body)),
        foreign: entities_by_kind(catalog, &read["foreign"], |body| ForeignEntity {
            id: entity_id(&body),
            index: EntityBody::new(body),
            references: Vec::new(),
        }),
        ..LiveState::default()
    }
}

fn entities_by_kind<T>(catalog: &Catalog, kinds: &Value, entity: impl Fn(Object) -> T) -> BTreeMap<KindId, Vec<T>> {
    let kinds = kinds.as_object().expect("kinds").iter();
    kinds
        .map(|(collection, list)| {
            let bodies = list.as_array().expect("a list").iter();
            let entities = bodies.map(|body| entity(body.as_object().expect("a body").clone()));
            (catalog.find_kind(collection).expect("a kind"), entities.collect())
        })
        .collect()
}

fn entity_id(body: &Object) -> uuid::Uuid {
    body["id"].as_str().expect("an id").parse().expect("an id")
}
