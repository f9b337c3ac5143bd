use core::net::Ipv6Addr;

/// An address in the form in which Kong stores it: with a port, IPv6 in full and in brackets
/// (`::1` → `[0000:0000:0000:0000:0000:0000:0000:0001]:8000`). What is no address is left unchanged.
pub(super) fn normalize_address(address: &str, default_port: u64) -> String {
    if let Some((host, port)) = parse_ipv6(address) {
        let groups: Vec<String> = host.segments().iter().map(|group| format!("{group:04x}")).collect();
        let port = port.map_or_else(|| default_port.to_string(), str::to_owned);
        return format!("[{}]:{port}", groups.join(":"));
    }
    match address.bytes().filter(|byte| *byte == b':').count() {
        0 if !address.is_empty() => format!("{address}:{default_port}"),
        _ => address.to_owned(),
    }
}

fn parse_ipv6(address: &str) -> Option<(Ipv6Addr, Option<&str>)> {
    let Some(inner) = address.strip_prefix('[') else {
        return Some((address.parse().ok()?, None));
    };
    let (host, rest) = inner.split_once(']')?;
    let port = match rest.strip_prefix(':') {
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() => Some(port),
        None if rest.is_empty() => None,
        _ => return None,
    };
    Some((host.parse().ok()?, port))
}

#[cfg(test)]
mod tests {
    use super::normalize_address;

    #[test]
    fn addresses_are_stored_in_full() {
        for (address, normalized) in [
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("192.0.2.1", "192.0.2.1:8000"),
            ("host.example", "host.example:8000"),
            ("::1", "[0000:0000:0000:0000:0000:0000:0000:0001]:8000"),
            ("[2001:DB8::1]:90", "[2001:0db8:0000:0000:0000:0000:0000:0001]:90"),
            ("[::1]", "[0000:0000:0000:0000:0000:0000:0000:0001]:8000"),
            ("[::1]:x", "[::1]:x"),
            ("", ""),
        ] {
            assert_eq!(normalize_address(address, 8000), normalized, "{address}");
        }
    }
}
