//! What answers mean.

use serde_json::{Value, json};
use strongroom::reference::{Reason, SettingOrigin};

use super::google::{CANARY, Google, GoogleSecret, PROJECT, asked, error, error_because, ok, paths, reply};
use crate::backends::vault_probe::{check, reason, refusal, text};
use crate::common::fake_server::FakeServer;

const BYTES: GoogleSecret = GoogleSecret::Bytes(b"x");

#[tokio::test]
async fn secrets_are_found() {
    let fake = Google::default()
        .with(
            "pg",
            &[
                GoogleSecret::Bytes(b"old"),
                GoogleSecret::Bytes("n\u{e9}w\n".as_bytes()),
            ],
        )
        .text("a-B_9", "{\"user\": \"alice\"}")
        .start();
    let wanted = [("pg", None), ("pg", Some("1")), ("pg", Some("2")), ("a-B_9", None)];
    let fetched = asked(&fake.url()).all(&wanted).await;
    let texts: Vec<_> = fetched.iter().map(text).collect();
    assert_eq!(texts, ["n\u{e9}w\n", "old", "n\u{e9}w\n", "{\"user\": \"alice\"}"]);
    let mut asked = paths(&fake);
    asked.sort_unstable();
    let access = |path: &str| format!("{path}:access");
    let expected = [
        "a-B_9/versions/latest",
        "pg/versions/1",
        "pg/versions/2",
        "pg/versions/latest",
    ];
    assert_eq!(asked, expected.map(access));
}

#[tokio::test]
async fn a_path_before_the_api_is_kept() {
    let fake = Google::default()
        .first(|heard| {
            (heard.path == format!("/front/v1/projects/{PROJECT}/secrets/pg/versions/latest:access"))
                .then(|| ok(&json!({"payload": {"data": "eA=="}})))
        })
        .start();
    for url in [format!("{}/front", fake.url()), format!("{}/front/", fake.url())] {
        assert_eq!(text(&asked(&url).one("pg").await), "x");
    }
}

#[tokio::test]
async fn what_is_not_there_is_missing() {
    let fake = Google::default().with("pg", &[BYTES]).with("empty", &[]).start();
    let asked = asked(&fake.url());
    let told = asked.refused("other").await;
    check(
        &told,
        Reason::NoSuchSecret,
        &["'other'", "does not exist", PROJECT, &fake.host(), "project_id"],
    );
    check(&asked.refused("empty").await, Reason::NoSuchSecret, &["has no version"]);
    let told = refusal(asked.version("pg", "9").await);
    check(
        &told,
        Reason::NoSuchVersion,
        &["version 9 of the secret 'pg'", "after #"],
    );
}

#[tokio::test]
async fn what_may_not_be_read_is_denied() {
    let fake = Google::default().with("pg", &[BYTES]).start();
    let elsewhere = asked(&fake.url()).said(SettingOrigin::Repository, "project_id", "other-project");
    let told = elsewhere.refused("pg").await;
    check(
        &told,
        Reason::PermissionDenied,
        &[
            "or it does not exist",
            "other-project",
            "roles/secretmanager.secretAccessor",
        ],
    );
    for (cause, says) in [
        ("SERVICE_DISABLED", "gcloud services enable"),
        ("CONSUMER_INVALID", "project_id"),
        ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "cloud-platform"),
        ("USER_PROJECT_DENIED", "GOOGLE_CLOUD_QUOTA_PROJECT"),
        ("SECURITY_POLICY_VIOLATED", "perimeter"),
        ("IAM_PERMISSION_DENIED", "secretAccessor"),
        (CANARY, "secretAccessor"),
    ] {
        let fake = FakeServer::start(move |_| error_because(403, "PERMISSION_DENIED", cause));
        check(
            &asked(&fake.url()).refused("pg").await,
            Reason::PermissionDenied,
            &[says],
        );
    }
}

#[tokio::test]
async fn a_disabled_or_destroyed_version_is_missing_with_its_state() {
    for terse in [false, true] {
        let google = Google::default()
            .with("off", &[BYTES, GoogleSecret::Disabled])
            .with("gone", &[BYTES, GoogleSecret::Destroyed])
            .with("locked", &[GoogleSecret::Locked])
            .with("DISABLED", &[GoogleSecret::Destroyed]);
        let fake = if terse { google.terse() } else { google }.start();
        let asked = asked(&fake.url());
        // `latest` is the last one, whatever it is in
        let told = asked.refused("off").await;
        check(
            &told,
            Reason::DisabledVersion,
            &["'off'", "is disabled in its latest version", "enable the version"],
        );
        let told = refusal(asked.version("off", "2").await);
        check(
            &told,
            Reason::DisabledVersion,
            &["version 2 of the secret 'off'", "is disabled"],
        );
        assert_eq!(text(&asked.version("off", "1").await), "x");
        let told = refusal(asked.version("gone", "2").await);
        check(
            &told,
            Reason::DestroyedVersion,
            &["is destroyed", "cannot be brought back"],
        );
        check(&asked.refused("DISABLED").await, Reason::DestroyedVersion, &[]);
        check(
            &asked.refused("locked").await,
            Reason::PermissionDenied,
            &["KMS key", "enable the key"],
        );
        let looks = paths(&fake).iter().filter(|path| !path.ends_with(":access")).count();
        assert_eq!(looks, if terse { 5 } else { 1 });
    }
}

#[tokio::test]
async fn states_are_words_or_numbers_as_they_were_recorded() {
    let recorded = std::fs::read_to_string("fixtures/gcp/secrets.jsonl").expect("the recordings");
    let exchanges: Vec<Value> = recorded
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let recorded = |note: &str| {
        let found = exchanges
            .iter()
            .find(|one| one["note"].as_str().is_some_and(|said| said.starts_with(note)));
        found.expect("an exchange")["response"].clone()
    };
    for (note, expected) in [
        ("the version", Reason::PermissionDenied),
        ("disabled", Reason::DisabledVersion),
        ("destroy", Reason::DestroyedVersion),
        ("the secret", Reason::DisabledVersion),
        ("missing", Reason::DisabledVersion),
    ] {
        let answer = recorded(note);
        let status = u16::try_from(answer["status"].as_u64().expect("a status")).expect("a status");
        let body = answer["body"].clone();
        let fake = FakeServer::start(move |heard| match heard.path.ends_with(":access") {
            true => error(400, "FAILED_PRECONDITION", CANARY),
            false => reply(status, &body),
        });
        check(&asked(&fake.url()).refused("pg").await, expected, &["'pg'"]);
    }
    let missing = recorded("missing")["body"].clone();
    let fake = FakeServer::start(move |_| reply(404, &missing));
    check(&asked(&fake.url()).refused("pg").await, Reason::NoSuchSecret, &["'pg'"]);
}

#[tokio::test]
async fn a_binary_secret_is_not_checkable() {
    let fake = Google::default()
        .with("pg", &[GoogleSecret::Bytes(b"\xff\xfe\x00")])
        .start();
    check(
        &asked(&fake.url()).refused("pg").await,
        Reason::Undocumented,
        &["is binary", "store it as text"],
    );
}

#[tokio::test]
async fn what_google_could_not_have_is_not_sent() {
    let fake = Google::default().text("good", "x").start();
    let asked = asked(&fake.url());
    for name in [
        "",
        "a/b",
        "a b",
        "a.b",
        "..",
        "a\nb",
        "a\u{fffd}",
        "p\u{e4}th",
        "a:b",
        "a%2Fb",
        "latest:access",
        &"a".repeat(256),
    ] {
        check(&asked.refused(name).await, Reason::BadResource, &["cannot be the name"]);
    }
    check(&asked.refused("a/b").await, Reason::BadResource, &["have no slash"]);
    for version in [
        "0",
        "-1",
        "1.5",
        "1e+19",
        "nan",
        "inf",
        "latest",
        "",
        "99999999999999999999",
    ] {
        let told = refusal(asked.version("good", version).await);
        check(
            &told,
            Reason::BadVersion,
            &[&format!("'{version}'"), "whole numbers from 1 on"],
        );
    }
    assert!(fake.bytes().is_empty());
    let fetched = asked.all(&[("a/b", None), ("good", None), ("good", Some("0"))]).await;
    let reasons: Vec<_> = fetched.iter().map(reason).collect();
    assert_eq!(reasons, ["bad-resource", "found", "bad-version"]);
}
