use x509_parser::prelude::{FromDer, X509Certificate};

use super::keys::PublicKey;
use crate::pem;

/// What Kong's library says of a text that is no certificate; what follows `error:` is OpenSSL's and varies.
const INVALID_CERTIFICATE: &str = "invalid certificate: x509.new: error:688010A:asn1 encoding routines:\
                              asn1_item_embed_d2i:nested asn1 error:crypto/asn1/tasn_dec.c:375:";

/// What it says of a text that is no key.
pub(super) const INVALID_KEY: &str = "pkey.new:load_key: error:1E08010C:DECODER routines:OSSL_DECODER_from_bio:\
                                 unsupported:crypto/encode_decode/decoder_lib.c:103:";

/// A PEM certificate; others may follow it.
pub(super) fn check_certificate(text: &str) -> Result<(), String> {
    parse_certificate(text)
        .map(|_| ())
        .ok_or_else(|| INVALID_CERTIFICATE.to_owned())
}

/// A PEM key.
pub(super) fn check_key(text: &str) -> Result<(), String> {
    PublicKey::from_pem(text)
        .map(|_| ())
        .ok_or_else(|| format!("invalid key: {INVALID_KEY}"))
}

/// A key by which signatures are verified: PEM, public or private. What might be one in another form is taken.
pub(super) fn check_signature_key(text: &str) -> Result<(), String> {
    let may_be_key = PublicKey::from_pem(text).is_some() || text.trim_start().starts_with('{');
    may_be_key.then_some(()).ok_or_else(|| "invalid key".to_owned())
}

/// Whether a certificate and a key are a pair; `None` where one of them cannot be read.
pub(super) fn is_key_pair(certificate: &str, key: &str) -> Option<bool> {
    Some(parse_certificate(certificate)?.key.matches(&PublicKey::from_pem(key)?))
}

/// Whether the keys of two certificates are of the same algorithm; `None` where one of them cannot be read.
pub(super) fn have_same_key_algorithm(first: &str, second: &str) -> Option<bool> {
    Some(parse_certificate(first)?.key.algorithm == parse_certificate(second)?.key.algorithm)
}

/// What is wrong with a text as the certificate of an authority, at that second since 1970.
pub(super) fn check_ca_certificate(text: &str, now: i64) -> Option<&'static str> {
    if text.matches("-----BEGIN CERTIFICATE-----").count() > 1 {
        return Some("please submit only one certificate at a time");
    }
    let found = parse_certificate(text)?;
    if found.not_after < now {
        return Some("certificate expired, \"Not After\" time is in the past");
    }
    (!found.is_authority)
        .then_some("certificate does not appear to be a CA because it is missing the \"CA\" basic constraint")
}

struct ParsedCertificate {
    key: PublicKey,
    not_after: i64,
    is_authority: bool,
}

/// Reads the first certificate of a PEM text.
fn parse_certificate(text: &str) -> Option<ParsedCertificate> {
    let der = pem::first_certificate(text)?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    Some(ParsedCertificate {
        key: PublicKey::from_spki(certificate.public_key().raw)?,
        not_after: certificate.validity().not_after.timestamp(),
        is_authority: certificate.is_ca(),
    })
}
