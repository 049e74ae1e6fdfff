"""Tables of what is attached to records: notes, tasks, comments, meetings, files."""

from __future__ import annotations

# `record`, `entry`, `meeting`, ... hold numbers. A time that a list is sorted by is text as the
# API shows it; a meeting's `starts` and `ends` are dates where it lasts all day. The bytes of a
# file have a table of their own, so that reading a list of files does not pass over them.
TABLES = """
CREATE TABLE notes (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record INTEGER NOT NULL,
    title TEXT NOT NULL, plaintext TEXT NOT NULL, markdown TEXT NOT NULL, meeting INTEGER,
    actor INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX notes_by_time ON notes (created_at, num);
CREATE INDEX notes_by_record ON notes (record, created_at, num);
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
CREATE TABLE meetings (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, external_ref TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, description TEXT NOT NULL, is_all_day INTEGER NOT NULL,
    starts TEXT NOT NULL, start_zone TEXT, ends TEXT NOT NULL, end_zone TEXT,
    actor INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX meetings_by_start ON meetings (starts, num);
CREATE TABLE participants (
    meeting INTEGER NOT NULL, position INTEGER NOT NULL, email TEXT NOT NULL,
    is_organizer INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (meeting, position)) WITHOUT ROWID;
CREATE INDEX participants_by_email ON participants (email, meeting);
CREATE TABLE meeting_links (
    meeting INTEGER NOT NULL, position INTEGER NOT NULL, record INTEGER NOT NULL,
    PRIMARY KEY (meeting, position)) WITHOUT ROWID;
CREATE INDEX meeting_links_by_record ON meeting_links (record, meeting);
CREATE TABLE recordings (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, meeting INTEGER NOT NULL,
    video_url TEXT, transcript TEXT, actor INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX recordings_by_meeting ON recordings (meeting, num);
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
