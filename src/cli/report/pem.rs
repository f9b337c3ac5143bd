use rustls_pki_types::pem::{PemObject, SectionKind};

use schema::{PublicCertificate, sha256_fingerprint};

/// Lines about a PEM text: a label and a value.
pub(super) type PemDescription = Vec<(&'static str, String)>;

/// Describes a PEM text: a certificate by its subject, names, expiry and fingerprint, anything else by its type and
/// fingerprint. None if the text is no PEM.
pub(super) fn describe_pem(text: &str) -> Option<PemDescription> {
    if !text.contains("-----BEGIN ") {
        return None;
    }
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .ok()?;
    let (kind, der) = sections.first()?;
    let mut lines = match kind {
        SectionKind::Certificate => describe_certificate(der),
        _ => vec![("sort", section_description(kind).to_owned())],
    };
    lines.push(("SHA-256", sha256_fingerprint(der)));
    if sections.len() > 1 {
        lines.push(("chain", format!("{} more", sections.len() - 1)));
    }
    Some(lines)
}

fn describe_certificate(der: &[u8]) -> PemDescription {
    let Some(certificate) = PublicCertificate::from_der(der) else {
        return vec![("sort", "a certificate that cannot be read".to_owned())];
    };
    let expiry = certificate.format_expiry();
    let mut lines = vec![("subject", certificate.subject)];
    if !certificate.names.is_empty() {
        lines.push(("names", certificate.names.join(", ")));
    }
    lines.push(("expires", expiry));
    lines
}

fn section_description(kind: &SectionKind) -> &'static str {
    match kind {
        SectionKind::PublicKey => "a public key",
        SectionKind::RsaPrivateKey | SectionKind::PrivateKey | SectionKind::EcPrivateKey => "a private key",
        SectionKind::Crl => "a revocation list",
        SectionKind::Csr => "a signing request",
        _ => "a PEM text",
    }
}
