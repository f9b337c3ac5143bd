//! `refs check` and `refs list`, through the program.

mod refs_place;

use refs_place::{Place, Ran};
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

fn place() -> (Place, String) {
    let place = Place::new();
    place.file("secrets/there", "zyzzyva");
    place.file("repo/kong.yaml", STATE);
    let directory = format!("/secrets={}", place.path("secrets").display());
    (place, directory)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

#[test]
fn files_are_checked_without_a_control_plane() {
    let (place, directory) = place();
    let here = [("STRONGROOM_KONG_ADDR", "")];
    let check = ["refs", "check", "kong.yaml", "--dp-files", &directory];
    let ran = place.run(&check, &here).ends(3);
    let ran = ran.tells("kong.yaml:9:45: error: the file 'gone' below /secrets (vault 'disk') does not exist");
    let ran = ran.tells("note: no file declares a vault 'theirs', and no control plane was asked for one");
    ran.tells("references: 2 found, 1 not checkable from here, 1 missing");
    place
        .run(&[&check[..], &["--references", "warn"]].concat(), &here)
        .ends(0);
    place
        .run(&[&check[..], &["--references", "strict"]].concat(), &here)
        .ends(3);
    place.file("secrets/gone", "zyzzyva");
    let report = json(&place.run(&[&check[..], &["--json-output"]].concat(), &here).ends(0));
    assert_eq!(report["exit_code"], 0);
    assert!(report.get("changes").is_none(), "nothing changes: {report}");
    assert_eq!(report["references"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_control_plane_that_is_given_tells_of_its_vaults() {
    let (place, directory) = place();
    place.file("secrets/gone", "zyzzyva");
    let check = ["refs", "check", "kong.yaml", "--dp-files", &directory];
    let unknown = place.run(&check, &[]).ends(3);
    unknown.tells("error: no vault has the prefix 'theirs'");
    let theirs = place.file(
        "theirs.yaml",
        "_format_version: \"3.0\"\nvaults: [{name: env, prefix: theirs}]\n",
    );
    place.run(&["sync", &theirs, "--yes"], &[]).ends(0);
    place
        .run(&check, &[])
        .ends(0)
        .tells("the variable X cannot be checked from here");
}

#[test]
fn a_list_names_every_use() {
    let (place, directory) = place();
    let here = [("STRONGROOM_KONG_ADDR", "")];
    let list = ["refs", "list", "kong.yaml", "--dp-files", &directory];
    let ran = place.run(&list, &here).ends(0);
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
    let report = json(&place.run(&[&list[..], &["--json-output"]].concat(), &here).ends(0));
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
    let (place, directory) = place();
    place.file("secrets/gone", "zyzzyva");
    let state = STATE.replace(", c: '{vault://theirs/x}'", "");
    place.sync(&state, &["--dp-files", &directory]);
    let ran = place.run(&["refs", "list", "--dp-files", &directory], &[]).ends(0);
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
    let nothing = place.run(&["refs", "list"], &[("STRONGROOM_KONG_ADDR", "")]).ends(3);
    nothing.tells("name state files, or a control plane with --kong-addr");
}
