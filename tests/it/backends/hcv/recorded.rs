//! What Vault 1.14.1 and 1.21.0 were recorded to answer, in what it means.

use serde::Deserialize;
use strongroom::reference::SettingOrigin;

use crate::backends::vault_probe::{VaultProbe, reason, refusal};
use crate::common::fake_server::{FakeServer, Reply};

#[derive(Deserialize)]
struct RecordedAnswer {
    note: String,
    /// Of a login.
    way: Option<String>,
    /// Of a read.
    #[serde(default)]
    kv: String,
    #[serde(default)]
    mount: String,
    #[serde(default)]
    resource: String,
    version: Option<String>,
    path: String,
    status: u16,
    text: String,
    reason: String,
}

const READ: &str = r#"{"data": {"a": "b"}}"#;

/// What every way of logging in needs.
fn with_credentials(asked: VaultProbe, way: &str) -> VaultProbe {
    let asked = asked.said(
        SettingOrigin::Live,
        "auth_method",
        if way == "wrapped" { "approle" } else { way },
    );
    match way {
        "approle" => asked
            .checker("role_id", "canary-role")
            .checker("secret_id", "canary-secret"),
        "wrapped" => asked
            .said(SettingOrigin::Live, "approle_response_wrapping", "true")
            .checker("role_id", "canary-role")
            .checker("approle_secret_id", "canary-secret"),
        "userpass" => asked.checker("username", "ci").checker("password", "canary-secret"),
        "jwt" => asked.checker("jwt", "canary-secret").checker("role", "kong"),
        "kubernetes" => asked
            .checker("jwt", "canary-secret")
            .said(SettingOrigin::Live, "kube_role", "kong"),
        "cert" => {
            let made = rcgen::generate_simple_self_signed(["kong".to_owned()]).expect("a certificate");
            asked
                .said(SettingOrigin::Live, "cert_auth_role_name", "kong")
                .checker("client_cert", &made.cert.pem())
                .checker("client_key", &made.signing_key.serialize_pem())
        }
        other => panic!("{other}"),
    }
}

async fn run(case: RecordedAnswer) {
    let RecordedAnswer { path, status, text, .. } = case;
    // a version 1 mount has no versions: none is asked for
    let sent = if case.kv == "v1" {
        path.split('?').next().expect("a path")
    } else {
        &path
    };
    let (login, at) = (case.way.is_some(), decoded(sent));
    let fake = FakeServer::start(move |heard| {
        if decoded(&heard.path) == at {
            Reply::new(status, text.clone())
        } else if login && heard.method == "GET" {
            Reply::new(200, READ)
        } else {
            Reply::new(599, "{}")
        }
    });
    let asked = VaultProbe::new().at(&fake.url());
    let fetched = match &case.way {
        Some(way) => {
            let mount = path.split('/').nth(3).expect("a mount");
            let asked = if mount == "wrapping" {
                asked
            } else {
                asked.checker("auth_path", mount)
            };
            with_credentials(asked, way).one("anything").await
        }
        None => {
            let asked = asked
                .token("canary-token")
                .said(SettingOrigin::Live, "mount", &case.mount);
            let asked = asked.said(SettingOrigin::Live, "kv", &case.kv);
            asked.all(&[(&case.resource, case.version.as_deref())]).await.remove(0)
        }
    };
    assert_eq!(reason(&fetched), case.reason, "{}", case.note);
    assert_eq!(decoded(&fake.requests()[0].path), decoded(sent), "{}", case.note);
    if case.reason != "found" {
        let finding = refusal(fetched);
        let told = format!("{} {:?}", finding.message, finding.help);
        assert!(!told.contains("canary") && !told.contains("rror occurred"), "{told}");
    }
}

/// Vault makes no difference between a character and its code.
fn decoded(path: &str) -> String {
    percent_encoding::percent_decode_str(path)
        .decode_utf8_lossy()
        .into_owned()
}

async fn all_of(version: &str) {
    let text = std::fs::read_to_string(format!("fixtures/hcv/vault-{version}.jsonl")).expect("the recordings");
    let cases = text.lines().map(|line| serde_json::from_str(line).expect("a case"));
    let mut count = 0;
    for case in cases {
        run(case).await;
        count += 1;
    }
    assert_eq!(count, 70);
}

#[tokio::test]
async fn vault_1_14_1_is_understood() {
    all_of("1.14.1").await;
}

#[tokio::test]
async fn vault_1_21_0_is_understood() {
    all_of("1.21.0").await;
}
