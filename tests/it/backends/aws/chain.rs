//! Where credentials come from.

use strongroom::reference::{Reason, SettingOrigin};

use super::server::{Aws, ID, KEY, ROLE, TOKEN, asked, nobody, operations};
use super::signature::key_id;
use crate::backends::vault_probe::{check, text};

const ARN: &str = "arn:aws:iam::123456789012:role/reader";

#[tokio::test]
async fn the_environment_gives_credentials() {
    let fake = Aws::default().text("a", "x").start();
    let keys = [("AWS_ACCESS_KEY_ID", ID), ("AWS_SECRET_ACCESS_KEY", KEY)];
    assert_eq!(text(&nobody(&fake.url()).environment(&keys).one("a").await), "x");
    let with_token = [keys[0], keys[1], ("AWS_SESSION_TOKEN", TOKEN)];
    assert_eq!(text(&nobody(&fake.url()).environment(&with_token).one("a").await), "x");
    let tokens = fake.requests();
    assert_eq!(tokens[0].header("x-amz-security-token"), None);
    assert_eq!(tokens[1].header("x-amz-security-token"), Some(TOKEN));
    // what is said for the check itself wins
    let other = [("AWS_ACCESS_KEY_ID", "AKIAOTHER"), ("AWS_SECRET_ACCESS_KEY", "other")];
    assert_eq!(text(&asked(&fake.url()).environment(&other).one("a").await), "x");
}

#[tokio::test]
async fn the_environment_gives_region_and_endpoint() {
    let fake = Aws::default().text("a", "x").start();
    let url = fake.url();
    let asked = || {
        crate::backends::vault_probe::VaultProbe::new()
            .of_backend("aws")
            .checker("access_key_id", ID)
            .checker("secret_access_key", KEY)
    };
    for endpoint in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        for region in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            let asked = asked().environment(&[(endpoint, &url), (region, "eu-west-1")]);
            assert_eq!(text(&asked.one("a").await), "x");
        }
    }
    // the vault's own region comes first
    let elsewhere = asked().environment(&[("AWS_ENDPOINT_URL", &url), ("AWS_REGION", "us-east-1")]);
    let vaults_own = elsewhere.clone().said(SettingOrigin::Repository, "region", "eu-west-1");
    assert_eq!(text(&vaults_own.one("a").await), "x");
    check(&elsewhere.refused("a").await, Reason::LoginRefused, &[]);
}

#[tokio::test]
async fn half_a_set_is_a_mistake() {
    let fake = Aws::default().start();
    for (set, lacks) in [
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
    ] {
        let half = nobody(&fake.url()).environment(&[(set, "canary-7f3a"), (lacks, "")]);
        let told = half.refused("a").await;
        check(&told, Reason::BadSettings, &[&format!("{set} is set, but no {lacks}")]);
        assert!(!format!("{told:?}").contains("canary"));
    }
    let half = nobody(&fake.url()).checker("access_key_id", ID);
    check(
        &half.refused("a").await,
        Reason::BadSettings,
        &["STRONGROOM_VAULT_MY_VAULT_SECRET_ACCESS_KEY"],
    );
    assert!(fake.bytes().is_empty());
}

#[tokio::test]
async fn a_role_is_assumed_once() {
    let fake = Aws::default().text("a", "x").text("b", "y").previous("a", "z").start();
    let asked = asked(&fake.url()).checker("sts_endpoint", &fake.url());
    let asked = asked.said(SettingOrigin::Repository, "assume_role_arn", ARN);
    let fetched = asked.all(&[("a", None), ("b", None), ("a", Some("2"))]).await;
    assert_eq!([0, 1, 2].map(|at| text(&fetched[at])), ["x", "y", "z"]);
    assert_eq!(
        operations(&fake).iter().filter(|operation| *operation == "sts").count(),
        1
    );
    let requests = fake.requests();
    assert!(requests[0].body.contains("RoleSessionName=KongVault"));
    assert_eq!(requests[0].header("x-amz-security-token"), None);
    assert!(requests[1..].iter().all(|heard| key_id(heard) == Some(ROLE[0])));
}

#[tokio::test]
async fn a_role_is_refused() {
    let fake = Aws::default().text("a", "x").start();
    let asked = asked(&fake.url()).checker("sts_endpoint", &fake.url());
    let other = asked
        .clone()
        .said(SettingOrigin::Repository, "assume_role_arn", &format!("{ARN}-other"));
    check(
        &other.refused("a").await,
        Reason::LoginRefused,
        &["may not assume the role", "sts:AssumeRole"],
    );
    let none = asked
        .clone()
        .said(SettingOrigin::Repository, "assume_role_arn", "reader");
    check(&none.refused("a").await, Reason::BadSettings, &["assume_role_arn"]);
    let session = asked
        .clone()
        .said(SettingOrigin::Repository, "assume_role_arn", ARN)
        .said(SettingOrigin::Repository, "role_session_name", "x");
    check(&session.refused("a").await, Reason::BadSettings, &["role_session_name"]);
    let unknown = nobody(&fake.url())
        .checker("access_key_id", "AKIAUNKNOWN")
        .checker("secret_access_key", "canary-7f3a")
        .checker("sts_endpoint", &fake.url())
        .said(SettingOrigin::Repository, "assume_role_arn", ARN);
    check(&unknown.refused("a").await, Reason::LoginRefused, &["AWS STS"]);
    assert!(operations(&fake).iter().all(|operation| operation == "sts"));
}
