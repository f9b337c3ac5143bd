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
mod tests {
    use super::*;
    use yaml::{Severity, TemplateEnvironment};

    const STATE: &str = "_format_version: '3.0'\n";

    fn parse_paths(paths: &[PathBuf]) -> ParsedFiles {
        let no_variables = |_: &str| None;
        let options = ComposeOptions {
            environment: TemplateEnvironment::Strict(&no_variables),
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

    fn file_names(parsed: &ParsedFiles, root: &Path) -> Vec<String> {
        let named = parsed
            .documents
            .iter()
            .map(|(id, _)| parsed.sources.file(*id).name.clone());
        let root = format!("{}/", root.display());
        named.map(|name| name.replace(&root, "")).collect()
    }

    fn diagnostic_codes(parsed: &ParsedFiles) -> Vec<(Severity, DiagnosticCode)> {
        parsed
            .diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.severity, diagnostic.code))
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
        let parsed = parse_paths(&[folder.path().to_owned()]);
        assert_eq!(
            file_names(&parsed, folder.path()),
            ["a/c.JSON", "a/z.yaml", "b.yml", "slip.yaml"]
        );
        assert_eq!(
            diagnostic_codes(&parsed),
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
        let parsed = parse_paths(&[kong.clone(), other, kong, folder.path().to_owned()]);
        assert_eq!(file_names(&parsed, folder.path()), ["kong.yaml", "other.txt"]);
        assert_eq!(
            diagnostic_codes(&parsed),
            [(Severity::Note, DiagnosticCode::GivenTwice)]
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error_with_its_name() {
        let folder = create_folder(&[("empty/readme.txt", ""), ("latin.yaml", STATE)]);
        fs::write(folder.path().join("latin.yaml"), b"services: # caf\xe9\n").expect("a file");
        let paths = ["missing.yaml", "empty", "latin.yaml"].map(|name| folder.path().join(name));
        let parsed = parse_paths(&paths);
        assert_eq!(
            diagnostic_codes(&parsed),
            [
                (Severity::Error, DiagnosticCode::CannotRead),
                (Severity::Error, DiagnosticCode::NoStateFile),
                (Severity::Error, DiagnosticCode::NotUtf8)
            ]
        );
        assert!(parsed.diagnostics[0].message.contains("missing.yaml"));
    }

    #[cfg(unix)]
    #[test]
    fn what_leads_out_of_the_repository_is_not_read() {
        let folder = create_folder(&[
            ("repo/.git/HEAD", ""),
            ("repo/in/real.yaml", STATE),
            ("token.yaml", STATE),
        ]);
        let path = |name: &str| folder.path().join(name);
        let link = |target: &str, name: &str| std::os::unix::fs::symlink(path(target), path(name)).expect("a link");
        link("token.yaml", "repo/in/link.yaml");
        link("repo/in/real.yaml", "repo/in/within.yaml");
        link("", "repo/out");
        link("token.yaml", "repo/named.txt");
        let leads_out = (Severity::Error, DiagnosticCode::LeadsOut);
        for (name, count) in [
            ("repo/in/link.yaml", 1),
            ("repo/named.txt", 1),
            ("repo/out", 1),
            ("repo/out/token.yaml", 1),
        ] {
            let parsed = parse_paths(&[path(name)]);
            assert_eq!(diagnostic_codes(&parsed), vec![leads_out; count], "{name}");
            assert!(parsed.documents.is_empty(), "{name}");
        }
        let parsed = parse_paths(&[path("repo")]);
        assert_eq!(diagnostic_codes(&parsed), [leads_out, leads_out]);
        assert_eq!(file_names(&parsed, folder.path()), ["repo/in/real.yaml"]);
        assert_eq!(
            file_names(&parse_paths(&[path("token.yaml")]), folder.path()),
            ["token.yaml"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_not_read() {
        let parsed = parse_paths(&[PathBuf::from("/dev/zero")]);
        assert_eq!(
            diagnostic_codes(&parsed),
            [(Severity::Error, DiagnosticCode::CannotRead)]
        );
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
