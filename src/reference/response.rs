use super::{Finding, Secret};

/// What a backend answers when it is asked for a secret.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretResponse {
    /// The secret.
    Text(Secret),
    /// An object, as JSON text, of which only the members are secrets (HashiCorp).
    Object(Secret),
    /// What each of several data planes has, by its name.
    PerPlane(Vec<(String, SecretResponse)>),
    /// It cannot be had.
    Unavailable(Finding),
}
