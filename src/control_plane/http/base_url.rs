use std::fmt;

use url::Url;

use http::{SystemProxies, authority};
use reference::is_loopback;

/// The address of a control plane. `Display` and `Debug` redact its credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
    /// The authority that was given, where the URL bears the name for TLS instead.
    original_authority: Option<String>,
}

/// An address that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It is no URL.
    #[error("the address of the control plane is no URL: {0}")]
    InvalidUrl(url::ParseError),
    /// It is neither http nor https.
    #[error("the address of the control plane begins with {0}:, not with http: or https:")]
    UnsupportedScheme(String),
}

impl BaseUrl {
    /// Reads `http://localhost:8001` or `https://kong.example/admin/`. Without a scheme it is http.
    ///
    /// # Errors
    /// What is no URL of http or https.
    pub(crate) fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let mut url = Url::parse(&with_scheme).map_err(BaseUrlError::InvalidUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::UnsupportedScheme(url.scheme().to_owned()));
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self {
            url,
            original_authority: None,
        })
    }

    /// The URL of a path with its query. It may hold credentials.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.url.as_str().trim_end_matches('/'))
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        match &self.original_authority {
            Some(host) => host.clone(),
            None => authority(&self.url),
        }
    }

    /// Host and port of the proxy that requests go through. What runs on this machine is asked directly, as is what
    /// `NO_PROXY` names.
    pub(crate) fn proxy_authority(&self, proxies: &SystemProxies) -> Option<String> {
        match is_loopback(&self.url) {
            true => None,
            false => proxies.proxy_authority(&self.url),
        }
    }

    /// The host and port to which connections go.
    pub(crate) fn connect_target(&self) -> Option<(String, u16)> {
        let host = self.url.host_str()?.trim_matches(['[', ']']).to_owned();
        Some((host, self.url.port_or_known_default()?))
    }

    /// Connects under another host name, by which TLS verifies the server; `Host` names the old one.
    ///
    /// # Errors
    /// What is no host name.
    pub(crate) fn with_server_name(mut self, name: &str) -> Result<Self, BaseUrlError> {
        let host = authority(&self.url);
        self.url.set_host(Some(name)).map_err(BaseUrlError::InvalidUrl)?;
        self.original_authority = Some(host);
        Ok(self)
    }

    /// The `Host` header, where it is not that of the URL.
    pub(crate) fn host_header(&self) -> Option<&str> {
        self.original_authority.as_deref()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        if url.password().is_some() {
            // an address of http always has a host, so that neither can fail
            let _ = url.set_password(Some("***"));
        }
        if !url.username().is_empty() {
            let _ = url.set_username("***");
        }
        f.write_str(url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{BaseUrl, BaseUrlError};

    #[test]
    fn paths_are_appended_to_the_path_of_the_address() {
        for (text, joined) in [
            ("http://localhost:8001", "http://localhost:8001/vaults?size=1"),
            ("localhost:8001", "http://localhost:8001/vaults?size=1"),
            (
                "https://kong.example/admin/",
                "https://kong.example/admin/vaults?size=1",
            ),
            ("http://[::1]:8001/", "http://[::1]:8001/vaults?size=1"),
        ] {
            assert_eq!(
                BaseUrl::parse(text).map(|base| base.join("/vaults?size=1")),
                Ok(joined.to_owned())
            );
        }
    }

    #[test]
    fn credentials_are_sent_but_never_shown() {
        let base = BaseUrl::parse("https://admin:hush@kong.example/").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(base.join("/"), "https://admin:hush@kong.example/");
        let shown = format!("{base} {base:?} {}", base.authority());
        assert_eq!(
            shown,
            "https://***:***@kong.example https://***:***@kong.example kong.example"
        );
    }

    #[test]
    fn other_schemes_are_refused() {
        assert_eq!(
            BaseUrl::parse("ftp://kong.example"),
            Err(BaseUrlError::UnsupportedScheme("ftp".to_owned()))
        );
        assert!(matches!(BaseUrl::parse("http://"), Err(BaseUrlError::InvalidUrl(_))));
    }
}
