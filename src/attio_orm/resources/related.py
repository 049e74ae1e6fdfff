"""``person.notes``: the resources of one record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Never, TypeVar

from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import NotSupportedByAttio
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.loading import INCLUDED
from attio_orm.resources import saving
from attio_orm.resources.loops import Loop
from attio_orm.resources.queries import ResourceQuerySet, read_on
from attio_orm.resources.reading import count_of, everything
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import resource_state
from attio_orm.types.references import reference_to

R = TypeVar("R", bound=Resource)


class Related(Loop[R]):
    """The resources of one class that are about one record; reading the property sends nothing.

    Where they came with an include, ``all()`` and a loop give those and send nothing.
    """

    __slots__ = ("_lookup", "_model", "_record", "_set")

    def __init__(
        self, record: Record, model: type[R], lookup: str, set: Mapping[str, object] | None = None
    ) -> None:
        """``lookup`` is the filter that means the record; ``set`` what a new one is given of it."""
        if mapper_of(type(record)).is_entry:
            raise NotSupportedByAttio(
                f"Attio has no {model.__name__}s of list entries: use those of the parent record, "
                f"entry.parent."
            )
        self._record = record
        self._model = model
        self._lookup = lookup
        self._set = set

    def _queryset(self) -> ResourceQuerySet[R]:
        reference_to(self._record)  # refused here where it is not saved
        found = self._model.objects.filter(**{self._lookup: self._record})
        return read_on(found, self._record.connection)

    @sync_method
    def all(self) -> Operation[list[R]]:
        """All of them, in the order of Attio: a request a page."""
        return self._all()

    aall = async_twin(all)

    def _all(self) -> Operation[list[R]]:
        held = included(self._record).get(self._model)
        if held is not None:
            return [each for each in held if not resource_state(each).deleted]
        session = state_of(self._record).session
        return (yield from everything(self._model, self._queryset().query, session))

    def filter(self, *conditions: Never, **lookups: object) -> ResourceQuerySet[R]:
        """Those that meet these as well, as a queryset."""
        return self._queryset().filter(*conditions, **lookups)

    def order_by(self, order: str, *more: Never) -> ResourceQuerySet[R]:
        """All of them in this order, as a queryset."""
        return self._queryset().order_by(order, *more)

    def _create(self, values: Mapping[str, object]) -> Operation[R]:
        """Make one about this record; for the ``create()`` of what Attio lets be created."""
        reference_to(self._record)
        given = {**(self._set or {self._lookup: self._record}), **values}
        state, made = state_of(self._record), self._model(**given)
        yield from saving.save(made, connection=state.connection, session=state.session)
        held = included(self._record).get(self._model)
        if held is not None and made.id is not None:
            held.append(made)
        return made

    @sync_method
    def count(self) -> Operation[int]:
        """How many there are; Attio has no count: see that of the manager."""
        held = included(self._record).get(self._model)
        if held is not None:
            return len((yield from self._all()))
        return (yield from count_of(self._model, self._queryset().query))

    acount = async_twin(count)

    def __repr__(self) -> str:
        return f"<{self._model.__name__}s of {self._record!r}: use .all(), or .filter(...)>"


def included(record: Record) -> dict[type[Resource], list[Any]]:
    """What includes brought of a record, by class; what is not in it was not included."""
    found: dict[type[Resource], list[Any]] = vars(record).get(INCLUDED, {})
    return found


def include(record: Record, model: type[Resource], found: list[Any]) -> None:
    """Note what an include brought."""
    vars(record)[INCLUDED] = {**included(record), model: found}
