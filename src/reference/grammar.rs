use super::lua;

/// A `{vault://…}` reference, taken apart as Kong 3.9.1 takes it apart.
///
/// Everything is bytes: Kong decodes percent signs without asking whether UTF-8 comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The vault's prefix, or the name of a backend. Neither decoded nor lower-cased.
    pub name: Vec<u8>,
    /// The secret's name: all segments of the path but the last; the only one, if there is one; all, if it ends in `/`.
    pub resource: Vec<u8>,
    /// The member of the secret's JSON object: the last of several segments.
    pub key: Option<Vec<u8>>,
    /// Options for the backend, in the order in which they first appear; `None` without a query.
    pub options: Option<Vec<(Vec<u8>, OptionValue)>>,
    /// The version after `#`.
    pub version: Option<f64>,
}

impl Reference {
    /// The version as Lua writes it: `1`, `0.5`, `1e+19`.
    pub fn version_text(&self) -> Option<String> {
        self.version.map(lua::number_text)
    }
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// The option stands without `=`: Kong reads `true`.
    Set,
    /// What stands after `=`.
    Text(Vec<u8>),
    /// The option stands several times.
    List(Vec<OptionValue>),
}

/// Why a text is no reference that Kong could resolve. `Display` gives Kong's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It does not begin with `{vault://` and end with `}`.
    #[error("{words} [{0}]", words = self.words())]
    NotAReference(String),
    /// Nothing stands between `//` and the path.
    #[error("{words} [{0}]", words = self.words())]
    MissingHost(String),
    /// No path follows the name.
    #[error("{words} [{0}]", words = self.words())]
    MissingPath(String),
    /// The path is `/` alone.
    #[error("{words} [{0}]", words = self.words())]
    EmptyPath(String),
    /// What follows `#` is no number.
    #[error("{words} [{0}]", words = self.words())]
    InvalidVersion(String),
    /// The path has no segment.
    #[error("{words} [{0}]", words = self.words())]
    InvalidPath(String),
}

impl ParseError {
    /// Kong's words without the text that it repeats in brackets.
    pub fn words(&self) -> &'static str {
        match self {
            Self::NotAReference(_) => "not a reference",
            Self::MissingHost(_) => "reference url is missing host",
            Self::MissingPath(_) => "reference url is missing path",
            Self::EmptyPath(_) => "reference url has empty path",
            Self::InvalidVersion(_) => "reference url has invalid version",
            Self::InvalidPath(_) => "reference url has invalid path",
        }
    }
}

/// Whether Kong takes a text for a reference: its first nine bytes are `{vault://` and its last is `}`.
pub fn is_reference(text: impl AsRef<[u8]>) -> bool {
    let text = text.as_ref();
    text.starts_with(b"{vault://") && text.ends_with(b"}")
}

/// Takes a reference apart as Kong does: LuaSocket's URL parser, then a second decoding, the last segment as key.
///
/// # Errors
/// With Kong's own words, as recorded from Kong 3.9.1.
pub fn parse(text: impl AsRef<[u8]>) -> Result<Reference, ParseError> {
    let text = text.as_ref();
    let shown = || String::from_utf8_lossy(text).into_owned();
    if !is_reference(text) {
        return Err(ParseError::NotAReference(shown()));
    }
    let url = Url::split(&text[b"{vault:".len()..text.len() - 1]);
    let name = url.host().ok_or_else(|| ParseError::MissingHost(shown()))?;
    match url.path {
        b"" => return Err(ParseError::MissingPath(shown())),
        b"/" => return Err(ParseError::EmptyPath(shown())),
        _ => {}
    }
    let version = url
        .fragment
        .map(|fragment| lua::to_number(fragment).ok_or_else(|| ParseError::InvalidVersion(shown())))
        .transpose()?;
    let (resource, key) = segments(url.path).ok_or_else(|| ParseError::InvalidPath(shown()))?;
    let options = url.query.filter(|query| !query.is_empty()).map(options);
    Ok(Reference {
        name: name.to_vec(),
        resource,
        key,
        options,
        version,
    })
}

/// What cannot be seen any more once a reference is taken apart.
pub(super) struct Form {
    /// How many segments the path has, empty ones not counted.
    pub segments: usize,
    /// Whether something follows a semicolon.
    pub parameters: bool,
    /// Whether a user or a port stands beside the name.
    pub around_host: bool,
}

/// How a reference is written.
pub(super) fn form(text: impl AsRef<[u8]>) -> Form {
    let text = text.as_ref();
    let text = text.strip_prefix(b"{vault:").unwrap_or(text);
    let url = Url::split(text.strip_suffix(b"}").unwrap_or(text));
    let segments = url.path.split(|byte| *byte == b'/');
    Form {
        segments: segments.filter(|segment| !segment.is_empty()).count(),
        parameters: url.parameters.is_some(),
        around_host: url.host().is_some_and(|host| host != url.authority),
    }
}

/// The parts of a URL without its scheme, in LuaSocket's order: fragment first, then authority, query, parameters.
struct Url<'a> {
    authority: &'a [u8],
    path: &'a [u8],
    parameters: Option<&'a [u8]>,
    query: Option<&'a [u8]>,
    fragment: Option<&'a [u8]>,
}

impl<'a> Url<'a> {
    fn split(text: &'a [u8]) -> Self {
        let (text, fragment) = cut(text, b'#');
        let text = text.strip_prefix(b"//").unwrap_or(text);
        let (authority, text) = text.split_at(text.iter().position(|byte| *byte == b'/').unwrap_or(text.len()));
        let (text, query) = cut(text, b'?');
        let (path, parameters) = cut(text, b';');
        Self {
            authority,
            path,
            parameters,
            query,
            fragment,
        }
    }

    /// The authority without user, port and the brackets of IPv6.
    fn host(&self) -> Option<&'a [u8]> {
        let host = match cut(self.authority, b'@') {
            (_, Some(after)) => after,
            (whole, None) => whole,
        };
        let port = host
            .iter()
            .rposition(|byte| matches!(byte, b':' | b']'))
            .filter(|at| host[*at] == b':');
        let host = &host[..port.unwrap_or(host.len())];
        let inner = host
            .strip_prefix(b"[")
            .and_then(|inner| inner.strip_suffix(b"]"))
            .filter(|inner| !inner.is_empty());
        Some(inner.unwrap_or(host)).filter(|host| !host.is_empty())
    }
}

/// What stands before the first such byte, and what after it, if there is one.
fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == at) {
        Some(found) => (&text[..found], Some(&text[found + 1..])),
        None => (text, None),
    }
}

/// Resource and key of a path; empty segments do not count, and after a final `/` there is no key.
fn segments(path: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let mut segments: Vec<Vec<u8>> = path
        .split(|byte| *byte == b'/')
        .filter(|segment| !segment.is_empty())
        .map(lua::unescape)
        .collect();
    let key = if segments.len() > 1 && !path.ends_with(b"/") {
        segments.pop()
    } else {
        None
    };
    if segments.is_empty() {
        return None;
    }
    Some((
        lua::unescape_uri(&segments.join(&b'/')),
        key.map(|key| lua::unescape_uri(&key)),
    ))
}

/// The options of a query: `+` is a space, an option without `=` is set, one without a name does not count.
fn options(query: &[u8]) -> Vec<(Vec<u8>, OptionValue)> {
    let mut found: Vec<(Vec<u8>, OptionValue)> = Vec::new();
    for pair in query.split(|byte| *byte == b'&').take(lua::MOST_ARGUMENTS) {
        let (name, value) = cut(pair, b'=');
        let name = lua::unescape_uri(name);
        if name.is_empty() {
            continue;
        }
        let value = value.map_or(OptionValue::Set, |value| OptionValue::Text(lua::unescape_uri(value)));
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, OptionValue::List(values))) => values.push(value),
            Some((_, first)) => *first = OptionValue::List(vec![first.clone(), value]),
            None => found.push((name, value)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, Option<String>) {
        let found = parse(text).expect("a reference");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (text(found.name), text(found.resource), found.key.map(text))
    }

    #[test]
    fn the_last_of_several_segments_is_the_key() {
        assert_eq!(
            parts("{vault://env/a/b/c}"),
            ("env".into(), "a/b".into(), Some("c".into()))
        );
        assert_eq!(parts("{vault://env/a/b/}"), ("env".into(), "a/b".into(), None));
        assert_eq!(
            parts("{vault://aws/%2Fsecret/key}"),
            ("aws".into(), "/secret".into(), Some("key".into()))
        );
        assert_eq!(parts("{vault://env/a%252Fb}"), ("env".into(), "a/b".into(), None));
    }

    #[test]
    fn user_port_and_brackets_are_no_part_of_the_name() {
        assert_eq!(parts("{vault://u:p@env:80/a}").0, "env");
        assert_eq!(parts("{vault://[::1]:80/a}").0, "::1");
        assert_eq!(parts("{vault://;/xx}").0, ";");
    }

    #[test]
    fn an_option_may_stand_several_times() {
        let found = parse("{vault://env/a?x&x=1&=2&y=a+b}").expect("a reference");
        let text = |text: &str| OptionValue::Text(text.into());
        let twice = OptionValue::List(vec![OptionValue::Set, text("1")]);
        assert_eq!(
            found.options,
            Some(vec![(b"x".to_vec(), twice), (b"y".to_vec(), text("a b"))])
        );
    }

    #[test]
    fn what_precedes_decides_which_error_is_told() {
        assert_eq!(
            parse("{vault:///#x}"),
            Err(ParseError::MissingHost("{vault:///#x}".into()))
        );
        assert_eq!(
            parse("{vault://env/#x}"),
            Err(ParseError::EmptyPath("{vault://env/#x}".into()))
        );
        assert_eq!(
            parse("{vault://env//#x}"),
            Err(ParseError::InvalidVersion("{vault://env//#x}".into()))
        );
        assert_eq!(
            parse(" {vault://env/a}"),
            Err(ParseError::NotAReference(" {vault://env/a}".into()))
        );
    }
}
