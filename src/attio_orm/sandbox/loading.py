"""Many records in one transaction, through the code of single writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.errors import Refusal
from attio_orm.sandbox.ids import Ids
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
    keys: list[str] = []
    for index, values in enumerate(rows):
        key = ids.new()
        try:
            create(changes, object_, values, key, moment=moment)
        except Refusal as refusal:
            details = "".join(f" {i.message} at {i.path}." for i in refusal.issues)
            raise ValueError(
                f"Row {index} of {object_slug!r} was refused: {refusal.message}{details}"
            ) from refusal
        keys.append(key)
        if index % BATCH == BATCH - 1:
            changes.flush()
    changes.flush()
    return keys
