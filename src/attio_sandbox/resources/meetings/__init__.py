"""Meetings, the people who take part in them, and their call recordings."""

from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.requests import WORKSPACE, Resource, Route
from attio_sandbox.resources.meetings import handlers, recordings

# `starts` and `ends` are dates where a meeting lasts all day; `external_ref` is of former times,
# when a meeting was found by it, and holds nothing but another id. A participant without an address
# has an empty one, and a name. Links that are due later are not shown until then.
TABLES = """
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
CREATE TABLE participant_names (
    meeting INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (meeting, position)) WITHOUT ROWID;
CREATE TABLE due_links (
    meeting INTEGER NOT NULL, record INTEGER NOT NULL, due_at TEXT NOT NULL,
    PRIMARY KEY (meeting, record)) WITHOUT ROWID;
CREATE TABLE synced_meetings (meeting INTEGER PRIMARY KEY);
CREATE TABLE recordings (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, meeting INTEGER NOT NULL,
    video_url TEXT, transcript TEXT, actor INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX recordings_by_meeting ON recordings (meeting, num);
"""
_READ = ("meeting:read", "record_permission:read")
_WRITE = ("meeting:read-write", "record_permission:read")
_ONE = "/v2/meetings/{meeting_id}"
_CALLS = f"{_ONE}/call_recordings"
_CALL = f"{_CALLS}/{{call_recording_id}}"
_READ_CALL = ("meeting:read", "call_recording:read")
_WRITE_CALL = ("meeting:read", "call_recording:read-write")
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/meetings", handlers.list_meetings, scopes=_READ, levels=(WORKSPACE,)),
        Route("POST", "/v2/meetings", handlers.create_meeting, writes=True, scopes=_WRITE),
        Route("GET", _ONE, handlers.get_meeting, scopes=_READ),
        Route("PATCH", _ONE, handlers.add_links, writes=True, scopes=_WRITE),
        Route("PUT", _ONE, handlers.replace_links, writes=True, scopes=_WRITE),
        Route("DELETE", _ONE, handlers.delete_meeting, writes=True, scopes=_WRITE[:1]),
        Route("GET", _CALLS, recordings.list_recordings, scopes=_READ_CALL),
        Route(
            "POST",
            _CALLS,
            recordings.create_recording,
            writes=True,
            scopes=_WRITE_CALL,
            each_second=1,
        ),
        Route("GET", _CALL, recordings.get_recording, scopes=_READ_CALL),
        Route("DELETE", _CALL, recordings.delete_recording, writes=True, scopes=_WRITE_CALL),
        Route(
            "GET",
            f"{_CALL}/transcript",
            recordings.get_transcript,
            scopes=_READ_CALL,
            levels=(WORKSPACE,),
        ),
    ),
    tables=TABLES,
    foreign_keys=(ForeignKey("meeting_links", links="meeting"),),
)
