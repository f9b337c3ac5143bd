//! Those whom another provider vouches for, and service accounts that lend their tokens.

use std::time::Duration;

use serde_json::json;
use strongroom::reference::Reason;

use super::givers::{self, SUBJECT, acting, delegated, delegation, federation, login, token_file};
use super::google::{CANARY, TOKEN, ok};
use super::tokens::{google, with};
use crate::backends::vault_probe::{check, text};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, Reply};

#[tokio::test]
async fn another_provider_vouches_for_a_job() {
    let (fake, givers) = (google(), givers::start());
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, object) = (folder.path().join("jwt"), folder.path().join("json"));
    std::fs::write(&plain, format!("{SUBJECT}\n")).expect("a file");
    std::fs::write(&object, json!({"value": SUBJECT}).to_string()).expect("a file");
    let format = json!({"type": "json", "subject_token_field_name": "value"});
    let address = format!("{}/subject?audience=a%2Fb", givers.url());
    let of_url = |bearer: &str| json!({"url": address, "headers": {"Authorization": bearer}, "format": format});
    for source in [
        json!({"file": plain}),
        json!({"file": plain, "format": {"type": "text"}}),
        json!({"file": object, "format": format}),
        of_url("Bearer canary-7f3a-job"),
    ] {
        for credentials in [federation(&givers.url(), &source), acting(&givers.url(), &source)] {
            assert_eq!(text(&with(&fake, &credentials).one("pg").await), "x", "{source}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_another_providers_word_is_said() {
    let (fake, givers) = (google(), givers::start());
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, no_token) = (folder.path().join("jwt"), folder.path().join("no-token"));
    let format = json!({"type": "json", "subject_token_field_name": "value"});
    let address = format!("{}/subject?audience=a%2Fb", givers.url());
    let of_url = |bearer: &str| json!({"url": address, "headers": {"Authorization": bearer}, "format": format});
    std::fs::write(&plain, "canary-7f3a.wrong.c2ln").expect("a file");
    std::fs::write(&no_token, "canary-7f3a: what a file of the machine holds").expect("a file");
    for (source, reason, says) in [
        (
            json!({"file": plain}),
            Reason::LoginRefused,
            "does not take another provider's word",
        ),
        (
            of_url("Bearer canary-7f3a-other"),
            Reason::LoginRefused,
            "id-token: write",
        ),
        (json!({"file": no_token}), Reason::NoCredentials, "check the file"),
        (json!({"file": "/dev/zero"}), Reason::NoCredentials, "check the file"),
        (
            json!({"file": "/nonexistent/canary-7f3a"}),
            Reason::NoCredentials,
            "check the file",
        ),
        (
            json!({"file": plain, "format": format}),
            Reason::NoCredentials,
            "the format",
        ),
        (
            json!({"executable": {"command": "/bin/echo canary-7f3a"}}),
            Reason::UnsupportedLogin,
            "a program",
        ),
        (
            json!({"environment_id": "aws1", "url": format!("{}/latest", givers.url())}),
            Reason::UnsupportedLogin,
            "has AWS",
        ),
        (json!({}), Reason::BadSettings, "credential_source"),
        (json!({"url": "file:///canary-7f3a"}), Reason::BadSettings, "no address"),
        (
            json!({"url": address, "headers": {"a b": "canary-7f3a"}}),
            Reason::BadSettings,
            "a header",
        ),
    ] {
        for credentials in [federation(&givers.url(), &source), acting(&givers.url(), &source)] {
            let told = with(&fake, &credentials).refused("pg").await;
            check(&told, reason, &[says]);
            assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
        }
    }
}

#[tokio::test]
async fn a_source_on_the_machine_is_asked_only_if_it_may_be() {
    let (fake, givers) = (google(), givers::start());
    for host in ["169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal"] {
        let source = json!({"url": format!("http://{host}/metadata/identity")});
        let told = with(&fake, &federation(&givers.url(), &source)).refused("pg").await;
        check(
            &told,
            Reason::NoCredentials,
            &["names the metadata server", "STRONGROOM_VAULT_MY_VAULT_METADATA=true"],
        );
    }
    assert!(givers.bytes().is_empty());
}

#[tokio::test]
async fn a_service_account_lends_its_token() {
    let (fake, givers) = (google(), givers::start());
    assert_eq!(text(&with(&fake, &delegated(&givers.url())).one("pg").await), "x");
    let told = with(&fake, &delegation(&givers.url(), "canary-7f3a@x.example"))
        .refused("pg")
        .await;
    check(
        &told,
        Reason::LoginRefused,
        &[
            "does not let the credentials act",
            "roles/iam.serviceAccountTokenCreator",
        ],
    );
    assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
    let mut nested = delegated(&givers.url());
    nested["source_credentials"] = delegated(&givers.url());
    check(
        &with(&fake, &nested).refused("pg").await,
        Reason::BadSettings,
        &["delegates"],
    );
    nested["source_credentials"] = json!(CANARY);
    check(
        &with(&fake, &nested).refused("pg").await,
        Reason::BadSettings,
        &["source_credentials"],
    );
}

#[tokio::test]
async fn the_word_of_another_provider_goes_to_google_or_where_it_may() {
    let (fake, elsewhere) = (google(), givers::start());
    let other = |text: &str| text.replace("127.0.0.1", "localhost");
    let there = other(&elsewhere.url());
    let source = token_file();
    let mut lent = acting(&there, &source);
    lent["token_url"] = json!("https://sts.googleapis.com/v1/token");
    let lending_alone = lent.clone();
    lent["service_account_impersonation_url"] = json!("https://iamcredentials.googleapis.com.evil.example/v1/x");
    let mut within = federation(&there, &source);
    within["token_url"] = json!("https://sts.googleapis.com/v1/token");
    let mut wrapped = delegated(&there);
    wrapped["source_credentials"] = within;
    for (credentials, host) in [
        (federation(&there, &source), "localhost:"),
        (acting(&there, &source), "localhost:"),
        (lending_alone, "localhost:"),
        (lent, "evil.example"),
        (wrapped, "localhost:"),
    ] {
        let asked = with(&fake, &credentials).checker("metadata", "true");
        check(
            &asked.refused("pg").await,
            Reason::UntrustedHost,
            &[host, "--references-hosts"],
        );
    }
    assert!(elsewhere.bytes().is_empty() && fake.bytes().is_empty());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("jwt");
    std::fs::write(&file, SUBJECT).expect("a file");
    let credentials = federation(&there, &json!({"file": file}));
    let vouched = with(&fake, &credentials).vouching(&other(&elsewhere.host()));
    assert_eq!(text(&vouched.one("pg").await), "x");
}

/// A client that is known to whoever exchanges tokens, and who pays for people of another provider.
#[tokio::test]
async fn an_exchange_says_what_its_file_says() {
    let (fake, seen) = (google(), FakeServer::start(|_| ok(&json!({"access_token": TOKEN}))));
    let mut file = federation(&seen.url(), &token_file());
    file["workforce_pool_user_project"] = json!("payer");
    assert_eq!(text(&with(&fake, &file).one("pg").await), "x");
    file["client_id"] = json!("ours");
    check(
        &with(&fake, &file).refused("pg").await,
        Reason::BadSettings,
        &["'client_secret'"],
    );
    file["client_secret"] = json!("hush");
    assert_eq!(text(&with(&fake, &file).one("pg").await), "x");
    let requests = seen.requests();
    assert!(
        requests[0]
            .body
            .contains("options=%7B%22userProject%22%3A%22payer%22%7D")
    );
    assert_eq!(requests[0].header("authorization"), None);
    // RFC 6749, 2.3.1: ours:hush
    assert_eq!(requests[1].header("authorization"), Some("Basic b3VyczpodXNo"));
    assert!(!requests[1].body.contains("options"));
}

#[tokio::test]
async fn those_who_give_tokens_may_fail() {
    let (fake, givers) = (google(), givers::start());
    for (status, reason) in [
        (400, Reason::LoginRefused),
        (403, Reason::LoginRefused),
        (500, Reason::ServerError),
        (200, Reason::ServerError),
        (307, Reason::ServerError),
    ] {
        let strange = FakeServer::start(move |heard| Reply::new(status, format!("{} {}", heard.head, heard.body)));
        let federation = federation(&strange.url(), &token_file());
        let mut lent = delegated(&givers.url());
        lent["service_account_impersonation_url"] = givers::impersonation(&strange.url(), "a@b.example");
        for credentials in [federation, lent] {
            let asked = with(&fake, &credentials).checker("metadata", "true");
            let told = asked.refused("pg").await;
            check(&told, reason, &["token"]);
            assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
        }
    }
    let source = token_file();
    let closed = ClosedPort::shared();
    let told = with(&fake, &federation(&closed.url(), &source)).refused("pg").await;
    check(
        &told,
        Reason::ConnectionFailed,
        &[&closed.host(), "refuses connections"],
    );
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_token() {
    let fake = google();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    for credentials in [login(&url), federation(&url, &token_file()), delegated(&url)] {
        let asked = with(&fake, &credentials).within(Duration::from_secs(1));
        check(
            &asked.refused("pg").await,
            Reason::TimedOut,
            &["can be reached from here"],
        );
    }
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn a_redirect_takes_no_credential_elsewhere() {
    let (fake, givers, elsewhere) = (google(), givers::start(), givers::start());
    for status in [301, 302, 303, 307, 308] {
        let to = elsewhere.url();
        let first = FakeServer::start(move |heard| {
            Reply(status, vec![("location", format!("{to}{}", heard.path))], String::new())
        });
        let of_url =
            json!({"url": format!("{}/subject", first.url()), "headers": {"Authorization": "Bearer canary-7f3a-job"}});
        let mut lent = delegated(&givers.url());
        lent["service_account_impersonation_url"] = givers::impersonation(&first.url(), "a@b.example");
        for credentials in [
            login(&first.url()),
            federation(&first.url(), &token_file()),
            federation(&givers.url(), &of_url),
            lent,
        ] {
            let before = first.requests().len();
            let told = with(&fake, &credentials).refused("pg").await;
            check(&told, Reason::ServerError, &["no token that could be understood"]);
            assert_eq!(first.requests().len(), before + 1);
        }
    }
    assert!(elsewhere.bytes().is_empty() && fake.bytes().is_empty());
}
