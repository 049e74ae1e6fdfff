"""Whether a write arrived, by the traces that it leaves: pure functions, which ask for nothing.

A write is carried out as a whole: what one attribute proves holds for all of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from msgspec import Raw, Struct

from attio_orm.api.base import Json
from attio_orm.records import rows
from attio_orm.records.state import Base, key_of
from attio_orm.transport.decoding import plain
from attio_orm.types.base import AnyAttribute, convert
from attio_orm.types.choices import Option
from attio_orm.types.locations import Location
from attio_orm.types.phones import PhoneNumber
from attio_orm.types.timestamps import parse_timestamp


class Trace(Enum):
    """What one attribute says of a write."""

    ARRIVED = "what was sent is, or was, there"
    MISSING = "it can not have been there"
    SAME = "it reads as sent, and did so before"
    NO_GAP = "what others wrote left no gap for it, of a millisecond at least"
    UNCLEAR = "nothing can be told by it"
    PAST = "its history can tell"


class Span(Struct, frozen=True):
    """One value and the time it was there; ``names`` are all that it may have been sent as."""

    names: frozenset[Hashable]
    since: datetime | None
    until: datetime | None = None

    def is_same(self, other: Span) -> bool:
        """Whether both are one row: nobody wrote in between."""
        return self.since == other.since and bool(self.names & other.names)

    def begins(self, at: datetime | None) -> bool:
        """Whether it begins at that moment or after it."""
        return at is not None and self.since is not None and self.since >= at


class Sent:
    """What one write sends of an attribute: the values by what tells each apart.

    ``adds``: to a list, whose other values stay. ``base`` is what was loaded before.
    """

    __slots__ = ("adds", "attribute", "base", "keys")

    # not a struct: declared in a class body, an attribute is a descriptor to type checkers
    def __init__(
        self, attribute: AnyAttribute, keys: Sequence[Hashable], base: Base, *, adds: bool = False
    ) -> None:
        self.attribute = attribute
        self.keys = keys
        self.base = base
        self.adds = adds


class Looked(Struct, frozen=True):
    """What was sent of an attribute, as it may read: ``wanted`` has the names of each value.

    ``loaded`` is ``None`` where that is not known. ``before`` is a moment before which nothing of
    the write can have begun. ``is_vague``: Attio may have made something else of a value.
    """

    is_multi: bool
    adds: bool
    wanted: Sequence[frozenset[Hashable]]
    loaded: Sequence[Span] | None
    before: datetime | None
    is_vague: bool = False


# -- values ---------------------------------------------------------------------------------------


def spans(attribute: AnyAttribute, raw: Raw | None) -> list[Span]:
    """The values of one attribute as a record has them."""
    return history(attribute, plain(raw) or ()) if raw is not None else []


def history(attribute: AnyAttribute, wires: Iterable[Json]) -> list[Span]:
    """The values of one attribute, past ones among them, by the time they began."""
    found = [
        Span(_names(attribute, value), _moment(wire, "active_from"), _moment(wire, "active_until"))
        for wire in wires
        for value in convert([wire])
    ]
    return found


def _moment(wire: Json, name: str) -> datetime | None:
    text = wire.get(name)
    with suppress(ValueError):
        return parse_timestamp(text) if isinstance(text, str) else None
    return None


def _names(attribute: AnyAttribute, value: Any) -> frozenset[Hashable]:
    """All that a value may have been sent as, when it reads like this."""
    key = key_of(attribute)
    names = {key(value)}
    if isinstance(value, Option):  # by its id as well as by its title
        names.add(value.id)
    elif isinstance(value, PhoneNumber):  # a national one, with its country
        country = value.country_code
        names.add(key(PhoneNumber(value.original_phone_number, country_code=country)))
    elif isinstance(value, Location):  # a text, of which Attio made it
        names |= {str(value), value.locality, value.line_1} - {None}
    return frozenset(names)


def names_of(attribute: AnyAttribute, key: Any) -> frozenset[Hashable]:
    """All that a value may read as which was sent with this key."""
    if attribute.type == "timestamp":  # Attio's own moments end at milliseconds
        return frozenset({key, key.replace(microsecond=key.microsecond // 1000 * 1000)})
    if attribute.type == "number":  # documented with four decimals, specified with all
        return frozenset({key, round(key, 4)})
    return frozenset({key})


_TICK = timedelta(milliseconds=1)  # Attio's own moments end there


def same_spans(wanted: Sequence[Span], found: Sequence[Span]) -> bool:
    """Whether a history has just these values, each from and until the moment it was sent with."""

    def same(one: datetime | None, other: datetime | None) -> bool:
        if one is None or other is None:
            return one is other
        return abs(one - other) < _TICK

    left = list(found)
    for each in wanted:
        twin = next(
            (
                other
                for other in left
                if each.names & other.names
                and same(each.since, other.since)
                and same(each.until, other.until)
            ),
            None,
        )
        if twin is None:
            return False
        left.remove(twin)
    return not left


def newest(values: Raw | None) -> datetime | None:
    """When the last of these values began: what is written after they were read begins later."""
    moments = [
        moment
        for raw in rows.split(values).values()
        for wire in plain(raw) or ()
        if (moment := _moment(wire, "active_from")) is not None
    ]
    return max(moments, default=None)


# -- what they tell -------------------------------------------------------------------------------


def trace(sent: Looked, now: Sequence[Span], past: Sequence[Span] | None = None) -> Trace:
    """What one attribute says of a write, by its values now and, where that is read, its history.

    ``PAST`` where the history is needed and was not read.
    """
    if sent.adds:
        found = _added(sent, sent.wanted, now, past)
    elif sent.is_multi and sent.wanted:
        found = _replaced(sent, now, past)
    else:
        found = _set(sent, now, past)
    if found is Trace.MISSING and sent.is_vague and past is not None:
        return Trace.UNCLEAR
    return found


def together(traces: Iterable[Trace]) -> Trace:
    """What several traces of one write say together."""
    found = set(traces)
    for each in (Trace.MISSING, Trace.PAST, Trace.ARRIVED, Trace.NO_GAP, Trace.UNCLEAR):
        if each in found:
            return each
    return Trace.SAME


def _reads_as(sent: Looked, now: Sequence[Span]) -> bool:
    return len(now) == len(sent.wanted) and all(
        each.names & names for each, names in zip(now, sent.wanted, strict=True)
    )


def _set(sent: Looked, now: Sequence[Span], past: Sequence[Span] | None) -> Trace:
    """Of one value that was set, or of what was cleared."""
    loaded = sent.loaded
    if _reads_as(sent, now):
        if loaded is None:
            return _since(sent, now)
        return Trace.SAME if _reads_as(sent, loaded) else Trace.ARRIVED
    if any(each.is_same(old) for each in now for old in loaded or ()):
        return Trace.MISSING  # as loaded, and nobody wrote in between
    if loaded is None and now and sent.before and not any(e.begins(sent.before) for e in now):
        return Trace.MISSING  # it was there before, and is there still
    if past is None:
        return Trace.PAST
    if not loaded and sent.before is None:
        return Trace.UNCLEAR
    if not sent.wanted:
        return _cleared(sent, past)
    (wanted,) = sent.wanted
    if any(each.names & wanted for each in _later(sent, past)):
        return Trace.ARRIVED
    # where it was so before, setting it again leaves no trace
    if loaded is None:
        return Trace.UNCLEAR if _was_there(sent, wanted, past) else Trace.MISSING
    return Trace.UNCLEAR if _reads_as(sent, loaded) else Trace.MISSING


def _since(sent: Looked, now: Iterable[Span]) -> Trace:
    """Of what reads as sent, where nobody knows how it read before."""
    return Trace.ARRIVED if any(each.begins(sent.before) for each in now) else Trace.SAME


def _cleared(sent: Looked, past: Sequence[Span]) -> Trace:
    """A clearing leaves a gap behind what was there."""
    loaded, later = sent.loaded or (), _later(sent, past)
    there = [each for each in past if any(map(each.is_same, loaded))]
    if not loaded:
        there = [each for each in past if each not in later and _reaches(each, sent.before)]
    if not there:
        return Trace.UNCLEAR  # nothing to clear, and so no trace of it
    end: datetime | None = None
    for each in [*there, *later]:
        if end is not None and each.since is not None and each.since > end:
            return Trace.ARRIVED
        if each.until is None:
            return Trace.MISSING if each in there else Trace.NO_GAP
        end = each.until if end is None else max(end, each.until)
    return Trace.ARRIVED  # nothing is there now


def _added(
    sent: Looked,
    added: Iterable[frozenset[Hashable]],
    now: Sequence[Span],
    past: Sequence[Span] | None,
) -> Trace:
    """Of values that were not there when the list was loaded."""
    traces: list[Trace] = []
    for wanted in added:
        here = [each for each in now if each.names & wanted]
        if here:
            traces.append(Trace.ARRIVED if sent.loaded is not None else _since(sent, here))
        elif past is None:
            traces.append(Trace.PAST)
        elif any(each.names & wanted and each.begins(sent.before) for each in past):
            traces.append(Trace.ARRIVED)  # and somebody took it out since
        elif sent.before is None or (sent.loaded is None and _was_there(sent, wanted, past)):
            traces.append(Trace.UNCLEAR)
        else:
            traces.append(Trace.MISSING)
    return together(traces)


def _replaced(sent: Looked, now: Sequence[Span], past: Sequence[Span] | None) -> Trace:
    """Of a list that was sent whole."""
    loaded = sent.loaded
    if _reads_as(sent, now):
        if loaded is None:
            return _since(sent, now)
        return Trace.SAME if _reads_as(sent, loaded) else Trace.ARRIVED
    others = [each for each in now if not any(each.names & wanted for wanted in sent.wanted)]
    if loaded is None:
        # what was there before would have been taken out
        if sent.before and any(not each.begins(sent.before) for each in others):
            return Trace.MISSING
        return together([_added(sent, sent.wanted, now, past), Trace.UNCLEAR])
    if any(each.is_same(old) for each in others for old in loaded):
        return Trace.MISSING
    before = frozenset[Hashable]().union(*(each.names for each in loaded))
    added = [wanted for wanted in sent.wanted if not before & wanted]
    if added:
        return _added(sent, added, now, past)
    if any(not any(old.names & wanted for wanted in sent.wanted) for old in loaded):
        return Trace.ARRIVED  # what was to go is gone, or was put in anew
    if len(loaded) == len(now) and all(map(Span.is_same, loaded, now)):
        return Trace.MISSING  # the order alone was to change
    return Trace.UNCLEAR


def _later(sent: Looked, past: Sequence[Span]) -> list[Span]:
    """The part of a history that was written since what was loaded."""
    loaded = sent.loaded or ()
    known = [at for at, each in enumerate(past) if any(map(each.is_same, loaded))]
    if known:  # by their places: two rows may share a millisecond
        return [*past[known[-1] + 1 :]]
    start = max((each.since for each in loaded if each.since), default=sent.before)
    return [each for each in past if each.begins(start)]


def _reaches(span: Span, at: datetime | None) -> bool:
    return at is not None and (span.until is None or span.until > at)


def _was_there(sent: Looked, wanted: frozenset[Hashable], past: Sequence[Span]) -> bool:
    return any(each.names & wanted and _reaches(each, sent.before) for each in past)
