"""What rows of one bulk write were about already: one record is changed by one row."""

from __future__ import annotations

from collections.abc import Hashable

from attio_orm.errors import ValidationError
from attio_orm.jobs.matching import Key
from attio_orm.records.base import Record


class Seen:
    """The keys of the rows so far, and the records, with the place of the first that had each."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, Hashable], int] = {}
        self._records: dict[str | None, int] = {}

    def first(self, key: Key, index: int) -> int | None:
        """Note the key of a row; gives the place of an earlier row that has one of its values."""
        places = [(key.name, hashed) for hashed in key.hashes]
        earlier = [at for each in places if (at := self._keys.get(each)) is not None]
        for each in places:
            self._keys.setdefault(each, index)
        return min(earlier, default=None)

    def refuse_repeated(self, key: Key, index: int) -> None:
        """Raise ``ValidationError`` where an earlier row has the key."""
        first = self.first(key, index)
        if first is not None:
            raise ValidationError(
                f"The row has the same {key} as the row at index {first}: which of the two is "
                f"meant? Give each record once."
            )

    def refuse_record(self, record: Record, index: int) -> None:
        """Raise ``ValidationError`` where another row is about the same record, by another key.

        Two that change one instance side by side would take each other's values for theirs.
        """
        first = self._records.setdefault(record.id, index)
        if first != index:
            raise ValidationError(
                f"The row is about {record!r}, and so is the row at index {first}: which of the "
                f"two is meant? Give each record once."
            )
