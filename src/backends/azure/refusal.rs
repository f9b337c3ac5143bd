use azure_core::Error;
use azure_core::error::{ErrorResponse, InnerError};

use crate::failure::Place;
use crate::unanswered::unanswered;
use reference::{Finding, Reason};

/// Why the vault did not give a secret. Azure's own words stay behind: they say who asked.
pub struct Refusal {
    /// Why, in ours.
    pub finding: Finding,
    /// Whether it says the same of every secret of the vault.
    pub of_vault: bool,
}

impl Refusal {
    /// What an error of the SDK says of a secret.
    pub fn of(error: Error, place: &Place, name: &str) -> Self {
        if let Some(finding) = unanswered(&error) {
            return Self::of_vault(finding);
        }
        let status = error.http_status().map_or(0, u16::from);
        let codes = codes(error);
        let is = |code: &str| codes.iter().any(|said| said == code);
        match status {
            401 => Self::of_vault(stranger(place)),
            403 if is("SecretDisabled") => Self::of_secret(disabled(place, name)),
            403 if is("ForbiddenByFirewall") || is("ForbiddenByConnection") => Self::of_vault(walled(place)),
            403 => Self::of_secret(denied(place, name)),
            404 if is("SecretNotFound") => Self::of_secret(missing(place, name)),
            400 if is("BadParameter") => Self::of_secret(no_name(place, name)),
            503 => Self::of_vault(place.away()),
            500.. => {
                Self::of_vault(place.nonsense("says that it is broken, or gives an answer that Azure does not give"))
            }
            _ => Self::of_vault(place.nonsense("gives an answer that Azure does not give")),
        }
    }

    fn of_vault(finding: Finding) -> Self {
        Self {
            finding,
            of_vault: true,
        }
    }

    fn of_secret(finding: Finding) -> Self {
        Self {
            finding,
            of_vault: false,
        }
    }
}

/// The codes of an answer, the more exact ones behind the general one.
fn codes(error: Error) -> Vec<String> {
    let detail = ErrorResponse::try_from(error).ok().and_then(|answer| answer.error);
    let Some(detail) = detail else { return Vec::new() };
    let first = detail.inner_error.as_ref();
    let inner = std::iter::successors(first, |inner: &&InnerError| inner.inner_error.as_deref());
    let inner = inner.filter_map(|inner| inner.code.clone());
    detail.code.iter().cloned().chain(inner).collect()
}

fn of(place: &Place, name: &str, reason: Reason, what: &str, help: &str) -> Finding {
    Finding::new(reason, format!("the secret '{name}' of {place} {what}"))
        .about(name)
        .help(help)
}

fn missing(place: &Place, name: &str) -> Finding {
    let help = "create it, recover it if it was deleted (az keyvault secret recover), or correct the reference";
    of(place, name, Reason::NoSuchSecret, "does not exist, or is deleted", help)
}

fn disabled(place: &Place, name: &str) -> Finding {
    let help = "enable it (az keyvault secret set-attributes --enabled true), or correct the reference";
    of(place, name, Reason::DisabledVersion, "is disabled", help)
}

fn denied(place: &Place, name: &str) -> Finding {
    let help = "give them the role Key Vault Secrets User or, where access policies hold, the secret permission Get";
    of(
        place,
        name,
        Reason::PermissionDenied,
        "may not be read with these credentials",
        help,
    )
}

fn no_name(place: &Place, name: &str) -> Finding {
    let help = "write the name as Azure has it";
    of(place, name, Reason::BadResource, "is none that Azure could have", help)
}

fn walled(place: &Place) -> Finding {
    let what = "refuses this machine, whatever its credentials: its firewall takes requests from other networks only";
    place
        .finding(Reason::PermissionDenied, what)
        .help("let the network of the check through the vault's firewall, or run the check where the vault is reached")
}

fn stranger(place: &Place) -> Finding {
    place
        .finding(Reason::LoginRefused, "takes the token of the login for no good one")
        .help("check that tenant_id is the directory of the vault, and the clock of this machine")
}
