"""Workspace members: the people who use the workspace. Read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.api.answers import Json, row, rows
from attio_orm.api.requests import path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(transport: Transport, /) -> Operation[list[Json]]:
    """All members, the suspended ones too.

    See https://docs.attio.com/rest-api/endpoint-reference/workspace-members/list-workspace-members.
    """
    where = path("workspace_members")
    return transport.send(Request("GET", where, purpose="introspect", decode=rows))


def get(transport: Transport, /, workspace_member_id: str) -> Operation[Json]:
    """One member, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/workspace-members/get-a-workspace-member.
    """
    where = path("workspace_members", workspace_member_id)
    return transport.send(Request("GET", where, purpose="introspect", decode=row))
