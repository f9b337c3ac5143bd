//! Forms near that of a reference: another separator, no braces, a misspelt scheme.

use yaml::suggest_similar;

const SCHEME: &str = "vault";
const BRACKETS: [char; 9] = ['$', '{', '}', '[', ']', '(', ')', '<', '>'];

/// Whether a text may have such a form: a cheap check before the thorough one.
pub(super) fn may_have_near_form(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(['$', '{', '[', '(', '<', 'v', 'V']) && text.contains(['/', '\\'])
}

/// Why a text is no reference although it has nearly the form of one. Only in fields for references and secrets: elsewhere
/// such a text may be meant as it stands.
pub(super) fn describe_near_form(text: &str) -> Option<&'static str> {
    let inner = text.trim_start_matches(BRACKETS);
    let opening = &text[..text.len() - inner.len()];
    let inner = inner.trim_end_matches(BRACKETS);
    let (scheme, rest) = inner.split_at(inner.find(|c: char| !c.is_ascii_alphabetic())?);
    let path = rest.trim_start_matches([':', ';', '.', '=', '/', '\\', ' ']);
    let separator = &rest[..rest.len() - path.len()];
    if !is_scheme_or_near(scheme) || separator.is_empty() || !is_path(path) {
        return None;
    }
    let is_misspelt = !scheme.eq_ignore_ascii_case(SCHEME);
    if opening.is_empty() && (is_misspelt || !separator.starts_with(':')) {
        return None;
    }
    Some(match () {
        () if is_misspelt => "misspells the word vault of a reference",
        () if separator.contains('\\') => "has backslashes where a reference has slashes",
        () if !separator.starts_with(':') => "lacks the colon of a reference",
        () if !separator.contains('/') => "lacks the two slashes of a reference",
        () if separator != "://" => "has something else where a reference has a colon and two slashes",
        () if opening.is_empty() => "lacks the braces of a reference",
        () if opening != "{" => "has other brackets than the braces of a reference",
        () => return None,
    })
}

fn is_scheme_or_near(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case(SCHEME) || suggest_similar(scheme, [SCHEME]).is_some()
}

/// A vault and a secret, without white space.
fn is_path(path: &str) -> bool {
    let is_long = path
        .split_once(['/', '\\'])
        .is_some_and(|(vault, secret)| !vault.is_empty() && !secret.is_empty());
    is_long && !path.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_near_that_of_a_reference() {
        for (text, expected) in [
            ("{vault:x/y}", "lacks the two slashes of a reference"),
            ("vault:x/y", "lacks the two slashes of a reference"),
            ("vault://x/y", "lacks the braces of a reference"),
            ("VAULT://x/y", "lacks the braces of a reference"),
            ("{vault//x/y}", "lacks the colon of a reference"),
            ("{vault/x/y}", "lacks the colon of a reference"),
            ("{vault;//x/y}", "lacks the colon of a reference"),
            ("{vault.x/y}", "lacks the colon of a reference"),
            ("{valut://x/y}", "misspells the word vault of a reference"),
            ("{valt://x/y/z}", "misspells the word vault of a reference"),
            ("{vaults://x/y}", "misspells the word vault of a reference"),
            ("${valut://x/y}", "misspells the word vault of a reference"),
            ("{vault:\\\\x\\y}", "has backslashes where a reference has slashes"),
            (
                "{vault: //x/y}",
                "has something else where a reference has a colon and two slashes",
            ),
            (
                "{vault:://x/y}",
                "has something else where a reference has a colon and two slashes",
            ),
            ("[vault://x/y]", "has other brackets than the braces of a reference"),
            ("(vault://x/y)", "has other brackets than the braces of a reference"),
            ("<vault://x/y>", "has other brackets than the braces of a reference"),
        ] {
            assert_eq!(describe_near_form(text), Some(expected), "{text}");
            assert!(may_have_near_form(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "{",
            "vault",
            "{vault}",
            "vault/x/y",
            "vault.test/x/y",
            "https://vault.test/x/y",
            "{default/x/y}",
            "{fall/x y/z}",
            "see vault://x/y",
            "vault://x",
            "vaulted://x/y",
            "{\"vault\": \"x/y\"}",
            "value:x/y",
            "^/vault/x/y$",
            "{service://x/y}",
            "$(uri_captures/x/y)",
            "vault:x/y and more",
        ] {
            assert_eq!(describe_near_form(text), None, "{text}");
        }
    }
}
