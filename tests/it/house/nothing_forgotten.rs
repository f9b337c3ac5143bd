//! No source file is left out of its crate, and no fixture is left unread: neither would fail by itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::architecture::{files, none, walk};

#[test]
fn every_source_file_is_a_module() {
    let mut roots: Vec<PathBuf> = files("src").iter().map(|floor| floor.join("lib.rs")).collect();
    roots.extend(["src/lib.rs", "src/main.rs", "tests/it/main.rs"].map(PathBuf::from));
    roots.retain(|root| root.exists());
    let mut reached = BTreeSet::new();
    for root in roots {
        reach(&root, &mut reached);
    }
    let mut sources = Vec::new();
    walk(Path::new("src"), &mut sources);
    walk(Path::new("tests/it"), &mut sources);
    let forgotten: Vec<String> = sources
        .iter()
        .map(|(path, _)| path)
        .filter(|path| !path.ends_with("build.rs") && !reached.contains(*path))
        .map(|path| path.display().to_string())
        .collect();
    none("files that no `mod` names", &forgotten);
    assert!(reached.len() > 300, "{} files are reached", reached.len());
}

/// Adds a file and the modules that it declares.
fn reach(path: &Path, reached: &mut BTreeSet<PathBuf>) {
    let text = fs::read_to_string(path).expect("a source file");
    reached.insert(path.to_owned());
    let is_folders = path.ends_with("main.rs") || path.ends_with("lib.rs") || path.ends_with("mod.rs");
    let folder = match is_folders {
        true => path.parent().expect("a folder").to_owned(),
        false => path.with_extension(""),
    };
    for name in text.lines().filter_map(declared_module) {
        let candidates = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
        for module in candidates.iter().filter(|module| module.exists()) {
            reach(module, reached);
        }
    }
}

/// The module that a line declares, if its text stands in another file.
fn declared_module(line: &str) -> Option<&str> {
    let (before, name) = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
    (before.is_empty() || before.starts_with("pub")).then_some(name)
}

#[test]
fn every_fixture_is_read() {
    let mut sources = Vec::new();
    walk(Path::new("src"), &mut sources);
    walk(Path::new("tests/it"), &mut sources);
    let mut forgotten = Vec::new();
    for folder in files("fixtures") {
        let readers: Vec<&str> = sources
            .iter()
            .map(|(_, text)| text.as_str())
            .filter(|text| text.contains(&folder.display().to_string()))
            .collect();
        let unread = |path: &PathBuf| !readers.iter().any(|reader| is_read_by(path, reader));
        forgotten.extend(files(&folder).into_iter().filter(unread));
    }
    let forgotten: Vec<String> = forgotten.iter().map(|path| path.display().to_string()).collect();
    none("fixtures that no test reads", &forgotten);
}

/// Whether a source that names the folder of a fixture reads it: a folder is a case among all the others, or named; a file is named,
/// perhaps without what all files of its folder have in common.
fn is_read_by(path: &Path, reader: &str) -> bool {
    let name = path.file_stem().expect("a name").to_string_lossy();
    if path.is_dir() {
        return reader.contains("read_dir(") || reader.contains(&format!("\"{name}\""));
    }
    let distinct = name.split_once('-').map_or(&*name, |(_, rest)| rest);
    path.ends_with("SOURCE.md") || reader.contains(&*name) || reader.contains(distinct)
}
