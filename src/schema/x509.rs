//! The public part of certificates: none of it is secret.

use rustls_pki_types::pem::{PemObject, SectionKind};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::pem;

/// The public facts of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicCertificate {
    /// The distinguished name of its subject.
    pub subject: String,
    /// The names it is valid for: the alternative names, or without any the common name.
    pub names: Vec<String>,
    /// In seconds since 1970.
    pub not_before: i64,
    /// In seconds since 1970.
    pub not_after: i64,
    /// SHA-256 of its DER form: upper-case hex, bytes divided by colons.
    pub fingerprint: String,
}

impl PublicCertificate {
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        Some(Self {
            subject: certificate.subject().to_string(),
            names: certificate_names(&certificate),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            fingerprint: sha256_fingerprint(der),
        })
    }

    /// Whether it is valid for a server name. A wildcard stands for one label, the first, as RFC 6125 (6.4.3) has it. Of the
    /// names with wildcards that Kong serves under, `*.a.test` is covered by the same name only, `a.*` by a name that has
    /// one label more, and of `*` nothing can be said.
    pub fn covers(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let domain = name.split_once('.').map(|(_, rest)| rest.to_owned());
        if name == "*" {
            return true;
        }
        self.names.iter().map(|known| known.to_ascii_lowercase()).any(|known| {
            let wildcard_domain = known.strip_prefix("*.").filter(|_| !name.starts_with('*'));
            let start = known.rsplit_once('.').map(|(start, _)| start);
            let matches_any_suffix = start.is_some() && start == name.strip_suffix(".*");
            known == name || wildcard_domain.is_some() && wildcard_domain == domain.as_deref() || matches_any_suffix
        })
    }

    /// `2031-01-01 00:00 UTC`
    pub fn format_expiry(&self) -> String {
        format_timestamp(self.not_after)
    }
}

/// A time in seconds since 1970, for people: `2031-01-01 00:00 UTC`.
pub fn format_timestamp(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| "at a time that cannot be read".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// The certificates of a PEM text in their order; none if a part of it cannot be read.
pub fn parse_chain(text: &str) -> Option<Vec<PublicCertificate>> {
    let pem_sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes());
    let mut chain = Vec::new();
    for section in pem_sections {
        let (kind, der) = section.ok()?;
        if kind == SectionKind::Certificate {
            chain.push(PublicCertificate::from_der(&der)?);
        }
    }
    Some(chain)
}

/// The hex SHA-256 of the first certificate of a PEM text, as Kong computes it.
pub fn certificate_digest(text: &str) -> Option<String> {
    let certificate = pem::first_certificate(text)?;
    Some(
        Sha256::digest(&*certificate)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}

/// Upper-case hex, bytes divided by colons.
pub fn sha256_fingerprint(bytes: &[u8]) -> String {
    let bytes: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

fn certificate_names(certificate: &X509Certificate) -> Vec<String> {
    if let Ok(Some(extension)) = certificate.subject_alternative_name() {
        return extension
            .value
            .general_names
            .iter()
            .filter_map(alternative_name)
            .collect();
    }
    let common = certificate.subject().iter_common_name();
    common
        .filter_map(|name| name.as_str().ok().map(str::to_owned))
        .collect()
}

fn alternative_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => format_ip(bytes),
        _ => None,
    }
}

fn format_ip(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(core::net::Ipv4Addr::from(v4).to_string());
    }
    let v6 = <[u8; 16]>::try_from(bytes).ok()?;
    Some(core::net::Ipv6Addr::from(v6).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let names = ["a.test", "*.b.test", "*.C.test"].map(str::to_owned).to_vec();
        let certificate = PublicCertificate {
            subject: String::new(),
            names,
            not_before: 0,
            not_after: 0,
            fingerprint: String::new(),
        };
        for (name, covered) in [
            ("a.test", true),
            ("A.TEST", true),
            ("b.a.test", false),
            ("x.b.test", true),
            ("x.c.test", true),
            ("*.b.test", true),
            ("b.test", false),
            ("x.y.b.test", false),
            ("*.x.b.test", false),
            ("test", false),
            ("a.*", true),
            ("b.*", false),
            ("*", true),
        ] {
            assert_eq!(certificate.covers(name), covered, "{name}");
        }
    }
}
