//! Reading from a real Vault.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;
use strongroom::reference::{Reason, SettingOrigin};

use crate::backends::vault_probe::{VaultProbe, check, member, reason, refusal};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, Reply};
use crate::common::vault::{ROOT, Vault};

#[tokio::test]
async fn a_mount_of_version_2_is_read() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("secret", 2).await;
    for password in ["old", "new"] {
        let body = json!({"data": {"password": password, "port": 5432, "nested": {"a": "b"}}});
        vault.make("POST", "secret/data/team/pg", body).await;
    }
    let asked = VaultProbe::new().at(&vault.http).token(ROOT).kv2();
    assert_eq!(member(&asked.one("team/pg").await, "password"), "new");
    assert_eq!(member(&asked.version("team/pg", "1").await, "password"), "old");
    assert_eq!(member(&asked.version("team/pg", "0").await, "password"), "new");

    let none = asked.refused("team/none").await;
    check(
        &none,
        Reason::NoSuchSecret,
        &[
            "'team/none'",
            "the mount 'secret'",
            "at 127.0.0.1:",
            "correct the reference",
        ],
    );
    let none = refusal(asked.version("team/pg", "9").await);
    check(&none, Reason::NoSuchVersion, &["version 9", "'team/pg'"]);
    for version in ["1.5", "-1", "1e+15"] {
        let wrong = refusal(asked.version("team/pg", version).await);
        check(&wrong, Reason::BadVersion, &["'team/pg'", version, "whole numbers"]);
    }

    vault
        .make("POST", "secret/delete/team/pg", json!({"versions": [1]}))
        .await;
    let deleted = refusal(asked.version("team/pg", "1").await);
    check(
        &deleted,
        Reason::DeletedVersion,
        &["version 1", "deleted", "20", "undelete"],
    );
    vault
        .make("POST", "secret/destroy/team/pg", json!({"versions": [2]}))
        .await;
    let destroyed = asked.refused("team/pg").await;
    check(
        &destroyed,
        Reason::DestroyedVersion,
        &["the latest version", "destroyed", "write a new version"],
    );
}

#[tokio::test]
async fn a_mount_of_version_1_is_read() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("team/kv", 1).await;
    vault.make("POST", "team/kv/pg", json!({"password": "s3cret"})).await;
    let asked = VaultProbe::new()
        .at(&vault.http)
        .token(ROOT)
        .said(SettingOrigin::Live, "mount", "team/kv");
    assert_eq!(member(&asked.one("pg").await, "password"), "s3cret");
    assert_eq!(member(&asked.version("pg", "7").await, "password"), "s3cret");
    check(&asked.refused("none").await, Reason::NoSuchSecret, &["'team/kv'"]);
}

#[tokio::test]
async fn the_wrong_version_and_the_wrong_mount_are_told() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("secret", 2).await;
    vault.mount("old", 1).await;
    vault.make("POST", "secret/data/pg", json!({"data": {"a": "b"}})).await;
    vault.make("POST", "old/pg", json!({"a": "b"})).await;
    vault.make("POST", "old/data/pg", json!({"a": "b"})).await;
    let asked = VaultProbe::new().at(&vault.http).token(ROOT);
    check(
        &asked.refused("pg").await,
        Reason::WrongMountVersion,
        &["is KV v2", "says v1", "config.kv"],
    );
    let other = asked.clone().kv2().said(SettingOrigin::Live, "mount", "old");
    check(
        &other.refused("pg").await,
        Reason::WrongMountVersion,
        &["is KV v1", "says v2"],
    );
    let nowhere = asked.kv2().said(SettingOrigin::Live, "mount", "nowhere");
    check(
        &nowhere.refused("pg").await,
        Reason::NoSuchMount,
        &["'nowhere'", "config.mount"],
    );
}

#[tokio::test]
async fn names_reach_the_server_as_they_are() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("secret", 2).await;
    let asked = VaultProbe::new().at(&vault.http).token(ROOT).kv2();
    let names = [
        "a+b",
        "a b",
        "päth/秘密",
        "percent%25",
        "semi;colon",
        "q?a=b",
        "h#1",
        "UPPER",
        "%2e%2e/x",
        "a\\b",
        "a:b@c",
    ];
    for name in names {
        let path = format!("secret/data/{}", encoded(name));
        vault.make("POST", &path, json!({"data": {"name": name}})).await;
    }
    for name in names {
        assert_eq!(member(&asked.one(name).await, "name"), name);
    }
}

fn encoded(name: &str) -> String {
    let segments = name
        .split('/')
        .map(|segment| percent_encoding::utf8_percent_encode(segment, percent_encoding::NON_ALPHANUMERIC).to_string());
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_a_token_may_not_read_is_denied() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("secret", 2).await;
    vault.make("POST", "secret/data/app", json!({"data": {"a": "b"}})).await;
    vault
        .make("POST", "secret/data/other", json!({"data": {"a": "b"}}))
        .await;
    let token = vault.token("app", "secret/data/app").await;
    let asked = VaultProbe::new().at(&vault.http).token(&format!(" {token}\n")).kv2();
    assert_eq!(member(&asked.one("app").await, "a"), "b");
    let denied = asked.refused("other").await;
    check(
        &denied,
        Reason::PermissionDenied,
        &["'other'", "or it does not exist", "secret/data/other"],
    );
    let made_up = VaultProbe::new().at(&vault.http).token("hvs.canary").kv2();
    check(&made_up.refused("app").await, Reason::PermissionDenied, &["still good"]);
    let unfit = VaultProbe::new().at(&vault.http).token("hvs.\u{1}canary").kv2();
    check(&unfit.refused("app").await, Reason::BadSettings, &["x-vault-token"]);
}

#[tokio::test]
async fn a_token_is_spent_by_reads_alone() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("secret", 2).await;
    vault.make("POST", "secret/data/x", json!({"data": {"a": "b"}})).await;
    let made = vault
        .make(
            "POST",
            "auth/token/create",
            json!({"policies": ["root"], "num_uses": 2}),
        )
        .await;
    let token = made["auth"]["client_token"].as_str().expect("a token");
    let asked = VaultProbe::new().at(&vault.http).token(token).kv2();
    let fetched = asked.all(&[("x", None), ("x", Some("1"))]).await;
    assert_eq!(fetched.iter().map(reason).collect::<Vec<_>>(), ["found", "found"]);
    assert_eq!(reason(&asked.one("x").await), "permission-denied");
}

#[tokio::test]
async fn a_limit_of_requests_is_waited_for_if_there_is_time() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("secret", 2).await;
    vault.make("POST", "secret/data/x", json!({"data": {"a": "b"}})).await;
    let quota = |interval: &str| json!({"path": "secret/", "rate": 1, "interval": interval});
    vault.make("POST", "sys/quotas/rate-limit/slow", quota("2s")).await;
    let asked = VaultProbe::new().at(&vault.http).token(ROOT).kv2();
    let fetched = asked.all(&[("x", None), ("x", Some("1")), ("x", Some("0"))]).await;
    assert!(fetched.iter().all(|fetched| reason(fetched) == "found"), "{fetched:?}");

    vault.make("POST", "sys/quotas/rate-limit/slow", quota("100000s")).await;
    vault
        .make(
            "POST",
            "sys/quotas/config",
            json!({"enable_rate_limit_response_headers": true}),
        )
        .await;
    asked.one("x").await;
    // longer than there is time is not waited at all
    let limited = asked.with_endless_time().refused("x").await;
    check(&limited, Reason::RateLimited, &["limits how often", "run again later"]);
}

#[tokio::test]
async fn a_server_that_is_sealed_or_not_initialised_is_told() {
    let Some(vault) = Vault::start() else { return };
    vault.mount("secret", 2).await;
    vault.make("PUT", "sys/seal", json!({})).await;
    let asked = VaultProbe::new().at(&vault.http).token(ROOT).kv2();
    check(&asked.refused("x").await, Reason::Sealed, &["is sealed", "unseal"]);
    let login = VaultProbe::new()
        .at(&vault.http)
        .kv2()
        .checker("role_id", "a")
        .checker("secret_id", "b");
    check(&login.refused("x").await, Reason::Sealed, &["is sealed"]);
    let Some(empty) = Vault::with(&[]) else { return };
    check(
        &asked.at(&empty.http).refused("x").await,
        Reason::Sealed,
        &["not initialised"],
    );
}

#[tokio::test]
async fn a_standby_is_followed_to_a_host_that_is_vouched_for() {
    let Some(vault) = Vault::with(&["-root-token", ROOT, "-standby"]) else {
        return;
    };
    vault.mount("secret", 2).await;
    vault.make("POST", "secret/data/x", json!({"data": {"a": "b"}})).await;
    vault
        .make("POST", "sys/auth/userpass", json!({"type": "userpass"}))
        .await;
    vault
        .make(
            "POST",
            "auth/userpass/users/ci",
            json!({"password": "pw", "token_policies": ["all"]}),
        )
        .await;
    vault.token("all", "secret/*").await;
    let standby = vault.standby.as_deref().expect("a standby");
    let active = vault.http.strip_prefix("http://").expect("an address");
    let asked = VaultProbe::new().at(standby).token(ROOT).kv2();
    let told = asked.refused("x").await;
    check(
        &told,
        Reason::UntrustedHost,
        &["sends requests on", &format!("--references-hosts {active}")],
    );
    assert_eq!(member(&asked.vouching(active).one("x").await, "a"), "b");
    let login = VaultProbe::new().at(standby).kv2().vouching(active);
    let login = login.checker("username", "ci").checker("password", "pw");
    assert_eq!(member(&login.one("x").await, "a"), "b");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unreachable() {
    let closed = ClosedPort::new();
    let asked = VaultProbe::new().token("hvs.canary").kv2();
    let refused = asked.clone().at(&closed.url()).refused("x").await;
    check(&refused, Reason::ConnectionFailed, &[&closed.host(), "nothing listens"]);

    // it is connected to, but never answers
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let late = asked
        .clone()
        .at(&address)
        .within(Duration::from_millis(500))
        .refused("x")
        .await;
    check(&late, Reason::TimedOut, &["no answer in time"]);

    let nowhere = asked.clone().at("http://no..such..host:8200").refused("x").await;
    check(
        &nowhere,
        Reason::ConnectionFailed,
        &["no..such..host:8200", "no such host"],
    );

    let plain = FakeServer::start(|_| Reply::new(200, "<html>not a vault</html>"));
    check(
        &asked.clone().at(&plain.url()).refused("x").await,
        Reason::ServerError,
        &["none of a Vault"],
    );
    let over_tls = asked.at(&plain.url().replace("http:", "https:")).refused("x").await;
    check(&over_tls, Reason::ConnectionFailed, &["TLS"]);
}

#[tokio::test]
async fn what_came_before_the_time_was_up_stays() {
    let fake = FakeServer::start(|heard| {
        if heard.path.ends_with("slow") {
            std::thread::sleep(Duration::from_secs(5));
        }
        Reply::new(200, r#"{"data": {"a": "b"}}"#)
    });
    let asked = VaultProbe::new()
        .at(&fake.url())
        .token("t")
        .within(Duration::from_secs(2));
    let fetched = asked.all(&[("quick", None), ("slow", None)]).await;
    assert_eq!(fetched.iter().map(reason).collect::<Vec<_>>(), ["found", "timed-out"]);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_it() {
    let fake = FakeServer::start(|_| Reply::new(200, format!(r#"{{"data": {{"a": "{}"}}}}"#, "x".repeat(5 << 20))));
    let asked = VaultProbe::new().at(&fake.url()).token("t");
    check(&asked.refused("x").await, Reason::ServerError, &["too long"]);
}

#[tokio::test]
async fn redirects_are_followed_once_and_never_to_another_protocol() {
    let round = FakeServer::start(|heard| Reply(307, vec![("location", format!("{}x", heard.path))], String::new()));
    let asked = VaultProbe::new().at(&round.url()).token("t");
    check(
        &asked.refused("x").await,
        Reason::ServerError,
        &["from one address to the next"],
    );
    assert_eq!(round.requests().len(), 2);
    let down = FakeServer::start(|_| Reply(307, vec![("location", "ftp://127.0.0.1/x".to_owned())], String::new()));
    check(
        &asked.at(&down.url()).refused("x").await,
        Reason::ServerError,
        &["another protocol"],
    );
}
