"""A record as it was at a moment, from the history of its attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attio_orm.effects import Operation, colour, gather, run
from attio_orm.errors import NotLoadedError, ValidationError
from attio_orm.pickles import public_in
from attio_orm.records.assignment import spec_of
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.history import HistoricValue, history
from attio_orm.records.loading import CONCURRENCY, prepare
from attio_orm.records.names import RESERVED, connection_of, other_attributes, required_attribute
from attio_orm.types.base import AnyAttribute
from attio_orm.types.dates import aware

_ADVICE = "as_of() takes an aware datetime, e.g. datetime(2026, 3, 1, 10, tzinfo=UTC)."


class RecordAsOf(Mapping[str, Any]):
    """A record as it was at a moment: ``deal.as_of(moment).stage``, or ``["stage"]``. Read-only.

    What an attribute had then: its value, ``None`` for none, a list where it has several. One
    request for each attribute that is touched, once; those named in ``as_of()`` were loaded
    together. Iterating gives the names of what users set: Attio keeps no history of the rest.
    """

    def __init__(self, record: Record, moment: datetime, *, asynchronous: bool) -> None:
        self._record = record
        self._moment = moment
        self._asynchronous = asynchronous
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        attribute = required_attribute(self._record, name)
        if attribute.slug not in self._found:
            record = self._record
            if self._asynchronous:
                raise NotLoadedError(
                    f"{name} of {record!r} as of {self._moment} is not loaded, and was asked for "
                    f"by an a-method: name it, await record.aas_of(moment, {name!r})."
                )
            run(self._load([name]), "as_of()", f"await record.aas_of(moment, {name!r})")
        return self._found[attribute.slug]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in RESERVED:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self[name]

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise AttributeError(
                f"What {self._record!r} was at a moment is read-only: set {name} on the record "
                f"itself, or write_history({name!r}, ...)."
            )
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[str]:
        record = self._record
        declared = mapper_of(type(record)).attributes.values()
        for each in (*declared, *other_attributes(record)):
            if _is_set_by_users(record, each):
                yield each.name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __eq__(self, other: object) -> bool:  # that of mappings would load all of both
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<{self._record!r} as of {self._moment.isoformat()}>"

    def _load(self, names: list[str]) -> Operation[None]:
        found = yield from gather((history(self._record, each) for each in names), CONCURRENCY)
        for name, values in zip(names, found, strict=True):
            attribute = required_attribute(self._record, name)
            self._found[attribute.slug] = _at(self._moment, attribute, values)


def as_of(record: Record, moment: datetime, names: tuple[str, ...]) -> Operation[RecordAsOf]:
    """The record at a moment; what is named is loaded, side by side."""
    at = aware(moment, _ADVICE)
    if state_of(record).id is None:
        raise ValidationError(
            f"This {type(record).__name__} is not saved yet, so it was nothing at any moment: save "
            f"it first."
        )
    is_async = (yield from colour()) == "async"
    found = RecordAsOf(record, at, asynchronous=is_async)
    connection = connection_of(record)
    if names:
        if connection is not None:  # once, and not for each of them
            yield from prepare(connection, type(record))
        yield from found._load(list(dict.fromkeys(names)))  # pyright: ignore[reportPrivateUsage]
    return found


def _at(moment: datetime, attribute: AnyAttribute, values: list[HistoricValue]) -> Any:
    there = [
        each.value
        for each in values
        if each.active_from <= moment and (each.active_until is None or moment < each.active_until)
    ]
    if attribute.is_multi:
        return there
    return there[-1] if there else None  # of two that overlap, the one that came last


def _is_set_by_users(record: Record, attribute: AnyAttribute) -> bool:
    is_written = attribute.is_writable and spec_of(record, attribute).is_writable
    return is_written and not attribute.create_only


public_in("attio_orm", RecordAsOf)
