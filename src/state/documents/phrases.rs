/// Files that stand beside state files or are taken for them, by keys that only they have.
pub(super) const OTHER_FORMATS: [(&[&str], &str); 14] = [
    (&["apiVersion", "kind"], "a Kubernetes manifest"),
    (&["openapi"], "an OpenAPI description"),
    (&["swagger"], "an OpenAPI description"),
    (&["services", "volumes"], "a Docker Compose file"),
    (&["services", "networks"], "a Docker Compose file"),
    (&["_type", "resources"], "an Insomnia export"),
    (&["_type", "collection"], "an Insomnia export"),
    (&["jobs", "on"], "a GitHub workflow"),
    (&["jobs", "true"], "a GitHub workflow"),
    (&["stages", "script"], "a GitLab pipeline"),
    (&["rules", "extends"], "a ruleset for a linter"),
    (&["dependencies", "license"], "the description of a package"),
    (&["data", "next"], "an answer of the Admin API"),
    (&["site_name"], "an MkDocs configuration"),
];

/// A word with its article: `a route`, `an upstream`.
pub(super) fn with_article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o']) || word.starts_with("up");
    format!("{} {word}", if vowel { "an" } else { "a" })
}

/// Tags, for a sentence: `the tag 'a'`, `the tags 'a', 'b'`.
pub(super) fn quote_tags<'t>(tags: impl IntoIterator<Item = &'t String>) -> String {
    let quoted: Vec<String> = tags.into_iter().map(|tag| format!("'{tag}'")).collect();
    match &quoted[..] {
        [tag] => format!("the tag {tag}"),
        all => format!("the tags {}", all.join(", ")),
    }
}
