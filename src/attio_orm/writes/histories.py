"""The whole history of one attribute, written at once: what a migration brings along."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw, Struct

from attio_orm.api.base import Json
from attio_orm.effects import Operation
from attio_orm.errors import NotFoundError, Problem, ReadOnlyAttributeError, ValidationError
from attio_orm.guards import is_several
from attio_orm.records.assignment import accept, know_titles, prefixed, refuse_foreign, spec_of
from attio_orm.records.base import Record, object_of, state_of
from attio_orm.records.history import lost, resolved
from attio_orm.records.loading import LoadContext, absorb, context_for, gone
from attio_orm.records.rows import Row, RowId, endpoint_of, split
from attio_orm.records.state import items, several
from attio_orm.transport.dry_run import NotSent
from attio_orm.types.base import CHOICES, AnyAttribute, AttributeSchema
from attio_orm.types.dates import aware
from attio_orm.types.references import REFERENCE
from attio_orm.types.timestamps import format_timestamp
from attio_orm.writes import settling
from attio_orm.writes.saving import noting

MOST_VALUES = 400
"""How many values Attio takes as one history."""

_AHEAD = timedelta(minutes=1)  # so much may a clock here be behind Attio's, which has the last word
_ADVICE = "give an aware datetime, e.g. datetime(2026, 3, 1, 10, tzinfo=UTC)."


class Past(Struct, frozen=True):
    """One value of a history that is to be written: what tells it apart, its JSON, its time."""

    key: Hashable
    json: Any
    since: datetime
    until: datetime | None


def write_history(
    record: Record, name: str, values: Iterable[Sequence[Any]], replace: object
) -> Operation[None]:
    """Replace every value that one attribute has and had; all rules are checked before."""
    if replace is not True:
        raise ValidationError(
            f"write_history() takes replace=True alone, not {replace!r}: Attio replaces the whole "
            f"history, and a value that is not among those you give is gone."
        )
    state = state_of(record)
    if state.deleted:
        raise gone(record)
    if state.id is None:
        raise ValidationError(
            f"This {type(record).__name__} is not saved yet, so it has no history: save it first."
        )
    context = yield from context_for(record)
    connection = context.connection
    yield from connection.mapping.ready(type(record), writing=True)
    attribute = yield from resolved(record, name, connection)
    _refuse_without_history(record, attribute)
    given = list(values)
    if attribute.type in CHOICES:
        firsts = [next(iter(each), None) for each in given if is_several(each)]
        titles = [each for each in firsts if isinstance(each, str)]
        yield from know_titles(connection, object_of(record), attribute.slug, titles)
    past = _checked(record, attribute, given, context)
    sent = [
        {
            "value": each.json,
            "active_from": format_timestamp(each.since),
            "active_until": None if each.until is None else format_timestamp(each.until),
        }
        for each in past
    ]
    spans = [(each.key, each.since, each.until) for each in past]
    settle = settling.of_history(record, context, attribute, spans)
    try:
        with noting(record):
            answer = yield from endpoint_of(object_of(record)).write_values(
                connection.transport, state.id, attribute.slug, sent, settle
            )
    except NotFoundError as error:
        raise (yield from lost(record, connection, attribute, error)) from error
    if not isinstance(answer, NotSent):
        _take(record, context, attribute, answer)


# -- check ----------------------------------------------------------------------------------------


def _refuse_without_history(record: Record, attribute: AnyAttribute) -> None:
    """Raise for what Attio takes no history of, as far as that is known here."""
    spec = spec_of(record, attribute)
    where = f"{type(record).__name__}.{attribute.name}"
    if not spec.is_writable or not attribute.is_writable or attribute.create_only:
        raise ReadOnlyAttributeError(
            f"{where} is set by Attio, or once for all, so no history of it can be written: leave "
            f"it out."
        )
    is_pair = isinstance(spec, AttributeSchema) and spec.relationship is not None
    if attribute.type == REFERENCE and is_pair:
        raise ValidationError(
            f"{where} is a relationship: Attio takes no history of those. Set it, and save()."
        )


def _checked(
    record: Record, attribute: AnyAttribute, given: Sequence[object], context: LoadContext
) -> list[Past]:
    """The values as they are to be sent. Raises one ``ValidationError`` with all that is wrong."""
    if not 1 <= len(given) <= MOST_VALUES:
        advice = "Leave out older ones" if given else "To clear it, set it to None and save()"
        raise ValidationError(
            f"write_history() takes 1 to {MOST_VALUES} values, as Attio does, and got "
            f"{len(given):,}. {advice}.",
            attribute=attribute.name,
        )
    problems: list[Problem] = []
    found: list[Past] = []
    latest = datetime.now(UTC) + _AHEAD
    for at, each in enumerate(given):
        try:
            found.append(_one(record, attribute, each, latest, context))
        except ValidationError as error:
            for problem in prefixed(error, attribute.name, each).problems:
                problems.append(
                    Problem(problem.attribute, f"values[{at}]: {problem.message}", problem.value)
                )
    if not problems:
        problems += _overlapping(attribute, found)
    if problems:
        raise ValidationError(problems)
    return found


def _one(
    record: Record, attribute: AnyAttribute, given: Any, latest: datetime, context: LoadContext
) -> Past:
    # of 4: a HistoricValue, whose actor Attio sets itself
    parts: list[Any] = list(given) if is_several(given) else []
    if len(parts) not in (3, 4):
        raise ValidationError("give (value, active_from, active_until), or a HistoricValue.")
    value, since, until = parts[:3]
    accepted = accept(record, attribute, [value] if attribute.is_multi else value, final=True)
    there = several(accepted)
    if attribute.type == REFERENCE:
        refuse_foreign(context.connection, there)
    item = next(iter(items(attribute, there)), None)
    if item is None or item.json == "":
        raise ValidationError(
            "a value of a history cannot be empty: leave a gap between two values instead."
        )
    if since is None:
        raise ValidationError(f"active_from is needed of each value: {_ADVICE}")
    begins = aware(since, f"active_from is a moment: {_ADVICE}")
    ends = None if until is None else aware(until, f"active_until is a moment, or None: {_ADVICE}")
    if ends is not None and ends <= begins:
        raise ValidationError(
            f"active_until ({ends}) has to be after active_from: give a later one."
        )
    for name, moment in (("active_from", begins), ("active_until", ends)):
        if moment is not None and moment > latest:
            raise ValidationError(
                f"{name} ({moment}) is in the future, which Attio refuses: give one that is past."
            )
    return Past(item.key, item.json, begins, ends)


def _overlapping(attribute: AnyAttribute, found: Sequence[Past]) -> list[Problem]:
    """What is there twice at one time: one value of several, or any of an only one."""
    last: dict[Hashable, Past] = {}
    problems: list[Problem] = []
    for each in sorted(found, key=lambda each: each.since):
        key = each.key if attribute.is_multi else None
        before = last.get(key)
        if before is not None and (before.until is None or before.until > each.since):
            what = "is open" if before.until is None else f"ends at {before.until}"
            problems.append(
                Problem(
                    attribute.name,
                    f"two values overlap: the one from {before.since} {what}, and the next begins "
                    f"at {each.since}. Give each an end before the next begins.",
                )
            )
        last[key] = each
    return problems


# -- absorb ---------------------------------------------------------------------------------------


def _take(
    record: Record, context: LoadContext, attribute: AnyAttribute, answer: Sequence[Json]
) -> None:
    """Let the record have what is active by now; what the user changed of it stays changed."""
    state = state_of(record)
    if state.id is None or state.values is None:
        return  # made by ref(), and not loaded yet
    active = [each for each in answer if each.get("active_until") is None]
    values = {**split(state.values), attribute.slug: Raw(msgspec.json.encode(active))}
    row = Row(RowId(state.id), state.created_at, state.web_url, Raw(msgspec.json.encode(values)))
    row.asked = state.as_of  # the rest of it is no newer than it was
    absorb(record, row, context)
