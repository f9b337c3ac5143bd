//! Where a credential may be sent. A pull request can change state files: an address that they name must never be sent a
//! credential of the machine that runs the check, unless the operator vouches for the address.

use url::{Host, Url};

use super::{Finding, Reason, SettingOrigin};

/// The hosts that the operator vouches for (`--references-hosts`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostAllowlist {
    allow_all: bool,
    hosts: Vec<(String, Option<u16>)>,
}

/// An address, who says it, and whether it is the cloud vendor's own host.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The address.
    pub url: Url,
    /// The least trusted of those who say it.
    pub origin: SettingOrigin,
    /// Whether the host is one of the vendor of the cloud.
    pub is_vendor_host: bool,
}

/// A host in `--references-hosts` is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no HOST or HOST:PORT")]
pub struct InvalidHost(String);

impl HostAllowlist {
    /// Reads `HOST`, `HOST:PORT`, `[V6]:PORT` and `*`. Without a port, any is meant.
    ///
    /// # Errors
    /// The first that is none of these.
    pub fn parse(entries: &[String]) -> Result<Self, InvalidHost> {
        let mut allowlist = Self::default();
        let entries = entries.iter().map(|entry| entry.trim());
        for entry in entries.filter(|entry| !entry.is_empty()) {
            if entry == "*" {
                allowlist.allow_all = true;
                continue;
            }
            let host = parse_host_port(entry).ok_or_else(|| InvalidHost(entry.to_owned()))?;
            allowlist.hosts.push(host);
        }
        Ok(allowlist)
    }

    /// Whether any address is vouched for.
    pub fn allows_all(&self) -> bool {
        self.allow_all
    }

    /// Whether an address is vouched for. A cleartext one (http) needs an entry with its port, so that no file can make a
    /// host that is vouched for over TLS be asked in the clear.
    pub fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let matches_entry = |(name, port): &(String, Option<u16>)| {
            let matches_port = match port {
                Some(_) => *port == url.port_or_known_default(),
                None => !is_cleartext(url),
            };
            name == host && matches_port
        };
        self.allow_all || self.hosts.iter().any(matches_entry)
    }
}

/// The normalized host (lower case, an address in its one spelling), and the port, if there is one.
fn parse_host_port(entry: &str) -> Option<(String, Option<u16>)> {
    if entry.contains(['/', '@', '?', '#', '\\', '*']) || entry.contains(char::is_whitespace) {
        return None;
    }
    let url = Url::parse(&format!("ws://{entry}/")).ok()?;
    // a URL drops a port that is its scheme's default, and takes an empty one for that
    let port = match entry.rsplit_once(':') {
        Some((_, port)) if !entry.ends_with(']') => Some(port.parse().ok()?),
        _ => None,
    };
    Some((url.host_str()?.to_owned(), port))
}

/// Whether a credential may be sent to an address. One that a state file spells out may go wherever that file says; all
/// others go only to addresses that the operator names, that the live vault has already, that are the vendor's own, or that
/// are vouched for.
///
/// # Errors
/// It may not: not checkable, naming the host and the flag.
pub fn check_destination(
    credential: SettingOrigin,
    destination: &Destination,
    allowlist: &HostAllowlist,
    vault: &str,
) -> Result<(), Finding> {
    let is_trusted = matches!(destination.origin, SettingOrigin::Operator | SettingOrigin::Live)
        || destination.is_vendor_host
        || allowlist.allows(&destination.url);
    if is_trusted || credential == SettingOrigin::Repository {
        return Ok(());
    }
    let (host, note) = (allowlist_entry(&destination.url), cleartext_note(&destination.url));
    let message = format!(
        "the vault '{vault}' is not asked: a state file names the host {host}{note}, and no credential is sent there unless you vouch for it"
    );
    Err(Finding::new(Reason::UntrustedHost, message)
        .about(vault)
        .help(allowlist_help(&host)))
}

/// The entry of `--references-hosts` that vouches for an address.
pub fn allowlist_entry(url: &Url) -> String {
    let port = match is_cleartext(url) {
        true => url.port_or_known_default(),
        false => url.port(),
    };
    match (url.host_str(), port) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}

/// How to vouch for a host.
pub fn allowlist_help(host: &str) -> String {
    format!(
        "if the host is yours, say so where the check runs: --references-hosts {host} (or STRONGROOM_REFERENCES_HOSTS)"
    )
}

fn cleartext_note(url: &Url) -> &'static str {
    match is_cleartext(url) {
        true => " over http, in the clear",
        false => "",
    }
}

/// Whether others could read what is sent to an address.
fn is_cleartext(url: &Url) -> bool {
    url.scheme() != "https" && !is_loopback(url)
}

/// Whether an address is this machine's own.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a URL")
    }

    #[test]
    fn hosts_are_compared_as_urls_have_them() {
        let hosts = HostAllowlist::parse(&[
            "Vault.Corp".to_owned(),
            "10.0.0.1:8200".to_owned(),
            "[::1]:80".to_owned(),
            "localhost".to_owned(),
        ]);
        let hosts = hosts.expect("hosts");
        for (address, is_allowed) in [
            ("https://vault.corp/", true),
            ("https://VAULT.corp:8200/", true),
            ("http://vault.corp/", false),
            ("http://vault.corp:8200/", false),
            ("http://[::1]:80/", true),
            ("http://localhost:8200/", true),
            ("https://10.0.0.1:8200/", true),
            ("http://vault.corp.evil/", false),
            ("http://vault.corp@evil/", false),
            ("http://10.0.0.1:8200/", true),
            ("http://10.0.0.1/", false),
            ("http://[::1]/", true),
            ("http://[::1]:81/", false),
        ] {
            assert_eq!(hosts.allows(&url(address)), is_allowed, "{address}");
        }
        assert!(
            HostAllowlist::parse(&["*".to_owned()])
                .expect("all")
                .allows(&url("http://any/"))
        );
        for invalid in [
            "http://a",
            "a/b",
            "a b",
            "u@h",
            "h:",
            "127.0.0.1:",
            "[::1]:",
            "h:x",
            "h:+80",
            "h:65536",
            "*.h",
            "*:80",
            "::1",
        ] {
            assert!(HostAllowlist::parse(&[invalid.to_owned()]).is_err(), "{invalid}");
        }
    }

    #[test]
    fn the_suggested_entry_allows_the_address() {
        for (address, entry) in [
            ("https://h/", "h"),
            ("https://h:8200/", "h:8200"),
            ("http://h/", "h:80"),
            ("http://h:8200/", "h:8200"),
            ("http://[::2]/", "[::2]:80"),
            ("http://localhost/", "localhost"),
        ] {
            assert_eq!(allowlist_entry(&url(address)), entry);
            let hosts = HostAllowlist::parse(&[entry.to_owned()]).expect("a host");
            assert!(hosts.allows(&url(address)), "{address}");
        }
    }

    #[test]
    fn what_a_file_names_gets_no_credential_of_the_machine() {
        let destination = |origin, is_vendor_host| Destination {
            url: url("https://h:1/"),
            origin,
            is_vendor_host,
        };
        let none = HostAllowlist::default();
        let vouched = HostAllowlist::parse(&["h:1".to_owned()]).expect("a host");
        for credential in [SettingOrigin::Operator, SettingOrigin::Live, SettingOrigin::Template] {
            for origin in [SettingOrigin::Repository, SettingOrigin::Template] {
                let refused =
                    check_destination(credential, &destination(origin, false), &none, "v").expect_err("refused");
                assert!(refused.help.is_some_and(|help| help.contains("--references-hosts h:1")));
                assert_eq!(
                    check_destination(credential, &destination(origin, true), &none, "v"),
                    Ok(())
                );
                assert_eq!(
                    check_destination(credential, &destination(origin, false), &vouched, "v"),
                    Ok(())
                );
            }
            for origin in [SettingOrigin::Operator, SettingOrigin::Live] {
                assert_eq!(
                    check_destination(credential, &destination(origin, false), &none, "v"),
                    Ok(())
                );
            }
        }
        assert_eq!(
            check_destination(
                SettingOrigin::Repository,
                &destination(SettingOrigin::Repository, false),
                &none,
                "v"
            ),
            Ok(())
        );
    }
}
