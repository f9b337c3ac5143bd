//! Numbers as go-yaml 2 reads them, which is how decK does.

use json::Number;

/// A number, and its notation where that is YAML 1.1's own.
pub(super) struct ParsedNumber {
    pub(super) number: Number,
    pub(super) yaml11: Option<Yaml11Notation>,
}

/// A notation that readers of YAML 1.2 take for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Yaml11Notation {
    /// `010` is eight.
    Octal,
    /// `0b101` is five.
    Binary,
    /// `1_000` is a thousand.
    Underscores,
    /// More digits than a number can hold.
    TooLong,
}

/// Reads a text that begins with a digit or a sign; none if it is no number.
pub(super) fn parse_number(text: &str) -> Option<ParsedNumber> {
    if !text.bytes().all(is_number_byte) {
        return None;
    }
    let has_underscores = text.contains('_');
    let digits = if has_underscores {
        text.replace('_', "")
    } else {
        text.to_owned()
    };
    let (number, notation) = match parse_integer(&digits) {
        Some((number, base)) => (number, radix_notation(base)),
        None => (parse_float(&digits)?, float_notation(&digits)),
    };
    let notation = if has_underscores {
        Some(Yaml11Notation::Underscores)
    } else {
        notation
    };
    Some(ParsedNumber {
        number,
        yaml11: notation,
    })
}

/// Reads a text that begins with a dot; none if it is no number. Underscores may stand between digits only.
pub(super) fn parse_fraction(text: &str) -> Option<ParsedNumber> {
    if !text.contains('_') {
        let number = parse_float(text)?;
        return Some(ParsedNumber { number, yaml11: None });
    }
    let is_well_formed = text[1..].split('_').all(|part| {
        let edges = [part.bytes().next(), part.bytes().last()];
        edges.iter().all(|edge| edge.is_some_and(|byte| byte.is_ascii_digit()))
    });
    if !is_well_formed {
        return None;
    }
    let number = parse_float(&text.replace('_', ""))?;
    Some(ParsedNumber {
        number,
        yaml11: Some(Yaml11Notation::Underscores),
    })
}

/// Letters: the digits of base 16, and the marks `x`, `o`, `b`, `e`.
fn is_number_byte(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'_' | b'.' | b'+' | b'-' | b'x' | b'X' | b'o' | b'O')
}

/// The spelling of a number's base.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Radix {
    Decimal,
    Hexadecimal,
    Octal,
    LeadingZero,
    Binary,
}

fn radix_notation(base: Radix) -> Option<Yaml11Notation> {
    match base {
        Radix::LeadingZero => Some(Yaml11Notation::Octal),
        Radix::Binary => Some(Yaml11Notation::Binary),
        Radix::Decimal | Radix::Hexadecimal | Radix::Octal => None,
    }
}

fn parse_integer(text: &str) -> Option<(Number, Radix)> {
    let (negative, signed, rest) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (base, digits) = split_radix_prefix(rest);
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let radix = match base {
        Radix::Decimal => 10,
        Radix::Hexadecimal => 16,
        Radix::Octal | Radix::LeadingZero => 8,
        Radix::Binary => 2,
    };
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let number = match i64::try_from(magnitude) {
        Ok(whole) if negative => Number::from(-whole),
        Ok(whole) => Number::from(whole),
        Err(_) if negative => (magnitude == i64::MIN.unsigned_abs()).then(|| Number::from(i64::MIN))?,
        Err(_) if signed => return None,
        Err(_) => Number::from(magnitude),
    };
    Some((number, base))
}

fn split_radix_prefix(text: &str) -> (Radix, &str) {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.get(1)) {
        (Some(b'0'), Some(b'x' | b'X')) => (Radix::Hexadecimal, &text[2..]),
        (Some(b'0'), Some(b'o' | b'O')) => (Radix::Octal, &text[2..]),
        (Some(b'0'), Some(b'b' | b'B')) => (Radix::Binary, &text[2..]),
        (Some(b'0'), Some(_)) => (Radix::LeadingZero, &text[1..]),
        _ => (Radix::Decimal, text),
    }
}

/// Digits, at most one dot, at most one exponent; a number too great for a float is text.
fn parse_float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    let is_float = is_all_digits(whole)
        && is_all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && is_all_digits(digits));
    if !is_float {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    match value.fract() == 0.0 && value.abs() < INTEGRAL_FLOAT_LIMIT {
        true => Some(Number::from(value as i64)),
        // what is not finite is refused: `1e400` stays text
        false => Number::from_f64(value),
    }
}

/// Below this, a whole number that is written with a point or an exponent cannot be told from one without; from here
/// on, decK spells them differently where a field wants text.
const INTEGRAL_FLOAT_LIMIT: f64 = 1e6;

fn float_notation(text: &str) -> Option<Yaml11Notation> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    (is_all_digits(digits) && digits.len() > 18).then_some(Yaml11Notation::TooLong)
}

fn is_all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A float as decK spells it where a field wants text: the shortest digits of 32 bits, with an exponent below 0.0001
/// and from a million on.
pub fn format_float(value: f64) -> String {
    let narrow = value as f32;
    if !narrow.is_finite() {
        return if narrow < 0.0 { "-Inf" } else { "+Inf" }.to_owned();
    }
    let scientific = format!("{narrow:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if narrow == 0.0 || (-4..6).contains(&exponent) {
        return format!("{narrow}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_deck_spells_them() {
        for (value, spelled) in [
            (1.1, "1.1"),
            (1e5, "100000"),
            (1e6, "1e+06"),
            (123_456_789.0, "1.2345679e+08"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (-0.5, "-0.5"),
            (1e300, "+Inf"),
        ] {
            assert_eq!(format_float(value), spelled);
        }
    }

    #[test]
    fn whole_floats_are_integers_while_nobody_can_tell() {
        let number = |text| parse_number(text).map(|reading| reading.number);
        assert_eq!(number("1.0"), Some(Number::from(1)));
        assert_eq!(number("1e3"), Some(Number::from(1000)));
        assert_eq!(number("1e6"), Number::from_f64(1e6));
        assert_eq!(number("1.5"), Number::from_f64(1.5));
    }
}
