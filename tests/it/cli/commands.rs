//! The program as its users have it: commands, exit codes, what is printed where.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::common::closed_port::ClosedPort;
use serde_json::Value;

/// A folder with a control plane in a file.
struct Workdir {
    folder: tempfile::TempDir,
}

/// What a run left behind.
struct ProgramOutput {
    exit: i32,
    out: String,
    err: String,
}

const STATE: &str = r#"
_format_version: "3.0"
vaults:
- {name: env, prefix: my-secret, config: {prefix: A_}}
certificates:
- cert: '{vault://my-secret/cert}'
  key: '{vault://my-secret/key}'
  snis: [{name: example.com}]
services:
- name: s
  url: http://example.com
  routes:
  - name: r
    paths: [/a]
    plugins:
    - {name: key-auth, config: {key_names: [apikey]}}
consumers:
- username: alice
  acls: [{group: g}]
  basicauth_credentials: [{username: a, password: pw}]
upstreams:
- name: u
  targets: [{target: '192.0.2.1:80'}]
key_sets: [{name: set}]
keys:
- {name: k, kid: '1', set: {name: set}, jwk: '{vault://my-secret/jwk}'}
"#;

impl Workdir {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn address(&self) -> String {
        format!("embedded:{}", self.path("kong.db").display())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.args(args).env("STRONGROOM_KONG_ADDR", self.address());
        command
    }

    fn run(&self, args: &[&str]) -> ProgramOutput {
        ProgramOutput::from_output(self.command(args).output().expect("the program runs"))
    }
}

impl ProgramOutput {
    fn from_output(output: Output) -> Self {
        Self {
            exit: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    #[track_caller]
    fn ends(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "{}{}", self.out, self.err);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {}", self.out))
    }
}

/// The program, without settings of whoever runs the test.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
    command
        .stdin(Stdio::null())
        .env_remove("NO_COLOR")
        .env("HOME", "/nowhere");
    for (name, _) in std::env::vars() {
        if name.starts_with("DECK_") || name.starts_with("STRONGROOM_") {
            command.env_remove(name);
        }
    }
    command
}

#[test]
fn a_state_is_synced_once_and_then_in_sync() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    let first = workdir.run(&["gateway", "sync", &state]).ends(0);
    assert!(first.out.contains("creating vault my-secret\n"), "{}", first.out);
    assert!(first.out.contains("Created: 13\n"), "{}", first.out);
    let again = workdir.run(&["diff", &state, "--non-zero-exit-code"]).ends(0);
    assert_eq!(again.out, "Summary:\n  Created: 0\n  Updated: 0\n  Deleted: 0\n");
    let changed = workdir.file("kong.yaml", &STATE.replace("A_", "B_"));
    let diff = workdir.run(&["diff", &changed, "--non-zero-exit-code"]).ends(2);
    assert!(
        diff.out
            .starts_with("updating vault my-secret\n  ~ config.prefix: \"A_\" → \"B_\"\n"),
        "{}",
        diff.out
    );
}

#[test]
fn a_dump_is_read_back_as_no_change() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    workdir.run(&["sync", &state]).ends(0);
    for options in [&[][..], &["--with-id"], &["--skip-defaults"], &["--format", "json"]] {
        let dumped = workdir.path("dumped.yaml").display().to_string();
        let args = [&["dump", "--yes", "-o", &dumped], options].concat();
        workdir.run(&args).ends(0);
        let diff = workdir.run(&["diff", &dumped, "--non-zero-exit-code"]);
        assert_eq!(diff.exit, 0, "{options:?}: {}{}\n{}", diff.out, diff.err, read(&dumped));
    }
}

#[test]
fn a_parked_name_is_told_with_its_entity() {
    let workdir = Workdir::new();
    let vaults = |first: &str, second: &str| {
        let vault = |prefix: &str, digit: &str| {
            let id = format!("{0}-1111-4111-8111-111111111111", digit.repeat(8));
            format!("- {{name: env, prefix: {prefix}, id: {id}}}\n")
        };
        format!(
            "_format_version: \"3.0\"\nvaults:\n{}{}",
            vault(first, "1"),
            vault(second, "2")
        )
    };
    let state = workdir.file("kong.yaml", &vaults("one", "two"));
    workdir.run(&["sync", &state]).ends(0);
    let swapped = workdir.file("kong.yaml", &vaults("two", "one"));
    let diff = workdir.run(&["diff", &swapped]).ends(0);
    let parked = diff.out.lines().next().unwrap_or_default();
    assert!(
        ["park the prefix of vault one", "park the prefix of vault two"].contains(&parked),
        "{}",
        diff.out
    );
}

#[test]
fn a_plugin_that_the_node_lacks_is_told_with_the_nearest_it_has() {
    let workdir = Workdir::new();
    let state = workdir.file(
        "kong.yaml",
        "_format_version: \"3.0\"\nplugins:\n- name: rate-limitting\n",
    );
    let refused = workdir.run(&["sync", &state]).ends(3);
    assert!(refused.err.contains("did you mean 'rate-limiting'?"), "{}", refused.err);
}

#[test]
fn of_what_only_enterprise_has_nothing_similar_is_suggested() {
    let workdir = Workdir::new();
    for name in ["rate-limiting-advanced", "saml"] {
        let state = workdir.file(
            "kong.yaml",
            &format!("_format_version: \"3.0\"\nplugins:\n- name: {name}\n"),
        );
        let refused = workdir.run(&["sync", &state]).ends(3);
        assert!(!refused.err.contains("did you mean"), "{}", refused.err);
        let whose = format!("'{name}' comes with Kong's Enterprise edition");
        assert!(refused.err.contains(&whose), "{}", refused.err);
    }
}

#[cfg(unix)]
#[test]
fn a_dump_is_for_its_owner_alone_and_overwrites_nothing_unasked() {
    use std::os::unix::fs::PermissionsExt;
    let workdir = Workdir::new();
    let target = workdir.path("dump").display().to_string();
    workdir.run(&["dump", "-o", &target]).ends(0);
    let written = workdir.path("dump.yaml");
    let mode = std::fs::metadata(&written)
        .expect("an extension is added")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = workdir.run(&["dump", "-o", &target]).ends(3);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    workdir.run(&["dump", "-o", &target, "--yes"]).ends(0);
}

#[test]
fn guards_refuse_and_say_which_flag_allows_it() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    let empty = workdir.file("empty.yaml", "_format_version: \"3.0\"\n");
    workdir.run(&["sync", &state]).ends(0);
    for verb in ["sync", "diff"] {
        let refused = workdir.run(&[verb, &empty, "--json-output"]).ends(5);
        let report = refused.json();
        let refusals = report["refusals"].as_array().expect("refusals").iter();
        let flags: Vec<&str> = refusals.filter_map(|refusal| refusal["allowed_by"].as_str()).collect();
        assert_eq!(flags, ["--max-deletes", "--allow-empty"]);
        assert_eq!(report["exit_code"], 5);
        let dropped = report["changes"]["dropped_deletions"].as_array().map_or(0, Vec::len);
        assert_eq!(dropped > 0, verb == "sync", "what a guard refuses is not told as done");
    }
    let said = workdir.run(&["sync", &empty]).ends(5);
    assert!(said.err.contains("--allow-empty allows it"), "{}", said.err);
    assert!(said.out.is_empty(), "no line looks like a deed: {}", said.out);
    let none = workdir.run(&["gateway", "apply", &empty]).ends(0);
    assert!(none.out.contains("Deleted: 0"), "{}", none.out);
    let few = workdir.run(&["reset", "--force", "--max-deletes", "1"]).ends(5);
    assert!(few.err.contains("--max-deletes"), "{}", few.err);
    let all = workdir.run(&["reset", "--force"]).ends(0);
    assert!(all.out.contains("Deleted: 13"), "{}", all.out);
}

/// Words of a plugin that no schema describes may be secret, but not its name.
#[test]
fn a_plugin_that_is_not_there_is_named_though_its_config_repeats_the_name() {
    let workdir = Workdir::new();
    let text = "_format_version: \"3.0\"\nplugins:\n- {name: a3m_router, config: {url: http://a3m-router}}\n";
    let refused = workdir.run(&["sync", &workdir.file("kong.yaml", text)]).ends(3);
    assert!(
        refused.err.contains("plugin 'a3m_router' not enabled"),
        "{}",
        refused.err
    );
}

#[test]
fn mistakes_of_the_command_line_are_3() {
    let closed = ClosedPort::shared().url();
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    for args in [
        &["sync", "--no-such-flag"][..],
        &["no-such-command"],
        &[],
        &["apply", "plan.json"],
        &["sync", &state, "--max-deletes", "101%"],
        &["sync", &state, "--parallelism", "0"],
        &["sync", &state, "--headers", "nonsense", "--kong-addr", &closed],
        &["sync", &state, "--tls-client-cert", "x", "--kong-addr", &closed],
        &["sync", &state, "--rbac-resources-only"],
        &["sync", &state, "--kong-addr", "ftp://example.com"],
        &["ping", "--config", "/no/such/file"],
        &["ping", "--workspace", "other"],
        &["reset"],
    ] {
        let ran = workdir.run(args).ends(3);
        assert!(!ran.err.is_empty(), "{args:?}");
    }
    workdir.run(&["ping", "--kong-addr", &closed]).ends(1);
    let konnect = ProgramOutput::from_output(
        program()
            .args(["ping", "--konnect-token", "t"])
            .output()
            .expect("it runs"),
    );
    assert!(konnect.ends(3).err.contains("Konnect"));
}

#[test]
fn json_is_one_whole_document_whatever_happens() {
    let closed = ClosedPort::shared().url();
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    let wrong = workdir.file("wrong.yaml", "_format_version: \"3.0\"\nservices: [\n");
    let unproven = workdir.file(
        "unproven.yaml",
        "_format_version: \"3.0\"\ncertificates:\n- {cert: '{vault://nowhere/c}', key: '{vault://nowhere/k}'}\n",
    );
    for (args, exit) in [
        (&["sync", &state][..], 0),
        (&["diff", &state, "--non-zero-exit-code"], 0),
        (&["sync", &wrong], 3),
        (&["diff", &unproven], 3),
        (&["sync", "--no-such-flag"], 3),
        (&["sync", "/no/such/file"], 3),
        (&["diff", &state, "--kong-addr", &closed], 1),
        (&["validate", &wrong], 3),
        (&["validate", &state], 0),
        (&["reset", "--force", "--max-deletes", "0"], 5),
    ] {
        let ran = workdir.run(&[args, &["--json-output"]].concat()).ends(exit);
        let report = ran.json();
        assert_eq!(report["exit_code"], exit, "{args:?}");
        assert_eq!(
            report["errors"].as_array().map(Vec::is_empty),
            Some(exit == 0),
            "{args:?}: {}",
            ran.out
        );
        assert!(report["summary"]["total"].is_number() && report["changes"]["creating"].is_array());
    }
}

#[test]
fn every_command_that_has_the_flag_prints_json() {
    let place = Workdir::new();
    place.file("kong.yaml", STATE);
    place.file("kong.conf", "pg_password = {vault://nowhere/p}\n");
    for command in [
        "sync kong.yaml",
        "diff kong.yaml",
        "validate kong.yaml",
        "reset --force",
        "ping",
        "refs check kong.yaml",
        "refs list kong.yaml",
        "refs conf kong.conf",
        "gateway sync kong.yaml",
        "gateway diff kong.yaml",
        "gateway apply kong.yaml",
        "gateway validate kong.yaml",
        "gateway reset --force",
        "gateway ping",
        "file validate kong.yaml",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let flags = ["--json-output", "--kong-addr", "http://127.0.0.1:1"];
        let output = place
            .command(&[&words[..], &flags].concat())
            .current_dir(place.folder.path())
            .output();
        let ran = ProgramOutput::from_output(output.expect("the program runs"));
        assert_eq!(ran.json()["exit_code"], ran.exit, "{command}");
        let is_about_references = command.starts_with("refs");
        assert_eq!(ran.json().get("changes").is_none(), is_about_references, "{command}");
    }
}

#[test]
fn settings_rank_flag_variable_file_default() {
    let closed = [(); 4].map(|()| ClosedPort::new());
    let workdir = Workdir::new();
    let settings = workdir.file(
        "settings.yaml",
        &format!("kong-addr: {}\nheaders: [\"a:b\"]\n", closed[2].url()),
    );
    let asked = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = program();
        command.args(["ping"]).args(args).envs(variables.iter().copied());
        ProgramOutput::from_output(command.output().expect("it runs"))
            .ends(1)
            .err
    };
    let urls = closed.each_ref().map(ClosedPort::url);
    let (deck, ours) = (("DECK_KONG_ADDR", &*urls[1]), ("STRONGROOM_KONG_ADDR", &*urls[0]));
    let is_asked = |error: &str, which: usize| error.contains(&closed[which].host());
    assert!(is_asked(&asked(&["--kong-addr", &urls[3]], &[deck, ours]), 3));
    assert!(is_asked(&asked(&["--config", &settings], &[deck, ours]), 0));
    assert!(is_asked(&asked(&["--config", &settings], &[deck]), 1));
    assert!(is_asked(&asked(&["--config", &settings], &[]), 2));
}

#[test]
fn flags_of_deck_are_taken() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    let flags = [
        "--analytics=false",
        "--no-color=true",
        "--skip-workspace-crud",
        "--verbose",
        "0",
        "-w",
        "default",
        "--yes",
        "--parallelism",
        "3",
        "--skip-consumers-with-consumer-groups",
        "--consumer-group-policy-overrides=false",
        "--include-plugin-definitions",
        "--no-mask-deck-env-vars-value",
        "--db-update-propagation-delay",
        "0",
        "--skip-hash-for-basic-auth",
        "-E",
        "a,b",
        "-W",
        "c",
        "--silence-events",
        "--timeout",
        "10",
    ];
    let quiet = workdir
        .run(&[&["gateway", "sync", &state][..], &flags].concat())
        .ends(0);
    assert!(quiet.out.starts_with("Summary:"), "{}", quiet.out);
    workdir
        .run(&["sync", "-s", &state, "--skip-consumers", "--skip-ca-certificates"])
        .ends(0);
    workdir
        .run(&["gateway", "dump", "--skip-consumers", "--all-workspaces=false"])
        .ends(0);
    workdir
        .run(&[
            "file",
            "validate",
            &state,
            "--konnect-compatibility=false",
            "--online-entities-list",
            "Vaults",
        ])
        .ends(0);
    workdir.run(&["gateway", "validate", &state]).ends(0);
}

#[test]
fn standard_input_is_read_where_no_file_is_named() {
    let workdir = Workdir::new();
    let mut child = workdir
        .command(&["diff"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(STATE.as_bytes())
        .expect("written");
    let mut out = String::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_string(&mut out)
        .expect("read");
    assert!(child.wait().expect("it ends").success());
    assert!(out.contains("creating service s"), "{out}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    for args in [
        &["diff", &state][..],
        &["completions", "bash"],
        &["sync", &state, "--json-output"],
    ] {
        let mut child = workdir
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        drop(child.stdout.take());
        assert!(child.wait().expect("it ends").success(), "{args:?}");
    }
    workdir.run(&["diff", &state, "--non-zero-exit-code"]).ends(0);
}

#[test]
fn a_summary_that_cannot_be_printed_is_an_error() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut command = workdir.command(&["sync", &state, "--silence-events"]);
    let output = command.stdout(full.expect("a full disk")).output();
    let ran = ProgramOutput::from_output(output.expect("the program runs")).ends(1);
    assert!(ran.err.contains("error: cannot print the result"), "{}", ran.err);
}

#[test]
fn a_control_plane_is_served_on_any_port_and_ends_cleanly() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    let mut served = ServedProgram::new(&workdir.path("served.db"));
    let ping = workdir.run(&["ping", "--kong-addr", &served.address]).ends(0);
    assert_eq!(ping.out, "Successfully connected to Kong!\nKong version:  3.9.1\n");
    workdir.run(&["sync", &state, "--kong-addr", &served.address]).ends(0);
    workdir
        .run(&["diff", &state, "--kong-addr", &served.address, "--non-zero-exit-code"])
        .ends(0);
    assert_eq!(served.interrupt(), Some(0));
    let mut again = ServedProgram::new(&workdir.path("served.db"));
    workdir
        .run(&["diff", &state, "--kong-addr", &again.address, "--non-zero-exit-code"])
        .ends(0);
    assert_eq!(again.interrupt(), Some(0));
}

/// `strongroom control-plane` in another process; it is killed if the test fails.
struct ServedProgram {
    child: Child,
    address: String,
}

impl ServedProgram {
    fn new(database: &Path) -> Self {
        let mut command = program();
        command
            .args(["control-plane", "--listen", "127.0.0.1:0", "--database"])
            .arg(database);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut address = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut address).expect("its address");
        Self {
            child,
            address: address.trim().to_owned(),
        }
    }

    fn interrupt(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for ServedProgram {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).expect("a file")
}

/// A flag that is far from every known one is likened to none; a wrong value is the variable's that has it.
#[test]
fn mistakes_of_the_command_line_name_what_is_wrong() {
    let workdir = Workdir::new();
    let far = workdir.run(&["diff", "kong.yaml", "--nosuchflag"]).ends(3);
    assert!(far.err.contains("--nosuchflag"), "{}", far.err);
    assert!(!far.err.contains("--config"), "{}", far.err);
    let near = workdir.run(&["diff", "kong.yaml", "--json-ouput"]).ends(3);
    assert!(near.err.contains("'--json-output'"), "{}", near.err);
    let wrong = |args: &[&str]| {
        ProgramOutput::from_output(
            program()
                .env("DECK_TIMEOUT", "abc")
                .args(args)
                .output()
                .expect("it runs"),
        )
    };
    let variable = wrong(&["ping"]).ends(3);
    assert!(variable.err.contains("'abc' for 'DECK_TIMEOUT'"), "{}", variable.err);
    let flag = wrong(&["ping", "--timeout", "none"]).ends(3);
    assert!(flag.err.contains("'none' for '--timeout <SECONDS>'"), "{}", flag.err);
}

#[test]
fn a_ping_tells_programs_the_version() {
    let closed = ClosedPort::shared().url();
    let workdir = Workdir::new();
    let report = workdir.run(&["ping", "--json-output"]).ends(0).json();
    assert_eq!(report["kong_version"], "3.9.1");
    let failed = workdir.run(&["ping", "--json-output", "--kong-addr", &closed]).ends(1);
    assert_eq!(failed.json()["exit_code"], 1);
}

#[test]
fn a_dump_of_all_workspaces_says_where_the_one_is() {
    let workdir = Workdir::new();
    let target = workdir.path("all").display().to_string();
    let ran = workdir.run(&["dump", "--all-workspaces", "-o", &target]).ends(0);
    assert!(
        ran.err.contains("all.yaml") && ran.err.contains("`default`"),
        "{}",
        ran.err
    );
}

/// decK's line says the id of a target's upstream; the line below says its name.
#[test]
fn a_target_is_told_with_its_upstreams_name() {
    let workdir = Workdir::new();
    let state = workdir.file("kong.yaml", STATE);
    let made = workdir.run(&["sync", &state]).ends(0);
    assert!(made.out.contains("\n  of upstream u\n"), "{}", made.out);
    let gone = workdir.run(&["reset", "--force"]).ends(0);
    assert!(gone.out.contains("\n  of upstream u\n"), "{}", gone.out);
}

#[test]
fn programs_are_told_of_mistakes_in_the_order_of_the_file() {
    let workdir = Workdir::new();
    let text = "_format_version: \"3.0\"\nservices:\n- text\nroutes:\n- {name: r, paths: 1}\n- {name: q, strip_path: no}\nplugins: text\n";
    let ran = workdir
        .run(&["validate", &workdir.file("kong.yaml", text), "--json-output"])
        .ends(3);
    let report = ran.json();
    let lines: Vec<u64> = report["diagnostics"]
        .as_array()
        .expect("diagnostics")
        .iter()
        .filter_map(|told| told["places"][0]["line"].as_u64())
        .collect();
    assert!(lines.len() > 2 && lines.is_sorted(), "{lines:?}");
}

#[test]
fn what_makes_way_for_its_successor_is_told_as_a_deletion() {
    let workdir = Workdir::new();
    let plugin = |digit: &str| {
        let id = format!("{}-1111-4111-8111-111111111111", digit.repeat(8));
        workdir.file(
            "kong.yaml",
            &format!("_format_version: \"3.0\"\nplugins:\n- {{name: cors, id: {id}}}\n"),
        )
    };
    workdir.run(&["sync", &plugin("1")]).ends(0);
    let diff = workdir.run(&["diff", &plugin("2")]).ends(0);
    assert!(
        diff.out.starts_with("first delete plugin cors (global)\n"),
        "{}",
        diff.out
    );
}
