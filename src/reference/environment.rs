use zeroize::Zeroizing;

use super::{Reference, SubkeyError, extract_subkey, variable_name};

/// Why Kong's `env` backend gives no value. `Display` gives Kong's own message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvVaultError {
    /// The variable is not set.
    #[error("could not get value from external vault (no value found)")]
    NotSet,
    /// It is set, and the key is not in it.
    #[error("could not get value from external vault (could not get subfield value: {0})")]
    Subkey(#[from] SubkeyError),
}

/// What a reference resolves to in an environment, given the vault's own `prefix` option.
///
/// # Errors
/// The variable is not set, or holds no object with a string under the reference's key.
pub fn resolve_from_environment(
    reference: &Reference,
    prefix: Option<&str>,
    environment: &dyn Fn(&str) -> Option<Zeroizing<Vec<u8>>>,
) -> Result<Zeroizing<Vec<u8>>, EnvVaultError> {
    let name = variable_name(reference, prefix);
    let is_possible = !name.is_empty() && !name.contains(['=', '\0']);
    let value = is_possible
        .then(|| environment(&name))
        .flatten()
        .ok_or(EnvVaultError::NotSet)?;
    match &reference.key {
        None => Ok(value),
        Some(key) => Ok(extract_subkey(&value, key)?),
    }
}
