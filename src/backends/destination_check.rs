use url::Url;

use super::operator::operator_variable_name;
use reference::{
    Destination, Finding, HostAllowlist, Reason, SettingOrigin, VaultTarget, allowlist_help, check_destination,
};

/// Whether all that would be sent may be shown to an address.
///
/// # Errors
/// It may not.
pub fn check_credential_destination(
    shown: &[SettingOrigin],
    address: &Destination,
    hosts: &HostAllowlist,
    vault: &str,
    hidden: bool,
) -> Result<(), Finding> {
    let refused = shown
        .iter()
        .find_map(|side| check_destination(*side, address, hosts, vault).err());
    match refused {
        None => Ok(()),
        Some(finding) if !hidden => Err(finding),
        Some(finding) => Err(Finding {
            message: format!(
                "the vault '{vault}' is not asked: its host is filled in by a template, and nothing is sent there unless you vouch for it"
            ),
            help: Some(allowlist_help("HOST:PORT")),
            ..finding
        }),
    }
}

/// Whether all that would be sent may go to a server that is known by what is set of its certificate. Where a state file
/// makes that prove less, anybody could answer in the server's name: whoever vouches for a host does not vouch for those.
///
/// # Errors
/// It may not.
pub fn check_tls_verification(
    shown: &[SettingOrigin],
    url: &Url,
    target: &VaultTarget,
    hosts: &HostAllowlist,
) -> Result<(), Finding> {
    let of_file = |word: &str| {
        target
            .get(word)
            .is_some_and(|setting| setting.origin > SettingOrigin::Live)
    };
    let unverified = target.is_enabled("ssl_verify") == Some(false) && of_file("ssl_verify");
    let (vault, own) = (
        &target.name,
        shown.iter().all(|side| *side == SettingOrigin::Repository),
    );
    let has_none = url.scheme() != "https";
    let (what, help) = match (unverified, of_file("ca_cert")) {
        _ if own || has_none || hosts.allows_all() => return Ok(()),
        (false, false) => return Ok(()),
        (true, _) => (
            "turns ssl_verify off",
            format!(
                "say where the check runs how it is verified: {}=true, with {}=FILE for a CA of your own; or =false, if nothing verifies it",
                operator_variable_name(vault, "ssl_verify"),
                operator_variable_name(vault, "ca_cert")
            ),
        ),
        (false, true) => (
            "chooses its ca_cert",
            format!(
                "give the CA where the check runs: {}=FILE",
                operator_variable_name(vault, "ca_cert")
            ),
        ),
    };
    let message = format!(
        "the vault '{vault}' is not asked: a state file {what}, so that anybody could answer in its name, and no credential is sent like that"
    );
    Err(Finding::new(Reason::UntrustedHost, message).about(vault).help(help))
}
