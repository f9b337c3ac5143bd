//! `refs check` and `refs list`, through the program.

use crate::common::sandbox::{NO_CONTROL_PLANE, Sandbox};
use serde_json::{Value, json};

const STATE: &str = "_format_version: \"3.0\"
vaults:
- {name: fs, prefix: disk, config: {prefix: /secrets}}
plugins:
- {name: loggly, config: {key: '{vault://disk/there}'}}
- name: http-log
  config:
    http_endpoint: http://log.test
    headers: {a: '{vault://disk/there}', b: '{vault://disk/gone}', c: '{vault://theirs/x}'}
";

fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.file("secrets/there", "zyzzyva");
    sandbox.file("repo/kong.yaml", STATE);
    let directory = format!("/secrets={}", sandbox.path("secrets").display());
    (sandbox, directory)
}

#[test]
fn files_are_checked_without_a_control_plane() {
    let (sandbox, directory) = sandbox();
    let check = ["refs", "check", "kong.yaml", "--dp-files", &directory];
    let ran = sandbox.offline(&check).ends(3);
    let ran = ran.tells("kong.yaml:9:45: error: the file 'gone' below /secrets (vault 'disk') does not exist");
    let ran = ran.tells("note: no file declares a vault 'theirs', and no control plane was asked for one");
    ran.tells("references: 2 found, 1 not checkable from here, 1 missing");
    sandbox
        .offline(&[&check[..], &["--references", "warn"]].concat())
        .ends(0);
    sandbox
        .offline(&[&check[..], &["--references", "strict"]].concat())
        .ends(3);
    sandbox.file("secrets/gone", "zyzzyva");
    let report = sandbox
        .offline(&[&check[..], &["--json-output"]].concat())
        .ends(0)
        .report();
    assert_eq!(report["exit_code"], 0);
    assert!(report.get("changes").is_none(), "nothing changes: {report}");
    assert_eq!(report["references"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_control_plane_that_is_given_tells_of_its_vaults() {
    let (sandbox, directory) = sandbox();
    sandbox.file("secrets/gone", "zyzzyva");
    let check = ["refs", "check", "kong.yaml", "--dp-files", &directory];
    let unknown = sandbox.run(&check, &[]).ends(3);
    unknown.tells("error: no vault has the prefix 'theirs'");
    let theirs = sandbox.file(
        "theirs.yaml",
        "_format_version: \"3.0\"\nvaults: [{name: env, prefix: theirs}]\n",
    );
    sandbox.run(&["sync", &theirs, "--yes"], &[]).ends(0);
    sandbox
        .run(&check, &[])
        .ends(0)
        .tells("the variable X cannot be checked from here");
}

#[test]
fn a_list_names_every_use() {
    let (sandbox, directory) = sandbox();
    let list = ["refs", "list", "kong.yaml", "--dp-files", &directory];
    let ran = sandbox.offline(&list).ends(0);
    let wanted = "\
{vault://disk/gone}   missing (no_such_secret)
  the file 'gone' below /secrets (vault 'disk') does not exist
  used by plugin http-log (config.headers.b, kong.yaml:9:45)
{vault://disk/there}  found
  used by plugin loggly (config.key, kong.yaml:5:32)
  used by plugin http-log (config.headers.a, kong.yaml:9:18)
{vault://theirs/x}    not checkable from here (vaults_unreadable)
  no file declares a vault 'theirs', and no control plane was asked for one
  used by plugin http-log (config.headers.c, kong.yaml:9:71)
";
    assert_eq!(ran.out, wanted);
    let report = sandbox
        .offline(&[&list[..], &["--json-output"]].concat())
        .ends(0)
        .report();
    let gone = report["references"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["field"] == "config.headers.b"));
    let place_of = |one: &Value| one["place"].clone();
    assert_eq!(
        gone.map(place_of),
        Some(json!({"file": "kong.yaml", "line": 9, "column": 45}))
    );
    assert_eq!(gone.map(|one| one["vault"].clone()), Some(json!("disk")));
}

#[test]
fn a_list_of_a_control_plane_alone_needs_no_files() {
    let (sandbox, directory) = sandbox();
    sandbox.file("secrets/gone", "zyzzyva");
    let state = STATE.replace(", c: '{vault://theirs/x}'", "");
    sandbox.sync(&state, &["--dp-files", &directory]);
    let ran = sandbox.run(&["refs", "list", "--dp-files", &directory], &[]).ends(0);
    let wanted = "\
{vault://disk/gone}   found
  used by plugin http-log (config.headers.b)
{vault://disk/there}  found
  used by plugin http-log (config.headers.a)
  used by plugin loggly (config.key)
";
    let mut lines: Vec<&str> = ran.out.lines().collect();
    lines[3..].sort_unstable();
    assert_eq!(lines.join("\n") + "\n", wanted);
    let nothing = sandbox.offline(&["refs", "list"]).ends(3);
    nothing.tells("name state files, or a control plane with --kong-addr");
}

const UNSET: &str = "_format_version: \"3.0\"
vaults:
- {name: fs, prefix: disk, config: {prefix: /secrets}}
- {name: env, prefix: theirs, config: {prefix: '${{ env \"DECK_THEIRS\" }}'}}
- {name: hcv, prefix: team, config: {host: '${{ env \"DECK_HOST\" }}', token: '${{ env \"DECK_TOKEN\" }}'}}
- {name: env, prefix: '${{ env \"DECK_PREFIX\" }}'}
services:
- {id: '${{ env \"DECK_ID\" }}', name: '${{ env \"DECK_NAME\" }}', host: a.test, port: ${{ env \"DECK_PORT\" | toInt }}}
certificates:
- {cert: '${{ env \"DECK_CERT\" }}', key: '{vault://disk/${{ env \"DECK_KEY\" }}}'}
plugins:
- {name: loggly, config: {key: '{vault://disk/there}'}}
- {name: acme, config: {account_email: '{vault://theirs/x}', tos_accepted: true}}
- {name: session, config: {secret: '{vault://team/x/y}'}}
- {name: http-log, config: {http_endpoint: '{vault://elsewhere/x}', headers: {a: '{vault://disk/gone}'}}}
";

#[test]
fn a_forks_pull_request_needs_no_variables() {
    let (sandbox, directory) = sandbox();
    sandbox.file("repo/kong.yaml", UNSET);
    let check = ["refs", "check", "kong.yaml", "--dp-files", &directory];
    let ran = sandbox.offline(&check).ends(3);
    assert_eq!(ran.err.matches("error:").count(), 1, "{}", ran.err);
    let ran = ran.tells("kong.yaml:15:82: error: the file 'gone' below /secrets");
    let ran = ran.tells("kong.yaml:5:45: note: the environment variable `DECK_HOST` is not set");
    let ran = ran.tells("help: what it fills in is not checked; set it to have that checked: `export DECK_HOST=…`");
    let ran = ran.tells("note: the vault 'theirs' is not asked: its prefix is made of a variable that is not set here");
    let ran = ran.tells("note: the vault 'team' is not asked: its host is made of a variable that is not set here");
    let ran = ran.tells("kong.yaml:10:41: note: a template of this reference names a variable that is not set here");
    let ran = ran.tells("note: no file declares a vault 'elsewhere'");
    ran.tells("references: 1 found, 4 not checkable from here, 1 missing");
    sandbox.file("secrets/gone", "zyzzyva");
    sandbox.offline(&check).ends(0);
    let strict = sandbox.offline(&[&check[..], &["--references", "strict"]].concat());
    strict.ends(3).tells("error: the vault 'team' is not asked");
    let listed = sandbox.offline(&["refs", "list", "kong.yaml", "--json-output"]).ends(0);
    let unset = |one: &(String, String)| *one == ("not_checkable".to_owned(), "unset_variable".to_owned());
    assert_eq!(listed.verdicts().iter().filter(|one| unset(one)).count(), 3);
    sandbox
        .offline(&["refs", "env", "kong.yaml"])
        .ends(0)
        .tells("the variable PREFIX…X is left out");
    // what is asked of a control plane has to be whole
    sandbox
        .run(&check, &[])
        .ends(3)
        .tells("error: the environment variable `DECK_HOST` is not set");
    let set = [NO_CONTROL_PLANE, ("DECK_THEIRS", "T_")];
    let ran = sandbox.run(&check, &set).ends(0);
    ran.tells("note: the variable PREFIX…X cannot be checked from here");
}
