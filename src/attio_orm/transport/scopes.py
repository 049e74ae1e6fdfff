"""Attio's scopes, and those that each operation needs. Written by ``scripts/scopes``.

From Attio's description of its operations, as https://docs.attio.com/rest-api has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a token may do, as Attio writes it: ``Scope.NOTE_READ`` is ``"note:read"``.

    Each exists for reading and for writing; ``read-write`` contains ``read``. See
    https://docs.attio.com/rest-api/guides/authentication.
    """

    ACTIVITY_CONFIGURATION_READ = "activity_configuration:read"
    ACTIVITY_CONFIGURATION_READ_WRITE = "activity_configuration:read-write"
    ACTIVITY_RECORD_READ = "activity_record:read"
    ACTIVITY_RECORD_READ_WRITE = "activity_record:read-write"
    CALL_RECORDING_READ = "call_recording:read"
    CALL_RECORDING_READ_WRITE = "call_recording:read-write"
    COMMENT_READ = "comment:read"
    COMMENT_READ_WRITE = "comment:read-write"
    EMAIL_READ = "email:read"
    EMAIL_READ_WRITE = "email:read-write"
    FILE_READ = "file:read"
    FILE_READ_WRITE = "file:read-write"
    LIST_CONFIGURATION_READ = "list_configuration:read"
    LIST_CONFIGURATION_READ_WRITE = "list_configuration:read-write"
    LIST_ENTRY_READ = "list_entry:read"
    LIST_ENTRY_READ_WRITE = "list_entry:read-write"
    MEETING_READ = "meeting:read"
    MEETING_READ_WRITE = "meeting:read-write"
    NOTE_READ = "note:read"
    NOTE_READ_WRITE = "note:read-write"
    OBJECT_CONFIGURATION_READ = "object_configuration:read"
    OBJECT_CONFIGURATION_READ_WRITE = "object_configuration:read-write"
    RECORD_PERMISSION_READ = "record_permission:read"
    RECORD_PERMISSION_READ_WRITE = "record_permission:read-write"
    SEQUENCE_UNSUBSCRIBE_READ = "sequence_unsubscribe:read"
    SEQUENCE_UNSUBSCRIBE_READ_WRITE = "sequence_unsubscribe:read-write"
    TASK_READ = "task:read"
    TASK_READ_WRITE = "task:read-write"
    USER_MANAGEMENT_READ = "user_management:read"
    USER_MANAGEMENT_READ_WRITE = "user_management:read-write"
    WEBHOOK_READ = "webhook:read"
    WEBHOOK_READ_WRITE = "webhook:read-write"


NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "DELETE /v2/activities/{activity}": (
        "activity_configuration:read-write",
        "activity_record:read-write",
    ),
    "DELETE /v2/activities/{activity}/records/{record_id}": (
        "activity_configuration:read",
        "activity_record:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "DELETE /v2/comments/{comment_id}": ("comment:read-write",),
    "DELETE /v2/files/{file_id}": (
        "file:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "DELETE /v2/lists/{list}/entries/{entry_id}": (
        "list_configuration:read",
        "list_entry:read-write",
    ),
    "DELETE /v2/meetings/{meeting_id}": ("meeting:read-write",),
    "DELETE /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}": (
        "call_recording:read-write",
        "meeting:read",
    ),
    "DELETE /v2/notes/{note_id}": ("note:read-write",),
    "DELETE /v2/objects/{object}": (
        "object_configuration:read-write",
        "record_permission:read-write",
    ),
    "DELETE /v2/objects/{object}/records/{record_id}": (
        "object_configuration:read",
        "record_permission:read-write",
    ),
    "DELETE /v2/tasks/{task_id}": ("task:read-write",),
    "DELETE /v2/webhooks/{webhook_id}": ("webhook:read-write",),
    "GET /v2/activities": ("activity_configuration:read",),
    "GET /v2/activities/{activity}": ("activity_configuration:read",),
    "GET /v2/activities/{activity}/records/{record_id}": (
        "activity_configuration:read",
        "activity_record:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/comments/{comment_id}": (
        "comment:read",
        "list_configuration:read",
        "list_entry:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/emails": ("email:read", "object_configuration:read", "record_permission:read"),
    "GET /v2/files": ("file:read", "object_configuration:read", "record_permission:read"),
    "GET /v2/files/{file_id}": ("file:read", "object_configuration:read", "record_permission:read"),
    "GET /v2/files/{file_id}/download": (
        "file:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/lists": ("list_configuration:read",),
    "GET /v2/lists/{list}": ("list_configuration:read",),
    "GET /v2/lists/{list}/entries/{entry_id}": ("list_configuration:read", "list_entry:read"),
    "GET /v2/lists/{list}/entries/{entry_id}/attributes/{attribute}/values": (
        "list_configuration:read",
        "list_entry:read",
    ),
    "GET /v2/lists/{list}/views": ("list_configuration:read",),
    "GET /v2/meetings": ("meeting:read", "record_permission:read"),
    "GET /v2/meetings/{meeting_id}": ("meeting:read", "record_permission:read"),
    "GET /v2/meetings/{meeting_id}/call_recordings": ("call_recording:read", "meeting:read"),
    "GET /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}": (
        "call_recording:read",
        "meeting:read",
    ),
    "GET /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}/transcript": (
        "call_recording:read",
        "meeting:read",
    ),
    "GET /v2/notes": ("note:read", "object_configuration:read", "record_permission:read"),
    "GET /v2/notes/{note_id}": ("note:read", "object_configuration:read", "record_permission:read"),
    "GET /v2/objects": ("object_configuration:read",),
    "GET /v2/objects/{object}": ("object_configuration:read",),
    "GET /v2/objects/{object}/records/{record_id}": (
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/objects/{object}/records/{record_id}/attributes/{attribute}/values": (
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/objects/{object}/records/{record_id}/entries": (
        "list_entry:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/objects/{object}/views": ("object_configuration:read",),
    "GET /v2/self": (),
    "GET /v2/tasks": (
        "object_configuration:read",
        "record_permission:read",
        "task:read",
        "user_management:read",
    ),
    "GET /v2/tasks/{task_id}": (
        "object_configuration:read",
        "record_permission:read",
        "task:read",
        "user_management:read",
    ),
    "GET /v2/threads": (
        "comment:read",
        "list_configuration:read",
        "list_entry:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/threads/{thread_id}": (
        "comment:read",
        "list_configuration:read",
        "list_entry:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "GET /v2/webhooks": ("webhook:read",),
    "GET /v2/webhooks/{webhook_id}": ("webhook:read",),
    "GET /v2/workspace_members": ("user_management:read",),
    "GET /v2/workspace_members/{workspace_member_id}": ("user_management:read",),
    "GET /v2/{target}/{identifier}/attributes": (
        "list_configuration:read",
        "object_configuration:read",
    ),
    "GET /v2/{target}/{identifier}/attributes/{attribute}": (
        "list_configuration:read",
        "object_configuration:read",
    ),
    "GET /v2/{target}/{identifier}/attributes/{attribute}/options": (
        "list_configuration:read",
        "object_configuration:read",
    ),
    "GET /v2/{target}/{identifier}/attributes/{attribute}/statuses": (
        "list_configuration:read",
        "object_configuration:read",
    ),
    "PATCH /v2/activities/{activity}": ("activity_configuration:read-write",),
    "PATCH /v2/activities/{activity}/records/{record_id}": (
        "activity_configuration:read",
        "activity_record:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "PATCH /v2/lists/{list}": ("list_configuration:read-write",),
    "PATCH /v2/lists/{list}/entries/{entry_id}": (
        "list_configuration:read",
        "list_entry:read-write",
    ),
    "PATCH /v2/meetings/{meeting_id}": ("meeting:read-write", "record_permission:read"),
    "PATCH /v2/notes/{note_id}": (
        "note:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "PATCH /v2/objects/{object}": ("object_configuration:read-write",),
    "PATCH /v2/objects/{object}/records/{record_id}": (
        "object_configuration:read",
        "record_permission:read-write",
    ),
    "PATCH /v2/tasks/{task_id}": (
        "object_configuration:read",
        "record_permission:read",
        "task:read-write",
        "user_management:read",
    ),
    "PATCH /v2/webhooks/{webhook_id}": ("webhook:read-write",),
    "PATCH /v2/{target}/{identifier}/attributes/{attribute}": (
        "list_configuration:read-write",
        "object_configuration:read-write",
    ),
    "PATCH /v2/{target}/{identifier}/attributes/{attribute}/options/{option}": (
        "list_configuration:read-write",
        "object_configuration:read-write",
    ),
    "PATCH /v2/{target}/{identifier}/attributes/{attribute}/statuses/{status}": (
        "list_configuration:read-write",
        "object_configuration:read-write",
    ),
    "POST /v2/activities": ("activity_configuration:read-write",),
    "POST /v2/activities/{activity}/records": (
        "activity_configuration:read",
        "activity_record:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "POST /v2/activities/{activity}/records/query": (
        "activity_configuration:read",
        "activity_record:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "POST /v2/comments": (
        "comment:read-write",
        "list_configuration:read",
        "list_entry:read",
        "object_configuration:read",
        "record_permission:read",
    ),
    "POST /v2/files": ("file:read-write", "object_configuration:read", "record_permission:read"),
    "POST /v2/files/upload": (
        "file:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "POST /v2/lists": ("list_configuration:read-write",),
    "POST /v2/lists/{list}/entries": ("list_configuration:read", "list_entry:read-write"),
    "POST /v2/lists/{list}/entries/query": ("list_configuration:read", "list_entry:read"),
    "POST /v2/meetings": ("meeting:read-write", "record_permission:read"),
    "POST /v2/meetings/{meeting_id}/call_recordings": ("call_recording:read-write", "meeting:read"),
    "POST /v2/notes": ("note:read-write", "object_configuration:read", "record_permission:read"),
    "POST /v2/objects": ("object_configuration:read-write",),
    "POST /v2/objects/records/search": ("object_configuration:read", "record_permission:read"),
    "POST /v2/objects/{object}/records": (
        "object_configuration:read",
        "record_permission:read-write",
    ),
    "POST /v2/objects/{object}/records/merge": (
        "object_configuration:read",
        "record_permission:read-write",
    ),
    "POST /v2/objects/{object}/records/query": (
        "object_configuration:read",
        "record_permission:read",
    ),
    "POST /v2/sequences/unsubscribed_emails": ("sequence_unsubscribe:read-write",),
    "POST /v2/sql": ("object_configuration:read", "record_permission:read"),
    "POST /v2/tasks": (
        "object_configuration:read",
        "record_permission:read",
        "task:read-write",
        "user_management:read",
    ),
    "POST /v2/webhooks": ("webhook:read-write",),
    "POST /v2/{target}/{identifier}/attributes": (
        "list_configuration:read-write",
        "object_configuration:read-write",
    ),
    "POST /v2/{target}/{identifier}/attributes/{attribute}/options": (
        "list_configuration:read-write",
        "object_configuration:read-write",
    ),
    "POST /v2/{target}/{identifier}/attributes/{attribute}/statuses": (
        "list_configuration:read-write",
        "object_configuration:read-write",
    ),
    "PUT /v2/activities/{activity}/records": (
        "activity_configuration:read",
        "activity_record:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "PUT /v2/activities/{activity}/records/{record_id}": (
        "activity_configuration:read",
        "activity_record:read-write",
        "object_configuration:read",
        "record_permission:read",
    ),
    "PUT /v2/lists/{list}/entries": ("list_configuration:read", "list_entry:read-write"),
    "PUT /v2/lists/{list}/entries/{entry_id}": ("list_configuration:read", "list_entry:read-write"),
    "PUT /v2/lists/{list}/entries/{entry_id}/attributes/{attribute}/values": (
        "list_configuration:read",
        "list_entry:read-write",
    ),
    "PUT /v2/meetings/{meeting_id}": ("meeting:read-write", "record_permission:read"),
    "PUT /v2/objects/{object}/records": (
        "object_configuration:read",
        "record_permission:read-write",
    ),
    "PUT /v2/objects/{object}/records/{record_id}": (
        "object_configuration:read",
        "record_permission:read-write",
    ),
    "PUT /v2/objects/{object}/records/{record_id}/attributes/{attribute}/values": (
        "object_configuration:read",
        "record_permission:read-write",
    ),
}
"""The scopes of each operation. Attributes name those of objects and of lists."""
