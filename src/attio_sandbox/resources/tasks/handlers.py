"""Tasks: list, create, get, update, delete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attio_sandbox.bodies import (
    UUID,
    Flag,
    Listing,
    Nullable,
    OneOf,
    Shape,
    Text,
    Variants,
    checked_timestamp,
    wrapped,
)
from attio_sandbox.errors import EMPTY_PAYLOAD, bad_param, invalid
from attio_sandbox.records.rendering import actor_document, json_body
from attio_sandbox.requests import Call
from attio_sandbox.requests.paging import read_choice, read_pair, read_window
from attio_sandbox.resources.tasks.links import find_assignees, find_links

_ASSIGNEE = Variants(
    Shape({"referenced_actor_type": OneOf("workspace-member"), "referenced_actor_id": UUID}),
    Shape({"workspace_member_email_address": Text()}, strict=True),
)
# All of one kind: records by a text, or by objects that name or match them.
_LINKS = Variants(
    Listing(Text()),
    Listing(
        Variants(
            Shape({"target_object": Text(), "target_record_id": Text()}),
            Shape({"target_object": Text()}),
        )
    ),
)
_CHANGEABLE = {
    "deadline_at": Nullable(Text()),
    "is_completed": Flag(),
    "linked_records": _LINKS,
    "assignees": Listing(_ASSIGNEE),
}
_CREATE = wrapped(
    Shape({"content": Text(maximum=2000), "format": OneOf("plaintext"), **_CHANGEABLE})
)
_UPDATE = wrapped(Shape({}, _CHANGEABLE, strict=True))  # `content` is refused (facts.md 8)
_SORTS = {
    "created_at:asc": "created_at, num",
    "created_at:desc": "created_at DESC, num DESC",
    "completed_at:asc": "completed_at, num",  # those that are not completed first
    "completed_at:desc": "completed_at DESC, num DESC",
}

_Row = tuple[int, str, str, str | None, str | None, int, str]
_SELECT = "SELECT num, id, content, deadline_at, completed_at, actor, created_at FROM tasks"


def _documents(call: Call, rows: Sequence[_Row]) -> list[dict[str, Any]]:
    schema = call.schema
    links: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    assignees: defaultdict[int, list[dict[str, str | None]]] = defaultdict(list)
    marks = ", ".join("?" * len(rows))  # two statements for a page, not two for each task
    numbers = [row[0] for row in rows]
    for task, object_num, key in call.database.rows(
        "SELECT task, object, id FROM task_links JOIN records ON num = record"
        f" WHERE task IN ({marks}) ORDER BY task, position",
        numbers,
    ):
        slug = schema.objects_by_num[object_num].slug
        # Written `target_object` and read `target_object_id`; Attio's own is the slug or the id.
        links[task].append({"target_object_id": slug, "target_record_id": key})
    for task, actor in call.database.rows(
        f"SELECT task, actor FROM task_assignees WHERE task IN ({marks}) ORDER BY task, position",
        numbers,
    ):
        kind, member = schema.actors[actor]
        assignees[task].append({"referenced_actor_type": kind, "referenced_actor_id": member})
    return [
        {
            "id": {"workspace_id": schema.workspace_id, "task_id": key},
            "content_plaintext": content,
            "deadline_at": deadline_at,
            "is_completed": completed_at is not None,
            "completed_at": completed_at,
            "linked_records": links[num],
            "assignees": assignees[num],
            "created_by_actor": actor_document(schema, actor),
            "created_at": created_at,
        }
        for num, key, content, deadline_at, completed_at, actor, created_at in rows
    ]


def _one(call: Call, num: int) -> bytes:
    rows = call.database.rows(f"{_SELECT} WHERE num = ?", (num,))
    return json_body({"data": _documents(call, rows)[0]})


def list_tasks(call: Call) -> bytes:
    """Answer GET /v2/tasks."""
    params = call.params
    window = read_window(call, 500, 500)
    order = _SORTS[read_choice(params, "sort", list(_SORTS), "created_at:asc")]
    conditions: list[str] = []
    values: list[Any] = []
    linked = read_pair(params, "linked_object", "linked_record_id")
    if linked is not None:
        parent = call.find_record(*linked)
        conditions.append("num IN (SELECT task FROM task_links WHERE record = ?)")
        values.append(parent.num)
    assignee = params.get("assignee")
    if assignee in ("", "null"):  # facts.md 8
        conditions.append("num NOT IN (SELECT task FROM task_assignees)")
    elif assignee is not None:
        conditions.append("num IN (SELECT task FROM task_assignees WHERE actor = ?)")
        actor = call.schema.member_actor(assignee)
        if actor is None:
            raise bad_param(f'Workspace member "{assignee}" not found.', "assignee", "invalid")
        values.append(actor)
    if "is_completed" in params:
        state = "NOT NULL" if call.flag("is_completed") else "NULL"
        conditions.append(f"completed_at IS {state}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = call.database.rows(
        f"{_SELECT}{where} ORDER BY {order} LIMIT ? OFFSET ?", (*values, *window)
    )
    return json_body({"data": _documents(call, rows)})


def create_task(call: Call) -> bytes:
    """Answer POST /v2/tasks."""
    data = call.checked(_CREATE)["data"]
    deadline_at = _deadline(data)
    links = find_links(call, data["linked_records"])
    assignees = find_assignees(call, data["assignees"])
    completed_at = call.now if data["is_completed"] else None
    key = call.ids.new()
    num = call.database.insert(
        "tasks",
        id=key,
        content=data["content"],
        deadline_at=deadline_at,
        completed_at=completed_at,
        actor=call.actor,
        created_at=call.now,
    )
    _set_numbers(call, num, "task_links", links)
    _set_numbers(call, num, "task_assignees", assignees)
    call.emit("task.created", {"task_id": key})
    return _one(call, num)


def _deadline(data: dict[str, Any]) -> str | None:
    text = data["deadline_at"]
    return None if text is None else checked_timestamp(text, ("data", "deadline_at"))


def _set_numbers(call: Call, task: int, table: str, numbers: Sequence[int]) -> bool:
    """Make `numbers` what a task has in a table; tell whether that changed it."""
    column = "record" if table == "task_links" else "actor"
    rows = call.database.rows(
        f"SELECT {column} FROM {table} WHERE task = ? ORDER BY position", (task,)
    )
    if [row[0] for row in rows] == list(numbers):
        return False  # and no event of it
    call.database.run(f"DELETE FROM {table} WHERE task = ?", (task,))
    call.database.run_many(
        f"INSERT INTO {table} (task, position, {column}) VALUES (?, ?, ?)",
        [(task, position, number) for position, number in enumerate(numbers)],
    )
    return True


def get_task(call: Call) -> bytes:
    """Answer GET /v2/tasks/{task_id}."""
    return _one(call, _number(call)[0])


def update_task(call: Call) -> bytes:
    """Answer PATCH /v2/tasks/{task_id}; arrays are replaced."""
    num, key = _number(call)
    data = call.checked(_UPDATE)["data"]
    if not data:
        raise invalid(EMPTY_PAYLOAD)
    before = call.database.row(f"{_SELECT} WHERE num = ?", (num,))
    deadline_at, completed_at = before[3], before[4]
    if "deadline_at" in data:
        deadline_at = _deadline(data)
    if data.get("is_completed") is False:
        completed_at = None
    elif "is_completed" in data and completed_at is None:  # else the first time stays
        completed_at = call.now
    changed = (deadline_at, completed_at) != before[3:5]  # what changes nothing is not an event
    if "linked_records" in data:
        found = find_links(call, data["linked_records"])
        changed = _set_numbers(call, num, "task_links", found) or changed
    if "assignees" in data:
        found = find_assignees(call, data["assignees"])
        changed = _set_numbers(call, num, "task_assignees", found) or changed
    call.database.run(
        "UPDATE tasks SET deadline_at = ?, completed_at = ? WHERE num = ?",
        (deadline_at, completed_at, num),
    )
    if changed:
        call.emit("task.updated", {"task_id": key})
    return _one(call, num)


def delete_task(call: Call) -> bytes:
    """Answer DELETE /v2/tasks/{task_id}."""
    num, key = _number(call)
    for table, column in (("task_links", "task"), ("task_assignees", "task"), ("tasks", "num")):
        call.database.run(f"DELETE FROM {table} WHERE {column} = ?", (num,))
    call.emit("task.deleted", {"task_id": key})
    return b"{}"


def _number(call: Call) -> tuple[int, str]:
    key = call.uuid("task_id")
    sql, missing = "SELECT num FROM tasks WHERE id = ?", f'Could not find Task with ID "{key}".'
    return call.one(sql, (key,), missing)[0], key
