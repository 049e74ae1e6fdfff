"""Comments on records and entries, and the threads that they stand in."""

from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.comments.handlers import create_comment, delete_comment, get_comment
from attio_sandbox.resources.comments.seed import seed
from attio_sandbox.resources.comments.threads import get_thread, list_threads

# A thread on an entry names the entry's record, too.
TABLES = """
CREATE TABLE threads (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record INTEGER NOT NULL, entry INTEGER,
    created_at TEXT NOT NULL);
CREATE INDEX threads_by_time ON threads (created_at, num);
CREATE INDEX threads_by_record ON threads (record, created_at, num);
CREATE INDEX threads_by_entry ON threads (entry, created_at, num) WHERE entry IS NOT NULL;
CREATE TABLE comments (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, thread INTEGER NOT NULL,
    content TEXT NOT NULL, actor INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX comments_by_thread ON comments (thread, created_at, num);
"""
_ONE = "/v2/comments/{comment_id}"
# The scopes of records or of lists are needed too, by what the comment is on: see places.
_READ = ("comment:read",)
_WRITE = ("comment:read-write",)
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/threads", list_threads, scopes=_READ),
        Route("GET", "/v2/threads/{thread_id}", get_thread, scopes=_READ),
        Route("POST", "/v2/comments", create_comment, writes=True, scopes=_WRITE),
        Route("GET", _ONE, get_comment, scopes=_READ),
        Route("DELETE", _ONE, delete_comment, writes=True, scopes=_WRITE),
    ),
    tables=TABLES,
    foreign_keys=(
        ForeignKey("threads", parts=("comments", "thread")),
        ForeignKey("threads", "entry", parts=("comments", "thread")),
    ),
    seed=seed,
)
