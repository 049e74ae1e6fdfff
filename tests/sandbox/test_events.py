"""Which events records, entries, lists and attributes cause, with their id keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.events import Event
from attio_sandbox.resources.webhooks.outbox import Outbox
from tests.sandbox.client import Client, entry_body, entry_id, record_id

PEOPLE = "/v2/objects/people"


class Outgoing:
    """What webhooks would be told since the last look."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.events: list[Event] = []

    def write(self, outbox: Outbox, events: Iterable[Event], *rest: Any) -> None:
        self.events += events

    def look(self) -> list[tuple[str, dict[str, Any]]]:
        """Give the type and all ids of each event, attributes by their slug."""
        events, self.events = self.events, []
        slugs = {a.id: a.slug for a in self.workspace._engine.schema.attributes.values()}
        found: list[tuple[str, dict[str, Any]]] = []
        for event in events:
            ids = {**event.id, **event.extra}
            if "attribute_id" in ids:
                ids["attribute_id"] = slugs[ids["attribute_id"]]
            found.append((event.type, ids))
        return found

    def types(self) -> list[str]:
        return [kind for kind, _ in self.look()]

    def changed(self) -> list[tuple[str, str]]:
        """Give the record or entry and the attribute of events that must all be updates."""
        found: list[tuple[str, str]] = []
        for kind, ids in self.look():
            assert kind in ("record.updated", "list-entry.updated"), kind
            found.append((ids.get("record_id") or ids["entry_id"], ids["attribute_id"]))
        return sorted(found)


@pytest.fixture
def told(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> Outgoing:
    seen = Outgoing(ws)
    monkeypatch.setattr(Outbox, "write", lambda outbox, *given: seen.write(outbox, *given))
    return seen


def objects(api: Client) -> dict[str, str]:
    return {o["api_slug"]: o["id"]["object_id"] for o in api.data("GET", "/v2/objects")}


def test_a_record_from_creation_to_deletion(api: Client, told: Outgoing) -> None:
    people = objects(api)["people"]
    key = record_id(api.create("people", name="Ada", email_addresses=["a@x.example.com"]))
    ids = {"object_id": people, "record_id": key}
    assert told.look() == [("record.created", ids)]
    api.patch(
        "people", key, job_title="Countess", email_addresses=["b@x.example.com", "c@x.example.com"]
    )
    assert told.look() == [
        ("record.updated", {**ids, "attribute_id": "job_title"}),
        ("record.updated", {**ids, "attribute_id": "email_addresses"}),
    ]
    # What is there already is not a change.
    api.patch("people", key, job_title="Countess", email_addresses=["a@x.example.com"])
    api.put("people", key, job_title="Countess")
    api.read("people", key)
    assert told.look() == []
    api.put("people", key, job_title=None)
    assert told.changed() == [(key, "job_title")]
    api.upsert("people", "email_addresses", email_addresses=["a@x.example.com"], name="Ada B")
    assert told.changed() == [(key, "name")]
    api.upsert("people", "email_addresses", email_addresses=["new@x.example.com"])
    assert told.types() == ["record.created"]
    api.send("DELETE", f"{PEOPLE}/records/{key}")
    assert told.look() == [("record.deleted", ids)]


def test_a_refused_write_tells_nothing(api: Client, told: Outgoing) -> None:
    key = record_id(api.create("people", name="Ada", email_addresses=["a@x.example.com"]))
    told.look()
    answer = api.change("PATCH", "people", key, job_title="x", company="ghost.test")
    assert answer.status == 400
    assert api.try_create("people", email_addresses=["a@x.example.com"]).status == 400
    assert told.look() == []


def test_who_did_it(api: Client, told: Outgoing, ws: Workspace) -> None:
    api.create("people", name="Ada")
    (event,) = told.events
    assert ws._engine.schema.actors[event.actor][0] == "api-token"


def test_both_sides_of_a_relationship(api: Client, told: Outgoing) -> None:
    acme = record_id(api.create("companies", name="Acme", domains=["acme.test"]))
    beta = record_id(api.create("companies", name="Beta", domains=["beta.test"]))
    told.look()
    ada = record_id(api.create("people", name="Ada", company="acme.test"))
    assert told.look() == [
        ("record.created", {"object_id": objects(api)["people"], "record_id": ada}),
        ("record.updated", {"object_id": objects(api)["companies"], "record_id": acme,
                            "attribute_id": "team"}),
    ]  # fmt: skip
    api.patch("people", ada, company="beta.test")
    assert told.changed() == sorted([(ada, "company"), (acme, "team"), (beta, "team")])
    api.put("companies", acme, team=[{"target_object": "people", "target_record_id": ada}])
    assert told.changed() == sorted([(ada, "company"), (acme, "team"), (beta, "team")])
    api.send("DELETE", f"/v2/objects/companies/records/{acme}")
    kinds = dict.fromkeys(told.types())
    assert list(kinds) == ["record.deleted", "record.updated"]


def test_lists_and_attributes(api: Client, told: Outgoing, ws: Workspace) -> None:
    key = ws.define_list("hiring", "Hiring", "people")
    assert told.look() == [("list.created", {"list_id": key})]
    api.data("PATCH", "/v2/lists/hiring", {"data": {"name": "Jobs"}})
    assert told.look() == [("list.updated", {"list_id": key})]
    ws.define_attribute("hiring", target="lists", api_slug="note", type="text")
    ids = {"list_id": key, "attribute_id": "note"}
    assert told.look() == [("list-attribute.created", ids)]
    api.data("PATCH", "/v2/lists/hiring/attributes/note", {"data": {"title": "Notes"}})
    assert told.look() == [("list-attribute.updated", ids)]
    found = objects(api)
    other = {"object": "companies", "api_slug": "fans"}
    ws.define_attribute("people", api_slug="likes", type="record-reference", relationship=other)
    assert told.look() == [
        ("object-attribute.created", {"object_id": found["people"], "attribute_id": "likes"}),
        ("object-attribute.created", {"object_id": found["companies"], "attribute_id": "fans"}),
    ]
    api.data("PATCH", f"{PEOPLE}/attributes/likes", {"data": {"title": "Likes"}})
    assert told.types() == ["object-attribute.updated"]


def test_an_entry_from_creation_to_deletion(api: Client, told: Outgoing, ws: Workspace) -> None:
    list_key = ws.define_list("hiring", "Hiring", "people")
    ws.define_attribute("hiring", target="lists", api_slug="note", type="text")
    ada = record_id(api.create("people", name="Ada"))
    told.look()
    parent = {"parent_object_id": objects(api)["people"], "parent_record_id": ada}
    entry = entry_id(api.add_entry("hiring", ada, note="one"))
    ids = {"list_id": list_key, "entry_id": entry}
    assert told.look() == [("list-entry.created", ids | parent)]
    body = {"data": {"entry_values": {"note": "two"}}}
    api.data("PATCH", f"/v2/lists/hiring/entries/{entry}", body)
    assert told.look() == [("list-entry.updated", {**ids, "attribute_id": "note"} | parent)]
    api.data("PUT", "/v2/lists/hiring/entries", {"data": entry_body(ada, {"note": "two"})})
    assert told.look() == []
    api.send("DELETE", f"/v2/lists/hiring/entries/{entry}")
    assert told.look() == [("list-entry.deleted", ids | parent)]


def test_entries_are_told_before_their_record(api: Client, told: Outgoing, ws: Workspace) -> None:
    ws.define_list("hiring", "Hiring", "people")
    ada = record_id(api.create("people", name="Ada"))
    entries = [entry_id(api.add_entry("hiring", ada)) for _ in range(2)]
    told.look()
    api.send("DELETE", f"{PEOPLE}/records/{ada}")
    found = told.look()
    assert [kind for kind, _ in found] == ["list-entry.deleted"] * 2 + ["record.deleted"]
    assert [ids["entry_id"] for _, ids in found[:2]] == entries
    assert {ids["parent_record_id"] for _, ids in found[:2]} == {ada}


def test_a_changed_stage_of_a_deal_is_one_event(api: Client, told: Outgoing) -> None:
    owner = "owner@sandbox.example"
    key = record_id(api.create("deals", name="Big", stage="Lead", owner=owner))
    told.look()
    api.patch("deals", key, stage="Lost", value=5)
    assert told.changed() == [(key, "stage"), (key, "value")]
