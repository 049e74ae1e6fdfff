"""What a bulk write does with its rows: the protocol of its kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from attio_orm.effects import Operation
from attio_orm.jobs.items import BulkItem, BulkOperation
from attio_orm.records.base import Record

M = TypeVar("M", bound=Record)


class Work(Protocol[M]):
    """One kind of bulk write: what is done with a row, and what with many before.

    Each step may end a row: by its ``state``, which is ``waiting`` until then.
    """

    @property
    def operation(self) -> BulkOperation:
        """What the run is called."""
        ...

    @property
    def batch(self) -> int:
        """How many rows are looked up together; 1 where none is."""
        ...

    def admit(self, item: BulkItem[M]) -> None:
        """Look at a row as it is taken; rows come here one at a time and in their order."""
        ...

    def prepare(self, items: Sequence[BulkItem[M]]) -> Operation[None]:
        """Read what is to be known of these rows; what it raises fails those that wait.

        ``UnsupportedLookup`` ends the run: no row can be looked up so.
        """
        ...

    def write(self, item: BulkItem[M]) -> Operation[None]:
        """Send what one row needs, and note what became of it."""
        ...
