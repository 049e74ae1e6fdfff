"""Tasks: list, create, get, update, delete; the records and members that they name."""

from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.tasks import handlers
from attio_sandbox.resources.tasks.seed import seed

# Indexes begin with what a list is sorted by: a page costs what it shows, not what there is.
TABLES = """
CREATE TABLE tasks (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL, deadline_at TEXT,
    completed_at TEXT, actor INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX tasks_by_time ON tasks (created_at, num);
CREATE INDEX tasks_by_completion ON tasks (completed_at, num);
CREATE TABLE task_links (
    task INTEGER NOT NULL, position INTEGER NOT NULL, record INTEGER NOT NULL,
    PRIMARY KEY (task, position)) WITHOUT ROWID;
CREATE INDEX task_links_by_record ON task_links (record, task);
CREATE TABLE task_assignees (
    task INTEGER NOT NULL, position INTEGER NOT NULL, actor INTEGER NOT NULL,
    PRIMARY KEY (task, position)) WITHOUT ROWID;
CREATE INDEX task_assignees_by_actor ON task_assignees (actor, task);
"""
_READS = ("object_configuration:read", "record_permission:read", "user_management:read")
_READ = ("task:read", *_READS)
_WRITE = ("task:read-write", *_READS)
_ONE = "/v2/tasks/{task_id}"
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/tasks", handlers.list_tasks, scopes=_READ),
        Route("POST", "/v2/tasks", handlers.create_task, writes=True, scopes=_WRITE),
        Route("GET", _ONE, handlers.get_task, scopes=_READ),
        Route("PATCH", _ONE, handlers.update_task, writes=True, scopes=_WRITE),
        Route("DELETE", _ONE, handlers.delete_task, writes=True, scopes=("task:read-write",)),
    ),
    tables=TABLES,
    foreign_keys=(ForeignKey("task_links", links="task"),),
    seed=seed,
)
