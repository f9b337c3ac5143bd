//! What refusals mean, and answers that are none.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use strongroom::reference::Reason;

use super::google::{CANARY, Google, asked, error, ok, reply};
use crate::backends::vault_probe::{check, nobody_answers, text};
use crate::common::fake_server::{FakeServer, Reply};

#[tokio::test]
async fn errors_go_by_the_word_of_the_envelope() {
    let table: &[(u16, Value, Reason)] = &[
        (400, json!("INVALID_ARGUMENT"), Reason::BadResource),
        (400, json!("OUT_OF_RANGE"), Reason::BadResource),
        (404, json!("NOT_FOUND"), Reason::NoSuchSecret),
        (401, json!("UNAUTHENTICATED"), Reason::LoginRefused),
        (403, json!("PERMISSION_DENIED"), Reason::PermissionDenied),
        (400, json!("FAILED_PRECONDITION"), Reason::DisabledVersion),
        (400, json!("RESOURCE_EXHAUSTED"), Reason::RateLimited),
        (501, json!("UNIMPLEMENTED"), Reason::ServerError),
        (499, json!("CANCELLED"), Reason::ServerError),
        (400, json!(5), Reason::NoSuchSecret),
        (400, json!(7), Reason::PermissionDenied),
        (404, json!(3), Reason::BadResource),
        (400, json!(16), Reason::LoginRefused),
        (404, Value::Null, Reason::NoSuchSecret),
        (403, Value::Null, Reason::PermissionDenied),
        (401, Value::Null, Reason::LoginRefused),
        (400, Value::Null, Reason::BadResource),
        (418, json!(CANARY), Reason::ServerError),
        (418, json!(99), Reason::ServerError),
        (418, Value::Null, Reason::ServerError),
    ];
    for (status, word, expected) in table {
        let (status, word) = (*status, word.clone());
        let body =
            json!({"error": {"code": status, "message": CANARY, "status": word, "details": [CANARY, {"reason": 1}]}});
        let fake = FakeServer::start(move |_| reply(status, &body));
        let finding = asked(&fake.url()).refused("pg").await;
        check(&finding, *expected, &[&fake.host()]);
        assert!(!format!("{finding:?}").contains(CANARY), "{finding:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_of_google_is_no_missing_secret() {
    // a wrong path below Google's host
    let fake = Google::default().text("pg", "x").start();
    let told = asked(&format!("{}/wrong", fake.url())).refused("pg").await;
    check(
        &told,
        Reason::ServerError,
        &["answers what Secret Manager does not answer", "address"],
    );
    for status in [200, 201, 204, 301, 400, 401, 403, 404] {
        for body in [
            "",
            "<html>",
            "{}",
            "[]",
            CANARY,
            "{\"error\": \"canary-7f3a\"}",
            "{\"error\": null}",
        ] {
            let fake = FakeServer::start(move |_| Reply::new(status, body));
            let finding = asked(&fake.url()).refused("pg").await;
            let expected = match status {
                401 => Reason::LoginRefused,
                403 => Reason::PermissionDenied,
                _ => Reason::ServerError,
            };
            check(&finding, expected, &[]);
            assert!(!format!("{finding:?}").contains(CANARY), "{finding:?}");
        }
    }
}

#[tokio::test]
async fn a_secret_comes_whole_or_not_at_all() {
    let data = |data: Value| json!({"name": "n", "payload": data});
    for payload in [
        json!({}),
        json!({"data": 1}),
        json!({"data": "canary-7f3a!"}),
        json!({"data": "eA"}),
        json!({"data": "eA==", "dataCrc32c": "1"}),
        json!({"data": "eA==", "dataCrc32c": CANARY}),
        json!({"data": "eA==", "dataCrc32c": null}),
        json!({"data": "eA==", "dataCrc32c": -1}),
    ] {
        let body = data(payload);
        let fake = FakeServer::start(move |_| ok(&body));
        let finding = asked(&fake.url()).refused("pg").await;
        check(&finding, Reason::ServerError, &["'pg'", "no proxy"]);
        assert!(!format!("{finding:?}").contains(CANARY), "{finding:?}");
    }
    // "x" by itself; and its checksum as a text and as a number
    for payload in [
        json!({"data": "eA=="}),
        json!({"data": "eA==", "dataCrc32c": super::google::crc32c(b"x").to_string()}),
        json!({"data": "eA==", "dataCrc32c": super::google::crc32c(b"x")}),
    ] {
        let body = data(payload);
        let fake = FakeServer::start(move |_| ok(&body));
        assert_eq!(text(&asked(&fake.url()).one("pg").await), "x");
    }
}

#[tokio::test]
async fn it_is_patient_when_asked_to_be() {
    let turns = AtomicU32::new(0);
    let limited = |after: &str| Reply(429, vec![("retry-after", after.to_owned())], "{}".to_owned());
    let fake = Google::default()
        .text("pg", "x")
        .first(move |_| (turns.fetch_add(1, Ordering::Relaxed) < 1).then(|| limited("1")))
        .start();
    assert_eq!(text(&asked(&fake.url()).one("pg").await), "x");
    assert_eq!(fake.requests().len(), 2);
    // longer than there is time is not waited at all
    let fake = FakeServer::start(move |_| limited("1000000"));
    let asked = asked(&fake.url()).with_endless_time();
    check(&asked.refused("pg").await, Reason::RateLimited, &["no time"]);
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test]
async fn a_server_at_fault_gets_two_more_chances() {
    for (status, word, says) in [
        (503, "UNAVAILABLE", "not available for now"),
        (500, "INTERNAL", "is broken"),
    ] {
        let turns = AtomicU32::new(0);
        let fake = Google::default()
            .text("pg", "x")
            .first(move |_| (turns.fetch_add(1, Ordering::Relaxed) < 2).then(|| error(status, word, CANARY)))
            .start();
        assert_eq!(text(&asked(&fake.url()).one("pg").await), "x");
        for body in [true, false] {
            let fake = FakeServer::start(move |_| match body {
                true => error(status, word, CANARY),
                false => Reply::new(status, CANARY),
            });
            check(&asked(&fake.url()).refused("pg").await, Reason::ServerError, &[says]);
            assert_eq!(fake.requests().len(), 3);
        }
    }
}

#[tokio::test]
async fn nobody_is_there() {
    nobody_answers(asked).await;
}
