//! What never leaves: no byte of a credential reaches an address that a state file names, nor a token that is good for
//! more than a vault one that asks for it.

use strongroom::reference::{Reason, SettingOrigin};

use super::server::{Azure, CLIENT, RunningAzure, SECRET, TENANT, TOKEN, login_refused, refusal};
use crate::backends::vault_probe::{VaultProbe, check, text};
use crate::common::fake_server::{FakeServer, ReceivedRequest, Reply};

const CANARY: &str = "canary-7f3a";

/// A vault with all credentials of the checker's side, and no address.
fn credentials() -> VaultProbe {
    let asked = VaultProbe::new().of_backend("azure");
    asked
        .checker("tenant_id", TENANT)
        .checker("client_id", CLIENT)
        .checker("client_secret", SECRET)
}

fn running() -> RunningAzure {
    Azure::default().text("a", "x").start()
}

#[tokio::test]
async fn no_credential_of_the_machine_reaches_an_address_of_the_file() {
    let fake = FakeServer::start(|_| Reply::new(200, "{}"));
    for side in [SettingOrigin::Repository, SettingOrigin::Template] {
        for word in ["vault_uri", "address", "endpoint", "authority_host"] {
            for url in [fake.url(), fake.url().replace("http:", "https:")] {
                let asked = credentials().said(SettingOrigin::Live, "vault_uri", "https://v.vault.azure.net");
                let told = asked.said(side, word, &url).refused("a").await;
                check(&told, Reason::UntrustedHost, &["--references-hosts"]);
                assert!(!format!("{told:?}").contains(CANARY));
            }
        }
    }
    assert!(fake.bytes().is_empty(), "something was sent");
}

#[tokio::test]
async fn what_only_looks_like_microsofts_is_not_microsofts() {
    for address in [
        "http://v.vault.azure.net",
        "https://v.vault.azure.net:8443",
        "https://vault.azure.net",
        "https://a.b.vault.azure.net",
        "https://v.vault.azure.net.evil.example",
        "https://vvault.azure.net",
        "https://v.vault.azure.com",
        "https://v.azurewebsites.net",
        "https://v.blob.core.windows.net",
        "https://v.vault.azure.us",
    ] {
        let told = credentials()
            .said(SettingOrigin::Repository, "vault_uri", address)
            .refused("a")
            .await;
        check(&told, Reason::UntrustedHost, &["--references-hosts"]);
    }
    for address in [
        "https://v.vault.azure.net/x",
        "https://v.vault.azure.net/?x",
        "https://v.vault.azure.net/#x",
        "https://u:p@v.vault.azure.net",
        "v.vault.azure.net",
        "ftp://v.vault.azure.net",
        "https://",
    ] {
        let told = credentials()
            .said(SettingOrigin::Repository, "vault_uri", address)
            .refused("a")
            .await;
        check(&told, Reason::BadSettings, &["vault_uri"]);
    }
    for host in [
        "https://login.microsoftonline.com.evil.example",
        "https://evil.b2clogin.com",
        "https://login.live.com",
    ] {
        let asked = credentials().said(SettingOrigin::Live, "vault_uri", "https://v.vault.azure.net");
        let told = asked
            .said(SettingOrigin::Repository, "authority_host", host)
            .refused("a")
            .await;
        check(&told, Reason::UntrustedHost, &["--references-hosts"]);
    }
}

/// Beyond the public cloud, the login host that follows from a state file's address must be vouched for.
#[tokio::test]
async fn a_file_does_not_choose_the_cloud_that_a_secret_is_shown_to() {
    for (vault, login) in [
        ("https://v.vault.azure.cn", "login.chinacloudapi.cn"),
        ("https://v.vault.usgovcloudapi.net", "login.microsoftonline.us"),
    ] {
        let told = credentials()
            .said(SettingOrigin::Repository, "vault_uri", vault)
            .refused("a")
            .await;
        check(&told, Reason::UntrustedHost, &[login]);
    }
}

#[tokio::test]
async fn a_host_that_is_known_or_vouched_for_is_asked() {
    let running = running();
    let at = |side| {
        running
            .asked()
            .said(SettingOrigin::Operator, "address", "")
            .said(side, "vault_uri", &running.fake.url())
    };
    for asked in [
        at(SettingOrigin::Live),
        at(SettingOrigin::Operator),
        at(SettingOrigin::Repository).vouching(&running.fake.host()),
    ] {
        assert_eq!(text(&asked.one("a").await), "x");
    }
    let http = running
        .asked()
        .checker("address", &running.fake.url().replace("https:", "http:"));
    check(&http.refused("a").await, Reason::BadSettings, &["https://"]);
    let nowhere = running.asked().checker("address", "");
    check(
        &nowhere.refused("a").await,
        Reason::BadSettings,
        &["vault_uri is missing"],
    );
}

#[tokio::test]
async fn a_file_chooses_nothing_of_what_the_machine_has() {
    let running = running();
    for word in ["client_secret", "jwt", "metadata", "ca_cert"] {
        for side in [SettingOrigin::Live, SettingOrigin::Template, SettingOrigin::Repository] {
            let asked = if word == "ca_cert" {
                running.asked()
            } else {
                running.nobody()
            };
            let told = asked.said(side, word, CANARY).refused("a").await;
            let says = [format!("'{word}'"), "STRONGROOM_VAULT_MY_VAULT_".to_owned()];
            check(&told, Reason::BadSettings, &says.each_ref().map(String::as_str));
            assert!(!format!("{told:?}").contains(CANARY));
        }
    }
    assert!(running.fake.bytes().is_empty());
}

#[tokio::test]
async fn a_directory_of_the_file_learns_nothing_of_the_environment() {
    let running = running();
    let asked = |tenant, client| {
        running
            .asked()
            .said(tenant, "tenant_id", TENANT)
            .said(client, "client_id", CLIENT)
    };
    for side in [SettingOrigin::Repository, SettingOrigin::Template] {
        let told = asked(side, SettingOrigin::Template).refused("a").await;
        check(
            &told,
            Reason::UntrustedHost,
            &["fills in its client_id", "AZURE_TENANT_ID"],
        );
    }
    let names = running
        .asked()
        .said(SettingOrigin::Repository, "tenant_id", TENANT)
        .said(SettingOrigin::Operator, "address", "")
        .filled();
    let names = names.said(SettingOrigin::Repository, "vault_uri", "https://v.vault.azure.net");
    check(&names.refused("a").await, Reason::UntrustedHost, &["fills in what for"]);
    assert!(running.fake.bytes().is_empty());
    for (tenant, client) in [
        (SettingOrigin::Live, SettingOrigin::Template),
        (SettingOrigin::Operator, SettingOrigin::Template),
        (SettingOrigin::Template, SettingOrigin::Repository),
    ] {
        assert_eq!(text(&asked(tenant, client).one("a").await), "x");
    }
    assert_eq!(
        text(
            &asked(SettingOrigin::Repository, SettingOrigin::Template)
                .vouching("*")
                .one("a")
                .await
        ),
        "x"
    );
}

#[tokio::test]
async fn a_token_is_for_vaults_alone() {
    for resource in [
        "https://management.azure.com",
        "https://graph.microsoft.com/",
        "https://vault.azure.net.evil.example",
        "https://evil.example/https://vault.azure.net",
        "api://canary-7f3a",
        "",
    ] {
        for word in ["resource", "scope"] {
            let wants = format!("Bearer authorization=\"https://evil.example/{TENANT}\", {word}=\"{resource}\"");
            let challenge = move |heard: &ReceivedRequest| {
                let reply = || Reply(401, vec![("www-authenticate", wants.clone())], String::new());
                heard.path.starts_with("/secrets").then(reply)
            };
            let running = Azure::default().first(challenge).start();
            let told = running.asked().refused("a").await;
            check(&told, Reason::ServerError, &[]);
            assert!(!format!("{told:?}").contains(CANARY));
            assert_eq!(running.logins(), 0, "{resource}");
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = FakeServer::start(|_| Reply::new(200, r#"{"value": "x", "access_token": "x"}"#));
    for path in ["/secrets", "/11111111"] {
        for status in [301, 302, 307, 308] {
            let to = elsewhere.url();
            let first = move |heard: &ReceivedRequest| {
                let reply = || Reply(status, vec![("location", to.clone())], String::new());
                heard.path.starts_with(path).then(reply)
            };
            let running = Azure::default().text("a", "x").first(first).start();
            check(&running.asked().refused("a").await, Reason::ServerError, &[]);
        }
    }
    assert!(elsewhere.bytes().is_empty());
}

#[tokio::test]
async fn an_answer_that_repeats_credentials_is_not_told() {
    for status in [200, 400, 401, 403, 404, 409, 429, 500, 503] {
        for code in ["Forbidden", "SecretNotFound", "BadParameter", CANARY] {
            let vault = move |heard: &ReceivedRequest| {
                heard
                    .header("authorization")
                    .map(|_| refusal(status, code, CANARY, heard))
            };
            let login = move |heard: &ReceivedRequest| {
                heard
                    .path
                    .ends_with("/token")
                    .then(|| login_refused(status, code, 1, heard))
            };
            for running in [
                Azure::default().first(vault).start(),
                Azure::default().first(login).start(),
            ] {
                let asked = running.asked().within(std::time::Duration::from_millis(500));
                let told = format!("{:?}", asked.all(&[("a", None), ("b", None)]).await);
                for secret in [CANARY, SECRET, TOKEN, CLIENT, TENANT] {
                    assert!(!told.contains(secret), "{told}");
                }
            }
        }
    }
}
