use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_saphyr::{DoubleQuoted, ser_options};

use json::{Object, Value};

/// A document as YAML that decK reads back as the same values: words and numbers of YAML 1.1 are quoted where they are
/// text, texts of several lines (certificates) become blocks, no line is folded, and no text is taken for a template.
/// Fields keep their order.
pub fn to_yaml(document: &Object) -> String {
    let options = ser_options! {
        folded_wrap_chars: usize::MAX,
    };
    // all of JSON can be written, and writing to memory does not fail
    serde_saphyr::to_string_with_options(&YamlObjectSerializer(document), options).unwrap_or_default()
}

/// The start of a template, and the template that renders as it.
const TEMPLATE_START: &str = "${{";
const ESCAPED_TEMPLATE_START: &str = "${{ `${{` }}";

struct YamlObjectSerializer<'v>(&'v Object);

struct YamlValueSerializer<'v>(&'v Value);

impl Serialize for YamlObjectSerializer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, YamlValueSerializer(value))))
    }
}

impl Serialize for YamlValueSerializer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => YamlObjectSerializer(fields).serialize(serializer),
            Value::Array(members) => serializer.collect_seq(members.iter().map(YamlValueSerializer)),
            Value::String(text) if needs_double_quotes(text) => {
                DoubleQuoted(escape_templates(text)).serialize(serializer)
            }
            Value::String(text) => serializer.serialize_str(&escape_templates(text)),
            other => other.serialize(serializer),
        }
    }
}

/// Whether a text of several lines cannot be a block: because its first character would be taken for indentation, or
/// because templates are not read on lines that begin with `#`.
fn needs_double_quotes(text: &str) -> bool {
    text.contains('\n') && (text.trim_start_matches('\n').starts_with('\t') || text.contains(TEMPLATE_START))
}

fn escape_templates(text: &str) -> Cow<'_, str> {
    match text.contains(TEMPLATE_START) {
        true => text.replace(TEMPLATE_START, ESCAPED_TEMPLATE_START).into(),
        false => text.into(),
    }
}
