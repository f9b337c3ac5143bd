//! What a plan looks like, compared with `fixtures/outputs`. Set `UPDATE_FIXTURES` to write what is printed now.

use uuid::Uuid;

use super::Names;
use super::changes::change_in_words;
use json::json;
use plan::{Change, FieldChange, Plan, Secret, SecretOrigin, Subject, Tree};
use schema::{Catalog, FieldPath};
use state::ScopeId;

#[test]
fn a_field_a_line() {
    let fields = vec![
        changed("config.prefix", text("A_"), text("B_")),
        changed("description", Tree::Null, text("two")),
        changed(
            "tags",
            list(&["a", "b", "c", "d", "e", "f"]),
            list(&["a", "b", "c", "d", "x", "f"]),
        ),
        changed("config.port", Tree::Number(80.into()), Tree::Null),
        changed("config.on", Tree::Bool(false), Tree::Bool(true)),
        changed(
            "config.token",
            secret("000000000001", SecretOrigin::Live),
            secret("000000000002", from_environment()),
        ),
        changed(
            "config.key",
            secret("000000000003", SecretOrigin::Live),
            text("{vault://my-secret/key}"),
        ),
        changed(
            "config.map",
            Tree::Null,
            Tree::Map(vec![("k".into(), text("v")), ("l".into(), Tree::Null)]),
        ),
    ];
    same("fields.txt", &update("vault", "my-secret", fields));
}

#[test]
fn texts_of_several_lines_are_compared_line_by_line() {
    let code = |middle: &str| {
        text(&format!(
            "local a = 1\nlocal b = 2\nlocal c = 3\nlocal d = 4\n{middle}\nreturn a\n"
        ))
    };
    let fields = vec![
        changed("config.access", code("a = b"), code("a = c\na = a + 1")),
        changed("config.body", text("short"), code("a = b")),
        changed("config.long", text(&"x".repeat(90)), text(&"y".repeat(90))),
    ];
    same("texts.txt", &update("plugin", "pre-function (global)", fields));
}

#[test]
fn certificates_are_shown_by_what_they_say() {
    let [one, other] = ["one", "other"].map(|name| {
        let path = format!("fixtures/outputs/{name}.pem");
        std::fs::read_to_string(path).expect("a certificate")
    });
    let fields = vec![
        changed("cert", text(&one), text(&other)),
        changed("cert_alt", text("{vault://my-secret/cert}"), text(&one)),
        changed(
            "key",
            secret("000000000001", SecretOrigin::Live),
            secret("000000000002", SecretOrigin::File),
        ),
    ];
    let shown = update("certificate", "4b1e1c1e-0000-4000-8000-000000000001", fields);
    assert!(!shown.contains("MII"), "{shown}");
    same("certificates.txt", &shown);
}

fn update(kind: &str, title: &str, fields: Vec<FieldChange>) -> String {
    let catalog = Catalog::recorded();
    let subject = Subject {
        kind: catalog.find_kind(kind).expect("a kind"),
        id: Uuid::nil(),
        title: title.to_owned(),
        declared: None,
        scope: ScopeId(0),
        because: Some("because of a reason".to_owned()),
    };
    let change = Change::Update {
        subject,
        before: Tree::Null,
        after: Tree::Null,
        fields,
    };
    anstream::adapter::strip_str(&change_in_words(&catalog, &Plan::default(), &Names::default(), &change)).to_string()
}

fn changed(path: &str, before: Tree, after: Tree) -> FieldChange {
    FieldChange {
        path: FieldPath::from_dotted(path),
        before,
        after,
    }
}

fn text(text: &str) -> Tree {
    Tree::String(text.to_owned())
}

fn list(members: &[&str]) -> Tree {
    Tree::List(members.iter().map(|member| text(member)).collect())
}

fn secret(fingerprint: &str, origin: SecretOrigin) -> Tree {
    Tree::Secret(Secret::new(json!("never shown"), fingerprint.to_owned(), origin))
}

fn from_environment() -> SecretOrigin {
    SecretOrigin::Environment(vec!["DECK_TOKEN".to_owned()])
}

fn same(fixture: &str, printed: &str) {
    assert!(!printed.contains("never shown"));
    let path = format!("fixtures/outputs/{fixture}");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, printed).expect("written");
    }
    let expected = std::fs::read_to_string(&path).expect("a fixture");
    assert_eq!(printed, expected, "{path}");
}
