use url::Url;

use super::operator::operator_variable_name;
use reference::{
    Destination, Finding, HostAllowlist, Reason, SettingOrigin, VaultTarget, allowlist_help, check_destination,
};

/// Whether everything that would be sent may be sent to an address.
///
/// # Errors
/// Something may not.
pub(crate) fn check_credential_destination(
    credential_origins: &[SettingOrigin],
    destination: &Destination,
    allowed_hosts: &HostAllowlist,
    vault: &str,
    is_host_hidden: bool,
) -> Result<(), Finding> {
    let finding = credential_origins
        .iter()
        .find_map(|origin| check_destination(*origin, destination, allowed_hosts, vault).err());
    match finding {
        None => Ok(()),
        Some(finding) if !is_host_hidden => Err(finding),
        Some(finding) => Err(Finding {
            message: format!(
                "the vault '{vault}' is not asked: its host is filled in by a template, and nothing is sent there unless you vouch for it"
            ),
            help: Some(allowlist_help("HOST:PORT")),
            ..finding
        }),
    }
}

/// Whether everything that would be sent may be sent to a server whose certificate is verified as the settings say. Where a
/// state file weakens that, anybody could respond in the server's name, even if the host is on the allowlist.
///
/// # Errors
/// Something may not.
pub(crate) fn check_tls_verification(
    credential_origins: &[SettingOrigin],
    url: &Url,
    target: &VaultTarget,
    allowed_hosts: &HostAllowlist,
) -> Result<(), Finding> {
    let is_from_file = |setting: &str| {
        target
            .get(setting)
            .is_some_and(|setting| setting.origin > SettingOrigin::Live)
    };
    let is_unverified = target.is_enabled("ssl_verify") == Some(false) && is_from_file("ssl_verify");
    let (vault, is_own_file) = (
        &target.name,
        credential_origins
            .iter()
            .all(|origin| *origin == SettingOrigin::Repository),
    );
    let is_cleartext = url.scheme() != "https";
    let (what, help) = match (is_unverified, is_from_file("ca_cert")) {
        _ if is_own_file || is_cleartext || allowed_hosts.allows_all() => return Ok(()),
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
