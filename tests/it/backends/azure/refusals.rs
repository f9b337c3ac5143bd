//! What a vault's refusals mean, and what is no answer of a vault's.

use strongroom::reference::Reason;

use super::server::{Azure, AzureSecret, recorded};
use crate::backends::vault_probe::{check, reason};
use crate::common::fake_server::{ReceivedRequest, Reply};

/// What a vault refuses with: status, code and the code within, what that comes to, and what is told of it.
type RefusalRow = (u16, &'static str, &'static str, Reason, &'static [&'static str]);

/// Codes of Microsoft's documentation ("Azure Key Vault REST API error codes", "Troubleshooting Azure Key Vault access
/// policy and firewall issues"); texts are never looked at.
const REFUSALS: &[RefusalRow] = &[
    (
        404,
        "SecretNotFound",
        "",
        Reason::NoSuchSecret,
        &["'pg'", "does not exist"],
    ),
    (
        404,
        "ResourceNotFound",
        "",
        Reason::ServerError,
        &["Azure does not give"],
    ),
    (
        403,
        "Forbidden",
        "SecretDisabled",
        Reason::DisabledVersion,
        &["'pg'", "--enabled true"],
    ),
    (403, "Forbidden", "ForbiddenByRbac", Reason::PermissionDenied, &["'pg'"]),
    (
        403,
        "Forbidden",
        "ForbiddenByPolicy",
        Reason::PermissionDenied,
        &["'pg'"],
    ),
    (403, "Forbidden", "", Reason::PermissionDenied, &["'pg'"]),
    (
        403,
        "Forbidden",
        "ForbiddenByFirewall",
        Reason::PermissionDenied,
        &["its firewall", "the network of the check"],
    ),
    (
        403,
        "Forbidden",
        "ForbiddenByConnection",
        Reason::PermissionDenied,
        &["its firewall"],
    ),
    (
        401,
        "Unauthorized",
        "",
        Reason::LoginRefused,
        &["tenant_id is the directory of the vault"],
    ),
    (400, "BadParameter", "", Reason::BadResource, &["'pg'"]),
    (
        503,
        "ServiceUnavailable",
        "",
        Reason::ServerError,
        &["not available at the moment"],
    ),
    (500, "InternalServerError", "", Reason::ServerError, &["is broken"]),
];

#[tokio::test]
async fn a_refusal_goes_by_status_and_code() {
    for (status, code, inner, why, says) in REFUSALS {
        let running = Azure::default()
            .with("pg", AzureSecret::Refused(*status, code, inner))
            .start();
        let told = running.asked().refused("pg").await;
        check(&told, *why, says);
        assert!(told.message.contains(&running.fake.host()), "{}", told.message);
        assert!(!format!("{told:?}").contains("canary"), "{told:?}");
    }
}

#[tokio::test]
async fn what_holds_for_the_whole_vault_is_asked_once() {
    for (status, inner, requests) in [(403, "ForbiddenByFirewall", 1), (503, "", 1), (401, "", 1)] {
        let azure = Azure::default().with("a", AzureSecret::Refused(status, "X", inner));
        let running = azure.text("b", "x").text("c", "x").start();
        let fetched = running.asked().all(&[("a", None), ("b", None), ("c", None)]).await;
        assert!(fetched.iter().all(|one| *one == fetched[0]), "{fetched:?}");
        assert_eq!(running.reads().len(), requests);
    }
    // but not what is of one secret
    let running = Azure::default().with("a", AzureSecret::Disabled).text("b", "x").start();
    let fetched = running.asked().all(&[("a", None), ("b", None)]).await;
    assert_eq!(
        [reason(&fetched[0]), reason(&fetched[1])],
        ["disabled-version", "found"]
    );
}

#[tokio::test]
async fn an_answer_that_is_none_is_not_taken_for_one() {
    let answers = [
        (200, ""),
        (200, "<html>"),
        (200, "[]"),
        (200, "{}"),
        (200, "canary-7f3a"),
        (200, r#"{"value": null}"#),
        (200, r#"{"value": 1}"#),
        (204, ""),
        (301, ""),
        (404, "<html>"),
        (418, "canary-7f3a"),
        (502, "<html>"),
    ];
    for (status, body) in answers {
        let first = move |heard: &ReceivedRequest| heard.header("authorization").map(|_| Reply::new(status, body));
        let running = Azure::default().first(first).start();
        let told = running.asked().refused("pg").await;
        check(&told, Reason::ServerError, &["no proxy"]);
        assert!(!format!("{told:?}").contains("canary"));
    }
    // a challenge that names nothing
    for headers in [vec![], vec![("www-authenticate", "Bearer canary-7f3a".to_owned())]] {
        let first = move |heard: &ReceivedRequest| {
            heard
                .path
                .starts_with("/secrets")
                .then(|| Reply(401, headers.clone(), String::new()))
        };
        let running = Azure::default().first(first).start();
        let told = running.asked().refused("pg").await;
        assert!(
            matches!(told.reason, Reason::ServerError | Reason::LoginRefused),
            "{told:?}"
        );
        assert!(!format!("{told:?}").contains("canary") && running.logins() == 0);
    }
}

/// Every answer that was recorded of the real service, in what it means.
#[tokio::test]
async fn recorded_answers_are_understood() {
    for (note, meant) in [
        ("missing", "no-such-secret"),
        ("latest", "found"),
        ("a disabled secret is 403, not 404", "disabled-version"),
        ("no token: the challenge that a client starts from", "login-refused"),
    ] {
        let first = move |heard: &ReceivedRequest| heard.header("authorization").map(|_| recorded(note));
        let running = Azure::default().first(first).start();
        assert_eq!(reason(&running.asked().one("pg").await), meant, "{note}");
    }
}
