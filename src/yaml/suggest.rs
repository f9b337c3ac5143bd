//! Suggestions for misspelled words.

const MAX_SLIPS: usize = 2;

/// Suggests the known word that is most similar to an unknown one; none if nothing is near.
///
/// Near is one slip (a letter too many, too few, another, or two exchanged), or two in a word of six letters and more.
/// Case, `-` for `_`, and a plural for a singular are no slips. Among equally near words the first wins. The word itself
/// is never suggested.
pub fn suggest_similar<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let (spelled, stem) = (normalize_word(word), singular(&normalize_word(word)));
    let max_distance = (stem.chars().count() / 3).clamp(1, MAX_SLIPS);
    known
        .into_iter()
        .filter(|candidate| *candidate != word)
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
    fn suggests_neither_the_word_itself_nor_what_is_three_slips_away() {
        for (word, known) in [
            ("hcv", ["hcv", "hcv"]),
            ("rate-limiting-advanced", ["rate-limiting", "response-ratelimiting"]),
            ("openid-connect", ["opentelemetry", "oauth2"]),
            ("proxy-cache-advanced", ["proxy-cache", "proxy-cache"]),
            ("consumer_group_scope", ["consumer_groups", "consumers"]),
        ] {
            assert_eq!(suggest_similar(word, known), None, "{word}");
        }
        assert_eq!(suggest_similar("hcv", ["hcv", "hcw"]), Some("hcw"));
        assert_eq!(
            suggest_similar("rate-limitting", ["rate-limiting"]),
            Some("rate-limiting")
        );
    }

    #[test]
    fn takes_the_first_of_equals() {
        assert_eq!(suggest_similar("cat", ["bat", "hat"]), Some("bat"));
        assert_eq!(suggest_similar("client_id", ["client-id"]), Some("client-id"));
    }
}
