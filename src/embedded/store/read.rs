use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// What can be read of the store.
#[derive(Clone, Copy)]
pub(crate) struct ReadTransaction<'c> {
    pub(super) connection: &'c Connection,
}

/// A stored entity; the body is JSON text.
pub(crate) struct EntityRow {
    pub(crate) id: String,
    /// Its body, as it is answered.
    pub(crate) body: String,
    /// When it vanishes, in seconds since 1970, if ever.
    pub(crate) expires: Option<f64>,
}

/// Which page of a kind is asked for.
pub(crate) struct PageQuery<'a> {
    pub(crate) kind: &'a str,
    /// The id after which it begins.
    pub(crate) after: &'a str,
    pub(crate) size: usize,
    pub(crate) filter: &'a ListFilter,
    /// What has vanished by then does not count.
    pub(crate) now: f64,
}

/// Which entities of a kind a list holds.
pub(crate) enum ListFilter {
    All,
    /// Those bearing all of these tags.
    AllTags(Vec<String>),
    /// Those bearing at least one of these tags.
    AnyTag(Vec<String>),
    /// Those whose field refers to that id.
    Linked {
        field: String,
        target: String,
    },
    /// The one with that value in a unique field.
    Unique {
        fields: String,
        value: String,
    },
}

/// One use of a tag.
pub(crate) struct TagRow {
    pub(crate) kind: String,
    pub(crate) tag: String,
    pub(crate) id: String,
}

impl<'c> ReadTransaction<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    pub(crate) fn get(self, kind: &str, id: &str, now: f64) -> rusqlite::Result<Option<EntityRow>> {
        self.connection
            .prepare_cached(
                "SELECT id, body, expires FROM entities
                 WHERE kind = ?1 AND id = ?2 AND (expires IS NULL OR expires > ?3)",
            )?
            .query_row(params![kind, id, now], read_row)
            .optional()
    }

    /// The id of the entity that has that value in a set of unique fields.
    pub(crate) fn find_by_unique(self, kind: &str, fields: &str, value: &str) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT id FROM uniques WHERE kind = ?1 AND fields = ?2 AND value = ?3")?
            .query_row([kind, fields, value], |row| row.get(0))
            .optional()
    }

    /// The ids of a kind's entities whose field refers to that id, in order.
    pub(crate) fn linked_ids(self, kind: &str, field: &str, target: &str) -> rusqlite::Result<Vec<String>> {
        self.connection
            .prepare_cached("SELECT id FROM links WHERE target = ?1 AND kind = ?2 AND field = ?3 ORDER BY id")?
            .query_map([target, kind, field], |row| row.get(0))?
            .collect()
    }

    /// The values of a unique field of those that refer to that id, sorted.
    pub(crate) fn linked_unique_values(
        self,
        kind: &str,
        field: &str,
        target: &str,
        fields: &str,
    ) -> rusqlite::Result<Vec<String>> {
        let mut names: Vec<String> = self
            .connection
            .prepare_cached(
                // the few that refer lead, and the plus keeps SQLite from walking all values instead
                "SELECT u.value FROM links l CROSS JOIN uniques u ON u.kind = l.kind AND u.id = l.id
                 WHERE l.target = ?1 AND l.kind = ?2 AND l.field = ?3 AND +u.fields = ?4",
            )?
            .query_map([target, kind, field, fields], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        names.sort_unstable();
        Ok(names)
    }

    /// A page of a kind's entities, in the order of their ids.
    pub(crate) fn page_rows(self, page: &PageQuery<'_>) -> rusqlite::Result<Vec<EntityRow>> {
        let mut values = vec![
            Sql::Text(page.kind.to_owned()),
            Sql::Text(page.after.to_owned()),
            Sql::Integer(sql_limit(page.size)),
            Sql::Real(page.now),
        ];
        let (driver, rows) = page.filter.source_clause(&mut values);
        let sql = format!(
            "SELECT e.id, e.body, e.expires FROM {rows} AND (e.expires IS NULL OR e.expires > ?4)
             ORDER BY {driver}.id LIMIT ?3"
        );
        self.connection
            .prepare_cached(&sql)?
            .query_map(params_from_iter(values), read_row)?
            .collect()
    }

    /// A page of tags, or of one tag, in the order of the ids that bear them, after that id, tag and kind.
    pub(crate) fn tag_rows(self, only: Option<&str>, after: [&str; 3], size: usize) -> rusqlite::Result<Vec<TagRow>> {
        self.connection
            .prepare_cached(
                "SELECT kind, tag, id FROM tags WHERE (?1 IS NULL OR tag = ?1) AND (id, tag, kind) > (?2, ?3, ?4)
                 ORDER BY id, tag, kind LIMIT ?5",
            )?
            .query_map(params![only, after[0], after[1], after[2], sql_limit(size)], |row| {
                Ok(TagRow {
                    kind: row.get(0)?,
                    tag: row.get(1)?,
                    id: row.get(2)?,
                })
            })?
            .collect()
    }
}

impl ListFilter {
    /// Which table gives the ids in order, and what follows FROM; the page's kind is `?1`, the id it starts after `?2`.
    fn source_clause(&self, values: &mut Vec<Sql>) -> (&'static str, String) {
        let mut place = |text: &str| {
            values.push(Sql::Text(text.to_owned()));
            format!("?{}", values.len())
        };
        match self {
            Self::All => ("e", "entities e WHERE e.kind = ?1 AND e.id > ?2".to_owned()),
            Self::AllTags(tags) => {
                let tags: Vec<_> = tags.iter().map(|tag| place(tag)).collect();
                ("t", all_tags_clause(&tags))
            }
            Self::AnyTag(tags) => {
                let tags: Vec<_> = tags.iter().map(|tag| place(tag)).collect();
                let ids = format!(
                    "SELECT id FROM tags WHERE kind = ?1 AND tag IN ({}) AND id > ?2",
                    tags.join(", ")
                );
                ("e", format!("entities e WHERE e.kind = ?1 AND e.id IN ({ids})"))
            }
            Self::Linked { field, target } => {
                let (field, target) = (place(field), place(target));
                let of = format!("t.target = {target} AND t.kind = ?1 AND t.field = {field} AND t.id > ?2");
                ("t", format!("links t CROSS JOIN {JOIN_ENTITIES} WHERE {of}"))
            }
            Self::Unique { fields, value } => {
                let (fields, value) = (place(fields), place(value));
                let of = format!("t.kind = ?1 AND t.fields = {fields} AND t.value = {value} AND t.id > ?2");
                ("t", format!("uniques t CROSS JOIN {JOIN_ENTITIES} WHERE {of}"))
            }
        }
    }
}

const JOIN_ENTITIES: &str = "entities e ON e.kind = t.kind AND e.id = t.id";

/// The first tag leads, so that a rare tag among many entities is found at once.
fn all_tags_clause(tags: &[String]) -> String {
    let leader = tags.first().map_or("NULL", String::as_str);
    let others: String = tags
        .iter()
        .skip(1)
        .map(|tag| format!(" AND EXISTS (SELECT 1 FROM tags o WHERE o.kind = ?1 AND o.tag = {tag} AND o.id = t.id)"))
        .collect();
    format!("tags t CROSS JOIN {JOIN_ENTITIES} WHERE t.kind = ?1 AND t.tag = {leader} AND t.id > ?2{others}")
}

fn sql_limit(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<EntityRow> {
    Ok(EntityRow {
        id: row.get(0)?,
        body: row.get(1)?,
        expires: row.get(2)?,
    })
}
