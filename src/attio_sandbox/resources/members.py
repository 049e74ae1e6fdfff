"""Workspace members: list, get. Nothing in the API adds or removes one (facts.md 8)."""

from __future__ import annotations

from typing import Any

from attio_sandbox.errors import not_found
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call, Resource, Route
from attio_sandbox.schema import Member, Schema
from attio_sandbox.seeding import Seeding

_SEEDED = (
    ("maya@sandbox.example", "Maya", "Lindqvist"),
    ("tomas@sandbox.example", "Tomás", "Núñez"),
    ("ngozi@sandbox.example", "Ngozi", "Okafor"),
    ("kenji@sandbox.example", "健司", "田中"),
)


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


def seed(seeding: Seeding) -> None:
    """Add the members of the made-up CRM, beside its owner."""
    for member in _SEEDED:
        seeding.catalog.member(*member, "member")


_READ = ("user_management:read",)
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/workspace_members", list_members, scopes=_READ),
        Route("GET", "/v2/workspace_members/{workspace_member_id}", get_member, scopes=_READ),
    ),
    seed=seed,
)
