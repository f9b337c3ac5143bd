//! What a vault answers for a secret.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use strongroom::reference::Reason;

use super::server::{Azure, AzureSecret};
use crate::backends::vault_probe::{check, reason, refusal, text};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};

#[tokio::test]
async fn a_secret_is_found_or_not() {
    let azure = Azure::default()
        .text("pg", r#"{"url":"x"}"#)
        .with("off", AzureSecret::Disabled);
    let azure = azure
        .with("closed", AzureSecret::Refused(403, "Forbidden", "ForbiddenByRbac"))
        .with("policy", AzureSecret::Refused(403, "Forbidden", "AccessDenied"));
    let running = azure.start();
    let wanted = ["pg", "none", "off", "closed", "policy"].map(|name| (name, None));
    let fetched = running.asked().all(&wanted).await;
    assert_eq!(text(&fetched[0]), r#"{"url":"x"}"#);
    let host = running.fake.host();
    for (at, why, says) in [
        (1, Reason::NoSuchSecret, ["'none'", "az keyvault secret recover"]),
        (2, Reason::DisabledVersion, ["'off'", "is disabled"]),
        (3, Reason::PermissionDenied, ["'closed'", "Key Vault Secrets User"]),
        (4, Reason::PermissionDenied, ["'policy'", "permission Get"]),
    ] {
        let finding = refusal(fetched[at].clone());
        check(&finding, why, &says);
        assert!(
            finding.message.contains(&host) && !format!("{finding:?}").contains("canary"),
            "{finding:?}"
        );
    }
    assert_eq!(running.logins(), 1);
}

#[tokio::test]
async fn a_token_is_got_once_and_each_secret_read_once() {
    let names: Vec<String> = (0..20).map(|at| format!("s{at:02}")).collect();
    let azure = names.iter().fold(Azure::default(), |azure, name| azure.text(name, "x"));
    let running = azure.start();
    let wanted: Vec<(&str, Option<&str>)> = names.iter().chain(&names).map(|name| (name.as_str(), None)).collect();
    let fetched = running.asked().all(&wanted).await;
    assert!(fetched.len() == 40 && fetched.iter().all(|fetched| text(fetched) == "x"));
    let mut reads = running.reads();
    reads.sort();
    assert_eq!(reads, names);
    assert_eq!(running.logins(), 1);
    // the login, one request that asks what tokens are taken, and the reads
    assert_eq!(running.fake.requests().len(), 22);
}

#[tokio::test]
async fn a_server_that_asks_for_patience_is_waited_for() {
    let turns = AtomicU32::new(0);
    let slowly = move |_: &ReceivedRequest| {
        let turn = turns.fetch_add(1, Ordering::Relaxed);
        turn.is_multiple_of(2)
            .then(|| Reply(429, vec![("retry-after", "0".to_owned())], "canary-7f3a".to_owned()))
    };
    let running = Azure::default().text("pg", "x").first(slowly).start();
    assert_eq!(text(&running.asked().one("pg").await), "x");
    assert_eq!(running.fake.requests().len(), 6);

    let never = |heard: &ReceivedRequest| {
        let later = || Reply(429, vec![("retry-after", "1000000".to_owned())], heard.head.clone());
        heard.header("authorization").map(|_| later())
    };
    let running = Azure::default().first(never).start();
    // longer than there is time is not waited at all
    let asked = running.asked().with_endless_time();
    check(&asked.refused("pg").await, Reason::RateLimited, &["run again later"]);
}

/// Azure's rule for names ("Azure Key Vault: Objects, identifiers, and versioning"); its versions are no numbers, and
/// Kong's grammar takes numbers only.
#[tokio::test]
async fn what_azure_could_not_have_is_never_sent() {
    let running = Azure::default().text("pg", "x").start();
    let long = "a".repeat(128);
    for name in [
        "pg/url", "a_b", "a.b", "a b", "p%67", "pg?x", "pg#x", "\u{e4}", "..", "", &long,
    ] {
        let told = running.asked().refused(name).await;
        check(&told, Reason::BadResource, &["letters, digits and hyphens"]);
    }
    for version in ["0", "1", "2"] {
        let told = refusal(running.asked().version("pg", version).await);
        check(
            &told,
            Reason::BadVersion,
            &["'pg'", &format!("version '{version}'"), "leave the part after #"],
        );
    }
    assert!(running.fake.bytes().is_empty());
    let fetched = running
        .asked()
        .all(&[("a/b", None), ("pg", None), ("pg", Some("1"))])
        .await;
    assert_eq!(
        [0, 1, 2].map(|at| reason(&fetched[at])),
        ["bad-resource", "found", "bad-version"]
    );
    assert_eq!(running.reads(), ["pg"]);
}

#[tokio::test]
async fn nobody_answers() {
    let running = Azure::default().start();
    let closed = ClosedPort::shared().host();
    let told = running
        .asked()
        .checker("address", &format!("https://{closed}"))
        .refused("pg")
        .await;
    check(&told, Reason::ConnectionFailed, &[&closed, "refuses connections"]);

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let asked = running.asked().checker("address", &format!("https://{address}"));
    let told = asked.within(Duration::from_secs(2)).refused("pg").await;
    check(&told, Reason::TimedOut, &[&address.to_string()]);

    let (stranger, _) = FakeServer::secure(|_| Reply::new(200, ""));
    let told = running.asked().checker("address", &stranger.url()).refused("pg").await;
    check(&told, Reason::ConnectionFailed, &["not trusted", "ca_cert"]);
    assert!(stranger.requests().is_empty());
}
