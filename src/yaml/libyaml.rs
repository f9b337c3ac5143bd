//! A safe interface to libyaml. Nothing else in the workspace calls its C-like functions.
#![allow(unsafe_code)] // libyaml-rs keeps the interface of the C library: raw pointers and unions

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::slice;

use libyaml_rs::{
    YAML_ALIAS_EVENT, YAML_BLOCK_MAPPING_STYLE, YAML_BLOCK_SEQUENCE_STYLE, YAML_DOCUMENT_START_EVENT,
    YAML_FOLDED_SCALAR_STYLE, YAML_LITERAL_SCALAR_STYLE, YAML_MAPPING_END_EVENT, YAML_MAPPING_START_EVENT,
    YAML_PLAIN_SCALAR_STYLE, YAML_SCALAR_EVENT, YAML_SEQUENCE_END_EVENT, YAML_SEQUENCE_START_EVENT,
    YAML_STREAM_END_EVENT, YAML_UTF8_ENCODING, yaml_event_delete, yaml_event_t, yaml_mark_t, yaml_parser_delete,
    yaml_parser_initialize, yaml_parser_parse, yaml_parser_set_encoding, yaml_parser_set_input_string, yaml_parser_t,
};

use super::events::{Mark, Scalar, ScalarStyle, SyntaxErrorPosition, YamlEvent, YamlEventKind, YamlSyntaxError};

/// The parser's events of a text, one after another.
pub(super) struct LibyamlParser<'t> {
    parser: Box<MaybeUninit<yaml_parser_t>>,
    event: Option<yaml_event_t>,
    text: PhantomData<&'t str>,
}

impl<'t> LibyamlParser<'t> {
    /// Begins to read a text (shorter than 4 GiB, without a byte order mark).
    pub(super) fn new(text: &'t str) -> Self {
        let mut parser = Box::new(MaybeUninit::<yaml_parser_t>::uninit());
        // SAFETY: the parser is initialised in place, stays in its box, and reads only from `text`, which outlives it.
        unsafe {
            assert!(yaml_parser_initialize(parser.as_mut_ptr()).ok, "the parser starts");
            yaml_parser_set_encoding(parser.as_mut_ptr(), YAML_UTF8_ENCODING);
            yaml_parser_set_input_string(parser.as_mut_ptr(), text.as_ptr(), text.len() as u64);
        }
        Self {
            parser,
            event: None,
            text: PhantomData,
        }
    }

    /// The next event. It must not be called again after the end of the stream or an error.
    pub(super) fn next(&mut self) -> Result<YamlEvent<'_>, YamlSyntaxError> {
        self.free_event();
        let mut event = MaybeUninit::<yaml_event_t>::uninit();
        // SAFETY: the parser was initialised in `new`; on success the event is initialised too.
        unsafe {
            if yaml_parser_parse(self.parser.as_mut_ptr(), event.as_mut_ptr()).fail {
                return Err(self.syntax_error());
            }
            let event = self.event.insert(event.assume_init());
            Ok(YamlEvent {
                kind: event_kind(event),
                start: convert_mark(event.start_mark),
                end: convert_mark(event.end_mark),
            })
        }
    }

    fn free_event(&mut self) {
        if let Some(mut event) = self.event.take() {
            // SAFETY: the event came from this parser and is freed once, since it was taken.
            unsafe { yaml_event_delete(&raw mut event) }
        }
    }

    fn syntax_error(&self) -> YamlSyntaxError {
        // SAFETY: the parser was initialised in `new`; its problem is null or a constant C string.
        unsafe {
            let parser = self.parser.assume_init_ref();
            let problem = match parser.problem.is_null() {
                true => String::new(),
                false => CStr::from_ptr(parser.problem.cast()).to_string_lossy().into_owned(),
            };
            let position = match (parser.problem_mark.index, parser.problem_offset) {
                (0, byte) if byte > 0 => SyntaxErrorPosition::Byte(byte as u32),
                _ => SyntaxErrorPosition::Mark(convert_mark(parser.problem_mark)),
            };
            YamlSyntaxError {
                problem,
                position,
                context: convert_mark(parser.context_mark),
            }
        }
    }
}

impl Drop for LibyamlParser<'_> {
    fn drop(&mut self) {
        self.free_event();
        // SAFETY: the parser was initialised in `new` and is deleted once.
        unsafe { yaml_parser_delete(self.parser.as_mut_ptr()) }
    }
}

/// Reads the event that the parser filled in.
///
/// SAFETY: the event's type must tell which member of its union is there, as every event of the parser does.
unsafe fn event_kind(event: &yaml_event_t) -> YamlEventKind<'_> {
    unsafe {
        match event.type_ {
            YAML_SCALAR_EVENT => YamlEventKind::Scalar(read_scalar(event)),
            YAML_SEQUENCE_START_EVENT => YamlEventKind::SequenceStart {
                anchor: read_c_string(event.data.sequence_start.anchor),
                block: event.data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE,
            },
            YAML_SEQUENCE_END_EVENT => YamlEventKind::SequenceEnd,
            YAML_MAPPING_START_EVENT => YamlEventKind::MappingStart {
                anchor: read_c_string(event.data.mapping_start.anchor),
                block: event.data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE,
            },
            YAML_MAPPING_END_EVENT => YamlEventKind::MappingEnd,
            YAML_ALIAS_EVENT => YamlEventKind::Alias(read_c_string(event.data.alias.anchor).unwrap_or_default()),
            YAML_DOCUMENT_START_EVENT => YamlEventKind::DocumentStart,
            YAML_STREAM_END_EVENT => YamlEventKind::StreamEnd,
            _ => YamlEventKind::Other,
        }
    }
}

/// SAFETY: the event must be a scalar's.
unsafe fn read_scalar(event: &yaml_event_t) -> Scalar<'_> {
    unsafe {
        let data = &event.data.scalar;
        Scalar {
            value: read_text(data.value, data.length as usize),
            anchor: read_c_string(data.anchor),
            tag: read_c_string(data.tag),
            implicit: data.plain_implicit,
            style: match data.style {
                YAML_PLAIN_SCALAR_STYLE => ScalarStyle::Plain,
                YAML_LITERAL_SCALAR_STYLE | YAML_FOLDED_SCALAR_STYLE => ScalarStyle::Block,
                _ => ScalarStyle::Quoted,
            },
        }
    }
}

/// SAFETY: null, or a C string that lives as long as the event.
unsafe fn read_c_string<'e>(start: *const u8) -> Option<&'e str> {
    match start.is_null() {
        true => None,
        false => Some(unsafe { CStr::from_ptr(start.cast()) }.to_str().unwrap_or_default()),
    }
}

/// SAFETY: `length` bytes that live as long as the event.
unsafe fn read_text<'e>(start: *const u8, length: usize) -> &'e str {
    match length {
        0 => "",
        _ => std::str::from_utf8(unsafe { slice::from_raw_parts(start, length) }).unwrap_or_default(),
    }
}

fn convert_mark(mark: yaml_mark_t) -> Mark {
    Mark {
        byte: mark.index as u32,
        line: mark.line as u32,
        column: mark.column as u32,
    }
}
