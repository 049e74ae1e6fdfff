"""Many records or entries in one transaction, through the code of single writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attio_sandbox.errors import Refusal
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.transactions import Transaction
from attio_sandbox.records.writes import create
from attio_sandbox.schema import Collection

# How many documents of related records are held before they are stored: more take memory, fewer
# write the document of a company again for each of its people.
BATCH = 5_000


def load_records(
    transaction: Transaction, object_slug: str, rows: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Create a record for each row of input values and give their ids in order.

    Raises ValueError naming the row that Attio would refuse.
    """
    object_ = transaction.schema.find_object(object_slug)
    if object_ is None:
        raise ValueError(f"There is no object {object_slug!r}; define it with define_object().")
    return _load(transaction, object_, ((None, values) for values in rows))


def load_entries(
    transaction: Transaction, list_slug: str, rows: Iterable[tuple[str, Mapping[str, Any]]]
) -> list[str]:
    """Create an entry for each parent record id and input values, and give their ids in order.

    Raises ValueError naming the row that Attio would refuse.
    """
    list_ = transaction.schema.find_list(list_slug)
    if list_ is None:
        raise ValueError(f"There is no list {list_slug!r}; define it with define_list().")
    object_num, changes = list_.parent, transaction.changes()

    def with_numbers() -> Iterator[tuple[int, Mapping[str, Any]]]:
        for index, (parent, values) in enumerate(rows):
            number = changes.record_number(object_num, parent)
            if number is None:
                raise ValueError(f"Row {index} of {list_slug!r}: there is no record {parent!r}.")
            yield number, values

    return _load(transaction, list_, with_numbers())


def _load(
    transaction: Transaction,
    collection: Collection,
    rows: Iterable[tuple[int | None, Mapping[str, Any]]],
) -> list[str]:
    keys: list[str] = []
    # Without events: whoever fills a workspace for a test has no webhooks told of it.
    changes = Changes(
        transaction.database,
        transaction.schema,
        transaction.now,
        transaction.actor,
        reserved_emails=transaction.reserved_emails,
    )
    for index, (parent, values) in enumerate(rows):
        key = transaction.ids.new()
        try:
            create(changes, collection, values, key, moment=transaction.moment, parent=parent)
        except Refusal as refusal:
            message = f"Row {index} of {collection.slug!r} was refused: {refusal.explained}"
            raise ValueError(message) from refusal
        keys.append(key)
        if index % BATCH == BATCH - 1:
            changes.flush()
    changes.flush()
    return keys
