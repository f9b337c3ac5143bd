use super::{Finding, Secret};

/// What a backend answers when it is asked for a secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Fetched {
    /// The secret.
    Text(Secret),
    /// An object, as JSON text, of which only the members are secrets (HashiCorp).
    Members(Secret),
    /// It is there; what it is, nobody is shown (Config Stores).
    Exists,
    /// What each of several data planes has, by its name.
    Planes(Vec<(String, Fetched)>),
    /// It cannot be had.
    No(Finding),
}
