//! The events of a text: from its lines as long as they are ordinary, from the parser from then on.

use super::fast::FastScanner;
use super::libyaml::LibyamlParser;

/// The events of a text, one after another.
pub(super) struct EventReader<'t> {
    text: &'t str,
    source: EventSource<'t>,
    /// How many events were told.
    delivered: usize,
}

enum EventSource<'t> {
    Fast(FastScanner<'t>),
    Parser(LibyamlParser<'t>),
}

/// What was met, with where it begins and ends.
#[derive(Debug, PartialEq)]
pub(super) struct YamlEvent<'e> {
    pub(super) kind: YamlEventKind<'e>,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// What was met.
#[derive(Debug, PartialEq)]
pub(super) enum YamlEventKind<'e> {
    Scalar(Scalar<'e>),
    SequenceStart {
        anchor: Option<&'e str>,
        block: bool,
    },
    SequenceEnd,
    MappingStart {
        anchor: Option<&'e str>,
        block: bool,
    },
    MappingEnd,
    Alias(&'e str),
    DocumentStart,
    StreamEnd,
    /// A document's end, the stream's start: nothing to compose.
    Other,
}

/// A scalar as it was written.
#[derive(Debug, PartialEq)]
pub(super) struct Scalar<'e> {
    pub(super) value: &'e str,
    pub(super) anchor: Option<&'e str>,
    pub(super) tag: Option<&'e str>,
    /// Whether its type is to be found out from its text.
    pub(super) implicit: bool,
    pub(super) style: ScalarStyle,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarStyle {
    Plain,
    Quoted,
    Block,
}

/// A place in the text: byte, line and column, each counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mark {
    pub(super) byte: u32,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Why the text cannot be read on. Its words are the parser's own and hold nothing of the text.
pub(super) struct YamlSyntaxError {
    pub(super) problem: String,
    pub(super) position: SyntaxErrorPosition,
    /// Where what could not be read began, if the parser knows.
    pub(super) context: Mark,
}

/// Where the parser stopped.
pub(super) enum SyntaxErrorPosition {
    Mark(Mark),
    /// Only the byte is known.
    Byte(u32),
}

impl<'t> EventReader<'t> {
    /// Begins to read a text (shorter than 4 GiB, without a byte order mark).
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            source: match FastScanner::new(text) {
                Some(lines) => EventSource::Fast(lines),
                None => EventSource::Parser(LibyamlParser::new(text)),
            },
            delivered: 0,
        }
    }

    /// The next event. After the end of the stream or a fault it must not be asked again.
    pub(super) fn next(&mut self) -> Result<YamlEvent<'_>, YamlSyntaxError> {
        if let EventSource::Fast(lines) = &mut self.source
            && !lines.has_next()
        {
            self.source = EventSource::Parser(self.start_parser()?);
        }
        self.delivered += 1;
        match &mut self.source {
            EventSource::Fast(lines) => Ok(lines.next()),
            EventSource::Parser(parser) => parser.next(),
        }
    }

    /// The parser, where the lines have stopped.
    fn start_parser(&self) -> Result<LibyamlParser<'t>, YamlSyntaxError> {
        let mut parser = LibyamlParser::new(self.text);
        for _ in 0..self.delivered {
            parser.next()?;
        }
        Ok(parser)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;
    use proptest::sample::select;

    use super::{EventReader, EventSource, LibyamlParser, YamlEvent, YamlEventKind, YamlSyntaxError};

    /// What was told of a text: every event, and whether it could be read to its end.
    fn collect_events(mut next: impl FnMut() -> Result<(String, bool), YamlSyntaxError>) -> (Vec<String>, bool) {
        let mut told = Vec::new();
        loop {
            match next() {
                Ok((event, is_end)) => {
                    told.push(event);
                    if is_end {
                        return (told, true);
                    }
                }
                Err(_) => return (told, false),
            }
        }
    }

    fn show_event(event: YamlEvent<'_>) -> (String, bool) {
        (format!("{event:?}"), event.kind == YamlEventKind::StreamEnd)
    }

    /// The lines and the parser say the same of a text. Of one that the parser cannot read, the lines may have said more
    /// before they handed over, and never to the end. Says whether the lines read all of it.
    fn assert_readers_agree(text: &str) -> bool {
        let mut events = EventReader::new(text);
        let mut parser = LibyamlParser::new(text);
        let ours = collect_events(|| events.next().map(show_event));
        let theirs = collect_events(|| parser.next().map(show_event));
        match theirs.1 {
            true => assert_eq!(ours, theirs, "{text}"),
            false => assert!(
                !ours.1 && ours.0.starts_with(&theirs.0),
                "{text}\n{ours:#?}\n{theirs:#?}"
            ),
        }
        matches!(events.source, EventSource::Fast(_))
    }

    #[test]
    fn ordinary_texts_are_read_without_the_parser() {
        for text in [
            "a: 1\n",
            "a: 1",
            "---\na: 1\n",
            "# of people\n\n  # indented\na: b c # said\n\nb:\nc: 'it'\n",
            "a:\n- b\n- c: d\n  e: f\n-\n- - g\n  - h\n\ni: j\n",
            "a:\n  - b\n  -\n    c: d\n  - e\nf: g\n",
            "- a\n- b: c\n  d: [e, 'f', \"g\", /h]\n  i: []\n  j: {}\n",
            "a: |\n  -----BEGIN\n  abc=\n\n  -----END\n\nb: |-\n    c  \n     d\n      \n  \ne: f\n",
            "list:\n  - cert: |\n      a\n      b\n    key: |\n      c\n  - cert: |-\n      d\n",
            "url: http://a:80/b#c\nd: -e\n<<: ~\nf : g\n\"h i\": j\n",
            "ü: ä ö\nlist: [a]\nb:\n- ß: é\n",
        ] {
            assert!(assert_readers_agree(text), "{text}");
        }
    }

    #[test]
    fn the_parser_reads_what_is_out_of_the_ordinary() {
        for text in [
            "",
            "a",
            "a: b\n  c\n",
            "a: &b c\nd: *b\n",
            "a: b: c\n",
            "a: >\n  b\n",
            "a: |+\n  b\n\n",
            "a: |\n\n  b\n",
            "a: |\n  b",
            "a: !c b\n",
            "a: 'it''s'\nb: \"\\n\"\n",
            "a: \"b\n  c\"\n",
            "a:\tb\n",
            "a: b\r\nc: d\r\n",
            "{a: b}\n",
            "a: [b: c]\n",
            "a: [b,]\n",
            "a: [b\n  ]\n",
            "? a\n: b\n",
            "a: b\n---\nc: d\n",
            "a: b\n...\n",
            "%YAML 1.1\n---\na: b\n",
            "a: - b\n",
            "a: b\n c: d\n",
            "a:\n  b: c\n d: e\n",
            "  a: b\nc: d\n",
            "a: @b\n",
            "a: b\u{2028}c\n",
            "- a\nb: c\n",
            "a: b\n- c\n",
        ] {
            assert!(!assert_readers_agree(text), "{text}");
        }
    }

    #[test]
    fn lines_and_parser_agree_on_the_files_of_the_repository() {
        let mut by_lines = 0;
        let mut all = 0;
        for folder in ["../../examples", "../../fixtures", "../../schemas"] {
            for text in files(Path::new(folder)) {
                all += 1;
                by_lines += usize::from(assert_readers_agree(&text));
            }
        }
        assert!(by_lines > 50 && by_lines < all, "{by_lines} of {all}");
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let yaml = files
            .iter()
            .filter(|path| path.extension().is_some_and(|name| name == "yaml"));
        let own = yaml.filter_map(|path| fs::read_to_string(path).ok());
        own.chain(folders.iter().flat_map(|folder| files_below(folder)))
            .collect()
    }

    fn files_below(folder: &Path) -> Vec<String> {
        files(folder)
    }

    /// A line: how deep it is indented, whether it is a member of a list, and what it says.
    fn line() -> impl Strategy<Value = String> {
        let says = select(vec![
            "a: b",
            "c:",
            "d",
            "\"e\": 'f'",
            "g: |",
            "g: |-",
            "h: [a, b]",
            "i: []",
            "j: {}",
            "# k",
            "",
            "l : m # n",
            "o: p:q",
            "- r",
            "-",
            "- s: t",
            "--- ",
            "u: \"v\" w",
            "x: -1",
            "ä: ö",
            "y: [",
            "'z'",
            "a: &b c",
            "| ",
            "d:e",
            "f: #g",
            "#:",
        ]);
        (0..5usize, prop::bool::weighted(0.3), says)
            .prop_map(|(depth, dash, says)| format!("{}{}{says}", " ".repeat(depth), if dash { "- " } else { "" }))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// Lines of all sorts, put together at random: mostly no YAML, but often enough.
        #[test]
        fn lines_and_parser_agree_on_anything(lines in prop::collection::vec(line(), 1..8), ends in any::<bool>()) {
            let mut text = lines.join("\n");
            if ends {
                text.push('\n');
            }
            assert_readers_agree(&text);
        }

        /// A text of the ordinary sort with one character changed.
        #[test]
        fn lines_and_parser_agree_when_a_character_changes(
            at in 0..200usize,
            by in select(vec!["", " ", "\n", "-", ":", "#", "'", "\"", "|", "[", "]", "\t", "ü", "- ", ": ", "\n  "]),
            removed in 0..3usize,
        ) {
            let ordinary = "_format_version: '3.0'\nservices:\n- name: a\n  tags: [b, c]\n  routes:\n  - paths:\n    - /a\n    x: |\n      one\n       two\n\n    y: z\n  empty:\n- name: \"d\" # e\ncertificates:\n  - cert: |-\n      f\n    snis:\n      - name: g.example\n";
            let from = at.min(ordinary.len());
            let to = (from + removed).min(ordinary.len());
            assert_readers_agree(&format!("{}{by}{}", &ordinary[..from], &ordinary[to..]));
        }
    }
}
