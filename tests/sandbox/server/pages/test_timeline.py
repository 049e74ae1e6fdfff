"""The time line of a record: what was set, changed and cleared, when and by whom."""

from __future__ import annotations

from typing import Any

from attio_sandbox.server.pages.cells import Cell
from attio_sandbox.server.pages.timeline import Change, History, Moment, timeline

NAMES = {"m1": "Ada", "m2": "Grace"}


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02d}.000000000Z"


def seen(second: int) -> str:
    return f"2026-01-01 00:00:{second:02d}"


def value(text: str, since: int, until: int | None, actor: str = "m1") -> tuple[Any, Cell]:
    row = {
        "active_from": at(since),
        "active_until": None if until is None else at(until),
        "created_by_actor": {"type": "workspace-member", "id": actor},
    }
    return row, Cell(text)


def test_set_changed_and_cleared() -> None:
    stage = History("Stage", [value("Lead", 1, 3), value("Won", 3, 5, "m2")])
    assert timeline([stage], [], NAMES) == [
        Moment(seen(5), "", [Change("Stage", [Cell("Won")], [])]),
        Moment(seen(3), "Grace", [Change("Stage", [Cell("Lead")], [Cell("Won")])]),
        Moment(seen(1), "Ada", [Change("Stage", [], [Cell("Lead")])]),
    ]


def test_of_several_values_only_those_that_change() -> None:
    tags = History("Tags", [value("a", 1, None), value("b", 1, 4), value("c", 4, None)])
    newest, first = timeline([tags], [], NAMES)
    assert newest.changes == [Change("Tags", [Cell("b")], [Cell("c")])]
    assert first.changes == [Change("Tags", [], [Cell("a"), Cell("b")])]


def test_what_one_actor_does_at_once_is_one_moment() -> None:
    histories = [
        History("Name", [value("Acme", 1, None)]),
        History("City", [value("Bonn", 1, None)]),
        History("Size", [value("9", 1, None, "nobody")]),
    ]
    moments = timeline(histories, [(at(1), "", "The record was created")], NAMES)
    assert [(each.actor, len(each.changes), each.text) for each in moments] == [
        ("Ada", 2, "The record was created"),
        ("workspace-member", 1, ""),
    ]


def test_what_else_happened_stands_between() -> None:
    others = [(at(2), "Grace", "Wrote a note"), (at(9), "", "A task was made")]
    moments = timeline([History("Name", [value("Acme", 5, None)])], others, NAMES)
    assert [(each.at, each.actor, each.text) for each in moments] == [
        (seen(9), "", "A task was made"), (seen(5), "Ada", ""), (seen(2), "Grace", "Wrote a note"),
    ]  # fmt: skip
