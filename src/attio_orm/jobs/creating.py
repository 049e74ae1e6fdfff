"""``bulk_create()``: a new record for each row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from attio_orm.effects import Operation
from attio_orm.errors import ValidationError
from attio_orm.guards import is_mapping
from attio_orm.jobs.items import BulkItem, BulkOperation, BulkReport
from attio_orm.jobs.run import BulkOptions, carry_out, check_rows
from attio_orm.query.query import Query
from attio_orm.records.base import Record, state_of
from attio_orm.wording import show
from attio_orm.writes import creations, saving
from attio_orm.writes.upserts import adopt, build, make

M = TypeVar("M", bound=Record)


def bulk_create(
    query: Query[M], rows: Iterable[object], none: Collection[object], options: BulkOptions
) -> Operation[BulkReport[M]]:
    """Create a record for each row."""
    options.check()
    check_rows(rows, "bulk_create", "instances or dicts")
    model, connection = query.model, query.connection
    connection.check_open()
    query = query.replace(source=connection)  # for all rows, whatever is current by then
    yield from saving.check_receivers(model)
    yield from connection.mapping.ready(model, writing=True)
    return (yield from carry_out(model, connection, Creating(query, none), rows, options))


class Creating:
    """Makes a record of each row, which is an instance or a dict of its values."""

    operation: BulkOperation = "create"
    batch = 1

    def __init__(self, query: Query[Any], none: Collection[object]) -> None:
        self._query = query
        self._none = none
        # weakly: of a generator's rows, one that has ended gives its number to another
        self._instances: WeakValueDictionary[int, Record] = WeakValueDictionary()

    def admit(self, item: BulkItem[Any]) -> None:
        """Refuse what no record can be made of, and an instance that was a row before."""
        row, model = item.row, self._query.model
        if not isinstance(row, model):
            if not is_mapping(row):
                raise ValidationError(
                    f"{show(row)} is neither an instance of {model.__name__} nor a dict of its "
                    f"values: give one of these."
                )
            return
        # by ``id()``, as what is not saved has no hash; first, as it may have been made by now
        if id(row) in self._instances:
            raise ValidationError(
                f"{row!r} is among the rows twice, and one instance is one record: leave it out, "
                f"or give a second instance."
            )
        if state_of(row).id is not None:
            raise ValidationError(f"{row!r} exists already: bulk_create() makes new records.")
        self._instances[id(row)] = row

    def prepare(self, items: Sequence[BulkItem[Any]]) -> Operation[None]:
        """Nothing: a new record needs no look at others."""
        yield from ()

    def write(self, item: BulkItem[Any]) -> Operation[None]:
        """Make the record of one row."""
        row: Any = item.row
        if is_mapping(row):
            instance = yield from build(self._query, given(row, self._none))
        else:
            instance = row
            yield from adopt(instance, self._query)
        yield from create(item, instance)


def create(item: BulkItem[M], instance: M) -> Operation[None]:
    """Save a new record; notes on the item what became of it."""
    state = state_of(instance)
    try:
        yield from creations.saved(instance, lambda: saving.save(instance, make=make))
    finally:
        if state.id is not None:  # it is there, whatever a receiver made of it
            item.instance, item.state = instance, "created"
        else:
            item.state = "failed" if state.unanswered is None else "unknown"
    if state.id is None:
        item.instance, item.state = instance, "planned"


def given(row: Mapping[str, object], none: Collection[object]) -> dict[str, object]:
    """The values of a row, without those that count as no value."""
    if not none:
        return dict(row)
    return {name: value for name, value in row.items() if not _is_none(value, none)}


def _is_none(value: object, none: Collection[object]) -> bool:
    for each in none:
        if value is each or (type(value) is type(each) and value == each):
            return True
        # not a number is not equal to itself; numpy's is a float as well
        if isinstance(each, float) and each != each and isinstance(value, float) and value != value:
            return True
    return False
