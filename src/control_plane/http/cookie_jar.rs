use reqwest::cookie::Jar;
use url::Url;

/// Reads a cookie jar in Netscape's form, as curl writes it.
///
/// # Errors
/// The number of the first line that is none of a jar; nothing of the line is repeated.
pub(crate) fn parse_cookie_jar(text: &str) -> Result<Jar, usize> {
    let jar = Jar::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (cookie, url) = parse_cookie(line).ok_or(index + 1)?;
        jar.add_cookie_str(&cookie, &url);
    }
    Ok(jar)
}

/// A line holds: domain, whether subdomains too, path, whether only over TLS, expiry, name, value.
fn parse_cookie(line: &str) -> Option<(String, Url)> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [domain, subdomains, path, secure, _expiry, name, value]: [&str; 7] = fields.try_into().ok()?;
    let host = domain.trim_start_matches('.');
    let url = Url::parse(&format!("https://{host}{path}")).ok()?;
    let mut cookie = format!("{name}={value}; Path={path}");
    if subdomains.eq_ignore_ascii_case("true") {
        cookie.push_str("; Domain=");
        cookie.push_str(host);
    }
    if secure.eq_ignore_ascii_case("true") {
        cookie.push_str("; Secure");
    }
    Some((cookie, url))
}

#[cfg(test)]
mod tests {
    use reqwest::cookie::CookieStore;
    use url::Url;

    use super::parse_cookie_jar;

    #[test]
    fn cookies_go_where_the_jar_says() {
        let text = "# Netscape HTTP Cookie File\n\n.kong.example\tTRUE\t/\tTRUE\t0\tsession\tabc\n\
                    #HttpOnly_other.example\tFALSE\t/\tFALSE\t0\ta\tb\n";
        let jar = parse_cookie_jar(text).unwrap_or_else(|line| panic!("line {line}"));
        let sent = |url: &str| {
            let value = jar.cookies(&Url::parse(url).ok()?)?;
            value.to_str().ok().map(str::to_owned)
        };
        assert_eq!(
            sent("https://admin.kong.example/vaults").as_deref(),
            Some("session=abc")
        );
        assert_eq!(sent("http://admin.kong.example/vaults"), None);
        assert_eq!(sent("http://other.example:8001/").as_deref(), Some("a=b"));
        assert_eq!(sent("http://x.other.example/"), None);
    }

    #[test]
    fn a_line_of_another_form_is_named() {
        assert_eq!(parse_cookie_jar("# jar\nnonsense\n").map(|_| ()), Err(2));
    }
}
