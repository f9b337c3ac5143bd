//! Entities on disk or in memory: a few generic tables that know no kind.
//!
//! One writer behind a mutex; readers have connections of their own. On disk the write-ahead log lets them read while
//! it writes, and everything answered survives the process being killed (not the machine losing power).

mod file;
mod read;
mod write;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use uuid::Uuid;

use super::OpenError;

pub(super) use read::{EntityRow, ListFilter, PageQuery, ReadTransaction};
pub(super) use write::WriteTransaction;

/// How many idle connections for reading are kept.
const MAX_IDLE_READERS: usize = 8;

/// Where a control plane keeps its entities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Database {
    /// In memory: they are gone when it ends.
    #[default]
    Memory,
    /// In a SQLite file, made if there is none.
    File(PathBuf),
}

/// What entities the node holds.
pub(super) struct Store {
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    source: ConnectionSource,
    node_id: String,
}

/// How to open one more connection.
enum ConnectionSource {
    /// SQLite's shared memory has no write-ahead log, so readers and the writer take turns by a lock.
    Memory {
        name: String,
        lock: RwLock<()>,
    },
    File(PathBuf),
}

impl Store {
    /// Opens the database and makes its tables.
    pub(super) fn open(database: &Database) -> Result<Self, OpenError> {
        if let Database::File(path) = database {
            file::create_private_file(path)?;
        }
        let source = match database {
            Database::Memory => ConnectionSource::Memory {
                name: format!("file:/strongroom-{}?vfs=memdb", Uuid::new_v4()),
                lock: RwLock::new(()),
            },
            Database::File(path) => ConnectionSource::File(path.clone()),
        };
        let writer = source.connect()?;
        file::mark_or_verify(&writer)?;
        writer.execute_batch(include_str!("tables.sql"))?;
        let node_id = read_or_create_node_id(&writer)?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            source,
            node_id,
        })
    }

    /// The id that the node was given when its database was made.
    pub(super) fn node_id(&self) -> &str {
        &self.node_id
    }

    /// Reads one snapshot.
    pub(super) fn read<T, E: From<rusqlite::Error>>(
        &self,
        read: impl FnOnce(ReadTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = lock(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.source.connect()?,
        };
        let result = self.source.with_read_lock(|| {
            let transaction = connection.unchecked_transaction()?;
            read(ReadTransaction::new(&transaction))
        });
        let mut readers = lock(&self.readers);
        if readers.len() < MAX_IDLE_READERS {
            readers.push(connection);
        }
        result
    }

    /// Writes in one transaction, rolled back on error.
    pub(super) fn write<T, E: From<rusqlite::Error>>(
        &self,
        write: impl FnOnce(&WriteTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = lock(&self.writer);
        self.source.with_write_lock(|| {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = write(&WriteTransaction::new(&transaction))?;
            transaction.commit()?;
            Ok(value)
        })
    }
}

impl ConnectionSource {
    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::Memory { name, .. } => Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)?,
            Self::File(path) => Connection::open_with_flags(path, flags)?,
        };
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(64);
        // a statement is planned once, not again whenever a value is bound
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        match self {
            Self::Memory { .. } => {
                connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")?
            }
            Self::File(_) => connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?,
        }
        Ok(connection)
    }

    fn with_read_lock<T>(&self, work: impl FnOnce() -> T) -> T {
        let _guard = match self {
            Self::Memory { lock, .. } => Some(lock.read().unwrap_or_else(PoisonError::into_inner)),
            Self::File(_) => None,
        };
        work()
    }

    /// Readers of shared memory must not see a half-done write.
    fn with_write_lock<T>(&self, work: impl FnOnce() -> T) -> T {
        let _guard = match self {
            Self::Memory { lock, .. } => Some(lock.write().unwrap_or_else(PoisonError::into_inner)),
            Self::File(_) => None,
        };
        work()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_or_create_node_id(writer: &Connection) -> rusqlite::Result<String> {
    writer.execute(
        "INSERT INTO node SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM node)",
        [Uuid::new_v4().to_string()],
    )?;
    writer.query_row("SELECT id FROM node", [], |row| row.get(0))
}
