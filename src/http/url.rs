use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use url::Url;

/// Everything but what RFC 3986 calls unreserved: no server gives the rest a meaning of its own.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a segment of a path or a value of a query.
pub fn percent_encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// Host and port, without credentials: what messages may show.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A URL of HTTP without credentials, query and fragment.
pub fn parse_http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https");
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (is_http && is_plain && url.fragment().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reserved_characters_are_encoded() {
        assert_eq!(percent_encode("a-b._~/+ü%").to_string(), "a-b._~%2F%2B%C3%BC%25");
    }

    #[test]
    fn an_authority_shows_no_credentials() {
        for (text, shown) in [
            ("https://a:b@h/x?y", "h"),
            ("https://h:443", "h"),
            ("http://h:8200/", "h:8200"),
            ("http://[::1]:1/", "[::1]:1"),
        ] {
            let url = Url::parse(text).expect("a URL");
            assert_eq!(authority(&url), shown);
        }
    }

    #[test]
    fn only_plain_urls_of_http_are_read() {
        for text in ["http://h", "https://h:1/a/b", "https://[::1]/"] {
            assert!(parse_http_url(text).is_some(), "{text}");
        }
        for text in [
            "h",
            "h:1",
            "ftp://h",
            "http://",
            "https://a@h",
            "https://:b@h",
            "https://h?q",
            "https://h#f",
            "",
        ] {
            assert!(parse_http_url(text).is_none(), "{text}");
        }
    }
}
