"""Activities on the page: where they are listed, their tables and boards, and one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from attio_sandbox import Workspace
from attio_sandbox.server.pages.content import PageContent
from attio_sandbox.server.pages.queries import TableQuery
from attio_sandbox.server.pages.records import RecordContent
from attio_sandbox.server.pages.tables import Tables

CALLS = "/v2/activities/phone_calls/records"


@pytest.fixture
def ws() -> Iterator[Workspace]:
    workspace = Workspace(billing_plan="enterprise")
    yield workspace
    workspace.close()


def send(ws: Workspace, method: str, path: str, **data: Any) -> Any:
    headers = {"authorization": f"Bearer {ws.token}"}
    body = msgspec.json.encode({"data": data})
    reply = ws.handle(method, path, headers=headers, body=body)
    assert reply.status == 200, reply.body
    return msgspec.json.decode(reply.body)["data"]


def define_calls(ws: Workspace) -> None:
    for slug, type, more in (
        ("person", "record-reference", {"allowed_objects": ["people"]}),
        ("minutes", "number", {}),
        ("outcome", "status", {"statuses": ["Open", "Done"]}),
        ("fee", "currency", {"currency": "EUR"}),
    ):
        ws.define_attribute("phone_calls", target="activities", api_slug=slug, type=type, **more)


def add_calls(ws: Workspace, *rows: dict[str, Any]) -> list[str]:
    define_calls(ws)
    return [str(send(ws, "POST", CALLS, values=each)["id"]["record_id"]) for each in rows]


def link(key: str) -> dict[str, str]:
    return {"target_object": "people", "target_record_id": key}


def tables(ws: Workspace, **params: str) -> Tables:
    return Tables(PageContent(ws), "activities", "phone_calls", TableQuery.read(params.items()))


def keys(found: dict[str, Any]) -> list[str]:
    assert found["problem"] == ""
    return [each["heading"].record_id for each in found["rows"]]


def listed(ws: Workspace) -> list[tuple[str, int]]:
    found = PageContent(ws).collections()["activities"]
    return [(each["slug"], each["count"]) for each in found if each["is_listed"]]


def test_the_activity_that_attio_brings_is_listed_with_its_first_record(ws: Workspace) -> None:
    assert listed(ws) == []
    assert PageContent(ws).name("activities", "phone_calls") == "Phone calls"
    send(ws, "POST", CALLS, values={})
    assert listed(ws) == [("phone_calls", 1)]


def test_activities_of_the_workspace_are_listed_at_once(ws: Workspace) -> None:
    ws.define_activity("visits", "Visit", "Visits")
    assert listed(ws) == [("visits", 0)]


@pytest.mark.parametrize("more", [98, 99, 100, 150])
def test_all_of_many_activities_are_listed(ws: Workspace, more: int) -> None:
    wanted = {f"visits_{n}" for n in range(more)}
    for slug in wanted:
        ws.define_activity(slug, "Visit", "Visits")
    found = PageContent(ws).collections()["activities"]
    assert sorted(each["slug"] for each in found) == sorted({*wanted, "phone_calls"})


def test_a_table(ws: Workspace) -> None:
    ada, bob = ws.load("people", [{"name": "Ada"}, {"name": "Bob"}])
    first, second, third = add_calls(
        ws,
        {"person": link(ada), "minutes": 20, "outcome": "Open", "fee": 1.5},
        {"person": link(bob), "minutes": 5, "outcome": "Done", "fee": 2},
        {"minutes": 30, "outcome": "Done"},
    )
    assert keys(tables(ws, sort="minutes").table()) == [second, first, third]
    assert keys(tables(ws, where="outcome:is:done", sort="-minutes").table()) == [third, second]
    assert keys(tables(ws, where="person:is:Ada").table()) == [first]
    assert keys(tables(ws, where="minutes:min:20", sort="minutes").table()) == [first, third]
    found = tables(ws, where="person:starts:b").table()
    assert found["totals"]["columns"] == {"fee": ["2.00 EUR"]}
    (row,) = found["rows"]
    assert (row["heading"].target, row["heading"].object) == ("activities", "phone_calls")
    person = row["cells"][0]["cells"][0]
    assert (person.text, person.target, person.object) == ("Bob", "objects", "people")


def test_a_board(ws: Workspace) -> None:
    _, done, _ = add_calls(
        ws, {"outcome": "Open", "fee": 1}, {"outcome": "Done", "fee": 2}, {"outcome": "Open"}
    )
    lanes = tables(ws).board("outcome")["lanes"]
    assert [(each["title"], each["count"]) for each in lanes] == [("Open", 2), ("Done", 1)]
    assert lanes[1]["sums"] == [{"title": "Fee", "text": "2.00 EUR"}]
    assert [each["heading"].record_id for each in lanes[1]["cards"]] == [done]


def test_a_record_with_its_time_line(ws: Workspace) -> None:
    (ada,) = ws.load("people", [{"name": "Ada"}])
    (key,) = add_calls(ws, {"person": link(ada), "outcome": "Open"})
    ws.clock.move(60)
    send(ws, "PATCH", f"{CALLS}/{key}", values={"outcome": "Done"})
    found = RecordContent(PageContent(ws), "activities", "phone_calls", key).shown()
    assert found["id"] == key
    values = {each["slug"]: [one.text for one in each["cells"]] for each in found["values"]}
    assert (values["person"], values["outcome"]) == (["Ada"], ["Done"])
    changed, made = found["moments"]
    (change,) = changed.changes
    assert ([one.text for one in change.before], change.after[0].text) == (["Open"], "Done")
    assert (made.text, len(made.changes)) == ("The record was created", 2)
    assert found["lacks"] == [], "notes, tasks, comments and lists take records of objects alone"


def test_no_endpoint_of_the_api_gives_what_the_time_line_reads(ws: Workspace) -> None:
    (key,) = add_calls(ws, {"outcome": "Open"})
    path = f"{CALLS}/{key}/attributes/outcome/values"
    assert [each["status"]["title"] for each in ws.setup.look_up(path)] == ["Open"]
    headers = {"authorization": f"Bearer {ws.token}"}
    assert ws.handle("GET", path, headers=headers).status == 404


def test_the_phone_calls_of_the_made_up_crm() -> None:
    workspace = Workspace(seed="crm")
    assert listed(workspace) == [("phone_calls", 24)]
    found = tables(workspace, sort="-called_at").table()
    assert len(keys(found)) == 24
    assert [each["slug"] for each in found["columns"]] == [
        "person", "called_at", "minutes", "summary"
    ]  # fmt: skip
    workspace.close()
