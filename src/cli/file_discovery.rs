//! From what the user names to the documents to be read.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use schema::Catalog;
use state::{FileClass, classify_file, may_declare_select_tags};
use yaml::{ComposeOptions, Diagnostic, DiagnosticCode, FileId, Node, SourceFiles, decode};

/// Files as they were found, not yet read as documents.
#[derive(Default)]
pub struct DiscoveredFiles(Vec<DiscoveredItem>);

/// What was found, in order.
enum DiscoveredItem {
    /// A file's bytes.
    File {
        name: String,
        bytes: Vec<u8>,
        /// Whether the user named it, so that it is read whatever it is.
        is_explicit: bool,
    },
    /// Something to tell.
    Diagnostic(Diagnostic),
}

/// What was read: texts, their nodes, and what there is to tell about either.
#[derive(Default)]
pub struct ParsedFiles {
    /// The texts, for positions to point into.
    pub sources: SourceFiles,
    /// The state files among them, in order.
    pub documents: Vec<(FileId, Node)>,
    /// What is wrong or worth telling so far.
    pub diagnostics: Vec<Diagnostic>,
}

/// Finds files, directories (with all that is below them, in sorted order) and standard input (`-`).
///
/// Of a directory, files whose name begins with a dot or does not end in `.yaml`, `.yml` or `.json` are left alone;
/// strongroom's own are passed over with a note. What the user names is read whatever it is.
pub fn find_files(paths: &[PathBuf]) -> DiscoveredFiles {
    let mut finder = FileFinder {
        extension_matcher: state_file_matcher(),
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
    /// Whether one of them may say by tags what it owns.
    pub fn may_name_scopes(&self) -> bool {
        self.0.iter().any(|found| match found {
            DiscoveredItem::File { bytes, .. } => may_declare_select_tags(bytes),
            DiscoveredItem::Diagnostic(_) => false,
        })
    }

    /// Reads them. Those found in a directory that are no state files are passed over with a note.
    pub fn read(self, options: &ComposeOptions<'_>, catalog: &Catalog) -> ParsedFiles {
        let mut gathered = ParsedFiles::default();
        for found in self.0 {
            match found {
                DiscoveredItem::Diagnostic(told) => gathered.diagnostics.push(told),
                DiscoveredItem::File {
                    name,
                    bytes,
                    is_explicit: named,
                } => gathered.parse_file(name, bytes, named, options, catalog),
            }
        }
        gathered
    }
}

impl ParsedFiles {
    fn parse_file(
        &mut self,
        name: String,
        bytes: Vec<u8>,
        named: bool,
        options: &ComposeOptions<'_>,
        catalog: &Catalog,
    ) {
        let id = FileId(self.sources.files.len() as u32);
        let (text, fault) = decode(id, bytes);
        self.sources.add(name, text);
        if let Some(fault) = fault {
            self.diagnostics.push(fault);
            return;
        }
        let (node, told) = reconcile::compose_parallel(id, &self.sources.file(id).text, options);
        match node
            .as_ref()
            .filter(|_| !named)
            .map(|root| classify_file(root, catalog))
        {
            Some(FileClass::Other(note)) => self.diagnostics.push(note),
            _ => {
                self.diagnostics.extend(told);
                self.documents.extend(node.map(|node| (id, node)));
            }
        }
    }
}

struct FileFinder {
    extension_matcher: Option<GlobMatcher>,
    /// Files and directories that were found already, by their real paths.
    seen: BTreeSet<PathBuf>,
    /// How many files were met in directories that could be state files.
    candidates: usize,
    files: DiscoveredFiles,
}

/// Names that strongroom's own files have.
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
        match fs::metadata(path) {
            Err(error) => self.push_read_error(path, &error),
            Ok(found) if found.is_dir() => self.add_directory(path),
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
            let twice = "standard input (`-`) is given twice, and can be read once";
            return self.push_diagnostic(Diagnostic::error(DiagnosticCode::GivenTwice, twice));
        }
        let mut bytes = Vec::new();
        match std::io::stdin().read_to_end(&mut bytes) {
            Ok(_) => self.push_bytes(Path::new("-"), bytes, true),
            Err(error) => self.push_read_error(Path::new("-"), &error),
        }
    }

    /// Reads all state files below a directory that the user named.
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
                Ok(found) if found.is_dir() => self.walk_directory(path),
                Ok(_) => self.add_candidate(path),
            }
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

    fn read_file(&mut self, path: &Path, named: bool) {
        match fs::read(path) {
            Ok(bytes) => self.push_bytes(path, bytes, named),
            Err(error) => self.push_read_error(path, &error),
        }
    }

    fn push_bytes(&mut self, path: &Path, bytes: Vec<u8>, named: bool) {
        let name = path.display().to_string();
        self.files.0.push(DiscoveredItem::File {
            name,
            bytes,
            is_explicit: named,
        });
    }

    /// Whether a path was not read before.
    fn is_new(&mut self, path: &Path) -> bool {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.seen.insert(real)
    }

    fn push_note(&mut self, code: DiagnosticCode, message: String) {
        self.push_diagnostic(Diagnostic::note(code, message));
    }

    fn push_read_error(&mut self, path: &Path, error: &std::io::Error) {
        let message = format!("'{}' cannot be read: {error}", path.display());
        self.push_diagnostic(Diagnostic::error(DiagnosticCode::CannotRead, message));
    }

    fn push_diagnostic(&mut self, told: Diagnostic) {
        self.files.0.push(DiscoveredItem::Diagnostic(told));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::{Severity, TemplateEnvironment};

    const STATE: &str = "_format_version: '3.0'\n";

    fn parse_paths(paths: &[PathBuf]) -> ParsedFiles {
        let nothing = |_: &str| None;
        let options = ComposeOptions {
            environment: TemplateEnvironment::Strict(&nothing),
            substitute_env: false,
        };
        find_files(paths).read(&options, &Catalog::recorded())
    }

    fn create_folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    fn file_names(gathered: &ParsedFiles, root: &Path) -> Vec<String> {
        let named = gathered
            .documents
            .iter()
            .map(|(id, _)| gathered.sources.file(*id).name.clone());
        let root = format!("{}/", root.display());
        named.map(|name| name.replace(&root, "")).collect()
    }

    fn diagnostic_codes(gathered: &ParsedFiles) -> Vec<(Severity, DiagnosticCode)> {
        gathered
            .diagnostics
            .iter()
            .map(|one| (one.severity, one.code))
            .collect()
    }

    #[test]
    fn a_folder_is_read_in_sorted_order_and_what_is_no_state_file_is_passed_over() {
        let folder = create_folder(&[
            ("b.yml", STATE),
            ("a/z.yaml", STATE),
            ("a/c.JSON", "{\"services\": []}"),
            (".hidden.yaml", "services: []"),
            (".git/config.yaml", "services: []"),
            ("notes.txt", "services: []"),
            (
                "package.json",
                "{\"name\": \"x\", \"license\": \"MIT\", \"dependencies\": {}}",
            ),
            ("strongroom.yaml", "services: []"),
            ("other.yaml", "greeting: hello"),
            ("slip.yaml", "servces: []"),
        ]);
        let gathered = parse_paths(&[folder.path().to_owned()]);
        assert_eq!(
            file_names(&gathered, folder.path()),
            ["a/c.JSON", "a/z.yaml", "b.yml", "slip.yaml"]
        );
        assert_eq!(
            diagnostic_codes(&gathered),
            [
                (Severity::Note, DiagnosticCode::NotAStateFile),
                (Severity::Note, DiagnosticCode::NotAStateFile),
                (Severity::Note, DiagnosticCode::OwnFile)
            ]
        );
    }

    #[test]
    fn what_is_named_is_read_whatever_it_is_and_once() {
        let folder = create_folder(&[("kong.yaml", STATE), ("other.txt", "greeting: hello")]);
        let (kong, other) = (folder.path().join("kong.yaml"), folder.path().join("other.txt"));
        let gathered = parse_paths(&[kong.clone(), other, kong, folder.path().to_owned()]);
        assert_eq!(file_names(&gathered, folder.path()), ["kong.yaml", "other.txt"]);
        assert_eq!(
            diagnostic_codes(&gathered),
            [(Severity::Note, DiagnosticCode::GivenTwice)]
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error_with_its_name() {
        let folder = create_folder(&[("empty/readme.txt", ""), ("latin.yaml", STATE)]);
        fs::write(folder.path().join("latin.yaml"), b"services: # caf\xe9\n").expect("a file");
        let paths = ["missing.yaml", "empty", "latin.yaml"].map(|name| folder.path().join(name));
        let gathered = parse_paths(&paths);
        assert_eq!(
            diagnostic_codes(&gathered),
            [
                (Severity::Error, DiagnosticCode::CannotRead),
                (Severity::Error, DiagnosticCode::NoStateFile),
                (Severity::Error, DiagnosticCode::NotUtf8)
            ]
        );
        assert!(gathered.diagnostics[0].message.contains("missing.yaml"));
    }

    #[cfg(unix)]
    #[test]
    fn links_in_circles_end() {
        let folder = create_folder(&[("a/kong.yaml", STATE)]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/back")).expect("a link");
        assert_eq!(
            file_names(&parse_paths(&[folder.path().to_owned()]), folder.path()),
            ["a/kong.yaml"]
        );
    }
}
