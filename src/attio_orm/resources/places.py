"""Where a resource stands: the records and entries that Attio's answers name by their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import now
from attio_orm.effects import Operation, colour
from attio_orm.errors import AttioError, ValidationError
from attio_orm.guards import is_dict, is_several
from attio_orm.records.assignment import refuse_foreign
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.deferred_loading import deferred_in
from attio_orm.records.owners import owners_of
from attio_orm.records.relations import resolver
from attio_orm.resources.base import BaseResource, endpoints_of
from attio_orm.resources.fields import record_of, reference_of
from attio_orm.resources.state import HasState, Json, resource_state
from attio_orm.types.actors import Actor
from attio_orm.types.checks import as_uuid
from attio_orm.types.emails import as_email
from attio_orm.types.references import HasReference, Reference
from attio_orm.wording import show

_AGAIN = 10.0  # seconds until a workspace that refused to list its members is asked again


def read_record(object: str, id: str, instance: HasState) -> Record | None:
    """The record that a resource names, which loads itself when it is touched."""
    state = resource_state(instance)
    connection, session = state.connection, state.session
    if connection is None:  # of a pickle
        model = resolver().for_object(object)
        return None if model is None else deferred_in(model, id, None, None)
    slug = object if as_uuid(object) is None else connection.schema.slug_of(object)
    if slug is None:
        return None
    found: Record = deferred_in(connection.mapping.model(slug), id, connection, session)
    context = state_of(found).context
    if state.asynchronous and context is not None and state_of(found).is_deferred:
        context.asynchronous = True  # touching it must not block
    return found


def read_link(wire: Any, instance: HasState) -> Record | None:
    """A linked record of a meeting or e-mail, which loads itself when it is touched."""
    if not is_dict(wire):
        return None
    object, id = wire.get("object_slug"), wire.get("record_id")
    if not isinstance(object, str) or not isinstance(id, str):
        return None
    return read_record(object, id, instance)


def read_place(wire: Any, instance: HasState, *, owner: str, id: str) -> Record | None:
    """The record or entry of ``{owner: ..., id: ...}``; ``owner`` is the id of an object or list.

    ``know_places()`` has made their slugs known.
    """
    if not is_dict(wire):
        return None
    owner_id, record_id = wire.get(owner), wire.get(id)
    if not isinstance(owner_id, str) or not isinstance(record_id, str):
        return None
    return read_record(owner_id, record_id, instance)


def know_places(connection: BaseConnection, comments: Iterable[Json]) -> Operation[None]:
    """Make the slugs known of the objects and lists that comments name: a request each, kept."""
    objects: set[str] = set()
    lists: set[str] = set()
    for each in comments:
        record, entry = each.get("record"), each.get("entry")
        if is_dict(record) and isinstance(found := record.get("object_id"), str):
            objects.add(found)
        if is_dict(entry) and isinstance(found := entry.get("list_id"), str):
            lists.add(found)
    yield from connection.schema.know(objects)
    yield from connection.schema.know(lists, kind="lists")


def bring_members(connection: BaseConnection) -> Operation[None]:
    """Ask for the members, once, in async code: actors could not ask later.

    A token that may not read them must not fail here: who reads a name is told then.
    """
    schema, owners = connection.schema, owners_of(connection, asynchronous=True)
    if schema.known_members() is not None or now() - owners.failed < _AGAIN:
        return
    if (yield from colour()) != "async":
        return
    try:
        yield from schema.members()
    except AttioError:
        owners.failed = now()


def refuse_strangers(connection: BaseConnection, values: Mapping[str, object]) -> None:
    """Raise ``ValidationError`` where a value is of another connection: its id means nothing here.

    ``values`` are those of fields or filters, by their names.
    """
    for name, value in values.items():
        items: list[Any] = [*value] if is_several(value) else [value]
        try:
            refuse_foreign(connection, items)
        except ValidationError as error:
            raise ValidationError(str(error), attribute=name) from None
        for each in items:
            theirs = each.connection if isinstance(each, BaseResource) else None
            if theirs is not None and theirs is not connection:
                raise ValidationError(
                    f"{each!r} belongs to another connection ({theirs!r}): fetch that of this "
                    f"workspace instead.",
                    attribute=name,
                )


def entry_of(value: Any) -> Record:
    """What accepts a saved list entry. Raises ``ValidationError`` for all else."""
    if not isinstance(value, Record) or not mapper_of(type(value)).is_entry:
        raise ValidationError(f"{show(value)} is not a list entry: give an instance of its class.")
    if state_of(value).id is None:
        raise ValidationError(f"{value!r} is not saved yet: save it first.")
    return value


def place_of(value: Record) -> Reference:
    """Which record or entry it is; the object of an entry is ``lists/`` and the list's slug."""
    mapper = mapper_of(type(value))
    return Reference(mapper.object, str(value.id)) if mapper.is_entry else reference_of(value)


def links(records: Iterable[Any]) -> list[dict[str, str]]:
    """Records as the write of a meeting names them."""
    found = map(reference_of, records)
    return [{"object": each.object, "record_id": each.id} for each in found]


def meeting_id(value: Any) -> str:
    """The id of a meeting. Raises ``ValidationError`` for what is not a saved one, or an id."""
    is_other = isinstance(value, BaseResource) and endpoints_of(type(value)).noun != "meeting"
    found = None if is_other else as_uuid(value.id if isinstance(value, BaseResource) else value)
    if found is None:
        raise ValidationError(f"{show(value)} is not a meeting: give a saved Meeting, or its id.")
    return found


def addresses(value: Any) -> tuple[str, ...]:
    """What accepts one e-mail address or several, for a filter."""
    items = value if is_several(value) else [value]
    found = tuple(dict.fromkeys(str.__str__(as_email(each)) for each in items))
    if not found:
        raise ValidationError("No e-mail address is given: give one or several.")
    return found


def several_records(value: Any) -> tuple[HasReference, ...]:
    """What accepts one record or several of one object, for a filter."""
    found = tuple(map(record_of, value if is_several(value) else [value]))
    objects = {reference_of(each).object for each in found}
    if len(objects) != 1:
        raise ValidationError(
            "Give a record, or several of one object: Attio takes one object at a time."
        )
    return found


def member_id(connection: BaseConnection, actor: Actor, what: str) -> Operation[str]:
    """The id of a member who was given by id or e-mail address; the members are asked for once.

    Raises ``ValidationError`` where the workspace has no such member.
    """
    if actor.id is not None:
        return actor.id
    email, schema = actor.email or "", connection.schema
    yield from schema.members()
    found = schema.member_by_email(email)
    if found is None and (yield from schema.look_for_members()):
        found = schema.member_by_email(email)
    if found is None:
        raise ValidationError(
            f"{show(email)} is not a member of the workspace, and the {what} has to be one: "
            f"Member.objects.all() lists them."
        )
    return found.id
