"""Writing the whole history of an attribute, as Attio's newest description has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import Answer, Client, plain, record_id
from tests.sandbox.helpers import Told

DAY = timedelta(days=1)
LAST = "2026-02-03T10:11:12.520000000Z"  # now, by the clock of `ws`


def path_of(key: str, attribute: str) -> str:
    return f"/v2/objects/companies/records/{key}/attributes/{attribute}/values"


def item(value: Any, since: Any, until: Any = None) -> dict[str, Any]:
    return {"value": value, "active_from": since, "active_until": until}


def write(api: Client, path: str, *items: Any, **more: Any) -> Answer:
    data = {"values": list(items), "replace_history": True, **more}
    return api.send("PUT", path, {"data": data})


def days(count: int) -> list[dict[str, Any]]:
    """So many values, a day each, the last one open."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    moments = [(start + number * DAY).strftime("%Y-%m-%dT00:00:00Z") for number in range(count)]
    ends = [*moments[1:], None]
    return [item(f"v{n}", *span) for n, span in enumerate(zip(moments, ends, strict=True))]


@pytest.fixture
def key(api: Client) -> str:
    return record_id(api.create("companies", name="Acme", domains=["acme.test"]))


def test_400_values_are_written_and_401_refused(api: Client, key: str) -> None:
    """facts.md 15 and 6, Write history: 1 to 400 values."""
    path = path_of(key, "name")
    assert write(api, path, *reversed(days(400))).status == 200
    found = api.history("companies", key, "name")
    assert plain(found) == [f"v{number}" for number in range(400)]
    refused = write(api, path, *days(401))
    assert refused.code == "400 validation_type"
    (problem,) = refused.json["validation_errors"]
    assert (problem["code"], problem["path"]) == ("too_big", ["data", "values"])
    assert write(api, path).code == "400 validation_type"
    assert api.history("companies", key, "name") == found


OPEN, CLOSED = item("x", "2020-01-01"), item("x", "2020-01-01", "2022-01-01")
REFUSED: dict[str, tuple[str, list[Any], str]] = {
    "two open": ("name", [OPEN, item("y", "2021-01-01")],
                 "multiple_values_for_single_value_attribute"),
    "overlapping": ("name", [CLOSED, item("y", "2021-01-01", "2023-01-01")],
                    "multiple_values_for_single_value_attribute"),
    "twice in a list": ("domains", [item("a.test", "2020-01-01"), item("a.test", "2021-01-01")],
                        "duplicate_values"),
    "taken": ("domains", [item("taken.test", "2020-01-01")], "uniqueness_conflict"),
    "system": ("created_at", [item(LAST, "2020-01-01")], "system_edit_unauthorized"),
    "id": ("record_id", [OPEN], "system_edit_unauthorized"),
    "required": ("code", [CLOSED], "missing_value"),
    "relationship": ("team", [item("ada@acme.example.com", "2020-01-01")], "validation_type"),
    "enriched": ("logo_url", [OPEN], "validation_type"),
    "backwards": ("name", [item("x", "2021-01-01", "2020-01-01")], "validation_type"),
    "empty span": ("name", [item("x", "2021-01-01", "2021-01-01")], "validation_type"),
    "to come": ("name", [item("x", "2020-01-01", "2026-02-04")], "validation_type"),
    "no end": ("name", [{"value": "x", "active_from": "2020-01-01"}], "validation_type"),
    "wrong value": ("name", [item(5, "2020-01-01")], "validation_type"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(ws: Workspace, api: Client, case: str) -> None:
    """facts.md 0.1 and 6, Write history: the codes of its refusals; nothing is written then."""
    ws.define_attribute("companies", api_slug="code", type="text", is_required=True)
    api.create("companies", domains=["taken.test"], code="b")
    key = record_id(api.create("companies", name="Acme", domains=["acme.test"], code="a"))
    attribute, items, code = REFUSED[case]
    before = api.read("companies", key)
    assert write(api, path_of(key, attribute), *items).code == f"400 {code}"
    assert api.read("companies", key) == before


@pytest.mark.parametrize("flag", [False, None, "true", 1])
def test_the_flag_must_be_true(api: Client, key: str, flag: Any) -> None:
    """facts.md 6, Write history: `replace_history` must be `true`."""
    answer = write(api, path_of(key, "name"), OPEN, replace_history=flag)
    assert answer.code == "400 validation_type"
    without = api.send("PUT", path_of(key, "name"), {"data": {"values": [OPEN]}})
    assert without.code == "400 validation_type"


def test_what_is_not_sent_is_gone(api: Client, key: str) -> None:
    """facts.md 6, Write history: it replaces all of it; any order, and gaps, are allowed."""
    api.patch("companies", key, name="Acme Inc")
    last, first = item("Now", "2025-06-01"), item("Then", "2019-01-01", "2020-01-01")
    assert write(api, path_of(key, "name"), last, first).status == 200
    assert plain(api.history("companies", key, "name")) == ["Then", "Now"]
    assert plain(api.values("companies", key, "name")) == ["Now"]
    assert api.ids("companies", {"name": "Now"}) == [key]


def test_unknown_attributes_are_404(api: Client, key: str) -> None:
    """facts.md 0.1: 404 `value_not_found` of an unknown attribute in a history write."""
    assert write(api, path_of(key, "ghost"), OPEN).code == "404 value_not_found"


def test_entries_have_histories_and_no_webhook_is_told(
    ws: Workspace, api: Client, hiring: str
) -> None:
    """facts.md 15 and 6, Write history: the same path on entries; no webhooks fire."""
    told = Told(ws, "list-entry.updated", "record.updated")
    entry = api.add_entry("hiring", api.create("people"))["id"]["entry_id"]
    path = f"/v2/lists/{hiring}/entries/{entry}/attributes/stage/values"
    answer = write(
        api, path, item("Interview", "2026-01-01"), item("New", "2025-01-01", "2026-01-01")
    )
    assert plain(answer.json["data"]) == ["New", "Interview"]
    again = write(api, path, item("New", "2025-01-01"), item("Hired", "2026-01-01"))
    assert again.code == "400 multiple_values_for_single_value_attribute"
    key = record_id(api.create("companies", name="Acme"))
    assert write(api, path_of(key, "name"), OPEN).status == 200
    assert told.take() == []
