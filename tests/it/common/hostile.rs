//! What must hold of every text, whoever makes it up: the tests with their pieces, or a fuzzer (`tests/fuzz`).

use serde_json::Value;
use strongroom::reference::{
    extract_subkey, is_reference, parse_line_to_json, parse_reference, parse_to_json, variable_name,
};
use strongroom::yaml::{ComposeOptions, SourceFiles, TemplateEnvironment, compose};

/// A text that may be a reference: it is taken apart or refused, and each line of bytes gets an answer that is one.
pub fn is_answered(text: &[u8]) {
    let told: Value = serde_json::from_str(&lone_as_text(&parse_to_json(text))).expect("one JSON object");
    assert_eq!(told["is_reference"], Value::from(is_reference(text)));
    assert_eq!(parse_reference(text).is_ok(), told.get("parsed").is_some());
    if let Ok(reference) = parse_reference(text) {
        assert!(!reference.name.is_empty());
        let _ = variable_name(&reference, Some("A_"));
        let _ = extract_subkey(text, &reference.resource);
    }
    let line = parse_line_to_json(text);
    assert!(serde_json::from_str::<Value>(&lone_as_text(&line)).is_ok() && !line.contains('\n'));
}

/// A text that may be a state file with templates: it is read, or told what is wrong, in places that it has.
pub fn is_read_or_refused(text: &str, substitute_env: bool) {
    let mut sources = SourceFiles::default();
    let file = sources.add("state.yaml", text);
    let variable = |name: &str| (name == "DECK_A").then(|| "1\n: ${{ \"".to_owned());
    let options = ComposeOptions {
        environment: TemplateEnvironment::Strict(&variable),
        substitute_env,
    };
    let (node, told) = compose(file, text, &options);
    assert!(
        node.is_some() || !told.is_empty(),
        "nothing is read and nothing is told"
    );
    for place in told.iter().flat_map(|one| &one.locations) {
        assert!(place.span.end as usize <= text.len() && place.span.start <= place.span.end);
    }
}

/// Lone surrogates stand for bytes that are no text; a reader of JSON takes none. A backslash may be escaped itself.
fn lone_as_text(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        rest = match escape.strip_prefix("\\udc") {
            Some(after) => {
                text.push_str("dc");
                after
            }
            None => {
                let end = escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end);
                text.push_str(&escape[..end]);
                &escape[end..]
            }
        };
    }
    text + rest
}
