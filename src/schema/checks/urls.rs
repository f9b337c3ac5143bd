/// The parts of a URL that Kong looks at, taken apart as its Lua library does: leniently.
struct UrlParts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    fragment: Option<&'a str>,
}

fn split_url(text: &str) -> UrlParts<'_> {
    let (rest, fragment) = match text.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (text, None),
    };
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, after)) if is_scheme(scheme) => (Some(scheme), after),
        _ => (None, rest),
    };
    let authority = rest
        .strip_prefix("//")
        .map(|after| after.split('/').next().unwrap_or_default());
    UrlParts {
        scheme,
        authority,
        fragment,
    }
}

fn is_scheme(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(allowed)
}

impl UrlParts<'_> {
    fn host(&self) -> Option<&str> {
        let after_user = self.authority?.rsplit('@').next()?;
        let host = after_user.split(['?', ';']).next()?;
        let host = match host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => host,
        };
        (!host.is_empty()).then_some(host)
    }
}

/// Whether a URL says who asks.
pub(super) fn has_user(text: &str) -> bool {
    split_url(text)
        .authority
        .is_some_and(|authority| authority.contains('@'))
}

/// A URL with scheme and host.
pub(super) fn check_url(text: &str) -> Result<(), String> {
    let parts = split_url(text);
    if parts.host().is_none() {
        return Err("missing host in url".to_owned());
    }
    if parts.scheme.is_none() {
        return Err("missing scheme in url".to_owned());
    }
    Ok(())
}

/// Where an OAuth 2 client may be sent back to.
pub(super) fn check_redirect_uri(text: &str) -> Result<(), String> {
    let parts = split_url(text);
    if parts.host().is_none() || parts.scheme.is_none() {
        return Err(format!("cannot parse '{text}'"));
    }
    if parts.fragment.is_some() {
        return Err(format!("fragment not allowed in '{text}'"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_schemes_are_asked_for() {
        assert_eq!(check_url("x"), Err("missing host in url".to_owned()));
        assert_eq!(check_url("http://"), Err("missing host in url".to_owned()));
        assert_eq!(check_url("//a.test/x"), Err("missing scheme in url".to_owned()));
        for good in ["http://a.test", "https://u:p@a.test:80/x?y#z", "http://[::1]:80/"] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        assert_eq!(check_redirect_uri("a"), Err("cannot parse 'a'".to_owned()));
        assert_eq!(
            check_redirect_uri("http://a/#f"),
            Err("fragment not allowed in 'http://a/#f'".to_owned())
        );
    }
}
