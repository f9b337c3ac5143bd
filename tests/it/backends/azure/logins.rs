//! Where credentials come from, and whose word for them counts.

use serde_json::json;
use strongroom::reference::{Reason, SettingOrigin};

use super::server::{ASSERTION, Azure, CLIENT, RunningAzure, SECRET, TENANT};
use crate::backends::vault_probe::{VaultProbe, check, reason, text};
use crate::common::fake_server::{ReceivedRequest, Reply};

const WHOLE: [(&str, &str); 3] = [
    ("AZURE_TENANT_ID", TENANT),
    ("AZURE_CLIENT_ID", CLIENT),
    ("AZURE_CLIENT_SECRET", SECRET),
];

fn running() -> RunningAzure {
    Azure::default().text("a", "x").start()
}

#[tokio::test]
async fn the_environment_gives_credentials() {
    let running = running();
    let nobody = running.nobody();
    assert_eq!(text(&nobody.clone().environment(&WHOLE).one("a").await), "x");
    // as data planes have it: the secret there, the rest in the vault's config
    for side in [SettingOrigin::Repository, SettingOrigin::Live, SettingOrigin::Operator] {
        let asked = nobody.clone().environment(&WHOLE[2..]);
        let asked = asked.said(side, "tenant_id", TENANT).said(side, "client_id", CLIENT);
        assert_eq!(text(&asked.one("a").await), "x");
    }
    // what stands beside the secret is for it, and the config's identity is the data planes' own
    let of_others =
        nobody
            .clone()
            .said(SettingOrigin::Live, "client_id", "other")
            .said(SettingOrigin::Live, "tenant_id", "other");
    assert_eq!(text(&of_others.clone().environment(&WHOLE).one("a").await), "x");
    // what is said for the check itself goes before all
    let other = [
        ("AZURE_TENANT_ID", "other"),
        ("AZURE_CLIENT_SECRET", "other"),
        ("AZURE_CLIENT_ID", "other"),
    ];
    assert_eq!(text(&running.asked().environment(&other).one("a").await), "x");
}

#[tokio::test]
async fn the_host_that_lets_in_is_the_environments_too() {
    let running = running();
    let url = running.fake.url();
    for host in [url.clone(), format!("{url}/"), running.fake.host()] {
        let variables = [&WHOLE[..], &[("AZURE_AUTHORITY_HOST", host.as_str())]].concat();
        let asked = running.asked().said(SettingOrigin::Operator, "authority_host", "");
        assert_eq!(text(&asked.environment(&variables).one("a").await), "x", "{host}");
    }
    for wrong in ["http://127.0.0.1:1", "https://", "https://h/path"] {
        let told = running.asked().checker("authority_host", wrong).refused("a").await;
        check(&told, Reason::BadSettings, &["authority_host"]);
    }
}

#[tokio::test]
async fn a_token_of_this_machine_logs_in() {
    let running = running();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("{ASSERTION}\n")).expect("written");
    let path = file.path().to_str().expect("a path");
    let variables = [WHOLE[0], WHOLE[1], ("AZURE_FEDERATED_TOKEN_FILE", path)];
    let nobody = running.nobody();
    assert_eq!(text(&nobody.clone().environment(&variables).one("a").await), "x");
    let said = nobody.clone().checker("jwt", ASSERTION).environment(&WHOLE[..2]);
    assert_eq!(text(&said.one("a").await), "x");

    let other = nobody
        .clone()
        .checker("jwt", "canary-7f3a.canary-7f3a.x")
        .environment(&WHOLE[..2]);
    check(
        &other.refused("a").await,
        Reason::LoginRefused,
        &["federated credential"],
    );
    for lost in ["/nowhere/canary-7f3a", "/dev/null"] {
        let variables = [WHOLE[0], WHOLE[1], ("AZURE_FEDERATED_TOKEN_FILE", lost)];
        let told = nobody.clone().environment(&variables).refused("a").await;
        check(&told, Reason::BadSettings, &["AZURE_FEDERATED_TOKEN_FILE"]);
        assert!(!told.message.contains("canary"));
    }
    // several applications may trust the token: a state file does not choose among them
    let requests = running.fake.requests().len();
    let theirs = nobody.said(SettingOrigin::Repository, "client_id", CLIENT).said(
        SettingOrigin::Repository,
        "tenant_id",
        TENANT,
    );
    let told = theirs.environment(&variables[2..]).refused("a").await;
    check(&told, Reason::BadSettings, &["half", "tenant_id is missing"]);
    assert_eq!(running.fake.requests().len(), requests);
}

#[tokio::test]
async fn without_credentials_nobody_is_asked() {
    let running = running();
    let says = [
        "there are no credentials for Azure",
        "STRONGROOM_VAULT_MY_VAULT_METADATA=true",
    ];
    let empty = [("AZURE_CLIENT_SECRET", ""), ("AZURE_FEDERATED_TOKEN_FILE", " ")];
    for asked in [
        running.nobody(),
        running.nobody().environment(&WHOLE[..2]),
        running.nobody().environment(&empty),
        running.nobody().said(SettingOrigin::Live, "client_id", CLIENT),
    ] {
        check(&asked.refused("a").await, Reason::NoCredentials, &says);
    }
    assert!(running.fake.bytes().is_empty());
}

#[tokio::test]
async fn half_a_set_is_a_mistake() {
    let running = running();
    for (has, lacks) in [(WHOLE[0], "client_id"), (WHOLE[1], "tenant_id")] {
        let asked = running.nobody().environment(&[has, WHOLE[2]]);
        let variable = lacks.to_uppercase();
        let says = ["half of the credentials", lacks, &format!("AZURE_{variable}")];
        check(&asked.refused("a").await, Reason::BadSettings, &says);
        let asked = running.nobody().checker("client_secret", SECRET).environment(&[has]);
        let says = [lacks, &format!("STRONGROOM_VAULT_MY_VAULT_{variable}")];
        check(&asked.refused("a").await, Reason::BadSettings, &says);
    }
    for wrong in ["canary 7f3a", "../x", "..", "a/b", "a?b", "\u{e4}"] {
        for word in ["tenant_id", "client_id"] {
            let told = running.asked().checker(word, wrong).refused("a").await;
            check(&told, Reason::BadSettings, &["tenant_id", "client_id"]);
            assert!(!told.message.contains(wrong));
        }
    }
    assert!(running.fake.bytes().is_empty());
}

#[tokio::test]
async fn a_token_that_lives_a_minute_is_got_once_too() {
    let body = r#"{"token_type": "Bearer", "expires_in": 60, "access_token": "canary-7f3a-short"}"#;
    let short = move |heard: &ReceivedRequest| heard.path.ends_with("/token").then(|| Reply::new(200, body));
    let azure = Azure::default()
        .text("a", "x")
        .text("b", "x")
        .given("canary-7f3a-short");
    let running = azure.first(short).start();
    let fetched = running.asked().all(&[("a", None), ("b", None), ("none", None)]).await;
    assert_eq!(
        [0, 1, 2].map(|at| reason(&fetched[at])),
        ["found", "found", "no-such-secret"]
    );
    assert_eq!(running.logins(), 1);
}

/// The SDK adds the time to now, and panics where there is no such time.
#[tokio::test]
async fn a_token_that_is_good_for_no_time_is_no_fault_of_this_program() {
    for time in [json!(i64::MAX), json!(i64::MIN), json!(-1), json!("soon"), json!(1e300)] {
        let running = Azure::default()
            .text("pg", "x")
            .first(move |heard| {
                let body = json!({"token_type": "Bearer", "expires_in": time, "access_token": "canary-7f3a-token"});
                (heard.method == "POST").then(|| Reply::new(200, body.to_string()))
            })
            .start();
        let told = running.asked().refused("pg").await;
        assert_eq!(told.reason, Reason::ServerError, "{}", told.message);
        assert!(!format!("{told:?}").contains("canary-7f3a"), "{told:?}");
    }
}

#[tokio::test]
async fn the_machines_own_identity_is_taken_only_if_that_is_wanted() {
    let running = running();
    for side in [SettingOrigin::Repository, SettingOrigin::Live, SettingOrigin::Template] {
        let told = running.nobody().said(side, "metadata", "true").refused("a").await;
        check(
            &told,
            Reason::BadSettings,
            &["'metadata'", "STRONGROOM_VAULT_MY_VAULT_METADATA"],
        );
    }
    let off = running.nobody().checker("metadata", "false");
    check(&off.refused("a").await, Reason::NoCredentials, &[]);
}

#[tokio::test]
async fn variables_of_another_prefix_are_for_the_checker_or_the_live_vault_to_choose() {
    let running = running();
    let variables = [
        ("DB_TENANT_ID", TENANT),
        ("DB_CLIENT_ID", CLIENT),
        ("DB_CLIENT_SECRET", SECRET),
    ];
    let asked = |side| {
        let asked = running.nobody().environment(&variables);
        asked.said(side, "credentials_prefix", "DB")
    };
    for side in [SettingOrigin::Operator, SettingOrigin::Live] {
        assert_eq!(text(&asked(side).one("a").await), "x");
    }
    let requests = running.fake.requests().len();
    let says = ["credentials_prefix", "STRONGROOM_VAULT_MY_VAULT_CREDENTIALS_PREFIX"];
    for side in [SettingOrigin::Repository, SettingOrigin::Template] {
        let told = asked(side).refused("a").await;
        check(&told, Reason::NoCredentials, &says);
        assert!(!told.help.expect("what to do").contains("DB"));
    }
    check(
        &asked(SettingOrigin::Live).of_others().refused("a").await,
        Reason::NoCredentials,
        &says,
    );
    assert_eq!(running.fake.requests().len(), requests);
    assert_eq!(
        text(&asked(SettingOrigin::Repository).vouching("*").one("a").await),
        "x"
    );
    // this machine's own credentials do for a vault that names others
    let own = running.nobody().environment(&WHOLE);
    let own: VaultProbe = own.said(SettingOrigin::Repository, "credentials_prefix", "DB");
    assert_eq!(text(&own.one("a").await), "x");
}
