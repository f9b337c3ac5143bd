//! The one place that escapes what is printed: names, texts of files and answers of servers may hold what moves the
//! cursor, begins a line for some reader, or turns the direction of writing.

/// A text on one line. Idempotent.
pub(crate) fn to_single_line(text: &str) -> String {
    text.chars().flat_map(escape_char).collect()
}

/// A line of a text of several. Its tabs stay: they indent code.
pub(super) fn escape_block_line(line: &str) -> String {
    let parts: Vec<String> = line.split('\t').map(to_single_line).collect();
    parts.join("\t")
}

fn escape_char(character: char) -> impl Iterator<Item = char> {
    let is_mark = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escape = (is_mark || character.is_control()).then(|| character.escape_default());
    let plain = escape.is_none().then_some(character);
    escape.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_escaped_once() {
        let escaped = to_single_line("é \u{1b}[2J\r\n\t\u{202e}\\");
        assert_eq!(escaped, "é \\u{1b}[2J\\r\\n\\t\\u{202e}\\");
        assert_eq!(to_single_line(&escaped), escaped);
        assert_eq!(escape_block_line("\tif\tx\u{7}"), "\tif\tx\\u{7}");
    }
}
