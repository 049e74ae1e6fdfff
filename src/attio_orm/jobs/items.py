"""What became of the rows of a bulk write: one item a row, and the report of all of them."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, overload

from attio_orm.errors import OutcomeUnknownError, ValidationError
from attio_orm.pickles import public_in
from attio_orm.records.base import Record
from attio_orm.wording import show

M = TypeVar("M", bound=Record)


BulkState: TypeAlias = Literal[
    "waiting", "created", "updated", "unchanged", "deleted", "failed", "unknown", "planned"
]
"""What became of a row: written, refused, not known, or only planned in a dry run.

``unchanged`` rows needed no write. ``waiting`` rows are under way, which none is any more in the
report of a run that has ended.
"""

ENDS: Final[tuple[BulkState, ...]] = (
    "created", "updated", "unchanged", "deleted", "failed", "unknown", "planned",
)  # fmt: skip

Keep: TypeAlias = Literal["all", "errors", "none"]

BulkOperation: TypeAlias = Literal["create", "update", "upsert", "delete"]

_DONE: Final[Mapping[BulkOperation, str]] = {
    "create": "created",
    "update": "updated",
    "upsert": "created or updated",
    "delete": "deleted",
}


@dataclass(slots=True)
class BulkItem(Generic[M]):
    """What became of one row: the instance, or the error that kept it from being written.

    Both, where it was written and a ``post_save`` receiver failed after it. ``index`` is its place
    among the rows, ``requests`` how many were sent for it alone, repeats included.
    """

    row: Any
    instance: M | None = None
    error: Exception | None = None
    index: int = 0
    state: BulkState = "waiting"
    requests: int = 0

    @property
    def is_error(self) -> bool:
        """Whether something went wrong with the row."""
        return self.error is not None or self.state in ("failed", "unknown")

    def fail(self, error: Exception) -> None:
        """Note that the row was refused; nothing of it was written."""
        self.error, self.state = error, "failed"

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        for name, value in state[1].items():
            setattr(self, name, value)
        if "state" not in state[1]:  # pickles made until 0.1 have the first three only
            self.index = self.requests = 0
            is_unknown = isinstance(self.error, OutcomeUnknownError)
            self.state = "unknown" if is_unknown else "failed"
            if self.instance is not None:
                self.state = "created"


class BulkReport(Sequence[BulkItem[M]], Generic[M]):
    """What became of the rows, in the order they came.

    ``counts`` says how many came to each state, whatever was kept; all else is about the items that
    were: see ``keep`` of ``bulk_create()``. ``elapsed`` is in seconds; ``eta`` the seconds that
    were expected before the first write, ``None`` where nobody could tell. Whatever ends a run has
    its report as ``error.report``: an error, Ctrl-C, a cancellation. Rows that were under way are
    ``unknown`` then, and those that were not taken yet are not in it.
    """

    # what pickles of before do not have: they kept all items, of rows that were created
    _counts: Mapping[BulkState, int] | None = None
    operation: BulkOperation = "create"
    eta: float | None = None

    def __init__(
        self,
        items: list[BulkItem[M]],
        elapsed: float,
        counts: Mapping[BulkState, int] | None = None,
        *,
        operation: BulkOperation = "create",
        eta: float | None = None,
    ) -> None:
        self._items = items
        self._counts = counts
        self.elapsed = elapsed
        self.operation = operation
        self.eta = eta

    @property
    def counts(self) -> dict[BulkState, int]:
        """How many rows came to each state; together, how many were read."""
        told = self._counts
        counts = Counter(item.state for item in self._items) if told is None else told
        return {state: counts.get(state, 0) for state in ENDS}

    @property
    def created(self) -> Sequence[M]:
        """The instances that were made, those included whose ``post_save`` receiver failed.

        Raises ``ValidationError`` where they were not kept, as all of these do.
        """
        return self._instances("created")

    @property
    def updated(self) -> Sequence[M]:
        """The instances that were changed in Attio."""
        return self._instances("updated")

    @property
    def unchanged(self) -> Sequence[M]:
        """The instances for which nothing had to be sent."""
        return self._instances("unchanged")

    @property
    def deleted(self) -> Sequence[M]:
        """The instances that were deleted, or were gone already."""
        return self._instances("deleted")

    @property
    def planned(self) -> Sequence[M]:
        """The instances that a dry run did not write."""
        return self._instances("planned")

    @property
    def failed(self) -> Sequence[BulkItem[M]]:
        """The rows that were refused, or not sent any more; nothing of them is in Attio."""
        return self._of("failed")

    @property
    def unknown(self) -> Sequence[BulkItem[M]]:
        """The rows that were sent and got no answer: look before sending them again."""
        return self._of("unknown")

    def _instances(self, state: BulkState) -> Sequence[M]:
        return [item.instance for item in self._of(state) if item.instance is not None]

    def _of(self, state: BulkState) -> Sequence[BulkItem[M]]:
        found = [item for item in self._items if item.state == state]
        number = self.counts[state]
        if len(found) < number:
            keep = "errors" if state in ("failed", "unknown") else "all"
            raise ValidationError(
                f"The {state} rows ({number:,}) were not kept: report.counts has their number "
                f'alone. Call bulk_{self.operation}(..., keep="{keep}") to have each of them here.'
            )
        return found

    def raise_for_errors(self) -> None:
        """Raise an ``ExceptionGroup`` of all errors, where there are any.

        Raises ``ValidationError`` where there were some that were not kept.
        """
        unknown = len(self.unknown)
        self._of("failed")  # so that all of them are here
        errors = [item.error for item in self._items if item.error is not None]
        if errors:
            perhaps = f", {unknown} of them perhaps all the same" if unknown else ""
            rows = sum(self.counts.values())
            done = _DONE[self.operation]
            raise ExceptionGroup(f"{len(errors)} of {rows} rows were not {done}{perhaps}", errors)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the items as a CSV file: ``index, state, record_id, requests, error, row``.

        The file is there whole or not at all. Text that a spreadsheet would take for a formula has
        an apostrophe before it. Raises ``OSError``.
        """
        target = Path(path)
        # beside it: only within one file system is a file given its name in one step
        with NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=target.parent, prefix=".report-", delete=False
        ) as file:
            try:
                lines = csv.writer(file)
                lines.writerow(["index", "state", "record_id", "requests", "error", "row"])
                for item in self._items:
                    record_id = None if item.instance is None else item.instance.id
                    error = "" if item.error is None else str(item.error)
                    told = [item.index, item.state, record_id or "", item.requests]
                    lines.writerow([*told, _plain(error), _plain(show(item.row))])
                file.close()
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    @overload
    def __getitem__(self, index: int) -> BulkItem[M]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[BulkItem[M]]: ...
    def __getitem__(self, index: int | slice) -> BulkItem[M] | Sequence[BulkItem[M]]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        counts = self.counts
        always = {"create": ("created",), "update": ("updated",), "delete": ("deleted",)}
        shown = always.get(self.operation, ("created", "updated"))
        told = [
            f"{number} {state}"
            for state, number in counts.items()
            if number or state in (*shown, "failed", "unknown")
        ]
        return f"<BulkReport: {', '.join(told)}, {self.elapsed:.1f} s>"


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


public_in("attio_orm", BulkItem, BulkReport)  # where users import them from
