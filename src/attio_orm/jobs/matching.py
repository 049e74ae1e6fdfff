"""Which record of the workspace a row is about: by its id, or by attributes that it has."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from attio_orm.conditions.q import Q
from attio_orm.effects import Operation, gather
from attio_orm.errors import ValidationError
from attio_orm.guards import is_several
from attio_orm.query import reads
from attio_orm.query.pages import everything
from attio_orm.query.query import Query
from attio_orm.records.assignment import accept, spec_of
from attio_orm.records.base import Record, set_state
from attio_orm.records.loading import MOST_IDS
from attio_orm.records.names import required_attribute
from attio_orm.records.state import RecordState, key_of, local_values, several
from attio_orm.transport.caching import uncached
from attio_orm.types.checks import as_uuid
from attio_orm.wording import show

M = TypeVar("M", bound=Record)

ID: Final = "id"


class Key(Struct, frozen=True):
    """What a row is found by: an attribute's name, and its values with what tells them apart."""

    name: str
    values: tuple[Any, ...]
    hashes: tuple[Hashable, ...]

    def __str__(self) -> str:
        return f"{self.name}={show(self.values[0] if len(self.values) == 1 else [*self.values])}"


class Matching(Generic[M]):
    """Finds the records of rows by the first of these names that a row has a value of."""

    def __init__(self, query: Query[M], names: Sequence[str]) -> None:
        """The model is ready, and the connection the query's own. Raises for an unknown name."""
        self._query = query
        self._names = names
        with query.connection.active():
            self._probe: Record = query.model.__new__(query.model)
            set_state(self._probe, RecordState(parts={}))
            self._attributes = {
                name: required_attribute(self._probe, name) for name in names if name != ID
            }

    def key_of(self, row: Mapping[str, object]) -> Key:
        """What a row is found by. Raises ``ValidationError`` where it has nothing of it."""
        for name in self._names:
            value = row.get(name)
            if value is None or value == [] or value == "":
                continue
            if name == ID:
                valid = as_uuid(value)
                if valid is None:
                    raise ValidationError(f"id: {show(value)} is not a valid record id.")
                return Key(ID, (valid,), (valid,))
            attribute = self._attributes[name]
            with self._query.connection.active():
                # one value will do here, as in a filter
                listed = [value] if attribute.is_multi and not is_several(value) else value
                values = tuple(several(accept(self._probe, attribute, listed)))
            if values:
                return Key(name, values, tuple(map(key_of(attribute), values)))
        names = " or ".join(self._names)
        raise ValidationError(
            f"The row has no value of {names}, by which its record is to be found: give one."
        )

    def find(self, keys: Collection[Key]) -> Operation[dict[Key, list[M]]]:
        """The records of these keys, looked up together: 500 values a request."""
        by_name: dict[str, dict[Hashable, Any]] = {}
        for key in keys:
            wanted = by_name.setdefault(key.name, {})
            for hashed, value in zip(key.hashes, key.values, strict=True):
                wanted.setdefault(hashed, value)
        asking = [self._look_up(name, wanted) for name, wanted in by_name.items()]
        found = dict(zip(by_name, (yield from gather(asking)), strict=True))
        return {
            key: _different(each for h in key.hashes for each in found[key.name].get(h, ()))
            for key in keys
        }

    def _look_up(
        self, name: str, wanted: Mapping[Hashable, Any]
    ) -> Operation[dict[Hashable, list[M]]]:
        values, query = list(wanted.values()), self._query
        by_hash: dict[Hashable, list[M]] = {}
        if name == ID:  # a write goes by what Attio has now, whatever a cache or session holds
            there = yield from uncached(reads.in_bulk(query, values))
            return {each: [record] for each, record in there.items()}
        attribute = self._attributes[name]
        hash_of = key_of(attribute)
        with query.connection.active():
            is_unique = spec_of(self._probe, attribute).is_unique
        for at in range(0, len(values), MOST_IDS):
            chunk = values[at : at + MOST_IDS]
            narrowed = query.replace(where=Q(**{f"{name}__in": chunk}))
            if is_unique:  # with an end, or a full page would be followed by an empty one
                narrowed = narrowed.replace(stop=len(chunk))
            found = yield from uncached(everything(narrowed))
            for record in found:
                for value in local_values(record, attribute):
                    by_hash.setdefault(hash_of(value), []).append(record)
        return by_hash


def _different(records: Iterable[M]) -> list[M]:
    return list({record.id: record for record in records}.values())


def names_of(matching: object, method: str) -> list[str]:
    """The names to match by: one, or several of which the first that is filled decides."""
    names: list[object] = [*matching] if is_several(matching) else [matching]
    found = [each for each in names if isinstance(each, str)]
    if not found or len(found) < len(names):
        raise ValidationError(
            f"{method}() takes the name of an attribute to match by, or a list of names, not "
            f"{show(matching)}."
        )
    return found
