"""Workspace members: the people who use the workspace. Read only."""

from __future__ import annotations

from attio_orm.api.base import Json, path, read, row_of, rows
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(transport: Transport, /) -> Operation[list[Json]]:
    """All members, the suspended ones too.

    See https://docs.attio.com/rest-api/endpoint-reference/workspace-members/list-workspace-members.
    """
    return read(transport, path("workspace_members"), rows, purpose="introspect")


def get(transport: Transport, /, workspace_member_id: str) -> Operation[Json]:
    """One member, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/workspace-members/get-a-workspace-member.
    """
    where = path("workspace_members", workspace_member_id)
    decode = row_of("workspace_member_id", workspace_member_id)
    return read(transport, where, decode, purpose="introspect")
