use azure_core::Error;
use azure_core::error::{ErrorResponse, InnerError};

use crate::sdk_error::carried_finding;
use crate::vault_endpoint::VaultEndpoint;
use reference::{Finding, Reason};

/// An error of Azure, without its text, which names who sent the request.
pub(crate) struct AzureError {
    pub(crate) finding: Finding,
    /// Whether every secret of the vault would meet the same error.
    pub(crate) affects_whole_vault: bool,
}

impl AzureError {
    pub(crate) fn from_sdk_error(error: Error, endpoint: &VaultEndpoint, name: &str) -> Self {
        if let Some(finding) = carried_finding(&error) {
            return Self::for_vault(finding);
        }
        let status = error.http_status().map_or(0, u16::from);
        let codes = error_codes(error);
        let has_code = |code: &str| codes.iter().any(|actual| actual == code);
        match status {
            401 => Self::for_vault(token_rejected_finding(endpoint)),
            403 if has_code("SecretDisabled") => Self::for_secret(disabled_secret_finding(endpoint, name)),
            403 if has_code("ForbiddenByFirewall") || has_code("ForbiddenByConnection") => {
                Self::for_vault(firewall_finding(endpoint))
            }
            403 => Self::for_secret(permission_denied_finding(endpoint, name)),
            404 if has_code("SecretNotFound") => Self::for_secret(missing_secret_finding(endpoint, name)),
            400 if has_code("BadParameter") => Self::for_secret(bad_name_finding(endpoint, name)),
            503 => Self::for_vault(endpoint.unavailable_finding()),
            500.. => Self::for_vault(
                endpoint
                    .unexpected_response_finding("says that it is broken, or gives an answer that Azure does not give"),
            ),
            _ => Self::for_vault(endpoint.unexpected_response_finding("gives an answer that Azure does not give")),
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

/// The codes of a response, the general one first.
fn error_codes(error: Error) -> Vec<String> {
    let detail = ErrorResponse::try_from(error).ok().and_then(|response| response.error);
    let Some(detail) = detail else { return Vec::new() };
    let first = detail.inner_error.as_ref();
    let inner = std::iter::successors(first, |inner: &&InnerError| inner.inner_error.as_deref());
    let inner = inner.filter_map(|inner| inner.code.clone());
    detail.code.iter().cloned().chain(inner).collect()
}

fn secret_finding(endpoint: &VaultEndpoint, name: &str, reason: Reason, what: &str, help: &str) -> Finding {
    Finding::new(reason, format!("the secret '{name}' of {endpoint} {what}"))
        .about(name)
        .help(help)
}

fn missing_secret_finding(endpoint: &VaultEndpoint, name: &str) -> Finding {
    let help = "create it, recover it if it was deleted (az keyvault secret recover), or correct the reference";
    secret_finding(
        endpoint,
        name,
        Reason::NoSuchSecret,
        "does not exist, or is deleted",
        help,
    )
}

fn disabled_secret_finding(endpoint: &VaultEndpoint, name: &str) -> Finding {
    let help = "enable it (az keyvault secret set-attributes --enabled true), or correct the reference";
    secret_finding(endpoint, name, Reason::DisabledVersion, "is disabled", help)
}

fn permission_denied_finding(endpoint: &VaultEndpoint, name: &str) -> Finding {
    let help = "give them the role Key Vault Secrets User or, where access policies hold, the secret permission Get";
    secret_finding(
        endpoint,
        name,
        Reason::PermissionDenied,
        "may not be read with these credentials",
        help,
    )
}

fn bad_name_finding(endpoint: &VaultEndpoint, name: &str) -> Finding {
    let help = "write the name as Azure has it";
    secret_finding(
        endpoint,
        name,
        Reason::BadResource,
        "is none that Azure could have",
        help,
    )
}

fn firewall_finding(endpoint: &VaultEndpoint) -> Finding {
    let what = "refuses this machine, whatever its credentials: its firewall takes requests from other networks only";
    endpoint
        .finding(Reason::PermissionDenied, what)
        .help("let the network of the check through the vault's firewall, or run the check where the vault is reached")
}

fn token_rejected_finding(endpoint: &VaultEndpoint) -> Finding {
    endpoint
        .finding(Reason::LoginRefused, "takes the token of the login for no good one")
        .help("check that tenant_id is the directory of the vault, and the clock of this machine")
}
