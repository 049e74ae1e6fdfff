"""Which records are in a list: added, each once, and removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from attio_orm.conditions.paths import PARENT
from attio_orm.conditions.q import Q
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, gather
from attio_orm.errors import ValidationError
from attio_orm.guards import is_several
from attio_orm.query.pages import everything
from attio_orm.query.query import Query
from attio_orm.records.assignment import assign, assign_all
from attio_orm.records.base import Record, identify, mapper_of, state_of
from attio_orm.records.loading import CONCURRENCY, drop_changes
from attio_orm.records.names import required_attribute
from attio_orm.records.state import keys_of, local_values
from attio_orm.types.references import Reference, ReferenceMatch
from attio_orm.writes import saving
from attio_orm.writes.saving import load_choices
from attio_orm.writes.upserts import build, make, upsert

E = TypeVar("E", bound=Record)


def add(
    model: type[E],
    records: Sequence[object],
    values: Mapping[str, object],
    *,
    allow_duplicates: bool,
) -> Operation[list[E]]:
    """The entries of these records, in their order: made, or changed where they are there."""
    _check_each("add", records)
    if "parent" in values:
        raise ValidationError(
            f"{model.__name__}.add() takes the records themselves, and no parent=...: add(acme)."
        )
    if not records:
        return []
    values = {name: _kept(each) for name, each in values.items()}
    query = _query(model, records)
    yield from saving.check_receivers(model)
    # all of them before anything is sent: of another object, of another workspace, a wrong value
    new: list[E] = []
    for each in records:
        new.append((yield from build(query, {"parent": each, **values})))
    if allow_duplicates:
        creates = (saving.save_as_its_class(each, make=make) for each in new)
        yield from _all_of(model, creates, len(new), "")
        return new
    parents = [_parent_of(each) for each in new]
    there = yield from _entries_of(query, parents)
    for found in there.values():
        if len(found) > 1:
            raise _several(model, found, "Change the one that is meant, and save it")
    found_by: dict[str, E] = {parent: found[0] for parent, found in there.items()}
    missing = {
        parent: entry
        for parent, entry in zip(reversed(parents), reversed(new), strict=True)
        if parent not in found_by
    }

    def make_one(parent: str) -> Operation[None]:
        # by the parent, and not as a new entry: another program may add the record meanwhile, and
        # what got no answer can be looked for
        relation = local_values(missing[parent], required_attribute(missing[parent], "parent"))[0]
        found_by[parent] = yield from upsert(query, "parent", {"parent": relation, **values})

    changes: list[Operation[None]] = []
    if values:
        yield from load_choices(query.connection, model, values)
        changes = [_change(entry, values) for entry in found_by.values()]
    makes = [make_one(parent) for parent in dict.fromkeys(parents) if parent in missing]
    yield from _all_of(model, [*changes, *makes], len(changes) + len(makes))
    return [found_by[parent] for parent in parents]


def remove(model: type[E], records: Sequence[object], confirm: int | None) -> Operation[int]:
    """Delete the entries of these records, and give how many; the records stay."""
    _check_each("remove", records)
    if confirm is not None and (isinstance(confirm, bool) or not isinstance(confirm, int)):
        raise ValidationError(
            f"confirm is how many entries you expect to be removed, not {confirm!r}."
        )
    there: dict[str, list[E]] = {}
    if records:
        query = _query(model, records)
        yield from saving.check_receivers(model, of_delete=True)
        parents: list[str] = []
        for each in records:
            parents.append(_parent_of((yield from build(query, {"parent": each}))))
        there = yield from _entries_of(query, parents)
    number = sum(map(len, there.values()))
    if confirm is None:
        for found in there.values():
            if len(found) > 1:
                raise _several(model, found, f"remove(..., confirm={number}) removes all of them")
    elif number != confirm:
        raise ValidationError(
            f"{number} entries of {model.__name__} are about these records, and confirm={confirm}: "
            f"nothing was removed. If you mean it, pass confirm={number}."
        )
    entries = [entry for found in there.values() for entry in found]
    yield from _all_of(model, map(saving.delete, entries), number)
    return number


def _check_each(method: str, records: Sequence[object]) -> None:
    for each in records:
        if is_several(each):
            raise ValidationError(
                f"{method}() takes the records one by one, not {type(each).__name__}: "
                f"{method}(*records)."
            )
        if each is None:
            raise ValidationError(f"{method}() takes records, and got None: leave it out.")


def _kept(value: object) -> object:
    """What can be given to several entries: of an iterator a list."""
    is_once = isinstance(value, Iterator)
    return list(cast("Iterator[object]", value)) if is_once else value


def _query(model: type[E], records: Iterable[object]) -> Query[E]:
    """The query of a list, on the connection of the records; of none, on the current one."""
    theirs = (state_of(each).connection for each in records if isinstance(each, Record))
    source: BaseConnection = (
        next((each for each in theirs if each is not None), None) or current.current()
    )
    return Query(model, source=source)


def _parent_of(entry: Record) -> str:
    """The id of the parent of an entry that is not saved yet."""
    parent: Any = local_values(entry, required_attribute(entry, "parent"))[0]
    # a match by a value, which stands for itself, has no id
    named: Any = None if isinstance(parent, ReferenceMatch) else identify(parent)
    record_id = None if named is None else named[1]
    if not isinstance(record_id, str):
        raise ValidationError(
            f"{type(entry).__name__} takes records that are saved, and {parent!r} is not: save it "
            f"first.",
            attribute="parent",
        )
    return record_id


def _entries_of(query: Query[E], parents: Iterable[str]) -> Operation[dict[str, list[E]]]:
    """The entries that there are of these records, by the record's id."""
    wanted = list(dict.fromkeys(parents))
    entries: list[E] = yield from everything(query.replace(where=Q(parent__in=wanted)))
    there: dict[str, list[E]] = {}
    for entry in entries:
        there.setdefault(_parent_in(entry), []).append(entry)
    return there


def _parent_in(entry: Record) -> str:
    """The id of the parent of an entry that was loaded."""
    raw = state_of(entry).split().get(PARENT)
    relation = required_attribute(entry, "parent")
    found: Reference = relation.read(raw)[0]
    return found.id


def _change(entry: Record, values: Mapping[str, object]) -> Operation[None]:
    """Set the values of an entry that is there; to lists they are added, as Attio's PATCH does."""
    before = frozenset(state_of(entry).changed)
    try:
        for name, value in values.items():
            attribute = required_attribute(entry, name)
            if attribute.is_multi and is_several(value):
                assign(entry, attribute, [*local_values(entry, attribute), *value])
            else:
                assign_all(entry, {name: value})
        yield from saving.save(entry, make=make, fields=values)
    except BaseException:
        drop_changes(entry, (keys_of(entry, values) or set()) - before)
        raise


def _all_of(
    model: type[Record],
    writes: Iterable[Operation[Any]],
    number: int,
    advice: str = " The same call again does what is left.",
) -> Operation[None]:
    """Carry out all of them, side by side; an error says how many were done."""
    done = 0

    def counted(write: Operation[Any]) -> Operation[None]:
        nonlocal done
        yield from write
        done += 1

    try:
        yield from gather(map(counted, writes), CONCURRENCY)
    except BaseException as error:
        if number > 1:
            error.add_note(
                f"Of {number} entries of {model.__name__} {done} were done, not counting what was "
                f"under way when it stopped.{advice}"
            )
        raise


def _several(model: type[Record], found: Sequence[Record], advice: str) -> Exception:
    ids = " and ".join(str(state_of(each).id) for each in found)
    return model.MultipleObjectsReturned(
        f"The record {_parent_in(found[0])} is in the list {mapper_of(model).object!r} "
        f"{len(found)} times, as {ids}; nothing was sent. {advice}."
    )
