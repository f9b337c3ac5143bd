use serde_saphyr::ser_options;

use crate::schema::Object;

/// A document as YAML that decK reads back as the same values: words and numbers of YAML 1.1 are quoted where they are
/// text, texts of several lines (certificates) stand as blocks, and no line is folded. Fields stand in their order.
pub fn yaml(document: &Object) -> String {
    let options = ser_options! {
        folded_wrap_chars: usize::MAX,
    };
    // nothing of JSON is refused, and writing to memory does not fail
    serde_saphyr::to_string_with_options(document, options).unwrap_or_default()
}
