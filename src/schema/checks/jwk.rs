use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use json::{Object, Value};

/// What is wrong with a JSON Web Key that is to bear that key id.
pub(super) fn check_jwk(text: &str, kid: Option<&str>) -> Option<&'static str> {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Some("could not json decode jwk string");
    };
    let none = Object::new();
    let jwk = value.as_object().unwrap_or(&none);
    if jwk.get("kid").and_then(Value::as_str) != kid {
        return Some("kid in jwk.kid must be equal to keys.kid");
    }
    (!is_loadable(jwk)).then_some("could not load JWK, likely not a valid key")
}

/// Whether OpenSSL would make a key of it. Symmetric keys (`oct`) it does not.
fn is_loadable(jwk: &Object) -> bool {
    let bytes = |name: &str| jwk.get(name).and_then(Value::as_str).and_then(decode_base64url);
    let has = |name: &str| bytes(name).is_some_and(|bytes| !bytes.is_empty());
    let named = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    match named("kty") {
        "RSA" => has("n") && has("e"),
        "EC" => match (bytes("x"), bytes("y")) {
            (Some(x), Some(y)) => is_point_on_curve(named("crv"), &x, &y),
            _ => false,
        },
        "OKP" => {
            let size = match named("crv") {
                "Ed25519" | "X25519" => 32,
                "Ed448" => 57,
                "X448" => 56,
                _ => return false,
            };
            let private = bytes("d").is_some_and(|bytes| bytes.len() == size);
            private || bytes("x").is_some_and(|bytes| bytes.len() == size)
        }
        _ => false,
    }
}

/// Whether a point lies on the curve of that name.
fn is_point_on_curve(curve: &str, x: &[u8], y: &[u8]) -> bool {
    let (size, algorithm): (usize, &'static dyn VerificationAlgorithm) = match curve {
        "P-256" => (32, &ECDSA_P256_SHA256_ASN1),
        "P-384" => (48, &ECDSA_P384_SHA384_ASN1),
        "P-521" => (66, &ECDSA_P521_SHA512_ASN1),
        _ => return false,
    };
    if x.len() > size || y.len() > size {
        return false;
    }
    let mut point = vec![4];
    for coordinate in [x, y] {
        point.resize(point.len() + size - coordinate.len(), 0);
        point.extend(coordinate);
    }
    ParsedPublicKey::new(algorithm, point).is_ok()
}

fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::check_jwk;

    #[test]
    fn keys_load_by_their_type() {
        let load = Some("could not load JWK, likely not a valid key");
        for (jwk, told) in [
            ("", Some("could not json decode jwk string")),
            ("{}", Some("kid in jwk.kid must be equal to keys.kid")),
            ("1", Some("kid in jwk.kid must be equal to keys.kid")),
            (r#"{"kid":"k","kty":"oct","k":"c2VjcmV0"}"#, load),
            (r#"{"kid":"k","kty":"RSA","n":"","e":"AQAB"}"#, load),
            (r#"{"kid":"k","kty":"RSA","n":"3tw","e":"AQAB"}"#, None),
            (
                r#"{"kid":"k","kty":"EC","crv":"P-256","x":"lfWrQfi5FA3qcgpWQf2vKy7M_4Pa9B1HwV8Z0lHPsZk","y":"Hma_c4V98tyajXiiu7SsmNqZCi0gPiRWrfyGPMsNHfs"}"#,
                None,
            ),
            (r#"{"kid":"k","kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}"#, load),
            (
                r#"{"kid":"k","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
                None,
            ),
        ] {
            assert_eq!(check_jwk(jwk, Some("k")), told, "{jwk}");
        }
    }
}
