//! Nodes from events, without recursion.

use super::ComposeOptions;
use super::anchors::{AliasError, Anchors, NodeSize};
use super::events::{Event, Events, Mark, Scalar, What};
use super::frame::{Frame, Key, Kind, Room};
use super::lines::Lines;
use super::map::{Added, Merged};
use super::mask::Mask;
use super::problems::Problems;
use super::syntax::syntax_error;
use crate::{Data, Diagnostic, FileId, Node, Origin, Span};
use json::Name;

/// How deep a text may nest: decK's limit is higher, but no state file comes near this one.
pub(super) const MAX_DEPTH: usize = 512;

/// How much of a field's name is told.
const SHOWN_NAME: usize = 60;

/// Nodes from events.
pub(super) struct Composer<'t> {
    pub(super) file: FileId,
    pub(super) original: &'t str,
    pub(super) mask: &'t Mask<'t>,
    pub(super) options: &'t ComposeOptions<'t>,
    pub(super) problems: Problems,
    frames: Vec<Frame>,
    room: Room,
    anchors: Anchors,
    root: Option<Node>,
    documents: u32,
}

/// Nothing more can be read, and why has been told.
pub(super) struct Stop;

impl<'t> Composer<'t> {
    pub(super) fn new(file: FileId, original: &'t str, mask: &'t Mask<'t>, options: &'t ComposeOptions<'t>) -> Self {
        Self {
            file,
            original,
            mask,
            options,
            problems: Problems::default(),
            frames: Vec::new(),
            room: Room::default(),
            anchors: Anchors::default(),
            root: None,
            documents: 0,
        }
    }

    /// Reads the whole text. There is no node if it could not be read to its end.
    pub(super) fn run(mut self) -> (Option<Node>, Vec<Diagnostic>) {
        let mut events = Events::of(&self.mask.text);
        let read = loop {
            match self.step(&mut events) {
                Ok(true) => {}
                Ok(false) => break true,
                Err(Stop) => break false,
            }
        };
        let start = self.span(Mark::default(), Mark::default());
        let node = match (read, self.root.take()) {
            (true, root) => Some(root.unwrap_or(Node {
                span: start,
                data: Data::Null,
                origin: Origin::File,
            })),
            (false, _) => None,
        };
        (node, self.problems.into_list())
    }

    /// Reads a part of the text. None if there is anything out of the ordinary in it, or to tell of it. `inside` says that
    /// it begins in a list, the value of a field at the top, and stands for their places.
    pub(super) fn run_part(mut self, mut lines: Lines<'_>, inside: Option<Span>) -> Option<Node> {
        if let Some(place) = inside {
            let mut map = self.room.map();
            if let Kind::Map(_, key) = &mut map {
                *key = Key::Named(Name::default(), place);
            }
            let list = self.room.list();
            self.frames
                .extend([map, list].map(|kind| Frame::new(kind, place, None, true)));
        }
        let mut more = true;
        while more {
            more = lines.has_next() && self.take(lines.next()).ok()?;
        }
        (lines.is_done() && self.problems.is_empty()).then_some(self.root)?
    }

    /// Takes one event; false at the end.
    fn step(&mut self, events: &mut Events<'_>) -> Result<bool, Stop> {
        let event = match events.next() {
            Ok(event) => event,
            Err(fault) => {
                let error = syntax_error(&fault, self.file, self.original);
                return self.stop(error);
            }
        };
        self.take(event)
    }

    fn take(&mut self, event: Event<'_>) -> Result<bool, Stop> {
        let Event { what, start, end } = event;
        let span = self.span(start, end);
        match what {
            What::Scalar(scalar) => self.scalar(&scalar, span)?,
            What::Alias(name) => self.alias(name, span)?,
            What::SequenceStart { anchor, block } => {
                let list = self.room.list();
                self.open(anchor, list, block, span)?;
            }
            What::MappingStart { anchor, block } => {
                let map = self.room.map();
                self.open(anchor, map, block, span)?;
            }
            What::SequenceEnd | What::MappingEnd => self.close(span)?,
            What::DocumentStart => self.document(span)?,
            What::StreamEnd => return Ok(false),
            What::Other => {}
        }
        Ok(true)
    }

    /// A second document is an error, unless it is empty, as after a `---` at the end of a file.
    fn document(&mut self, span: Span) -> Result<(), Stop> {
        self.documents += 1;
        let rest = self.original.get(span.start as usize..).unwrap_or_default();
        if self.documents == 1 || is_empty_document(rest) {
            return Ok(());
        }
        self.stop(
            Diagnostic::error(
                "second-document",
                "a second document begins here, which decK drops without a word",
            )
            .at(span)
            .help("put it in a file of its own, or remove the `---` if it belongs to the document above"),
        )
    }

    fn open(&mut self, anchor: Option<&str>, kind: Kind, block: bool, span: Span) -> Result<(), Stop> {
        self.anchors.count();
        if self.frames.len() >= MAX_DEPTH {
            return self.stop(too_deep(span));
        }
        if let Some(name) = anchor {
            self.anchors.open(name);
        }
        self.frames.push(Frame::new(kind, span, anchor, block));
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else {
            return Err(Stop);
        };
        let (node, anchor, weight) = frame.finish(end, &mut self.room);
        self.keep(anchor, &node, weight)?;
        self.place(node, weight)
    }

    fn scalar(&mut self, scalar: &Scalar<'_>, span: Span) -> Result<(), Stop> {
        self.anchors.count();
        if let Some(Kind::Map(_, key @ Key::Awaited)) = self.frames.last_mut().map(|frame| &mut frame.kind) {
            // the key is read below, where all of the composer is at hand
            *key = Key::Dropped;
            let read = self.key(scalar, span);
            self.set_key(read);
            if let Some(name) = scalar.anchor {
                let node = super::key::as_node(scalar, span);
                self.keep(Some(name.to_owned()), &node, weight_of(&node))?;
            }
            return Ok(());
        }
        let node = self.value(scalar, span);
        let weight = weight_of(&node);
        self.keep(scalar.anchor.map(str::to_owned), &node, weight)?;
        self.place(node, weight)
    }

    fn alias(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        match self.anchors.get(name) {
            Ok((_, weight)) if self.frames.len() + weight.depth as usize > MAX_DEPTH => self.stop(too_deep(span)),
            Ok((node, weight)) => self.place(node, weight),
            Err(refusal) => self.refuse(refusal, span),
        }
    }

    fn keep(&mut self, anchor: Option<String>, node: &Node, weight: NodeSize) -> Result<(), Stop> {
        let Some(name) = anchor else { return Ok(()) };
        let kept = self.anchors.close(name, node, weight);
        kept.or_else(|refusal| self.refuse(refusal, node.span))
    }

    /// Puts a complete node where it belongs.
    fn place(&mut self, node: Node, weight: NodeSize) -> Result<(), Stop> {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        frame.weight.add(weight);
        match &mut frame.kind {
            Kind::List(members) => members.push(node),
            Kind::Map(map, key) => match std::mem::replace(key, Key::Awaited) {
                Key::Awaited => {
                    let read = self.key_of_node(&node);
                    self.set_key(read);
                }
                Key::Dropped => {}
                Key::Named(name, key_span) => {
                    let shown = key_span;
                    if let Added::Duplicate(first) = map.add(name, key_span, node) {
                        self.duplicate(shown, first);
                    }
                }
                Key::Merge(at) => {
                    let merged = map.merge(node);
                    self.merged(merged, at);
                }
            },
        }
        Ok(())
    }

    fn set_key(&mut self, read: Key) {
        if let Some(frame) = self.frames.last_mut() {
            frame.weight.nodes += 1;
            if let Kind::Map(_, key) = &mut frame.kind {
                *key = read;
            }
        }
    }

    fn duplicate(&mut self, again: Span, first: Span) {
        let written = self
            .original
            .get(again.start as usize..again.end as usize)
            .unwrap_or_default();
        let name: String = written.trim_matches(['"', '\'']).chars().take(SHOWN_NAME).collect();
        let error = Diagnostic::error("duplicate-key", format!("the field `{name}` stands twice in one map"))
            .at(again)
            .labelled("again here; decK would drop the first without a word")
            .at(first)
            .labelled("first here")
            .help("remove one of the two");
        self.problems.tell_apart(error);
    }

    fn merged(&mut self, merged: Merged, at: Span) {
        match merged {
            Merged::Over(fields) => {
                for field in fields {
                    let message = "the merge below overwrites this field, as with decK; other readers keep it";
                    let warning = Diagnostic::warning("merge-order", message).at(field);
                    self.problems.tell(warning.help("put `<<` first in its map"));
                }
            }
            Merged::NoMap => {
                let error = Diagnostic::error("merge", "`<<` merges a map or a list of maps only").at(at);
                self.problems
                    .tell(error.help("write `<<: *anchor`, where the anchor stands at a map"));
            }
        }
    }

    fn refuse<T>(&mut self, refusal: AliasError, span: Span) -> Result<T, Stop> {
        let error = match refusal {
            AliasError::Unknown { meant } => {
                let error =
                    Diagnostic::error("unknown-anchor", "there is no anchor of this name above").at_secret(span);
                error.help(match meant {
                    Some(name) => format!("did you mean `*{name}`? A value that begins with `*` needs quotes"),
                    None => "put a value that begins with `*` in quotes".into(),
                })
            }
            AliasError::Itself => Diagnostic::error("recursive-anchor", "this alias stands within its own anchor")
                .at(span)
                .help("write out what the alias stands for"),
            AliasError::Excessive => {
                Diagnostic::error("excessive-aliases", "the aliases up to here make too much of the text")
                    .at(span)
                    .help("write out what is repeated, or part the file in several")
            }
        };
        self.stop(error)
    }

    pub(super) fn stop<T>(&mut self, error: Diagnostic) -> Result<T, Stop> {
        self.problems.tell(error);
        Err(Stop)
    }

    fn span(&self, start: Mark, end: Mark) -> Span {
        let mut span = Span {
            file: self.file,
            start: start.byte,
            end: end.byte,
            line: start.line + 1,
            column: start.column + 1,
        };
        if !self.mask.is_empty() {
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

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("too-deep", format!("the text nests deeper than {MAX_DEPTH} levels"))
        .at_secret(span)
        .help("no entity nests as deep: look for brackets or braces that are not closed")
}

fn weight_of(node: &Node) -> NodeSize {
    NodeSize {
        nodes: 1,
        bytes: node.text().map_or(0, |text| text.len() as u64),
        depth: 0,
    }
}
