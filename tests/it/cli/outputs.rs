//! What decK printed in 16 scenarios on a real Kong, against what this program prints on the embedded control plane:
//! compared as parsed values. Skipped where the recordings are absent.

#![allow(clippy::print_stdout, reason = "tests say what they skip")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

/// Cases empty whole nodes, and hold references and certificates that nobody can prove here.
const ALLOWED: [&str; 6] = [
    "--allow-empty",
    "--max-deletes",
    "100%",
    "--allow-delete-in-use",
    "--references",
    "warn",
];

#[derive(Deserialize)]
struct Scenario {
    scenario: String,
    before: String,
    after: String,
    runs: Vec<RecordedRun>,
}

#[derive(Deserialize)]
struct RecordedRun {
    args: Vec<String>,
    exit: i32,
    stdout: String,
}

#[test]
fn the_recorded_scenarios_come_out_alike() {
    let folder = Path::new("../shared/deck-outputs");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let mut paths: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut wrong = Vec::new();
    let mut runs = 0;
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("a recording");
        let scenario: Scenario = serde_json::from_str(&text).expect("a recording");
        runs += scenario.runs.len();
        wrong.extend(differences(&scenario));
    }
    assert_eq!(paths.len(), 16, "scenarios");
    assert!(runs > 150, "{runs} runs");
    assert!(
        wrong.is_empty(),
        "{} differences\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

fn differences(scenario: &Scenario) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let node = DatabaseNode::new(folder.path());
    let before = node.run(&sync_of(&folder.path().join("before.yaml"), &scenario.before));
    if before.status.code() != Some(0) {
        return vec![format!(
            "{}: the state before cannot be synced: {}",
            scenario.scenario,
            text(&before.stderr)
        )];
    }
    let state = folder.path().join("kong.yaml");
    std::fs::write(&state, &scenario.after).expect("written");
    let alike = OutputComparison::new(&format!("{}{}", scenario.before, scenario.after));
    let told = |(run, why): (&RecordedRun, String)| format!("{} {}: {why}", scenario.scenario, run.args.join(" "));
    scenario
        .runs
        .iter()
        .filter_map(|run| {
            let output = node.run(&arguments(run, &state));
            alike.differ(scenario, run, &output).map(|why| (run, why))
        })
        .map(told)
        .collect()
}

/// A control plane in a file.
struct DatabaseNode {
    address: String,
}

impl DatabaseNode {
    fn new(folder: &Path) -> Self {
        Self {
            address: format!("embedded:{}", folder.join("kong.db").display()),
        }
    }

    fn run(&self, args: &[String]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_strongroom"))
            .args(args)
            .args(["--kong-addr", &self.address, "--analytics=false", "--no-color"])
            .env("DECK_HOST", "hidden.example.test")
            .output()
            .expect("the program runs")
    }
}

fn sync_of(path: &Path, state: &str) -> Vec<String> {
    std::fs::write(path, state).expect("written");
    let words = ["gateway", "sync", path.to_str().expect("a path")];
    words.iter().chain(&ALLOWED).map(|word| (*word).to_owned()).collect()
}

fn arguments(run: &RecordedRun, state: &Path) -> Vec<String> {
    let state = state.to_str().expect("a path").to_owned();
    let verb = run.args[0].clone();
    let rest = run.args[1..].iter().cloned();
    match verb.as_str() {
        "validate" => vec!["file".to_owned(), verb, state],
        "dump" => ["gateway", "dump", "-o", "-"]
            .map(str::to_owned)
            .into_iter()
            .chain(rest)
            .collect(),
        "ping" => vec!["gateway".to_owned(), verb],
        _ => ["gateway".to_owned(), verb, state]
            .into_iter()
            .chain(rest)
            .chain(ALLOWED.map(str::to_owned))
            .collect(),
    }
}

/// When two outputs are the same but for what differs by design.
struct OutputComparison {
    uuid: Regex,
    line: Regex,
    input: String,
}

impl OutputComparison {
    fn new(input: &str) -> Self {
        Self {
            uuid: Regex::new("<uuid [0-9]+>|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern"),
            line: Regex::new(r"(?m)^(creating|updating|deleting) (\S+) (.*?)( +\{)?$").expect("a pattern"),
            input: input.to_owned(),
        }
    }

    fn differ(&self, scenario: &Scenario, run: &RecordedRun, output: &Output) -> Option<String> {
        let expected = expected_exit(scenario, run);
        let (exit, said) = (output.status.code(), text(&output.stdout));
        if exit != Some(expected) {
            return Some(format!("exit {exit:?}, not {expected}: {said}{}", text(&output.stderr)));
        }
        let json = run.args.iter().any(|arg| arg == "--json-output");
        match run.args[0].as_str() {
            // decK had written half of it
            "dump" if scenario.scenario == "refused-by-the-node" => said.contains("services").then_some(said),
            "dump" => self.dumps_differ(&run.stdout, &said),
            "ping" => (said != run.stdout).then(|| said.clone()),
            "validate" => None,
            _ if expected == 3 => json.then(|| refused_in_json_differs(&said)).flatten(),
            _ if json => self.reports_differ(&run.stdout, &said),
            _ => self.lines_differ(&run.stdout, &said),
        }
    }

    fn lines_differ(&self, theirs: &str, ours: &str) -> Option<String> {
        let lines = |text: &str| {
            let mut lines: Vec<String> = self
                .line
                .captures_iter(text)
                .map(|found| self.steady(&format!("{} {} {}", &found[1], &found[2], &found[3])))
                .collect();
            lines.sort();
            lines
        };
        let counts = |text: &str| {
            text[text.find("Summary:").unwrap_or(text.len())..]
                .trim_end()
                .to_owned()
        };
        let (theirs, ours) = ((lines(theirs), counts(theirs)), (lines(ours), counts(ours)));
        (theirs != ours).then(|| format!("{theirs:#?}\nis now {ours:#?}"))
    }

    fn reports_differ(&self, theirs: &str, ours: &str) -> Option<String> {
        let (theirs, ours) = match (parsed(theirs), parsed(ours)) {
            (Some(theirs), Some(ours)) => (theirs, ours),
            _ => return Some(format!("no JSON: {ours}")),
        };
        if theirs["summary"] != ours["summary"] {
            return Some(format!("summary {} is now {}", theirs["summary"], ours["summary"]));
        }
        if let Some(missing) = theirs.as_object()?.keys().find(|key| ours.get(*key).is_none()) {
            return Some(format!("there is no {missing}"));
        }
        ["creating", "updating", "deleting"].iter().find_map(|list| {
            let (theirs, ours) = (
                self.entities(&theirs["changes"][list]),
                self.entities(&ours["changes"][list]),
            );
            (theirs != ours).then(|| format!("{list} {theirs:#?}\nis now {ours:#?}"))
        })
    }

    /// The changes of a list by kind and name, their bodies in a steady form.
    fn entities(&self, list: &Value) -> BTreeMap<String, String> {
        let entity = |entity: &Value| {
            let name = format!(
                "{} {}",
                entity["kind"],
                self.steady(entity["name"].as_str().unwrap_or("?"))
            );
            let body = serde_json::to_string_pretty(&self.steady_value(&entity["body"])).expect("JSON");
            (name, body)
        };
        list.as_array().into_iter().flatten().map(entity).collect()
    }

    fn dumps_differ(&self, theirs: &str, ours: &str) -> Option<String> {
        let read = |text: &str| {
            serde_yaml::from_str::<Value>(text)
                .ok()
                .map(|value| self.steady_value(&value))
        };
        let (theirs, ours) = (read(theirs), read(ours));
        (theirs != ours).then(|| format!("{theirs:#?}\nis now {ours:#?}"))
    }

    fn steady_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.steady(text)),
            Value::Array(members) => members.iter().map(|member| self.steady_value(member)).collect(),
            Value::Object(members) => members
                .iter()
                // a field of decK's own, which no Kong knows
                .filter(|(name, _)| *name != "SkipHash")
                .map(|(name, member)| (name.clone(), self.steady_field(name, member)))
                .collect(),
            other => other.clone(),
        }
    }

    /// Secrets are fingerprints, by design.
    fn steady_field(&self, name: &str, value: &Value) -> Value {
        match (name, value) {
            ("key" | "password", Value::String(text)) if !text.starts_with("{vault://") => "<secret>".into(),
            _ => self.steady_value(value),
        }
    }

    fn steady(&self, text: &str) -> String {
        if text.starts_with("<secret ") && !text.contains(" for ") || text == "[masked]" {
            return "<secret>".to_owned();
        }
        let secret = Regex::new("<secret [^>]*>|<[0-9a-f]{12}>|(?-u:\\b)k[12](?-u:\\b)").expect("a pattern");
        let text = secret.replace_all(text, "<secret>");
        let known = |found: &regex::Captures<'_>| match self.input.contains(&found[0]) {
            true => found[0].to_owned(),
            false => "<uuid>".to_owned(),
        };
        self.uuid.replace_all(&text, known).into_owned()
    }
}

/// Bad input is 3 here; what decK finds out from the node's refusal, or hides behind JSON, is bad input too.
fn expected_exit(scenario: &Scenario, run: &RecordedRun) -> i32 {
    let refused = scenario.scenario == "refused-by-the-node" && matches!(run.args[0].as_str(), "sync" | "diff");
    if refused || run.exit == 1 { 3 } else { run.exit }
}

fn refused_in_json_differs(said: &str) -> Option<String> {
    let errors = parsed(said).and_then(|report| Some(report["errors"].as_array()?.len()));
    (errors.unwrap_or(0) == 0).then(|| format!("no errors in JSON: {said}"))
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
