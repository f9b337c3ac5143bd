/// The known word that somebody who wrote this one most likely meant, if any is near.
///
/// Case, hyphens and a missing or needless plural do not count; beyond that, a word may differ by a third of its letters.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let meant = plain(word);
    known
        .into_iter()
        .filter_map(|candidate| Some((distance(&meant, &plain(candidate))?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace(['-', ' '], "_")
}

fn distance(word: &str, candidate: &str) -> Option<usize> {
    let far = strsim::damerau_levenshtein(word, candidate);
    let letters = word.chars().count().max(candidate.chars().count());
    let within = far <= letters.div_ceil(3).min(3) && far < letters;
    let plural = word.trim_end_matches('s') == candidate.trim_end_matches('s');
    (within || plural).then_some(far)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_else() {
        let known = ["services", "routes", "plugins", "key_sets", "ca_certificates"];
        assert_eq!(nearest("servces", known), Some("services"));
        assert_eq!(nearest("service", known), Some("services"));
        assert_eq!(nearest("Key-Sets", known), Some("key_sets"));
        assert_eq!(nearest("cacertificates", known), Some("ca_certificates"));
        assert_eq!(nearest("apiVersion", known), None);
        assert_eq!(nearest("a", known), None);
    }
}
