"""Notes on records: list, create, get, change, delete, and the Markdown they are written in."""

from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.notes import handlers
from attio_sandbox.resources.notes.seed import seed

TABLES = """
CREATE TABLE notes (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record INTEGER NOT NULL,
    title TEXT NOT NULL, plaintext TEXT NOT NULL, markdown TEXT NOT NULL, meeting INTEGER,
    actor INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX notes_by_time ON notes (created_at, num);
CREATE INDEX notes_by_record ON notes (record, created_at, num);
"""
_READS = ("object_configuration:read", "record_permission:read")
_READ = ("note:read", *_READS)
_WRITE = ("note:read-write", *_READS)
_ONE = "/v2/notes/{note_id}"
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/notes", handlers.list_notes, scopes=_READ, each_second=10),
        Route("POST", "/v2/notes", handlers.create_note, writes=True, scopes=_WRITE),
        Route("GET", _ONE, handlers.get_note, scopes=_READ),
        Route("PATCH", _ONE, handlers.update_note, writes=True, scopes=_WRITE),
        Route("DELETE", _ONE, handlers.delete_note, writes=True, scopes=_WRITE[:1]),
    ),
    tables=TABLES,
    foreign_keys=(ForeignKey("notes"),),
    seed=seed,
)
