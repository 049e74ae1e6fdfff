"""Workspace members and the token's own identity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import not_found
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Member, Schema

_SCOPES = " ".join(
    f"{name}:read-write"
    for name in (
        "user_management", "record_permission", "object_configuration", "list_entry",
        "list_configuration", "comment", "task", "note", "meeting", "call_recording",
        "webhook", "file",
    )
)  # fmt: skip
INACTIVE = b'{"active":false}'


def member_document(member: Member, schema: Schema) -> dict[str, Any]:
    """Give a member as the API shows them."""
    return {
        "id": {"workspace_id": schema.workspace_id, "workspace_member_id": member.id},
        "first_name": member.first_name,
        "last_name": member.last_name,
        "avatar_url": None,
        "email_address": member.email,
        "created_at": member.created_at,
        "access_level": member.access_level,
    }


def list_members(call: Call) -> bytes:
    """Answer GET /v2/workspace_members."""
    return json_body({"data": [member_document(m, call.schema) for m in call.schema.members]})


def get_member(call: Call) -> bytes:
    """Answer GET /v2/workspace_members/{workspace_member_id}."""
    key = call.uuid("workspace_member_id")
    member = call.schema.find_member(key)
    if member is None:
        raise not_found(f'Workspace member with ID "{key}" not found.')
    return json_body({"data": member_document(member, call.schema)})


def identify(call: Call) -> bytes:
    """Answer GET /v2/self for a token that the workspace knows."""
    meta = call.schema.meta
    issued = datetime.fromisoformat(meta["created_at"][:23] + "+00:00")
    return json_body(
        {
            "active": True,
            "scope": _SCOPES,
            "client_id": meta["client_id"],
            "token_type": "Bearer",
            "exp": None,
            "iat": int(issued.timestamp()),
            "sub": meta["workspace_id"],
            "aud": meta["client_id"],
            "iss": "attio.com",
            "authorized_by_workspace_member_id": call.schema.members[0].id,
            "workspace_id": meta["workspace_id"],
            "workspace_name": meta["name"],
            "workspace_slug": meta["slug"],
            "workspace_logo_url": None,
        }
    )


ROUTES = (
    Route("GET", "/v2/self", identify, anonymous=INACTIVE),
    Route("GET", "/v2/workspace_members", list_members),
    Route("GET", "/v2/workspace_members/{workspace_member_id}", get_member),
)
