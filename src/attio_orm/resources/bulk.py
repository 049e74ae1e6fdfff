"""``bulk_create()`` of resources: what one row takes; the run is that of all bulk work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import OutcomeUnknownError, ValidationError
from attio_orm.guards import is_mapping
from attio_orm.jobs.items import BulkItem, BulkOperation, BulkReport
from attio_orm.jobs.run import BulkOptions, carry_out, check_rows
from attio_orm.resources import saving
from attio_orm.resources.base import BaseResource
from attio_orm.resources.query import Query, connection_of
from attio_orm.wording import show


def bulk_create(
    model: type[BaseResource],
    rows: Iterable[BaseResource | Mapping[str, object]],
    given: BaseConnection | None,
    options: BulkOptions,
) -> Operation[BulkReport[Any]]:
    """Create one for each row."""
    options.check()
    check_rows(rows, "bulk_create", "instances or dicts")
    connection = connection_of(Query(connection=given))
    kind: Any = model  # a report is of records and of resources
    return (yield from carry_out(kind, connection, _Creating(model, connection), rows, options))


class _Creating:
    """Makes a resource of each row, which is an instance or a dict of its values."""

    operation: BulkOperation = "create"
    batch = 1

    def __init__(self, model: type[BaseResource], connection: BaseConnection) -> None:
        self._model = model
        self._connection = connection
        # weakly: of a generator's rows, one that has ended gives its number to another
        self._instances: WeakValueDictionary[int, BaseResource] = WeakValueDictionary()

    def admit(self, item: BulkItem[Any]) -> None:
        """Refuse what nothing can be made of, and an instance that was a row before."""
        row, model = item.row, self._model
        if isinstance(row, model):
            if id(row) in self._instances:  # first: it may have been made by now
                raise ValidationError(
                    f"{row!r} is among the rows twice: leave it out, or give a second instance."
                )
            if row.id is not None:
                raise ValidationError(f"{row!r} exists already: bulk_create() makes new ones.")
            self._instances[id(row)] = row
        elif not is_mapping(row):
            raise ValidationError(
                f"{show(row)} is neither an instance of {model.__name__} nor a dict of its values: "
                f"give one of these."
            )

    def prepare(self, items: Sequence[BulkItem[Any]]) -> Operation[None]:
        """Nothing: a new one needs no look at others."""
        yield from ()

    def write(self, item: BulkItem[Any]) -> Operation[None]:
        """Make what one row says."""
        row = item.row
        instance: Any = row if isinstance(row, self._model) else self._model(**row)
        try:
            yield from saving.save(instance, connection=self._connection)
        except OutcomeUnknownError:
            item.state = "unknown"
            raise
        except BaseException:
            if instance.id is not None:  # it is there, whatever a receiver made of it
                item.instance, item.state = instance, "created"
            raise
        item.instance = instance
        item.state = "planned" if instance.id is None else "created"
