use url::Url;

use super::key::Key;
use super::place::is_googles;
use reference::{Finding, HostAllowlist, Reason, allowlist_entry, allowlist_help};

/// Who may be shown what a file of credentials names, and does not hold itself: the word of another provider, and the tokens
/// that it is good for. Files of federation hold no secret, so that they may lie in repositories: who changes one must not
/// have that sent elsewhere.
pub struct Trust {
    /// The hosts that the side that runs the check vouches for.
    pub hosts: HostAllowlist,
    /// Where it says that Secret Manager is.
    pub endpoint: Option<Url>,
}

impl Trust {
    /// Whether an address may be shown that: a service of Google's, a host that is vouched for, or the one that the side that
    /// runs the check says is Secret Manager's.
    ///
    /// # Errors
    /// It may not.
    pub fn check(&self, key: &Key, url: &Url, service: &str) -> Result<(), Finding> {
        let mut endpoint = self.endpoint.iter();
        let is_endpoint = endpoint.any(|endpoint| endpoint.origin() == url.origin());
        if is_googles(url, service) || is_endpoint || self.hosts.allows(url) {
            return Ok(());
        }
        let (vault, host) = (&key.vault, allowlist_entry(url));
        let message = format!(
            "the vault '{vault}' is not asked: {} names the host {host}, which is not Google's, and no credential is sent there unless you vouch for it",
            key.name
        );
        let finding = Finding::new(Reason::UntrustedHost, message).about(vault);
        Err(finding.help(allowlist_help(&host)))
    }
}
