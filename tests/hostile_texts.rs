//! Texts that nobody means: whatever stands in a reference or a template, there is an answer and no panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use strongroom::reference::{answer, answer_line, is_reference, parse, subkey, variable};
use strongroom::state::{ComposeOptions, Environment, Sources, compose};

/// Pieces of which references are made, and what breaks them.
const PIECES: &[&[u8]] = &[
    b"{vault://",
    b"}",
    b"env",
    b"/",
    b"//",
    b"?",
    b"#",
    b"&",
    b"=",
    b";",
    b":",
    b"@",
    b"%2F",
    b"%25",
    b"%",
    b"%zz",
    b"%00",
    b"+",
    b"..",
    b".",
    b"#2",
    b"#1e400",
    b"#-0",
    b"#0x1p4",
    b"#nan",
    b"prefix=",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\0",
    b"\n",
    b" ",
    b"[",
    b"]",
    b"a",
    b"\\",
    b"\"",
    b"'",
    b"{",
    b"$",
];

/// Pieces of which state files with templates are made.
const TEMPLATES: &[&str] = &[
    "${{",
    "}}",
    "env",
    " ",
    "\"DECK_A\"",
    "\"",
    "'",
    "toInt",
    "toBool",
    "indent 2",
    "|",
    "(",
    ")",
    "a: ",
    "- ",
    "\n",
    "\n  ",
    "\\",
    "${A}",
    "$A",
    "$$",
    "if",
    "end",
    "range",
    "{{-",
    "-}}",
    "é",
    "\u{feff}",
    "\u{85}",
    ": ",
    "# ",
    "&x ",
    "*x",
    "<<: ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "|\n",
    ">-\n",
    "---\n",
    "!!int ",
    "0x1f",
    "1_000",
    "~",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reference_is_answered(pieces in vec(select(PIECES), 0..12), bytes in vec(any::<u8>(), 0..6), whole in any::<bool>()) {
        let mut text = pieces.concat();
        text.extend(bytes);
        if whole {
            text = [b"{vault://", &text[..], b"}"].concat();
        }
        let told: Value = serde_json::from_str(&lone_as_text(&answer(&text))).expect("one JSON object");
        prop_assert_eq!(&told["is_reference"], &Value::from(is_reference(&text)));
        prop_assert_eq!(parse(&text).is_ok(), told.get("parsed").is_some());
        if let Ok(reference) = parse(&text) {
            prop_assert!(!reference.name.is_empty());
            let _ = variable(&reference, Some("A_"));
            let _ = subkey(&text, &reference.resource);
        }
        let line = answer_line(&text);
        prop_assert!(serde_json::from_str::<Value>(&lone_as_text(&line)).is_ok() && !line.contains('\n'));
    }

    #[test]
    fn every_template_is_read_or_refused(pieces in vec(select(TEMPLATES), 0..14), substitute_env in any::<bool>()) {
        let text = pieces.concat();
        let mut sources = Sources::default();
        let file = sources.add("state.yaml", text.as_str());
        let variable = |name: &str| (name == "DECK_A").then(|| "1\n: ${{ \"".to_owned());
        let options = ComposeOptions { environment: Environment::Of(&variable), substitute_env };
        let (node, told) = compose(file, &text, &options);
        prop_assert!(node.is_some() || !told.is_empty(), "nothing is read and nothing is told");
        for place in told.iter().flat_map(|one| &one.places) {
            prop_assert!(place.span.end as usize <= text.len() && place.span.start <= place.span.end);
        }
    }
}

/// Lone surrogates stand for bytes that are no text; a reader of JSON takes none.
fn lone_as_text(line: &str) -> String {
    line.replace("\\udc", "dc")
}
