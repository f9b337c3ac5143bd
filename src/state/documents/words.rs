/// A word with its article: `a route`, `an upstream`.
pub(super) fn a(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o']) || word.starts_with("up");
    format!("{} {word}", if vowel { "an" } else { "a" })
}

/// Tags, for a sentence: `the tag 'a'`, `the tags 'a', 'b'`.
pub(super) fn tags<'t>(tags: impl IntoIterator<Item = &'t String>) -> String {
    let quoted: Vec<String> = tags.into_iter().map(|tag| format!("'{tag}'")).collect();
    match &quoted[..] {
        [one] => format!("the tag {one}"),
        all => format!("the tags {}", all.join(", ")),
    }
}
