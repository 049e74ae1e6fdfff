"""The SQL of filters against an evaluator in plain Python, on small random workspaces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.client import entry_id
from tests.sandbox.filters.evaluator import Evaluator
from tests.sandbox.filters.worlds import (
    CONDITIONS,
    ENTRY_FILTER,
    FILLED,
    FILTER,
    NEEDLES,
    SEARCH,
    WORDS,
    world,
)


def check(seed: int, filter_: Any) -> None:
    api, records = world(seed)
    evaluator = Evaluator(records)
    expected = {key for key, found in records.items() if evaluator.matches(filter_, found)}
    assert set(api.ids("people", filter_)) == expected


@settings(max_examples=500)
@given(st.integers(0, 2), FILTER)
def test_sql_and_python_agree(seed: int, filter_: Any) -> None:
    check(seed, filter_)


@settings(max_examples=500)
@given(st.integers(0, 2), ENTRY_FILTER)
def test_sql_and_python_agree_on_entries(seed: int, filter_: Any) -> None:
    api, records = world(seed)
    evaluator = Evaluator(records)
    entries = {entry_id(entry): entry for entry in api.entries("queue")}
    expected = {key for key, found in entries.items() if evaluator.matches(filter_, found)}
    assert {entry_id(entry) for entry in api.entries("queue", filter_)} == expected


@pytest.mark.parametrize("slug", sorted(CONDITIONS))
@given(data=st.data())
def test_sql_and_python_agree_on_one_condition(slug: str, data: st.DataObject) -> None:
    condition = data.draw(CONDITIONS[slug] | FILLED)
    check(data.draw(st.integers(0, 2)), {slug: condition})


@pytest.mark.parametrize("operator", SEARCH)
@pytest.mark.parametrize("needle", NEEDLES)
def test_text_searches(operator: str, needle: str) -> None:
    for slug, name in (("text", "value"), ("name", "last_name"), ("place", "locality")):
        check(0, {slug: {name: {operator: needle}}})


def test_the_worlds_tell_filters_apart() -> None:
    _, records = world(0)
    evaluator = Evaluator(records)
    filters = [{"text": word} for word in WORDS]
    found = [sum(evaluator.matches(f, r) for r in records.values()) for f in filters]
    assert sum(0 < count < len(records) for count in found) >= len(WORDS) - 1
