use super::keywords::url;
use json::{Object, Value};

/// The parts of a URL as Kong's shorthand reads them, by the names in [`keywords::url`](super::keywords::url): absent parts
/// are left out. Never fails: what is missing or malformed is refused by the checks of those fields.
///
/// Read in the order of Kong's parser: fragment, scheme, authority, query, parameters; the rest is the path.
pub(super) fn parse_url_parts(text: &str) -> Object {
    let mut parts = Object::new();
    let rest = text.split_once('#').map_or(text, |(rest, _)| rest);
    let (scheme, rest) = split_scheme(rest);
    let (authority, rest) = split_authority(rest);
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    let path = path.split_once(';').map_or(path, |(path, _)| path);
    if let Some(scheme) = scheme {
        parts.insert(url::SCHEME.to_owned(), scheme.into());
    }
    if let Some((host, port)) = authority.map(split_host_and_port) {
        if !host.is_empty() {
            parts.insert(url::HOST.to_owned(), host.into());
        }
        if let Some(port) = port.or_else(|| default_port(scheme?)) {
            parts.insert(url::PORT.to_owned(), port);
        }
    }
    if !path.is_empty() {
        parts.insert(url::PATH.to_owned(), path.into());
    }
    parts
}

fn split_scheme(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, text),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

fn split_authority(text: &str) -> (Option<&str>, &str) {
    let Some(rest) = text.strip_prefix("//") else {
        return (None, text);
    };
    let end = rest.find('/').unwrap_or(rest.len());
    (Some(&rest[..end]), &rest[end..])
}

fn split_host_and_port(authority: &str) -> (&str, Option<Value>) {
    let authority = authority.split_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let port = port
        .filter(|port| !port.is_empty())
        .map(|port| port.parse::<u64>().map_or_else(|_| port.into(), Value::from));
    (bare.unwrap_or(host), port)
}

fn default_port(scheme: &str) -> Option<Value> {
    match scheme {
        "http" => Some(80.into()),
        "https" => Some(443.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::parse_url_parts;

    #[test]
    fn a_url_is_read_as_kong_reads_it() {
        for (url, parts) in [
            ("http://a.test", json!({"scheme": "http", "host": "a.test", "port": 80})),
            (
                "https://a.test/p?q#f",
                json!({"scheme": "https", "host": "a.test", "port": 443, "path": "/p"}),
            ),
            (
                "https://a.test:8443/",
                json!({"scheme": "https", "host": "a.test", "port": 8443, "path": "/"}),
            ),
            (
                "tcp://a.test:90",
                json!({"scheme": "tcp", "host": "a.test", "port": 90}),
            ),
            ("tcp://a.test", json!({"scheme": "tcp", "host": "a.test"})),
            (
                "http://u:p@[::1]:81/x",
                json!({"scheme": "http", "host": "::1", "port": 81, "path": "/x"}),
            ),
            ("a.test/x", json!({"path": "a.test/x"})),
            (
                "http://a.test:x/",
                json!({"scheme": "http", "host": "a.test", "port": "x", "path": "/"}),
            ),
        ] {
            assert_eq!(json::Value::Object(parse_url_parts(url)), parts, "{url}");
        }
    }
}
