use super::{Finding, Secret};

/// The response of a backend to a [`super::SecretRequest`].
#[derive(Clone, Debug, PartialEq)]
pub enum SecretResponse {
    /// The secret.
    Text(Secret),
    /// An object, as JSON text, of which only the members are secrets (HashiCorp).
    Object(Secret),
    /// What each of several data planes has, by its name.
    PerPlane(Vec<(String, SecretResponse)>),
    /// It cannot be fetched.
    Unavailable(Finding),
}
