"""The endpoints of webhooks, and which events pass their filters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox import Workspace
from attio_sandbox.resources.webhooks.subscriptions import passes
from tests.sandbox.client import GHOST, Client, record_id
from tests.sandbox.resources.webhooks.hooks import (
    HOOKS,
    URL,
    add,
    differs,
    equals,
    key_of,
    subscription,
    try_add,
)


def test_the_secret_is_shown_once(ws: Workspace, api: Client) -> None:
    made = add(api, subscription("note.created", {"$and": []}), subscription("task.deleted"))
    secret = made.pop("secret")
    assert len(secret) == 64
    assert made == {
        "target_url": URL,
        "subscriptions": [
            {"event_type": "note.created", "filter": {"$and": []}},
            {"event_type": "task.deleted", "filter": None},
        ],
        "id": {"workspace_id": ws.workspace_id, "webhook_id": key_of(made)},
        "status": "active",
        "created_at": "2026-02-03T10:11:12.520000000Z",
    }
    one = f"{HOOKS}/{key_of(made)}"
    assert api.data("GET", one) == made
    assert api.data("GET", HOOKS) == [made]
    assert api.data("PATCH", one, {"data": {"target_url": f"{URL}2"}}).keys() == made.keys()


def test_patch_replaces_subscriptions_and_leaves_the_rest(api: Client) -> None:
    made = add(api, subscription("note.created"), subscription("note.deleted"))
    one = f"{HOOKS}/{key_of(made)}"
    changed = api.data("PATCH", one, {"data": {"subscriptions": [subscription("list.created")]}})
    assert changed["subscriptions"] == [subscription("list.created")]
    assert changed["target_url"] == URL
    moved = api.data("PATCH", one, {"data": {"target_url": f"{URL}/2"}})
    assert (moved["target_url"], moved["subscriptions"]) == (f"{URL}/2", changed["subscriptions"])
    assert api.send("PATCH", one, {"data": {}}).code == "400 validation_type"
    again = api.data("PATCH", one, {"data": {"subscriptions": [subscription("list.created")]}})
    assert again == moved


def test_delete(api: Client) -> None:
    one = f"{HOOKS}/{key_of(add(api))}"
    assert api.send("DELETE", one) == (200, {})
    assert api.data("GET", HOOKS) == []
    assert key_of(add(api))
    for method, body in (("GET", None), ("PATCH", {"data": {}}), ("DELETE", None)):
        answer = api.send(method, f"{HOOKS}/{GHOST}", body)
        assert answer.code == "404 not_found"
        assert answer.json["message"] == f'Webhook with ID "{GHOST}" was not found.'
    assert api.send("GET", f"{HOOKS}/x").status == 400


def test_pages_are_of_ten_to_a_hundred(api: Client) -> None:
    made = [key_of(add(api, url=f"{URL}/{n}")) for n in range(12)]
    assert [key_of(each) for each in api.data("GET", HOOKS)] == made[:10]
    assert [key_of(each) for each in api.data("GET", HOOKS, offset="10")] == made[10:]
    assert len(api.data("GET", HOOKS, limit="100")) == 12
    for limit in ("9", "101", "x", "-1"):
        assert api.send("GET", HOOKS, limit=limit).code == "400 validation_type"


@pytest.mark.parametrize(
    "same",
    [
        (None, None), (None, {"$and": []}),
        ({"$and": [equals("id.list_id", "x")]}, {"$and": [equals("id.list_id", "x")]}),
        (
            {"$or": [equals("actor.type", "app")]},
            {"$or": [{"value": "app", "operator": "equals", "field": "actor.type"}]},
        ),
    ],
)  # fmt: skip
def test_a_subscription_exists_once(api: Client, same: tuple[Any, Any]) -> None:
    first, second = same
    add(api, subscription(filter=first))
    answer = try_add(api, subscription("note.created"), subscription(filter=second))
    assert answer.code == "409 uniqueness_conflict"
    assert len(api.data("GET", HOOKS)) == 1
    other = key_of(add(api, subscription(filter=second), url=f"{URL}/other"))
    answer = api.send("PATCH", f"{HOOKS}/{other}", {"data": {"target_url": URL}})
    assert answer.code == "409 uniqueness_conflict"
    assert api.data("GET", f"{HOOKS}/{other}")["target_url"] == f"{URL}/other"


def test_subscriptions_that_differ_may_share_a_target(api: Client) -> None:
    add(api, subscription())
    add(api, subscription("record.updated"), subscription(filter={"$or": []}))
    add(api, subscription(filter={"$and": [equals("id.object_id", "x")]}))
    assert len(api.data("GET", HOOKS)) == 3


def test_the_filter_has_to_be_there(api: Client) -> None:
    answer = try_add(api, {"event_type": "record.created"})
    assert answer.code == "400 validation_type"
    (issue,) = answer.json["validation_errors"]
    assert issue["path"] == ["data", "subscriptions", 0, "filter"]


@pytest.mark.parametrize(
    "filter",
    [
        {}, [], "x", {"$not": []}, {"$and": [], "$or": []}, {"$and": {}},
        {"$and": [{"$or": []}]},
        {"$and": [{"field": "a", "operator": "equals"}]},
        {"$and": [{"field": "a", "operator": "contains", "value": "x"}]},
        {"$and": [{"field": "a", "operator": "equals", "value": 1}]},
        {"$and": [{"field": "", "operator": "equals", "value": ""}]},
        {"$and": [{"field": "a", "operator": "equals", "value": "\ud800"}]},
    ],
)  # fmt: skip
def test_wrong_filters(api: Client, filter: Any) -> None:
    assert try_add(api, subscription(filter=filter)).code == "400 validation_type"


@pytest.mark.parametrize("event", ["entry.created", "record.*", "task.completed", None, 1])
def test_wrong_events(api: Client, event: Any) -> None:
    assert try_add(api, subscription(event)).code == "400 validation_type"


@pytest.mark.parametrize(
    "url",
    [
        "http://app.test/", "ftp://app.test/", "app.test", "https://", "https:///x",
        "https:app.test", " https://app.test/", "https://app.test:0/", "https://app.test:x/",
        "https://[::/", "https://app.test/\x00", "https://app.test/\ud800", 1, None,
        "https://a b/", "https://a%20b/", "https://a|b/",
    ],
)  # fmt: skip
def test_wrong_targets(api: Client, url: Any) -> None:
    assert try_add(api, subscription(), url=url).code == "400 validation_type"


def test_plain_http_is_taken_where_it_is_allowed(ws: Workspace, api: Client) -> None:
    ws.allow_http_targets = True
    assert ws.allow_http_targets
    assert add(api, url="http://127.0.0.1:1/x")["target_url"] == "http://127.0.0.1:1/x"
    assert try_add(api, subscription(), url="ftp://app.test/").status == 400


def test_webhooks_are_of_the_workspace_and_need_their_scope(ws: Workspace, api: Client) -> None:
    made = add(api)
    reader = Client(ws)
    reader.headers = {"Authorization": f"Bearer {ws.access.add_token(('webhook:read',))}"}
    assert key_of(reader.data("GET", HOOKS)[0]) == key_of(made)
    assert reader.send("DELETE", f"{HOOKS}/{key_of(made)}").code == "403 unauthorized"


# Which events pass

EVENT = {
    "event_type": "record.created",
    "id": {"workspace_id": "w", "object_id": "o", "record_id": "r"},
    "parent": None,
    "actor": {"type": "system", "id": None},
}


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, True),
        ({"$and": []}, True),
        ({"$or": []}, False),
        ({"$and": [equals("id.object_id", "o"), equals("actor.type", "system")]}, True),
        ({"$and": [equals("id.object_id", "o"), equals("actor.type", "app")]}, False),
        ({"$or": [equals("id.object_id", "x"), equals("actor.type", "system")]}, True),
        ({"$or": [equals("id.object_id", "x"), equals("actor.type", "app")]}, False),
        ({"$and": [differs("id.object_id", "x")]}, True),
        ({"$and": [differs("id.object_id", "o")]}, False),
        ({"$and": [equals("id.list_id", "o")]}, False),
        ({"$and": [differs("id.list_id", "o")]}, True),
        ({"$and": [equals("id", "o")]}, False),
        ({"$and": [equals("event_type.length", "o")]}, False),
        ({"$and": [equals("actor.id", "None")]}, False),
        ({"$and": [equals("parent.x.y", "o")]}, False),
    ],
)
def test_filters(filter: Any, expected: bool) -> None:
    assert passes(filter, EVENT) is expected


_FIELDS = st.sampled_from(["id.object_id", "id.record_id", "id.list_id", "actor.type", "actor.id"])
_CONDITIONS = st.lists(
    st.builds(
        lambda make, field, value: make(field, value),
        st.sampled_from([equals, differs]), _FIELDS, st.sampled_from(["o", "r", "system", "x"]),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@given(_CONDITIONS)
def test_not_equals_is_the_complement(conditions: list[dict[str, str]]) -> None:
    opposite = [
        (differs if each["operator"] == "equals" else equals)(each["field"], each["value"])
        for each in conditions
    ]
    assert passes({"$and": conditions}, EVENT) is not passes({"$or": opposite}, EVENT)


def test_only_what_passes_is_delivered(ws: Workspace, api: Client) -> None:
    people = api.data("GET", "/v2/objects/people")["id"]["object_id"]
    got: list[str] = []
    ws.receive(URL, lambda delivery: got.append(delivery.event["id"]["record_id"]) or 200)
    add(
        api,
        subscription(filter={"$and": [equals("id.object_id", people)]}),
        subscription(filter={"$or": [equals("actor.type", "api-token")]}),
    )
    person, company = api.create("people", name="Ada"), api.create("companies", name="Acme")
    assert got == [record_id(person), record_id(company)], "once each, though two filters pass"


def test_events_of_changes_that_were_refused_are_not_told(ws: Workspace, api: Client) -> None:
    got: list[Any] = []
    ws.receive(URL, lambda delivery: got.append(delivery) or 200)
    add(api)
    api.create("companies", domains=["acme.test"])
    assert api.try_create("companies", domains=["acme.test"]).status == 400
    assert len(got) == 1


def test_a_new_member_is_an_event(ws: Workspace, api: Client) -> None:
    got: list[Any] = []
    ws.receive(URL, lambda delivery: got.append(json.loads(delivery.body)) or 200)
    made = add(api, subscription("workspace-member.created"))
    key = ws.setup.add_member("kim@acme.example.com")
    (body,) = got
    assert body["webhook_id"] == key_of(made)
    assert body["events"][0]["id"] == {"workspace_id": ws.workspace_id, "workspace_member_id": key}
