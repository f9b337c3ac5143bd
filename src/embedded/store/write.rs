use std::ops::Deref;

use rusqlite::{Transaction, params};

use super::super::index::EntityIndex;
use super::{EntityRow, ReadTransaction};

/// What can be changed in the store, within one transaction.
pub(crate) struct WriteTransaction<'t> {
    view: ReadTransaction<'t>,
}

impl<'t> Deref for WriteTransaction<'t> {
    type Target = ReadTransaction<'t>;

    fn deref(&self) -> &ReadTransaction<'t> {
        &self.view
    }
}

impl<'t> WriteTransaction<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>) -> Self {
        Self {
            view: ReadTransaction::new(transaction),
        }
    }

    /// Stores an entity in place of the one of that id, if there is one.
    pub(crate) fn upsert(&self, kind: &str, row: &EntityRow, index: &EntityIndex) -> rusqlite::Result<()> {
        let replaced = self
            .view
            .connection
            .prepare_cached("UPDATE entities SET body = ?3, expires = ?4 WHERE kind = ?1 AND id = ?2")?
            .execute(params![kind, row.id, row.body, row.expires])?;
        if replaced == 0 {
            self.view
                .connection
                .prepare_cached("INSERT INTO entities (kind, id, body, expires) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![kind, row.id, row.body, row.expires])?;
        } else {
            self.delete_index(kind, &row.id)?;
        }
        self.insert_index(kind, &row.id, index)
    }

    /// Removes an entity; what refers to it is the caller's business.
    pub(crate) fn remove(&self, kind: &str, id: &str) -> rusqlite::Result<()> {
        self.view
            .connection
            .prepare_cached("DELETE FROM entities WHERE kind = ?1 AND id = ?2")?
            .execute([kind, id])?;
        self.delete_index(kind, id)
    }

    /// Removes what has vanished by now.
    pub(crate) fn remove_expired(&self, now: f64) -> rusqlite::Result<()> {
        let expired: Vec<(String, String)> = self
            .view
            .connection
            .prepare_cached("SELECT kind, id FROM entities WHERE expires <= ?1")?
            .query_map([now], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        expired.iter().try_for_each(|(kind, id)| self.remove(kind, id))
    }

    fn delete_index(&self, kind: &str, id: &str) -> rusqlite::Result<()> {
        for table in ["uniques", "links", "tags"] {
            self.view
                .connection
                .prepare_cached(&format!("DELETE FROM {table} WHERE kind = ?1 AND id = ?2"))?
                .execute([kind, id])?;
        }
        Ok(())
    }

    fn insert_index(&self, kind: &str, id: &str, index: &EntityIndex) -> rusqlite::Result<()> {
        let connection = self.view.connection;
        for unique in &index.uniques {
            connection
                .prepare_cached("INSERT INTO uniques (kind, fields, value, id) VALUES (?1, ?2, ?3, ?4)")?
                .execute([kind, &unique.fields, &unique.value, id])?;
        }
        for link in &index.links {
            connection
                .prepare_cached("INSERT OR IGNORE INTO links (target, kind, field, id) VALUES (?1, ?2, ?3, ?4)")?
                .execute([&link.target, kind, &link.field, id])?;
        }
        for tag in &index.tags {
            connection
                .prepare_cached("INSERT OR IGNORE INTO tags (kind, tag, id) VALUES (?1, ?2, ?3)")?
                .execute([kind, tag, id])?;
        }
        Ok(())
    }
}
