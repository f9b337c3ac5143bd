/// One value of DER: its tag and content.
#[derive(Clone, Copy)]
pub(super) struct Tlv<'a> {
    pub tag: u8,
    pub content: &'a [u8],
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// The values that stand one after another; nothing where a length is wrong.
pub(super) fn parse_values(mut bytes: &[u8]) -> Option<Vec<Tlv<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (value, rest) = parse_value(bytes)?;
        found.push(value);
        bytes = rest;
    }
    Some(found)
}

/// The members of the one sequence that the bytes are.
pub(super) fn parse_sequence(bytes: &[u8]) -> Option<Vec<Tlv<'_>>> {
    let (outer, rest) = parse_value(bytes)?;
    (outer.tag == SEQUENCE && rest.is_empty()).then(|| parse_values(outer.content))?
}

fn parse_value(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Tlv { tag, content }, rest))
}

impl<'a> Tlv<'a> {
    /// Its content, if it is of that tag.
    pub(crate) fn content_of_tag(self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.content)
    }

    /// The digits of a whole number without leading zeros.
    pub(crate) fn integer_bytes(self) -> Option<&'a [u8]> {
        let digits = self.content_of_tag(INTEGER)?;
        let first = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
        Some(&digits[first..])
    }

    /// The bytes of a bit string.
    pub(crate) fn bit_string_bytes(self) -> Option<&'a [u8]> {
        self.content_of_tag(BIT_STRING)?.split_first().map(|(_, bits)| bits)
    }
}
