//! The rules of the house, held by a test that fails by name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Crates that know no file, socket, environment, clock or `async`.
const PURE: &[&str] = &["json", "yaml", "schema", "state", "plan", "reference"];

/// What a pure crate would name if it did I/O.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::io",
    "SystemTime",
    "Instant::now",
    "tokio::",
    "reqwest::",
    "rusqlite::",
    "async fn",
    ".await",
    "Timestamp::now",
    "Uuid::new_v4",
];

/// Crates in which no kind's field is named: kinds are data.
const FIELDLESS: &[&str] = &["schema", "state", "plan", "apply", "control_plane", "embedded"];

/// Words that are a field of some kind, and in a crate mean something else: the crate, the words, what they mean there.
const OTHER_MEANINGS: &[(&str, &[&str], &str)] = &[
    (
        "schema",
        &["description", "filters", "path", "set"],
        "words of the language in which Kong's schemas are written",
    ),
    (
        "schema",
        &["host", "path", "port", "protocols"],
        "parts of the URL that a kind file may let a state file write in one field",
    ),
    ("schema", &["kid"], "a member of a JSON Web Key (RFC 7517)"),
    ("schema", &["key"], "what messages about a file call a key of its maps"),
    (
        "state",
        &["data"],
        "a member of lists of the Admin API, by which pasted answers are known",
    ),
    (
        "control_plane",
        &["data", "name", "version"],
        "members of lists, errors and the root of the Admin API",
    ),
    (
        "embedded",
        &["config", "entity_id", "entity_name", "name", "tag", "version"],
        "a path, and members of errors, lists of tags and the root of the Admin API",
    ),
];

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    walk(Path::new("src"), &mut found);
    found.sort();
    found
}

pub fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            found.push((path, text));
        }
    }
}

/// The crate under `src` that a file belongs to.
fn floor(path: &Path) -> String {
    let inner = path.strip_prefix("src").expect("a path in src");
    let first = inner
        .components()
        .next()
        .expect("a name")
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// What runs while the program is built.
fn is_build_script(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "build.rs")
}

/// The code of a file: without comments and without its unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The texts between double quotes, escapes left as they are.
fn literals(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(start) = rest.find('"') {
        let after = &rest[start + 1..];
        let mut end = 0;
        let bytes = after.as_bytes();
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if end >= after.len() {
            break;
        }
        found.insert(after[..end].to_owned());
        rest = &after[end + 1..];
    }
    found
}

pub fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Which of the words some code holds, with its file.
fn words_in(path: &Path, code: &str, words: &[&str]) -> Vec<String> {
    let found = words.iter().filter(|word| code.contains(*word));
    found.map(|word| format!("{}: {word}", path.display())).collect()
}

#[test]
fn pure_crates_do_no_io() {
    let mut wrong = Vec::new();
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| PURE.contains(&floor(path).as_str()) && !is_build_script(path))
    {
        let code = code(&text);
        wrong.extend(words_in(&path, &code, IMPURE));
    }
    none("I/O in pure crates", &wrong);
}

#[test]
fn only_cli_prints() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if floor(&path) != "cli" && !is_build_script(&path) {
            let code = code(&text);
            let prints = [
                "println!",
                "print!(",
                "eprintln!",
                "eprint!(",
                "dbg!(",
                "io::stdout",
                "io::stderr",
            ];
            wrong.extend(words_in(&path, &code, &prints));
        }
    }
    none("printing below cli", &wrong);
}

#[test]
fn no_rust_names_a_kinds_field() {
    let fields = kinds_fields();
    let mut named = BTreeSet::new();
    for (path, text) in sources() {
        let literals = literals(&code(&text));
        let found = literals.intersection(&fields);
        named.extend(found.map(|field| (floor(&path), field.clone(), path.display().to_string())));
    }
    named.retain(|(floor, ..)| FIELDLESS.contains(&floor.as_str()));
    let wrong: Vec<String> = named
        .iter()
        .filter(|(floor, field, _)| !means_something_else(floor, field))
        .map(|(_, field, path)| format!("{path}: \"{field}\""))
        .collect();
    none("fields of kinds named in Rust", &wrong);
    for (floor, words, meaning) in OTHER_MEANINGS {
        for word in *words {
            let is_needed = named.iter().any(|(other, field, _)| other == floor && field == word);
            assert!(is_needed, "{floor} no longer says {word:?}: {meaning}");
        }
    }
}

fn means_something_else(floor: &str, field: &str) -> bool {
    OTHER_MEANINGS
        .iter()
        .any(|(known, words, _)| *known == floor && words.contains(&field))
}

/// Every field of every kind, save `id` and `tags`.
fn kinds_fields() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files("schemas/kong-3.9.1/entities") {
        let schema: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(file).expect("a schema")).expect("JSON");
        names(&schema["fields"], &mut found);
    }
    for file in files("schemas/kinds") {
        let kind: serde_yaml::Value = serde_yaml::from_str(&fs::read_to_string(file).expect("a kind")).expect("YAML");
        let kind = serde_json::to_value(kind).expect("JSON");
        names(&kind["fields"], &mut found);
    }
    for word in ["id", "tags"] {
        found.remove(word);
    }
    found
}

fn names(fields: &serde_json::Value, found: &mut BTreeSet<String>) {
    for field in fields
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_object)
        .flatten()
    {
        found.insert(field.0.clone());
    }
}

pub fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.expect("an entry").path()).collect())
        .unwrap_or_default()
}

#[test]
fn files_are_short_and_nothing_is_left_open() {
    let mut wrong = Vec::new();
    let open = ["TO", "FIX"].map(|word| format!("{word}{}", if word == "TO" { "DO" } else { "ME" }));
    let stubs = ["todo", "unimplemented"].map(|word| format!("{word}!"));
    let mut all = sources();
    walk(Path::new("tests"), &mut all);
    for (path, text) in all {
        let lines = text.lines().count();
        if path.starts_with("src") && lines > 400 {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
        let left = open.iter().chain(&stubs).filter(|word| text.contains(word.as_str()));
        wrong.extend(left.map(|word| format!("{}: {word}", path.display())));
    }
    none("files over 400 lines, or left open", &wrong);
}

#[test]
fn the_top_level_is_what_it_should_be() {
    let listed = std::process::Command::new("git")
        .args(["ls-tree", "--name-only", "HEAD"])
        .output();
    let Ok(listed) = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()) else {
        return;
    };
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "src",
        "fixtures",
        "schemas",
        "tests",
        "examples",
    ];
    let wrong: Vec<String> = listed
        .lines()
        .filter(|entry| !entry.starts_with('.') && !allowed.contains(entry))
        .map(str::to_owned)
        .collect();
    none("unexpected at the top level", &wrong);
}
