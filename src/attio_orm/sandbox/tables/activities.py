"""Tables of what is attached to records: notes, tasks, comments, meetings, files."""

from __future__ import annotations

TABLES = ""
