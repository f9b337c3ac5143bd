//! What was answered survives: a process that writes is killed in the middle, again and again, and its database opens
//! with every answered write in it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use strongroom::control_plane::{Method, Request};
use strongroom::embedded::{Database, EmbeddedControlPlane, EmbeddedOptions, OpenError};
use strongroom::schema::Catalog;

/// Tells the copy of this test that it is the one to be killed, and where to write.
const VICTIM: &str = "STRONGROOM_TEST_DATABASE";

const ROUNDS: usize = 5;

#[test]
fn a_killed_process_loses_nothing_that_it_answered() {
    if let Some(file) = std::env::var_os(VICTIM) {
        return write_for_ever(&PathBuf::from(file));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node.db");
    let mut answered = Vec::new();
    for round in 0..ROUNDS {
        answered.extend(answers_until_killed(&file, 40 + 35 * round));
        let node = open(&file);
        for (name, host) in &answered {
            let response = node.handle(&request(Method::Get, &format!("/services/{name}"), None));
            assert_eq!(response.status, 200, "{name} is lost");
            let body: Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!(body["host"], host.as_str());
        }
    }
    assert!(answered.len() >= 40 * ROUNDS);
}

/// Lets a process write, and kills it while it writes, after so many answers. Returns what it was answered.
fn answers_until_killed(file: &Path, count: usize) -> Vec<(String, String)> {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "embedded::durability::a_killed_process_loses_nothing_that_it_answered",
            "--nocapture",
        ])
        .env(VICTIM, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let mut killed = false;
    let mut answered = Vec::new();
    for line in lines {
        let line = line.unwrap();
        let Some((name, host)) = line.strip_prefix("answered ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        answered.push((name.to_owned(), host.to_owned()));
        if answered.len() >= count && !killed {
            victim.kill().unwrap();
            killed = true;
        }
    }
    victim.wait().unwrap();
    assert!(killed, "it ended by itself after {} answers", answered.len());
    answered
}

fn write_for_ever(file: &Path) {
    let node = open(file);
    loop {
        let name = uuid::Uuid::new_v4().to_string().replace('-', "s");
        let host = format!("{name}.example.test");
        let body = format!(r#"{{"host": "{host}", "tags": ["a", "b"]}}"#);
        let response = node.handle(&request(Method::Put, &format!("/services/{name}"), Some(body)));
        assert_eq!(response.status, 200);
        let line = format!("answered {name} {host}\n");
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

fn open(file: &Path) -> EmbeddedControlPlane {
    let options = EmbeddedOptions {
        database: Database::File(file.to_owned()),
        ..EmbeddedOptions::default()
    };
    EmbeddedControlPlane::open(Catalog::recorded(), options).unwrap()
}

fn request(method: Method, path: &str, body: Option<String>) -> Request {
    Request {
        method,
        path: path.to_owned(),
        body: body.map(String::into_bytes),
    }
}

#[test]
fn a_database_is_ours_alone_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let opened = |name: &str| {
        let options = EmbeddedOptions {
            database: Database::File(folder.path().join(name)),
            ..EmbeddedOptions::default()
        };
        EmbeddedControlPlane::open(Catalog::recorded(), options).map(drop)
    };
    std::fs::write(
        folder.path().join("text"),
        "no database, but quite some text".repeat(50),
    )
    .unwrap();
    assert!(matches!(opened("text"), Err(OpenError::Database(_))));
    let other = rusqlite::Connection::open(folder.path().join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(opened("other.db"), Err(OpenError::ForeignDatabase)));
    assert!(matches!(opened("no/such/folder.db"), Err(OpenError::File(_))));
    opened("ours.db").unwrap();
    opened("ours.db").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("ours.db"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let ours = rusqlite::Connection::open(folder.path().join("ours.db")).unwrap();
    ours.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(opened("ours.db"), Err(OpenError::UnsupportedVersion(99))));
}
