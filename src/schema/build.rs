//! Lists the files under `schemas/`, so that a new kind is a new file and no Rust, and checks each, so that a misspelt
//! word in one stops the build.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use file_format::check_file::check_schema_file;

#[path = "file_format/mod.rs"]
#[allow(dead_code, reason = "the files are only checked here")]
mod file_format;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=../../schemas");
    println!("cargo::rerun-if-changed=file_format");
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../schemas");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    let mut is_valid = true;
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .unwrap_or(file)
            .display()
            .to_string()
            .replace('\\', "/");
        if let Err(error) = check_schema_file(&name, &fs::read_to_string(file)?) {
            println!("cargo::error={error}");
            is_valid = false;
        }
        let path = file.display().to_string();
        let _ = writeln!(table, "    ({name:?}, include_str!({path:?})),");
    }
    if !is_valid {
        process::exit(1);
    }
    table.push_str("]\n");
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("schemas.rs");
    fs::write(target, table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|kind| kind == "json" || kind == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
