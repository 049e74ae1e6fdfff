"""``bulk_update()``; and ``bulk()``, ``add()``, ``remove()``, which change all of a query."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from attio_orm.effects import Operation
from attio_orm.errors import DoesNotExist, MultipleObjectsReturned, ValidationError
from attio_orm.guards import is_mapping
from attio_orm.jobs import changing
from attio_orm.jobs.changing import Multi
from attio_orm.jobs.creating import given
from attio_orm.jobs.items import BulkItem, BulkOperation, BulkReport
from attio_orm.jobs.matching import Key, Matching
from attio_orm.jobs.run import BulkOptions, carry_out, check_rows
from attio_orm.jobs.seen import Seen
from attio_orm.query.pages import everything
from attio_orm.query.query import Query
from attio_orm.records.base import Record, state_of
from attio_orm.records.loading import MOST_IDS
from attio_orm.transport.caching import uncached
from attio_orm.wording import show
from attio_orm.writes import saving
from attio_orm.writes.manager_writes import writable_attributes
from attio_orm.writes.saving import load_choices

M = TypeVar("M", bound=Record)


def bulk_update(
    query: Query[M],
    rows: Iterable[object],
    *,
    fields: Sequence[str] | None,
    key: str,
    on_conflict: str,
    none: Collection[object],
    options: BulkOptions,
) -> Operation[BulkReport[M]]:
    """Change the record of each row."""
    options.check()
    check_rows(rows, "bulk_update", "instances or dicts")
    if on_conflict not in {"overwrite", "raise"}:
        raise ValidationError(f'on_conflict takes "overwrite" or "raise", not {on_conflict!r}.')
    if isinstance(fields, str):
        raise ValidationError(f"fields takes a list of names: fields=[{fields!r}].")
    query = yield from ready(query, "bulk_update")
    if fields is not None:
        writable_attributes(query, fields)
    work = Updating(query, fields, key, on_conflict, none)
    return (yield from carry_out(query.model, query.connection, work, rows, options))


def ready(query: Query[M], method: str) -> Operation[Query[M]]:
    """The query on its connection, for writes to any of the model's records.

    Raises ``ValidationError`` for one that is narrowed: which rows it meant could not be told.
    """
    if not query.where.is_empty or query.sliced or query.empty or query.view is not None:
        raise ValidationError(
            f"{method}() is about the rows that it is given, and not about a filter or a slice: "
            f"call it on {query.model.__name__}.objects."
        )
    connection = query.connection
    connection.check_open()
    yield from saving.check_receivers(query.model)
    yield from connection.mapping.ready(query.model, writing=True)
    return query.replace(source=connection)


class Updating:
    """Saves what differs of each row, which is an instance or a dict with the key."""

    operation: BulkOperation = "update"
    batch = MOST_IDS

    def __init__(
        self,
        query: Query[Any],
        fields: Sequence[str] | None,
        key: str,
        on_conflict: str,
        none: Collection[object],
    ) -> None:
        self._query = query
        self._fields = fields
        self._key = key
        self._on_conflict = on_conflict
        self._none = none
        self._matching = Matching(query, [key])
        self._seen = Seen()
        self._keys: dict[int, Key] = {}
        self._found: dict[int, Any] = {}  # by the rows' places, until they are written

    def admit(self, item: BulkItem[Any]) -> None:
        """Find out which record a row is about; one that an earlier row was about is refused."""
        row, model = item.row, self._query.model
        if isinstance(row, model):
            if state_of(row).id is None:
                raise ValidationError(
                    f"{row!r} is not saved yet: bulk_update() changes records that are there."
                )
            self._seen.refuse_record(row, item.index)
            self._found[item.index] = row
        elif is_mapping(row):
            key = self._matching.key_of(row)
            self._seen.refuse_repeated(key, item.index)
            self._keys[item.index] = key
        else:
            raise ValidationError(
                f"{show(row)} is neither an instance of {model.__name__} nor a dict with its "
                f"{self._key}: give one of these."
            )

    def prepare(self, items: Sequence[BulkItem[Any]]) -> Operation[None]:
        """Look up the records of the dicts, so that only what differs is sent."""
        keys = {
            item.index: self._keys.pop(item.index) for item in items if item.index in self._keys
        }
        found = yield from self._matching.find(set(keys.values()))
        for item in items:
            key = keys.get(item.index)
            if key is None:
                continue
            yield from load_choices(
                self._query.connection, self._query.model, self._values_of(item.row)
            )
            try:
                self._found[item.index] = self._the_one(key, found[key], item.index)
            except (ValidationError, MultipleObjectsReturned, DoesNotExist) as error:
                item.fail(error)

    def _the_one(self, key: Key, found: Sequence[Any], index: int) -> Any:
        model = self._query.model
        record = only(model, key, found)
        if record is None:
            raise model.DoesNotExist(
                f"No {model.__name__} has {key}: bulk_upsert() makes what is not there."
            )
        self._seen.refuse_record(record, index)
        return record

    def write(self, item: BulkItem[Any]) -> Operation[None]:
        """Save what differs."""
        record, row = self._found.pop(item.index), item.row
        if row is record:
            return changing.save(item, record, fields=self._fields, on_conflict=self._on_conflict)
        return changing.change(item, record, self._values_of(row), on_conflict=self._on_conflict)

    def _values_of(self, row: Mapping[str, object]) -> dict[str, object]:
        """What a dict sets: all of it but the key, or what ``fields`` names."""
        fields = self._fields
        return {
            name: value
            for name, value in given(row, self._none).items()
            if name != self._key and (fields is None or name in fields)
        }


def only(model: type[M], key: Key, found: Sequence[M]) -> M | None:
    """The one record that a row is about, if there is one. Raises ``MultipleObjectsReturned``."""
    if len(found) < 2:
        return found[0] if found else None
    ids = " and ".join(str(each.id) for each in found[:2])
    raise model.MultipleObjectsReturned(
        f"{len(found)} records have {key}: {ids}{', ...' if len(found) > 2 else ''}. Merge them, "
        f"or give the id of the one that is meant to bulk_update()."
    )


def bulk(
    query: Query[M], values: Mapping[str, object], options: BulkOptions, multi: Multi = "replace"
) -> Operation[BulkReport[M]]:
    """Change every record that matches; each is accounted for."""
    options.check()
    connection, model = query.connection, query.model
    connection.check_open()
    yield from saving.check_receivers(model)
    yield from connection.mapping.ready(model, writing=True)
    yield from load_choices(connection, model, values)
    attributes = writable_attributes(query, values)  # before anything is read
    if multi != "replace":
        for attribute in attributes:
            if not attribute.is_multi:
                raise ValidationError(
                    f"{model.__name__}.{attribute.name} holds one value: add() and remove() are "
                    f"for attributes with several. Use bulk({attribute.name}=...)."
                )
    found: list[M] = []
    if values and not query.empty:
        found = yield from uncached(everything(query.replace(source=query.source or connection)))
    work = Setting(values, multi)
    return (yield from carry_out(model, connection, work, found, options))


class Setting:
    """Sets the same values on each record, adds them, or removes them."""

    operation: BulkOperation = "update"
    batch = 1

    def __init__(self, values: Mapping[str, object], multi: Multi) -> None:
        self._values = values
        self._multi: Multi = multi

    def admit(self, item: BulkItem[Any]) -> None:
        """Every record of the query is to be changed."""

    def prepare(self, items: Sequence[BulkItem[Any]]) -> Operation[None]:
        """Nothing: they were read a moment ago."""
        yield from ()

    def write(self, item: BulkItem[Any]) -> Operation[None]:
        """Save what differs."""
        return changing.change(item, item.row, self._values, multi=self._multi)
