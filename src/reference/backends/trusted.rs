use crate::reference::{Address, Finding, Hosts, Side, may_show};

/// Whether all that would be sent may be shown to an address.
///
/// # Errors
/// It may not.
pub fn trusted(shown: &[Side], address: &Address, hosts: &Hosts, vault: &str, hidden: bool) -> Result<(), Finding> {
    let refused = shown
        .iter()
        .find_map(|side| may_show(*side, address, hosts, vault).err());
    match refused {
        None => Ok(()),
        Some(finding) if !hidden => Err(finding),
        Some(finding) => Err(Finding {
            message: format!("the vault '{vault}' is not asked: its host is filled in by a template, and nothing is sent there unless you vouch for it"),
            help: Some("if the host is yours, say so where the check runs: --references-hosts HOST (or STRONGROOM_REFERENCES_HOSTS)".to_owned()),
            ..finding
        }),
    }
}
