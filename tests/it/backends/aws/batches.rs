//! How many requests are sent, and which.

use strongroom::reference::Reason;

use super::server::{Aws, AwsSecret, asked, operations};
use crate::backends::vault_probe::{check, reason, refusal, text};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("secret-{n:03}")).collect()
}

fn aws(names: &[String]) -> Aws {
    names.iter().fold(Aws::default(), |aws, name| aws.text(name, "x"))
}

#[tokio::test]
async fn twenty_are_asked_for_together() {
    let names = names(20);
    let fake = aws(&names).start();
    let current = names.iter().map(|name| (name.as_str(), None));
    let again = names.iter().map(|name| (name.as_str(), Some("1")));
    let wanted: Vec<_> = current.chain(again).collect();
    let fetched = asked(&fake.url()).all(&wanted).await;
    assert!(fetched.len() == 40 && fetched.iter().all(|one| text(one) == "x"));
    assert_eq!(operations(&fake), ["BatchGetSecretValue"]);
}

#[tokio::test]
async fn more_are_asked_for_in_twenties() {
    let names = names(41);
    let fake = aws(&names).start();
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
    let fetched = asked(&fake.url()).all(&wanted).await;
    assert!(fetched.iter().all(|one| text(one) == "x"));
    let mut asked = operations(&fake);
    asked.sort_unstable();
    assert_eq!(asked, ["BatchGetSecretValue", "BatchGetSecretValue", "GetSecretValue"]);
}

#[tokio::test]
async fn a_refused_batch_is_asked_one_by_one() {
    for code in [
        "AccessDeniedException",
        "ValidationException",
        "UnknownOperationException",
    ] {
        let names = names(3);
        let fake = aws(&names)
            .first(move |heard| {
                let batch = heard.header("x-amz-target")?.ends_with(".BatchGetSecretValue");
                batch.then(|| super::server::error(400, code, heard))
            })
            .start();
        let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
        let fetched = asked(&fake.url()).all(&wanted).await;
        assert!(fetched.iter().all(|one| text(one) == "x"), "{code}: {fetched:?}");
        assert_eq!(operations(&fake).len(), 4);
    }
}

#[tokio::test]
async fn what_a_batch_denies_is_asked_alone() {
    let fake = Aws::default()
        .text("good", "x")
        .with("denied", AwsSecret::Refused("AccessDeniedException", 400))
        .with("deleted", AwsSecret::Refused("InvalidRequestException", 400))
        .start();
    let wanted = ["good", "denied", "none", "deleted"].map(|name| (name, None));
    let fetched = asked(&fake.url()).all(&wanted).await;
    let reasons: Vec<_> = fetched.iter().map(reason).collect();
    assert_eq!(
        reasons,
        ["found", "permission-denied", "no-such-secret", "deleted-version"]
    );
    assert_eq!(operations(&fake), ["BatchGetSecretValue", "GetSecretValue"]);
}

#[tokio::test]
async fn what_a_batch_leaves_out_is_asked_alone() {
    let fake = Aws::default()
        .text("a", "x")
        .text("b", "y")
        .first(|heard| {
            let batch = heard.header("x-amz-target")?.ends_with(".BatchGetSecretValue");
            batch.then(|| crate::common::fake_server::Reply::new(200, "{}"))
        })
        .start();
    let fetched = asked(&fake.url()).all(&[("a", None), ("b", None)]).await;
    assert_eq!([text(&fetched[0]), text(&fetched[1])], ["x", "y"]);
    assert_eq!(operations(&fake).len(), 3);
}

#[tokio::test]
async fn several_pages_are_read() {
    let page = |name: &str, next: &str| {
        let value = format!(
            r#"{{"ARN": "arn:aws:secretsmanager:r:1:secret:{name}-AbCdEf", "Name": "{name}", "SecretString": "{name}!"}}"#
        );
        crate::common::fake_server::Reply::new(200, format!(r#"{{"SecretValues": [{value}], "Errors": [] {next}}}"#))
    };
    let fake = Aws::default()
        .first(move |heard| match heard.body.contains("NextToken") {
            true => Some(page("b", "")),
            false => Some(page("a", r#", "NextToken": "t""#)),
        })
        .start();
    let fetched = asked(&fake.url()).all(&[("a", None), ("b", None)]).await;
    assert_eq!([text(&fetched[0]), text(&fetched[1])], ["a!", "b!"]);
    assert_eq!(operations(&fake).len(), 2);
}

#[tokio::test]
async fn previous_versions_are_asked_for_one_by_one() {
    let fake = Aws::default()
        .text("a", "new")
        .previous("a", "old")
        .text("b", "only")
        .start();
    let wanted = [
        ("a", Some("2")),
        ("a", None),
        ("b", Some("2")),
        ("a", Some("3")),
        ("a", Some("0")),
    ];
    let fetched = asked(&fake.url()).all(&wanted).await;
    assert_eq!([text(&fetched[0]), text(&fetched[1])], ["old", "new"]);
    let never = refusal(fetched[2].clone());
    check(&never, Reason::NoSuchVersion, &["'b'", "AWSPREVIOUS", "leave #2 out"]);
    for strange in &fetched[3..] {
        check(&refusal(strange.clone()), Reason::Undocumented, &["'a'", "AWSCURRENT"]);
    }
    assert_eq!(operations(&fake), ["GetSecretValue"; 3]);
}
