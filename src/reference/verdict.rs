use serde::Serialize;

use super::Use;

/// What is known of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The secret is there and is what it should be.
    Found,
    /// The vault or the secret is not there.
    Missing,
    /// It cannot be right: its text, its field, or what it resolves to.
    Malformed,
    /// The vault refuses.
    Denied,
    /// The vault does not answer.
    Unreachable,
    /// Nobody can tell from here.
    NotCheckable,
}

/// Why a verdict is what it is: stable words for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Kong's parser refuses the text.
    BadReference,
    /// The field takes no references: Kong would use the text as it stands.
    NotReferenceable,
    /// No loaded backend and no vault bears the name.
    UnknownVault,
    /// Not all vaults could be listed, so that nobody can say whether one bears the name.
    VaultsUnreadable,
    /// The plugin's schema is not known, so that nobody can say whether the field takes references.
    UnknownSchema,
    /// The variable is one of the data planes' environment.
    DataPlaneEnvironment,
    /// The backend is not asked.
    NotAsked,
}

/// A use of a reference with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Where it stands.
    pub usage: Use,
    /// What is known.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What the verdict is about, in the words of the message: a prefix, a variable, Kong's own error text.
    pub subject: String,
    /// What to do, if that can be said.
    pub help: Option<String>,
    /// Whether this plan adds or changes the reference, its entity, or the vault that it names.
    pub concerns_plan: bool,
}

impl Reason {
    /// Whether it is a matter of the reference's text and field alone, whatever vaults there are.
    pub fn is_of_form(self) -> bool {
        matches!(self, Self::BadReference | Self::NotReferenceable)
    }

    /// The verdict that follows from it.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::BadReference | Self::NotReferenceable => Verdict::Malformed,
            Self::UnknownVault => Verdict::Missing,
            Self::VaultsUnreadable | Self::UnknownSchema | Self::DataPlaneEnvironment | Self::NotAsked => {
                Verdict::NotCheckable
            }
        }
    }
}
