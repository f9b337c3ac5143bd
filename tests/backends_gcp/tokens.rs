//! Where tokens come from.

use strongroom::reference::Reason;

use crate::asked::{check, text};
use crate::google::{Google, asked, nobody};
use crate::jwt;

#[tokio::test]
async fn one_token_is_enough_for_many_secrets() {
    let names: Vec<String> = (0..30).map(|n| format!("s{n}")).collect();
    let fake = names
        .iter()
        .fold(Google::default(), |google, name| google.text(name, "x"))
        .start();
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
    let fetched = asked(&fake.url()).all(&wanted).await;
    assert!(fetched.iter().all(|one| text(one) == "x"));
    let requests = fake.requests();
    let tokens: std::collections::BTreeSet<_> = requests.iter().map(|heard| heard.header("authorization")).collect();
    assert_eq!((requests.len(), tokens.len()), (30, 1));
}

#[tokio::test]
async fn a_key_that_was_deleted_is_refused() {
    let fake = Google::default().text("pg", "x").start();
    let asked = nobody(&fake.url()).checker("service_account", &jwt::deleted_key().to_string());
    check(
        &asked.refused("pg").await,
        Reason::LoginRefused,
        &["refuses the credentials", "the clock"],
    );
}
