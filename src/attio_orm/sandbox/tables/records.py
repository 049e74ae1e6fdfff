"""Tables of the schema, of records and of their values."""

from __future__ import annotations

# Values live twice: in `records.doc` (MessagePack, attribute number to values in order), from
# which records are rendered, and in `cells`, typed and indexed, on which filters and sorts run.
# `folded` is the casefolded text of a value's default property and `exact` the text itself
# where folding changed it; `number` also holds option numbers and the records referred to.
# A list is a holder as an object is, and an entry a record of it that has a parent record.
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE actors (
    num INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (type, id));
CREATE TABLE members (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, access_level TEXT NOT NULL,
    created_at TEXT NOT NULL);
CREATE TABLE holders (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, slug TEXT NOT NULL,
    created_at TEXT NOT NULL, name TEXT NOT NULL, plural TEXT, standard INTEGER,
    parent INTEGER, workspace_access TEXT, member_access TEXT, actor INTEGER,
    UNIQUE (kind, slug));
CREATE TABLE views (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, holder INTEGER NOT NULL,
    title TEXT NOT NULL, filter TEXT NOT NULL, is_archived INTEGER NOT NULL,
    created_at TEXT NOT NULL);
CREATE INDEX views_by_holder ON views (holder, num);
CREATE TABLE attributes (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL,
    slug TEXT NOT NULL, title TEXT NOT NULL, description TEXT, type TEXT NOT NULL,
    is_system INTEGER NOT NULL, is_writable INTEGER NOT NULL, is_required INTEGER NOT NULL,
    is_unique INTEGER NOT NULL, is_multi INTEGER NOT NULL, is_archived INTEGER NOT NULL,
    is_enriched INTEGER NOT NULL, default_value TEXT, currency TEXT, display_type TEXT,
    allowed TEXT, pair INTEGER, created_at TEXT NOT NULL, UNIQUE (owner, slug));
CREATE TABLE options (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, attribute INTEGER NOT NULL,
    title TEXT NOT NULL, is_archived INTEGER NOT NULL, celebration INTEGER NOT NULL,
    target_time TEXT, UNIQUE (attribute, title));
CREATE TABLE records (
    num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, object INTEGER NOT NULL,
    created_at TEXT NOT NULL, actor INTEGER NOT NULL, doc BLOB NOT NULL, parent INTEGER);
CREATE INDEX records_by_time ON records (object, created_at, id);
CREATE INDEX records_by_parent ON records (parent, object) WHERE parent IS NOT NULL;
CREATE TABLE cells (
    record INTEGER NOT NULL, attribute INTEGER NOT NULL, position INTEGER NOT NULL,
    folded TEXT, exact TEXT, number NUMERIC, s1 TEXT, s2 TEXT, s3 TEXT, s4 TEXT, s5 TEXT,
    s6 TEXT, s7 TEXT);
CREATE INDEX cells_by_record ON cells (record, attribute, position);
CREATE INDEX cells_by_text ON cells (attribute, folded, record) WHERE folded IS NOT NULL;
CREATE INDEX cells_by_number ON cells (attribute, number, record) WHERE number IS NOT NULL;
CREATE INDEX cells_by_part ON cells (attribute, fold(s1), record) WHERE s1 IS NOT NULL;
CREATE INDEX cells_by_part_2 ON cells (attribute, fold(s2), record) WHERE s2 IS NOT NULL;
CREATE TABLE history (
    num INTEGER PRIMARY KEY, record INTEGER NOT NULL, attribute INTEGER NOT NULL,
    active_from TEXT NOT NULL, active_until TEXT NOT NULL, actor INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX history_by_record ON history (record, attribute, active_from);
"""
