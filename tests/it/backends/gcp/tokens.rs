//! Where tokens come from.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use strongroom::reference::Reason;

use super::givers::{self, federation, login, token_file};
use super::google::{CANARY, Google, TOKEN, asked, error, nobody};
use super::jwt;
use crate::backends::vault_probe::{VaultProbe, check, text};
use crate::common::closed_port::ClosedPort;
use crate::common::fake_server::{FakeServer, Reply};

pub fn google() -> FakeServer {
    Google::default().text("pg", "x").text("other", "y").start()
}

/// With those credentials, as the settings of the checker's side have them.
pub fn with(fake: &FakeServer, credentials: &Value) -> VaultProbe {
    nobody(&fake.url())
        .vouching("127.0.0.1")
        .checker("service_account", &credentials.to_string())
}

#[tokio::test]
async fn one_token_is_enough_for_many_secrets() {
    let names: Vec<String> = (0..30).map(|n| format!("s{n}")).collect();
    let fake = names
        .iter()
        .fold(Google::default(), |google, name| google.text(name, "x"))
        .start();
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
    let givers = givers::start();
    for asked in [asked(&fake.url()), with(&fake, &login(&givers.url()))] {
        let before = fake.requests().len();
        let fetched = asked.all(&wanted).await;
        assert!(fetched.iter().all(|one| text(one) == "x"));
        let requests = fake.requests().split_off(before);
        let tokens: BTreeSet<_> = requests.iter().map(|heard| heard.header("authorization")).collect();
        assert_eq!((requests.len(), tokens.len()), (30, 1));
    }
    assert_eq!(givers.requests().len(), 1);
}

#[tokio::test]
async fn a_key_that_was_deleted_is_refused() {
    let fake = google();
    let told = with(&fake, &jwt::deleted_key()).refused("pg").await;
    check(&told, Reason::LoginRefused, &["refuses the credentials", "the clock"]);
}

#[tokio::test]
async fn the_environment_gives_credentials() {
    let fake = google();
    let folder = tempfile::tempdir().expect("a folder");
    let (key, none) = (jwt::key().to_string(), jwt::deleted_key().to_string());
    let file = folder.path().join("key.json").display().to_string();
    let well_known = folder
        .path()
        .join(".config/gcloud/application_default_credentials.json");
    std::fs::create_dir_all(well_known.parent().expect("a folder")).expect("a folder");
    let home = folder.path().display().to_string();
    let of_kong = ("GCP_SERVICE_ACCOUNT", key.as_str());
    let of_google = ("GOOGLE_APPLICATION_CREDENTIALS", file.as_str());
    let at_home = ("HOME", home.as_str());
    let ask = async |variables: &[(&str, &str)]| nobody(&fake.url()).environment(variables).one("pg").await;

    std::fs::write(&file, &none).expect("a file");
    std::fs::write(&well_known, &none).expect("a file");
    assert_eq!(text(&ask(&[of_kong, of_google, at_home]).await), "x");
    std::fs::write(&file, &key).expect("a file");
    assert_eq!(text(&ask(&[of_google, at_home]).await), "x");
    assert_eq!(text(&ask(&[("GCP_SERVICE_ACCOUNT", " "), of_google]).await), "x");
    std::fs::write(&well_known, &key).expect("a file");
    assert_eq!(
        text(&ask(&[at_home, ("GOOGLE_APPLICATION_CREDENTIALS", "")]).await),
        "x"
    );
    // what is said for the check itself wins; Kong asks for no type
    let other = asked(&fake.url()).environment(&[("GCP_SERVICE_ACCOUNT", none.as_str())]);
    assert_eq!(text(&other.one("pg").await), "x");
    let mut untyped = jwt::key();
    for member in ["type", "project_id"] {
        untyped.as_object_mut().expect("an object").remove(member);
    }
    assert_eq!(text(&with(&fake, &untyped).one("pg").await), "x");
}

#[tokio::test]
async fn without_credentials_nothing_is_asked() {
    let fake = google();
    for variables in [&[][..], &[("HOME", "/nonexistent")], &[("GCP_SERVICE_ACCOUNT", "")]] {
        let told = nobody(&fake.url()).environment(variables).refused("pg").await;
        let says = [
            "GCP_SERVICE_ACCOUNT",
            "STRONGROOM_VAULT_MY_VAULT_SERVICE_ACCOUNT_FILE",
            "METADATA=true",
        ];
        check(&told, Reason::NoCredentials, &says);
        let both = nobody(&fake.url())
            .environment(variables)
            .all(&[("pg", None), ("other", None)])
            .await;
        assert_eq!(both[0], both[1]);
    }
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_a_mistake() {
    let fake = google();
    let without = |mut file: Value, member: &str| {
        file.as_object_mut().expect("an object").remove(member);
        file
    };
    let mut table = vec![
        (json!(CANARY), "no JSON of credentials"),
        (json!([]), "no JSON of credentials"),
        (json!({"private_key": CANARY}), "without 'client_email'"),
    ];
    for member in ["client_email", "private_key_id", "private_key"] {
        table.push((without(jwt::key(), member), member));
    }
    for member in ["client_id", "client_secret", "refresh_token"] {
        table.push((without(login(&ClosedPort::shared().url()), member), member));
    }
    for key in [
        "canary-7f3a",
        "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n",
    ] {
        let mut file = jwt::key();
        file["private_key"] = json!(key);
        table.push((file, "no private key"));
    }
    let mut file = login(CANARY);
    table.push((file.clone(), "token_uri"));
    file["universe_domain"] = json!("canary-7f3a.example");
    table.push((file, "another universe"));
    let source = token_file();
    table.push((federation(CANARY, &source), "token_url"));
    for member in ["audience", "subject_token_type", "token_url"] {
        table.push((
            without(federation(&ClosedPort::shared().url(), &source), member),
            member,
        ));
    }
    for (file, says) in table {
        let told = with(&fake, &file).refused("pg").await;
        check(
            &told,
            Reason::BadSettings,
            &[says, "STRONGROOM_VAULT_MY_VAULT_SERVICE_ACCOUNT"],
        );
        assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
    }
    let missing = nobody(&fake.url()).environment(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/canary-7f3a")]);
    let told = missing.refused("pg").await;
    check(
        &told,
        Reason::BadSettings,
        &["GOOGLE_APPLICATION_CREDENTIALS", "cannot be read"],
    );
    for sort in ["gdch_service_account", "external_account_authorized_user", CANARY] {
        let told = with(&fake, &json!({"type": sort})).refused("pg").await;
        check(&told, Reason::UnsupportedLogin, &["of another type"]);
    }
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn a_persons_login_gives_a_token() {
    let (fake, givers) = (google(), givers::start());
    assert_eq!(text(&with(&fake, &login(&givers.url())).one("pg").await), "x");
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(fake.requests()[0].header("authorization"), Some(bearer.as_str()));
    for member in ["client_id", "client_secret", "refresh_token"] {
        let mut file = login(&givers.url());
        file[member] = json!("canary-7f3a-wrong");
        let told = with(&fake, &file).refused("pg").await;
        check(&told, Reason::LoginRefused, &["refuses the login", "log in again"]);
        assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
    }
    for (status, reason) in [
        (200, Reason::ServerError),
        (307, Reason::ServerError),
        (404, Reason::LoginRefused),
        (500, Reason::ServerError),
        (503, Reason::ServerError),
    ] {
        let strange = FakeServer::start(move |heard| Reply::new(status, heard.body.clone()));
        let told = with(&fake, &login(&strange.url())).refused("pg").await;
        check(&told, reason, &["127.0.0.1"]);
        assert!(!format!("{told:?}").contains(CANARY), "{told:?}");
    }
    let closed = ClosedPort::shared();
    let told = with(&fake, &login(&closed.url())).refused("pg").await;
    check(
        &told,
        Reason::ConnectionFailed,
        &[&closed.host(), "refuses connections"],
    );
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test]
async fn a_machine_gives_a_token_only_if_it_may_be_asked() {
    let (fake, machine) = (google(), givers::start());
    let host = machine.host();
    let variables = [("GCE_METADATA_HOST", host.as_str())];
    let asked = nobody(&fake.url()).environment(&variables);
    check(&asked.refused("pg").await, Reason::NoCredentials, &["METADATA=true"]);
    let off = asked.clone().checker("metadata", "false");
    check(&off.refused("pg").await, Reason::NoCredentials, &[]);
    assert!(machine.bytes().is_empty());
    let on = asked.clone().checker("metadata", "true");
    assert_eq!(text(&on.one("pg").await), "x");
    assert_eq!(machine.requests().len(), 1);
    // what else there is comes first
    let key = jwt::key().to_string();
    let both = [variables[0], ("GCP_SERVICE_ACCOUNT", key.as_str())];
    assert_eq!(text(&on.environment(&both).one("pg").await), "x");
    assert_eq!(machine.requests().len(), 1);

    let none = FakeServer::start(|_| error(404, "NOT_FOUND", CANARY));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    // the machine is given up soon, and not all the time of the vault is spent on it
    for host in [
        none.host(),
        silent.local_addr().expect("an address").to_string(),
        ClosedPort::shared().host(),
        "[".to_owned(),
    ] {
        let asked = nobody(&fake.url()).environment(&[("GCE_METADATA_HOST", &host)]);
        let asked = asked.checker("metadata", "true").with_endless_time();
        check(&asked.refused("pg").await, Reason::NoCredentials, &[]);
    }
}

#[tokio::test]
async fn somebody_else_may_pay() {
    let (fake, givers) = (google(), givers::start());
    let header = || {
        fake.requests()
            .last()
            .and_then(|heard| heard.header("x-goog-user-project").map(str::to_owned))
    };
    let mut file = login(&givers.url());
    assert_eq!(text(&with(&fake, &file).one("pg").await), "x");
    assert_eq!(header(), None);
    file["quota_project_id"] = json!("payer");
    assert_eq!(text(&with(&fake, &file).one("pg").await), "x");
    assert_eq!(header().as_deref(), Some("payer"));
    let other = with(&fake, &file).environment(&[("GOOGLE_CLOUD_QUOTA_PROJECT", "another-payer")]);
    assert_eq!(text(&other.one("pg").await), "x");
    assert_eq!(header().as_deref(), Some("another-payer"));
}
