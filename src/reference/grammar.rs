use super::lua;

/// A `{vault://…}` reference, parsed as Kong 3.9.1 parses it.
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
    /// The vault's prefix, or the name of a backend, as text.
    pub fn vault_name(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }

    /// The secret's name as text.
    pub(crate) fn resource_name(&self) -> String {
        String::from_utf8_lossy(&self.resource).into_owned()
    }

    /// The version as Lua writes it: `1`, `0.5`, `1e+19`.
    pub(crate) fn version_text(&self) -> Option<String> {
        self.version.map(lua::format_number)
    }
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// The option stands without `=`: Kong reads `true`.
    Flag,
    /// What stands after `=`.
    Text(Vec<u8>),
    /// The option stands several times.
    List(Vec<OptionValue>),
}

/// Why a text is no reference that Kong could resolve. `Display` gives Kong's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceParseError {
    /// It does not begin with `{vault://` and end with `}`.
    #[error("{words} [{0}]", words = self.kong_message())]
    NotAReference(String),
    /// Nothing stands between `//` and the path.
    #[error("{words} [{0}]", words = self.kong_message())]
    MissingHost(String),
    /// No path follows the name.
    #[error("{words} [{0}]", words = self.kong_message())]
    MissingPath(String),
    /// The path is `/` alone.
    #[error("{words} [{0}]", words = self.kong_message())]
    EmptyPath(String),
    /// What follows `#` is no number.
    #[error("{words} [{0}]", words = self.kong_message())]
    InvalidVersion(String),
    /// The path has no segment.
    #[error("{words} [{0}]", words = self.kong_message())]
    InvalidPath(String),
}

impl ReferenceParseError {
    /// Kong's words without the text that it repeats in brackets.
    pub(crate) fn kong_message(&self) -> &'static str {
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

/// Parses a reference as Kong does: LuaSocket's URL parser, then a second decoding, the last segment as key.
///
/// # Errors
/// With Kong's own words, as recorded from Kong 3.9.1.
pub fn parse_reference(text: impl AsRef<[u8]>) -> Result<Reference, ReferenceParseError> {
    let text = text.as_ref();
    let shown = || String::from_utf8_lossy(text).into_owned();
    if !is_reference(text) {
        return Err(ReferenceParseError::NotAReference(shown()));
    }
    let url = ReferenceUrl::parse(&text[b"{vault:".len()..text.len() - 1]);
    let name = url.host().ok_or_else(|| ReferenceParseError::MissingHost(shown()))?;
    match url.path {
        b"" => return Err(ReferenceParseError::MissingPath(shown())),
        b"/" => return Err(ReferenceParseError::EmptyPath(shown())),
        _ => {}
    }
    let version = url
        .fragment
        .map(|fragment| lua::parse_number(fragment).ok_or_else(|| ReferenceParseError::InvalidVersion(shown())))
        .transpose()?;
    let (resource, key) = split_path(url.path).ok_or_else(|| ReferenceParseError::InvalidPath(shown()))?;
    let options = url.query.filter(|query| !query.is_empty()).map(parse_options);
    Ok(Reference {
        name: name.to_vec(),
        resource,
        key,
        options,
        version,
    })
}

/// What is lost once a reference is parsed.
pub(crate) struct SyntaxDetails {
    /// The segments of the path, empty ones not counted.
    pub(crate) segment_count: usize,
    /// Whether something follows a semicolon.
    pub(crate) has_parameters: bool,
    /// Whether a user or a port stands beside the name.
    pub(crate) has_userinfo_or_port: bool,
}

pub(crate) fn syntax_details(text: impl AsRef<[u8]>) -> SyntaxDetails {
    let text = text.as_ref();
    let text = text.strip_prefix(b"{vault:").unwrap_or(text);
    let url = ReferenceUrl::parse(text.strip_suffix(b"}").unwrap_or(text));
    let segments = url.path.split(|byte| *byte == b'/');
    SyntaxDetails {
        segment_count: segments.filter(|segment| !segment.is_empty()).count(),
        has_parameters: url.parameters.is_some(),
        has_userinfo_or_port: url.host().is_some_and(|host| host != url.authority),
    }
}

/// The parts of a URL without its scheme, in LuaSocket's order: fragment first, then authority, query, parameters.
struct ReferenceUrl<'a> {
    authority: &'a [u8],
    path: &'a [u8],
    parameters: Option<&'a [u8]>,
    query: Option<&'a [u8]>,
    fragment: Option<&'a [u8]>,
}

impl<'a> ReferenceUrl<'a> {
    fn parse(text: &'a [u8]) -> Self {
        let (text, fragment) = split_at_byte(text, b'#');
        let text = text.strip_prefix(b"//").unwrap_or(text);
        let (authority, text) = text.split_at(text.iter().position(|byte| *byte == b'/').unwrap_or(text.len()));
        let (text, query) = split_at_byte(text, b'?');
        let (path, parameters) = split_at_byte(text, b';');
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
        let host = match split_at_byte(self.authority, b'@') {
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

/// The text before the first such byte, and the text after it, if there is one.
fn split_at_byte(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == separator) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// Resource and key of a path; empty segments do not count, and after a final `/` there is no key.
fn split_path(path: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
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
fn parse_options(query: &[u8]) -> Vec<(Vec<u8>, OptionValue)> {
    let mut options: Vec<(Vec<u8>, OptionValue)> = Vec::new();
    for pair in query.split(|byte| *byte == b'&').take(lua::MAX_QUERY_ARGS) {
        let (name, value) = split_at_byte(pair, b'=');
        let name = lua::unescape_uri(name);
        if name.is_empty() {
            continue;
        }
        let value = value.map_or(OptionValue::Flag, |value| OptionValue::Text(lua::unescape_uri(value)));
        match options.iter_mut().find(|(known, _)| *known == name) {
            Some((_, OptionValue::List(values))) => values.push(value),
            Some((_, first)) => *first = OptionValue::List(vec![first.clone(), value]),
            None => options.push((name, value)),
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_parts(text: &str) -> (String, String, Option<String>) {
        let reference = parse_reference(text).expect("a reference");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (text(reference.name), text(reference.resource), reference.key.map(text))
    }

    #[test]
    fn the_last_of_several_segments_is_the_key() {
        assert_eq!(
            parse_parts("{vault://env/a/b/c}"),
            ("env".into(), "a/b".into(), Some("c".into()))
        );
        assert_eq!(parse_parts("{vault://env/a/b/}"), ("env".into(), "a/b".into(), None));
        assert_eq!(
            parse_parts("{vault://aws/%2Fsecret/key}"),
            ("aws".into(), "/secret".into(), Some("key".into()))
        );
        assert_eq!(parse_parts("{vault://env/a%252Fb}"), ("env".into(), "a/b".into(), None));
    }

    #[test]
    fn user_port_and_brackets_are_no_part_of_the_name() {
        assert_eq!(parse_parts("{vault://u:p@env:80/a}").0, "env");
        assert_eq!(parse_parts("{vault://[::1]:80/a}").0, "::1");
        assert_eq!(parse_parts("{vault://;/xx}").0, ";");
    }

    #[test]
    fn an_option_may_stand_several_times() {
        let reference = parse_reference("{vault://env/a?x&x=1&=2&y=a+b}").expect("a reference");
        let text = |text: &str| OptionValue::Text(text.into());
        let twice = OptionValue::List(vec![OptionValue::Flag, text("1")]);
        assert_eq!(
            reference.options,
            Some(vec![(b"x".to_vec(), twice), (b"y".to_vec(), text("a b"))])
        );
    }

    #[test]
    fn what_precedes_decides_which_error_is_told() {
        assert_eq!(
            parse_reference("{vault:///#x}"),
            Err(ReferenceParseError::MissingHost("{vault:///#x}".into()))
        );
        assert_eq!(
            parse_reference("{vault://env/#x}"),
            Err(ReferenceParseError::EmptyPath("{vault://env/#x}".into()))
        );
        assert_eq!(
            parse_reference("{vault://env//#x}"),
            Err(ReferenceParseError::InvalidVersion("{vault://env//#x}".into()))
        );
        assert_eq!(
            parse_reference(" {vault://env/a}"),
            Err(ReferenceParseError::NotAReference(" {vault://env/a}".into()))
        );
    }
}
