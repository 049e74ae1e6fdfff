"""Counts and sums in the database: exact, each currency for itself, as a whole and by an option."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_sandbox import Workspace
from attio_sandbox.filters import totals
from attio_sandbox.filters.totals import Sum
from tests.sandbox.client import Client

OWNER = "owner@sandbox.example"


def deal(value: float | None, stage: str = "Lead", **more: Any) -> dict[str, Any]:
    money = {} if value is None else {"value": value}
    return {"name": "Deal", "stage": stage, "owner": OWNER, **money, **more}


def usd(amount: str) -> list[Sum]:
    return [Sum("value", "USD", Decimal(amount))]


def into_euros(api: Client) -> None:
    config = {"currency": {"default_currency_code": "EUR", "display_type": "symbol"}}
    api.data("PATCH", "/v2/objects/deals/attributes/fee", {"data": {"config": config}})


def forget_currencies(ws: Workspace) -> None:
    """As a file of an older version has it: the currency stands in the documents alone."""
    with ws.setup._engine.call(writes=True) as call:  # pyright: ignore[reportPrivateUsage]
        call.database.run("UPDATE cells SET s3 = NULL")


def test_cents_and_large_amounts_are_exact(ws: Workspace) -> None:
    ws.load("deals", [deal(99_999_999_999.99) for _ in range(1_000)])
    ws.load("deals", [deal(each) for each in (0.1, 0.2, -0.3, 0.0001, -12.5, 2**62, 1e20)])
    found = ws.setup.add_up("deals")
    assert found.count == 1_007
    whole = 99_999_999_999_990 + 2**62 + 10**20
    assert found.sums == usd(str(Decimal(whole) + Decimal("-12.4999")))
    assert not found.is_too_many


def test_more_than_64_bits_hold(ws: Workspace) -> None:
    ws.load("deals", [deal(2**62) for _ in range(9)])
    assert ws.setup.add_up("deals").sums == usd(str(9 * 2**62))


def test_amounts_with_a_fraction_that_floats_hardly_hold(ws: Workspace) -> None:
    ws.load("deals", [deal(900_000_000_000.01), deal(1_234_567_890_123.5), deal(0.0033)])
    assert ws.setup.add_up("deals").sums == usd("2134567890123.5133")


@settings(max_examples=40)
@given(st.lists(st.floats(-1e13, 1e13) | st.integers(-(2**62), 2**62), max_size=20))
def test_sums_are_those_of_the_numbers_that_are_read(amounts: list[float]) -> None:
    ws = Workspace()
    ws.load("deals", [deal(each) for each in amounts])
    read = [
        Decimal(str(value["currency_value"]))
        for each in ws.look_up("/v2/objects/deals/records/query", json={})
        for value in each["values"]["value"]
    ]
    assert len(read) == len(amounts)
    assert ws.setup.add_up("deals").sums == (usd(str(sum(read))) if amounts else [])
    ws.close()


@pytest.mark.parametrize("is_old", [False, True], ids=["file of today", "older file"])
def test_currencies_are_never_mixed(ws: Workspace, api: Client, is_old: bool) -> None:
    ws.define_attribute("deals", api_slug="fee", type="currency", currency="USD")
    ws.load("deals", [deal(None, "Lost", fee=1), deal(None, "Lead", fee=2)])
    into_euros(api)
    ws.load("deals", [deal(None, "Lead", fee=10.5), deal(None, "Lead")])
    if is_old:
        forget_currencies(ws)
    ws.load("deals", [deal(None, "Lead", fee=0.5)])
    found = ws.setup.add_up("deals", by="stage")
    assert {each.currency: each.amount for each in found.sums} == {"USD": 3, "EUR": 11}
    options = ws.look_up("/v2/objects/deals/attributes/stage/statuses")
    titles = {each["id"]["status_id"]: each["title"] for each in options}
    groups = {titles[each.option or ""]: each for each in found.groups}
    assert {title: each.count for title, each in groups.items()} == {"Lead": 4, "Lost": 1}
    lead = {each.currency: each.amount for each in groups["Lead"].sums}
    assert lead == {"USD": 2, "EUR": 11}
    assert groups["Lost"].sums == [Sum("fee", "USD", Decimal(1))]


def test_a_filter_and_records_without_an_option(ws: Workspace) -> None:
    ws.define_object("things", "Thing", "Things")
    ws.define_attribute("things", api_slug="price", type="currency", currency="JPY")
    ws.define_attribute("things", api_slug="phase", type="status", statuses=["New", "Old"])
    ws.load(
        "things", [{"price": 5, "phase": "New"}, {"price": 7}, {"price": 100, "phase": "Old"}, {}]
    )
    found = ws.setup.add_up("things", by="phase", filter={"price": {"$lt": 50}})
    assert (found.count, found.sums) == (2, [Sum("price", "JPY", Decimal(12))])
    new, rest = found.groups
    assert (new.count, new.sums) == (1, [Sum("price", "JPY", Decimal(5))])
    assert (rest.option, rest.count, rest.sums) == (None, 1, [Sum("price", "JPY", Decimal(7))])


def test_of_entries(ws: Workspace) -> None:
    (key,) = ws.load("companies", [{"name": "Acme"}])
    ws.define_list("pipe", "Pipe", "companies")
    ws.define_attribute("pipe", target="lists", api_slug="amount", type="currency", currency="GBP")
    ws.load_entries("pipe", [(key, {"amount": 1.25}), (key, {"amount": 2})])
    found = ws.setup.add_up("pipe", target="lists")
    assert (found.count, found.sums) == (2, [Sum("amount", "GBP", Decimal("3.25"))])


def test_too_many_are_counted_and_not_added_up(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws.load("deals", [deal(1), deal(2), deal(3)])
    monkeypatch.setattr(totals, "MOST_ADDED", 2)
    found = ws.setup.add_up("deals", by="stage")
    assert (found.count, found.sums, found.is_too_many) == (3, [], True)
    assert [(each.count, each.sums) for each in found.groups] == [(3, [])]
    assert ws.setup.add_up("deals", filter={"value": {"$lt": 3}}).sums == usd("3")


def test_what_cannot_be_added_up(ws: Workspace) -> None:
    with pytest.raises(ValueError, match="no status or select 'name'"):
        ws.setup.add_up("deals", by="name")
    with pytest.raises(ValueError, match="no status or select 'nope'"):
        ws.setup.add_up("deals", by="nope")
    with pytest.raises(ValueError, match=r"The filter of 'deals': .*nope"):
        ws.setup.add_up("deals", filter={"nope": 1})
    with pytest.raises(ValueError, match="nothing of slug 'nope'"):
        ws.setup.add_up("nope")
    assert ws.setup.add_up("deals", by="stage") == totals.Totals(0, [], [], False)
