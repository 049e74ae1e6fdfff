"""The whole history of one attribute, written at once, as a migration from another CRM does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from attio_sandbox.bodies import Path
from attio_sandbox.errors import (
    BODY_MESSAGE,
    Refusal,
    bad_body,
    invalid,
    missing_value,
    uniqueness_conflict,
)
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.documents import (
    INSERT_CELLS,
    Value,
    decode_values,
    encode_body,
    encode_document,
)
from attio_sandbox.records.writes import read_value
from attio_sandbox.schema import Attribute
from attio_sandbox.timestamps import read_timestamp
from attio_sandbox.values import TYPES
from attio_sandbox.values.base import Stored


class Interval(NamedTuple):
    """One value and the time it was active; `until` is None while it is."""

    value: Stored
    since: str
    until: str | None


def read_intervals(
    attribute: Attribute, given: Iterable[dict[str, Any]], changes: Changes
) -> list[Interval]:
    """Read the `values` of a body; they may come in any order and leave gaps.

    Raises the Refusal of a value that the attribute does not take, of a time that is none or is
    still to come, and of values that are active twice at one time.
    """
    found: list[Interval] = []
    for index, item in enumerate(given):
        path = ("data", "values", index)
        since = _moment(item["active_from"], (*path, "active_from"), changes.now)
        until = item["active_until"]
        if until is not None:
            until = _moment(until, (*path, "active_until"), changes.now)
            if until <= since:
                message = "active_until must be after active_from"
                raise bad_body(message, (*path, "active_until"), "custom")
        wrong = TYPES[attribute.type].form_issue(
            item["value"], (*path, "value"), attribute, changes.schema
        )
        if wrong is not None:
            raise invalid(BODY_MESSAGE, [wrong])
        value = read_value(attribute, item["value"], changes)
        if value is None:
            raise bad_body("A value of a history cannot be empty", (*path, "value"), "custom")
        found.append(Interval(value, since, until))
    _check_overlaps(attribute, found)
    return found


def _moment(text: str, path: Path, now: str) -> str:
    found = read_timestamp(text)
    if found is None:
        raise bad_body("Invalid datetime", path, "invalid_date")
    if found > now:
        raise bad_body("Dates in the future are not allowed", path, "invalid_date")
    return found


def _check_overlaps(attribute: Attribute, intervals: Sequence[Interval]) -> None:
    """Refuse what is active twice at one time: one value of many, or any of an only one."""
    # Sorted by their beginning, each has only the one before it to look at; gaps are allowed.
    ends: dict[str | int | float | None, str | None] = {}
    for interval in sorted(intervals, key=lambda interval: interval.since):
        key = interval.value.key if attribute.is_multi else None
        end = ends.get(key, "")
        if end is None or end > interval.since:
            raise _overlap(attribute)
        ends[key] = interval.until


def _overlap(attribute: Attribute) -> Refusal:
    # Codes of this endpoint alone (facts.md 0.1); what it says with them nobody has seen.
    if attribute.is_multi:
        message = (
            f'Attribute "{attribute.slug}" was given one value several times for the same time. '
            "Please end each before it begins again."
        )
        return Refusal(400, "duplicate_values", message)
    message = (
        f'Attribute "{attribute.slug}" takes one value at a time. Please end each value before the '
        "next one begins, and leave at most one of them open."
    )
    return Refusal(400, "multiple_values_for_single_value_attribute", message)


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
    # The whole of it goes, also what the body does not name (facts.md 6).
    for table in ("cells", "history"):
        database.run(
            f"DELETE FROM {table} WHERE record = ? AND attribute = ?", (num, attribute.num)
        )
    is_choice = attribute.type in ("select", "status")
    for position, (value, since, _) in enumerate(active):
        # Filters on `active_from` of a choice read its time from the cell.
        cells = value.cells._replace(s1=since) if is_choice else value.cells
        database.run(INSERT_CELLS, (num, attribute.num, position, *cells))
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
