//! How texts are read: as decK reads them (`fixtures/yaml/deck.jsonl`), and with what is told of them (folders beside it).
//!
//! A folder holds `state.yaml`, the variables it may ask for in `environment.json`, and what comes of it: `nodes.txt` and
//! `told.txt`. In folders named `…-filled-in`, `$NAME` is filled in. `BLESS=1` writes what came out.

#![allow(clippy::print_stdout, reason = "a skipped test says why")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use strongroom::cli::report;
use strongroom::yaml::{
    ComposeOptions, Diagnostic, FileId, Node, NodeData, Severity, SourceFiles, Span, StringStyle, TemplateEnvironment,
    ValueOrigin, compose, decode,
};

#[test]
fn texts_are_read_as_their_folders_say() {
    let mut cases = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir("fixtures/yaml").unwrap() {
        let folder = entry.unwrap().path();
        if folder.is_dir() {
            cases += 1;
            let (nodes, told) = outcome(&folder);
            wrong.extend(differs(&folder.join("nodes.txt"), &nodes));
            wrong.extend(differs(&folder.join("told.txt"), &told));
        }
    }
    assert!(cases > 25, "only {cases} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Values of variables and of secret fields, which the texts hold and the diagnostics must not.
#[test]
fn what_is_told_holds_no_secret() {
    for entry in fs::read_dir("fixtures/yaml").unwrap() {
        let folder = entry.unwrap().path();
        if folder.is_dir() {
            let (_, told) = outcome(&folder);
            assert!(!told.contains("hunter2"), "{}:\n{told}", folder.display());
        }
    }
}

fn outcome(folder: &Path) -> (String, String) {
    let bytes = fs::read(folder.join("state.yaml")).unwrap();
    let variables: BTreeMap<String, String> = match fs::read_to_string(folder.join("environment.json")) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => BTreeMap::new(),
    };
    let (text, error) = decode(FileId(0), bytes);
    let mut sources = SourceFiles::default();
    let file = sources.add("state.yaml", text.as_str());
    if let Some(error) = error {
        return (String::new(), shown(&[error], &sources));
    }
    let options = ComposeOptions {
        environment: TemplateEnvironment::Strict(&|name| variables.get(name).cloned()),
        substitute_env: folder.to_string_lossy().ends_with("-filled-in"),
    };
    let (node, diagnostics) = compose(file, &text, &options);
    let mut nodes = String::new();
    if let Some(node) = node {
        outline(&node, "", 0, &mut nodes);
    }
    (nodes, shown(&diagnostics, &sources))
}

fn shown(diagnostics: &[Diagnostic], sources: &SourceFiles) -> String {
    anstream::adapter::strip_str(&report::render_diagnostics(diagnostics, sources)).to_string()
}

/// A line for each node: where it is, what it is, and where it came from.
fn outline(node: &Node, name: &str, depth: usize, text: &mut String) {
    let Span {
        line,
        column,
        start,
        end,
        ..
    } = node.span;
    let origin = match &node.origin {
        ValueOrigin::File => String::new(),
        ValueOrigin::Environment(names) => format!(" from {}", names.join(", ")),
        ValueOrigin::UnsetVariable => " from a variable that is not set".to_owned(),
    };
    let style = match node.data {
        NodeData::String(_, StringStyle::Template) => " as a template",
        NodeData::String(_, StringStyle::Quoted) => " in quotes",
        _ => "",
    };
    let value = match &node.data {
        NodeData::List(_) | NodeData::Map(_) => node.type_name().to_owned(),
        _ => value(node).to_string(),
    };
    let indent = "  ".repeat(depth);
    writeln!(
        text,
        "{line}:{column} ({start}-{end}) {indent}{name}{value}{style}{origin}"
    )
    .unwrap();
    for member in node.members() {
        outline(member, "- ", depth + 1, text);
    }
    for entry in node.entries() {
        outline(
            &entry.value,
            &format!("{}@{}:{}: ", entry.key, entry.key_span.line, entry.key_span.column),
            depth + 1,
            text,
        );
    }
}

fn value(node: &Node) -> Value {
    match &node.data {
        NodeData::Null => Value::Null,
        NodeData::Bool(truth) => (*truth).into(),
        NodeData::Number(number) => Value::Number(number.clone()),
        NodeData::String(text, _) => text.as_str().into(),
        NodeData::List(members) => members.iter().map(value).collect(),
        NodeData::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), value(&entry.value)))
            .collect(),
    }
}

fn differs(file: &Path, found: &str) -> Option<String> {
    if std::env::var_os("BLESS").is_some() {
        match found.is_empty() {
            true => drop(fs::remove_file(file)),
            false => fs::write(file, found).unwrap(),
        }
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    (expected != found).then(|| format!("{}:\n--- expected\n{expected}--- found\n{found}", file.display()))
}

/// A text, and what decK's reader (sigs.k8s.io/yaml 1.5.0 on go.yaml.in/yaml/v2 2.4.2) makes of it.
#[derive(Deserialize)]
struct RecordedText {
    text: String,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    refused: bool,
}

/// What decK takes and drops a part of without a word: errors here.
const STRICTER: &[&str] = &["a: 1\n---\nb: 2\n", "1: a\n\"1\": b\n"];

/// What decK refuses and nothing speaks against.
const LAXER: &[&str] = &[
    "18446744073709551615: v\n",
    "9223372036854775808: v\n",
    "18446744073709551615: a\n",
    "a: \"\\/\"\n",
    "{\"a\":\"\\/x\",\"b\":[1,2.5,true,null]}",
    "[(?<x>y)]\n",
];

/// Names of fields that nobody writes: as they are spelled.
const SPELLED: &[&str] = &["+.inf: v\n", ".Inf: v\n", ".NaN: v\n", "-0.0: v\n"];

#[test]
fn texts_are_read_as_deck_reads_them() {
    let recorded = fs::read_to_string("fixtures/yaml/deck.jsonl").unwrap();
    let mut wrong = Vec::new();
    for line in recorded.lines() {
        let RecordedText { text, value, refused } = serde_json::from_str(line).unwrap();
        if SPELLED.contains(&text.as_str()) {
            continue;
        }
        let (node, diagnostics) = compose(FileId(0), &text, &mocked());
        let fails = diagnostics.iter().any(|told| told.severity == Severity::Error);
        let expected = match refused {
            true => !LAXER.contains(&text.as_str()),
            false => STRICTER.contains(&text.as_str()),
        };
        let found = node.as_ref().map(self::value).unwrap_or_default();
        if fails != expected || (!fails && !refused && !same(&found, &value)) {
            wrong.push(format!(
                "{text:?}: decK has {value} (refused: {refused}), found {found} (refused: {fails})"
            ));
        }
    }
    assert!(recorded.lines().count() > 700);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether values are the same but for the spelling of numbers.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

fn mocked() -> ComposeOptions<'static> {
    ComposeOptions {
        environment: TemplateEnvironment::Mock,
        substitute_env: false,
    }
}

/// decK's own state files are read without a fault, and what stands without quotes stands where its node says.
#[test]
fn nodes_know_their_places() {
    let mut files = Vec::new();
    collect(Path::new("../shared/deck-states"), &mut files);
    if files.is_empty() {
        println!("skipped: ../shared/deck-states is not here");
    }
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (node, diagnostics) = compose(FileId(0), &text, &mocked());
        let errors = diagnostics.iter().filter(|told| told.severity == Severity::Error);
        assert_eq!(
            errors.map(|told| &told.message).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{}",
            file.display()
        );
        stands_where_it_says(&node.unwrap(), &text);
    }
}

fn stands_where_it_says(node: &Node, text: &str) {
    let there = &text[node.span.start as usize..node.span.end as usize];
    let before = &text[..node.span.start as usize];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    assert_eq!(node.span.line as usize, before.matches('\n').count() + 1);
    assert_eq!(node.span.column as usize, before[line_start..].chars().count() + 1);
    if let NodeData::String(value, StringStyle::Plain) = &node.data
        && !there.contains('\n')
    {
        assert_eq!(there, value);
    }
    node.members()
        .iter()
        .for_each(|member| stands_where_it_says(member, text));
    for entry in node.entries() {
        let key = &text[entry.key_span.start as usize..entry.key_span.end as usize];
        assert_eq!(key.trim_matches(['"', '\'']), entry.key);
        stands_where_it_says(&entry.value, text);
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml" | "json") => files.push(path),
            _ if path.is_dir() => collect(&path, files),
            _ => {}
        }
    }
}
