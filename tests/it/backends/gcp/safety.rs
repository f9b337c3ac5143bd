//! What never leaves: no byte of a credential reaches an address that a state file names.

use std::time::Duration;

use strongroom::reference::{Reason, SettingOrigin};

use super::givers::{self, CLIENT_SECRET, REFRESH, login};
use super::google::{CANARY, Google, PROJECT, TOKEN, asked, error, nobody};
use super::jwt::{key, lines_of_keys};
use crate::backends::vault_probe::{VaultProbe, check, text};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, Reply};

const FILED: [SettingOrigin; 2] = [SettingOrigin::Repository, SettingOrigin::Template];

fn google() -> FakeServer {
    Google::default().text("pg", "x").start()
}

fn owner() -> VaultProbe {
    VaultProbe::new()
        .of_backend("gcp")
        .checker("service_account", &key().to_string())
}

#[tokio::test]
async fn no_credential_of_the_machine_reaches_an_address_of_the_file() {
    let (fake, givers) = (google(), givers::start());
    let credentials = [key().to_string(), login(&givers.url()).to_string()];
    for side in FILED {
        for word in ["endpoint", "address"] {
            for url in [fake.url(), fake.url().replace("http:", "https:")] {
                for credentials in &credentials {
                    let asked = owner().checker("service_account", credentials).said(
                        SettingOrigin::Repository,
                        "project_id",
                        PROJECT,
                    );
                    let told = asked.said(side, word, &url).refused("pg").await;
                    check(&told, Reason::UntrustedHost, &["--references-hosts"]);
                    let shows = format!("{told:?}").contains(&fake.host());
                    assert_eq!(shows, side == SettingOrigin::Repository, "{told:?}");
                }
            }
        }
    }
    assert!(
        fake.bytes().is_empty() && givers.bytes().is_empty(),
        "something was sent"
    );
}

#[tokio::test]
async fn other_hosts_of_google_are_not_secret_manager() {
    for host in [
        "storage.googleapis.com",
        "ours.storage.googleapis.com",
        "evil.p.googleapis.com",
        "googleapis.com",
    ] {
        let asked = owner().said(SettingOrigin::Repository, "project_id", PROJECT);
        let told = asked
            .said(SettingOrigin::Repository, "endpoint", &format!("https://{host}"))
            .refused("pg")
            .await;
        check(&told, Reason::UntrustedHost, &[host]);
    }
}

#[tokio::test]
async fn a_host_that_is_known_or_vouched_for_is_asked() {
    let fake = google();
    let asked = owner().said(SettingOrigin::Repository, "project_id", PROJECT);
    for asked in [
        asked.clone().said(SettingOrigin::Live, "endpoint", &fake.url()),
        asked
            .clone()
            .said(SettingOrigin::Repository, "endpoint", &fake.url())
            .vouching(&fake.host()),
        asked.clone().checker("address", &fake.url()),
    ] {
        assert_eq!(text(&asked.one("pg").await), "x");
    }
}

#[tokio::test]
async fn a_file_chooses_nothing_of_what_the_machine_has() {
    let fake = google();
    for word in ["service_account", "metadata", "ca_cert"] {
        for side in [SettingOrigin::Live, SettingOrigin::Template, SettingOrigin::Repository] {
            let told = asked(&fake.url()).said(side, word, CANARY).refused("pg").await;
            let variable = format!("STRONGROOM_VAULT_MY_VAULT_{}", word.to_uppercase());
            check(&told, Reason::BadSettings, &[&format!("'{word}'"), &variable]);
            assert!(!format!("{told:?}").contains(CANARY));
        }
    }
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn a_project_is_said_and_leads_nowhere_else() {
    let fake = google();
    let told = owner().checker("endpoint", &fake.url()).refused("pg").await;
    check(
        &told,
        Reason::BadSettings,
        &["names no project", "STRONGROOM_VAULT_MY_VAULT_PROJECT_ID"],
    );
    for project in ["../x", "..", "a/b", "a%2Fb", "a b", "a?b", "a#b", "a\nb", "A", "\u{e4}"] {
        for side in FILED {
            let told = asked(&fake.url()).said(side, "project_id", project).refused("pg").await;
            check(&told, Reason::BadSettings, &["its project_id is none"]);
        }
    }
    assert!(fake.bytes().is_empty());
    // the project of the key and variables of the machine say nothing: Kong does not look at them
    let told = owner()
        .checker("endpoint", &fake.url())
        .environment(&[("GOOGLE_CLOUD_PROJECT", PROJECT), ("GCLOUD_PROJECT", PROJECT)]);
    check(&told.refused("pg").await, Reason::BadSettings, &["set project_id"]);
    let of_checker = asked(&fake.url()).checker("project_id", PROJECT);
    assert_eq!(text(&of_checker.one("pg").await), "x");
}

#[tokio::test]
async fn a_project_that_a_template_fills_in_is_not_shown() {
    let fake = google();
    for project in ["canary-7f3a", "canary-7f3a/x"] {
        let told = asked(&fake.url())
            .said(SettingOrigin::Template, "project_id", project)
            .refused("pg")
            .await;
        assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
    }
    let told = asked(&ClosedPort::shared().url())
        .said(SettingOrigin::Template, "project_id", "canary-7f3a")
        .refused("pg")
        .await;
    check(&told, Reason::ConnectionFailed, &[]);
    assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
}

#[tokio::test]
async fn a_project_of_the_file_learns_nothing_of_the_environment() {
    let fake = google();
    let told = asked(&fake.url()).filled().refused("pg").await;
    check(
        &told,
        Reason::UntrustedHost,
        &["a template fills in what for", "STRONGROOM_VAULT_MY_VAULT_PROJECT_ID"],
    );
    assert!(fake.bytes().is_empty());
    for asked in [
        asked(&fake.url()).said(SettingOrigin::Live, "project_id", PROJECT),
        asked(&fake.url()).checker("project_id", PROJECT),
        asked(&fake.url()).vouching("*"),
    ] {
        assert_eq!(text(&asked.filled().one("pg").await), "x");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = google();
    for status in [301, 302, 303, 307, 308] {
        let to = elsewhere.url();
        let first = FakeServer::start(move |heard| {
            Reply(status, vec![("location", format!("{to}{}", heard.path))], String::new())
        });
        check(&asked(&first.url()).refused("pg").await, Reason::ServerError, &[]);
    }
    assert!(elsewhere.bytes().is_empty());
}

#[tokio::test]
async fn an_answer_that_repeats_credentials_is_not_told() {
    let givers = givers::start();
    let secrets = [
        &lines_of_keys()[..],
        &[CANARY, REFRESH, CLIENT_SECRET, TOKEN, "Bearer", "eyJ"].map(str::to_owned),
    ]
    .concat();
    for status in [200, 302, 400, 401, 403, 404, 429, 500, 503] {
        for word in ["FAILED_PRECONDITION", "PERMISSION_DENIED", "INVALID_ARGUMENT", CANARY] {
            let fake = FakeServer::start(move |heard| error(status, word, &heard.head));
            for credentials in [key(), login(&givers.url())] {
                let asked = nobody(&fake.url())
                    .checker("service_account", &credentials.to_string())
                    .within(Duration::from_millis(300));
                let told = format!("{:?}", asked.all(&[("a", None), ("b", Some("3"))]).await);
                for secret in &secrets {
                    assert!(!told.contains(secret), "{told}");
                }
            }
        }
    }
}
