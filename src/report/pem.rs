use rustls_pki_types::pem::{PemObject, SectionKind};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// What a person wants to know of PEM text, a line each: what it is called, and the value.
pub type Portrait = Vec<(&'static str, String)>;

/// Describes a PEM text: of a certificate its subject, names, expiry and fingerprint, of anything else its sort and
/// fingerprint. Nothing if the text is no PEM.
pub fn portrait(text: &str) -> Option<Portrait> {
    if !text.contains("-----BEGIN ") {
        return None;
    }
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .ok()?;
    let (kind, der) = sections.first()?;
    let mut lines = match kind {
        SectionKind::Certificate => certificate(der),
        _ => vec![("sort", sort(kind).to_owned())],
    };
    lines.push(("SHA-256", fingerprint(der)));
    if sections.len() > 1 {
        lines.push(("chain", format!("{} more", sections.len() - 1)));
    }
    Some(lines)
}

fn certificate(der: &[u8]) -> Portrait {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return vec![("sort", "a certificate that cannot be read".to_owned())];
    };
    let mut lines = vec![("subject", certificate.subject().to_string())];
    let names = names(&certificate);
    if !names.is_empty() {
        lines.push(("names", names.join(", ")));
    }
    lines.push(("expires", expiry(&certificate)));
    lines
}

fn names(certificate: &X509Certificate) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let text = |name: &GeneralName| match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    extension.value.general_names.iter().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(std::net::Ipv6Addr::from(sixteen).to_string())
}

fn expiry(certificate: &X509Certificate) -> String {
    let seconds = certificate.validity().not_after.timestamp();
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| "at a time that cannot be read".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

fn sort(kind: &SectionKind) -> &'static str {
    match kind {
        SectionKind::PublicKey => "a public key",
        SectionKind::RsaPrivateKey | SectionKind::PrivateKey | SectionKind::EcPrivateKey => "a private key",
        SectionKind::Crl => "a revocation list",
        SectionKind::Csr => "a signing request",
        _ => "a PEM text",
    }
}

fn fingerprint(der: &[u8]) -> String {
    let bytes: Vec<String> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}
