"""Tasks, with a deadline, assignees and linked records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, nothing, row, rows
from attio_orm.api.requests import body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(
    transport: Transport,
    /,
    *,
    linked_object: str | None = None,
    linked_record_id: str | None = None,
    assignee: str | None = None,
    is_completed: bool | None = None,
    sort: str | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Operation[list[Json]]:
    """Tasks, by linked record, assignee (e-mail or id) and completion.

    ``assignee="null"`` gives those of nobody; ``sort`` is ``"created_at:asc"`` (the default) or
    ``"created_at:desc"``. See https://docs.attio.com/rest-api/endpoint-reference/tasks/list-tasks.
    """
    params = {
        "linked_object": linked_object,
        "linked_record_id": linked_record_id,
        "assignee": assignee,
        "is_completed": is_completed,
        "sort": sort,
        "limit": limit,
        "offset": offset,
    }
    return transport.send(Request("GET", path("tasks"), params=params, decode=rows))


def get(transport: Transport, /, task_id: str) -> Operation[Json]:
    """One task, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/tasks/get-a-task.
    """
    return transport.send(Request("GET", path("tasks", task_id), decode=row))


def create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Make a task of ``content`` (2,000 characters at most).

    Attio wants all six members each time; left out, ``format``, ``deadline_at``,
    ``is_completed``, ``linked_records`` and ``assignees`` are sent plain and empty. See
    https://docs.attio.com/rest-api/endpoint-reference/tasks/create-a-task.
    """
    sent = body(
        data,
        fields,
        format="plaintext",
        deadline_at=None,
        is_completed=False,
        linked_records=[],
        assignees=[],
    )
    return transport.send(Request("POST", path("tasks"), json=sent, purpose="write", decode=row))


def update(
    transport: Transport, /, task_id: str, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Change ``deadline_at``, ``is_completed``, ``linked_records`` or ``assignees``.

    The content cannot be changed. See https://docs.attio.com/rest-api/endpoint-reference/tasks/update-a-task.
    """
    where, sent = path("tasks", task_id), body(data, fields)
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=row))


def delete(transport: Transport, /, task_id: str) -> Operation[None]:
    """Delete a task for good.

    See https://docs.attio.com/rest-api/endpoint-reference/tasks/delete-a-task.
    """
    where = path("tasks", task_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))
