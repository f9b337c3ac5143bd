//! From the paths that the user names to parsed documents.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::state_file_reader::{check_inside, read_error, read_file, read_limited};
use schema::Catalog;
use settings::Repository;
use state::{FileClass, classify_file, may_declare_select_tags};
use yaml::{ComposeOptions, Diagnostic, DiagnosticCode, FileId, Node, SourceFiles, decode};

/// Files in the order in which they were found, not parsed yet.
#[derive(Default)]
pub(crate) struct DiscoveredFiles(Vec<DiscoveredItem>);

enum DiscoveredItem {
    File {
        name: String,
        bytes: Vec<u8>,
        /// Whether the user named it, so that it is read whatever it is.
        is_explicit: bool,
    },
    Diagnostic(Diagnostic),
}

#[derive(Default)]
pub(crate) struct ParsedFiles {
    pub(crate) sources: SourceFiles,
    /// The state files among them, in order.
    pub(crate) documents: Vec<(FileId, Node)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Finds files, directories (with all that is below them, in sorted order) and standard input (`-`).
///
/// Of a directory, files whose name begins with a dot or does not end in `.yaml`, `.yml` or `.json` are ignored;
/// strongroom's own are passed over with a note. A file that the user names is read whatever it is.
pub(crate) fn find_files(paths: &[PathBuf]) -> DiscoveredFiles {
    let mut finder = FileFinder {
        extension_matcher: state_file_matcher(),
        repository: Repository::discover(paths),
        seen: BTreeSet::new(),
        candidates: 0,
        files: DiscoveredFiles::default(),
    };
    for path in paths {
        finder.add_path(path);
    }
    finder.files
}

impl DiscoveredFiles {
    /// Whether one of them may declare `select_tags`.
    pub(crate) fn may_name_scopes(&self) -> bool {
        self.0.iter().any(|item| match item {
            DiscoveredItem::File { bytes, .. } => may_declare_select_tags(bytes),
            DiscoveredItem::Diagnostic(_) => false,
        })
    }

    /// Parses them. Those found in a directory that are no state files are passed over with a note.
    pub(crate) fn read(self, options: &ComposeOptions<'_>, catalog: &Catalog) -> ParsedFiles {
        let mut parsed = ParsedFiles::default();
        for item in self.0 {
            match item {
                DiscoveredItem::Diagnostic(diagnostic) => parsed.diagnostics.push(diagnostic),
                DiscoveredItem::File {
                    name,
                    bytes,
                    is_explicit,
                } => parsed.parse_file(name, bytes, is_explicit, options, catalog),
            }
        }
        parsed
    }
}

impl ParsedFiles {
    fn parse_file(
        &mut self,
        name: String,
        bytes: Vec<u8>,
        is_explicit: bool,
        options: &ComposeOptions<'_>,
        catalog: &Catalog,
    ) {
        let id = FileId(self.sources.files.len() as u32);
        let (text, error) = decode(id, bytes);
        self.sources.add(name, text);
        if let Some(error) = error {
            self.diagnostics.push(error);
            return;
        }
        let (node, diagnostics) = reconcile::compose_parallel(id, &self.sources.file(id).text, options);
        match node
            .as_ref()
            .filter(|_| !is_explicit)
            .map(|root| classify_file(root, catalog))
        {
            Some(FileClass::Other(note)) => self.diagnostics.push(note),
            _ => {
                self.diagnostics.extend(diagnostics);
                self.documents.extend(node.map(|node| (id, node)));
            }
        }
    }
}

struct FileFinder {
    extension_matcher: Option<GlobMatcher>,
    /// What the files are part of.
    repository: Repository,
    /// Files and directories that were found already, by their real paths.
    seen: BTreeSet<PathBuf>,
    /// How many files of directories may be state files by their names.
    candidates: usize,
    files: DiscoveredFiles,
}

/// Names of strongroom's own files.
const OWN_FILE_NAMES: [&str; 2] = ["strongroom.yaml", "strongroom.yml"];

fn state_file_matcher() -> Option<GlobMatcher> {
    let glob = GlobBuilder::new("*.{yaml,yml,json}").case_insensitive(true).build();
    glob.ok().map(|glob| glob.compile_matcher())
}

impl FileFinder {
    fn add_path(&mut self, path: &Path) {
        if path == Path::new("-") {
            return self.read_stdin();
        }
        if let Err(error) = check_inside(path, &self.repository) {
            return self.push_diagnostic(error);
        }
        match fs::metadata(path) {
            Err(error) => self.push_read_error(path, &error),
            Ok(metadata) if metadata.is_dir() => self.add_directory(path),
            Ok(_) => {
                if self.is_new(path) {
                    self.read_file(path, true);
                } else {
                    self.push_note(
                        DiagnosticCode::GivenTwice,
                        format!("'{}' is given twice, and read once", path.display()),
                    );
                }
            }
        }
    }

    fn read_stdin(&mut self) {
        if !self.seen.insert(PathBuf::from("-")) {
            let message = "standard input (`-`) is given twice, and can be read once";
            return self.push_diagnostic(Diagnostic::error(DiagnosticCode::GivenTwice, message));
        }
        match read_limited(std::io::stdin().lock(), Path::new("-")) {
            Ok(bytes) => self.push_bytes(Path::new("-"), bytes, true),
            Err(error) => self.push_diagnostic(error),
        }
    }

    fn add_directory(&mut self, path: &Path) {
        let before = self.candidates;
        self.walk_directory(path);
        if self.candidates == before {
            self.push_diagnostic(
                Diagnostic::error(
                    DiagnosticCode::NoStateFile,
                    format!("there is no state file in '{}'", path.display()),
                )
                .help("state files end in .yaml, .yml or .json; names that begin with a dot are left alone"),
            );
        }
    }

    fn walk_directory(&mut self, directory: &Path) {
        if !self.is_new(directory) {
            return;
        }
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return self.push_read_error(directory, &error),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths.iter().filter(|path| !is_hidden(path)) {
            match fs::metadata(path) {
                Err(error) => self.push_read_error(path, &error),
                Ok(metadata) if metadata.is_dir() => self.walk_inner_directory(path),
                Ok(_) => self.add_candidate(path),
            }
        }
    }

    fn walk_inner_directory(&mut self, path: &Path) {
        match check_inside(path, &self.repository) {
            Ok(()) => self.walk_directory(path),
            Err(error) => self.push_diagnostic(error),
        }
    }

    fn add_candidate(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default();
        if OWN_FILE_NAMES.iter().any(|own| name == *own) {
            return self.push_note(
                DiagnosticCode::OwnFile,
                format!("passed over '{}': strongroom's own", path.display()),
            );
        }
        if self.extension_matcher.as_ref().is_some_and(|glob| glob.is_match(name)) {
            self.candidates += 1;
            if self.is_new(path) {
                self.read_file(path, false);
            }
        }
    }

    fn read_file(&mut self, path: &Path, is_explicit: bool) {
        let bytes = check_inside(path, &self.repository).and_then(|()| read_file(path));
        match bytes {
            Ok(bytes) => self.push_bytes(path, bytes, is_explicit),
            Err(error) => self.push_diagnostic(error),
        }
    }

    fn push_bytes(&mut self, path: &Path, bytes: Vec<u8>, is_explicit: bool) {
        let name = path.display().to_string();
        self.files.0.push(DiscoveredItem::File {
            name,
            bytes,
            is_explicit,
        });
    }

    fn is_new(&mut self, path: &Path) -> bool {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.seen.insert(real)
    }

    fn push_note(&mut self, code: DiagnosticCode, message: String) {
        self.push_diagnostic(Diagnostic::note(code, message));
    }

    fn push_read_error(&mut self, path: &Path, error: &std::io::Error) {
        self.push_diagnostic(read_error(path, &error.to_string()));
    }

    fn push_diagnostic(&mut self, diagnostic: Diagnostic) {
        self.files.0.push(DiscoveredItem::Diagnostic(diagnostic));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests;
