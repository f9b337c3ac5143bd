use std::collections::BTreeMap;

use reference::VaultSetting;

/// A credential of which only a part is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IncompletePair {
    /// What is said.
    pub present: &'static str,
    /// What is missing: the first of its names.
    pub missing: &'static str,
}

/// What is of no use alone: a word, and the words of which one must be said with it. A secret half may stand alone where
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

/// The credentials of which only a part is said.
pub(super) fn find_incomplete_pairs(values: &BTreeMap<String, VaultSetting>) -> impl Iterator<Item = IncompletePair> {
    let said = |word: &str| {
        values
            .get(word)
            .is_some_and(|setting| !setting.value.expose().is_empty())
    };
    REQUIRED_TOGETHER.iter().filter_map(move |(has, others)| {
        let half = said(has) && !others.iter().any(|other| said(other));
        half.then_some(IncompletePair {
            present: has,
            missing: others[0],
        })
    })
}
