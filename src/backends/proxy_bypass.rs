use std::net::IpAddr;

use url::{Host, Url};

use reference::is_loopback;

/// The variables that name proxies.
const PROXY_VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Names of metadata servers: Google's, and Amazon's.
const METADATA_HOSTS: [&str; 4] = [
    "metadata.google.internal",
    "metadata",
    "instance-data.ec2.internal",
    "instance-data",
];

pub(crate) fn is_proxy_configured() -> bool {
    PROXY_VARIABLES.iter().any(|name| std::env::var_os(name).is_some())
}

/// Whether only this machine reaches an address: its own, or that of its metadata server. A proxy would get the response
/// for itself, and see it.
pub(crate) fn should_bypass_proxy(url: &Url) -> bool {
    is_loopback(url) || is_metadata_server(url)
}

pub(crate) fn is_metadata_server(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local(),
        Some(Host::Ipv6(address)) => match address.to_canonical() {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.is_unicast_link_local() || address.is_unique_local(),
        },
        Some(Host::Domain(name)) => METADATA_HOSTS.contains(&name.trim_end_matches('.')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_reaches_itself_and_its_clouds_server() {
        for (url, bypasses, is_metadata) in [
            ("http://127.0.0.1:8200/", true, false),
            ("http://localhost./", true, false),
            ("http://[::1]/", true, false),
            ("http://[::ffff:127.0.0.1]/", true, false),
            ("http://169.254.169.254/latest", true, true),
            ("http://169.254.170.2/", true, true),
            ("http://[::ffff:169.254.169.254]/", true, true),
            ("http://[fd00:ec2::254]/", true, true),
            ("http://[fe80::1]/", true, true),
            ("http://metadata.google.internal./", true, true),
            ("http://METADATA/", true, true),
            ("http://instance-data/", true, true),
            ("http://metadata.google.internal.evil.example/", false, false),
            ("http://10.0.0.1/", false, false),
            ("https://vault.corp/", false, false),
        ] {
            let url = Url::parse(url).expect("a URL");
            assert_eq!(should_bypass_proxy(&url), bypasses, "{url}");
            assert_eq!(is_metadata_server(&url), is_metadata, "{url}");
        }
    }
}
