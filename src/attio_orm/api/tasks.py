"""Tasks, with a deadline, assignees and linked records."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, path, read, remove, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Settle, Transport


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

    ``assignee="null"`` gives those of nobody; ``sort`` is ``"created_at:asc"`` (the default),
    ``"created_at:desc"``, ``"completed_at:asc"`` (open ones first) or ``"completed_at:desc"``. See
    https://docs.attio.com/rest-api/endpoint-reference/tasks/list-tasks.
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
    return read(transport, path("tasks"), rows, params)


def get(transport: Transport, /, task_id: str) -> Operation[Json]:
    """One task, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/tasks/get-a-task.
    """
    return read(transport, path("tasks", task_id), row_of("task_id", task_id))


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Make a task of ``content`` (2,000 characters at most).

    Attio wants all six members each time; left out, ``format``, ``deadline_at``,
    ``is_completed``, ``linked_records`` and ``assignees`` are sent plain and empty. Records are
    linked by a text each (id, e-mail address, domain), or by an object each. See
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
    return write(transport, "POST", path("tasks"), sent, row)


def update(
    transport: Transport,
    /,
    task_id: str,
    data: Fields | None = None,
    *,
    settle: Settle | None = None,
    **fields: object,
) -> Operation[Json]:
    """Change ``deadline_at``, ``is_completed``, ``linked_records`` or ``assignees``.

    The content cannot be changed. See https://docs.attio.com/rest-api/endpoint-reference/tasks/update-a-task.
    """
    sent = body(data, fields)
    where, decode = path("tasks", task_id), row_of("task_id", task_id)
    return write(transport, "PATCH", where, sent, decode, settle=settle)


def delete(transport: Transport, /, task_id: str) -> Operation[None]:
    """Delete a task for good.

    See https://docs.attio.com/rest-api/endpoint-reference/tasks/delete-a-task.
    """
    return remove(transport, path("tasks", task_id))
