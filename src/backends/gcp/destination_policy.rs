use url::Url;

use super::credentials_file::GcpCredentialsFile;
use super::endpoint::is_google_host;
use reference::{Finding, HostAllowlist, Reason, allowlist_entry, allowlist_help};

/// Who may be shown what a file of credentials names, and does not hold itself: the word of another provider, and the tokens
/// that it is good for. Files of federation hold no secret, so that they may lie in repositories: who changes one must not
/// have that sent elsewhere.
pub struct GcpDestinationPolicy {
    /// The hosts that the side that runs the check vouches for.
    pub allowed_hosts: HostAllowlist,
    /// Where it says that Secret Manager is.
    pub operator_endpoint: Option<Url>,
}

impl GcpDestinationPolicy {
    /// Whether an address may be shown that: a service of Google's, a host that is vouched for, or the one that the side that
    /// runs the check says is Secret Manager's.
    ///
    /// # Errors
    /// It may not.
    pub fn check_destination(&self, key: &GcpCredentialsFile, url: &Url, service: &str) -> Result<(), Finding> {
        let mut endpoint = self.operator_endpoint.iter();
        let is_endpoint = endpoint.any(|endpoint| endpoint.origin() == url.origin());
        if is_google_host(url, service) || is_endpoint || self.allowed_hosts.allows(url) {
            return Ok(());
        }
        let (vault, host) = (&key.vault, allowlist_entry(url));
        let message = format!(
            "the vault '{vault}' is not asked: {} names the host {host}, which is not Google's, and no credential is sent there unless you vouch for it",
            key.source_name
        );
        let finding = Finding::new(Reason::UntrustedHost, message).about(vault);
        Err(finding.help(allowlist_help(&host)))
    }
}
