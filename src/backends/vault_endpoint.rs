//! Failures of connections in our own words: those of libraries repeat addresses, and servers' repeat what they were sent.

use std::io::{Error as IoError, ErrorKind};

use reqwest::Url;
use rustls::Error as TlsError;

use http::{authority, error_causes};
use reference::{Finding, Reason};

/// Who was asked, as messages name it.
pub struct VaultEndpoint {
    vault: String,
    host: Option<String>,
    is_login: bool,
}

impl VaultEndpoint {
    /// The host of a URL with its port; without it if it must not be named.
    pub fn new(vault: &str, url: &Url, hidden: bool) -> Self {
        Self {
            vault: vault.to_owned(),
            host: (!hidden).then(|| authority(url)),
            is_login: false,
        }
    }

    /// The same, where it is not the vault itself that is asked, but who lets in to it.
    pub fn with_login(self, login: bool) -> Self {
        Self {
            is_login: login,
            ..self
        }
    }

    /// A finding about the vault: `the vault 'v' at HOST …`.
    pub fn finding(&self, reason: Reason, what: &str) -> Finding {
        Finding::new(reason, format!("{self} {what}")).about(self.vault.clone())
    }

    /// The server asks to come back when there is no time left.
    pub fn rate_limited_finding(&self) -> Finding {
        let what = "limits how often it is asked, and there is no time to wait as long as it says";
        self.finding(Reason::RateLimited, what)
            .help("run again later, or raise the limit that the vault sets")
    }

    /// The server answers what no such server answers.
    pub fn unexpected_response_finding(&self, what: &str) -> Finding {
        self.finding(Reason::ServerError, what)
            .help("check that the address is the vault's own and that no proxy answers in its place")
    }

    /// The server says that it cannot answer now.
    #[cfg(feature = "azure")]
    pub fn unavailable_finding(&self) -> Finding {
        self.finding(Reason::ServerError, "says that it is not available at the moment")
            .help("run again later")
    }

    fn connection_failed_finding(&self, what: &str, help: &str) -> Finding {
        self.finding(Reason::ConnectionFailed, what).help(help)
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

/// A request that got no answer: refused, timed out, not to be found, no TLS, or broken off.
pub fn request_failure_finding(error: &reqwest::Error, place: &VaultEndpoint) -> Finding {
    if error.is_timeout() {
        return place
            .finding(Reason::TimedOut, "gives no answer in time")
            .help("check that it can be reached from here");
    }
    let causes = || error_causes(error);
    if let Some(refused) = causes().find_map(|cause| cause.downcast_ref::<TlsError>()) {
        return tls_failure_finding(refused, place);
    }
    // the resolver's own error has no type that could be asked for
    if error.is_connect() && causes().any(|cause| cause.to_string() == "dns error") {
        return place.connection_failed_finding("cannot be found: no such host", "correct the address of the vault");
    }
    let refused = |cause: &IoError| cause.kind() == ErrorKind::ConnectionRefused;
    if causes().any(|cause| cause.downcast_ref().is_some_and(refused)) {
        return place.connection_failed_finding(
            "refuses connections: nothing listens there",
            "check that the vault is up, and its address and port",
        );
    }
    match error.is_connect() {
        true => place.connection_failed_finding(
            "cannot be reached",
            "check its address, and that the network lets this machine through",
        ),
        false => place.connection_failed_finding(
            "breaks the connection off",
            "check that the address is the vault's own, and whether it is http or https",
        ),
    }
}

fn tls_failure_finding(refused: &TlsError, place: &VaultEndpoint) -> Finding {
    match refused {
        TlsError::InvalidCertificate(_) => place.connection_failed_finding(
            "shows a certificate that is not trusted",
            "give the CA that issued it as ca_cert, and ask for the host by a name that the certificate has",
        ),
        TlsError::AlertReceived(_) => place.connection_failed_finding(
            "refuses the TLS connection",
            "check whether it asks for a client's certificate (client_cert, client_key)",
        ),
        TlsError::InvalidMessage(_) => place.connection_failed_finding(
            "does not speak TLS",
            "check the port, and whether the address is http rather than https",
        ),
        _ => place.connection_failed_finding(
            "cannot agree on TLS with this machine",
            "check the versions and ciphers that it offers",
        ),
    }
}
