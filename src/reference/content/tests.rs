use super::*;
use crate::{Vaults, classify_sites, find_references};
use json::{Value, json};

/// The assessments and issues of a plugin whose references, named `a`, `b` and so on, resolve to those values.
fn check_plugin(body: &Value, values: &[(&str, &str)]) -> (Vec<Assessment>, Vec<EntityIssue>) {
    let catalog = Catalog::recorded();
    let entity = EntityView {
        kind: catalog.find_kind("plugins").expect("a kind"),
        id: Uuid::nil(),
        title: &String::new,
        body: body.as_object().expect("an object"),
        change_state: ChangeState::Changed,
        declared: None,
    };
    let sites = find_references(&catalog, &entity, &|_| false);
    let mut assessments = classify_sites(sites, &Vaults::default());
    let resolved = assessments.iter_mut().map(|assessment| {
        assessment.finding = Finding::new(Reason::SecretFound, "found");
        let named = |(name, _): &&(&str, &str)| assessment.site.text == format!("{{vault://env/{name}}}");
        let (_, value) = values.iter().find(named).expect("a value");
        vec![(None, Secret::from(zeroize::Zeroizing::new(value.as_bytes().to_vec())))]
    });
    let resolved: Vec<ResolvedValues> = resolved.collect();
    let expiry = ExpiryWindow { now: 0, warn_days: 0 };
    let mut checker = ContentChecker::new(&catalog, &mut assessments, &resolved, expiry);
    checker.check_entity(&entity, None, &Vec::new);
    let issues = checker.into_issues();
    (assessments, issues)
}

fn http_log(headers: &Value) -> Value {
    json!({"name": "http-log", "config": {"http_endpoint": "http://log.test", "headers": headers.clone()}})
}

fn wrong_fields(assessments: &[Assessment]) -> Vec<String> {
    let wrong = assessments
        .iter()
        .filter(|assessment| assessment.finding.reason == Reason::BadContent);
    wrong.map(|assessment| assessment.site.path.to_string()).collect()
}

#[test]
fn of_a_map_the_member_that_is_wrong_is_blamed() {
    let headers = json!({"a": "{vault://env/a}", "b": "{vault://env/b}", "c": "{vault://env/c}"});
    for (values, wrong) in [
        ([("a", "good"), ("b", ""), ("c", "good")], &["config.headers.b"][..]),
        ([("a", ""), ("b", "good"), ("c", "good")], &["config.headers.a"]),
        (
            [("a", "good"), ("b", ""), ("c", "")],
            &["config.headers.b", "config.headers.c"],
        ),
        ([("a", "good"), ("b", "good"), ("c", "good")], &[]),
    ] {
        let (assessments, _) = check_plugin(&http_log(&headers), &values);
        assert_eq!(wrong_fields(&assessments), wrong, "{values:?}");
    }
}

#[test]
fn of_a_list_the_member_that_is_wrong_is_blamed() {
    let body =
        json!({"name": "request-transformer", "config": {"add": {"headers": ["{vault://env/a}", "{vault://env/b}"]}}});
    let (assessments, _) = check_plugin(&body, &[("a", "x:y"), ("b", "")]);
    assert_eq!(wrong_fields(&assessments), ["config.add.headers[1]"]);
}

#[test]
fn white_space_at_the_ends_of_a_value_is_reported() {
    let headers = json!({"a": "{vault://env/a}"});
    for (value, is_reported) in [
        ("token", false),
        ("token\n", true),
        ("token\r\n", true),
        (" token", true),
        ("token ", true),
        ("{\"a\": 1}\n", false),
        ("-----BEGIN CERTIFICATE-----\n", false),
    ] {
        let (assessments, issues) = check_plugin(&http_log(&headers), &[("a", value)]);
        assert_eq!(!issues.is_empty(), is_reported, "{value:?}");
        assert!(wrong_fields(&assessments).is_empty(), "{value:?}");
        let is_shown = |issue: &EntityIssue| issue.field_issue.message.contains("token");
        assert!(!issues.iter().any(is_shown), "{value:?}");
    }
}
