use std::collections::BTreeMap;

use reference::VaultSetting;

/// A credential of which only a part is set.
pub(crate) struct IncompletePair {
    pub(crate) present: &'static str,
    /// The first of the names that the missing part may have.
    pub(crate) missing: &'static str,
}

/// Settings that are of no use alone, each with those of which one must be set with it. A secret half may stand alone where
/// the other, which is no secret, may be the vault's own config.
const REQUIRED_TOGETHER: [(&str, &[&str]); 11] = [
    ("role_id", &["secret_id", "approle_secret_id"]),
    ("approle_role_id", &["approle_secret_id", "secret_id"]),
    ("client_cert", &["client_key"]),
    ("client_key", &["client_cert"]),
    ("cert_auth_cert", &["cert_auth_cert_key", "client_key"]),
    ("access_key_id", &["secret_access_key"]),
    ("secret_access_key", &["access_key_id"]),
    ("session_token", &["access_key_id"]),
    ("aws_access_key_id", &["aws_secret_access_key"]),
    ("aws_secret_access_key", &["aws_access_key_id"]),
    ("username", &["password"]),
];

pub(crate) fn find_incomplete_pairs(values: &BTreeMap<String, VaultSetting>) -> impl Iterator<Item = IncompletePair> {
    let is_set = |name: &str| values.get(name).is_some_and(|setting| !setting.is_empty());
    REQUIRED_TOGETHER.iter().filter_map(move |(present, others)| {
        let is_incomplete = is_set(present) && !others.iter().any(|other| is_set(other));
        is_incomplete.then_some(IncompletePair {
            present,
            missing: others[0],
        })
    })
}
