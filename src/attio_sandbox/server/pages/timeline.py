"""The history of one record as a time line: what was set, changed and cleared, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from attio_sandbox.server.pages.cells import Cell, moment

SHOWN_MOMENTS = 100
Row = Mapping[str, Any]


class Change(NamedTuple):
    """What happened to one attribute: the values that ended, and those that began."""

    title: str
    before: list[Cell]
    after: list[Cell]


class Moment(NamedTuple):
    """What one actor did at one time; `text` is something else than a change of values."""

    at: str
    actor: str
    changes: list[Change]
    text: str = ""


class History(NamedTuple):
    """The values that one attribute has and had, each with its cell, in any order."""

    title: str
    values: Sequence[tuple[Row, Cell]]


def timeline(
    histories: Iterable[History],
    others: Iterable[tuple[str, str, str]],
    actor_name: Mapping[str, str],
) -> list[Moment]:
    """Give the moments of a record, newest first.

    `others` are what else happened: the time, who did it, and what it was.
    """
    # Attio's own texts of times, which sort as they are; of one moment each actor has one.
    found: dict[tuple[str, str], list[Change]] = {}
    for history in histories:
        began: dict[str, list[tuple[Row, Cell]]] = {}
        ended: dict[str, list[Cell]] = {}
        for value, shown in history.values:
            began.setdefault(value["active_from"], []).append((value, shown))
            if value["active_until"]:
                ended.setdefault(value["active_until"], []).append(shown)
        for at in {**began, **ended}:
            new = began.get(at, [])
            # Who cleared something is not kept: its last value names who set that.
            actor = _actor(new[0][0]["created_by_actor"], actor_name) if new else ""
            change = Change(history.title, ended.get(at, []), [cell for _, cell in new])
            found.setdefault((at, actor), []).append(change)
    texts = {(at, actor): text for at, actor, text in others if actor}
    # What has no actor belongs to whoever set values at that time, as when a record is made.
    for at, actor, text in others:
        if not actor:
            texts[next((key for key in found if key[0] == at), (at, actor))] = text
    moments = [
        (at, Moment(moment(at), actor, found.get((at, actor), []), texts.get((at, actor), "")))
        for at, actor in {**found, **texts}
    ]
    moments.sort(key=lambda each: each[0], reverse=True)
    return [each for _, each in moments]


def _actor(actor: Row, names: Mapping[str, str]) -> str:
    return names.get(str(actor["id"])) or str(actor["type"] or "")
