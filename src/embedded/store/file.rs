use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::super::OpenError;

/// What marks a database as ours: "StRm".
const APPLICATION_ID: i32 = 0x5374_526d;

/// The version of the tables.
const FORMAT_VERSION: i32 = 1;

/// Creates an empty file that nobody else may read, since entities hold secrets. Idempotent.
pub(super) fn create_private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

/// Marks a new database as ours, and makes sure that an old one is.
pub(super) fn mark_or_verify(connection: &Connection) -> Result<(), OpenError> {
    let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i32>(0));
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    if tables == 0 {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", FORMAT_VERSION)?;
        Ok(())
    } else if application != APPLICATION_ID {
        Err(OpenError::ForeignDatabase)
    } else if version != FORMAT_VERSION {
        Err(OpenError::UnsupportedVersion(version))
    } else {
        Ok(())
    }
}
