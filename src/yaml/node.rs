use json::{Number, ObjectKey};

/// A file's place among the sources of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// The texts of a run, for positions to point into.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    /// The files, in the order in which they were read.
    pub files: Vec<SourceFile>,
}

/// One text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path as the user gave it, `-` for standard input.
    pub name: String,
    /// Its text as it stands in the file (templates not filled in), without a byte order mark.
    pub text: String,
}

impl SourceFiles {
    /// The file of that id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Adds a file and returns its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.files.push(SourceFile {
            name: name.into(),
            text: text.into(),
        });
        FileId(self.files.len() as u32 - 1)
    }
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Its first byte, counted from 0.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
    /// The line of its first byte, counted from 1.
    pub line: u32,
    /// The column of its first character, counted from 1.
    pub column: u32,
}

/// A value of a file, with where it stands and where it came from.
#[derive(Clone)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub data: NodeData,
    /// Where its value came from.
    pub origin: ValueOrigin,
}

/// What a node is. It has no `Debug` of its own values: they may be secret.
#[derive(Clone)]
pub enum NodeData {
    /// `null`, `~` or nothing.
    Null,
    /// True or false, `yes` and `on` included (as decK reads them).
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(String, StringStyle),
    /// A list.
    List(Vec<Node>),
    /// Named values, in the order of the file, keys made unique and merge keys resolved.
    Map(Vec<MapEntry>),
}

/// How a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringStyle {
    /// Without quotes.
    Plain,
    /// In quotes, or as a block.
    Quoted,
    /// The value of a template that stood without quotes: it takes the type that its field asks for.
    Template,
}

/// A named value of a map.
#[derive(Clone)]
pub struct MapEntry {
    /// The name.
    pub key: ObjectKey,
    /// Where the name stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// Where a value came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ValueOrigin {
    /// It stands in the file.
    #[default]
    File,
    /// A template filled it in, wholly or in part, from these environment variables: it is secret wherever it stands.
    Environment(Box<[String]>),
    /// A template should have filled it in, wholly or in part, from an environment variable that is not set: it is made up.
    UnsetVariable,
}

impl Node {
    /// The value of that name, if this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == name)
            .map(|entry| &entry.value)
    }

    /// The named values, none if this is no map.
    pub fn entries(&self) -> &[MapEntry] {
        match &self.data {
            NodeData::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The members, none if this is no list.
    pub fn members(&self) -> &[Node] {
        match &self.data {
            NodeData::List(members) => members,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            NodeData::String(text, _) => Some(text),
            _ => None,
        }
    }

    /// What it is, in a word for errors: `a list`, `text`.
    pub fn type_name(&self) -> &'static str {
        match &self.data {
            NodeData::Null => "nothing",
            NodeData::Bool(_) => "true or false",
            NodeData::Number(_) => "a number",
            NodeData::String(..) => "text",
            NodeData::List(_) => "a list",
            NodeData::Map(_) => "a map",
        }
    }
}
