"""Table of what a workspace does after the response."""

from __future__ import annotations

# `record` is the id of the record that something is still to be done to, `due` when.
TABLES = """
CREATE TABLE pending (
    num INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, due TEXT NOT NULL);
CREATE INDEX pending_by_time ON pending (due, num);
CREATE INDEX pending_by_record ON pending (record, kind);
"""
