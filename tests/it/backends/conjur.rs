//! Conjur: a server of the test's own that checks a request as CyberArk's description (OpenAPI 5.3.2) has it, and answers
//! with its statuses.

#[allow(dead_code)] // each test uses its part
use std::time::Duration;

use crate::backends::vault_probe::{VaultProbe, check, reason, refusal, text};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use strongroom::reference::{Reason, SecretResponse, SettingOrigin};

const KEY: &str = "2zyzzyva7pmbbgf3xxgdp2n6hcbt3hv6kbx2w6vqv1tcb7jg1sqkx0a";
const TOKEN: &str = r#"{"protected":"zyzzyva","payload":"zyzzyva","signature":"zyzzyva"}"#;

/// The variables that there are; `prod/db` has a slash in its identifier.
const VARIABLES: &[(&str, &str)] = &[
    ("one", "value zyzzyva one"),
    ("two", "value two"),
    ("prod/db", r#"{"user": "alice"}"#),
];

fn server(strange: impl Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync + 'static) -> FakeServer {
    FakeServer::start(move |heard| strange(heard).unwrap_or_else(|| answer(heard)))
}

fn usual() -> FakeServer {
    server(|_| None)
}

fn answer(heard: &ReceivedRequest) -> Reply {
    match (heard.method.as_str(), heard.path.split_once('?')) {
        ("POST", None) => login(heard),
        ("GET", None) => single(heard),
        ("GET", Some(("/secrets", query))) => batch(heard, query),
        _ => Reply::new(405, ""),
    }
}

/// `POST /authn/{account}/{login}/authenticate` with the API key as plain text.
fn login(heard: &ReceivedRequest) -> Reply {
    if heard.path != "/authn/acme/host%2Fapps%2Fkong/authenticate" {
        return Reply::new(404, "");
    }
    let plain = heard.header("content-type") == Some("text/plain");
    match plain && heard.body == KEY {
        true if heard.header("accept-encoding") == Some("base64") => Reply::new(200, STANDARD.encode(TOKEN)),
        true => Reply::new(200, TOKEN),
        false => Reply::new(401, format!("zyzzyva {}", heard.body)),
    }
}

fn is_known(heard: &ReceivedRequest) -> bool {
    heard.header("authorization") == Some(&format!("Token token=\"{}\"", STANDARD.encode(TOKEN)))
}

/// `GET /secrets/{account}/variable/{identifier}`.
fn single(heard: &ReceivedRequest) -> Reply {
    if !is_known(heard) {
        return Reply::new(401, "");
    }
    let Some(id) = heard.path.strip_prefix("/secrets/acme/variable/") else {
        return Reply::new(404, "");
    };
    match id.replace("%2F", "/").as_str() {
        "denied" => Reply::new(403, "zyzzyva"),
        "binary" => Reply::new(406, ""),
        "odd" => Reply::new(422, ""),
        id => match VARIABLES
            .iter()
            .find(|(known, _)| *known == id && !heard.path[22..].contains("db/"))
        {
            Some((_, value)) => Reply::new(200, *value),
            None => Reply::new(404, r#"{"error": {"code": "not_found", "message": "zyzzyva"}}"#),
        },
    }
}

/// `GET /secrets?variable_ids=…`: all of them, or nothing.
fn batch(heard: &ReceivedRequest, query: &str) -> Reply {
    let Some(ids) = query.strip_prefix("variable_ids=").filter(|_| is_known(heard)) else {
        return Reply::new(401, "");
    };
    let mut found = serde_json::Map::new();
    for id in ids.split(',') {
        let id = id.replace("%3A", ":").replace("%2F", "/");
        let name = id.strip_prefix("acme:variable:").unwrap_or_default();
        match VARIABLES.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => found.insert(id.clone(), (*value).into()),
            None if name == "denied" => return Reply::new(403, ""),
            None if name == "binary" => return Reply::new(406, ""),
            None if name == "odd" => return Reply::new(422, ""),
            None => return Reply::new(404, ""),
        };
    }
    Reply::new(200, serde_json::Value::Object(found).to_string())
}

fn vault() -> VaultProbe {
    VaultProbe::new()
        .of_backend("conjur")
        .said(SettingOrigin::Live, "account", "acme")
        .said(SettingOrigin::Live, "login", "host/apps/kong")
        .checker("api_key", KEY)
}

#[tokio::test]
async fn one_variable_is_one_login_and_one_request() {
    let server = usual();
    let found = vault().at(&server.url()).one("prod/db").await;
    assert_eq!(text(&found), r#"{"user": "alice"}"#);
    let paths: Vec<String> = server.requests().into_iter().map(|heard| heard.path).collect();
    assert_eq!(
        paths,
        [
            "/authn/acme/host%2Fapps%2Fkong/authenticate",
            "/secrets/acme/variable/prod%2Fdb"
        ]
    );
}

#[tokio::test]
async fn several_are_one_request() {
    let server = usual();
    let all = vault()
        .at(&server.url())
        .all(&[("one", None), ("two", None), ("prod/db", None)])
        .await;
    assert_eq!(
        all.iter().map(text).collect::<Vec<_>>(),
        ["value zyzzyva one", "value two", r#"{"user": "alice"}"#]
    );
    assert_eq!(server.requests().len(), 2, "a login and a batch");
}

#[tokio::test]
async fn of_a_batch_that_fails_each_is_asked_for_by_itself() {
    let server = usual();
    for (wrong, why) in [
        ("gone", "no-such-secret"),
        ("denied", "permission-denied"),
        ("binary", "bad-content"),
        ("odd", "bad-resource"),
    ] {
        let all = vault()
            .at(&server.url())
            .all(&[("one", None), (wrong, None), ("two", None)])
            .await;
        assert_eq!(all.iter().map(reason).collect::<Vec<_>>(), ["found", why, "found"]);
    }
}

#[tokio::test]
async fn a_failure_that_no_variable_causes_is_told_of_all_and_nothing_more_is_asked() {
    for (status, why) in [(401, "login-refused"), (500, "server-error"), (503, "server-error")] {
        let server = server(move |heard| {
            heard
                .path
                .starts_with("/secrets")
                .then(|| Reply::new(status, "zyzzyva"))
        });
        let all = vault().at(&server.url()).all(&[("one", None), ("two", None)]).await;
        assert_eq!(all.iter().map(reason).collect::<Vec<_>>(), [why, why]);
        assert_eq!(server.requests().len(), 2, "a login and a batch");
    }
}

#[tokio::test]
async fn what_a_batch_leaves_out_is_asked_for_by_itself() {
    let server = server(|heard| {
        let of_a_batch = heard.path.starts_with("/secrets?");
        of_a_batch.then(|| {
            Reply::new(
                200,
                r#"{"acme:variable:one": "value zyzzyva one", "acme:variable:two": 2}"#,
            )
        })
    });
    let all = vault()
        .at(&server.url())
        .all(&[("one", None), ("two", None), ("gone", None)])
        .await;
    assert_eq!(
        all.iter().map(reason).collect::<Vec<_>>(),
        ["found", "found", "no-such-secret"]
    );
    assert_eq!(server.requests().len(), 4, "a login, a batch and what it leaves out");
}

#[tokio::test]
async fn many_variables_are_several_batches() {
    let server = server(|heard| {
        let (path, query) = heard.path.split_once('?')?;
        assert_eq!(path, "/secrets");
        let ids: Vec<&str> = query.trim_start_matches("variable_ids=").split(',').collect();
        let found: serde_json::Map<_, _> = ids
            .iter()
            .map(|id| (id.replace("%3A", ":").replace("%5F", "_"), "v".into()))
            .collect();
        Some(Reply::new(200, serde_json::Value::Object(found).to_string()))
    });
    let names: Vec<String> = (0..120).map(|at| format!("many_{at}")).collect();
    let wanted: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), None)).collect();
    let all = vault().at(&server.url()).all(&wanted).await;
    assert!(all.iter().all(|fetched| reason(fetched) == "found"));
    assert_eq!(server.requests().len(), 4, "a login and three batches");
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let server = usual();
    let vault = vault().at(&server.url());
    check(&vault.refused("gone").await, Reason::NoSuchSecret, &["'gone'", "%2F"]);
    check(
        &vault.refused("prod/gone").await,
        Reason::NoSuchSecret,
        &["load a value"],
    );
    check(
        &vault.refused("denied").await,
        Reason::PermissionDenied,
        &["or it does not exist"],
    );
    check(&vault.refused("odd").await, Reason::BadResource, &["'odd'"]);
    let versioned = refusal(vault.version("one", "2").await);
    check(&versioned, Reason::Undocumented, &["version 2"]);
    for name in ["../x", "a//b", ".", "a\nb"] {
        check(&vault.refused(name).await, Reason::BadResource, &[]);
    }
    assert_eq!(
        server
            .requests()
            .iter()
            .filter(|heard| heard.path.contains(".."))
            .count(),
        0
    );
}

#[tokio::test]
async fn a_login_that_is_refused_is_said_once_and_of_all() {
    let server = usual();
    let vault = vault().at(&server.url()).checker("api_key", "another zyzzyva");
    let all = vault.all(&[("one", None), ("two", None)]).await;
    for fetched in all {
        check(&refusal(fetched), Reason::LoginRefused, &["account, login or API key"]);
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn without_a_key_or_with_half_a_set_nothing_is_asked() {
    let server = usual();
    let none = VaultProbe::new()
        .of_backend("conjur")
        .said(SettingOrigin::Live, "account", "acme")
        .at(&server.url());
    check(
        &none.refused("one").await,
        Reason::NoCredentials,
        &["STRONGROOM_VAULT_MY_VAULT_API_KEY"],
    );
    check(
        &none.checker("api_key", KEY).refused("one").await,
        Reason::BadSettings,
        &["login is missing"],
    );
    let theirs = vault()
        .said(SettingOrigin::Live, "api_key", KEY)
        .of_others()
        .at(&server.url());
    check(&theirs.refused("one").await, Reason::NoCredentials, &[]);
    check(
        &vault().refused("one").await,
        Reason::BadSettings,
        &["endpoint_url is missing"],
    );
    check(
        &vault().at("ftp://x").refused("one").await,
        Reason::BadSettings,
        &["no http or https URL"],
    );
    assert!(server.bytes().is_empty());
}

#[tokio::test]
async fn nobody_answers_or_not_in_time() {
    let refused = vault().at(&ClosedPort::shared().url()).refused("one").await;
    assert_eq!(refused.reason, Reason::ConnectionFailed);
    let slow = server(|_| {
        std::thread::sleep(Duration::from_millis(900));
        None
    });
    let late = vault()
        .at(&slow.url())
        .within(Duration::from_millis(200))
        .refused("one")
        .await;
    assert_eq!(late.reason, Reason::TimedOut);
    let busy = server(|heard| {
        heard
            .path
            .starts_with("/secrets")
            .then(|| Reply(429, vec![("retry-after", "1000000".to_owned())], String::new()))
    });
    let limited = vault().at(&busy.url()).refused("one").await;
    assert_eq!(limited.reason, Reason::RateLimited);
    let down = server(|_| Some(Reply::new(500, "zyzzyva")));
    assert_eq!(vault().at(&down.url()).refused("one").await.reason, Reason::ServerError);
}

#[tokio::test]
async fn an_address_of_a_state_file_gets_no_byte_of_a_key_of_this_machine() {
    let server = usual();
    for side in [SettingOrigin::Repository, SettingOrigin::Template] {
        let asked = vault().said(side, "endpoint_url", &server.url());
        check(
            &asked.refused("one").await,
            Reason::UntrustedHost,
            &["--references-hosts"],
        );
    }
    let filled = vault()
        .said(
            SettingOrigin::Live,
            "endpoint_url",
            &server.url().replace("http:", "https:"),
        )
        .said(SettingOrigin::Repository, "ca_cert", "x");
    for vouched in [filled.clone(), filled.vouching(&server.host())] {
        check(&vouched.refused("one").await, Reason::UntrustedHost, &["_CA_CERT=FILE"]);
    }
    assert!(server.bytes().is_empty());
    let vouched = vault()
        .said(SettingOrigin::Repository, "endpoint_url", &server.url())
        .vouching(&server.host());
    assert_eq!(reason(&vouched.one("one").await), "found");
    let own = vault().said(SettingOrigin::Repository, "api_key", KEY).said(
        SettingOrigin::Repository,
        "endpoint_url",
        &server.url(),
    );
    assert_eq!(
        reason(&own.one("one").await),
        "found",
        "a key that the file spells out goes where the file says"
    );
}

#[tokio::test]
async fn nothing_of_a_secret_is_in_what_is_said() {
    let server = server(|heard| {
        heard
            .path
            .starts_with("/secrets")
            .then(|| Reply::new(500, heard.head.clone()))
    });
    let fetched = vault().at(&server.url()).one("one").await;
    let SecretResponse::Unavailable(finding) = &fetched else {
        panic!("{fetched:?}")
    };
    let said = format!("{finding:?} {fetched:?}");
    assert!(!said.contains("zyzzyva") && !said.contains("Token"), "{said}");
}

#[test]
fn the_program_proves_references_and_shows_nothing_of_them() {
    let server = server(|heard| match heard.path.ends_with("/repeats") {
        true => Some(Reply::new(500, format!("{} {}", heard.head, heard.body))),
        false => None,
    });
    let sandbox = crate::common::sandbox::Sandbox::new();
    let state = "_format_version: \"3.0\"\nvaults:\n\
                 - {name: conjur, prefix: team, config: {endpoint_url: 'https://conjur.internal', account: acme, login: host/apps/kong}}\n\
                 plugins:\n- name: http-log\n  config:\n    http_endpoint: http://log.test\n    headers:\n\
                 \x20     a: '{vault://team/one}'\n      b: '{vault://team/prod%2Fdb/user}'\n      c: '{vault://team/repeats}'\n\
                 \x20     d: '{vault://team/prod/db}'\n";
    let url = server.url();
    let variables = [
        ("STRONGROOM_VAULT_TEAM_ADDRESS", url.as_str()),
        ("STRONGROOM_VAULT_TEAM_API_KEY", KEY),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "1"),
    ];
    let ran = sandbox.diff(state, &["-vvv"], &variables).ends(3);
    let ran = ran.tells("references: 2 found, 1 unreachable, 1 missing");
    ran.tells("has no variable 'prod', or none with a value");
    let json = sandbox.diff(state, &["-vvv", "--json-output"], &variables).ends(3);
    assert_eq!(json.verdicts().len(), 4);
    sandbox
        .diff(state, &[], &variables[..1])
        .ends(0)
        .tells("no API key is given for the vault 'team'");
}
