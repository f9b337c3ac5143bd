//! Whatever a text holds, reading it ends soon, with a value or an error; and no value changes the structure around it.

use std::fmt::Write;
use std::fs;

use crate::common::hang::done_without_hang;
use crate::common::real_servers::effort;
use proptest::prelude::*;
use strongroom::cli::report;
use strongroom::json::{Object, Value};
use strongroom::yaml::{
    ComposeOptions, Diagnostic, DiagnosticCode, FileId, Node, NodeData, Severity, SourceFiles, TemplateEnvironment,
    compose, decode,
};

#[test]
fn bombs_are_refused_soon() {
    let bombs: &[(&str, String, DiagnosticCode)] = &[
        ("billion laughs", laughs(), DiagnosticCode::ExcessiveAliases),
        (
            "one list, many times",
            quadratic(20_000),
            DiagnosticCode::ExcessiveAliases,
        ),
        ("one text, many times", long_text(), DiagnosticCode::ExcessiveAliases),
        ("nested lists", "[".repeat(100_000), DiagnosticCode::TooDeep),
        ("nested maps", "{a: ".repeat(50_000), DiagnosticCode::TooDeep),
        ("nested blocks", nested_blocks(2_000), DiagnosticCode::TooDeep),
        ("a chain of aliases", chain(1_000), DiagnosticCode::ExcessiveAliases),
        (
            "anchors within anchors",
            nested_anchors(),
            DiagnosticCode::ExcessiveAliases,
        ),
        ("merges of merges", merges(), DiagnosticCode::ExcessiveAliases),
        (
            "directives",
            "%TAG !a! tag:x,2026:\n".repeat(100_000),
            DiagnosticCode::YamlDirectives,
        ),
    ];
    for (name, text, code) in bombs {
        let (node, diagnostics) = done_without_hang(|| compose(FileId(0), text, &mocked()));
        assert!(node.is_none(), "{name} was read");
        assert_eq!(
            diagnostics.iter().map(|told| told.code).collect::<Vec<_>>(),
            [*code],
            "{name}"
        );
        assert!(diagnostics[0].help.is_some(), "{name}: it is said what to do");
    }
}

#[test]
fn large_but_honest_texts_are_read_soon() {
    // in full, what takes the square of it would hang
    let times = effort(10_000, 2_500);
    let large: &[(&str, String)] = &[
        (
            "many fields of one map",
            (0..20 * times).fold(String::new(), |text, at| text + &format!("a{at}: 1\n")),
        ),
        (
            "many merges into one map",
            format!("a: &a {{x: 1}}\nb:\n{}", "  <<: *a\n".repeat(5 * times)),
        ),
        (
            "many templates in one line",
            format!("[{}]", "${{ env \"DECK_X\" }}, ".repeat(5 * times)),
        ),
        (
            "many words in one line",
            format!("{{a: [{}]}}", "yes, ".repeat(20 * times)),
        ),
        ("many duplicates", "a: 1\n".repeat(10 * times)),
        ("many open templates", "a: ${{ env\n".repeat(5 * times)),
        (
            "anchors three deep",
            format!("a: &a {{b: &b [{}]}}\nc: [*a, *b]\n", "1, ".repeat(2 * times)),
        ),
    ];
    for (name, text) in large {
        let (node, diagnostics) = done_without_hang(|| compose(FileId(0), text, &mocked()));
        assert!(
            node.is_some(),
            "{name}: {:?}",
            diagnostics.first().map(|told| &told.message)
        );
        let mut sources = SourceFiles::default();
        sources.add("state.yaml", text.as_str());
        done_without_hang(|| report::render_diagnostics(&diagnostics, &sources));
    }
}

fn laughs() -> String {
    let mut text = "a0: &a0 [lol, lol]\n".to_owned();
    for level in 1..40 {
        let below = format!("*a{}, ", level - 1).repeat(9);
        writeln!(text, "a{level}: &a{level} [{below}]").unwrap();
    }
    text
}

fn quadratic(members: usize) -> String {
    format!("a: &a [{}]\nb: [{}]\n", "1, ".repeat(members), "*a, ".repeat(members))
}

fn long_text() -> String {
    format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(500))
}

fn nested_blocks(depth: usize) -> String {
    (0..depth).fold(String::new(), |text, at| text + &" ".repeat(at) + "a:\n")
}

fn chain(length: usize) -> String {
    (1..length).fold("- &a0 []\n".to_owned(), |text, at| {
        text + &format!("- &a{at} [*a{}]\n", at - 1)
    })
}

fn nested_anchors() -> String {
    let open: String = (0..500).map(|at| format!("&a{at} [")).collect();
    open + &"1, ".repeat(100_000) + &"]".repeat(500)
}

fn merges() -> String {
    let fields: String = (0..500).map(|at| format!("a{at}: 1, ")).collect();
    let mut text = format!("m: &m {{{fields}}}\n");
    text.push_str(&"- ".replace("- ", "l:\n"));
    text + &"- {<<: *m}\n".repeat(5_000)
}

fn mocked() -> ComposeOptions<'static> {
    ComposeOptions {
        environment: TemplateEnvironment::Mock,
        substitute_env: true,
    }
}

/// Pieces that texts of YAML are made of, odd ones included.
const PIECES: &[&str] = &[
    "a",
    "b: ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ": ",
    "# ",
    "&a ",
    "*a",
    "<<: ",
    "!!int ",
    "!x ",
    "|",
    ">-",
    "?",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "%TAG ! x\n",
    "\t",
    "\r\n",
    "\\",
    "\\ud83d\\ude00",
    "\\ud83d",
    "${{",
    "}}",
    "${{ env \"DECK_X\" }}",
    "${{- env `DECK_X` | indent 2 -}}",
    "${{ toInt (env \"DECK_X\") }}",
    "$HOST",
    "${HOST}",
    "${HOST:-x}",
    "yes",
    "010",
    "1_000",
    ".inf",
    "~",
    "é",
    "😀",
    "\u{e000}",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "\u{7f}",
    "0x",
    "1e400",
    "x: 1",
    "{\"a\":1}",
];

fn text_of_pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn seeds() -> Vec<String> {
    let folders = fs::read_dir("fixtures/yaml")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let texts = folders.filter_map(|folder| fs::read(folder.join("state.yaml")).ok());
    texts.map(|bytes| decode(FileId(0), bytes).0).collect()
}

fn mutated_seed() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..4_usize, prop::sample::select(PIECES));
    (prop::sample::select(seeds()), prop::collection::vec(edit, 1..6)).prop_map(|(seed, edits)| {
        edits.into_iter().fold(seed, |text, (at, removed, piece)| {
            let characters: Vec<char> = text.chars().collect();
            let at = at.index(characters.len() + 1);
            let rest = characters[at..].iter().skip(removed);
            characters[..at]
                .iter()
                .copied()
                .chain(piece.chars())
                .chain(rest.copied())
                .collect()
        })
    })
}

/// Reads a text, shows all that is told of it, and walks the places of all nodes.
fn read_and_show(text: &str) {
    let mut sources = SourceFiles::default();
    let file = sources.add("state.yaml", text);
    let (node, diagnostics) = compose(file, text, &mocked());
    report::render_diagnostics(&diagnostics, &sources);
    let stripped = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(node) = node {
        walk(&node, stripped);
    }
    assert!(diagnostics.iter().all(|told| !told.locations.is_empty()));
}

fn walk(node: &Node, text: &str) {
    assert!(
        text.get(node.span.start as usize..node.span.end as usize).is_some(),
        "{:?}",
        node.span
    );
    node.members().iter().for_each(|member| walk(member, text));
    node.entries().iter().for_each(|entry| walk(&entry.value, text));
}

/// Values of variables: anything at all.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), text_of_pieces()]
}

fn errors(diagnostics: &[Diagnostic]) -> Vec<&str> {
    let errors = diagnostics.iter().filter(|told| told.severity == Severity::Error);
    errors.map(|told| told.message.as_str()).collect()
}

fn plain(node: &Node) -> Value {
    match &node.data {
        NodeData::Null => Value::Null,
        NodeData::Bool(truth) => (*truth).into(),
        NodeData::Number(number) => Value::Number(number.clone()),
        NodeData::String(text, _) => text.as_str().into(),
        NodeData::List(members) => members.iter().map(plain).collect(),
        NodeData::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), plain(&entry.value)))
            .collect(),
    }
}

fn document() -> impl Strategy<Value = Object> {
    let text = any_value()
        .prop_filter("a name with a template is no name", |text| !text.contains("${{"))
        .boxed();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_value().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 24, 4, {
        let text = text.clone();
        move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(text.clone(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        }
    });
    prop::collection::btree_map(text, value, 1..4).prop_map(|fields| fields.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: effort(2_000, 500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_much(text in prop_oneof![text_of_pieces(), mutated_seed(), any::<String>()]) {
        read_and_show(&text);
    }

    #[test]
    fn no_bytes_are_too_much(bytes in any::<Vec<u8>>()) {
        read_and_show(&decode(FileId(0), bytes).0);
    }

    /// Whatever a variable holds, it becomes the value that asked for it, and all around stays what it was.
    #[test]
    fn values_never_change_the_structure(value in any_value()) {
        let text = "a: ${{ env \"DECK_X\" }}\nb: \"<${{ env \"DECK_X\" }}>\"\nc: ['<${{ env \"DECK_X\" }}>', 1]\nd: |\n  <${{ env \"DECK_X\" }}>\ne: {f: ${{ env \"DECK_X\" }}, g: x${X}x}\nh: 1\n";
        let options = ComposeOptions { environment: TemplateEnvironment::Strict(&|_| Some(value.clone())), substitute_env: true };
        let (node, diagnostics) = compose(FileId(0), text, &options);
        prop_assert_eq!(errors(&diagnostics), Vec::<&str>::new());
        let within = format!("<{value}>");
        let expected = strongroom::json::json!({
            "a": value, "b": within, "c": [within, 1], "d": format!("{within}\n"),
            "e": {"f": value, "g": format!("x{value}x")}, "h": 1,
        });
        prop_assert_eq!(plain(&node.unwrap()), expected);
        let told: String = diagnostics.iter().map(|told| told.message.clone()).collect();
        prop_assert!(value.chars().count() < 12 || !told.contains(&value));
    }

    /// What is written is read back as the same values.
    #[test]
    fn what_is_written_is_read_back(document in document()) {
        let text = report::to_yaml(&document);
        let options = ComposeOptions { environment: TemplateEnvironment::Strict(&|_| None), substitute_env: false };
        let (node, diagnostics) = compose(FileId(0), &text, &options);
        prop_assert_eq!(errors(&diagnostics), Vec::<&str>::new(), "{}", text);
        prop_assert_eq!(plain(&node.unwrap()), Value::Object(document), "{}", text);
    }
}
