//! Composes nodes from events, without recursion.

use super::ComposeOptions;
use super::anchors::{AliasError, Anchors, NodeSize};
use super::diagnostic_set::DiagnosticSet;
use super::events::{EventReader, Mark, Scalar, YamlEvent, YamlEventKind};
use super::fast::FastScanner;
use super::frame::{BufferPool, Frame, FrameContent, KeyState};
use super::map_builder::{AddOutcome, MergeOutcome};
use super::mask::MaskedText;
use super::syntax::syntax_diagnostic;
use crate::{Diagnostic, DiagnosticCode, FileId, Node, NodeData, Span, ValueOrigin};
use json::ObjectKey;

/// How deep a text may nest: decK's limit is higher, but no state file comes near this one.
pub(super) const MAX_DEPTH: usize = 512;

/// How much of a field's name a message shows.
const MAX_SHOWN_NAME_CHARS: usize = 60;

/// Composes nodes from events.
pub(super) struct Composer<'t> {
    pub(super) file: FileId,
    pub(super) original: &'t str,
    pub(super) mask: &'t MaskedText<'t>,
    pub(super) options: &'t ComposeOptions<'t>,
    pub(super) diagnostics: DiagnosticSet,
    frames: Vec<Frame>,
    buffers: BufferPool,
    anchors: Anchors,
    root: Option<Node>,
    document_count: u32,
}

/// Nothing more can be read; the reason is among the diagnostics.
pub(super) struct Abort;

impl<'t> Composer<'t> {
    pub(super) fn new(
        file: FileId,
        original: &'t str,
        mask: &'t MaskedText<'t>,
        options: &'t ComposeOptions<'t>,
    ) -> Self {
        Self {
            file,
            original,
            mask,
            options,
            diagnostics: DiagnosticSet::default(),
            frames: Vec::new(),
            buffers: BufferPool::default(),
            anchors: Anchors::default(),
            root: None,
            document_count: 0,
        }
    }

    /// Reads the whole text. There is no node if it could not be read to its end.
    pub(super) fn compose(mut self) -> (Option<Node>, Vec<Diagnostic>) {
        let mut events = EventReader::new(&self.mask.text);
        let is_complete = loop {
            match self.read_event(&mut events) {
                Ok(true) => {}
                Ok(false) => break true,
                Err(Abort) => break false,
            }
        };
        let start = self.span(Mark::default(), Mark::default());
        let node = match (is_complete, self.root.take()) {
            (true, root) => Some(root.unwrap_or(Node {
                span: start,
                data: NodeData::Null,
                origin: ValueOrigin::File,
            })),
            (false, _) => None,
        };
        (node, self.diagnostics.into_diagnostics())
    }

    /// Reads a part of the text. None if it holds anything that the scanner does not support, or anything to diagnose.
    /// `inside` says that it begins in a list, the value of a field at the top, and stands for their spans.
    pub(super) fn compose_chunk(mut self, mut scanner: FastScanner<'_>, inside: Option<Span>) -> Option<Node> {
        if let Some(span) = inside {
            let mut map = self.buffers.new_map();
            if let FrameContent::Map(_, key) = &mut map {
                *key = KeyState::Named(ObjectKey::default(), span);
            }
            let list = self.buffers.new_list();
            self.frames
                .extend([map, list].map(|content| Frame::new(content, span, None, true)));
        }
        let mut has_more = true;
        while has_more {
            has_more = scanner.has_next() && self.handle_event(scanner.next()).ok()?;
        }
        (scanner.is_at_end() && self.diagnostics.is_empty()).then_some(self.root)?
    }

    /// Reads one event; false at the end.
    fn read_event(&mut self, events: &mut EventReader<'_>) -> Result<bool, Abort> {
        let event = match events.next() {
            Ok(event) => event,
            Err(error) => {
                let error = syntax_diagnostic(&error, self.file, self.original);
                return self.abort(error);
            }
        };
        self.handle_event(event)
    }

    fn handle_event(&mut self, event: YamlEvent<'_>) -> Result<bool, Abort> {
        let YamlEvent { kind, start, end } = event;
        let span = self.span(start, end);
        match kind {
            YamlEventKind::Scalar(scalar) => self.add_scalar(&scalar, span)?,
            YamlEventKind::Alias(name) => self.add_alias(name, span)?,
            YamlEventKind::SequenceStart { anchor, block } => {
                let list = self.buffers.new_list();
                self.open_collection(anchor, list, block, span)?;
            }
            YamlEventKind::MappingStart { anchor, block } => {
                let map = self.buffers.new_map();
                self.open_collection(anchor, map, block, span)?;
            }
            YamlEventKind::SequenceEnd | YamlEventKind::MappingEnd => self.close_collection(span)?,
            YamlEventKind::DocumentStart => self.begin_document(span)?,
            YamlEventKind::StreamEnd => return Ok(false),
            YamlEventKind::Other => {}
        }
        Ok(true)
    }

    /// A second document is an error, unless it is empty, as after a `---` at the end of a file.
    fn begin_document(&mut self, span: Span) -> Result<(), Abort> {
        self.document_count += 1;
        let rest = self.original.get(span.start as usize..).unwrap_or_default();
        if self.document_count == 1 || is_empty_document(rest) {
            return Ok(());
        }
        self.abort(
            Diagnostic::error(
                DiagnosticCode::SecondDocument,
                "a second document begins here, which decK drops without a word",
            )
            .at(span)
            .help("put it in a file of its own, or remove the `---` if it belongs to the document above"),
        )
    }

    fn open_collection(
        &mut self,
        anchor: Option<&str>,
        content: FrameContent,
        block: bool,
        span: Span,
    ) -> Result<(), Abort> {
        self.anchors.count();
        if self.frames.len() >= MAX_DEPTH {
            return self.abort(too_deep_error(span));
        }
        if let Some(name) = anchor {
            self.anchors.open(name);
        }
        self.frames.push(Frame::new(content, span, anchor, block));
        Ok(())
    }

    fn close_collection(&mut self, end: Span) -> Result<(), Abort> {
        let Some(frame) = self.frames.pop() else {
            return Err(Abort);
        };
        let (node, anchor, size) = frame.into_node(end, &mut self.buffers);
        self.store_anchor(anchor, &node, size)?;
        self.place_node(node, size)
    }

    fn add_scalar(&mut self, scalar: &Scalar<'_>, span: Span) -> Result<(), Abort> {
        self.anchors.count();
        if let Some(FrameContent::Map(_, key @ KeyState::Expected)) =
            self.frames.last_mut().map(|frame| &mut frame.content)
        {
            // the key is read below, where the whole composer can be borrowed
            *key = KeyState::Invalid;
            let read_key = self.read_key(scalar, span);
            self.set_key(read_key);
            if let Some(name) = scalar.anchor {
                let node = super::key::key_as_node(scalar, span);
                self.store_anchor(Some(name.to_owned()), &node, scalar_size(&node))?;
            }
            return Ok(());
        }
        let node = self.read_value(scalar, span);
        let size = scalar_size(&node);
        self.store_anchor(scalar.anchor.map(str::to_owned), &node, size)?;
        self.place_node(node, size)
    }

    fn add_alias(&mut self, name: &str, span: Span) -> Result<(), Abort> {
        match self.anchors.resolve_alias(name) {
            Ok((_, size)) if self.frames.len() + size.depth as usize > MAX_DEPTH => self.abort(too_deep_error(span)),
            Ok((node, size)) => self.place_node(node, size),
            Err(error) => self.report_alias_error(error, span),
        }
    }

    fn store_anchor(&mut self, anchor: Option<String>, node: &Node, size: NodeSize) -> Result<(), Abort> {
        let Some(name) = anchor else { return Ok(()) };
        let closed = self.anchors.close(name, node, size);
        closed.or_else(|error| self.report_alias_error(error, node.span))
    }

    /// Puts a complete node where it belongs.
    fn place_node(&mut self, node: Node, size: NodeSize) -> Result<(), Abort> {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        frame.size.add(size);
        match &mut frame.content {
            FrameContent::List(members) => members.push(node),
            FrameContent::Map(map, key) => match std::mem::replace(key, KeyState::Expected) {
                KeyState::Expected => {
                    let read_key = self.key_from_node(&node);
                    self.set_key(read_key);
                }
                KeyState::Invalid => {}
                KeyState::Named(name, key_span) => {
                    if let AddOutcome::Duplicate(first) = map.add(name, key_span, node) {
                        self.report_duplicate_key(key_span, first);
                    }
                }
                KeyState::Merge(at) => {
                    let outcome = map.merge(node);
                    self.report_merge(outcome, at);
                }
            },
        }
        Ok(())
    }

    fn set_key(&mut self, state: KeyState) {
        if let Some(frame) = self.frames.last_mut() {
            frame.size.nodes += 1;
            if let FrameContent::Map(_, key) = &mut frame.content {
                *key = state;
            }
        }
    }

    fn report_duplicate_key(&mut self, again: Span, first: Span) {
        let written = self
            .original
            .get(again.start as usize..again.end as usize)
            .unwrap_or_default();
        let name: String = written
            .trim_matches(['"', '\''])
            .chars()
            .take(MAX_SHOWN_NAME_CHARS)
            .collect();
        let error = Diagnostic::error(
            DiagnosticCode::DuplicateKey,
            format!("the field `{name}` stands twice in one map"),
        )
        .at(again)
        .label("again here; decK would drop the first without a word")
        .at(first)
        .label("first here")
        .help("remove one of the two");
        self.diagnostics.add_separate(error);
    }

    fn report_merge(&mut self, outcome: MergeOutcome, at: Span) {
        match outcome {
            MergeOutcome::Overwrote(fields) => {
                for field in fields {
                    let message = "the merge below overwrites this field, as with decK; other readers keep it";
                    let warning = Diagnostic::warning(DiagnosticCode::MergeOrder, message).at(field);
                    self.diagnostics.add(warning.help("put `<<` first in its map"));
                }
            }
            MergeOutcome::NotAMap => {
                let error = Diagnostic::error(DiagnosticCode::Merge, "`<<` merges a map or a list of maps only").at(at);
                self.diagnostics
                    .add(error.help("write `<<: *anchor`, where the anchor stands at a map"));
            }
        }
    }

    fn report_alias_error<T>(&mut self, error: AliasError, span: Span) -> Result<T, Abort> {
        let error = match error {
            AliasError::Unknown { suggestion } => {
                let error = Diagnostic::error(DiagnosticCode::UnknownAnchor, "there is no anchor of this name above")
                    .at_secret(span);
                error.help(match suggestion {
                    Some(name) => format!("did you mean `*{name}`? A value that begins with `*` needs quotes"),
                    None => "put a value that begins with `*` in quotes".into(),
                })
            }
            AliasError::Itself => Diagnostic::error(
                DiagnosticCode::RecursiveAnchor,
                "this alias stands within its own anchor",
            )
            .at(span)
            .help("write out what the alias stands for"),
            AliasError::Excessive => Diagnostic::error(
                DiagnosticCode::ExcessiveAliases,
                "the aliases up to here make too much of the text",
            )
            .at(span)
            .help("write out what is repeated, or part the file in several"),
        };
        self.abort(error)
    }

    pub(super) fn abort<T>(&mut self, error: Diagnostic) -> Result<T, Abort> {
        self.diagnostics.add(error);
        Err(Abort)
    }

    fn span(&self, start: Mark, end: Mark) -> Span {
        let mut span = Span {
            file: self.file,
            start: start.byte,
            end: end.byte,
            line: start.line + 1,
            column: start.column + 1,
        };
        if !self.mask.has_no_placeholders() {
            self.mask.restore_column(&mut span);
        }
        span
    }
}

/// Whether nothing but comments and marks follows.
fn is_empty_document(rest: &str) -> bool {
    rest.lines()
        .map(|line| line.strip_prefix("---").unwrap_or(line).trim())
        .all(|line| line.is_empty() || line.starts_with('#') || line == "...")
}

fn too_deep_error(span: Span) -> Diagnostic {
    Diagnostic::error(
        DiagnosticCode::TooDeep,
        format!("the text nests deeper than {MAX_DEPTH} levels"),
    )
    .at_secret(span)
    .help("no entity nests as deep: look for brackets or braces that are not closed")
}

fn scalar_size(node: &Node) -> NodeSize {
    NodeSize {
        nodes: 1,
        bytes: node.text().map_or(0, |text| text.len() as u64),
        depth: 0,
    }
}
