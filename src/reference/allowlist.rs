//! Whom a credential may be shown to. A pull request can change state files: what they name must never be sent a
//! credential of the machine that runs the check, unless that side vouches for the address.

use url::{Host, Url};

use super::{Finding, Reason, SettingOrigin};

/// The hosts that the side that runs the check vouches for (`--references-hosts`).
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
    pub fn parse(words: &[String]) -> Result<Self, InvalidHost> {
        let mut hosts = Self::default();
        for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
            if word == "*" {
                hosts.allow_all = true;
                continue;
            }
            hosts
                .hosts
                .push(parse_host_port(word).ok_or_else(|| InvalidHost(word.to_owned()))?);
        }
        Ok(hosts)
    }

    /// Whether any address is vouched for.
    pub fn allows_all(&self) -> bool {
        self.allow_all
    }

    /// Whether an address is vouched for. What others could read on its way (http) is vouched for by its port alone, so
    /// that no file brings a host that is meant to be asked over TLS to be asked in the clear.
    pub fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let same = |(name, said): &(String, Option<u16>)| {
            let fits = match said {
                Some(_) => *said == url.port_or_known_default(),
                None => !is_cleartext(url),
            };
            name == host && fits
        };
        self.allow_all || self.hosts.iter().any(same)
    }
}

/// The host as a URL has it (lower case, an address in its one spelling), and the port that is asked for.
fn parse_host_port(word: &str) -> Option<(String, Option<u16>)> {
    if word.contains(['/', '@', '?', '#', '\\', '*']) || word.contains(char::is_whitespace) {
        return None;
    }
    let url = Url::parse(&format!("ws://{word}/")).ok()?;
    // a URL forgets a port that is its scheme's own, and takes an empty one for that
    let port = match word.rsplit_once(':') {
        Some((_, port)) if !word.ends_with(']') => Some(port.parse().ok()?),
        _ => None,
    };
    Some((url.host_str()?.to_owned(), port))
}

/// Whether a credential may be shown to an address. Only one that a state file spells out itself may go wherever that file
/// says; all others go to addresses that the checker's side names, that the live vault has already, that are the vendor's
/// own, or that are vouched for.
///
/// # Errors
/// It may not: not checkable, naming the host and the flag.
pub fn check_destination(
    credential: SettingOrigin,
    address: &Destination,
    hosts: &HostAllowlist,
    vault: &str,
) -> Result<(), Finding> {
    let trusted = matches!(address.origin, SettingOrigin::Operator | SettingOrigin::Live)
        || address.is_vendor_host
        || hosts.allows(&address.url);
    if trusted || credential == SettingOrigin::Repository {
        return Ok(());
    }
    let (host, over) = (allowlist_entry(&address.url), cleartext_note(&address.url));
    let message = format!(
        "the vault '{vault}' is not asked: a state file names the host {host}{over}, and no credential is sent there unless you vouch for it"
    );
    Err(Finding::new(Reason::UntrustedHost, message)
        .about(vault)
        .help(allowlist_help(&host)))
}

/// Host and port as `--references-hosts` takes them, so that it vouches for an address.
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

/// How a host is vouched for.
pub fn allowlist_help(host: &str) -> String {
    format!(
        "if the host is yours, say so where the check runs: --references-hosts {host} (or STRONGROOM_REFERENCES_HOSTS)"
    )
}

/// What is worth knowing of the way to an address before vouching for it.
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
        for (address, included) in [
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
            assert_eq!(hosts.allows(&url(address)), included, "{address}");
        }
        assert!(
            HostAllowlist::parse(&["*".to_owned()])
                .expect("all")
                .allows(&url("http://any/"))
        );
        for wrong in [
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
            assert!(HostAllowlist::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_told_to_vouch_for_does() {
        for (address, word) in [
            ("https://h/", "h"),
            ("https://h:8200/", "h:8200"),
            ("http://h/", "h:80"),
            ("http://h:8200/", "h:8200"),
            ("http://[::2]/", "[::2]:80"),
            ("http://localhost/", "localhost"),
        ] {
            assert_eq!(allowlist_entry(&url(address)), word);
            let hosts = HostAllowlist::parse(&[word.to_owned()]).expect("a host");
            assert!(hosts.allows(&url(address)), "{address}");
        }
    }

    #[test]
    fn what_a_file_names_gets_no_credential_of_the_machine() {
        let at = |side, vendors_own| Destination {
            url: url("https://h:1/"),
            origin: side,
            is_vendor_host: vendors_own,
        };
        let none = HostAllowlist::default();
        let vouched = HostAllowlist::parse(&["h:1".to_owned()]).expect("a host");
        for credential in [SettingOrigin::Operator, SettingOrigin::Live, SettingOrigin::Template] {
            for side in [SettingOrigin::Repository, SettingOrigin::Template] {
                let refused = check_destination(credential, &at(side, false), &none, "v").expect_err("refused");
                assert!(refused.help.is_some_and(|help| help.contains("--references-hosts h:1")));
                assert_eq!(check_destination(credential, &at(side, true), &none, "v"), Ok(()));
                assert_eq!(check_destination(credential, &at(side, false), &vouched, "v"), Ok(()));
            }
            for side in [SettingOrigin::Operator, SettingOrigin::Live] {
                assert_eq!(check_destination(credential, &at(side, false), &none, "v"), Ok(()));
            }
        }
        assert_eq!(
            check_destination(
                SettingOrigin::Repository,
                &at(SettingOrigin::Repository, false),
                &none,
                "v"
            ),
            Ok(())
        );
    }
}
