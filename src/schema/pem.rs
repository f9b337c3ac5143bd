//! PEM as OpenSSL reads it, which is more than one parser's idea of RFC 7468: what Kong takes and refuses follows from it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const TAIL: &str = "-----";
/// What certificates were called once.
const FORMER_CERTIFICATE: &str = "X509 CERTIFICATE";
/// What certificates are called.
pub(super) const CERTIFICATE: &str = "CERTIFICATE";
/// How long a line of data may be, and all but the last must be, where a blank line stands before the data.
const FULL_LINE: usize = 64;

/// A section of a PEM text.
pub(super) struct PemSection {
    pub label: String,
    /// Whether lines stand before its data that say how it is encrypted.
    pub has_header: bool,
    pub content: Zeroizing<Vec<u8>>,
}

/// A section that begins and cannot be read.
#[derive(Debug)]
pub(super) struct MalformedPem;

/// The sections of a text in their order. Text before, between and behind them does not count; nothing behind one that
/// cannot be read is looked at.
pub(super) fn pem_sections(text: &str) -> impl Iterator<Item = Result<PemSection, MalformedPem>> {
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').map(trim_line);
    let mut is_broken = false;
    std::iter::from_fn(move || {
        if is_broken {
            return None;
        }
        let label = lines.find_map(|line| line.strip_prefix(BEGIN)?.strip_suffix(TAIL))?;
        let section = read_section(label, &mut lines).ok_or(MalformedPem);
        is_broken = section.is_err();
        Some(section)
    })
}

/// The first certificate of a text, in DER.
pub(super) fn first_certificate(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut sections = pem_sections(text);
    let section = sections.find(|section| section.as_ref().map_or(true, |section| section.label == CERTIFICATE));
    let section = section?.ok()?;
    (!section.has_header).then_some(section.content)
}

/// A text of PEM sections without all that does not count; none if it holds no section or one that cannot be read.
pub(super) fn normalize_pem(text: &str) -> Option<String> {
    let mut normal = String::new();
    for section in pem_sections(text) {
        let section = section.ok().filter(|section| !section.has_header)?;
        let data = Zeroizing::new(base64_engine().encode(&*section.content));
        normal.push_str(&format!("{BEGIN}{}{TAIL}\n", section.label));
        for start in (0..data.len()).step_by(FULL_LINE) {
            normal.push_str(&data[start..data.len().min(start + FULL_LINE)]);
            normal.push('\n');
        }
        normal.push_str(&format!("{END}{}{TAIL}\n", section.label));
    }
    (!normal.is_empty()).then_some(normal)
}

/// Blanks at the end of a line do not count.
fn trim_line(line: &str) -> &str {
    line.trim_end_matches(|character: char| character <= ' ')
}

/// Reads what follows the first line of a section.
fn read_section<'t>(label: &str, lines: &mut impl Iterator<Item = &'t str>) -> Option<PemSection> {
    let mut data = Zeroizing::new(String::new());
    let mut header = None;
    let mut is_last = false;
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            if header.is_some() {
                return None;
            }
            header = Some(std::mem::take(&mut *data));
            continue;
        }
        if let Some(end) = line.strip_prefix(END) {
            if end.strip_suffix(TAIL) != Some(label) {
                return None;
            }
            break;
        }
        if is_last || header.is_some() && line.len() > FULL_LINE {
            return None;
        }
        is_last = header.is_some() && line.len() < FULL_LINE;
        data.extend(line.chars().filter(|character| !matches!(character, ' ' | '\t' | '\r')));
    }
    Some(PemSection {
        label: if label == FORMER_CERTIFICATE {
            CERTIFICATE
        } else {
            label
        }
        .to_owned(),
        has_header: header.is_some_and(|header| !header.is_empty()),
        content: Zeroizing::new(base64_engine().decode(data.as_bytes()).ok()?),
    })
}

/// Base64 with its padding; of the last digit the bits that count are looked at alone.
fn base64_engine() -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    GeneralPurpose::new(&STANDARD, config)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "-----BEGIN CERTIFICATE-----\nAAECAwQF\nBgc=\n-----END CERTIFICATE-----\n";

    fn contents(text: &str) -> Vec<Option<Vec<u8>>> {
        pem_sections(text)
            .map(|section| section.ok().map(|section| section.content.to_vec()))
            .collect()
    }

    #[test]
    fn what_surrounds_a_section_does_not_count() {
        let whole = vec![Some((0..8).collect::<Vec<u8>>())];
        for text in [
            PLAIN.to_owned(),
            format!("# a comment\n{PLAIN}below\n"),
            format!("\u{feff}{PLAIN}"),
            PLAIN.replace('\n', " \r\n"),
            PLAIN.replace("CERTIFICATE", "X509 CERTIFICATE"),
            PLAIN.trim_end().to_owned(),
            PLAIN
                .replace("CERTIFICATE-----\nA", "CERTIFICATE-----\n\nA")
                .replace("Q\nF", "QF")
                .replace("AwQF\n", "AwQF"),
        ] {
            assert_eq!(contents(&text), whole, "{text}");
            assert_eq!(normalize_pem(&text), normalize_pem(PLAIN), "{text}");
        }
    }

    #[test]
    fn what_openssl_refuses_is_refused() {
        for text in [
            PLAIN.replace('\n', "\n\n"),
            PLAIN.replace('\n', "\r"),
            PLAIN.replace("Bgc=", "Bgc"),
            PLAIN.replace("END CERTIFICATE", "END CERT"),
            PLAIN.replace("-----END CERTIFICATE-----\n", ""),
            format!("{}{PLAIN}", PLAIN.trim_end()),
        ] {
            assert_eq!(contents(&text), [None], "{text}");
            assert_eq!(normalize_pem(&text), None, "{text}");
        }
        assert!(contents(&PLAIN.replace("-----BEGIN", " -----BEGIN")).is_empty());
    }
}
