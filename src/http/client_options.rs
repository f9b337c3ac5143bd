use std::time::Duration;

use reqwest::{Certificate, ClientBuilder, Identity};
use zeroize::Zeroizing;

/// What differs between our clients. Certificates and keys are PEM.
pub struct ClientOptions<'a> {
    /// How long a connection may take to stand.
    pub connect_timeout: Duration,
    /// Certificates to trust instead of the system's.
    pub ca_bundle: Option<&'a [u8]>,
    /// A certificate with its key, to show to the server.
    pub client_identity: Option<(&'a [u8], &'a [u8])>,
    /// Whether the server's certificate is verified.
    pub verify_tls: bool,
}

/// Which of the options cannot be read as PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPem {
    /// The certificates to trust.
    CaBundle,
    /// The certificate to show, or its key.
    ClientIdentity,
}

impl ClientOptions<'_> {
    /// A builder of clients that name this program, follow no redirect and never retry by themselves.
    ///
    /// # Errors
    /// A certificate or a key that is none.
    pub fn client_builder(&self) -> Result<ClientBuilder, InvalidPem> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .tls_danger_accept_invalid_certs(!self.verify_tls);
        if let Some(pem) = self.ca_bundle {
            builder = builder.tls_certs_only(parse_ca_bundle(pem)?);
        }
        if let Some((certificate, key)) = self.client_identity {
            builder = builder.identity(parse_client_identity(certificate, key)?);
        }
        Ok(builder)
    }
}

fn parse_ca_bundle(pem: &[u8]) -> Result<Vec<Certificate>, InvalidPem> {
    let certificates = Certificate::from_pem_bundle(pem).unwrap_or_default();
    match certificates.is_empty() {
        true => Err(InvalidPem::CaBundle),
        false => Ok(certificates),
    }
}

fn parse_client_identity(certificate: &[u8], key: &[u8]) -> Result<Identity, InvalidPem> {
    let pem = Zeroizing::new([certificate, b"\n", key].concat());
    Identity::from_pem(&pem).map_err(|_| InvalidPem::ClientIdentity)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: ClientOptions<'_> = ClientOptions {
        connect_timeout: Duration::from_secs(1),
        ca_bundle: None,
        client_identity: None,
        verify_tls: true,
    };

    #[test]
    fn a_client_needs_no_options() {
        assert!(OPTIONS.client_builder().is_ok_and(|builder| builder.build().is_ok()));
    }

    #[test]
    fn what_is_no_pem_is_named_and_not_repeated() {
        for pem in [&b""[..], b"hush", b"-----BEGIN CERTIFICATE-----\nhush\n"] {
            let bundle = ClientOptions {
                ca_bundle: Some(pem),
                ..OPTIONS
            };
            assert_eq!(bundle.client_builder().err(), Some(InvalidPem::CaBundle));
            let identity = ClientOptions {
                client_identity: Some((pem, pem)),
                ..OPTIONS
            };
            assert_eq!(identity.client_builder().err(), Some(InvalidPem::ClientIdentity));
        }
    }
}
