"""Search over names, domains, addresses and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, record_id

PATH = "/v2/objects/records/search"
WORKSPACE = {"type": "workspace"}


@pytest.fixture
def found(api: Client, clock: Clock) -> Any:
    api.create("companies", name="Lovelace Ltd", domains=["lovelace.test"])
    clock.move(1)
    api.create(
        "people", name="Lovelace, Ada", email_addresses=["ada@engine.example.com"],
        phone_numbers=["+19725550123"], twitter="@countess", job_title="Mathematician",
    )  # fmt: skip
    clock.move(1)
    api.create("people", name="Byron, Annabella")

    def search(query: str, *objects: str, **more: Any) -> list[str]:
        body = {
            "query": query,
            "objects": objects or ("people", "companies"),
            "request_as": WORKSPACE,
        }
        return [hit["record_text"] for hit in api.data("POST", PATH, body | more)]

    return search


def test_a_hit_reads_as_attio_shows_it(ws: Workspace, api: Client, found: Any) -> None:
    body = {"query": "ada", "objects": ["people"], "request_as": WORKSPACE}
    (hit,) = api.data("POST", PATH, body)
    (record,) = api.query("people", {"name": "Ada Lovelace"})
    assert hit == {
        "id": record["id"],
        "record_text": "Ada Lovelace",
        "record_image": None,
        "object_slug": "people",
        "email_addresses": ["ada@engine.example.com"],
        "phone_numbers": ["+19725550123"],
    }
    (company,) = api.data("POST", PATH, body | {"query": "lovelace.test", "objects": ["companies"]})
    assert company["domains"] == ["lovelace.test"]


def test_words_match_anywhere_in_any_case(found: Any) -> None:
    assert found("ADA lovel") == ["Ada Lovelace"]
    assert found("engine.example.com") == ["Ada Lovelace"]
    assert found("972-555") == ["Ada Lovelace"]
    assert found("Countess") == ["Ada Lovelace"]
    assert found("mathematician") == []
    assert found("ada byron") == []


def test_a_name_that_starts_with_the_query_comes_first(found: Any) -> None:
    assert found("lovelace") == ["Lovelace Ltd", "Ada Lovelace"]
    assert found("") == ["Annabella Byron", "Ada Lovelace", "Lovelace Ltd"]
    assert found("", limit=1) == ["Annabella Byron"]


def test_other_objects_are_found_by_their_label(ws: Workspace, api: Client, found: Any) -> None:
    api.create("deals", name="Big pumps", stage="Lead", owner="owner@sandbox.example")
    api.create("users", user_id="u-1", primary_email_address="kim@x.example.com")
    ws.define_object("things", "Thing", "Things")
    record_id(api.create("things"))
    assert found("pump", "deals") == ["Big pumps"]
    assert found("KIM@", "users") == ["kim@x.example.com"]
    assert found("x", "things") == []
    assert found("", "things") == [""]
    key = api.data("GET", "/v2/objects/deals")["id"]["object_id"]
    assert found("pump", key) == ["Big pumps"]


def test_the_asker_is_known(ws: Workspace, api: Client, found: Any) -> None:
    member = ws.setup.add_member("kim@x.example.com")
    for asker, status in (
        ({"type": "workspace-member", "workspace_member_id": member}, 200),
        ({"type": "workspace-member", "email_address": "kim@x.example.com"}, 200),
        ({"type": "workspace-member", "email_address": "nobody@x.example.com"}, 400),
        ({"type": "workspace-member"}, 400),
        ({"type": "stranger"}, 400),
    ):
        body = {"query": "", "objects": ["people"], "request_as": asker}
        assert api.send("POST", PATH, body).status == status


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"objects": ["ghosts"]}, "400 value_not_found"),
        ({"objects": []}, "400 validation_type"),
        ({"query": "x" * 257}, "400 validation_type"),
        ({"limit": 26}, "400 validation_type"),
        ({"limit": 0}, "400 validation_type"),
    ],
)
def test_refusals(api: Client, change: dict[str, Any], code: str) -> None:
    body = {"query": "", "objects": ["people"], "request_as": WORKSPACE}
    assert api.send("POST", PATH, body | change).code == code
