use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use reference::Secret;

/// Reads the variables and files of this machine that settings name.
pub(crate) struct LocalReader {
    /// The folder that names of files start from; the working directory, if it is empty.
    folder: PathBuf,
    /// If not, nothing is read: a placeholder stands for every value.
    resolve_values: bool,
}

impl LocalReader {
    pub(crate) fn new(folder: &Path, resolve_values: bool) -> Self {
        Self {
            folder: folder.to_owned(),
            resolve_values,
        }
    }

    pub(crate) fn read_variable(&self, name: &str) -> Option<Secret> {
        match self.resolve_values {
            true => read_process_variable(name),
            false => Some(placeholder()),
        }
    }

    /// The content of a file without the end of its last line, which editors put there.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn read_file(&self, name: &str) -> Result<Secret, String> {
        if !self.resolve_values {
            return Ok(placeholder());
        }
        let path = self.folder.join(name);
        let mut bytes = Zeroizing::new(fs::read(path).map_err(|error| error.to_string())?);
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        Ok(Secret::from(bytes))
    }
}

fn placeholder() -> Secret {
    Secret::new("-")
}

/// A variable of this process, if it is set and its name can be one.
pub(crate) fn read_process_variable(name: &str) -> Option<Secret> {
    let is_possible = !name.is_empty() && !name.contains(['=', '\0']);
    let value = is_possible.then(|| std::env::var_os(name)).flatten()?;
    Some(Secret::new(value.into_vec()))
}

/// The variables of this process whose names are text.
pub(crate) fn process_variables() -> impl Iterator<Item = (String, Secret)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, Secret::new(value.into_vec()))))
}
