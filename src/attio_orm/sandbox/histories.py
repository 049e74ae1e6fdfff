"""The whole history of one attribute, written at once, as a migration from another CRM does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from attio_orm.sandbox.bodies import Path
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.documents import (
    Value,
    decode_values,
    encode_body,
    encode_document,
)
from attio_orm.sandbox.errors import (
    BODY_MESSAGE,
    Issue,
    Refusal,
    invalid,
    missing_value,
    uniqueness_conflict,
)
from attio_orm.sandbox.schema import Attribute
from attio_orm.sandbox.timestamps import read_timestamp
from attio_orm.sandbox.values.base import Stored
from attio_orm.sandbox.values.registry import TYPES

_INSERT_CELLS = "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Interval(NamedTuple):
    """One value and the time it was active; `until` is None while it is."""

    value: Stored
    since: str
    until: str | None


def read_intervals(
    attribute: Attribute, given: Iterable[dict[str, Any]], changes: Changes
) -> list[Interval]:
    """Read the `values` of a body; they may come in any order and leave gaps.

    Raises the Refusal of a value that the attribute does not take, of a time that is none, and
    of one value that begins before the one in front of it has ended, where there can be one.
    """
    found: list[Interval] = []
    for index, item in enumerate(given):
        path = ("data", "values", index)
        since = _moment(item["active_from"], (*path, "active_from"))
        until = item["active_until"]
        if until is not None:
            until = _moment(until, (*path, "active_until"))
            if until <= since:
                raise _issue((*path, "active_until"), "active_until must be after active_from")
        try:
            value = TYPES[attribute.type].read(item["value"], attribute, changes)
        except Refusal as refusal:
            refusal.issues = tuple(
                issue._replace(path=(*path, "value", *issue.path[3:])) for issue in refusal.issues
            )
            raise
        if value is None:
            raise _issue((*path, "value"), "A value of a history cannot be empty")
        found.append(Interval(value, since, until))
    _check_overlaps(attribute, found)
    return found


def _moment(text: str, path: Path) -> str:
    found = read_timestamp(text)
    if found is None:
        raise _issue(path, "Invalid datetime", "invalid_date")
    return found


def _check_overlaps(attribute: Attribute, intervals: Sequence[Interval]) -> None:
    """Refuse what is active twice at one time: one value of many, or any of an only one."""
    ends: dict[str | int | float | None, str | None] = {}
    for interval in sorted(intervals, key=lambda interval: interval.since):
        key = interval.value.key if attribute.is_multi else None
        end = ends.get(key, "")
        if end is None or end > interval.since:
            raise _issue(("data", "values"), "Intervals of active values must not overlap")
        ends[key] = interval.until


def _issue(path: Path, message: str, code: str = "custom") -> Refusal:
    return invalid(BODY_MESSAGE, [Issue(code, path, message)])


def replace_history(
    changes: Changes, num: int, attribute: Attribute, intervals: Sequence[Interval]
) -> None:
    """Make `intervals` all values that record or entry `num` has and had for an attribute.

    No event is noted: Attio tells no webhook of these writes. Raises the Refusal of a unique
    value in use and of a required attribute left without a value.
    """
    active = [interval for interval in intervals if interval.until is None]
    if attribute.is_required and not active:
        raise missing_value(attribute.id)
    if attribute.is_unique:
        for interval in active:
            if any(other != num for other, _ in changes.matching(attribute, interval.value)):
                raise uniqueness_conflict(attribute.slug)
    database = changes.database
    for table in ("cells", "history"):
        database.run(
            f"DELETE FROM {table} WHERE record = ? AND attribute = ?", (num, attribute.num)
        )
    is_choice = attribute.type in ("select", "status")
    for position, (value, since, _) in enumerate(active):
        # Filters on `active_from` of a choice read its time from the cell.
        cells = value.cells._replace(s1=since) if is_choice else value.cells
        database.run(_INSERT_CELLS, (num, attribute.num, position, *cells))
    database.run_many(
        "INSERT INTO history (record, attribute, active_from, active_until, actor, body)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (num, attribute.num, since, until, changes.actor, encode_body(value.body))
            for value, since, until in intervals
            if until is not None
        ],
    )
    document = decode_values(database.row("SELECT doc FROM records WHERE num = ?", (num,))[0])
    document.pop(attribute.num, None)
    if active:
        document[attribute.num] = [
            Value(interval.since, changes.actor, interval.value.body) for interval in active
        ]
    database.run("UPDATE records SET doc = ? WHERE num = ?", (encode_document(document), num))
