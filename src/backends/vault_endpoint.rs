//! Findings about connections. Texts of libraries are not shown: they repeat URLs; nor those of servers: they repeat what
//! they were sent.

use std::io::{Error as IoError, ErrorKind};

use reqwest::Url;
use rustls::Error as TlsError;

use http::{authority, error_causes};
use reference::{Finding, Reason};

/// A server, as messages name it.
pub(crate) struct VaultEndpoint {
    vault: String,
    host: Option<String>,
    is_login: bool,
    /// Host and port of the proxy that it is asked through.
    proxy: Option<String>,
}

impl VaultEndpoint {
    pub(crate) fn new(vault: &str, url: &Url, is_host_hidden: bool) -> Self {
        Self {
            vault: vault.to_owned(),
            host: (!is_host_hidden).then(|| authority(url)),
            is_login: false,
            proxy: None,
        }
    }

    pub(crate) fn with_proxy(self, proxy: Option<String>) -> Self {
        Self { proxy, ..self }
    }

    pub(crate) fn with_login(self, is_login: bool) -> Self {
        Self { is_login, ..self }
    }

    /// A finding about the vault: `the vault 'v' at HOST …`.
    pub(crate) fn finding(&self, reason: Reason, what: &str) -> Finding {
        Finding::new(reason, format!("{self} {what}")).about(self.vault.clone())
    }

    pub(crate) fn rate_limited_finding(&self) -> Finding {
        let what = "limits how often it is asked, and there is no time to wait as long as it says";
        self.finding(Reason::RateLimited, what)
            .help("run again later, or raise the limit that the vault sets")
    }

    /// A response that no such server gives.
    pub(crate) fn unexpected_response_finding(&self, what: &str) -> Finding {
        self.finding(Reason::ServerError, what)
            .help("check that the address is the vault's own and that no proxy answers in its place")
    }

    #[cfg(feature = "azure")]
    pub(crate) fn unavailable_finding(&self) -> Finding {
        self.finding(Reason::ServerError, "says that it is not available at the moment")
            .help("run again later")
    }

    fn connection_failed_finding(&self, what: &str, help: &str) -> Finding {
        self.failure_finding(Reason::ConnectionFailed, what).help(help)
    }

    /// A finding about a connection: names the proxy, whose failure it may be.
    fn failure_finding(&self, reason: Reason, what: &str) -> Finding {
        match &self.proxy {
            Some(proxy) => self.finding(reason, &format!("(through the proxy {proxy}) {what}")),
            None => self.finding(reason, what),
        }
    }
}

impl std::fmt::Display for VaultEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_login {
            f.write_str("the login of ")?;
        }
        match &self.host {
            Some(host) => write!(f, "the vault '{}' at {host}", self.vault),
            None => write!(f, "the vault '{}'", self.vault),
        }
    }
}

/// A request without a response: refused, timed out, no such host, no TLS, or broken off.
pub(crate) fn request_failure_finding(error: &reqwest::Error, endpoint: &VaultEndpoint) -> Finding {
    if error.is_timeout() {
        return endpoint
            .failure_finding(Reason::TimedOut, "gives no answer in time")
            .help("check that it can be reached from here");
    }
    let causes = || error_causes(error);
    if let Some(tls_error) = causes().find_map(|cause| cause.downcast_ref::<TlsError>()) {
        return tls_failure_finding(tls_error, endpoint);
    }
    // the resolver's own error has no type to downcast to
    if error.is_connect() && causes().any(|cause| cause.to_string() == "dns error") {
        return endpoint.connection_failed_finding("cannot be found: no such host", "correct the address of the vault");
    }
    let is_refused = |cause: &IoError| cause.kind() == ErrorKind::ConnectionRefused;
    if causes().any(|cause| cause.downcast_ref().is_some_and(is_refused)) {
        return endpoint.connection_failed_finding(
            "refuses connections: nothing listens there",
            "check that the vault is up, and its address and port",
        );
    }
    match error.is_connect() {
        true => endpoint.connection_failed_finding(
            "cannot be reached",
            "check its address, and that the network lets this machine through",
        ),
        false => endpoint.connection_failed_finding(
            "breaks the connection off",
            "check that the address is the vault's own, and whether it is http or https",
        ),
    }
}

fn tls_failure_finding(tls_error: &TlsError, endpoint: &VaultEndpoint) -> Finding {
    match tls_error {
        TlsError::InvalidCertificate(_) => endpoint.connection_failed_finding(
            "shows a certificate that is not trusted",
            "give the CA that issued it as ca_cert, and ask for the host by a name that the certificate has",
        ),
        TlsError::AlertReceived(_) => endpoint.connection_failed_finding(
            "refuses the TLS connection",
            "check whether it asks for a client's certificate (client_cert, client_key)",
        ),
        TlsError::InvalidMessage(_) => endpoint.connection_failed_finding(
            "does not speak TLS",
            "check the port, and whether the address is http rather than https",
        ),
        _ => endpoint.connection_failed_finding(
            "cannot agree on TLS with this machine",
            "check the versions and ciphers that it offers",
        ),
    }
}
