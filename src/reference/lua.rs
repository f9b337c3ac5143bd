//! What Kong's libraries make of text: LuaSocket's and OpenResty's decoding, LuaJIT's numbers.

/// The arguments of a query that OpenResty reads at most.
pub(crate) const MAX_QUERY_ARGS: usize = 100;

/// LuaSocket's decoding: `%XX` becomes a byte, everything else stays.
pub(crate) fn unescape(text: &[u8]) -> Vec<u8> {
    decode_percent(text, |byte| byte)
}

/// OpenResty's decoding: like [`unescape`], and `+` becomes a space.
pub(crate) fn unescape_uri(text: &[u8]) -> Vec<u8> {
    decode_percent(text, |byte| if byte == b'+' { b' ' } else { byte })
}

fn decode_percent(text: &[u8], decode_plain: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (*byte == b'%')
            .then(|| parse_hex_pair(text.get(at + 1..at + 3)?))
            .flatten()
        {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(decode_plain(*byte));
                at += 1;
            }
        }
    }
    decoded
}

fn parse_hex_pair(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(digits[0])? * 16 + digit(digits[1])?) as u8)
}

/// LuaJIT's `tonumber(text, 10)`: white space around, a sign, decimals, exponents, hexadecimals, binaries (`0b`), `inf` and `nan`.
pub(crate) fn parse_number(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r'));
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let value = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => match (lower.strip_prefix("0x"), lower.strip_prefix("0b")) {
            (Some(digits), _) => parse_hexadecimal(digits)?,
            (None, Some(digits)) => parse_binary(digits)?,
            (None, None) => parse_decimal(&lower)?,
        },
    };
    Some(if negative { -value } else { value })
}

fn parse_decimal(text: &str) -> Option<f64> {
    let allowed = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-'));
    (allowed && !text.starts_with(['+', '-']))
        .then(|| text.parse().ok())
        .flatten()
}

/// Binary digits, 64 at most, without a fraction or an exponent.
fn parse_binary(digits: &str) -> Option<f64> {
    if digits.is_empty() || digits.trim_start_matches('0').len() > 64 {
        return None;
    }
    digits.bytes().try_fold(0.0, |value, digit| match digit {
        b'0' | b'1' => Some(value * 2.0 + f64::from(digit - b'0')),
        _ => None,
    })
}

/// Hexadecimal digits with an optional fraction and an optional binary exponent after `p`.
fn parse_hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = match text.split_once('p') {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let scale = exponent.saturating_sub(i32::try_from(fraction.len()).ok()?.saturating_mul(4));
    Some(value * 2f64.powi(scale))
}

/// A number as Lua writes it: `%.14g`.
pub(crate) fn format_number(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:.13e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..14).contains(&exponent) {
        let decimals = usize::try_from(13 - exponent).unwrap_or(0);
        return trim_zeros(&format!("{value:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim_zeros(mantissa), exponent.abs())
}

/// A decimal without trailing zeros.
fn trim_zeros(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_leniently_as_luajit_reads_them() {
        for (text, value) in [
            ("01", 1.0),
            (" 2 ", 2.0),
            ("+3", 3.0),
            ("5.", 5.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("0x1f", 31.0),
            ("0x.8p1", 1.0),
            ("0b10", 2.0),
            ("0B011", 3.0),
        ] {
            assert_eq!(parse_number(text.as_bytes()), Some(value), "{text}");
        }
        for text in [
            "", " ", "x", "0b", "0b2", "0b1.1", "1eA", "latest", "1#2", "0x", "--1", "1 2", ".", "e5",
        ] {
            assert_eq!(parse_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_lua_writes_them() {
        for (value, text) in [
            (1.0, "1"),
            (0.5, "0.5"),
            (1e19, "1e+19"),
            (-1.0, "-1"),
            (1e14, "1e+14"),
            (99999999999999.0, "99999999999999"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (0.1, "0.1"),
            (0.0, "0"),
        ] {
            assert_eq!(format_number(value), text);
        }
    }

    #[test]
    fn a_percent_sign_without_two_digits_stays() {
        assert_eq!(unescape_uri(b"a%"), b"a%");
        assert_eq!(unescape_uri(b"%zz+%41"), b"%zz A");
        assert_eq!(unescape(b"a+b%2"), b"a+b%2");
    }
}
