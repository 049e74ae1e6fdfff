"""Tables of tokens, webhooks and what is delivered to them."""

from __future__ import annotations

# `deliveries` is the outbox: a row is written in the transaction of the change it tells of and
# goes once its webhook has taken it, or has refused it for good.
TABLES = """
CREATE TABLE tokens (
    num INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, id TEXT NOT NULL UNIQUE,
    actor INTEGER NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, client_id TEXT NOT NULL,
    created_at TEXT NOT NULL, revoked_at TEXT);
CREATE TABLE apps (
    num INTEGER PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
    redirect_uris TEXT NOT NULL, scope TEXT NOT NULL);
CREATE TABLE codes (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    expires_at TEXT NOT NULL) WITHOUT ROWID;
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
