use json::Value;
use plan::PlanValue;
use schema::{Field, FieldPath, PathSegment, Record};

/// Stands for a message that could repeat a secret.
const REDACTED_MESSAGE: &str = "is refused (the server's words could repeat a secret)";

/// Shorter texts are found everywhere: they are redacted by their field alone.
const MIN_SECRET_LEN: usize = 4;

/// Redacts messages of the server that could repeat a secret that was sent.
pub(crate) struct MessageRedactor<'a> {
    sent_body: Option<&'a PlanValue>,
    record: &'a Record,
    secrets: Vec<&'a str>,
}

impl<'a> MessageRedactor<'a> {
    pub fn new(sent_body: Option<&'a PlanValue>, record: &'a Record) -> Self {
        let mut secrets = Vec::new();
        if let Some(value) = sent_body {
            collect_secret_lines(value, &mut secrets);
        }
        Self {
            sent_body,
            record,
            secrets,
        }
    }

    /// The message about a field, unless it could repeat a secret.
    pub(crate) fn redact_field_message(&self, path: &FieldPath, text: String) -> String {
        let secret = holds_secret(self.sent_body, &path.0) || is_marked_secret(self.record, &path.0);
        if secret || self.repeats_secret(&text) {
            REDACTED_MESSAGE.to_owned()
        } else {
            text
        }
    }

    /// The message about the whole, unless it repeats a secret.
    pub(crate) fn redact_message(&self, text: String) -> Option<String> {
        (!self.repeats_secret(&text)).then_some(text)
    }

    fn repeats_secret(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret))
    }
}

/// Collects the texts of all secrets, line by line: an error may repeat one line of a key.
fn collect_secret_lines<'a>(value: &'a PlanValue, found: &mut Vec<&'a str>) {
    match value {
        PlanValue::Secret(secret) => collect_lines(secret.expose(), found),
        PlanValue::List(members) => members.iter().for_each(|member| collect_secret_lines(member, found)),
        PlanValue::Map(members) => members
            .iter()
            .for_each(|(_, member)| collect_secret_lines(member, found)),
        _ => {}
    }
}

fn collect_lines<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.extend(text.lines().map(str::trim).filter(|line| line.len() >= MIN_SECRET_LEN)),
        Value::Array(members) => members.iter().for_each(|member| collect_lines(member, found)),
        Value::Object(members) => members.values().for_each(|member| collect_lines(member, found)),
        _ => {}
    }
}

/// Whether what was sent at a path is secret, or lies in something that is, or holds something that is.
fn holds_secret(value: Option<&PlanValue>, path: &[PathSegment]) -> bool {
    let mut current = match value {
        Some(value) if !path.is_empty() => value,
        _ => return false,
    };
    for segment in path {
        let next = match (current, segment) {
            (PlanValue::Secret(_), _) => return true,
            (PlanValue::Map(members), PathSegment::Name(name)) => members
                .iter()
                .find(|(member_name, _)| member_name == name)
                .map(|(_, member)| member),
            (PlanValue::List(members), PathSegment::Index(index)) => members.get(*index),
            _ => None,
        };
        match next {
            Some(next) => current = next,
            None => return false,
        }
    }
    let mut found = Vec::new();
    collect_secret_lines(current, &mut found);
    matches!(current, PlanValue::Secret(_)) || !found.is_empty()
}

/// Whether the schema marks the field, one that it lies in, or its members, as secret.
fn is_marked_secret(record: &Record, path: &[PathSegment]) -> bool {
    let has_secret_members = |field: &Field| field.element().is_some_and(|member| member.secret);
    let mut fields = record.fields_along(path);
    fields.any(|field| field.secret || has_secret_members(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::{PlanSecret, SecretOrigin};

    fn secret(text: &str) -> PlanValue {
        PlanValue::Secret(PlanSecret::new(
            Value::String(text.to_owned()),
            "f".to_owned(),
            SecretOrigin::File,
        ))
    }

    #[test]
    fn words_about_a_secret_field_are_hidden_and_others_are_not() {
        let sent = PlanValue::Map(vec![
            ("open".to_owned(), PlanValue::String("seen".to_owned())),
            ("shut".to_owned(), secret("hush-hush")),
            (
                "deep".to_owned(),
                PlanValue::Map(vec![("inner".to_owned(), secret("quiet!"))]),
            ),
        ]);
        let record = Record::default();
        let redactor = MessageRedactor::new(Some(&sent), &record);
        let about =
            |path: &str, text: &str| redactor.redact_field_message(&FieldPath::from_dotted(path), text.to_owned());
        assert_eq!(about("open", "is too long"), "is too long");
        for (path, text) in [
            ("shut", "is too long"),
            ("deep.inner", "is too long"),
            ("deep", "is too long"),
            ("open", "'hush-hush' is no colour"),
        ] {
            assert_eq!(about(path, text), REDACTED_MESSAGE, "{path}: {text}");
        }
        assert_eq!(redactor.redact_message("expected hush-hush".to_owned()), None);
        assert_eq!(
            redactor.redact_message("expected something".to_owned()).as_deref(),
            Some("expected something")
        );
    }

    #[test]
    fn words_about_a_secret_in_a_map_or_a_list_are_hidden() {
        let plugin = |name: &str| schema::Catalog::recorded().plugin_schema(name).expect("a schema");
        let headers = FieldPath::from_dotted("config.headers.authorization");
        let about = |record: &Record, path: &FieldPath| {
            MessageRedactor::new(None, record).redact_field_message(path, "is odd".to_owned())
        };
        assert_eq!(about(&plugin("http-log"), &headers), REDACTED_MESSAGE);
        assert_eq!(
            about(&plugin("cors"), &FieldPath::from_dotted("config.origins").with_index(0)),
            "is odd"
        );
    }

    #[test]
    fn one_line_of_a_key_is_as_secret_as_all_of_it() {
        let sent = secret("-----BEGIN KEY-----\nMIIabc\n-----END KEY-----\n");
        let record = Record::default();
        assert_eq!(
            MessageRedactor::new(Some(&sent), &record).redact_message("bad line MIIabc".to_owned()),
            None
        );
    }
}
