use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// The proxies that the environment names: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, and `NO_PROXY` for what is asked directly.
pub struct SystemProxies(Matcher);

#[allow(clippy::new_without_default, reason = "it reads the environment")]
impl SystemProxies {
    /// Reads the environment (and what else the system keeps proxies in) once.
    pub fn new() -> Self {
        Self(Matcher::from_system())
    }

    /// Host and port of the proxy for an address, without credentials; none if it is asked directly.
    pub fn proxy_authority(&self, url: &Url) -> Option<String> {
        let target = url.as_str().parse().ok()?;
        let proxy = self.0.intercept(&target)?;
        let uri = proxy.uri();
        let host = uri.host()?;
        Some(match uri.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_without_credentials_and_not_where_it_is_not_used() {
        let matcher = Matcher::builder()
            .http("http://user:hush@proxy.example:3128")
            .https("proxy.example")
            .no("kong.internal,10.0.0.0/8");
        let proxies = SystemProxies(matcher.build());
        for (url, proxy) in [
            ("http://kong.example:8001/", Some("proxy.example:3128")),
            ("https://a:b@kong.example/", Some("proxy.example")),
            ("http://kong.internal:8001/", None),
            ("http://a.kong.internal/", None),
            ("http://10.1.2.3:8001/", None),
        ] {
            let url = Url::parse(url).expect("a URL");
            assert_eq!(proxies.proxy_authority(&url).as_deref(), proxy, "{url}");
        }
    }
}
