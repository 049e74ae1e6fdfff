"""Tasks: what is to be done, by whom, until when, about which records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from attio_orm.api import tasks
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import InvalidResponseError, ValidationError
from attio_orm.guards import is_list
from attio_orm.pickles import public_in
from attio_orm.records.base import Record
from attio_orm.records.changes import Change
from attio_orm.resources import saving
from attio_orm.resources.endpoints import Asked, Changes, Endpoints, Listing, Page, Scope
from attio_orm.resources.fields import (
    MOMENT,
    STRING,
    Field,
    by_milliseconds,
    by_reference,
    dump_actor,
    dump_record,
    member,
    moment,
    read_actor,
    read_moment,
    record_of,
    reference_of,
    text_of,
    truth,
)
from attio_orm.resources.places import bring_members, member_id, read_record
from attio_orm.resources.related import Related
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import HasState, Json, resource_state
from attio_orm.transport import Settle
from attio_orm.types.actors import MEMBER, Actor
from attio_orm.types.checks import as_uuid
from attio_orm.types.timestamps import format_timestamp

_PAGE = 500
_MOST = 2_000  # characters
_LISTS = ("linked_records", "assignees")  # which Attio replaces as a whole


def _read_link(value: Any, instance: HasState) -> Record | None:
    # by Attio's documentation this is the slug or the id of the object
    return read_record(value["target_object_id"], value["target_record_id"], instance)


def _by_member(value: Actor) -> Any:
    return value.identity()


def _assignee(value: Any) -> Actor | None:
    return None if value is None else member(value)


class _TaskEndpoints(Endpoints["Task"]):
    key = "task_id"
    noun = "task"
    listing = Listing(
        "offset",
        _PAGE,
        {"linked_record": record_of, "assignee": _assignee, "is_completed": truth},
        ("created_at", "completed_at"),
    )

    def check(self, task: Task) -> None:
        if task.id is None and "content" not in task.changes:
            raise ValidationError("A task needs a text: set content.", attribute="content")

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        return tasks.get(connection.transport, id)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        filters, order = asked.filters, asked.order
        about = filters.get("linked_record")
        linked = None if about is None else reference_of(about)
        found = yield from tasks.list_(
            connection.transport,
            linked_object=None if linked is None else linked.object,
            linked_record_id=None if linked is None else linked.id,
            assignee=_asked_for(filters["assignee"]) if "assignee" in filters else None,
            is_completed=filters.get("is_completed"),
            sort=None if order is None else _sort(order),
            limit=asked.limit,
            offset=asked.offset,
        )
        return found, None

    def before(self, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        """Learn the slugs of objects, where Attio names them by their ids."""
        links = [link for row in rows for link in row.get("linked_records") or ()]
        named = (link.get("target_object_id") for link in links)
        yield from connection.schema.know(id for id in named if as_uuid(id) is not None)

    def bring(self, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        """Ask for the members, once, in async code: the assignees could not ask later."""
        if any(row.get("assignees") for row in rows):
            yield from bring_members(connection)

    def prepare(self, connection: BaseConnection, task: Task) -> Operation[None]:
        """Take members that were given by e-mail for their ids, which Attio answers with."""
        given = [member(each) for each in resource_state(task).values.get("assignees", ())]
        if any(each.id is None for each in given):
            found: list[Actor] = []
            for each in given:
                key = yield from member_id(connection, each, "assignee of a task")
                found.append(Actor(MEMBER, key))
            task.assignees = found

    def insert(self, connection: BaseConnection, task: Task) -> Operation[Json]:
        return tasks.create(connection.transport, _sent(task.changes))

    def update(
        self, connection: BaseConnection, task: Task, changes: Changes, settle: Settle
    ) -> Operation[Json]:
        key = str(task.id)
        row: Json = {}
        if any(name in _LISTS for name in changes):
            row = yield from tasks.get(connection.transport, key)
        sent = self.merge(task, row, changes)["data"]
        return (yield from tasks.update(connection.transport, key, sent, settle=settle))

    def merge(self, task: Task, row: Json, changes: Changes) -> Json:
        sent = _sent({name: each for name, each in changes.items() if name not in _LISTS})
        if "assignees" in changes:
            there = [(each["referenced_actor_id"], each) for each in _listed(row, "assignees")]
            sent["assignees"] = _merged(there, changes["assignees"], _id_of_member, _write_member)
        if "linked_records" in changes:
            there = [
                (
                    each["target_record_id"],
                    {
                        "target_object": each["target_object_id"],
                        "target_record_id": each["target_record_id"],
                    },
                )
                for each in _listed(row, "linked_records")
            ]
            sent["linked_records"] = _merged(
                there, changes["linked_records"], dump_record, _write_link
            )
        return {"data": sent}

    def remove(self, connection: BaseConnection, task: Task) -> Operation[None]:
        return tasks.delete(connection.transport, str(task.id))


class Task(Resource):
    """A task. Attio keeps its ``content`` as it was created; all else can be changed.

    ``linked_records`` and ``assignees`` are lists, which may be changed in place: what a save adds
    and removes is merged into what others have made of them meanwhile.
    See https://docs.attio.com/rest-api/endpoint-reference/tasks/list-tasks.
    """

    _endpoints = _TaskEndpoints()

    content: Field[str, str] = Field(
        "content_plaintext",
        written="once",
        accept=text_of("content of a task", _MOST, empty=False),
        schema=STRING,
    )
    deadline: Field[datetime | None, datetime | None] = Field(
        "deadline_at",
        read=read_moment,
        written="always",
        accept=moment,
        key=by_milliseconds,
        schema=MOMENT,
    )
    is_completed: Field[bool, bool] = Field(
        "is_completed", written="always", accept=truth, schema={"type": "boolean"}
    )
    completed_at: Field[datetime | None, Any] = Field(
        "completed_at", read=read_moment, schema=MOMENT
    )
    linked_records: Field[list[Any], Iterable[Any]] = Field(
        "linked_records",
        read=_read_link,
        written="always",
        accept=record_of,
        key=by_reference,
        dump=dump_record,
        is_several=True,
        schema=STRING,
    )
    assignees: Field[list[Actor], Iterable[Any]] = Field(
        "assignees",
        read=read_actor,
        written="always",
        accept=member,
        key=_by_member,
        dump=dump_actor,
        is_several=True,
    )
    created_by: Field[Actor | None, Any] = Field(
        "created_by_actor", read=read_actor, dump=dump_actor
    )

    @sync_method
    def complete(self) -> Operation[None]:
        """Mark it as done, and save what else changed; where it is done, nothing is sent."""
        self.is_completed = True
        yield from saving.save(self)

    acomplete = async_twin(complete)

    @sync_method
    def reopen(self) -> Operation[None]:
        """Mark it as not done, and save what else changed; where it is open, nothing is sent."""
        self.is_completed = False
        yield from saving.save(self)

    areopen = async_twin(reopen)

    # -- its endpoints ----------------------------------------------------------------------------


def _listed(row: Json, name: str) -> list[Json]:
    """A list of a task that is sent whole: without what is there, others would lose theirs."""
    found = row.get(name)
    if not is_list(found):
        raise InvalidResponseError(
            f"A Task came without its {name}, so nothing was changed: ask what stands between here "
            f"and Attio."
        )
    return cast("list[Json]", found)


def _sort(order: str) -> str:
    name = order.removeprefix("-")
    return f"{name}:{'asc' if name == order else 'desc'}"


def _asked_for(assignee: Actor | None) -> str | None:
    return "null" if assignee is None else assignee.id or assignee.email


def _sent(changes: Changes) -> Json:
    """The changes as they are sent."""
    sent: Json = {}
    for name, (_, new) in changes.items():
        if name == "deadline":
            sent["deadline_at"] = None if new is None else format_timestamp(new)
        elif name == "assignees":
            sent[name] = [_write_member(each) for each in new]
        elif name == "linked_records":
            sent[name] = [_write_link(each) for each in new]
        else:
            sent[name] = new
    return sent


def _id_of_member(value: Actor) -> str | None:
    return value.id


def _write_member(value: Actor) -> Json:
    if value.id is None:  # Attio finds the member by the address, at no request of ours
        return {"workspace_member_email_address": value.email}
    return {"referenced_actor_type": value.type, "referenced_actor_id": value.id}


def _write_link(value: Any) -> Json:
    found = reference_of(value)
    return {"target_object": found.object, "target_record_id": found.id}


def _merged(
    there: list[tuple[Any, Json]],
    change: Change,
    id_of: Callable[[Any], str | None],
    write: Callable[[Any], Json],
) -> list[Json]:
    """What is there, without what the change removes and with what it adds."""
    old, new = set(map(id_of, change.old)), {id_of(each): each for each in change.new}
    removed = old - new.keys()
    left = {id: item for id, item in there if id not in removed}
    added = {id: write(each) for id, each in new.items() if id not in old}
    return list({**left, **added}.values())


class TasksOf(Related[Task]):
    """The tasks that one record is linked to, the oldest first."""

    __slots__ = ()

    @sync_method
    def create(
        self,
        content: str,
        *,
        deadline: datetime | None = None,
        assignees: Iterable[Any] = (),
        is_completed: bool = False,
    ) -> Operation[Task]:
        """Make a task that is linked to the record: one request.

        ``content`` has 2,000 characters at most; ``assignees`` are members, by ``Actor``,
        ``Member``, e-mail address or id. Raises ``ValidationError``.
        See https://docs.attio.com/rest-api/endpoint-reference/tasks/create-a-task.
        """
        return self._create(
            {
                "content": content,
                "deadline": deadline,
                "assignees": assignees,
                "is_completed": is_completed,
            }
        )

    acreate = async_twin(create)


def tasks_of(record: Record) -> TasksOf:
    """``person.tasks``."""
    return TasksOf(record, Task, "linked_record", {"linked_records": [record]})


public_in("attio_orm", Task)  # where users import it from
