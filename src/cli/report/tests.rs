//! What a plan looks like, compared with `fixtures/outputs`. Set `UPDATE_FIXTURES` to write what is printed now.

use uuid::Uuid;

use super::changes::render_change;
use json::json;
use plan::{Change, ChangedEntity, EntityName, FieldChange, PlanSecret, PlanValue, SecretOrigin};
use schema::{Catalog, FieldPath};
use state::ScopeId;

const OUTPUTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/outputs");

#[test]
fn a_field_a_line() {
    let fields = vec![
        field_change("config.prefix", text("A_"), text("B_")),
        field_change("description", PlanValue::Null, text("two")),
        field_change(
            "tags",
            list(&["a", "b", "c", "d", "e", "f"]),
            list(&["a", "b", "c", "d", "x", "f"]),
        ),
        field_change("config.port", PlanValue::Number(80.into()), PlanValue::Null),
        field_change("config.on", PlanValue::Bool(false), PlanValue::Bool(true)),
        field_change(
            "config.token",
            secret("000000000001", SecretOrigin::Live),
            secret("000000000002", from_environment()),
        ),
        field_change(
            "config.key",
            secret("000000000003", SecretOrigin::Live),
            text("{vault://my-secret/key}"),
        ),
        field_change(
            "config.map",
            PlanValue::Null,
            PlanValue::Map(vec![("k".into(), text("v")), ("l".into(), PlanValue::Null)]),
        ),
    ];
    assert_matches_fixture("fields.txt", &render_update("vault", "my-secret", fields));
}

#[test]
fn texts_of_several_lines_are_compared_line_by_line() {
    let code = |middle: &str| {
        text(&format!(
            "local a = 1\nlocal b = 2\nlocal c = 3\nlocal d = 4\n{middle}\nreturn a\n"
        ))
    };
    let fields = vec![
        field_change("config.access", code("a = b"), code("a = c\na = a + 1")),
        field_change("config.body", text("short"), code("a = b")),
        field_change("config.long", text(&"x".repeat(90)), text(&"y".repeat(90))),
    ];
    assert_matches_fixture("texts.txt", &render_update("plugin", "pre-function (global)", fields));
}

#[test]
fn certificates_are_shown_by_what_they_say() {
    let [one, other] = ["one", "other"].map(|name| {
        let path = format!("{OUTPUTS}/{name}.pem");
        std::fs::read_to_string(path).expect("a certificate")
    });
    let fields = vec![
        field_change("cert", text(&one), text(&other)),
        field_change("cert_alt", text("{vault://my-secret/cert}"), text(&one)),
        field_change(
            "key",
            secret("000000000001", SecretOrigin::Live),
            secret("000000000002", SecretOrigin::File),
        ),
    ];
    let shown = render_update("certificate", "4b1e1c1e-0000-4000-8000-000000000001", fields);
    assert!(!shown.contains("MII"), "{shown}");
    assert_matches_fixture("certificates.txt", &shown);
}

#[test]
fn nothing_in_a_change_moves_the_cursor() {
    let hostile = "a\u{7}\r\u{202e}\n\u{9b}b";
    let fields = vec![
        field_change("config", PlanValue::Null, text(hostile)),
        field_change("config", text("one"), text(hostile)),
        field_change("tags", list(&["one"]), list(&[hostile])),
        field_change(
            &hostile.replace('.', ""),
            PlanValue::Map(vec![(hostile.to_owned(), text("one"))]),
            PlanValue::Null,
        ),
        field_change(
            "token",
            secret("1", SecretOrigin::Environment(vec![hostile.to_owned()])),
            text(""),
        ),
    ];
    let shown = render_update("consumer", hostile, fields);
    let is_control = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
    assert!(!shown.contains(is_control), "{shown:?}");
    assert!(
        shown.starts_with("updating consumer a\\u{7}\\r\\u{202e}\\n\\u{9b}b\n"),
        "{shown}"
    );
}

fn render_update(kind: &str, title: &str, fields: Vec<FieldChange>) -> String {
    let catalog = Catalog::recorded();
    let entity = ChangedEntity {
        kind: catalog.find_kind(kind).expect("a kind"),
        id: Uuid::nil(),
        name: EntityName {
            name: title.to_owned(),
            ..EntityName::default()
        },
        declared: None,
        scope: ScopeId(0),
        reason: Some("because of a reason".to_owned()),
    };
    let change = Change::Update {
        entity,
        before: PlanValue::Null,
        after: PlanValue::Null,
        fields,
    };
    anstream::adapter::strip_str(&render_change(&catalog, &change)).to_string()
}

fn field_change(path: &str, before: PlanValue, after: PlanValue) -> FieldChange {
    FieldChange {
        path: FieldPath::from_dotted(path),
        before,
        after,
    }
}

fn text(text: &str) -> PlanValue {
    PlanValue::String(text.to_owned())
}

fn list(members: &[&str]) -> PlanValue {
    PlanValue::List(members.iter().map(|member| text(member)).collect())
}

fn secret(fingerprint: &str, origin: SecretOrigin) -> PlanValue {
    PlanValue::Secret(PlanSecret::new(json!("never shown"), fingerprint.to_owned(), origin))
}

fn from_environment() -> SecretOrigin {
    SecretOrigin::Environment(vec!["DECK_TOKEN".to_owned()])
}

fn assert_matches_fixture(fixture: &str, printed: &str) {
    assert!(!printed.contains("never shown"));
    let path = format!("{OUTPUTS}/{fixture}");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, printed).expect("written");
    }
    let expected = std::fs::read_to_string(&path).expect("a fixture");
    assert_eq!(printed, expected, "{path}");
}
