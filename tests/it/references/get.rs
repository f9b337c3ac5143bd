//! `refs get`: what a real Kong's `env` backend answered, answered by the program.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use crate::common::real_servers::effort;
use serde_json::Value;

fn get(environment: &BTreeMap<String, String>, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_strongroom"))
        .env_clear()
        .envs(environment)
        .args(["refs", "get"])
        .args(args)
        .output()
        .expect("the program")
}

fn environment() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string("fixtures/references/environment.json").expect("the environment");
    serde_json::from_str(&text).expect("an environment")
}

/// What the program has to say where Kong says this.
fn wanted(recorded: &str) -> &str {
    if recorded == "unable to retrieve config from db" {
        return "unknown vault";
    }
    match recorded.split_once("unable to json decode value (") {
        Some((before, _)) => &recorded[..before.len() + "unable to json decode value (".len()],
        None => recorded,
    }
}

#[test]
fn every_recorded_value_and_error_is_given() {
    let environment = environment();
    let recording = std::fs::read_to_string("fixtures/references/answers.jsonl").expect("the recording");
    let rows: Vec<Value> = recording
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|row: &Value| row["is_reference"] == true && !row["reference"].to_string().contains("\\u0000"))
        .collect();
    let (mut values, mut errors) = (0, 0);
    // every value, and of the errors as many as time allows: each is a run of the program
    let mut nth_error = 0;
    let chosen = rows.iter().filter(|row| {
        nth_error += usize::from(row["value"].is_null());
        row["value"].is_string() || nth_error.is_multiple_of(effort(1, 8))
    });
    for row in chosen {
        let reference = row["reference"].as_str().expect("text");
        let output = get(&environment, &["--reveal", "--vaults", "env", "--", reference]);
        let told = String::from_utf8_lossy(&output.stderr);
        match row["value"].as_str() {
            Some(value) => {
                assert_eq!(output.status.code(), Some(0), "{reference}: {told}");
                assert_eq!(
                    String::from_utf8_lossy(&output.stdout),
                    format!("{value}\n"),
                    "{reference}"
                );
                values += 1;
            }
            None => {
                assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{reference}");
                let wanted = wanted(row["error"].as_str().expect("an error"));
                assert!(told.contains(wanted), "{reference}: {told}");
                errors += 1;
            }
        }
    }
    assert_eq!(values, 49);
    assert!(errors > effort(1600, 200), "{errors}");
}

#[test]
fn a_declared_vaults_prefix_counts_and_a_pipe_gets_no_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("vaults.yaml");
    let state = "_format_version: '3.0'\nvaults:\n- {name: env, prefix: mine, config: {prefix: X_}}\n\
                 - {name: aws, prefix: theirs, config: {region: eu-west-1}}\n";
    std::fs::write(&file, state).expect("written");
    let file = file.to_str().expect("UTF-8");
    let environment = environment();
    let revealed = get(&environment, &["mine/a", file, "--reveal"]);
    assert_eq!(String::from_utf8_lossy(&revealed.stdout), "value-x-a\n");
    let hidden = get(&environment, &["{vault://mine/a}", file]);
    assert_eq!((hidden.status.code(), hidden.stdout.len()), (Some(0), 0));
    assert!(!String::from_utf8_lossy(&hidden.stderr).contains("value-x-a"));
    let other = get(&environment, &["{vault://theirs/a}", file, "--reveal"]);
    assert_eq!((other.status.code(), other.stdout.len()), (Some(3), 0));
}

#[test]
fn a_control_plane_given_by_address_is_asked_for_a_prefix() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("vaults.yaml");
    let state = "_format_version: '3.0'\nvaults:\n- {name: env, prefix: mine, config: {prefix: X_}}\n";
    std::fs::write(&file, state).expect("written");
    let address = format!("embedded:{}", folder.path().join("database").display());
    let synced = Command::new(env!("CARGO_BIN_EXE_strongroom"))
        .args(["sync", "--kong-addr", &address])
        .arg(&file)
        .output()
        .expect("the program");
    assert!(synced.status.success());
    let environment = environment();
    let asked = get(&environment, &["{vault://mine/a}", "--reveal", "--kong-addr", &address]);
    assert_eq!(String::from_utf8_lossy(&asked.stdout), "value-x-a\n");
    let unasked = get(
        &environment,
        &[
            "{vault://mine/a}",
            "--reveal",
            "--vaults",
            "env",
            "--kong-addr",
            &address,
        ],
    );
    assert_eq!(unasked.status.code(), Some(3));
}
