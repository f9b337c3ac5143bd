/// The known word that somebody most likely meant by an unknown one, if any is near enough.
///
/// Near means: a third of the letters at most are swapped, missing or too many (one at least may be).
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_wins_if_it_is_near() {
        let known = ["services", "routes", "certificates", "snis"];
        assert_eq!(nearest("servces", known), Some("services"));
        assert_eq!(nearest("Routes", known), Some("routes"));
        assert_eq!(nearest("certificate", known), Some("certificates"));
        assert_eq!(nearest("nothing", known), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
