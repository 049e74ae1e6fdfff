"""A record as a pickle or a copy: a detached equal, with the relations that were loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from msgspec import Raw

from attio_orm.connection import current
from attio_orm.pickles import pickled_as
from attio_orm.records import rows
from attio_orm.records.base import Record, identify, mapper_of, set_state, state_of
from attio_orm.records.deferred_loading import deferred_in, load_when_touched
from attio_orm.records.names import all_attributes, attribute_at, attribute_of
from attio_orm.records.relations import known_references, model_of
from attio_orm.records.state import UNKNOWN_BASE, Base, RecordState, as_held, hold, several
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import REFERENCE, Reference, ReferenceMatch

R = TypeVar("R", bound=Record)

Held: TypeAlias = dict[str, list[Any] | tuple[Any, ...]]
"""What a record holds of others: a list by the relation's slug, a tuple by an Include's name."""


def reduce(record: Record) -> tuple[Any, ...]:
    """For pickle. Sends nothing."""
    graph = _being_pickled.graphs.get(id(record))
    if graph is None:
        if not _held(record):
            return restore, _alone(record)
        graph = _Graph(record)
    return member_of, (graph, graph.places[id(record)])


def shallow_copy(record: R) -> R:
    """A detached equal that holds the same related records."""
    return _linked(_copied(record), _held(record))


def deep_copy(record: R, memo: dict[int, Any]) -> R:
    """A detached equal that holds copies of the related records, and so on."""
    new: list[Record] = []
    pending: list[Record] = [record]
    for each in pending:  # which grows: no recursion, as a chain of them may be long
        if id(each) not in memo:
            memo[id(each)] = _copied(each)
            new.append(each)
            pending += _related(each)
    for each in new:
        _linked(memo[id(each)], _replaced(_held(each), lambda one: memo.get(id(one), one)))
    copied: R = memo[id(record)]
    return copied


def _held(record: Record) -> Held:
    """The relations that the record holds loaded, or assigned; and what an Include picked."""
    found: Held = {}
    for key, value in list(vars(record).items()):
        if isinstance(value, tuple):
            if not key.startswith("_") and not hasattr(type(record), key):
                found[key] = value
        elif value is None or isinstance(value, list | Record | ReferenceMatch):
            relation = mapper_of(type(record)).attributes.get(key)
            relation = relation or attribute_at(record, key.strip("[]"))
            if relation is None or relation.type != REFERENCE:
                continue
            # what refers to a record that is gone holds none of it, and knows that by now
            if value or (
                key not in state_of(record).changed and known_references(record, relation)
            ):
                found[relation.slug] = several(vars(record).get(key))
    return found


def _related(record: Record) -> list[Record]:
    found = _held(record).values()
    return [each for items in found for each in items if isinstance(each, Record)]


def _replaced(links: Held, by: Callable[[Any], Any]) -> Held:
    return {name: type(items)(map(by, items)) for name, items in links.items()}


class _Graph:
    """Records that hold each other, as they are pickled: together, and each once.

    Pickle goes into what an object holds, a call for each step, and would not come to the end of a
    long chain of records: so they are laid beside each other. Those that hold no others stand for
    themselves. What refers to a record of a graph names it by the graph and its place: whatever
    pickle meets again is one object.
    """

    __slots__ = ("__weakref__", "members", "places")

    def __init__(self, root: Record) -> None:
        self.members = [root]
        self.places = {id(root): 0}
        known = _being_pickled.graphs
        for member in self.members:  # which grows
            for each in _related(member):
                if id(each) not in self.places and id(each) not in known and _held(each):
                    self.places[id(each)] = len(self.members)
                    self.members.append(each)
        known.update(dict.fromkeys(self.places, self))

    def __reduce__(self) -> tuple[Any, ...]:
        links = [
            _replaced(_held(each), lambda one: self.places.get(id(one), one))
            for each in self.members
        ]
        alone = [_alone(each) for each in self.members]
        # the links last, when pickle knows the graph: they may lead out of it, and back
        return restore_graph, (alone,), links, None, None, restore_links


class _BeingPickled(threading.local):
    """The graphs by their members, as long as a pickle of this thread keeps what it has met."""

    def __init__(self) -> None:
        self.graphs: WeakValueDictionary[int, _Graph] = WeakValueDictionary()


_being_pickled = _BeingPickled()


@pickled_as("graph")
def restore_graph(alone: Sequence[tuple[Any, ...]]) -> list[Record]:
    """The records of a pickled graph, which hold nothing yet."""
    return [restore(*each) for each in alone]


@pickled_as("graph_links")
def restore_links(members: Sequence[Record], links: Sequence[Held]) -> None:
    """Let the records of a graph hold what they held; those of the graph by their places."""
    for member, each in zip(members, links, strict=True):
        _linked(member, _replaced(each, lambda one: members[one] if isinstance(one, int) else one))


@pickled_as("graph_member")
def member_of(members: Sequence[Record], place: int) -> Record:
    """One record of a pickled graph."""
    return members[place]


def _linked(record: R, links: Held) -> R:
    for name, items in links.items():
        if isinstance(items, tuple):
            # else the class has something of that name by now
            if attribute_of(record, name) is None and not hasattr(type(record), name):
                record.__dict__[name] = items
            continue
        attribute = attribute_at(record, name)
        if attribute is not None and attribute.type == REFERENCE:
            hold(record, attribute, items)
    return record


def _copied(record: R) -> R:
    _, *rest = _alone(record)
    made: Any = restore(type(record), *rest)
    copied: R = made
    return copied


def _alone(record: Record) -> tuple[Any, ...]:
    """What ``restore`` takes: the class, the raw values, and what was changed and not saved."""
    state, mapper = state_of(record), mapper_of(type(record))
    changes: dict[str, Any] = {}
    for key, pending in state.changed.items():
        value: Any = record.__dict__.get(key)
        if pending.attribute.type == REFERENCE:
            value = [identify(each) for each in several(value)]
        elif pending.attribute.is_multi:
            value = several(value)
        base = pending.base if isinstance(pending.base, Raw) else None
        changes[pending.attribute.slug] = (value, bytes(base) if base is not None else None)
    values = bytes(state.values) if state.values is not None else None
    if values is not None and state.stale:
        values = bytes(rows.encode_values(state.split()))
    loaded = all_attributes(record) if values is not None else ()
    known = [each for each in loaded if each.slug not in mapper.by_slug]
    # those too that the class declares: when the pickle is read it may do so no more
    known += [pending.attribute for pending in state.changed.values()]
    kinds = {each.slug: (each.type, each.is_multi) for each in known}
    facts = (
        state.id, state.created_at, state.web_url, values, state.deleted, state.extra, state.stale,
        state.unanswered,
    )  # fmt: skip
    # a class that was made on the fly has no place to be imported from: its object names it
    model = mapper.object if mapper.is_dynamic else type(record)
    return model, facts, changes, kinds


@pickled_as("record")
def restore(
    model: type[Record] | str,
    facts: tuple[Any, ...],
    changes: Mapping[str, Any],
    kinds: dict[str, tuple[str, bool]],
) -> Record:
    """The detached record of a pickle, also where the model changed since."""
    kind: type[Record] = current.current().mapping.model(model) if isinstance(model, str) else model
    record_id, created_at, web_url, values, deleted, extra, *more = facts
    record = kind.__new__(kind)
    raw = Raw(values) if values is not None else None
    state = RecordState(
        record_id, created_at, web_url, raw, deleted=deleted, kinds=kinds or None,
        extra=dict(extra) if extra else None,
        stale=more[0] if more else None,  # pickles of before have none
        unanswered=more[1] if len(more) > 1 else None,
    )  # fmt: skip
    if record_id is None:
        state.parts = {}
    set_state(record, state)
    if state.is_deferred:
        load_when_touched(record)
    for slug, (value, base) in changes.items():
        attribute = mapper_of(kind).by_slug.get(slug) or attribute_of(record, slug)
        if attribute is None:  # a strict class that no longer has it: saving says so
            state.extra = {**(state.extra or {}), slug: value}
            continue
        known: Base = Raw(base) if base is not None else None
        if known is None and state.is_deferred:
            known = UNKNOWN_BASE
        state.note_change(attribute, known)
        record.__dict__[attribute.key] = _restored(record, attribute, value)
    return record


def _restored(record: Record, attribute: AnyAttribute, value: Any) -> Any:
    if attribute.type == REFERENCE:
        value = [
            key if isinstance(key, ReferenceMatch)
            else deferred_in(model_of(Reference(*key), attribute, None), key[1], None, None)
            for key in value
        ]  # fmt: skip
    return as_held(record, attribute, several(value))
