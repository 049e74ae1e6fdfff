"""Threads: conversations of comments on a record or an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.api.answers import Json, row, rows
from attio_orm.api.requests import path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(
    transport: Transport,
    /,
    *,
    object: str | None = None,
    record_id: str | None = None,
    list: str | None = None,
    entry_id: str | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Operation[list[Json]]:
    """The threads of a record (``object``, ``record_id``) or an entry (``list``, ``entry_id``).

    10 at a time unless told, 50 at most. See https://docs.attio.com/rest-api/endpoint-reference/threads/list-threads.
    """
    params = {
        "object": object,
        "record_id": record_id,
        "list": list,
        "entry_id": entry_id,
        "limit": limit,
        "offset": offset,
    }
    return transport.send(Request("GET", path("threads"), params=params, decode=rows))


def get(transport: Transport, /, thread_id: str) -> Operation[Json]:
    """One thread with its comments, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/threads/get-a-thread.
    """
    return transport.send(Request("GET", path("threads", thread_id), decode=row))
