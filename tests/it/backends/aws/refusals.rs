//! What AWS' errors mean: each by its code, with AWS' own status, and with the status that others choose for it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use strongroom::reference::{Finding, Reason};

use super::server::{Aws, AwsSecret, asked, error};
use crate::backends::vault_probe::{check, nobody_answers, reason, text};
use crate::common::fake_server::Reply;

async fn told(code: &'static str, status: u16) -> Finding {
    let fake = Aws::default().with("pg", AwsSecret::Refused(code, status)).start();
    let asked = asked(&fake.url());
    let asked = match code {
        "ThrottlingException" => asked.within(Duration::from_secs(2)),
        _ => asked,
    };
    asked.refused_in_time("pg").await
}

#[tokio::test]
async fn codes_count_and_not_the_status() {
    let table: [(&str, Reason, &[&str]); 17] = [
        (
            "ResourceNotFoundException",
            Reason::NoSuchSecret,
            &["'pg'", "does not exist", "%2F"],
        ),
        (
            "ResourceNotFoundException for staging label: AWSCURRENT",
            Reason::NoSuchVersion,
            &["'pg'", "holds no value"],
        ),
        (
            "InvalidRequestException",
            Reason::DeletedVersion,
            &["'pg'", "marked for deletion"],
        ),
        (
            "AccessDeniedException",
            Reason::PermissionDenied,
            &["'pg'", "or it does not exist"],
        ),
        ("AccessDenied", Reason::PermissionDenied, &["'pg'"]),
        (
            "DecryptionFailure",
            Reason::PermissionDenied,
            &["'pg'", "KMS key", "kms:Decrypt"],
        ),
        (
            "KMSAccessDeniedException",
            Reason::PermissionDenied,
            &["'pg'", "KMS key"],
        ),
        ("InvalidParameterException", Reason::BadResource, &["'pg'"]),
        ("ValidationException", Reason::BadResource, &["'pg'"]),
        (
            "UnrecognizedClientException",
            Reason::LoginRefused,
            &["does not know them"],
        ),
        ("InvalidSignatureException", Reason::LoginRefused, &["the clock"]),
        ("SignatureDoesNotMatch", Reason::LoginRefused, &[]),
        ("MissingAuthenticationTokenException", Reason::LoginRefused, &[]),
        ("ExpiredTokenException", Reason::LoginRefused, &["have expired"]),
        ("ExpiredToken", Reason::LoginRefused, &["get new ones"]),
        ("ThrottlingException", Reason::RateLimited, &["run again later"]),
        ("Teapot", Reason::ServerError, &["no proxy"]),
    ];
    for (code, reason, says) in table {
        for status in [400, 403, 404, 500] {
            let finding = told(code, status).await;
            check(&finding, reason, says);
            assert!(finding.message.contains("127.0.0.1:"), "{}", finding.message);
            assert!(!format!("{finding:?}").contains("canary"), "{finding:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_without_a_code_goes_by_its_status() {
    let bodies = ["", "<html>", "{}", "[]", "canary-7f3a", r#"{"__type": null}"#];
    for (status, reason) in [
        (400, Reason::ServerError),
        (403, Reason::PermissionDenied),
        (502, Reason::ServerError),
    ] {
        let fakes = bodies.map(|body| Aws::default().first(move |_| Some(Reply::new(status, body))).start());
        let refusals = fakes
            .iter()
            .map(|fake| async { asked(&fake.url()).refused("pg").await });
        for finding in join_all(refusals).await {
            check(&finding, reason, &[]);
            assert!(!format!("{finding:?}").contains("canary"));
        }
    }
    for body in [
        "",
        "<html>",
        "{}",
        "[]",
        "nonsense",
        r#"{"SecretString": 1}"#,
        r#"{"SecretString": null}"#,
    ] {
        let fake = Aws::default().first(move |_| Some(Reply::new(200, body))).start();
        check(&asked(&fake.url()).refused("pg").await, Reason::ServerError, &[]);
    }
}

#[tokio::test]
async fn it_is_patient_when_asked_to_be() {
    for code in ["ThrottlingException", "InternalServiceError"] {
        let turns = AtomicU32::new(0);
        let fake = Aws::default()
            .text("pg", "x")
            .first(move |heard| (turns.fetch_add(1, Ordering::Relaxed) < 2).then(|| error(400, code, heard)))
            .start();
        assert_eq!(text(&asked(&fake.url()).one("pg").await), "x");
        assert_eq!(fake.requests().len(), 3);
    }
    let fake = Aws::default()
        .with("pg", AwsSecret::Refused("ThrottlingException", 400))
        .start();
    let asked = asked(&fake.url()).within(Duration::from_secs(4));
    check(
        &asked.refused_in_time("pg").await,
        Reason::RateLimited,
        &["no time left"],
    );
    assert!(fake.requests().len() > 1);
    let fake = Aws::default()
        .with("pg", AwsSecret::Refused("InternalServiceError", 500))
        .start();
    check(
        &super::server::asked(&fake.url()).refused("pg").await,
        Reason::ServerError,
        &["run again later"],
    );
    assert_eq!(fake.requests().len(), 3);
}

#[tokio::test]
async fn nobody_is_there() {
    nobody_answers(asked).await;
}

#[tokio::test]
async fn what_is_no_name_is_not_sent() {
    let fake = Aws::default().text("good", "x").start();
    for name in ["", "a b", "a\nb", "a\u{fffd}", "päth", "a:b", "a'b"] {
        check(
            &asked(&fake.url()).refused(name).await,
            Reason::BadResource,
            &["cannot be the name"],
        );
    }
    assert!(fake.bytes().is_empty());
    let fetched = asked(&fake.url()).all(&[("a b", None), ("good", None)]).await;
    assert_eq!(
        fetched.iter().map(reason).collect::<Vec<_>>(),
        ["bad-resource", "found"]
    );
}

#[tokio::test]
async fn a_binary_secret_is_not_checkable() {
    let fake = Aws::default().with("pg", AwsSecret::Binary).start();
    check(
        &asked(&fake.url()).refused("pg").await,
        Reason::Undocumented,
        &["is binary", "store it as text"],
    );
}
