"""Threads: conversations of comments on a record or an entry."""

from __future__ import annotations

from attio_orm.api.base import Json, path, read, row_of, rows
from attio_orm.effects import Operation
from attio_orm.transport import Transport


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
    return read(transport, path("threads"), rows, params)


def get(transport: Transport, /, thread_id: str) -> Operation[Json]:
    """One thread with its comments, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/threads/get-a-thread.
    """
    return read(transport, path("threads", thread_id), row_of("thread_id", thread_id))
