"""Members: the people who use the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attio_orm.api import members
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.pickles import public_in
from attio_orm.resources.endpoints import Asked, Endpoints, Listing, Page, Scope
from attio_orm.resources.fields import STRING, Field, text_of
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import HasState, Json
from attio_orm.types.actors import MEMBER, Actor


def _full_name(row: Mapping[str, Any]) -> str:
    return f"{row.get('first_name') or ''} {row.get('last_name') or ''}".strip()


class _FullName(Field[str, str]):
    """First and last name, of two members of the answer."""

    def of(self, raw: Json, instance: HasState) -> Any:
        return _full_name(raw)


_TEXT = text_of("text to compare with")


class _MemberEndpoints(Endpoints["Member"]):
    key = "workspace_member_id"
    noun = "member"
    listing = Listing(
        "whole",
        0,
        lookups={
            "email_address": lambda value: _TEXT(value).strip().casefold(),
            "first_name": _TEXT,
            "last_name": _TEXT,
            "full_name": _TEXT,
            "avatar_url": lambda value: None if value is None else _TEXT(value),
            "access_level": _TEXT,
        },
    )

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        return members.get(connection.transport, id)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        rows: list[Json]
        if isinstance(connection, BaseConnection):
            rows = [dict(each) for each in (yield from connection.schema.member_rows())]
        else:  # explain(), which asks what would be sent
            rows = yield from members.list_(connection.transport)
        return [row for row in rows if _fits(row, asked.filters)], None


class Member(Resource):
    """A member of the workspace, suspended ones included. Read only: Attio's settings change them.

    ``access_level`` is admin, member or suspended. ``Member.objects`` compares here: the list is
    one request, and kept for the connection's ``schema_ttl``. See
    https://docs.attio.com/rest-api/endpoint-reference/workspace-members.
    """

    _endpoints = _MemberEndpoints()

    email_address: Field[str, str] = Field("email_address", schema=STRING)
    first_name: Field[str, str] = Field("first_name", schema=STRING)
    last_name: Field[str, str] = Field("last_name", schema=STRING)
    full_name = _FullName("full_name", schema=STRING)
    avatar_url: Field[str | None, str] = Field("avatar_url", schema=STRING)
    access_level: Field[str, str] = Field("access_level", schema=STRING)

    @property
    def actor(self) -> Actor:
        """The member as who does or owns something: what attributes and tasks are given."""
        return Actor(MEMBER, self.id, self.email_address, self.full_name or None)


def _fits(row: Json, filters: Mapping[str, Any]) -> bool:
    for name, wanted in filters.items():
        found = _full_name(row) if name == "full_name" else row.get(name)
        if name == "email_address":
            found = str(found or "").casefold()
        if found != wanted:
            return False
    return True


public_in("attio_orm", Member)
