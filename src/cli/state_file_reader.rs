//! Opens state files: never what a link in a repository leads to outside of it, never devices or pipes, and no more than fits.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use settings::Repository;
use yaml::{Diagnostic, DiagnosticCode};

/// The largest state file that is read.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// Reports a name in a repository that leads out of it: whoever wrote the repository chose it, and the runner's files are
/// not opened because of it.
pub(crate) fn check_inside(path: &Path, repository: &Repository) -> Result<(), Diagnostic> {
    if !repository.escapes(path) {
        return Ok(());
    }
    let message = format!("'{}' leads out of the repository, and is not read", path.display());
    Err(Diagnostic::error(DiagnosticCode::LeadsOut, message)
        .help("put the file itself into the repository, or name it where it is"))
}

/// Reads a file that is neither a device nor a pipe.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let cannot_read = |error: io::Error| read_error(path, &error.to_string());
    let metadata = fs::metadata(path).map_err(cannot_read)?;
    if !metadata.is_file() {
        return Err(read_error(path, "it is a device or a pipe, not a file")
            .help("give what comes from a program on standard input: `-`"));
    }
    read_limited(File::open(path).map_err(cannot_read)?, path)
}

/// Reads all of a stream that ends before the limit.
pub(crate) fn read_limited(stream: impl Read, path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    let read = stream.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| read_error(path, &error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(read_error(path, &format!("it is larger than {} MiB", MAX_BYTES >> 20))
            .help("split the state over several files"));
    }
    Ok(bytes)
}

/// A file that cannot be read, and why.
pub(crate) fn read_error(path: &Path, reason: &str) -> Diagnostic {
    let message = format!("'{}' cannot be read: {reason}", path.display());
    Diagnostic::error(DiagnosticCode::CannotRead, message)
}
