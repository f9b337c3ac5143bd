use core::net::{IpAddr, Ipv6Addr};

/// What a text that names a host turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParsedHost {
    pub kind: HostKind,
    pub has_port: bool,
}

/// The sorts of hosts Kong tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostKind {
    Name,
    Ipv4,
    Ipv6,
}

/// Why a text names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostError {
    /// It looks like one of that kind and is not.
    Invalid(HostKind),
    /// What follows the colon is a number, and too large.
    InvalidPort,
}

impl HostError {
    /// Kong's word for what the text was taken for.
    pub fn message(self) -> &'static str {
        match self {
            Self::Invalid(HostKind::Name) => "invalid hostname",
            Self::Invalid(HostKind::Ipv4) => "invalid ipv4 address",
            Self::Invalid(HostKind::Ipv6) => "invalid ipv6 address",
            Self::InvalidPort => "invalid port number",
        }
    }
}

/// Reads `name`, `name:port`, an IPv4 address with or without a port, an IPv6 address, or one in brackets.
///
/// What it is taken for depends on its looks alone: two colons make an IPv6 address, digits and dots an IPv4 one.
pub(super) fn parse_host(text: &str) -> Result<ParsedHost, HostError> {
    let kind = guess_kind(text);
    let (address, port) = match kind {
        HostKind::Ipv6 => split_ipv6_port(text).ok_or(HostError::Invalid(kind))?,
        _ => split_port(text),
    };
    let valid = match kind {
        HostKind::Name => is_hostname(address),
        HostKind::Ipv4 => is_ipv4(address),
        HostKind::Ipv6 => address.parse::<Ipv6Addr>().is_ok(),
    };
    if !valid {
        return Err(HostError::Invalid(kind));
    }
    if port.is_some_and(|port| port.len() > 5 || port.parse::<u32>().is_ok_and(|port| port > 65535)) {
        return Err(HostError::InvalidPort);
    }
    Ok(ParsedHost {
        kind,
        has_port: port.is_some(),
    })
}

fn guess_kind(text: &str) -> HostKind {
    if text.bytes().filter(|byte| *byte == b':').count() > 1 {
        return HostKind::Ipv6;
    }
    let (address, _) = split_port(text);
    if !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        HostKind::Ipv4
    } else {
        HostKind::Name
    }
}

/// Takes a port off, if what follows the last colon is a number.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((address, port)) if is_number(port) => (address, Some(port)),
        _ => (text, None),
    }
}

fn split_ipv6_port(text: &str) -> Option<(&str, Option<&str>)> {
    let Some(inner) = text.strip_prefix('[') else {
        return Some((text, None));
    };
    let (address, rest) = inner.split_once(']')?;
    match rest.strip_prefix(':') {
        None => rest.is_empty().then_some((address, None)),
        Some(port) => is_number(port).then_some((address, Some(port))),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_ipv4(address: &str) -> bool {
    let parts: Vec<&str> = address.split('.').collect();
    parts.len() == 4
        && parts
            .iter()
            .all(|part| is_number(part) && part.len() <= 3 && part.parse::<u16>().is_ok_and(|value| value < 256))
}

/// Letters, digits, `-`, `_` and dots; no label is empty or ends in `-`; one dot may end it.
fn is_hostname(address: &str) -> bool {
    let name = address.strip_suffix('.').unwrap_or(address);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    name.split('.')
        .all(|label| !label.is_empty() && !label.ends_with('-') && label.bytes().all(allowed))
}

/// A host without a port: a service's.
pub(super) fn check_host_without_port(text: &str) -> Result<(), String> {
    match parse_host(text) {
        Err(HostError::Invalid(_)) => Err(format!("invalid value: {text}")),
        Err(HostError::InvalidPort) | Ok(ParsedHost { has_port: true, .. }) => Err("must not have a port".to_owned()),
        Ok(_) => Ok(()),
    }
}

/// A name without a port, no address.
pub(super) fn check_server_name(text: &str) -> Result<(), String> {
    match parse_host(text) {
        Err(HostError::Invalid(_)) => Err(format!("invalid value: {text}")),
        Ok(found) if found.kind != HostKind::Name => Err("must not be an IP".to_owned()),
        Err(HostError::InvalidPort) | Ok(ParsedHost { has_port: true, .. }) => Err("must not have a port".to_owned()),
        Ok(_) => Ok(()),
    }
}

/// A server's name in which one `*` may stand first or last.
pub(super) fn check_wildcard_server_name(text: &str) -> Result<(), String> {
    let Some(at) = text.find('*') else {
        return check_server_name(text);
    };
    if at != 0 && at + 1 != text.len() {
        return Err("wildcard must be leftmost or rightmost character".to_owned());
    }
    if text.matches('*').count() > 1 {
        return Err("only one wildcard must be specified".to_owned());
    }
    check_server_name(&text.replace('*', "wildcard"))
}

/// A host of a route: a port may follow, a wildcard may stand for a label.
pub(super) fn check_route_host(text: &str) -> Result<(), String> {
    parse_host(&text.replace('*', "wildcard"))
        .map(|_| ())
        .map_err(|error| format!("{}: {text}", error.message()))
}

/// A host with or without a port: what an upstream is asked for.
pub(super) fn check_host_with_port(text: &str) -> Result<(), String> {
    parse_host(text)
        .map(|_| ())
        .map_err(|error| format!("{}: {text}", error.message()))
}

/// The name of an upstream: no address, no port.
pub(super) fn check_upstream_name(text: &str) -> Result<(), String> {
    let error = match parse_host(text) {
        Err(_) => "must be a valid hostname",
        Ok(found) if found.kind != HostKind::Name => "no ip addresses allowed",
        Ok(ParsedHost { has_port: true, .. }) => "no port allowed",
        Ok(_) => return Ok(()),
    };
    Err(format!("Invalid name ('{text}'); {error}"))
}

/// A host of an upstream, with or without a port.
pub(super) fn check_target_host(text: &str) -> Result<(), String> {
    parse_host(text)
        .map(|_| ())
        .map_err(|_| format!("Invalid target ('{text}'); not a valid hostname or ip address"))
}

/// An IP address, or a range of them: `192.0.2.0/24`.
pub(super) fn check_ip_or_cidr(text: &str) -> Result<(), String> {
    let (address, most) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let size = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Some(32),
        Ok(IpAddr::V6(_)) => Some(128),
        Err(_) => None,
    };
    let fits = |bits: &str| is_number(bits) && bits.parse::<u8>().ok() <= size;
    if size.is_some() && most.is_none_or(fits) {
        return Ok(());
    }
    Err(format!("invalid ip or cidr range: '{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_it_looks_like() {
        let plain = |kind| Ok(ParsedHost { kind, has_port: false });
        let ported = |kind| Ok(ParsedHost { kind, has_port: true });
        assert_eq!(parse_host("-a.test"), plain(HostKind::Name));
        assert_eq!(parse_host("a."), plain(HostKind::Name));
        assert_eq!(parse_host("a.test:0"), ported(HostKind::Name));
        assert_eq!(parse_host("a.test:65536"), Err(HostError::InvalidPort));
        assert_eq!(parse_host("192.0.2.1:80"), ported(HostKind::Ipv4));
        assert_eq!(parse_host("192.0.2.256"), Err(HostError::Invalid(HostKind::Ipv4)));
        assert_eq!(parse_host("::1"), plain(HostKind::Ipv6));
        assert_eq!(parse_host("[::1]"), plain(HostKind::Ipv6));
        assert_eq!(parse_host("[::1]:80"), ported(HostKind::Ipv6));
        assert_eq!(parse_host("a.test:80:80"), Err(HostError::Invalid(HostKind::Ipv6)));
        for good in ["192.0.2.1", "192.0.2.0/24", "::1/128"] {
            assert_eq!(check_ip_or_cidr(good), Ok(()), "{good}");
        }
        for bad in ["x", "192.0.2.1/33", "192.0.2.1/", "::1/129", "1.2.3"] {
            assert!(check_ip_or_cidr(bad).is_err(), "{bad}");
        }
        for bad in [
            "", ".a", "a..b", "a-.b", "a-", "a b", "é.test", "a.test:x", "http://a", "a~b",
        ] {
            assert_eq!(parse_host(bad), Err(HostError::Invalid(HostKind::Name)), "{bad}");
        }
    }
}
