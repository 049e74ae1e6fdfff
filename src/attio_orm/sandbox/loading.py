"""Many records or entries in one transaction, through the code of single writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.errors import Refusal
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.schema import Holder
from attio_orm.sandbox.writes import create

# How many documents of related records are held before they are stored.
BATCH = 5_000


def load_records(
    changes: Changes,
    object_slug: str,
    rows: Iterable[Mapping[str, Any]],
    ids: Ids,
    moment: datetime,
) -> list[str]:
    """Create a record for each row of input values and give their ids in order.

    Raises ValueError naming the row that Attio would refuse.
    """
    object_ = changes.schema.find_object(object_slug)
    if object_ is None:
        raise ValueError(f"There is no object {object_slug!r}; define it with define_object().")
    return _load(changes, object_, ((None, values) for values in rows), ids, moment)


def load_entries(
    changes: Changes,
    list_slug: str,
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    ids: Ids,
    moment: datetime,
) -> list[str]:
    """Create an entry for each parent record id and input values, and give their ids in order.

    Raises ValueError naming the row that Attio would refuse.
    """
    list_ = changes.schema.find_list(list_slug)
    if list_ is None:
        raise ValueError(f"There is no list {list_slug!r}; define it with define_list().")
    object_num = list_.parent

    def with_numbers() -> Iterator[tuple[int, Mapping[str, Any]]]:
        for index, (parent, values) in enumerate(rows):
            number = changes.record_number(object_num, parent)
            if number is None:
                raise ValueError(f"Row {index} of {list_slug!r}: there is no record {parent!r}.")
            yield number, values

    return _load(changes, list_, with_numbers(), ids, moment)


def _load(
    changes: Changes,
    holder: Holder,
    rows: Iterable[tuple[int | None, Mapping[str, Any]]],
    ids: Ids,
    moment: datetime,
) -> list[str]:
    keys: list[str] = []
    for index, (parent, values) in enumerate(rows):
        key = ids.new()
        try:
            create(changes, holder, values, key, moment=moment, parent=parent)
        except Refusal as refusal:
            details = "".join(f" {i.message} at {i.path}." for i in refusal.issues)
            raise ValueError(
                f"Row {index} of {holder.slug!r} was refused: {refusal.message}{details}"
            ) from refusal
        keys.append(key)
        if index % BATCH == BATCH - 1:
            changes.flush()
    changes.flush()
    return keys
