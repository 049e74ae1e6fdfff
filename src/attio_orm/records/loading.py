"""From rows to records, through the identity map; and what reloads one record."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar

from msgspec import Raw, Struct, field

from attio_orm import signals
from attio_orm.connection import current, sessions
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session
from attio_orm.effects import Operation, colour, gather
from attio_orm.errors import (
    DoesNotExist,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    ValidationError,
)
from attio_orm.records import rows
from attio_orm.records.base import Record, identify, mapper_of, set_state, state_of
from attio_orm.records.names import attribute_at, attribute_of
from attio_orm.records.owners import Owners, bring_members, owners_of
from attio_orm.records.row_decoders import NOTHING_READ, RowDecoder, is_plain
from attio_orm.records.rows import Accept, Row, endpoint_of
from attio_orm.records.state import AttributeList, RecordState, edit_of, is_changed, read_values
from attio_orm.transport.decoding import AnotherAnswer
from attio_orm.transport.sharing import sharing_reads
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import REFERENCE


class FetchMode(Enum):
    """What touching a relation does that was not included.

    ``PEERS`` loads it for all records of the page, ``ONE`` for this record alone, ``RAISE`` raises
    ``NotLoadedError``.
    """

    PEERS = "peers"
    ONE = "one"
    RAISE = "raise"


class LoadContext(Struct, eq=False):
    """Where records came from; ``peers`` are those that came together, held weakly.

    ``asynchronous``: an ``a``-method loaded them, so that touching a relation must not block.
    ``path`` is that of the include which brought them.
    """

    connection: BaseConnection
    session: Session
    asynchronous: bool = False
    mode: FetchMode = FetchMode.PEERS
    path: str | None = None
    peers: list[weakref.ref[Record]] = []  # weakly: one that is kept would keep its whole page
    loaded_at: float = field(default_factory=sessions.now)  # for the session's ttl
    decoder: RowDecoder = NOTHING_READ  # until two of its records were read alike
    _owners: Owners | None = None
    _read_once: set[AnyAttribute] = set()

    @property
    def owners(self) -> Owners:
        """Who knows the members that its records refer to."""
        if self._owners is None:
            self._owners = owners_of(self.connection, asynchronous=self.asynchronous)
        return self._owners

    def note(self, attribute: AnyAttribute) -> None:
        """An attribute was read by itself; what is read of two records is decoded with others."""
        # Not of one: a program that looks at the first record only would pay for all the others.
        # The decoder is replaced and never changed, so that threads may use it meanwhile.
        if attribute not in self._read_once:
            self._read_once.add(attribute)
        elif attribute not in self.decoder.attributes and is_plain(attribute.slug):
            self.decoder = self.decoder.along_with(attribute)


def new_context(
    connection: BaseConnection,
    session: Session | None = None,
    *,
    asynchronous: bool = False,
    mode: FetchMode = FetchMode.PEERS,
    path: str | None = None,
) -> LoadContext:
    """A context for what no operation loads, in the session in use unless another one is given."""
    if session is None:  # not ``or``: one without any record yet is false
        session = sessions.session_of(connection)
    return LoadContext(connection, session, asynchronous=asynchronous, mode=mode, path=path)


def load_context(
    connection: BaseConnection,
    session: Session | None = None,
    *,
    mode: FetchMode = FetchMode.PEERS,
    path: str | None = None,
) -> Operation[LoadContext]:
    """The context of what is loaded now, in the session in use unless another one is given."""
    is_async = (yield from colour()) == "async"
    return new_context(connection, session, asynchronous=is_async, mode=mode, path=path)


R = TypeVar("R", bound=Record)
T = TypeVar("T")

INCLUDED = "_included"
"""Where a record keeps what a room above includes; no attribute begins with an underscore."""

MOST_IDS = 500
"""How many ids one request asks for, and how many values one ``$in`` takes."""


def batches(ids: Sequence[str]) -> list[Sequence[str]]:
    """Ids as they are asked for, ``MOST_IDS`` at a time."""
    return [ids[at : at + MOST_IDS] for at in range(0, len(ids), MOST_IDS)]


def is_fresh(record: Record, session: Session, *, without_ttl: bool) -> bool:
    """Whether a live record will do where it is asked for anew: it is younger than the ttl.

    ``without_ttl`` is the answer where nothing grows old: in a session without one.
    """
    state, ttl = state_of(record), session.ttl
    context = state.context
    if state.deleted or state.is_deferred:
        return False
    if ttl is None or context is None:
        return without_ttl
    loaded_at = context.loaded_at
    return loaded_at > context.connection.outdated_at and sessions.now() - loaded_at < ttl


CONCURRENCY = 8


def materialize(model: type[R], found: Iterable[Row], context: LoadContext) -> list[R]:
    """The instances of these rows: live ones refreshed where untouched, the rest made anew."""
    session = context.session
    records: list[R] = []
    peers = context.peers
    # locked as a whole: another thread that brings the same record must not make a second object
    with session.lock:
        refs = session.map(model)
        for row in found:
            record_id = row.id.record_id
            record: R | None = refs.get(record_id)
            if record is None:
                record = model.__new__(model)
                asked = row.asked or sessions.now()
                state = RecordState(
                    record_id, row.created_at, row.web_url, row.values, context, as_of=asked
                )
                set_state(record, state)
                ref = state.ref = refs.put(record_id, record)
                peers.append(ref)
            else:
                merge(record, row, context)
                peers.append(weakref.ref(record))
            if session.explicit:
                session.keep(model, record_id, record)
            records.append(record)
    if signals.post_load.receivers:  # after the lock is let go: a receiver may load on its own
        for record in records:
            signals.send(
                signals.post_load, model, {"instance": record, "connection": context.connection}
            )
    return records


def merge(
    record: Record, row: Row, context: LoadContext, *, saved: Iterable[str] | None = None
) -> None:
    """Take a newer row into a live record; what the user changed since stays.

    ``saved`` names (by key) the changes that this row already contains.
    """
    state = state_of(record)
    asked = row.asked or sessions.now()
    if asked < state.as_of and not saved:
        return  # asked for before what is known: it may be from before a save
    state.as_of = asked
    old_values, old_parts = state.values, state.parts
    state.created_at, state.web_url, state.context = row.created_at, row.web_url, context
    state.id = row.id.record_id
    state.deleted, state.unanswered = False, None
    was_stale, state.stale = state.stale is not None, None  # the row is newer than that write
    settled = set(saved or ())
    state.settle(record, settled)
    is_same = old_values is not None and old_values == row.values and not was_stale
    if is_same and not settled and not state.pending:
        return
    state.values = row.values
    state.parts = state.plain_parts = None
    if not record.__dict__:
        return  # nothing was read of it: there is nothing to compare, and the bytes stay bytes
    if old_parts is None:
        old_parts = rows.split(old_values)
    state.parts = rows.split(row.values)
    set_back = [  # by the user: it is taken as it comes
        key
        for key, pending in list(state.changed.items())
        if not is_changed(edit_of(record, pending.attribute, pending.base))
    ]
    state.settle(record, set_back)
    _take(record, state, old_parts, settled.union(set_back))


def _take(record: Record, state: RecordState, old: dict[str, Raw], settled: set[str]) -> None:
    """Let what was read of a record before go where its newer row has something else."""
    parts, cache, declared = state.split(), record.__dict__, mapper_of(type(record)).attributes
    for key in list(cache):
        if key in state.changed:
            continue  # the user's, until it is saved or dropped
        attribute = declared.get(key)
        if attribute is None:
            bracketed = key.startswith("[")
            attribute = attribute_at(record, key[1:-1]) if bracketed else attribute_of(record, key)
        if attribute is None or attribute.key != key:
            continue
        new = parts.get(attribute.slug)
        # equal bytes, active_from among them: nobody wrote it, and the object that is held stays
        if key not in settled and new is not None and old.get(attribute.slug) == new:
            continue
        value: Any = cache[key]
        if attribute.type == REFERENCE:
            _merge_relation(record, attribute, new)
        elif isinstance(value, AttributeList):
            # the list itself stays the record's: code that holds it sees the newer values
            value.settle(read_values(record, attribute, new))
        else:
            del cache[key]


def _merge_relation(record: Record, relation: AnyAttribute, raw: Raw | None) -> None:
    # keep the related records that are still the ones meant; load the rest at the next touch
    value = record.__dict__[relation.key]
    wanted = [identify(each) for each in relation.read(raw)]
    if isinstance(value, AttributeList):
        have = {identify(each): each for each in value}
        if all(key in have for key in wanted):
            value.settle([have[key] for key in wanted])
            return
    elif (value is not None and [identify(value)] == wanted) or (value is None and not wanted):
        return
    del record.__dict__[relation.key]


def know_undeclared(connection: BaseConnection, model: type[Record], row: Row) -> Operation[None]:
    """Make the schema known where a row has attributes that the class does not declare.

    And where it has some that were made since the schema was read, look at it once more.
    """
    mapper, schema = mapper_of(model), connection.schema
    if mapper.strict:
        return
    known = {*mapper.by_slug, "record_id", "created_at", "created_by"}
    others = [slug for slug in rows.split(row.values) if slug not in known]
    if others and schema.get(mapper.object) is None:
        yield from schema.ensure(mapper.object)
    elif others:
        yield from schema.look_for(mapper.object, others)


def absorb(
    record: Record, row: Row, context: LoadContext, *, saved: Iterable[str] | None = None
) -> None:
    """Take a row that answers this record's own request, and make it the session's object."""
    session, model = context.session, type(record)
    with session.lock:
        merge(record, row, context, saved=saved)
        known = session.map(model).get(row.id.record_id)
        if known is None:
            session.map(model).put(row.id.record_id, record)
        elif known is not record:  # two objects for one: whoever holds the other sees it as well
            merge(known, row, context)
        session.keep(model, row.id.record_id, record if known is None else known)
    context.peers.append(weakref.ref(record))


def drop_changes(record: Record, keys: Collection[str] | None = None) -> None:
    """Forget what the user changed and did not save: all of it, or of these attributes (keys)."""
    state = state_of(record)
    dropped = {k: v for k, v in state.changed.items() if keys is None or k in keys}
    for key, pending in dropped.items():
        value: Any = record.__dict__.get(key)
        if isinstance(value, AttributeList) and pending.attribute.type != REFERENCE:
            parts = {} if state.is_deferred else state.split()
            attribute = pending.attribute
            value.settle(read_values(record, attribute, parts.get(attribute.slug)))
        else:
            record.__dict__.pop(key, None)
    state.settle(record, dropped)
    if keys is None:
        state.extra = None  # it has no key yet


def context_for(record: Record) -> Operation[LoadContext]:
    """A context for a request about one record, in its own connection and session."""
    old = state_of(record).context
    if old is None:
        return load_context(current.current())
    return load_context(old.connection, old.session, mode=old.mode)


# -- before anything is asked for -----------------------------------------------------------------


def prepare(connection: BaseConnection, model: type[Record]) -> Operation[None]:
    """What comes before a request for records of a model.

    The model is compared with the workspace, if that is due, and ``post_load`` can be sent.
    """
    yield from connection.mapping.ready(model)
    if signals.post_load.receivers:  # refused now: the answer would have been paid for in vain
        signals.refuse_coroutines(signals.post_load, model)


# -- by id ----------------------------------------------------------------------------------------


def fetch_one(
    model: type[Record], record_id: str, connection: BaseConnection, record: Record | None = None
) -> Operation[Row]:
    """One record's row by its id; ``DoesNotExist`` of the model if there is none."""
    asked = sessions.now()  # before it is sent: the answer is at least as new as this
    try:
        row: Row = yield from endpoint_of(mapper_of(model).object).get(
            connection.transport, record_id
        )
    except NotFoundError as error:
        if not error.is_gone:
            raise
        yield from connection.mapping.require_object(model)  # or it is the object that is missing
        if record is not None:
            state_of(record).mark_deleted()
            raise gone(record) from error
        raise model.DoesNotExist(
            f"There is no {model.__name__} with id {record_id} in this workspace. Check the id and "
            f"the connection; get_or_none(id=...) gives None instead."
        ) from error
    rows.stamp([row], asked)
    return row


def refresh(record: Record, *, keep_changes: bool = False) -> Operation[None]:
    """Read one record anew, into the same instance."""
    state = state_of(record)
    if state.id is None and state.unanswered is not None:
        raise not_known(record)
    if state.id is None:
        raise ValidationError(
            f"This {type(record).__name__} is not saved yet, so there is nothing to refresh it "
            f"from: save it first."
        )
    context = yield from context_for(record)
    row = yield from fetch_one(type(record), state.id, context.connection, record)
    yield from know_undeclared(context.connection, type(record), row)
    yield from bring_members(context.connection, type(record), [row])
    if not keep_changes:  # only now: where the request fails, the changes are still there
        drop_changes(record)
        vars(record).pop(INCLUDED, None)
    absorb(record, row, context)


def not_known(record: Record) -> ValidationError:
    """The error for an instance that may be a record already."""
    return ValidationError(
        f"It is not known whether this {type(record).__name__} was created: an earlier save() was "
        f"sent, and ended without an answer. settle(matching=...) looks for it by a unique "
        f"attribute; save(again=True) creates it in any case."
    )


def gone(record: Record) -> DoesNotExist:
    """The error for a record that is no longer there."""
    return record.DoesNotExist(
        f"{type(record).__name__} {state_of(record).id} no longer exists in the workspace. It was "
        f"deleted or merged into another record: look for it by its values, or create it anew."
    )


_MOST_TOLD = 100_000
"""How many items a record may have: more come only from a server that finds no end."""


def all_pages(
    record: Record, page: Callable[[int], Operation[list[T]]], size: int
) -> Operation[list[T]]:
    """All that Attio tells of a record: ``page`` asks for ``size`` items from an offset on.

    Raises ``DoesNotExist`` where the record is gone, and ``InvalidResponseError`` for pages that
    are repeated or never end.
    """
    found: list[T] = []
    while True:
        try:
            items = yield from page(len(found))
        except NotFoundError as error:
            if not error.is_gone:
                raise
            raise gone(record) from error
        if len(items) >= size and (items == found[-len(items) :] or len(found) >= _MOST_TOLD):
            raise InvalidResponseError(
                f"What is told of {type(record).__name__} {state_of(record).id} does not end: "
                f"after {len(found):,} items there is one more page, or the last one again. "
                f"Something between here and Attio (a cache, a proxy) repeats old answers; ask "
                f"again without it."
            )
        found += items
        if len(items) < size:
            return found


def fetch_rows(connection: BaseConnection, object: str, ids: Sequence[str]) -> Operation[list[Row]]:
    """The rows of these ids (at most 500) that exist, in one request.

    Entries come one by one, side by side, as Attio has no filter by their ids.
    """
    endpoint, transport = endpoint_of(object), connection.transport
    asked = sessions.now()

    def one(row_id: str) -> Operation[Row | None]:
        try:
            return (yield from endpoint.get(transport, row_id))
        except NotFoundError as error:
            if not error.is_gone:
                raise
            return None

    def several(condition: dict[str, Any]) -> Operation[list[Row]]:
        return endpoint.query(transport, {"filter": condition, "limit": MOST_IDS, "offset": 0})

    if endpoint.is_list:
        asking = gather((sharing_reads(one(each)) for each in ids), CONCURRENCY)
        found = [row for row in (yield from asking) if row is not None]
    else:
        found = yield from with_record_id_in(
            connection,
            lambda allowed: sharing_reads(
                several(
                    {"record_id": {"$in": list(ids)}}
                    if allowed
                    else {"$or": [{"record_id": {"$eq": each}} for each in ids]}
                )
            ),
        )
    check_object(connection, object, found)
    check_ids(object, (row.id.record_id for row in found), ids)
    rows.stamp(found, asked)
    return found


def check_ids(object: str, found: Iterable[object], asked: Iterable[str]) -> None:
    """Raise ``InvalidResponseError`` where a query by ids was answered with others."""
    wanted = set(asked)
    if not all(each in wanted for each in found):
        raise InvalidResponseError(
            f"A query of {object!r} by ids was answered with records that have others. Something "
            f"between here and Attio (a cache, a proxy) gives the answer to another request; ask "
            f"again without it."
        )


def _other_object(connection: BaseConnection, object: str, row: Row) -> str | None:
    """The slug of the object that a row is of, where that is another than was asked for."""
    schema, got = connection.schema, row.id.object_id
    own = schema.get(object)
    if own is None or got is None or own.id == got:
        return None
    # what is not known here may have been made, or made anew, since the schema was read
    return schema.slug_of(got)


def accepting(connection: BaseConnection, object: str) -> Accept:
    """What refuses the answer to a row that was made, where it is of another object."""

    def accept(row: Row) -> None:
        other = _other_object(connection, object, row)
        if other is not None:
            raise AnotherAnswer(f"a row of {other!r} where one of {object!r} was to be made")

    return accept


def check_object(connection: BaseConnection, object: str, found: Sequence[Row]) -> None:
    """Raise ``InvalidResponseError`` where the rows are of another object than was asked for."""
    other = _other_object(connection, object, found[0]) if found else None
    if other is not None:
        raise InvalidResponseError(
            f"A query of {object!r} was answered with rows of {other!r}. Something between here "
            f"and Attio (a cache, a proxy) gives the answer to another request; ask again "
            f"without it."
        )


def with_record_id_in(
    connection: BaseConnection, ask: Callable[[bool], Operation[T]]
) -> Operation[T]:
    """Ask with ``$in`` on ``record_id``, or without it once the workspace refused that."""
    if not connection.takes_record_id_in:
        return (yield from ask(False))
    try:
        return (yield from ask(True))
    except InvalidRequestError as error:
        if error.code != "filter_error":
            raise
        try:
            answer = yield from ask(False)
        except InvalidRequestError:
            raise error from None  # it was another part of the filter
        connection.takes_record_id_in = False
        return answer


def load_by_ids(
    connection: BaseConnection,
    session: Session,
    model: type[R],
    ids: Sequence[str],
    *,
    mode: FetchMode = FetchMode.PEERS,
    path: str | None = None,
) -> Operation[list[R]]:
    """The records of these ids (at most 500) that exist, in one request."""
    if not ids:
        return []
    # not prepared: a relation is followed without asking for the schema of where it leads
    signals.refuse_coroutines(signals.post_load, model)
    found = yield from fetch_rows(connection, mapper_of(model).object, ids)
    yield from bring_members(connection, model, found)
    context = yield from load_context(connection, session, mode=mode, path=path)
    return materialize(model, found, context)
