use url::Url;

use super::credentials_file::GcpCredentialsFile;
use super::endpoint::is_google_host;
use reference::{Finding, HostAllowlist, Reason, allowlist_entry, allowlist_help};

/// Where secrets may be sent that a credentials file names but does not hold: the token of another provider, and the tokens
/// that it is exchanged for. Such files hold no secret and may be in repositories: whoever changes one must not have tokens
/// sent elsewhere.
pub(crate) struct GcpDestinationPolicy {
    pub(crate) allowed_hosts: HostAllowlist,
    /// The endpoint of Secret Manager, if the operator gives it.
    pub(crate) operator_endpoint: Option<Url>,
}

impl GcpDestinationPolicy {
    /// Allows a service of Google's, a host of the allowlist, and the operator's endpoint of Secret Manager.
    ///
    /// # Errors
    /// Any other host.
    pub(crate) fn check_destination(&self, file: &GcpCredentialsFile, url: &Url, service: &str) -> Result<(), Finding> {
        let mut endpoint = self.operator_endpoint.iter();
        let is_endpoint = endpoint.any(|endpoint| endpoint.origin() == url.origin());
        if is_google_host(url, service) || is_endpoint || self.allowed_hosts.allows(url) {
            return Ok(());
        }
        let (vault, host) = (&file.vault, allowlist_entry(url));
        let message = format!(
            "the vault '{vault}' is not asked: {} names the host {host}, which is not Google's, and no credential is sent there unless you vouch for it",
            file.source_name
        );
        let finding = Finding::new(Reason::UntrustedHost, message).about(vault);
        Err(finding.help(allowlist_help(&host)))
    }
}
