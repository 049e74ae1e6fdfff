"""``bulk_upsert()``: the record of each row is made, or changed where it differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, TypeVar

from attio_orm.effects import Operation
from attio_orm.errors import MultipleObjectsReturned, UniquenessConflictError, ValidationError
from attio_orm.guards import is_mapping
from attio_orm.jobs import changing
from attio_orm.jobs.creating import create, given
from attio_orm.jobs.items import BulkItem, BulkOperation, BulkReport
from attio_orm.jobs.matching import ID, Key, Matching, names_of
from attio_orm.jobs.run import BulkOptions, carry_out, check_rows
from attio_orm.jobs.seen import Seen
from attio_orm.jobs.updating import only, ready
from attio_orm.query.query import Query
from attio_orm.records.assignment import refuse_nameless
from attio_orm.records.base import Record
from attio_orm.records.loading import MOST_IDS
from attio_orm.wording import show
from attio_orm.writes.manager_writes import writable_attributes
from attio_orm.writes.saving import load_choices
from attio_orm.writes.upserts import build

M = TypeVar("M", bound=Record)


def bulk_upsert(
    query: Query[M],
    rows: Iterable[object],
    *,
    matching: object,
    multi: Literal["add", "replace"],
    duplicates: Literal["error", "last"],
    none: Collection[object],
    options: BulkOptions,
) -> Operation[BulkReport[M]]:
    """Create or change the record of each row."""
    options.check()
    check_rows(rows, "bulk_upsert", "dicts")
    names = names_of(matching, "bulk_upsert")
    if ID in names:
        raise ValidationError(
            "bulk_upsert() cannot match by id: Attio gives ids itself, so that a record of an id "
            "that is not there cannot be made. Use bulk_update() for records that are there."
        )
    if multi not in {"add", "replace"}:
        raise ValidationError(f'multi takes "add" or "replace", not {multi!r}.')
    if duplicates not in {"error", "last"}:
        raise ValidationError(f'duplicates takes "error" or "last", not {duplicates!r}.')
    query = yield from ready(query, "bulk_upsert")
    writable_attributes(query, names, create_only=True)
    work = Upserting(query, names, multi, none)
    given_rows = work.last_of(rows) if duplicates == "last" else rows
    return (yield from carry_out(query.model, query.connection, work, given_rows, options))


class Upserting:
    """Looks up the records of many rows at once, and sends what is missing and what differs."""

    operation: BulkOperation = "upsert"
    batch = MOST_IDS

    def __init__(
        self,
        query: Query[Any],
        names: Sequence[str],
        multi: Literal["add", "replace"],
        none: Collection[object],
    ) -> None:
        self._query = query
        self._multi: Literal["add", "replace"] = multi
        self._none = none
        self._matching = Matching(query, names)
        self._seen = Seen()
        # by the rows' places: those that a later row stands for, and what is known of the others
        self._superseded: set[int] = set()
        self._keys: dict[int, Key] = {}
        self._found: dict[int, tuple[Key, Any]] = {}

    def last_of(self, rows: Iterable[object]) -> Sequence[object]:
        """All rows, read now: which is the last of its key, only the end of them tells."""
        listed, last = list(rows), Seen()
        for index in range(len(listed) - 1, -1, -1):
            try:
                key = self._key_of(listed[index])
            except ValidationError:
                continue  # it is refused when its turn comes
            if last.first(key, index) is not None:
                self._superseded.add(index)
        return listed

    def _key_of(self, row: object) -> Key:
        if not is_mapping(row):
            raise ValidationError(
                f"{show(row)} is not a dict of the values of a {self._query.model.__name__}."
            )
        refuse_nameless(row)
        return self._matching.key_of(given(row, self._none))

    def admit(self, item: BulkItem[Any]) -> None:
        """Find out what the row is found by; a later row of one key is refused, or stands alone."""
        if item.index in self._superseded:
            item.state = "unchanged"  # a later row says what is to be
            return
        key = self._key_of(item.row)
        self._seen.refuse_repeated(key, item.index)
        self._keys[item.index] = key

    def prepare(self, items: Sequence[BulkItem[Any]]) -> Operation[None]:
        """Look up the records of these rows; a key that two have is an error of its row."""
        keys = [self._keys.pop(item.index) for item in items]
        found = yield from self._matching.find(set(keys))
        for item, key in zip(items, keys, strict=True):
            try:
                record = only(self._query.model, key, found[key])
                if record is not None:
                    self._seen.refuse_record(record, item.index)
            except (ValidationError, MultipleObjectsReturned) as error:
                item.fail(error)
            else:
                self._found[item.index] = key, record

    def write(self, item: BulkItem[Any]) -> Operation[None]:
        """Change the record of the row where it differs, or make it."""
        key, record = self._found.pop(item.index)
        values = given(item.row, self._none)
        if record is not None:
            return (yield from self._change(item, record, values))
        instance = yield from build(self._query, values)
        try:
            yield from create(item, instance)
        except UniquenessConflictError:  # somebody made it since the look: found now, or not at all
            found = yield from self._matching.find([key])
            record = only(self._query.model, key, found[key])
            if record is None:  # the conflict is about another attribute
                raise
            item.state = "waiting"
            yield from self._change(item, record, values)

    def _change(self, item: BulkItem[Any], record: Any, values: dict[str, Any]) -> Operation[None]:
        yield from load_choices(self._query.connection, self._query.model, values)
        yield from changing.change(item, record, values, multi=self._multi)
