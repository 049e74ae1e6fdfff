"""Which requests a save takes: the pure planner, and what it does to a record others write too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import Model
from attio_orm.attributes import MultiSelect, Number, Text
from attio_orm.records.state import Edit, Item, is_changed
from attio_orm.testing import sandbox
from attio_orm.writes.planner import ChangeSet, Write, overwrites, plan

TITLES = list("abcdef")


def edit(slug: str, base: Any, local: Any) -> Edit:
    """An edit of plain values; a list stands for a multi-valued attribute."""
    multi = isinstance(local, list)

    def items(value: Any) -> list[Item]:
        values = value if isinstance(value, list) else [] if value is None else [value]
        return [Item(each, each) for each in values]

    return Edit(slug, multi, None if base is ... else items(base), items(local))


def change_set(edits: list[Edit], **options: bool) -> ChangeSet:
    return ChangeSet({each.slug: each for each in edits}, **options)


@pytest.mark.parametrize(
    ("edits", "writes"),
    [
        ([], []),
        ([edit("a", "x", "x"), edit("b", ["x"], ["x"])], []),
        ([edit("a", "x", "y")], [("PATCH", {"a": "y"})]),
        ([edit("a", None, "y")], [("PATCH", {"a": "y"})]),
        ([edit("a", "x", None)], [("PUT", {"a": []})]),
        ([edit("b", ["x"], ["x", "y"])], [("PATCH", {"b": ["y"]})]),
        ([edit("b", ["x"], ["y", "x", "z"])], [("PATCH", {"b": ["y", "z"]})]),
        ([edit("b", ["x"], [])], [("PUT", {"b": []})]),
        ([edit("b", ["x", "y"], ["y", "x"])], [("PUT", {"b": ["y", "x"]})]),
        ([edit("b", ["x", "y"], ["y", "z"])], [("PUT", {"b": ["y", "z"]})]),
        ([edit("a", "x", "y"), edit("b", [], ["z"])], [("PATCH", {"a": "y", "b": ["z"]})]),
        ([edit("a", "x", "y"), edit("b", ["z"], [])], [("PUT", {"a": "y", "b": []})]),
        (
            [edit("a", "x", "y"), edit("b", ["z"], []), edit("c", [], ["w"]), edit("d", "v", None)],
            [("PATCH", {"a": "y", "c": ["w"]}), ("PUT", {"b": [], "d": []})],
        ),
        # what was there is not known: it is replaced as a whole
        ([edit("b", ..., ["x"])], [("PUT", {"b": ["x"]})]),
        ([edit("a", ..., "x")], [("PATCH", {"a": "x"})]),
        ([edit("a", ..., None)], [("PUT", {"a": []})]),
    ],
)
def test_the_plan(edits: list[Edit], writes: list[tuple[str, dict[str, Any]]]) -> None:
    assert plan(change_set(edits)) == [Write(method, values) for method, values in writes]  # type: ignore


def test_force_sends_everything_in_one_put() -> None:
    edits = [edit("a", "x", "x"), edit("b", ["x"], ["x", "y"]), edit("c", "x", None)]

    assert plan(change_set(edits, force=True)) == [
        Write("PUT", {"a": "x", "b": ["x", "y"], "c": []})
    ]
    assert plan(change_set([], force=True)) == []


def test_a_new_record_takes_one_post_of_what_it_has() -> None:
    edits = [edit("a", None, "x"), edit("b", [], ["x"]), edit("c", None, None)]

    assert plan(change_set(edits, creating=True)) == [Write("POST", {"a": "x", "b": ["x"]})]
    assert plan(change_set([], creating=True)) == [Write("POST", {})]


def test_what_a_plan_overwrites_leaves_out_what_it_adds() -> None:
    edits = [edit("a", "x", "y"), edit("b", [], ["x"]), edit("c", ["x"], []), edit("d", "x", "x")]

    assert overwrites(change_set(edits)) == ["a", "c"]


lists = st.lists(st.sampled_from(TITLES), unique=True)
singles = st.one_of(st.none(), st.sampled_from(TITLES))
values = st.fixed_dictionaries({"tags": lists, "labels": lists, "title": singles, "note": singles})


@given(base=values, local=values)
def test_the_plan_sends_each_change_once_and_nothing_else(
    base: dict[str, Any], local: dict[str, Any]
) -> None:
    edits = [edit(slug, base[slug], local[slug]) for slug in base]
    writes = plan(change_set(edits))

    sent = [slug for write in writes for slug in write.values]
    assert sorted(sent) == sorted(each.slug for each in edits if is_changed(each))
    assert [write.method for write in writes] in ([], ["PATCH"], ["PUT"], ["PATCH", "PUT"])
    assert all(write.values for write in writes)


class Card(Model):
    tags: MultiSelect = MultiSelect(options=TITLES)
    labels: MultiSelect = MultiSelect(options=TITLES)
    title: Text
    note: Text
    count: Number


@pytest.fixture(scope="module")
def workspace() -> Iterator[Any]:
    with sandbox() as handle:
        handle.define(Card)
        yield handle


def as_body(given_values: dict[str, Any]) -> dict[str, Any]:
    return {slug: [] if value is None else value for slug, value in given_values.items()}


def stored(record: dict[str, Any]) -> dict[str, Any]:
    """What a record holds, read without the mapping layer."""

    def plain(slug: str) -> Any:
        found = [
            wire["value"] if "value" in wire else wire["option"]["title"]
            for wire in record["values"][slug]
        ]
        return found if slug in {"tags", "labels"} else next(iter(found), None)

    return {slug: plain(slug) for slug in ("tags", "labels", "title", "note")}


others = st.fixed_dictionaries(
    {}, optional={"tags": lists, "labels": lists, "title": singles, "note": singles}
)


@settings(max_examples=60, deadline=None)
@given(base=values, mine=values, theirs=others)
def test_a_save_beside_a_second_writer(
    workspace: Any, base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """Nobody's edit is overwritten unasked; what is saved reads back; nothing else is sent."""
    api = workspace.connection.api.records
    card = Card.objects.create(**base)
    if theirs:
        api.overwrite("cards", card.id, as_body(theirs))
    between = {**base, **theirs}
    workspace.requests.clear()
    for name, value in mine.items():
        setattr(card, name, value)
    changed = {name for name in mine if mine[name] != base[name]}
    card.save()

    sent = [request.json["data"]["values"] for request in workspace.requests]
    slugs = [slug for body in sent for slug in body]
    assert sorted(slugs) == sorted(changed)
    assert len(sent) <= 2
    now = stored(api.get("cards", card.id))
    assert all(getattr(card, slug) == now[slug] for slug in slugs), "the answer was merged"
    for name in mine:
        if name not in changed:
            assert now[name] == between[name], "what was not changed here is theirs"
        elif not isinstance(mine[name], list):
            assert now[name] == mine[name]
        elif [each for each in mine[name] if each in base[name]] == base[name]:
            new = set(mine[name]) - set(base[name])
            assert set(now[name]) == set(between[name]) | new, "additions of both are there"
        elif len(sent) == 1:
            assert now[name] == mine[name], "a removal sets the list"
        else:  # the answer of the PATCH has told what they did
            new = set(between[name]) - set(base[name]) if mine[name] else set()
            gone = set(base[name]) - set(between[name])
            assert set(now[name]) == set(mine[name]) - gone | new
    assert not card.is_changed
