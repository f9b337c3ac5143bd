use azure_core::Error;
use azure_core::error::{ErrorResponse, InnerError};

use crate::sdk_error::carried_finding;
use crate::vault_endpoint::VaultEndpoint;
use reference::{Finding, Reason};

/// Why the vault did not give a secret. Azure's own words stay behind: they say who asked.
pub struct AzureError {
    /// Why, in ours.
    pub finding: Finding,
    /// Whether it says the same of every secret of the vault.
    pub affects_whole_vault: bool,
}

impl AzureError {
    /// What an error of the SDK says of a secret.
    pub fn from_sdk_error(error: Error, place: &VaultEndpoint, name: &str) -> Self {
        if let Some(finding) = carried_finding(&error) {
            return Self::for_vault(finding);
        }
        let status = error.http_status().map_or(0, u16::from);
        let codes = error_codes(error);
        let is = |code: &str| codes.iter().any(|said| said == code);
        match status {
            401 => Self::for_vault(token_rejected_finding(place)),
            403 if is("SecretDisabled") => Self::for_secret(disabled_secret_finding(place, name)),
            403 if is("ForbiddenByFirewall") || is("ForbiddenByConnection") => Self::for_vault(firewall_finding(place)),
            403 => Self::for_secret(permission_denied_finding(place, name)),
            404 if is("SecretNotFound") => Self::for_secret(missing_secret_finding(place, name)),
            400 if is("BadParameter") => Self::for_secret(bad_name_finding(place, name)),
            503 => Self::for_vault(place.unavailable_finding()),
            500.. => Self::for_vault(
                place
                    .unexpected_response_finding("says that it is broken, or gives an answer that Azure does not give"),
            ),
            _ => Self::for_vault(place.unexpected_response_finding("gives an answer that Azure does not give")),
        }
    }

    fn for_vault(finding: Finding) -> Self {
        Self {
            finding,
            affects_whole_vault: true,
        }
    }

    fn for_secret(finding: Finding) -> Self {
        Self {
            finding,
            affects_whole_vault: false,
        }
    }
}

/// The codes of an answer, the more exact ones behind the general one.
fn error_codes(error: Error) -> Vec<String> {
    let detail = ErrorResponse::try_from(error).ok().and_then(|answer| answer.error);
    let Some(detail) = detail else { return Vec::new() };
    let first = detail.inner_error.as_ref();
    let inner = std::iter::successors(first, |inner: &&InnerError| inner.inner_error.as_deref());
    let inner = inner.filter_map(|inner| inner.code.clone());
    detail.code.iter().cloned().chain(inner).collect()
}

fn secret_finding(place: &VaultEndpoint, name: &str, reason: Reason, what: &str, help: &str) -> Finding {
    Finding::new(reason, format!("the secret '{name}' of {place} {what}"))
        .about(name)
        .help(help)
}

fn missing_secret_finding(place: &VaultEndpoint, name: &str) -> Finding {
    let help = "create it, recover it if it was deleted (az keyvault secret recover), or correct the reference";
    secret_finding(place, name, Reason::NoSuchSecret, "does not exist, or is deleted", help)
}

fn disabled_secret_finding(place: &VaultEndpoint, name: &str) -> Finding {
    let help = "enable it (az keyvault secret set-attributes --enabled true), or correct the reference";
    secret_finding(place, name, Reason::DisabledVersion, "is disabled", help)
}

fn permission_denied_finding(place: &VaultEndpoint, name: &str) -> Finding {
    let help = "give them the role Key Vault Secrets User or, where access policies hold, the secret permission Get";
    secret_finding(
        place,
        name,
        Reason::PermissionDenied,
        "may not be read with these credentials",
        help,
    )
}

fn bad_name_finding(place: &VaultEndpoint, name: &str) -> Finding {
    let help = "write the name as Azure has it";
    secret_finding(place, name, Reason::BadResource, "is none that Azure could have", help)
}

fn firewall_finding(place: &VaultEndpoint) -> Finding {
    let what = "refuses this machine, whatever its credentials: its firewall takes requests from other networks only";
    place
        .finding(Reason::PermissionDenied, what)
        .help("let the network of the check through the vault's firewall, or run the check where the vault is reached")
}

fn token_rejected_finding(place: &VaultEndpoint) -> Finding {
    place
        .finding(Reason::LoginRefused, "takes the token of the login for no good one")
        .help("check that tenant_id is the directory of the vault, and the clock of this machine")
}
