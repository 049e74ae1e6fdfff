"""Webhooks: what they are subscribed to, what is owed to them, and how it is delivered."""

from attio_sandbox.requests import WORKSPACE, Resource, Route
from attio_sandbox.resources.webhooks import handlers

# `deliveries` is the outbox: a row is written in the transaction of the change it tells of and
# goes once its webhook has taken it, or has refused it for good.
TABLES = """
CREATE TABLE webhooks (
    num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, target_url TEXT NOT NULL,
    secret TEXT NOT NULL, created_at TEXT NOT NULL, degraded_at TEXT);
CREATE TABLE subscriptions (
    webhook INTEGER NOT NULL, position INTEGER NOT NULL, target_url TEXT NOT NULL,
    event_type TEXT NOT NULL, filter TEXT NOT NULL, same TEXT NOT NULL,
    UNIQUE (target_url, event_type, same));
CREATE TABLE deliveries (
    num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, webhook INTEGER NOT NULL,
    body BLOB NOT NULL, attempt INTEGER NOT NULL, due_at TEXT NOT NULL, depth INTEGER NOT NULL);
CREATE INDEX deliveries_by_time ON deliveries (due_at, num);
"""
_ALL = "/v2/webhooks"
_ONE = f"{_ALL}/{{webhook_id}}"
# They belong to an app, not to a member: a user-level token has none (facts.md 1).
_LEVELS = (WORKSPACE,)
_READ = ("webhook:read",)
_WRITE = ("webhook:read-write",)
RESOURCE = Resource(
    routes=(
        Route("GET", _ALL, handlers.list_webhooks, scopes=_READ, levels=_LEVELS),
        Route("POST", _ALL, handlers.create_webhook, writes=True, scopes=_WRITE, levels=_LEVELS),
        Route("GET", _ONE, handlers.get_webhook, scopes=_READ, levels=_LEVELS),
        Route("PATCH", _ONE, handlers.update_webhook, writes=True, scopes=_WRITE, levels=_LEVELS),
        Route("DELETE", _ONE, handlers.delete_webhook, writes=True, scopes=_WRITE, levels=_LEVELS),
    ),
    tables=TABLES,
)
