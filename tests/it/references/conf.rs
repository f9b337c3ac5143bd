//! `refs conf`, through the program.

use std::sync::Barrier;

use crate::common::fake_server::{FakeServer, Reply};
use crate::common::sandbox::Sandbox;
use serde_json::json;

#[test]
fn a_kong_conf_is_looked_at() {
    let sandbox = Sandbox::new();
    let conf = "\
# a comment with {vault://env/none}
pg_password = {vault://env/pg/password}
pg_user = {vault://my-vault/user}
ssl_cert_key = {vault://env/key#2}
ssl_cert = {vault://env/key\\#2}
lua_package_path = Bearer {vault://env/x}
ssl_client = {vault://env/}
vault_env_prefix = {vault://env/prefix}
status_ssl_cert = {vault://env/there},{vault://env/gone}
";
    let file = sandbox.file("repo/kong.conf", conf);
    let plane = sandbox.file(
        "plane.env",
        "PG={\"password\": \"zyzzyva\"}\nTHERE=zyzzyva\nKONG_PG_HOST={vault://env/host}\n",
    );
    let ran = sandbox.offline(&["refs", "conf", &file, "--dp-env", &plane]).ends(3);
    let ran = ran.tells("kong.conf:3:11: error: pg_user: 'my-vault' is no backend");
    let ran = ran.tells("kong.conf:4:16: error: ssl_cert_key: the reference has no end: `#` begins a comment here");
    let ran = ran.tells("kong.conf:5:12: error: ssl_cert: the variable KEY_PREVIOUS is not defined");
    let ran = ran.tells("lua_package_path: a reference must be the whole value");
    let ran = ran.tells("ssl_client: Kong cannot read this reference: reference url has empty path");
    let ran = ran.tells("vault_env_prefix: settings of vaults are taken as they stand");
    let ran = ran.tells("status_ssl_cert: the variable GONE is not defined");
    let ran = ran.tells("KONG_PG_HOST (plane.env): the variable HOST is not defined");
    assert!(
        !ran.err.contains("pg_password") && !ran.err.contains("THERE"),
        "{}",
        ran.err
    );
    let fine = sandbox.file("repo/fine.conf", "pg_password = {vault://env/pg/password}\n");
    let plane = sandbox.file("fine.env", "PG={\"password\": \"zyzzyva\"}\n");
    sandbox.offline(&["refs", "conf", &fine, "--dp-env", &plane]).ends(0);
    sandbox
        .offline(&["refs", "conf", &fine])
        .ends(0)
        .tells("note: pg_password: the variable PG cannot be checked");
    sandbox
        .offline(&["refs", "conf", "none.conf"])
        .ends(3)
        .tells("cannot read 'none.conf'");
}

#[test]
fn a_comma_divides_lists_and_nothing_else() {
    let sandbox = Sandbox::new();
    let plane = sandbox.file("plane.env", "A,B=zyzzyva\nA=zyzzyva\n");
    let conf = sandbox.file("repo/kong.conf", "pg_password = {vault://env/a,b}\n");
    sandbox.offline(&["refs", "conf", &conf, "--dp-env", &plane]).ends(0);
    let conf = sandbox.file("repo/kong.conf", "ssl_cert = {vault://env/a}, {vault://env/a%2Cb}\n");
    sandbox.offline(&["refs", "conf", &conf, "--dp-env", &plane]).ends(0);
    let conf = sandbox.file("repo/kong.conf", "ssl_cert = {vault://env/a,b}\n");
    let ran = sandbox.offline(&["refs", "conf", &conf, "--dp-env", &plane]).ends(3);
    ran.tells("ssl_cert: the reference has no end: a comma divides this list");
}

#[test]
fn what_a_data_plane_says_otherwise_does_not_hold_for_it() {
    let sandbox = Sandbox::new();
    let conf = sandbox.file(
        "repo/kong.conf",
        "pg_user = {vault://env/gone}\npg_user = {vault://env/a}\n",
    );
    let over = sandbox.file("over.env", "KONG_PG_USER=over\n");
    let has = sandbox.file("has.env", "A=zyzzyva\n");
    let lacks = sandbox.file("lacks.env", "B=zyzzyva\n");
    let check = ["refs", "conf", &conf, "--dp-env", &over];
    sandbox.offline(&check).ends(0);
    sandbox.offline(&[&check[..], &["--dp-env", &has]].concat()).ends(0);
    let ran = sandbox.offline(&[&check[..], &["--dp-env", &lacks]].concat());
    ran.ends(3)
        .tells("kong.conf:2:11: error: pg_user: the variable A is not defined (data plane: lacks.env)");
    // a variable holds for the plane that has it
    let refers = sandbox.file("refers.env", "KONG_PG_HOST={vault://env/a}\n");
    let args = ["refs", "conf", &conf, "--dp-env", &has, "--dp-env", &refers];
    let ran = sandbox.offline(&args).ends(3);
    ran.tells("error: KONG_PG_HOST (refers.env): the variable A is not defined (data plane: refers.env)");
}

#[test]
fn policies_hold_and_the_report_lists_what_is_known() {
    let sandbox = Sandbox::new();
    let conf = sandbox.file(
        "repo/kong.conf",
        "pg_user = {vault://env/a}\npg_password = x {vault://env/hush}\n",
    );
    let plane = sandbox.file("plane.env", "B=zyzzyva\n");
    let check = ["refs", "conf", &conf, "--dp-env", &plane];
    let warned = sandbox
        .offline(&[&check[..], &["--references", "warn"]].concat())
        .ends(0);
    let warned = warned.tells("warning: pg_user: the variable A is not defined");
    warned.tells("references: 1 missing, 1 malformed");
    let off = sandbox
        .offline(&[&check[..], &["--references", "off"]].concat())
        .ends(3);
    assert!(
        !off.err.contains("pg_user") && off.err.contains("error: pg_password"),
        "{}",
        off.err
    );
    let fine = sandbox.file("repo/fine.conf", "pg_user = {vault://env/a}\n");
    let strict = ["refs", "conf", &fine, "--references", "strict"];
    sandbox
        .offline(&strict)
        .ends(3)
        .tells("error: pg_user: the variable A cannot be checked");
    let ran = sandbox.offline(&[&check[..], &["--json-output"]].concat()).ends(3);
    let report = ran.report();
    let known = report["references"].as_array().expect("references");
    assert_eq!(known.len(), 2);
    assert_eq!(known[0]["field"], "pg_user");
    assert_eq!(known[0]["reason"], "no_such_variable");
    assert_eq!(known[0]["place"], json!({"file": conf, "line": 1, "column": 11}));
    assert_eq!(known[1]["reference"], "{vault://…}");
}

#[test]
fn each_distinct_secret_is_fetched_once_and_several_at_a_time() {
    let (sandbox, vault) = (
        Sandbox::new(),
        FakeServer::start(|_| Reply::new(200, r#"{"data": {"k": "zyzzyva"}}"#)),
    );
    let settings = |port: u16| {
        format!("vault_hcv_host = 127.0.0.1\nvault_hcv_port = {port}\nvault_hcv_protocol = http\nvault_hcv_token = x\n")
    };
    let many: String = (0..50).map(|at| format!("p{at} = {{vault://hcv/s/k}}\n")).collect();
    let conf = sandbox.file("kong.conf", &(settings(vault.port()) + &many));
    sandbox
        .offline(&["refs", "conf", &conf])
        .ends(0)
        .tells("references: 50 found");
    assert_eq!(vault.requests().len(), 1);
    // none is answered until all were asked for
    let all_asked = Barrier::new(8);
    let slow = FakeServer::start(move |_| {
        all_asked.wait();
        Reply::new(200, r#"{"data": {"k": "zyzzyva"}}"#)
    });
    let several: String = (0..8).map(|at| format!("p{at} = {{vault://hcv/s{at}/k}}\n")).collect();
    let conf = sandbox.file("kong.conf", &(settings(slow.port()) + &several));
    sandbox
        .offline(&["refs", "conf", &conf])
        .ends(0)
        .tells("references: 8 found");
}
