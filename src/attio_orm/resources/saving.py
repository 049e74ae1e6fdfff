"""Create, change and delete one resource; and what becomes of a write that nobody answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attio_orm import signals
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, session_of
from attio_orm.effects import Effect, Operation, Send, check, emit, watched
from attio_orm.effects.operations import SingleFlight, colour
from attio_orm.errors import (
    AttioError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    ValidationError,
)
from attio_orm.records.changes import Change
from attio_orm.resources.base import BaseResource, endpoints_of, fields_of, gone
from attio_orm.resources.fields import Field
from attio_orm.resources.instances import id_in, take_in
from attio_orm.resources.loading import fetch, place_of
from attio_orm.resources.places import refuse_strangers
from attio_orm.resources.state import Json, resource_state
from attio_orm.transport import MISSING, Again, Doubt, Settle
from attio_orm.transport.dry_run import NotSent, describing, dry_run_of, refuse_stray
from attio_orm.writes.conflicts import Conflict, changed_meanwhile

_creating = SingleFlight()


def save(
    instance: BaseResource,
    on_conflict: str = "overwrite",
    *,
    connection: BaseConnection | None = None,
    session: Session | None = None,
) -> Operation[None]:
    """Create it, or send what changed. Nothing changed: nothing sent, no signal.

    Something new is created on the ``connection`` and in the ``session`` in use, or these.
    """
    if on_conflict not in {"overwrite", "raise"}:
        raise ValidationError(f'on_conflict takes "overwrite" or "raise", not {on_conflict!r}.')
    state = resource_state(instance)
    if state.deleted:
        raise gone(instance)
    if state.id is not None:
        yield from _change(instance, on_conflict)
        return
    # one create for all who save the same new instance at once
    yield from _creating.share(id(instance), lambda: _create(instance, connection, session))


def _create(
    instance: BaseResource, connection: BaseConnection | None, session: Session | None
) -> Operation[None]:
    state, model = resource_state(instance), type(instance)
    endpoints = endpoints_of(model)
    if state.id is not None:
        return  # made by the one that was waited for
    if state.is_unanswered:
        name = type(instance).__name__
        raise ValidationError(
            f"It is not known whether the save before this one made the {name}, so it was not sent "
            f"again. Look for it with {name}.objects.filter(...); where it is not there, save a "
            f"copy.copy() of this one."
        )
    endpoints.check(instance)
    before = instance.changes
    if connection is not None:
        connection.check_open()
        session = session_of(connection) if session is None else session
    else:
        connection, session = place_of(instance)
    _refuse_strangers(connection, before)
    refuse_stray(connection)
    yield from _check_receivers(model)
    if signals.pre_save.receivers:
        payload = {"instance": instance, "created": True, "changes": before}
        yield from emit(signals.pre_save, model, connection=connection, **payload)
        endpoints.check(instance)
        before = instance.changes
        _refuse_strangers(connection, before)
    is_sent = False

    def note(effect: Effect) -> None:
        nonlocal is_sent
        is_sent = is_sent or isinstance(effect, Send)

    try:
        with describing(repr(instance), _told(before)):
            row = yield from watched(endpoints.insert(connection, instance), note)
        if not isinstance(row, NotSent):
            _refuse_nameless(model, row, "create")
    except BaseException as error:
        refused = isinstance(error, AttioError) and not isinstance(error, OutcomeUnknownError)
        state.is_unanswered = is_sent and not refused
        if state.is_unanswered:
            name = model.__name__
            error.add_note(f"Whether the {name} is there, {name}.objects.filter(...) tells.")
        raise
    if isinstance(row, NotSent):
        return
    _know(instance, row, connection, session)
    state.asynchronous = (yield from colour()) == "async"
    yield from endpoints.before(connection, [row])
    take_in(instance, row, before)
    session.release(instance)
    payload = {"instance": instance, "created": True, "changes": before}
    yield from emit(signals.post_save, model, connection=connection, **payload)


def _refuse_strangers(connection: BaseConnection, sent: Mapping[str, Change]) -> None:
    refuse_strangers(connection, {name: change.new for name, change in sent.items()})


def _refuse_nameless(model: type[BaseResource], row: Json, what: str) -> None:
    """Raise where a write is answered, and not with what was written: who knows by whom."""
    try:
        id_in(model, row)
    except InvalidResponseError as error:
        raise OutcomeUnknownError(
            f"The {what} of a {model.__name__} was answered without its id, so it is not known "
            f"whether it was carried out."
        ) from error


def _know(instance: BaseResource, row: Json, connection: BaseConnection, session: Session) -> None:
    """Give what was created its id, and its place in the session."""
    state, model = resource_state(instance), type(instance)
    with session.lock:
        state.id = id_in(model, row)
        state.raw = {}
        state.connection, state.session = connection, session
        session.map(model).put(state.id, instance)
        if session.explicit:
            session.keep(model, state.id, instance)


def _change(instance: BaseResource, on_conflict: str) -> Operation[None]:
    state, model = resource_state(instance), type(instance)
    endpoints = endpoints_of(model)
    if not instance.changes:
        return
    connection, session = place_of(instance)
    yield from endpoints.prepare(connection, instance)
    before = instance.changes
    if not before:
        return  # the same member as before, given by e-mail
    endpoints.check(instance)
    _refuse_strangers(connection, before)
    refuse_stray(connection)
    yield from _check_receivers(model)
    if signals.pre_save.receivers:
        payload = {"instance": instance, "created": False, "changes": before}
        yield from emit(signals.pre_save, model, connection=connection, **payload)
        yield from endpoints.prepare(connection, instance)
        endpoints.check(instance)
        before = instance.changes
        if not before:
            return
        _refuse_strangers(connection, before)
    guarded = on_conflict == "raise"
    if guarded:
        _refuse_stale(instance, (yield from _read(instance, connection)), before)
    settle = _settle(instance, connection, before, guarded=guarded)
    try:
        with describing(repr(instance), _told(before)):
            row = yield from endpoints.update(connection, instance, before, settle)
    except NotFoundError as error:
        if not error.is_gone or not (yield from _is_gone(instance, connection)):
            raise
        _forget(instance, session)
        raise gone(instance) from error
    if isinstance(row, NotSent):
        return
    _refuse_nameless(model, row, "change")
    state.asynchronous = (yield from colour()) == "async"
    yield from endpoints.before(connection, [row])
    take_in(instance, row, before)
    if not instance.changes:
        session.release(instance)
    payload = {"instance": instance, "created": False, "changes": before}
    yield from emit(signals.post_save, model, connection=connection, **payload)


def _read(instance: BaseResource, connection: BaseConnection) -> Operation[Json]:
    state = resource_state(instance)
    return fetch(type(instance), str(state.id), connection, state.scope)


def _is_gone(instance: BaseResource, connection: BaseConnection) -> Operation[bool]:
    """Whether it is the instance that a 404 is about, and not something that it names."""
    try:
        yield from _read(instance, connection)
    except instance.DoesNotExist:
        return True
    except AttioError:
        return False
    return False


def _settle(
    instance: BaseResource, connection: BaseConnection, sent: Mapping[str, Change], *, guarded: bool
) -> Settle:
    """What a change asks before it is sent again: whether it reads as it was sent, or as loaded.

    Lists are merged anew into what is there by then.
    """
    fields = fields_of(type(instance))
    merges = any(fields[name].is_several for name in sent)

    def settle(doubt: Doubt) -> Operation[Any]:
        if not (doubt.may_have_arrived or guarded or merges):
            return MISSING
        row = yield from _read(instance, connection)
        now = {name: fields[name].of(row, instance) for name in sent}
        if doubt.may_have_arrived:
            if all(_is_there(fields[name], each, now[name]) for name, each in sent.items()):
                return row
            if not all(
                fields[name].is_several or fields[name].key(now[name]) == fields[name].key(each.old)
                for name, each in sent.items()
            ):
                raise OutcomeUnknownError(
                    f"A change of {instance!r} got no answer, and it reads now neither as it was "
                    f"loaded nor as it was sent: others may have changed it since. refresh() it, "
                    f"compare, and save again what is not there."
                )
        elif guarded:
            _refuse_stale(instance, row, sent)
        return Again(endpoints_of(type(instance)).merge(instance, row, sent)) if merges else MISSING

    return settle


def _is_there(field: Field[Any, Any], change: Change, now: Any) -> bool:
    """Whether a value reads as it was sent; of a list, what was added and removed."""
    if not field.is_several:
        return field.key(now) == field.key(change.new)
    old, new, there = (set(field.item_keys(each)) for each in (*change, now))
    return new - old <= there and not (old - new) & there


def _refuse_stale(instance: BaseResource, row: Json, sent: Mapping[str, Change]) -> None:
    """Raise ``StaleRecordError`` where what is to be overwritten is not what was loaded."""
    conflicts: dict[str, Conflict] = {}
    for name, (old, new) in sent.items():
        field = fields_of(type(instance))[name]
        if field.is_several:
            continue  # merged, and never overwritten
        theirs = field.of(row, instance)
        if field.key(theirs) != field.key(old):
            conflicts[name] = Conflict(old, new, theirs)
    if conflicts:
        raise changed_meanwhile(instance, conflicts)


def delete(instance: BaseResource) -> Operation[None]:
    """Delete it; what is gone already is deleted."""
    state, model = resource_state(instance), type(instance)
    if state.deleted:
        return
    if state.id is None:
        raise ValidationError(f"This {model.__name__} is not saved, so there is nothing to delete.")
    connection, session = place_of(instance)
    refuse_stray(connection)
    yield from check(signals.pre_delete, model)
    yield from check(signals.post_delete, model)
    yield from emit(signals.pre_delete, model, instance=instance, connection=connection)
    try:
        with describing(repr(instance), ()):
            yield from endpoints_of(model).remove(connection, instance)
    except NotFoundError as error:
        if not error.is_gone:
            raise
    if dry_run_of(connection) is not None:
        return
    _forget(instance, session)
    yield from emit(signals.post_delete, model, instance=instance, connection=connection)


def _forget(instance: BaseResource, session: Session) -> None:
    session.expunge(instance)
    resource_state(instance).deleted = True


def _check_receivers(model: type[BaseResource]) -> Operation[None]:
    yield from check(signals.pre_save, model)
    yield from check(signals.post_save, model)


def _told(changes: Mapping[str, Change]) -> list[tuple[str, object, object]]:
    return [(name, old, new) for name, (old, new) in changes.items()]
