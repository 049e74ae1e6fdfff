"""Tables and boards: sorted, filtered, added up by currency, and fast where there is much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.filters import totals
from attio_sandbox.server.pages.content import PageContent
from attio_sandbox.server.pages.queries import TableQuery
from attio_sandbox.server.pages.tables import CARDS, LANES, Tables

OWNER = "owner@sandbox.example"


@pytest.fixture
def ws() -> Iterator[Workspace]:
    workspace = Workspace()
    yield workspace
    workspace.close()


def deals(ws: Workspace, *rows: tuple[str, str, float | None]) -> None:
    ws.load(
        "deals",
        [
            {"name": name, "stage": stage, "owner": OWNER}
            | ({} if value is None else {"value": value})
            for name, stage, value in rows
        ],
    )


def tables(ws: Workspace, slug: str = "deals", target: Any = "objects", **params: str) -> Tables:
    return Tables(PageContent(ws), target, slug, TableQuery.read(params.items()))


def names(found: dict[str, Any]) -> list[str]:
    return [each["heading"].text for each in found["rows"]]


def test_sorted_and_filtered(ws: Workspace) -> None:
    deals(ws, ("a", "Lead", 3), ("b", "Lost", 1), ("c", "Lead", 2), ("d", "Lead", None))
    assert names(tables(ws, sort="value").table()) == ["b", "c", "a", "d"]
    assert names(tables(ws, sort="-value").table()) == ["a", "c", "b", "d"]
    assert names(tables(ws, sort="-name").table()) == ["d", "c", "b", "a"]
    lead = tables(ws, where="stage:is:lead", sort="name").table()
    assert names(lead) == ["a", "c", "d"]
    assert lead["paging"]["count"] == 3
    assert names(tables(ws, where="value:min:2", q="A").table()) == ["a"]
    assert names(tables(ws, where="owner:is:sandbox owner", sort="name").table())[0] == "a"
    assert names(tables(ws, where="value:empty:").table()) == ["d"]


def test_a_record_that_is_named_by_another(ws: Workspace) -> None:
    (acme, _) = ws.load("companies", [{"name": "Acme"}, {"name": "Bolt"}])
    link = {"target_object": "companies", "target_record_id": acme}
    ws.load("people", [{"name": "Ada", "company": link}, {"name": "Bob"}])
    assert names(tables(ws, "people", where="company:starts:ac").table()) == ["Ada"]
    assert names(tables(ws, "people", where="company:not:Acme").table()) == ["Bob"]
    assert names(tables(ws, "companies", where="team:is:Ada").table()) == ["Acme"]


def test_totals_by_currency(ws: Workspace) -> None:
    deals(ws, ("a", "Lead", 99_999_999_999.99), ("b", "Lost", 0.01), ("c", "Lead", None))
    found = tables(ws).table()
    assert found["totals"]["columns"] == {"value": ["100,000,000,000.00 USD"]}
    assert found["totals"]["count"] == 3
    found = tables(ws, where="stage:is:Lost").table()
    assert found["totals"]["columns"] == {"value": ["0.01 USD"]}


def test_totals_of_a_column_that_is_not_shown(ws: Workspace) -> None:
    ws.define_object("things", "Thing", "Things")
    for n in range(8):
        ws.define_attribute("things", api_slug=f"t{n}", type="text")
    ws.define_attribute("things", api_slug="price", type="currency", currency="EUR", title="Price")
    texts = {f"t{n}": "x" for n in range(8)}
    ws.load("things", [*({**texts} for _ in range(5)), {"price": 5}])
    found = tables(ws, "things").table()
    assert found["hidden"] == 3
    assert found["totals"]["others"] == [{"title": "Price", "text": "5.00 EUR"}]
    every = tables(ws, "things", columns="all").table()
    assert (every["hidden"], every["totals"]["columns"]) == (0, {"price": ["5.00 EUR"]})
    sorted_ = tables(ws, "things", sort="price").table()
    assert "price" in [each["slug"] for each in sorted_["columns"]], "what is asked about is shown"


def test_what_cannot_be_asked_is_said(ws: Workspace) -> None:
    deals(ws, ("a", "Lead", 1))
    for params, said in (
        ({"where": "value:contains:1"}, "cannot be asked of Attio"),
        ({"where": "stage:is:Nowhere"}, "Nowhere"),
        ({"where": "value:is:nan"}, "not a valid amount"),
        ({"sort": "associated_people"}, "cannot be sorted"),
        ({"sort": "nope"}, "no attribute “nope”"),
    ):
        found = tables(ws, **params).table()
        assert said in found["problem"]
        assert "/v2/" not in found["problem"]
        assert found["rows"] == []
    board = tables(ws, where="stage:is:Nowhere").board("stage")
    assert "Nowhere" in board["problem"]
    with pytest.raises(ValueError, match="no board of 'deals' by 'name'"):
        tables(ws).board("name")


def test_a_board(ws: Workspace) -> None:
    deals(ws, *((f"deal {n}", "Lead", 10) for n in range(CARDS + 5)), ("x", "Lost", None))
    found = tables(ws).board("stage")
    lanes = {each["title"]: each for each in found["lanes"]}
    assert list(lanes) == ["Lead", "In Progress", "Won 🎉", "Lost"]
    assert [each["count"] for each in lanes.values()] == [CARDS + 5, 0, 0, 1]
    assert len(lanes["Lead"]["cards"]) == CARDS
    assert lanes["Lead"]["sums"] == [{"title": "Deal value", "text": "250.00 USD"}]
    assert lanes["Lost"]["sums"] == []
    assert [each["heading"].text for each in lanes["Lost"]["cards"]] == ["x"]
    assert len({each["tone"] for each in lanes.values()}) == 4
    link = lanes["Lead"]["link"]
    assert names(tables(ws, **dict(httpx.QueryParams(link[1:]))).table())[0].startswith("deal")
    some = tables(ws, q="deal 2").board("stage")
    assert [each["count"] for each in some["lanes"]] == [6, 0, 0, 0]


def test_lanes_of_archived_statuses_and_of_none(ws: Workspace) -> None:
    ws.define_object("things", "Thing", "Things")
    ws.define_attribute("things", api_slug="name", type="text")
    titles = ["New", "Old", "Gone"]
    ws.define_attribute("things", api_slug="phase", type="status", title="Phase", statuses=titles)
    ws.load("things", [{"name": "a", "phase": "Old"}, {"name": "b"}])
    before = {e["title"]: e["tone"] for e in tables(ws, "things").board("phase")["lanes"]}
    headers = {"authorization": f"Bearer {ws.token}"}
    for title in ("Old", "Gone"):
        path = f"/v2/objects/things/attributes/phase/statuses/{title}"
        body = b'{"data": {"is_archived": true}}'
        assert ws.handle("PATCH", path, headers=headers, body=body).status == 200
    lanes = tables(ws, "things").board("phase")["lanes"]
    assert [(e["title"], e["count"]) for e in lanes] == [("New", 0), ("Old", 1), ("No phase", 1)]
    assert [e["heading"].text for lane in lanes for e in lane["cards"]] == ["a", "b"]
    assert lanes[1]["tone"] == before["Old"], "a colour stays"


def test_more_lanes_than_are_shown(ws: Workspace) -> None:
    ws.define_object("things", "Thing", "Things")
    titles = [f"S{n}" for n in range(LANES + 2)]
    ws.define_attribute("things", api_slug="phase", type="status", statuses=titles)
    found = tables(ws, "things").board("phase")
    assert (len(found["lanes"]), found["hidden_lanes"]) == (LANES, 2)


def test_entries_have_tables_and_boards_too(ws: Workspace) -> None:
    (key,) = ws.load("companies", [{"name": "Acme"}])
    ws.define_list("pipe", "Pipe", "companies")
    ws.define_attribute("pipe", target="lists", api_slug="step", type="status", statuses=["A", "B"])
    ws.define_attribute("pipe", target="lists", api_slug="fee", type="currency", currency="EUR")
    ws.load_entries("pipe", [(key, {"step": "A", "fee": 1}), (key, {"step": "B", "fee": 2.5})])
    table = tables(ws, "pipe", "lists", sort="-fee").table()
    assert [each["cells"][0]["cells"][0].text for each in table["rows"]] == ["B", "A"]
    assert names(table) == ["Acme", "Acme"]
    assert table["totals"]["columns"] == {"fee": ["3.50 EUR"]}
    first, second = tables(ws, "pipe", "lists").board("step")["lanes"]
    assert first["sums"] == [{"title": "Fee", "text": "1.00 EUR"}]
    assert [each["heading"].text for each in second["cards"]] == ["Acme"]


def test_a_page_of_many_reads_few(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    deals(ws, *((f"deal {n}", "Lead", 1) for n in range(1_200)))
    asked: list[Any] = []
    look_up = type(ws.setup).look_up

    def noted(setup: Any, path: str, **more: Any) -> Any:
        found = look_up(setup, path, **more)
        if path.endswith("/query"):
            asked.append(len(found))
        return found

    monkeypatch.setattr(type(ws.setup), "look_up", noted)
    found = tables(ws, page="24").table()
    assert found["paging"] == {
        "first": 1_151, "last": 1_200, "count": 1_200, "before": "?page=23", "after": None
    }  # fmt: skip
    assert sum(asked) <= 51
    asked.clear()
    tables(ws).board("stage")
    assert sum(asked) == CARDS
    monkeypatch.setattr(totals, "MOST_ADDED", 1_000)
    found = tables(ws).table()
    assert (found["totals"]["columns"], found["totals"]["most"]) == ({}, totals.MOST_ADDED)


def test_all_that_has_a_name_has_one_colour(ws: Workspace) -> None:
    deals(ws, ("a", "Won 🎉", 1))
    content = PageContent(ws)
    (stage,) = [e for e in content.attributes("objects", "deals") if e["api_slug"] == "stage"]
    tones = {each["title"]: each["tone"] for each in content.options("objects", "deals", stage)}
    (row,) = tables(ws).table()["rows"]
    cell = row["cells"][0]["cells"][0]
    assert (cell.text, cell.kind, cell.tone) == ("Won 🎉", "choice", tones["Won 🎉"])
    assert re.fullmatch(r"\d", str(cell.tone))


def test_no_board_of_what_no_request_can_write(ws: Workspace) -> None:
    assert [each["api_slug"] for each in tables(ws, "people").lanes] == []
    companies = [each["api_slug"] for each in tables(ws, "companies").lanes]
    assert companies == ["estimated_arr_usd", "employee_range"]
    with pytest.raises(ValueError, match="There is no board of 'people'"):
        tables(ws, "people").board("strongest_connection_strength")
