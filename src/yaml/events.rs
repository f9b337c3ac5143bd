//! The events of a text: from the fast scanner as long as it supports the text, from the parser from then on.

use super::fast::FastScanner;
use super::libyaml::LibyamlParser;

/// The events of a text, one after another.
pub(super) struct EventReader<'t> {
    text: &'t str,
    pub(super) source: EventSource<'t>,
    /// How many events were returned.
    delivered: usize,
}

pub(super) enum EventSource<'t> {
    Fast(FastScanner<'t>),
    Parser(LibyamlParser<'t>),
}

/// An event, and where it begins and ends.
#[derive(Debug, PartialEq)]
pub(super) struct YamlEvent<'e> {
    pub(super) kind: YamlEventKind<'e>,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// What an event is.
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
    /// A document's end, or the stream's start.
    Other,
}

/// A scalar as it was written.
#[derive(Debug, PartialEq)]
pub(super) struct Scalar<'e> {
    pub(super) value: &'e str,
    pub(super) anchor: Option<&'e str>,
    pub(super) tag: Option<&'e str>,
    /// Whether its type follows from its text.
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
                Some(scanner) => EventSource::Fast(scanner),
                None => EventSource::Parser(LibyamlParser::new(text)),
            },
            delivered: 0,
        }
    }

    /// The next event. It must not be called again after the end of the stream or an error.
    pub(super) fn next(&mut self) -> Result<YamlEvent<'_>, YamlSyntaxError> {
        if let EventSource::Fast(scanner) = &mut self.source
            && !scanner.has_next()
        {
            self.source = EventSource::Parser(self.start_parser()?);
        }
        self.delivered += 1;
        match &mut self.source {
            EventSource::Fast(scanner) => Ok(scanner.next()),
            EventSource::Parser(parser) => parser.next(),
        }
    }

    /// The parser, after the events that the scanner has returned.
    fn start_parser(&self) -> Result<LibyamlParser<'t>, YamlSyntaxError> {
        let mut parser = LibyamlParser::new(self.text);
        for _ in 0..self.delivered {
            parser.next()?;
        }
        Ok(parser)
    }
}
