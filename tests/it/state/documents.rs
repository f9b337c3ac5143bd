//! Folders of `fixtures/documents`: state files, and what they declare (`desired.txt`) or what is wrong with them (`errors.txt`).
//!
//! `options.json` holds select tags, filter tags and variables, where a case has any. `BLESS=1` writes what came out.

#![allow(clippy::print_stdout, reason = "a skipped test says why")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use strongroom::json::{Object, Value};
use strongroom::schema::{Catalog, FieldPath};
use strongroom::state::{DeclaredEntity, DesiredState, ForeignKeyTarget, ParsedState, StateOptions, read_documents};
use strongroom::yaml::{ComposeOptions, Diagnostic, Severity, SourceFiles, TemplateEnvironment, compose};

/// 20 November 2026, when the certificates of the fixtures are valid.
const NOW: i64 = 1_795_000_000;

#[test]
fn documents_declare_what_their_folders_say() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for folder in sorted(Path::new("fixtures/documents")) {
        let case = DocumentCase::read(&folder);
        let (name, text) = case.outcome();
        cases += 1;
        if let Err(why) = compare(&folder, name, &text) {
            wrong.push(why);
        }
    }
    assert!(cases >= 40, "only {cases} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// decK's own test states: each is read, or refused for a reason that is true of it.
#[test]
fn decks_own_states_are_read_or_refused_for_a_reason() {
    let root = Path::new("../shared/deck-states");
    if !root.exists() {
        println!("skipped: {} is not here", root.display());
        return;
    }
    let mut files = Vec::new();
    walk(root, &mut files);
    let (mut read, mut wrong) = (0, Vec::new());
    for file in &files {
        let options =
            strongroom::json::json!({"env": DECK_ENV.iter().copied().collect::<std::collections::BTreeMap<_, _>>()});
        let case = DocumentCase::of(std::iter::once(file.clone()), &options);
        let known = KNOWN_REFUSALS.iter().find(|(name, _)| file.ends_with(name));
        let mut told = String::new();
        case.tell(&mut told);
        match (case.is_refused(), known) {
            (false, None) => read += 1,
            (true, Some((_, why))) if told.contains(why) => {}
            _ => wrong.push(format!("{}\n{told}", file.display())),
        }
    }
    assert!(read > 100, "only {read} of {} states were read", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What Kong takes and refuses of declarative files, it takes and refuses here, but where decK's format or ours is another.
#[test]
fn kongs_declarative_files_are_read_as_kong_reads_them() {
    let cases = fs::read_to_string("fixtures/declarative/cases.jsonl").expect("the recorded cases");
    let mut wrong = Vec::new();
    for case in cases.lines() {
        let recorded: Value = serde_json::from_str(case).expect("a recorded case");
        let name = recorded["case"].as_str().expect("a name");
        let text = recorded["state"].as_str().expect("a text");
        let case = DocumentCase::of_texts([("state.yaml".to_owned(), text.to_owned())], &Value::Null);
        let refused = recorded["status"] != 201;
        let differs = DIFFERS_FROM_KONG.iter().any(|(known, _)| *known == name);
        if (case.is_refused() != refused) != differs {
            let mut told = String::new();
            case.tell(&mut told);
            wrong.push(format!("{name}: Kong answered {}; here:\n{told}", recorded["status"]));
        }
    }
    assert_eq!(cases.lines().count(), 30);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Cases that are read otherwise than Kong reads them, and why.
const DIFFERS_FROM_KONG: &[(&str, &str)] = &[
    ("transform-false", "the Admin API would hash the hash"),
    ("duplicate-key", "Kong drops the first without a word"),
    ("two-documents", "Kong drops the second without a word"),
    ("version-number", "decK takes a number"),
    ("info-and-select-tags", "decK's"),
    ("workspace", "decK's"),
    ("name-is-a-number", "decK takes a number"),
    (
        "service-by-name-missing",
        "the control plane may hold it: the plan tells",
    ),
    (
        "consumer-by-custom-id",
        "the control plane may hold one of that name: the plan tells",
    ),
];

/// A path of a route is stored as Kong stores it, or refused where Kong refuses it: formats 1.1 and 3.0.
#[test]
fn the_paths_of_routes_are_read_as_kong_reads_them() {
    let rows = fs::read_to_string("fixtures/declarative/route_paths.jsonl").expect("the recorded paths");
    let mut wrong = Vec::new();
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).expect("a recorded path");
        let state = strongroom::json::json!({
            "_format_version": row["format_version"],
            "routes": [{"name": "r", "paths": [row["path"]]}],
        });
        let case = DocumentCase::of_texts([("state.json".to_owned(), state.to_string())], &Value::Null);
        let stored = &case.reading.desired.entities[0].body.expose()["paths"][0];
        let agrees = match row.get("stored") {
            Some(expected) => !case.is_refused() && stored == expected,
            None => case.is_refused(),
        };
        if !agrees {
            let mut told = String::new();
            case.tell(&mut told);
            wrong.push(format!("{row}: {stored}\n{told}"));
        }
    }
    assert_eq!(rows.lines().count(), 415);
    assert!(wrong.is_empty(), "{} of 415 differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Variables that decK's states ask for.
const DECK_ENV: &[(&str, &str)] = &[
    ("DECK_SERVICE_HOST", "h.example"),
    ("DECK_RETRIES", "3"),
    ("DECK_REGEX_PRIORITY", "1"),
    ("DECK_RATE_LIMIT", "5"),
    ("DECK_REDIS_DB", "0"),
];

/// decK's states that are refused, and the reason.
const KNOWN_REFUSALS: &[(&str, &str)] = &[
    ("sync/004-create-upstream-and-target/kong.yaml", NO_VERSION),
    ("sync/006-fill-defaults-rate-limiting/kong.yaml", NO_VERSION),
    ("sync/009-skip-ca-cert/kong.yaml", NO_VERSION),
    ("sync/009-skip-ca-cert/kong3x.yaml", "certificate expired"),
    ("dump/001-entities-with-tags/expected310.yaml", LATER_FIELD),
    ("dump/001-entities-with-tags/expected311.yaml", LATER_FIELD),
    ("dump/001-entities-with-tags/expected312.yaml", LATER_FIELD),
    ("konnect-workspace-initial.yaml", WORKSPACE),
    ("konnect-workspace-mismatch.yaml", WORKSPACE),
    ("konnect-workspace-updated.yaml", WORKSPACE),
    ("konnect-workspace-with-entities.yaml", WORKSPACE),
    ("konnect-workspace-with-multiple-entities-updated.yaml", WORKSPACE),
    ("konnect-workspace-with-multiple-entities.yaml", WORKSPACE),
];

const NO_VERSION: &str = "no `_format_version` is declared";
const LATER_FIELD: &str = "there is no 'wasm_metrics'";
const WORKSPACE: &str = "an open-source gateway has one workspace";

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in sorted(folder) {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

fn compare(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    if std::env::var_os("BLESS").is_some() {
        for old in ["desired.txt", "errors.txt"] {
            let _ = fs::remove_file(folder.join(old));
        }
        fs::write(&path, text).expect("a writable fixture");
    }
    match fs::read_to_string(&path) {
        Ok(expected) if expected == text => Ok(()),
        Ok(expected) => Err(format!("{}: expected\n{expected}\nbut it is\n{text}", path.display())),
        Err(_) => Err(format!("{} is missing; it would be\n{text}", path.display())),
    }
}

/// The state files of a folder, read.
struct DocumentCase {
    sources: SourceFiles,
    reading: ParsedState,
    told: Vec<Diagnostic>,
}

impl DocumentCase {
    fn read(folder: &Path) -> Self {
        let options = fs::read_to_string(folder.join("options.json")).unwrap_or_else(|_| "{}".to_owned());
        let options: Value = serde_json::from_str(&options).expect("JSON");
        let files = sorted(folder).into_iter().filter(|path| {
            path.extension().is_some_and(|extension| extension == "yaml")
                || path.file_name().is_some_and(|name| name == "state.json")
        });
        Self::of(files, &options)
    }

    fn of(files: impl Iterator<Item = PathBuf>, options: &Value) -> Self {
        let texts = files.map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a state file"))
        });
        Self::of_texts(texts, options)
    }

    fn of_texts(texts: impl IntoIterator<Item = (String, String)>, options: &Value) -> Self {
        let mut sources = SourceFiles::default();
        let mut told = Vec::new();
        let mut nodes = Vec::new();
        for (name, text) in texts {
            let id = sources.add(name, text.as_str());
            let lookup = |name: &str| options["env"][name].as_str().map(str::to_owned);
            let how = ComposeOptions {
                environment: TemplateEnvironment::Strict(&lookup),
                substitute_env: false,
            };
            let (node, found) = compose(id, &text, &how);
            told.extend(found);
            nodes.extend(node.map(|node| (id, node)));
        }
        let catalog = Catalog::recorded();
        let options = StateOptions {
            select_tags: tags(&options["select_tags"]),
            filter_tags: tags(&options["filter_tags"]),
        };
        let reading = read_documents(nodes, &options, &catalog);
        let refused = reading.check_entities(&catalog, NOW, &told);
        told.extend(reading.errors.iter().cloned());
        told.extend(reading.desired.diagnostics.iter().cloned());
        told.extend(refused);
        told.sort_by_key(|one| one.locations.first().map(|place| (place.span.file, place.span.start)));
        Self { sources, reading, told }
    }

    fn is_refused(&self) -> bool {
        self.told.iter().any(|one| one.severity == Severity::Error)
    }

    /// What the case comes to: the name of the file that should hold it, and its text.
    fn outcome(&self) -> (&'static str, String) {
        let mut text = String::new();
        if self.is_refused() {
            self.tell(&mut text);
            return ("errors.txt", text);
        }
        declare(&self.reading.desired, &mut text);
        self.tell(&mut text);
        ("desired.txt", text)
    }

    fn tell(&self, out: &mut String) {
        for one in &self.told {
            let severity = format!("{:?}", one.severity).to_lowercase();
            let mut places = one.locations.iter().map(|place| {
                let file = self.sources.file(place.span.file);
                let hidden = if place.is_confidential { " (hidden)" } else { "" };
                let label = place
                    .label
                    .as_ref()
                    .map(|label| format!(" ({label})"))
                    .unwrap_or_default();
                format!("{}:{}:{}{hidden}{label}", file.name, place.span.line, place.span.column)
            });
            let first = places.next().unwrap_or_else(|| "(nowhere)".to_owned());
            writeln!(out, "{first}: {severity}[{}]: {}", one.code, one.message).expect("a text");
            for place in places {
                writeln!(out, "  at {place}").expect("a text");
            }
            if let Some(help) = &one.help {
                writeln!(out, "  help: {help}").expect("a text");
            }
        }
    }
}

fn tags(value: &Value) -> BTreeSet<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect()
}

/// A rendering of a desired state without secrets.
fn declare(desired: &DesiredState, out: &mut String) {
    let catalog = Catalog::recorded();
    for (at, scope) in desired.scopes.iter().enumerate() {
        let tags: Vec<&str> = scope.tags.iter().map(String::as_str).collect();
        writeln!(out, "scope {at}: [{}]", tags.join(", ")).expect("a text");
    }
    if let Some(filter) = &desired.filter_tags {
        writeln!(out, "filter: {filter:?}").expect("a text");
    }
    for (at, entity) in desired.entities.iter().enumerate() {
        let kind = catalog.kind(entity.kind);
        let id = entity.id.map(|id| format!(" {id}")).unwrap_or_default();
        writeln!(
            out,
            "#{at} {}{id} in scope {} at {}:{}",
            kind.name, entity.scope.0, entity.location.span.line, entity.location.span.column
        )
        .expect("a text");
        for link in &entity.foreign_keys {
            writeln!(out, "  {} -> {}", link.field, to(&link.target)).expect("a text");
        }
        let shown = hide(&catalog, entity);
        for (name, value) in &shown {
            let span = entity.location.value_span(&FieldPath::from_field(name));
            writeln!(out, "  {name}: {value}  ({}:{})", span.line, span.column).expect("a text");
        }
    }
}

fn to(link: &ForeignKeyTarget) -> String {
    match link {
        ForeignKeyTarget::Parent(id) => format!("#{}", id.0),
        ForeignKeyTarget::Named(name) => name.clone(),
        ForeignKeyTarget::List(names) => format!("{:?}", names.iter().map(|(name, _)| name).collect::<Vec<_>>()),
        ForeignKeyTarget::Null => "nothing".to_owned(),
    }
}

/// The body, with secret values taken out.
fn hide(catalog: &Catalog, entity: &DeclaredEntity) -> Object {
    let mut body = entity.body.expose().clone();
    let record = catalog.record(entity.kind, &body);
    for (name, value) in &mut body {
        if record.get(name).is_some_and(|field| field.secret) {
            *value = Value::String("<secret>".to_owned());
        }
    }
    for path in &entity.secret_fields {
        if let Some(value) = path.value_in_mut(&mut body) {
            *value = Value::String(format!("<secret {}>", sort(value)));
        }
    }
    body
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "truth",
        _ => "other",
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.expect("an entry").path()).collect())
        .unwrap_or_default();
    found.sort();
    found
}
