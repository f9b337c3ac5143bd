//! What never leaves: no byte of a credential reaches an address that a state file names, and no file of this machine is
//! opened for one.

use std::fs;

use strongroom::reference::{Reason, SettingOrigin};

use crate::backends::vault_probe::{VaultProbe, check, member, reason, refusal};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, Reply};

const CANARY: &str = "canary-7f3a";

/// Credentials of every sort, said by somebody.
fn credentials(asked: &VaultProbe, side: SettingOrigin) -> Vec<VaultProbe> {
    let with = |method: &str, words: &[&str]| {
        let asked = asked.clone().said(side, "auth_method", method);
        words.iter().fold(asked, |asked, word| asked.said(side, word, CANARY))
    };
    let made = rcgen::generate_simple_self_signed(["kong".to_owned()]).expect("a certificate");
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    vec![
        with("token", &["token"]),
        with("approle", &["approle_role_id", "approle_secret_id"]),
        with("approle", &["role_id", "secret_id"]),
        with("approle", &["approle_role_id", "approle_secret_id"]).said(
            SettingOrigin::Repository,
            "approle_response_wrapping",
            "true",
        ),
        with("kubernetes", &["jwt", "kube_role"]),
        with("jwt", &["jwt", "jwt_role"]),
        with("jwt", &["oauth2_client_id", "oauth2_client_secret"]).said(
            SettingOrigin::Operator,
            "oauth2_token_endpoint",
            &format!("{}/token", ClosedPort::shared().url()),
        ),
        with("userpass", &["username", "password"]),
        with("cert", &[])
            .said(side, "cert_auth_cert", &certificate)
            .said(side, "cert_auth_cert_key", &key),
        with("token", &[])
            .said(SettingOrigin::Repository, "token", "the file's own")
            .said(side, "client_cert", &certificate)
            .said(side, "client_key", &key),
    ]
}

fn listener() -> FakeServer {
    FakeServer::start(|heard| match heard.method.as_str() {
        "POST" => Reply::new(200, r#"{"auth": {"client_token": "t"}}"#),
        _ => Reply::new(200, r#"{"data": {"a": "b"}}"#),
    })
}

#[tokio::test]
async fn no_credential_of_the_machine_reaches_an_address_of_the_file() {
    let fake = listener();
    let port = fake.port().to_string();
    for credential in [SettingOrigin::Operator, SettingOrigin::Live, SettingOrigin::Template] {
        for of_file in [SettingOrigin::Repository, SettingOrigin::Template] {
            for protocol in ["http", "https"] {
                // each field that makes the address, named by the file alone
                let live = VaultProbe::new()
                    .said(SettingOrigin::Live, "protocol", protocol)
                    .said(SettingOrigin::Live, "host", "127.0.0.1")
                    .said(SettingOrigin::Live, "port", &port);
                let named = [
                    live.clone().said(of_file, "host", "127.0.0.1"),
                    live.clone().said(of_file, "port", &port),
                    live.clone().said(of_file, "protocol", protocol),
                    live.said(of_file, "address", &format!("{protocol}://{}", fake.host())),
                ];
                for asked in named.iter().flat_map(|asked| credentials(asked, credential)) {
                    let told = asked.refused("x").await;
                    check(&told, Reason::UntrustedHost, &["--references-hosts"]);
                    assert!(!format!("{told:?}").contains(CANARY));
                }
            }
        }
    }
    assert!(fake.bytes().is_empty(), "something was sent");
}

#[tokio::test]
async fn a_host_that_is_vouched_for_is_asked() {
    let fake = listener();
    let port = fake.port().to_string();
    let asked = VaultProbe::new()
        .said(SettingOrigin::Repository, "port", &port)
        .token(CANARY);
    check(
        &asked.refused("x").await,
        Reason::UntrustedHost,
        &[&fake.host().replace("127.0.0.1", "")],
    );
    assert_eq!(member(&asked.clone().vouching(&fake.host()).one("x").await, "a"), "b");
    assert_eq!(member(&asked.vouching("*").one("x").await, "a"), "b");
}

#[tokio::test]
async fn a_token_that_the_file_spells_out_goes_where_the_file_says() {
    let fake = listener();
    let asked = VaultProbe::new()
        .said(SettingOrigin::Repository, "port", &fake.port().to_string())
        .said(SettingOrigin::Repository, "token", "the file's own");
    assert_eq!(member(&asked.one("x").await, "a"), "b");
    // but nothing of the machine goes with it
    for word in ["namespace", "mount"] {
        for side in [SettingOrigin::Operator, SettingOrigin::Template] {
            let with = asked.clone().said(side, word, CANARY);
            check(&with.refused("x").await, Reason::UntrustedHost, &["--references-hosts"]);
        }
    }
    // nor does a name get resolved that was filled in from the environment
    let filled = asked
        .clone()
        .said(SettingOrigin::Template, "host", &format!("{CANARY}.invalid"));
    let told = filled.refused("x").await;
    check(&told, Reason::UntrustedHost, &["filled in by a template"]);
    assert!(!format!("{told:?}").contains(CANARY));
    let vouched = filled.vouching("*").refused("x").await;
    check(&vouched, Reason::ConnectionFailed, &[]);
    assert!(!format!("{vouched:?}").contains(CANARY));
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test]
async fn the_file_cannot_switch_verification_off() {
    let fake = listener();
    let asked = VaultProbe::new()
        .at(&fake.url().replace("http:", "https:"))
        .token(CANARY)
        .said(SettingOrigin::Repository, "ssl_verify", "false");
    check(&asked.refused("x").await, Reason::UntrustedHost, &[]);
    let asked =
        asked
            .said(SettingOrigin::Live, "ssl_verify", "true")
            .said(SettingOrigin::Repository, "ca_cert", CANARY);
    check(&asked.refused("x").await, Reason::UntrustedHost, &[]);
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn an_oauth_server_of_the_file_gets_no_credential() {
    let (vault, server) = (listener(), listener());
    for side in [SettingOrigin::Operator, SettingOrigin::Live, SettingOrigin::Template] {
        for of_file in [SettingOrigin::Repository, SettingOrigin::Template] {
            let asked = VaultProbe::new()
                .at(&vault.url())
                .said(SettingOrigin::Live, "auth_method", "jwt")
                .said(side, "oauth2_client_id", CANARY)
                .said(side, "oauth2_client_secret", CANARY)
                .said(of_file, "oauth2_token_endpoint", &format!("{}/token", server.url()));
            check(
                &asked.refused("x").await,
                Reason::UntrustedHost,
                &["--references-hosts"],
            );
        }
    }
    assert!(server.bytes().is_empty() && vault.bytes().is_empty());
}

#[tokio::test]
async fn a_redirect_takes_no_credential_elsewhere() {
    let elsewhere = listener();
    for status in [301, 302, 307, 308] {
        let to = format!("{}/v1/secret/x", elsewhere.url());
        let first = FakeServer::start(move |_| Reply(status, vec![("location", to.clone())], String::new()));
        for asked in credentials(&VaultProbe::new().at(&first.url()), SettingOrigin::Operator) {
            let told = asked.refused("x").await;
            assert!(
                matches!(told.reason, Reason::UntrustedHost | Reason::ConnectionFailed),
                "{told:?}"
            );
        }
        let vouched = VaultProbe::new()
            .at(&first.url())
            .token(CANARY)
            .vouching(&elsewhere.host());
        assert_eq!(member(&vouched.one("x").await, "a"), "b");
    }
    let requests = elsewhere.requests();
    assert_eq!(requests.len(), 4);
    assert!(
        requests
            .iter()
            .all(|heard| heard.header("x-vault-token") == Some(CANARY))
    );
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_sends_no_request() {
    let fake = listener();
    let names = [
        "..",
        "a/..",
        "../sys/mounts",
        "a/../../b",
        ".",
        "a/./b",
        "",
        "/a",
        "a//b",
        "a/",
        "a\nb",
        "a\0",
        "a\u{fffd}",
    ];
    for asked in credentials(&VaultProbe::new().at(&fake.url()), SettingOrigin::Operator) {
        let wanted: Vec<_> = names.iter().map(|name| (*name, None)).collect();
        for fetched in asked.all(&wanted).await {
            check(
                &refusal(fetched),
                Reason::BadResource,
                &["cannot be the name of a secret"],
            );
        }
    }
    let asked = VaultProbe::new().at(&fake.url()).token(CANARY);
    for mount in ["..", "a/../sys", "a//b", "a\nb"] {
        let of_mount = asked
            .clone()
            .said(SettingOrigin::Repository, "mount", mount)
            .refused("x")
            .await;
        check(&of_mount, Reason::BadSettings, &["mount"]);
    }
    let path = VaultProbe::new()
        .at(&fake.url())
        .checker("role_id", CANARY)
        .checker("secret_id", CANARY);
    let path = path
        .said(SettingOrigin::Repository, "approle_auth_path", "../../sys")
        .refused("x")
        .await;
    check(&path, Reason::BadSettings, &["approle_auth_path"]);
    assert!(fake.bytes().is_empty());
    // one that is in order is still asked for beside them
    let fetched = asked.all(&[("..", None), ("x", None)]).await;
    assert_eq!(
        fetched.iter().map(reason).collect::<Vec<_>>(),
        ["bad-resource", "found"]
    );
}

#[tokio::test]
async fn files_that_a_vault_names_are_not_opened() {
    let fake = listener();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    fs::write(&path, CANARY).expect("a file");
    let path = path.to_str().expect("a path");
    for side in [SettingOrigin::Live, SettingOrigin::Repository] {
        let kubernetes = VaultProbe::new()
            .at(&fake.url())
            .said(side, "auth_method", "kubernetes")
            .said(side, "kube_role", "kong")
            .said(side, "kube_api_token_file", path);
        check(&kubernetes.refused("x").await, Reason::NoCredentials, &["_JWT"]);
        let approle = VaultProbe::new()
            .at(&fake.url())
            .said(side, "auth_method", "approle")
            .said(side, "approle_role_id", "kong")
            .said(side, "approle_secret_id_file", path);
        check(&approle.refused("x").await, Reason::NoCredentials, &["_SECRET_ID"]);
    }
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn credentials_of_other_teams_are_not_used() {
    let fake = listener();
    for asked in credentials(&VaultProbe::new().at(&fake.url()).of_others(), SettingOrigin::Live) {
        let told = asked.refused("x").await;
        assert!(
            matches!(told.reason, Reason::NoCredentials | Reason::BadSettings),
            "{told:?}"
        );
    }
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn an_answer_that_repeats_the_token_is_not_told() {
    let fakes = [400, 401, 403, 404, 405, 429, 500, 502, 503].map(|status| {
        let echo = move |heard: &crate::common::fake_server::ReceivedRequest| {
            let token = heard.header("x-vault-token").unwrap_or_default();
            Reply(
                status,
                vec![("retry-after", "999".to_owned()), ("x-echo", token.to_owned())],
                format!(
                    r#"{{"errors": ["{token} {}"], "data": null}}"#,
                    heard.body.replace('"', "'")
                ),
            )
        };
        FakeServer::start(echo)
    });
    for fake in &fakes {
        for asked in credentials(&VaultProbe::new().at(&fake.url()), SettingOrigin::Operator) {
            let told = asked.refused("x").await;
            assert!(!format!("{told:?}").contains("canary"), "{told:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_a_template_filled_in_goes_to_no_address_of_the_file() {
    let fake = listener();
    let asked = VaultProbe::new()
        .said(SettingOrigin::Repository, "port", &fake.port().to_string())
        .said(SettingOrigin::Repository, "token", "the file's own")
        .filled();
    check(
        &asked.refused(CANARY).await,
        Reason::UntrustedHost,
        &["--references-hosts"],
    );
    assert!(fake.bytes().is_empty());
    assert_eq!(member(&asked.clone().vouching("*").one("x").await, "a"), "b");
    // whatever the backend is
    for backend in ["aws", "gcp", "azure", "conjur"] {
        let told = asked.clone().of_backend(backend).refused("x").await;
        check(&told, Reason::UntrustedHost, &["a template fills in what for"]);
    }
    let own = VaultProbe::new().at(&fake.url()).token("t").filled();
    assert_eq!(member(&own.one("x").await, "a"), "b");
}
