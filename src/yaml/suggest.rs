//! Suggestions for misspelled words.

/// Suggests the known word that is most similar to an unknown one; none if nothing is near.
///
/// Near is one slip (a letter too many, too few, another, or two exchanged) for every three letters, at least one.
/// Case, `-` for `_`, and a plural for a singular are no slips. Among equally near words the first wins.
pub fn suggest_similar<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let (spelled, stem) = (normalize_word(word), singular(&normalize_word(word)));
    let max_distance = (stem.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| {
            let plain = normalize_word(candidate);
            let distance = strsim::damerau_levenshtein(&stem, &singular(&plain));
            (distance, strsim::damerau_levenshtein(&spelled, &plain), candidate)
        })
        .filter(|(distance, _, candidate)| *distance <= max_distance && *distance < candidate.chars().count())
        .min_by_key(|(distance, spelled_distance, _)| (*distance, *spelled_distance))
        .map(|(_, _, candidate)| candidate)
}

fn normalize_word(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

fn singular(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.trim_end_matches('s').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::suggest_similar;

    const KINDS: [&str; 6] = ["service", "services", "routes", "vaults", "tags", "id"];

    #[test]
    fn finds_what_was_meant() {
        for (word, meant) in [
            ("sevice", "service"),
            ("Services", "services"),
            ("servcies", "services"),
            ("rotues", "routes"),
            ("valuts", "vaults"),
            ("tag", "tags"),
        ] {
            assert_eq!(suggest_similar(word, KINDS), Some(meant), "{word}");
        }
    }

    #[test]
    fn keeps_quiet_where_nothing_is_near() {
        for word in ["consumers", "x", "", "plugin", "no"] {
            assert_eq!(suggest_similar(word, KINDS), None, "{word}");
        }
    }

    #[test]
    fn takes_the_first_of_equals() {
        assert_eq!(suggest_similar("cat", ["bat", "hat"]), Some("bat"));
        assert_eq!(suggest_similar("client_id", ["client-id"]), Some("client-id"));
    }
}
