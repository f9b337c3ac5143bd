//! Whom a credential may be shown to. A pull request can change state files: what they name must never be sent a
//! credential of the machine that runs the check, unless that side vouches for the address.

use url::{Host, Url};

use super::{Finding, Reason, Side};

/// The hosts that the side that runs the check vouches for (`--references-hosts`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    any: bool,
    named: Vec<(String, Option<u16>)>,
}

/// An address, who says it, and whether it is the cloud vendor's own host.
#[derive(Clone, Debug)]
pub struct Address {
    /// The address.
    pub url: Url,
    /// The least trusted of those who say it.
    pub side: Side,
    /// Whether the host is one of the vendor of the cloud.
    pub vendors_own: bool,
}

/// A host in `--references-hosts` is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no HOST or HOST:PORT")]
pub struct NotAHost(String);

impl Hosts {
    /// Reads `HOST`, `HOST:PORT`, `[V6]:PORT` and `*`. Without a port, any is meant.
    ///
    /// # Errors
    /// The first that is none of these.
    pub fn read(words: &[String]) -> Result<Self, NotAHost> {
        let mut hosts = Self::default();
        for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
            if word == "*" {
                hosts.any = true;
                continue;
            }
            hosts
                .named
                .push(host_and_port(word).ok_or_else(|| NotAHost(word.to_owned()))?);
        }
        Ok(hosts)
    }

    /// Whether any address is vouched for.
    pub fn include_all(&self) -> bool {
        self.any
    }

    /// Whether an address is vouched for. What others could read on its way (http) is vouched for by its port alone, so
    /// that no file brings a host that is meant to be asked over TLS to be asked in the clear.
    pub fn include(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let same = |(name, said): &(String, Option<u16>)| {
            let fits = match said {
                Some(_) => *said == url.port_or_known_default(),
                None => !is_in_the_clear(url),
            };
            name == host && fits
        };
        self.any || self.named.iter().any(same)
    }
}

/// The host as a URL has it (lower case, an address in its one spelling), and the port that is asked for.
fn host_and_port(word: &str) -> Option<(String, Option<u16>)> {
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
pub fn may_show(credential: Side, address: &Address, hosts: &Hosts, vault: &str) -> Result<(), Finding> {
    let trusted =
        matches!(address.side, Side::Checker | Side::Live) || address.vendors_own || hosts.include(&address.url);
    if trusted || credential == Side::File {
        return Ok(());
    }
    let (host, over) = (host_to_vouch(&address.url), over(&address.url));
    let message = format!(
        "the vault '{vault}' is not asked: a state file names the host {host}{over}, and no credential is sent there unless you vouch for it"
    );
    Err(Finding::new(Reason::UntrustedHost, message)
        .about(vault)
        .help(how_to_vouch(&host)))
}

/// Host and port as `--references-hosts` takes them, so that it vouches for an address.
pub fn host_to_vouch(url: &Url) -> String {
    let port = match is_in_the_clear(url) {
        true => url.port_or_known_default(),
        false => url.port(),
    };
    match (url.host_str(), port) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}

/// How a host is vouched for.
pub fn how_to_vouch(host: &str) -> String {
    format!(
        "if the host is yours, say so where the check runs: --references-hosts {host} (or STRONGROOM_REFERENCES_HOSTS)"
    )
}

/// What is worth knowing of the way to an address before vouching for it.
fn over(url: &Url) -> &'static str {
    match is_in_the_clear(url) {
        true => " over http, in the clear",
        false => "",
    }
}

/// Whether others could read what is sent to an address.
fn is_in_the_clear(url: &Url) -> bool {
    url.scheme() != "https" && !is_of_this_machine(url)
}

/// Whether an address is this machine's own.
pub fn is_of_this_machine(url: &Url) -> bool {
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
        let hosts = Hosts::read(&[
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
            assert_eq!(hosts.include(&url(address)), included, "{address}");
        }
        assert!(
            Hosts::read(&["*".to_owned()])
                .expect("all")
                .include(&url("http://any/"))
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
            assert!(Hosts::read(&[wrong.to_owned()]).is_err(), "{wrong}");
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
            assert_eq!(host_to_vouch(&url(address)), word);
            let hosts = Hosts::read(&[word.to_owned()]).expect("a host");
            assert!(hosts.include(&url(address)), "{address}");
        }
    }

    #[test]
    fn what_a_file_names_gets_no_credential_of_the_machine() {
        let at = |side, vendors_own| Address {
            url: url("https://h:1/"),
            side,
            vendors_own,
        };
        let none = Hosts::default();
        let vouched = Hosts::read(&["h:1".to_owned()]).expect("a host");
        for credential in [Side::Checker, Side::Live, Side::Filled] {
            for side in [Side::File, Side::Filled] {
                let refused = may_show(credential, &at(side, false), &none, "v").expect_err("refused");
                assert!(refused.help.is_some_and(|help| help.contains("--references-hosts h:1")));
                assert_eq!(may_show(credential, &at(side, true), &none, "v"), Ok(()));
                assert_eq!(may_show(credential, &at(side, false), &vouched, "v"), Ok(()));
            }
            for side in [Side::Checker, Side::Live] {
                assert_eq!(may_show(credential, &at(side, false), &none, "v"), Ok(()));
            }
        }
        assert_eq!(may_show(Side::File, &at(Side::File, false), &none, "v"), Ok(()));
    }
}
