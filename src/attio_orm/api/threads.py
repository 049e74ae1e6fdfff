"""Threads: conversations of comments on a record or an entry."""

from __future__ import annotations

from attio_orm.api.base import Json, part, path, read, row_of, rows
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

    10 at a time unless told, 50 at most, each with its first comments (80 at most);
    ``has_more_comments`` says whether ``get()`` has more. See
    https://docs.attio.com/rest-api/endpoint-reference/threads/list-threads.
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


def get(
    transport: Transport,
    /,
    thread_id: str,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    created_after: str | None = None,
) -> Operation[Json]:
    """One thread, by id, with a part of its comments, from the oldest on (250 at most).

    ``["pagination"]["next_cursor"]`` is the cursor of the part after it, ``None`` on the last.
    ``created_after`` (ISO 8601) leaves out earlier comments; there may be none then. See
    https://docs.attio.com/rest-api/endpoint-reference/threads/get-a-thread.
    """
    params = {"limit": limit, "cursor": cursor, "created_after": created_after}
    thread = row_of("thread_id", thread_id)

    def decode(body: bytes) -> Json:
        # in the thread, not beside it: a thread is what this gave before it came in parts
        _, following = part(body)
        return {**thread(body), "pagination": {"next_cursor": following}}

    return read(transport, path("threads", thread_id), decode, params)
