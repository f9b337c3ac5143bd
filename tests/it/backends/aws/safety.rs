//! What never leaves: no byte of a credential, not even a signature, reaches an address that a state file names.

use strongroom::reference::{Reason, SettingOrigin};

use super::server::{Aws, ID, KEY, ROLE, TOKEN, asked, error};
use crate::backends::vault_probe::{VaultProbe, check, text};
use crate::common::fake_server::FakeServer;

const ARN: &str = "arn:aws:iam::123456789012:role/reader";
const CANARY: &str = "canary-7f3a";

fn live() -> VaultProbe {
    let asked = VaultProbe::new()
        .of_backend("aws")
        .said(SettingOrigin::Live, "region", "eu-west-1");
    asked
        .checker("access_key_id", ID)
        .checker("secret_access_key", KEY)
        .checker("session_token", TOKEN)
}

#[tokio::test]
async fn no_credential_of_the_machine_reaches_an_address_of_the_file() {
    let fake = Aws::default().text("a", "x").start();
    for side in [SettingOrigin::Repository, SettingOrigin::Template] {
        for word in [
            "endpoint_url",
            "endpoint",
            "address",
            "sts_endpoint_url",
            "sts_endpoint",
        ] {
            for url in [fake.url(), fake.url().replace("http:", "https:")] {
                let asked = live()
                    .said(side, word, &url)
                    .said(SettingOrigin::Repository, "assume_role_arn", ARN);
                let told = asked.refused("a").await;
                check(&told, Reason::UntrustedHost, &["--references-hosts"]);
                assert!(!format!("{told:?}").contains(CANARY));
            }
        }
        // a region that would make another host of AWS' own
        for region in ["x@127.0.0.1/", "127.0.0.1:1/#", "a.evil.example", "a/../b", "A", "a b"] {
            let told = live().said(side, "region", region).refused("a").await;
            check(&told, Reason::BadSettings, &["its region is none"]);
            assert!(!told.message.contains(region));
        }
    }
    assert!(fake.bytes().is_empty(), "something was sent");
}

#[tokio::test]
async fn customers_machines_below_amazons_domain_are_not_amazons() {
    for host in [
        "ec2-1-2-3-4.compute-1.amazonaws.com",
        "x.execute-api.eu-west-1.amazonaws.com",
        "b.s3.amazonaws.com",
    ] {
        let told = live()
            .said(SettingOrigin::Repository, "endpoint_url", &format!("https://{host}"))
            .refused("a")
            .await;
        check(&told, Reason::UntrustedHost, &[host]);
    }
}

#[tokio::test]
async fn a_host_that_is_known_or_vouched_for_is_asked() {
    let fake = Aws::default().text("a", "x").start();
    let known = live().said(SettingOrigin::Live, "endpoint_url", &fake.url());
    assert_eq!(text(&known.one("a").await), "x");
    let vouched = live()
        .said(SettingOrigin::Repository, "endpoint_url", &fake.url())
        .vouching(&fake.host());
    assert_eq!(text(&vouched.one("a").await), "x");
    let of_checker = live().checker("endpoint_url", &fake.url());
    assert_eq!(text(&of_checker.one("a").await), "x");
}

#[tokio::test]
async fn a_file_chooses_nothing_of_what_the_machine_has() {
    let fake = Aws::default().text("a", "x").start();
    let asked = VaultProbe::new()
        .of_backend("aws")
        .checker("endpoint", &fake.url())
        .checker("region", "eu-west-1");
    let words = [
        "profile",
        "metadata",
        "access_key_id",
        "secret_access_key",
        "session_token",
        "ca_cert",
    ];
    for word in words {
        for side in [SettingOrigin::Live, SettingOrigin::Template, SettingOrigin::Repository] {
            let told = asked.clone().said(side, word, CANARY).refused("a").await;
            check(
                &told,
                Reason::BadSettings,
                &[&format!("'{word}'"), "STRONGROOM_VAULT_MY_VAULT_"],
            );
            assert!(!format!("{told:?}").contains(CANARY));
        }
    }
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn a_role_of_the_file_learns_nothing_of_the_environment() {
    let fake = Aws::default().text("a", "x").start();
    let asked = asked(&fake.url()).checker("sts_endpoint", &fake.url());
    let role = |side, name| {
        asked
            .clone()
            .said(side, "assume_role_arn", ARN)
            .said(name, "role_session_name", CANARY)
    };
    let told = role(SettingOrigin::Repository, SettingOrigin::Template)
        .refused("a")
        .await;
    check(&told, Reason::UntrustedHost, &["role_session_name"]);
    assert!(!format!("{told:?}").contains(CANARY) && fake.bytes().is_empty());
    let names = role(SettingOrigin::Repository, SettingOrigin::Repository).filled();
    check(&names.refused("a").await, Reason::UntrustedHost, &["fills in what for"]);
    assert!(fake.bytes().is_empty());
    assert_eq!(
        text(&role(SettingOrigin::Live, SettingOrigin::Template).one("a").await),
        "x"
    );
    assert_eq!(
        text(
            &role(SettingOrigin::Repository, SettingOrigin::Repository)
                .one("a")
                .await
        ),
        "x"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Aws::default().text("a", "x").start();
    for status in [301, 302, 307, 308] {
        let to = elsewhere.url();
        let first = FakeServer::start(move |_| {
            crate::common::fake_server::Reply(status, vec![("location", to.clone())], String::new())
        });
        check(&asked(&first.url()).refused("a").await, Reason::ServerError, &[]);
    }
    assert!(elsewhere.bytes().is_empty());
}

#[tokio::test]
async fn an_answer_that_repeats_credentials_is_not_told() {
    for status in [200, 400, 403, 404, 429, 500] {
        for code in ["AccessDeniedException", "InvalidSignatureException", CANARY] {
            let fake = FakeServer::start(move |heard| error(status, code, heard));
            let asked = asked(&fake.url())
                .checker("session_token", TOKEN)
                .checker("sts_endpoint", &fake.url())
                .within(std::time::Duration::from_secs(1));
            for asked in [
                asked.clone(),
                asked.said(SettingOrigin::Repository, "assume_role_arn", ARN),
            ] {
                let told = format!("{:?}", asked.all(&[("a", None), ("b", None), ("c", Some("2"))]).await);
                for secret in [CANARY, KEY, TOKEN, ROLE[1], ROLE[2]] {
                    assert!(!told.contains(secret), "{told}");
                }
            }
        }
    }
}
