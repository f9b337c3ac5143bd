//! Texts that nobody means: whatever stands in a reference or a template, there is an answer and no panic.

use std::sync::LazyLock;

use crate::common::hostile::{is_answered, is_read_or_refused};
use crate::common::real_servers::effort;
use percent_encoding::percent_decode_str;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What references are made of, and what breaks them; fuzzers begin with the same.
static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| words(include_str!("../../fuzz/references.dict")));

/// What state files with templates are made of.
static TEMPLATES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words = words(include_str!("../../fuzz/templates.dict"));
    words
        .into_iter()
        .map(|word| String::from_utf8(word).expect("text"))
        .collect()
});

/// The words of a fuzzer's dictionary: one a line, in quotes, bytes that are no plain text as `\xNN`.
fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let lines = dictionary
        .lines()
        .map(|line| line.trim_matches('"').replace("\\x", "%"));
    lines.map(|line| percent_decode_str(&line).collect()).collect()
}

/// What a fuzzer found.
#[test]
fn a_backslash_before_what_looks_like_a_byte_is_answered() {
    is_answered(br"{vault://a/\\udcC_}");
    is_answered(b"\"\\\\udcC_\\udc80\"");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: effort(100_000, 10_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reference_is_answered(pieces in vec(select(PIECES.as_slice()), 0..12), bytes in vec(any::<u8>(), 0..6), whole in any::<bool>()) {
        let mut text = pieces.concat();
        text.extend(bytes);
        if whole {
            text = [b"{vault://", &text[..], b"}"].concat();
        }
        is_answered(&text);
    }

    #[test]
    fn every_template_is_read_or_refused(pieces in vec(select(TEMPLATES.as_slice()), 0..14), substitute_env in any::<bool>()) {
        is_read_or_refused(&pieces.concat(), substitute_env);
    }
}
