//! What a real Kong Gateway answered, 287 exchanges, asked of the embedded control plane again.
//!
//! The rules of the comparison: an id that the server chose is bound to the recorded one where it first appears;
//! `created_at` and `updated_at` need only be whole or broken numbers alike; of offsets and links it counts whether
//! they are there; `data` and `tags` are sets; descriptions of schemas do not count; a salted hash must only be one; the
//! tail of an OpenSSL or PCRE error is not compared.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, iter};

use serde_json::Value;
use strongroom::control_plane::{Method, Request, Response};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions};
use strongroom::schema::Catalog;

#[test]
fn ca_certificates() {
    replay("fixtures/transcripts", "ca_certificates", 11);
}

#[test]
fn certificates() {
    replay("fixtures/transcripts", "certificates", 24);
}

#[test]
fn certificates_references() {
    replay("fixtures/transcripts", "certificates_references", 10);
}

#[test]
fn consumers() {
    replay("fixtures/transcripts", "consumers", 22);
}

#[test]
fn ids_and_losses() {
    replay("fixtures/transcripts", "ids_and_losses", 30);
}

#[test]
fn keys_and_key_sets() {
    replay("fixtures/transcripts", "keys_and_key_sets", 12);
}

#[test]
fn paging_and_tags() {
    replay("fixtures/transcripts", "paging_and_tags", 26);
}

#[test]
fn services_client_certificate() {
    replay("fixtures/transcripts", "services_client_certificate", 7);
}

#[test]
fn services_routes_plugins() {
    replay("fixtures/transcripts", "services_routes_plugins", 26);
}

#[test]
fn snis() {
    replay("fixtures/transcripts", "snis", 15);
}

#[test]
fn upstreams_targets() {
    replay("fixtures/transcripts", "upstreams_targets", 15);
}

#[test]
fn validate() {
    replay("fixtures/transcripts", "validate", 13);
}

#[test]
fn vaults() {
    replay("fixtures/transcripts", "vaults", 29);
}

#[test]
fn ca_digest() {
    replay("fixtures/computed", "ca_digest", 5);
}

#[test]
fn certificate_forms() {
    replay("fixtures/computed", "certificate_forms", 9);
}

#[test]
fn plugin_protocols() {
    replay("fixtures/computed", "plugin_protocols", 12);
}

#[test]
fn target_forms() {
    replay("fixtures/computed", "target_forms", 8);
}

#[test]
fn upstream_hashing() {
    replay("fixtures/computed", "upstream_hashing", 13);
}

/// Repeats a transcript on an empty node and asserts that every answer agrees.
fn replay(folder: &str, name: &str, exchanges: usize) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join(format!("{name}.jsonl"));
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), exchanges);
    let mut session = Session::new();
    let differences: Vec<String> = iter::zip(1.., &lines)
        .flat_map(|(number, line)| {
            let found = session.differences(&line["request"], &line["response"]);
            let (method, path) = (&line["request"]["method"], &line["request"]["path"]);
            found
                .into_iter()
                .map(move |found| format!("{number} {method} {path}\n    {found}"))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

struct Session {
    node: EmbeddedControlPlane,
    ids: Ids,
    next_page: Option<String>,
}

impl Session {
    fn new() -> Self {
        let options = EmbeddedOptions {
            vaults: Some(["env".to_owned()].into()),
            ..EmbeddedOptions::default()
        };
        Self {
            node: EmbeddedControlPlane::open(Catalog::recorded(), options).unwrap(),
            ids: Ids::default(),
            next_page: None,
        }
    }

    fn differences(&mut self, request: &Value, wanted: &Value) -> Vec<String> {
        let mut path = self.ids.in_text(request["path"].as_str().unwrap());
        if let Some(next) = self.next_page.as_ref().filter(|_| path.contains("offset=WyI")) {
            path.clone_from(next);
        }
        let response = self.node.handle(&Request {
            method: method(request["method"].as_str().unwrap()),
            path,
            body: body(&self.ids, &request["body"]),
        });
        let mut got = parsed(&response);
        if request["path"].as_str().unwrap().starts_with("/schemas/") {
            got = without_descriptions(got);
        }
        if let Some(next) = got.get("next").and_then(Value::as_str) {
            self.next_page = Some(next.to_owned());
        }
        let mut found = Vec::new();
        if wanted["status"] != response.status {
            found.push(format!("status: want {}, got {}", wanted["status"], response.status));
        }
        compare(&wanted["body"], &got, &mut self.ids, "", &mut found);
        found
    }
}

/// The ids that the node chose, by the recorded ones.
#[derive(Clone, Default)]
struct Ids(BTreeMap<String, String>);

impl Ids {
    fn in_text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (recorded, chosen)| {
            text.replace(recorded, chosen)
        })
    }

    fn bind(&mut self, recorded: &str, chosen: &str) -> bool {
        self.0.entry(recorded.to_owned()).or_insert_with(|| chosen.to_owned()) == chosen
    }
}

fn compare(want: &Value, got: &Value, ids: &mut Ids, at: &str, found: &mut Vec<String>) {
    let differ = |found: &mut Vec<String>| found.push(format!("{at}: want {want}, got {got}"));
    match (at.rsplit('.').next().unwrap_or_default(), want, got) {
        ("created_at" | "updated_at", _, _) => {
            if want.is_i64() != got.is_i64() || !got.is_number() {
                differ(found);
            }
        }
        ("next" | "offset", _, _) => {
            if want.is_string() != got.is_string() {
                differ(found);
            }
        }
        (_, Value::Object(wanted), Value::Object(members)) => {
            for (name, want) in wanted {
                match members.get(name) {
                    Some(got) => compare(want, got, ids, &format!("{at}.{name}"), found),
                    None => found.push(format!("{at}.{name}: missing, want {want}")),
                }
            }
            for (name, got) in members.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                found.push(format!("{at}.{name}: unexpected {got}"));
            }
        }
        (key, Value::Array(wanted), Value::Array(members)) => {
            if wanted.len() != members.len() {
                return found.push(format!("{at}: want {} members, got {}", wanted.len(), members.len()));
            }
            let members = if matches!(key, "data" | "tags") {
                paired(wanted, members, ids)
            } else {
                members.clone()
            };
            for (index, (want, got)) in iter::zip(wanted, &members).enumerate() {
                compare(want, got, ids, &format!("{at}[{index}]"), found);
            }
        }
        (key, Value::String(want), Value::String(got)) => {
            if !same_text(key, want, got, ids) {
                differ(found);
            }
        }
        (_, Value::Number(want), Value::Number(got)) if want.as_f64() == got.as_f64() => {}
        (_, want, got) if want == got => {}
        _ => differ(found),
    }
}

/// The members in the order of those that they agree with; as they are if one agrees with none.
fn paired(wanted: &[Value], members: &[Value], ids: &mut Ids) -> Vec<Value> {
    let mut rest = members.to_vec();
    let mut ordered = Vec::new();
    for want in wanted {
        let agrees = |got: &Value| {
            let mut found = Vec::new();
            compare(want, got, &mut ids.clone(), "", &mut found);
            found.is_empty()
        };
        let Some(at) = rest.iter().position(agrees) else {
            return members.to_vec();
        };
        let got = rest.remove(at);
        compare(want, &got, ids, "", &mut Vec::new());
        ordered.push(got);
    }
    ordered
}

fn same_text(key: &str, want: &str, got: &str, ids: &mut Ids) -> bool {
    if key == "password" && is_hex(want, 40) {
        return is_hex(got, 40);
    }
    if is_uuid(want) && is_uuid(got) {
        return ids.bind(want, got);
    }
    head(&ids.in_text(want)) == head(got)
}

fn head(text: &str) -> &str {
    let end = ["error:", "PCRE returned:"]
        .iter()
        .filter_map(|tail| text.find(tail))
        .min();
    &text[..end.unwrap_or(text.len())]
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5 && iter::zip(parts, [8, 4, 4, 4, 12]).all(|(part, length)| is_hex(part, length))
}

fn without_descriptions(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(name, value)| name != "description" || !value.is_string())
            .map(|(name, value)| (name, without_descriptions(value)))
            .collect(),
        Value::Array(members) => members.into_iter().map(without_descriptions).collect(),
        other => other,
    }
}

/// A recorded body; text stands for itself, to try what is no JSON.
fn body(ids: &Ids, recorded: &Value) -> Option<Vec<u8>> {
    let text = match recorded {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Some(ids.in_text(&text).into_bytes())
}

fn parsed(response: &Response) -> Value {
    if response.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&response.body).unwrap()
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => panic!("no such method in a transcript: {other}"),
    }
}
