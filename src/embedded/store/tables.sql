CREATE TABLE IF NOT EXISTS node (
    id TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS entities (
    created INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    body    TEXT NOT NULL,
    expires REAL,
    UNIQUE (kind, id)
) STRICT;
CREATE INDEX IF NOT EXISTS entities_expires ON entities (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS uniques (
    kind   TEXT NOT NULL,
    fields TEXT NOT NULL,
    value  TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (kind, fields, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uniques_of ON uniques (kind, id);
CREATE TABLE IF NOT EXISTS links (
    target TEXT NOT NULL,
    kind   TEXT NOT NULL,
    field  TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (target, kind, field, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_of ON links (kind, id);
CREATE TABLE IF NOT EXISTS tags (
    kind TEXT NOT NULL,
    tag  TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (kind, tag, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_of ON tags (id, tag, kind);
