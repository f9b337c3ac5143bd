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
