use core::net::{IpAddr, Ipv6Addr};

/// What a text that names a host turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub kind: HostKind,
    pub has_port: bool,
}

/// The sorts of hosts Kong tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostKind {
    Name,
    V4,
    V6,
}

/// Why a text names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHost {
    /// It looks like one of that kind and is not.
    Invalid(HostKind),
    /// What follows the colon is a number, and too large.
    Port,
}

impl NoHost {
    /// Kong's word for what the text was taken for.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invalid(HostKind::Name) => "invalid hostname",
            Self::Invalid(HostKind::V4) => "invalid ipv4 address",
            Self::Invalid(HostKind::V6) => "invalid ipv6 address",
            Self::Port => "invalid port number",
        }
    }
}

/// Reads `name`, `name:port`, an IPv4 address with or without a port, an IPv6 address, or one in brackets.
///
/// What it is taken for depends on its looks alone: two colons make an IPv6 address, digits and dots an IPv4 one.
pub(super) fn host(text: &str) -> Result<Host, NoHost> {
    let kind = looks_like(text);
    let (address, port) = match kind {
        HostKind::V6 => split_v6(text).ok_or(NoHost::Invalid(kind))?,
        _ => split_port(text),
    };
    let valid = match kind {
        HostKind::Name => is_name(address),
        HostKind::V4 => is_v4(address),
        HostKind::V6 => address.parse::<Ipv6Addr>().is_ok(),
    };
    if !valid {
        return Err(NoHost::Invalid(kind));
    }
    if port.is_some_and(|port| port.len() > 5 || port.parse::<u32>().is_ok_and(|port| port > 65535)) {
        return Err(NoHost::Port);
    }
    Ok(Host {
        kind,
        has_port: port.is_some(),
    })
}

fn looks_like(text: &str) -> HostKind {
    if text.bytes().filter(|byte| *byte == b':').count() > 1 {
        return HostKind::V6;
    }
    let (address, _) = split_port(text);
    if !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        HostKind::V4
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

fn split_v6(text: &str) -> Option<(&str, Option<&str>)> {
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

fn is_v4(address: &str) -> bool {
    let parts: Vec<&str> = address.split('.').collect();
    parts.len() == 4
        && parts
            .iter()
            .all(|part| is_number(part) && part.len() <= 3 && part.parse::<u16>().is_ok_and(|value| value < 256))
}

/// Letters, digits, `-`, `_` and dots; no label is empty or ends in `-`; one dot may end it.
fn is_name(address: &str) -> bool {
    let name = address.strip_suffix('.').unwrap_or(address);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    name.split('.')
        .all(|label| !label.is_empty() && !label.ends_with('-') && label.bytes().all(allowed))
}

/// A host without a port: a service's.
pub(super) fn without_port(text: &str) -> Result<(), String> {
    match host(text) {
        Err(NoHost::Invalid(_)) => Err(format!("invalid value: {text}")),
        Err(NoHost::Port) | Ok(Host { has_port: true, .. }) => Err("must not have a port".to_owned()),
        Ok(_) => Ok(()),
    }
}

/// A name without a port, no address.
pub(super) fn server_name(text: &str) -> Result<(), String> {
    match host(text) {
        Err(NoHost::Invalid(_)) => Err(format!("invalid value: {text}")),
        Ok(found) if found.kind != HostKind::Name => Err("must not be an IP".to_owned()),
        Err(NoHost::Port) | Ok(Host { has_port: true, .. }) => Err("must not have a port".to_owned()),
        Ok(_) => Ok(()),
    }
}

/// A server's name in which one `*` may stand first or last.
pub(super) fn wildcard_server_name(text: &str) -> Result<(), String> {
    let Some(at) = text.find('*') else {
        return server_name(text);
    };
    if at != 0 && at + 1 != text.len() {
        return Err("wildcard must be leftmost or rightmost character".to_owned());
    }
    if text.matches('*').count() > 1 {
        return Err("only one wildcard must be specified".to_owned());
    }
    server_name(&text.replace('*', "wildcard"))
}

/// A host of a route: a port may follow, a wildcard may stand for a label.
pub(super) fn route_host(text: &str) -> Result<(), String> {
    host(&text.replace('*', "wildcard"))
        .map(|_| ())
        .map_err(|why| format!("{}: {text}", why.word()))
}

/// A host with or without a port: what an upstream is asked for.
pub(super) fn host_with_port(text: &str) -> Result<(), String> {
    host(text).map(|_| ()).map_err(|why| format!("{}: {text}", why.word()))
}

/// The name of an upstream: no address, no port.
pub(super) fn upstream_name(text: &str) -> Result<(), String> {
    let why = match host(text) {
        Err(_) => "must be a valid hostname",
        Ok(found) if found.kind != HostKind::Name => "no ip addresses allowed",
        Ok(Host { has_port: true, .. }) => "no port allowed",
        Ok(_) => return Ok(()),
    };
    Err(format!("Invalid name ('{text}'); {why}"))
}

/// A host of an upstream, with or without a port.
pub(super) fn target(text: &str) -> Result<(), String> {
    host(text)
        .map(|_| ())
        .map_err(|_| format!("Invalid target ('{text}'); not a valid hostname or ip address"))
}

/// An IP address, or a range of them: `192.0.2.0/24`.
pub(super) fn ip_or_cidr(text: &str) -> Result<(), String> {
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
        let plain = |kind| Ok(Host { kind, has_port: false });
        let ported = |kind| Ok(Host { kind, has_port: true });
        assert_eq!(host("-a.test"), plain(HostKind::Name));
        assert_eq!(host("a."), plain(HostKind::Name));
        assert_eq!(host("a.test:0"), ported(HostKind::Name));
        assert_eq!(host("a.test:65536"), Err(NoHost::Port));
        assert_eq!(host("192.0.2.1:80"), ported(HostKind::V4));
        assert_eq!(host("192.0.2.256"), Err(NoHost::Invalid(HostKind::V4)));
        assert_eq!(host("::1"), plain(HostKind::V6));
        assert_eq!(host("[::1]"), plain(HostKind::V6));
        assert_eq!(host("[::1]:80"), ported(HostKind::V6));
        assert_eq!(host("a.test:80:80"), Err(NoHost::Invalid(HostKind::V6)));
        for good in ["192.0.2.1", "192.0.2.0/24", "::1/128"] {
            assert_eq!(ip_or_cidr(good), Ok(()), "{good}");
        }
        for bad in ["x", "192.0.2.1/33", "192.0.2.1/", "::1/129", "1.2.3"] {
            assert!(ip_or_cidr(bad).is_err(), "{bad}");
        }
        for bad in [
            "", ".a", "a..b", "a-.b", "a-", "a b", "é.test", "a.test:x", "http://a", "a~b",
        ] {
            assert_eq!(host(bad), Err(NoHost::Invalid(HostKind::Name)), "{bad}");
        }
    }
}
