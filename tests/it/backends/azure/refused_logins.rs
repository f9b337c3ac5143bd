//! What becomes of a login that does not let in.

use std::net::TcpListener;
use std::time::Duration;

use strongroom::reference::Reason;

use super::server::{Azure, RunningAzure, login_refused};
use crate::backends::vault_probe::{check, reason};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{ReceivedRequest, Reply};

#[tokio::test]
async fn a_refused_login_says_why_and_is_tried_once() {
    let running = Azure::default().text("a", "x").text("b", "x").start();
    let wrong = |word, value| running.asked().checker(word, value);
    for (asked, says) in [
        (
            wrong("client_secret", "canary-7f3a-wrong"),
            "the secret is not that of the application",
        ),
        (wrong("client_id", "canary-7f3a"), "no such application"),
        (wrong("tenant_id", "canary-7f3a"), "no such directory"),
    ] {
        let before = running.logins();
        let fetched = asked.all(&[("a", None), ("b", None)]).await;
        assert_eq!([reason(&fetched[0]), reason(&fetched[1])], ["login-refused"; 2]);
        assert_eq!(fetched[0], fetched[1]);
        assert_eq!(running.logins(), before + 1);
        let told = asked.refused("a").await;
        check(
            &told,
            Reason::LoginRefused,
            &[says, "the login of", &running.fake.host()],
        );
        assert!(!format!("{told:?}").contains("canary"), "{told:?}");
    }
    assert!(running.reads().is_empty());
}

/// What Microsoft documents of its codes ("Microsoft Entra authentication and authorization error codes").
#[tokio::test]
async fn codes_of_the_login_are_told_in_our_words() {
    for (status, error, code, says) in [
        (401, "invalid_client", 7_000_222, "the secret has expired"),
        (400, "invalid_request", 900_023, "no such directory"),
        (401, "invalid_client", 700_024, "the token of this machine has expired"),
        (400, "invalid_request", 700_211, "trusts no token"),
        (400, "invalid_resource", 500_011, "knows no Key Vault"),
        (400, "invalid_grant", 53_003, "it lets nobody in"),
        (403, "access_denied", 1, "it lets nobody in"),
    ] {
        let refuse = move |heard: &ReceivedRequest| Some(login_refused(status, error, code, heard));
        let told = against_login(refuse).asked().refused("a").await;
        check(&told, Reason::LoginRefused, &[says]);
        assert!(!format!("{told:?}").contains("canary"), "{told:?}");
    }
    for (status, error) in [
        (400, "temporarily_unavailable"),
        (500, "server_error"),
        (302, ""),
        (404, "x"),
        (503, "x"),
    ] {
        let refuse = move |heard: &ReceivedRequest| Some(login_refused(status, error, 90_033, heard));
        check(
            &against_login(refuse).asked().refused("a").await,
            Reason::ServerError,
            &[],
        );
    }
    for (status, body, why) in [
        (400, "canary-7f3a", Reason::LoginRefused),
        (401, "", Reason::LoginRefused),
        (200, "canary-7f3a", Reason::ServerError),
        (200, "{}", Reason::ServerError),
        (200, r#"{"access_token": 1}"#, Reason::ServerError),
        (200, "<html>", Reason::ServerError),
    ] {
        let told = against_login(move |_| Some(Reply::new(status, body)))
            .asked()
            .refused("a")
            .await;
        check(&told, why, &[]);
        assert!(!format!("{told:?}").contains("canary"), "{told:?}");
    }
}

fn against_login(answer: impl Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync + 'static) -> RunningAzure {
    let only = move |heard: &ReceivedRequest| heard.path.ends_with("/token").then(|| answer(heard)).flatten();
    Azure::default().text("a", "x").first(only).start()
}

#[tokio::test]
async fn a_login_that_nobody_answers_is_unreachable() {
    let running = Azure::default().start();
    let closed = ClosedPort::shared().host();
    let asked = |host: String| running.asked().checker("authority_host", &host);
    let told = asked(format!("https://{closed}")).refused("a").await;
    check(
        &told,
        Reason::ConnectionFailed,
        &["the login of", &closed, "refuses connections"],
    );
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let told = asked(format!("https://{address}"))
        .within(Duration::from_secs(2))
        .refused("a")
        .await;
    check(&told, Reason::TimedOut, &["the login of", &address.to_string()]);
}
