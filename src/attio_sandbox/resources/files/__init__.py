"""Files of records: folders, uploads, downloads, and entries of other storages."""

from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.files import handlers

# The bytes of a file have a table of their own, so that reading a list does not pass over them.
TABLES = """
CREATE TABLE files (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record INTEGER NOT NULL,
    kind TEXT NOT NULL, provider TEXT NOT NULL, name TEXT, content_type TEXT, size INTEGER,
    folder INTEGER, external_id TEXT, drive_id TEXT, actor INTEGER NOT NULL,
    created_at TEXT NOT NULL);
CREATE INDEX files_by_record ON files (record, num);
CREATE INDEX files_by_folder ON files (folder, num) WHERE folder IS NOT NULL;
CREATE TABLE file_contents (
    file INTEGER PRIMARY KEY, signing_key TEXT NOT NULL, content BLOB NOT NULL);
"""
_READS = ("object_configuration:read", "record_permission:read")
_READ = ("file:read", *_READS)
_WRITE = ("file:read-write", *_READS)
_ALL = "/v2/files"
_ONE = f"{_ALL}/{{file_id}}"
RESOURCE = Resource(
    routes=(
        Route("GET", _ALL, handlers.list_files, scopes=_READ),
        Route("POST", _ALL, handlers.create_file, writes=True, scopes=_WRITE),
        Route(
            "POST",
            f"{_ALL}/upload",
            handlers.upload_file,
            writes=True,
            scopes=_WRITE,
            raw=True,
            each_second=1,
        ),
        Route("GET", _ONE, handlers.get_file, scopes=_READ),
        Route("DELETE", _ONE, handlers.delete_file, writes=True, scopes=_WRITE),
        Route("GET", f"{_ONE}/download", handlers.download_file, scopes=_READ),
        Route("GET", "/storage/files/{file_id}", handlers.send_content, is_public=True),
    ),
    tables=TABLES,
    foreign_keys=(ForeignKey("files", parts=("file_contents", "file")),),
)
