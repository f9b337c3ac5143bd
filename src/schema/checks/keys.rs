use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};

use super::der::{self, OCTET_STRING, OID, SEQUENCE, Tlv};
use crate::pem::{PemSection, pem_sections};

/// The public half of a key pair, in a shape in which two can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// What sort of key it is: the object identifier of its algorithm.
    pub algorithm: Vec<u8>,
    /// RSA's modulus and exponent, or the bits of the point; nothing where a private key does not hold them and they
    /// cannot be computed here.
    material: Option<Vec<Vec<u8>>>,
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// Whether a text holds a PEM key that can be used to sign.
pub fn is_private_key(text: &str) -> bool {
    PublicKey::from_private_pem(text).is_some()
}

/// Whether a text holds a public PEM key.
pub fn is_public_key(text: &str) -> bool {
    PublicKey::from_public_pem(text).is_some()
}

impl PublicKey {
    /// Whether both are halves of one pair, as far as can be told.
    pub fn matches(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm
            && match (&self.material, &other.material) {
                (Some(one), Some(two)) => one == two,
                _ => true,
            }
    }

    /// Reads a `SubjectPublicKeyInfo`.
    pub(crate) fn from_spki(info: &[u8]) -> Option<Self> {
        let [algorithm, bits] = der::parse_sequence(info)?.try_into().ok()?;
        let (algorithm, _) = parse_algorithm_identifier(algorithm)?;
        let bits = bits.bit_string_bytes()?;
        let material = if algorithm == RSA {
            rsa_numbers(&der::parse_sequence(bits)?)?
        } else {
            vec![bits.to_vec()]
        };
        Some(Self {
            algorithm,
            material: Some(material),
        })
    }

    /// Reads the first private or public key of a PEM text.
    pub fn from_pem(text: &str) -> Option<Self> {
        let section = first_key_section(text)?;
        match section.label.as_str() {
            PUBLIC_KEY => Self::from_spki(&section.content),
            PRIVATE_KEY => public_key_from_pkcs8(&section.content),
            RSA_PRIVATE_KEY => public_key_from_pkcs1(&section.content),
            _ => public_key_from_sec1(&section.content, None),
        }
    }

    /// Reads the first public key of a PEM text.
    pub(crate) fn from_public_pem(text: &str) -> Option<Self> {
        let section = find_section(text, |label| label == PUBLIC_KEY)?;
        Self::from_spki(&section.content)
    }

    /// Reads the first private key of a PEM text.
    pub(crate) fn from_private_pem(text: &str) -> Option<Self> {
        if first_key_section(text)?.label == PUBLIC_KEY {
            return None;
        }
        Self::from_pem(text)
    }
}

const PUBLIC_KEY: &str = "PUBLIC KEY";
const PRIVATE_KEY: &str = "PRIVATE KEY";
const RSA_PRIVATE_KEY: &str = "RSA PRIVATE KEY";
const EC_PRIVATE_KEY: &str = "EC PRIVATE KEY";

fn first_key_section(text: &str) -> Option<PemSection> {
    find_section(text, |label| {
        [PUBLIC_KEY, PRIVATE_KEY, RSA_PRIVATE_KEY, EC_PRIVATE_KEY].contains(&label)
    })
}

/// The first section of such a label. None if it is encrypted, or a section before it cannot be read.
fn find_section(text: &str, is_wanted: impl Fn(&str) -> bool) -> Option<PemSection> {
    let mut sections = pem_sections(text).map_while(Result::ok);
    sections
        .find(|section| is_wanted(&section.label))
        .filter(|section| !section.has_header)
}

fn parse_algorithm_identifier(value: Tlv<'_>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let members = der::parse_values(value.content_of_tag(SEQUENCE)?)?;
    let algorithm = members.first()?.content_of_tag(OID)?.to_vec();
    let curve = members
        .get(1)
        .and_then(|curve| curve.content_of_tag(OID))
        .map(<[u8]>::to_vec);
    Some((algorithm, curve))
}

/// RSA's modulus and exponent.
fn rsa_numbers(members: &[Tlv<'_>]) -> Option<Vec<Vec<u8>>> {
    let [modulus, exponent] = members else { return None };
    Some(vec![
        modulus.integer_bytes()?.to_vec(),
        exponent.integer_bytes()?.to_vec(),
    ])
}

/// PKCS #8.
fn public_key_from_pkcs8(info: &[u8]) -> Option<PublicKey> {
    let members = der::parse_sequence(info)?;
    members.first()?.integer_bytes()?;
    let (algorithm, curve) = parse_algorithm_identifier(*members.get(1)?)?;
    let key = members.get(2)?.content_of_tag(OCTET_STRING)?;
    match algorithm.as_slice() {
        RSA => public_key_from_pkcs1(key),
        EC => public_key_from_sec1(key, curve),
        ED25519 => public_key_from_ed25519(key),
        _ => Some(PublicKey {
            algorithm,
            material: None,
        }),
    }
}

/// PKCS #1.
fn public_key_from_pkcs1(key: &[u8]) -> Option<PublicKey> {
    let members = der::parse_sequence(key)?;
    Some(PublicKey {
        algorithm: RSA.to_vec(),
        material: Some(rsa_numbers(members.get(1..3)?)?),
    })
}

/// SEC 1: the point may be left out, and is computed then.
fn public_key_from_sec1(key: &[u8], curve: Option<Vec<u8>>) -> Option<PublicKey> {
    let members = der::parse_sequence(key)?;
    let secret = members.get(1)?.content_of_tag(OCTET_STRING)?;
    let inner = |tag: u8| {
        let found = members.iter().find(|member| member.tag == tag)?;
        der::parse_values(found.content)?.into_iter().next()
    };
    let curve = curve.or_else(|| Some(inner(0xa0)?.content_of_tag(OID)?.to_vec()));
    let point = inner(0xa1).and_then(Tlv::bit_string_bytes).map(<[u8]>::to_vec);
    Some(PublicKey {
        algorithm: EC.to_vec(),
        material: point
            .or_else(|| compute_public_point(secret, &curve?))
            .map(|point| vec![point]),
    })
}

fn compute_public_point(secret: &[u8], curve: &[u8]) -> Option<Vec<u8>> {
    let algorithm: &'static EcdsaSigningAlgorithm = match curve {
        P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        _ => return None,
    };
    EcdsaKeyPair::from_private_key_der(algorithm, &encode_sec1(secret, curve))
        .ok()
        .map(|pair| pair.public_key().as_ref().to_vec())
}

/// The shortest SEC 1 form of a private key.
fn encode_sec1(secret: &[u8], curve: &[u8]) -> Vec<u8> {
    let mut inner = vec![0x02, 0x01, 0x01, OCTET_STRING, secret.len() as u8];
    inner.extend(secret);
    inner.extend([0xa0, curve.len() as u8 + 2, OID, curve.len() as u8]);
    inner.extend(curve);
    let mut whole = vec![SEQUENCE, inner.len() as u8];
    whole.extend(inner);
    whole
}

fn public_key_from_ed25519(key: &[u8]) -> Option<PublicKey> {
    let seed = der::parse_values(key)?.first()?.content_of_tag(OCTET_STRING)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
    Some(PublicKey {
        algorithm: ED25519.to_vec(),
        material: Some(vec![pair.public_key().as_ref().to_vec()]),
    })
}

#[cfg(test)]
mod tests {
    use super::PublicKey;

    /// Made for this test, worth nothing; without the point that belongs to it.
    const PRIVATE: &str = "-----BEGIN EC PRIVATE KEY-----\n\
                           MDECAQEEIADolSZ72UzccarCAWW82CaO2HeftPIyg9wuHJPSC/WyoAoGCCqGSM49\n\
                           AwEH\n\
                           -----END EC PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
                          MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAElfWrQfi5FA3qcgpWQf2vKy7M/4Pa\n\
                          9B1HwV8Z0lHPsZkeZr9zhX3y3JqNeKK7tKyY2pkKLSA+JFat/IY8yw0d+w==\n\
                          -----END PUBLIC KEY-----\n";

    #[test]
    fn a_point_that_is_left_out_is_computed() {
        let private = PublicKey::from_private_pem(PRIVATE).expect("a private key");
        let public = PublicKey::from_public_pem(PUBLIC).expect("a public key");
        assert_eq!(private, public);
        assert!(PublicKey::from_private_pem(PUBLIC).is_none());
        assert!(PublicKey::from_public_pem(PRIVATE).is_none());
    }

    #[test]
    fn pairs_of_every_sort_match_themselves_only() {
        let sorts = [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ED25519,
        ];
        let pairs: Vec<rcgen::KeyPair> = sorts
            .into_iter()
            .map(|sort| rcgen::KeyPair::generate_for(sort).expect("a key"))
            .collect();
        for (at, one) in pairs.iter().enumerate() {
            let private = PublicKey::from_private_pem(&one.serialize_pem()).expect("a private key");
            for (place, other) in pairs.iter().enumerate() {
                let public = PublicKey::from_public_pem(&other.public_key_pem()).expect("a public key");
                assert_eq!(private.matches(&public), at == place);
            }
        }
    }
}
