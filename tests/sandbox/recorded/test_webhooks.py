"""Two equal webhooks, of which the sources say different things."""

from __future__ import annotations

from typing import Any

from tests.sandbox.client import Client

WEBHOOKS = "/v2/webhooks"
URL = "https://hooks.example.com/attio"


def body(*wanted: dict[str, Any], url: str = URL) -> dict[str, Any]:
    return {"data": {"target_url": url, "subscriptions": list(wanted)}}


def test_a_second_one_that_is_equal_is_refused(api: Client) -> None:
    """facts.md 16, Contested: the docs say 409, a suite of 2025 makes two; 409 is on the safe side.

    facts.md 9: the address, the event and the filter together; no filter is an empty `$and`.
    """
    plain: dict[str, Any] = {"event_type": "note.created", "filter": None}
    made = api.data("POST", WEBHOOKS, body(plain))
    for again in (plain, plain | {"filter": {"$and": []}}):
        answer = api.send("POST", WEBHOOKS, body(again))
        assert (answer.code, answer.json["type"]) == (
            "409 uniqueness_conflict",
            "invalid_request_error",
        )
    assert [each["id"] for each in api.data("GET", WEBHOOKS)] == [made["id"]]
    assert api.send("POST", WEBHOOKS, body(plain, plain, url=f"{URL}/2")).status == 409


def test_what_differs_is_another_one(api: Client) -> None:
    """facts.md 16, Contested: only equal ones are in question."""
    plain: dict[str, Any] = {"event_type": "note.created", "filter": None}
    only = {"field": "actor.type", "operator": "equals", "value": "system"}
    api.data("POST", WEBHOOKS, body(plain))
    api.data("POST", WEBHOOKS, body(plain, url=f"{URL}/2"))
    api.data("POST", WEBHOOKS, body(plain | {"event_type": "note.deleted"}))
    api.data("POST", WEBHOOKS, body(plain | {"filter": {"$and": [only]}}))
    assert len(api.data("GET", WEBHOOKS)) == 4
