"""Attributes: read, made, changed, archived and refused, and their defaults."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, plain, record_id
from tests.sandbox.helpers import EMPTY, NOW, attributes

ATTRIBUTE = {
    "title": "Renewal risk",
    "description": None,
    "api_slug": "renewal_risk",
    "type": "text",
    "is_required": False,
    "is_unique": False,
    "is_multiselect": False,
    "config": {},
}


OBJECTS = ("people", "companies", "deals", "users", "workspaces")


def test_an_attribute_reads_as_attio_shows_it(ws: Workspace, api: Client) -> None:
    made = api.data("POST", attributes("deals"), {"data": ATTRIBUTE})
    object_id = api.data("GET", "/v2/objects/deals")["id"]["object_id"]
    assert made.pop("id") == {
        "workspace_id": ws.workspace_id,
        "object_id": object_id,
        "attribute_id": api.data("GET", f"{attributes('deals')}/renewal_risk")["id"][
            "attribute_id"
        ],
    }
    assert made == {
        "title": "Renewal risk", "description": None, "api_slug": "renewal_risk", "type": "text",
        "is_system_attribute": False, "is_writable": True, "is_required": False,
        "is_unique": False, "is_multiselect": False, "is_default_value_enabled": False,
        "is_archived": False, "default_value": None, "relationship": None, "created_at": NOW,
        "config": {
            "currency": {"default_currency_code": None, "display_type": None},
            "record_reference": {"allowed_object_ids": None},
        },
    }  # fmt: skip


def test_config_of_currency_and_references(ws: Workspace, api: Client) -> None:
    euro = {"currency": {"default_currency_code": "EUR", "display_type": "code"}}
    data = ATTRIBUTE | {"type": "currency", "config": euro}
    made = api.data("POST", attributes("deals"), {"data": data})
    assert made["config"]["currency"] == euro["currency"]
    yen = {"currency": {"default_currency_code": "JPY", "display_type": "name"}}
    made = api.data("PATCH", f"{attributes('deals')}/renewal_risk", {"data": {"config": yen}})
    assert made["config"]["currency"] == yen["currency"]
    ws.define_attribute(
        "deals", api_slug="about", type="record-reference", allowed_objects=["people", "companies"]
    )
    found = api.data("GET", f"{attributes('deals')}/about")
    ids = [api.data("GET", f"/v2/objects/{s}")["id"]["object_id"] for s in ("people", "companies")]
    assert found["config"]["record_reference"] == {"allowed_object_ids": ids}
    only = {"config": {"record_reference": {"allowed_objects": ["companies"]}}}
    found = api.data("PATCH", f"{attributes('deals')}/about", {"data": only})
    assert found["config"]["record_reference"] == {"allowed_object_ids": ids[1:]}


def test_a_relationship_makes_two_attributes(api: Client) -> None:
    config = {"record_reference": {"allowed_objects": ["companies"]}}
    other = {
        "object": "companies",
        "title": "Deals won",
        "api_slug": "wins",
        "is_multiselect": True,
    }
    data = ATTRIBUTE | {
        "api_slug": "winner", "type": "record-reference", "config": config, "relationship": other
    }  # fmt: skip
    made = api.data("POST", attributes("deals"), {"data": data})
    pair = api.data("GET", f"{attributes('companies')}/wins")
    assert made["relationship"] == {
        "id": pair["id"], "object_slug": "companies", "title": "Deals won", "api_slug": "wins",
        "is_multiselect": True,
    }  # fmt: skip
    assert pair["relationship"]["id"] == made["id"]
    assert pair["is_multiselect"] is True
    assert pair["config"]["record_reference"]["allowed_object_ids"] == [made["id"]["object_id"]]


@pytest.mark.parametrize(
    ("slug", "change", "code"),
    [
        ("deals", {"type": "personal-name"}, "400 validation_type"),
        ("deals", {"type": "interaction"}, "400 validation_type"),
        ("deals", {"title": 5}, "400 validation_type"),
        ("deals", {"is_multiselect": True}, "400 validation_type"),
        ("deals", {"colour": "red"}, "400 validation_type"),
        ("deals", {"type": "select", "is_unique": True}, "400 validation_type"),
        ("people", {"is_unique": True}, "400 validation_type"),
        ("companies", {"type": "status"}, "400 validation_type"),
        ("people", {"default_value": {"type": "static", "template": ["x"]}}, "400 validation_type"),
        ("deals", {"default_value": {"type": "static", "template": [5]}}, "400 validation_type"),
        ("deals", {"default_value": {"type": "dynamic", "template": "P1M"}}, "400 validation_type"),
        ("deals", {"default_value": {"type": "magic"}}, "400 validation_type"),
        ("deals", {"type": "date", "default_value": {"type": "dynamic", "template": "soon"}},
         "400 validation_type"),
        ("deals", {"type": "currency", "config": {"currency": {"default_currency_code": "EUR"}}},
         "400 validation_type"),
        ("deals", {"type": "currency", "config": {"currency": {"default_currency_code": "XXX",
                                                               "display_type": "code"}}},
         "400 validation_type"),
        ("deals", {"type": "record-reference",
                   "config": {"record_reference": {"allowed_objects": ["ghosts"]}}},
         "400 value_not_found"),
        ("deals", {"relationship": {"object": "people", "title": "x", "api_slug": "x",
                                    "is_multiselect": True}}, "400 validation_type"),
        ("deals", {"type": "record-reference",
                   "relationship": {"object": "ghosts", "title": "x", "api_slug": "x",
                                    "is_multiselect": True}}, "400 value_not_found"),
        ("deals", {"type": "record-reference",
                   "config": {"record_reference": {"allowed_objects": ["users"]}},
                   "relationship": {"object": "people", "title": "x", "api_slug": "x",
                                    "is_multiselect": True}}, "400 validation_type"),
        ("deals", {"type": "record-reference",
                   "relationship": {"object": "people", "title": "x", "api_slug": "name",
                                    "is_multiselect": True}}, "409 slug_conflict"),
        ("deals", {"type": "record-reference",
                   "relationship": {"object": "deals", "title": "x", "api_slug": "renewal_risk",
                                    "is_multiselect": True}}, "409 slug_conflict"),
        ("deals", {"api_slug": "stage"}, "409 slug_conflict"),
        ("ghosts", {}, "404 not_found"),
    ],
)  # fmt: skip
def test_attributes_that_are_refused(
    api: Client, slug: str, change: dict[str, Any], code: str
) -> None:
    before = {s: len(api.data("GET", attributes(s))) for s in OBJECTS}
    assert api.send("POST", attributes(slug), {"data": ATTRIBUTE | change}).code == code
    assert {s: len(api.data("GET", attributes(s))) for s in OBJECTS} == before


def test_messages_of_refused_attributes(api: Client) -> None:
    answer = api.send("POST", attributes("people"), {"data": ATTRIBUTE | {"is_unique": True}})
    assert answer.json["message"] == "Cannot set attribute as unique."
    answer = api.send("POST", attributes("deals"), {"data": ATTRIBUTE | {"api_slug": "name"}})
    assert answer.json["message"] == (
        "An attribute with the same API slug already exists on this object. Please choose a "
        "different API slug."
    )
    # Each member that is missing, with its type (facts.md 16); that of `type` is its whole enum.
    expected = {
        "title": "string", "description": "string", "api_slug": "string", "config": "object",
        "is_required": "boolean", "is_unique": "boolean", "is_multiselect": "boolean",
    }  # fmt: skip
    for missing, kind in expected.items():
        data = {k: v for k, v in ATTRIBUTE.items() if k != missing}
        (issue,) = api.send("POST", attributes("deals"), {"data": data}).json["validation_errors"]
        assert issue == {
            "code": "invalid_type",
            "path": ["data", missing],
            "message": "Required",
            "expected": kind,
            "received": "undefined",
        }


def test_a_default_whose_option_changes(ws: Workspace, api: Client) -> None:
    """It follows a new title, and where the option is archived nothing fails for it."""
    ws.define_attribute(
        "deals", api_slug="tags", type="select", options=["a", "b"], is_multiselect=True,
    )  # fmt: skip
    default = {"type": "static", "template": ["a", {"option": "b"}]}
    ws.setup.change_attribute("deals", "tags", default_value=default)
    tags = f"{attributes('deals')}/tags"
    api.data("PATCH", f"{tags}/options/a", {"data": {"title": "first"}})

    def titles() -> tuple[list[str], list[str]]:
        template = api.data("GET", tags)["default_value"]["template"]
        made = api.create("deals", name="D", stage="Lead", owner="owner@sandbox.example")
        return (
            [each["option"]["title"] for each in template],
            [each["option"]["title"] for each in made["values"]["tags"]],
        )

    assert titles() == (["first", "b"], ["first", "b"])
    api.data("PATCH", f"{tags}/options/b", {"data": {"is_archived": True}})
    assert titles() == (["first"], ["first"])


def test_update_an_attribute(ws: Workspace, api: Client) -> None:
    ws.define_attribute("deals", api_slug="risk", type="text", title="Risk")
    key = record_id(
        api.create("deals", name="D", stage="Lead", owner="owner@sandbox.example", risk="high")
    )
    data = {"title": "Peril", "description": "How bad", "api_slug": "peril", "is_required": True}
    changed = api.data("PATCH", f"{attributes('deals')}/risk", {"data": data})
    assert {k: changed[k] for k in data} == data
    assert changed["is_default_value_enabled"] is True
    assert plain(api.values("deals", key, "peril")) == ["high"]
    assert api.send("GET", f"{attributes('deals')}/risk").json["message"] == (
        'Attribute with slug/ID "risk" not found.'
    )
    one = f"{attributes('deals')}/peril"
    answer = api.send("PATCH", one, {"data": {}})
    assert (answer.code, answer.json["message"]) == ("400 validation_type", EMPTY)
    assert api.send("PATCH", one, {"data": {"type": "number"}}).code == "400 validation_type"
    assert api.send("PATCH", one, {"data": {"api_slug": "stage"}}).code == "409 slug_conflict"
    assert api.send("PATCH", one, {"data": {"is_unique": True}}).status == 200
    answer = api.send("PATCH", f"{attributes('deals')}/stage", {"data": {"title": "Phase"}})
    assert answer.code == "400 system_edit_unauthorized"
    assert answer.json["message"] == "Cannot update a System attribute."


def test_archived_attributes_hide_and_come_back(ws: Workspace, api: Client) -> None:
    ws.define_attribute("people", api_slug="nick", type="text")
    key = record_id(api.create("people", nick="Ada"))
    one = f"{attributes('people')}/nick"
    api.data("PATCH", one, {"data": {"is_archived": True}})
    assert "nick" not in api.read("people", key)["values"]
    assert "nick" not in [a["api_slug"] for a in api.data("GET", attributes("people"))]
    shown = api.data("GET", attributes("people"), show_archived="true")
    assert shown[-1]["api_slug"] == "nick"
    assert shown[-1]["is_archived"] is True
    assert api.change("PATCH", "people", key, nick="x").code == "400 value_not_found"
    assert api.data("GET", one)["is_archived"] is True
    api.data("PATCH", one, {"data": {"is_required": True}})
    api.create("people", name="without the archived one")
    api.data("PATCH", one, {"data": {"is_archived": False}})
    assert plain(api.values("people", key, "nick")) == ["Ada"]


def test_a_new_attribute_is_empty_in_records_that_were_there(ws: Workspace, api: Client) -> None:
    key = record_id(api.create("people"))
    ws.define_attribute("people", api_slug="nick", type="text")
    assert api.values("people", key, "nick") == []


def test_attribute_pages(api: Client) -> None:
    every = [a["api_slug"] for a in api.data("GET", attributes("people"))]
    page = api.data("GET", attributes("people"), limit="3", offset="2")
    assert [a["api_slug"] for a in page] == every[2:5]
    assert api.send("GET", attributes("people"), limit="0").code == "400 validation_type"


def test_targets_are_objects_or_lists(api: Client) -> None:
    answer = api.send("GET", "/v2/lists/pipeline/attributes")
    assert answer.code == "404 not_found"
    assert answer.json["message"] == 'List with slug/ID "pipeline" not found.'
    assert api.send("GET", "/v2/tasks/people/attributes").code == "404 not_found"


def test_defaults(ws: Workspace, api: Client, clock: Clock) -> None:
    ws.define_object("things", "Thing", "Things")

    def define(slug: str, kind: str, template: Any, **more: Any) -> None:
        default = {
            "type": "static" if isinstance(template, list) else "dynamic",
            "template": template,
        }
        ws.define_attribute("things", api_slug=slug, type=kind, default_value=default, **more)

    define("note", "text", ["n/a"], is_required=True)
    define("mails", "email-address", ["a@x.example.com", "b@x.example.com"], is_multiselect=True)
    define("due", "date", "P1M")
    define("at", "timestamp", "P1Y2M1W1DT1H30M")
    define("by", "actor-reference", "current-user")
    record = api.create("things")
    assert plain(record["values"]["note"]) == ["n/a"]
    assert plain(record["values"]["mails"]) == ["a@x.example.com", "b@x.example.com"]
    assert plain(record["values"]["due"]) == ["2026-03-03"]
    assert plain(record["values"]["at"]) == ["2027-04-11T11:41:12.520000000Z"]
    (by,) = record["values"]["by"]
    assert by["referenced_actor_type"] == "api-token"
    sent = api.create("things", note="mine", mails=[], due=None)["values"]
    assert (plain(sent["note"]), sent["mails"], sent["due"]) == (["mine"], [], [])
    shown = api.data("GET", f"{attributes('things')}/note")["default_value"]
    assert shown == {"type": "static", "template": [{"value": "n/a", "attribute_type": "text"}]}
    clock.set(clock.now().replace(month=1, day=31))
    assert plain(api.create("things")["values"]["due"]) == ["2026-02-28"]
    api.data("PATCH", f"{attributes('things')}/due", {"data": {"default_value": None}})
    assert api.create("things")["values"]["due"] == []
    daily = {"data": {"default_value": {"type": "dynamic", "template": "P1D"}}}
    api.data("PATCH", f"{attributes('things')}/due", daily)
    assert plain(api.create("things")["values"]["due"]) == ["2026-02-01"]


@pytest.mark.parametrize("template", ["P9999Y", "P" + "9" * 5_000 + "D"])
def test_a_default_that_no_calendar_has_is_refused_with_the_value(
    ws: Workspace, api: Client, template: str
) -> None:
    ws.define_object("things", "Thing", "Things")
    ws.define_attribute("things", title="Due", type="date", api_slug="due")
    change = {"data": {"default_value": {"type": "dynamic", "template": template}}}
    api.data("PATCH", f"{attributes('things')}/due", change)
    assert api.try_create("things").code == "400 validation_type"
    assert api.try_create("things", due="2026-03-01").status == 200


def test_a_bad_default_is_named_where_it_stands(api: Client) -> None:
    data = {
        "title": "Seats", "description": None, "api_slug": "seats", "type": "number",
        "is_required": False, "is_unique": False, "is_multiselect": False, "config": {},
        "default_value": {"type": "static", "template": ["many"]},
    }  # fmt: skip
    answer = api.send("POST", "/v2/objects/deals/attributes", {"data": data})
    assert answer.json["validation_errors"][0]["path"] == ["data", "default_value", "template", 0]
