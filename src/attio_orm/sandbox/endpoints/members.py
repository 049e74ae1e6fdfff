"""Workspace members and the token's own identity."""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox.access.tokens import check_form, given_token, token_document
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import not_found
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Member, Schema

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
    """Answer GET /v2/self: whose token it is, or that it is none (which is no 401)."""
    if call.token is None:
        check_form(given_token(call.headers))
        return INACTIVE
    return json_body(token_document(call.token, call.schema))


_READ = ("user_management:read",)
ROUTES = (
    Route("GET", "/v2/self", identify, is_public=True),
    Route("GET", "/v2/workspace_members", list_members, scopes=_READ),
    Route("GET", "/v2/workspace_members/{workspace_member_id}", get_member, scopes=_READ),
)
