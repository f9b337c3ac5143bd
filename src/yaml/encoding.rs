//! Decodes the bytes of files.

use super::syntax::mark_at_byte;
use crate::{Diagnostic, DiagnosticCode, FileId, Span};

/// The text of a file, without a byte order mark, and what is wrong with its bytes.
///
/// UTF-8, and UTF-16 with a byte order mark, are read. Where bytes are neither, the text is for showing the error only.
pub fn decode(file: FileId, bytes: Vec<u8>) -> (String, Option<Diagnostic>) {
    let (text, invalid_at) = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => decode_utf8(rest.to_vec()),
        _ => decode_utf8(bytes),
    };
    let error = invalid_at.map(|byte| not_utf8_error(file, &text, byte));
    (text, error)
}

fn decode_utf8(bytes: Vec<u8>) -> (String, Option<usize>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let invalid_at = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(invalid_at))
        }
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Option<usize>) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let mut invalid_at = None;
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        if character.is_err() {
            invalid_at.get_or_insert(text.len());
        }
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if !rest.is_empty() {
        invalid_at.get_or_insert(text.len());
    }
    (text, invalid_at)
}

fn not_utf8_error(file: FileId, text: &str, byte: usize) -> Diagnostic {
    let mark = mark_at_byte(byte as u32, text);
    let span = Span {
        file,
        start: mark.byte,
        end: mark.byte,
        line: mark.line + 1,
        column: mark.column + 1,
    };
    Diagnostic::error(
        DiagnosticCode::NotUtf8,
        "the file is not UTF-8: a byte here begins no character",
    )
    .at_secret(span)
    .help("save the file as UTF-8; write binary values as base64")
}
