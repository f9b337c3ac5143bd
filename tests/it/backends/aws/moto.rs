//! What moto answers, its checks of signatures and permissions switched on.

use serde_json::json;
use strongroom::reference::Reason;

use super::server::nobody;
use crate::backends::vault_probe::{VaultProbe, check, reason, refusal, text};
use crate::common::moto::{Key, Moto};

const READ: [&str; 2] = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"];

fn with(moto: &Moto, key: &Key) -> VaultProbe {
    nobody(&moto.url)
        .checker("access_key_id", &key.id)
        .checker("secret_access_key", &key.secret)
}

#[tokio::test]
async fn secrets_are_read() {
    let Some(moto) = Moto::start() else { return };
    let arn = moto.secret("team/pg", r#"{"password":"s3cret"}"#).await;
    moto.secret("/leading/slash", "plain").await;
    moto.secret("rotated", "old").await;
    moto.secrets("PutSecretValue", json!({"SecretId": "rotated", "SecretString": "new"}))
        .await;
    moto.secrets("CreateSecret", json!({"Name": "bytes", "SecretBinary": "AAEC"}))
        .await;
    moto.secret("gone", "x").await;
    moto.secrets("DeleteSecret", json!({"SecretId": "gone"})).await;
    let key = moto.user("reader", &READ).await;
    moto.check_credentials().await;

    let asked = with(&moto, &key);
    let without_suffix = &arn[..arn.len() - 7];
    let names = [
        "team/pg",
        &arn,
        without_suffix,
        "/leading/slash",
        "rotated",
        "bytes",
        "gone",
        "none",
    ];
    let wanted: Vec<_> = names.iter().map(|name| (*name, None)).collect();
    for alone in [false, true] {
        let mut fetched = asked.all(&wanted).await;
        if alone {
            fetched.clear();
            for name in names {
                fetched.push(asked.one(name).await);
            }
        }
        for found in &fetched[..3] {
            assert_eq!(text(found), r#"{"password":"s3cret"}"#);
        }
        assert_eq!([text(&fetched[3]), text(&fetched[4])], ["plain", "new"]);
        let [bytes, gone, none] = [5, 6, 7].map(|at| refusal(fetched[at].clone()));
        check(&bytes, Reason::Undocumented, &["'bytes'", "is binary"]);
        check(
            &gone,
            Reason::DeletedVersion,
            &["'gone'", "marked for deletion", "restore"],
        );
        check(
            &none,
            Reason::NoSuchSecret,
            &["'none'", "at 127.0.0.1:", "does not exist", "%2F"],
        );
    }
    assert_eq!(text(&asked.version("rotated", "1").await), "new");
    assert_eq!(text(&asked.version("rotated", "2").await), "old");
    let never = refusal(asked.version("team/pg", "2").await);
    check(&never, Reason::NoSuchSecret, &["AWSPREVIOUS"]);
    let third = refusal(asked.version("rotated", "3").await);
    check(&third, Reason::Undocumented, &["version 3", "#2"]);
}

#[tokio::test]
async fn credentials_are_refused() {
    let Some(moto) = Moto::start() else { return };
    moto.secret("a", "x").await;
    moto.secret("b", "y").await;
    let reader = moto.user("reader", &READ).await;
    let alone = moto.user("alone", &READ[..1]).await;
    let nobody = moto.user("nobody", &["s3:ListBuckets"]).await;
    moto.check_credentials().await;

    let both = [("a", None), ("b", None)];
    let found = |fetched: &[_]| fetched.iter().map(reason).collect::<Vec<_>>() == ["found", "found"];
    assert!(found(&with(&moto, &reader).all(&both).await));
    // who may not ask for several asks for each
    assert!(found(&with(&moto, &alone).all(&both).await));
    let denied = with(&moto, &nobody).refused("a").await;
    check(
        &denied,
        Reason::PermissionDenied,
        &["'a'", "or it does not exist", "secretsmanager:GetSecretValue"],
    );

    let wrong = Key {
        secret: "wrong".to_owned(),
        ..reader
    };
    let refused = with(&moto, &wrong).refused("a").await;
    check(
        &refused,
        Reason::LoginRefused,
        &["refuses the credentials", "the clock"],
    );
    let unknown = Key {
        id: "AKIAUNKNOWN".to_owned(),
        ..wrong
    };
    check(&with(&moto, &unknown).refused("a").await, Reason::LoginRefused, &[]);
}

#[tokio::test]
async fn a_role_is_assumed() {
    let Some(moto) = Moto::start() else { return };
    moto.secret("a", "x").await;
    let role = moto.role("reader", &READ).await;
    let key = moto.user("assumer", &["sts:AssumeRole"]).await;
    moto.check_credentials().await;

    let asked = with(&moto, &key).checker("sts_endpoint", &moto.url);
    assert_eq!(reason(&asked.one("a").await), "permission-denied");
    let role = asked.said(strongroom::reference::SettingOrigin::Live, "assume_role_arn", &role);
    assert_eq!(text(&role.one("a").await), "x");
}
