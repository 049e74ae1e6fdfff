"""Objects, attributes, options, statuses, members and the token's identity."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm.sandbox import Clock, Workspace
from tests.sandbox.client import Client, plain, record_id

NOW = "2026-02-03T10:11:12.520000000Z"
SOME_ID = "11111111-1111-4111-8111-111111111111"
SYSTEM = ("created_at", "created_by")
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
EMPTY = (
    "You passed an empty payload. Please ensure you are updating at least one property in your "
    "request."
)
FACTS = {
    "people": """
        record_id:text:U:RO name:personal-name email_addresses:email-address:M:U description:text
        company:record-reference job_title:text avatar_url:text:RO phone_numbers:phone-number:M
        primary_location:location angellist:text facebook:text instagram:text linkedin:text
        twitter:text twitter_follower_count:number:RO first_calendar_interaction:interaction:RO
        last_calendar_interaction:interaction:RO next_calendar_interaction:interaction:RO
        first_email_interaction:interaction:RO last_email_interaction:interaction:RO
        first_interaction:interaction:RO last_interaction:interaction:RO
        next_interaction:interaction:RO strongest_connection_strength_legacy:number:RO
        strongest_connection_strength:select:RO strongest_connection_user:actor-reference:RO
        associated_deals:record-reference:M associated_users:record-reference:M
        created_at:timestamp:RO created_by:actor-reference:RO
    """,
    "companies": """
        record_id:text:U:RO domains:domain:M:U name:text description:text team:record-reference:M
        categories:select:M primary_location:location logo_url:text:RO angellist:text facebook:text
        instagram:text linkedin:text twitter:text twitter_follower_count:number:RO
        estimated_arr_usd:select funding_raised_usd:currency foundation_date:date
        employee_range:select first_calendar_interaction:interaction:RO
        last_calendar_interaction:interaction:RO next_calendar_interaction:interaction:RO
        first_email_interaction:interaction:RO last_email_interaction:interaction:RO
        first_interaction:interaction:RO last_interaction:interaction:RO
        next_interaction:interaction:RO strongest_connection_strength_legacy:number:RO
        strongest_connection_strength:select:RO strongest_connection_user:actor-reference:RO
        associated_deals:record-reference:M associated_workspaces:record-reference:M
        created_at:timestamp:RO created_by:actor-reference:RO
    """,
    "deals": """
        record_id:text:U:RO name:text:R stage:status:R owner:actor-reference:R value:currency
        associated_people:record-reference:M associated_company:record-reference
        created_at:timestamp:RO created_by:actor-reference:RO
    """,
    "users": """
        record_id:text:U:RO person:record-reference primary_email_address:email-address:U:R
        user_id:text:U:R workspace:record-reference:M created_at:timestamp:RO
        created_by:actor-reference:RO
    """,
    "workspaces": """
        record_id:text:U:RO workspace_id:text:U:R name:text users:record-reference:M
        company:record-reference avatar_url:text created_at:timestamp:RO
        created_by:actor-reference:RO
    """,
}


def attributes(slug: str) -> str:
    return f"/v2/objects/{slug}/attributes"


@pytest.mark.parametrize("slug", FACTS)
def test_standard_objects_have_the_attributes_of_the_docs_in_order(api: Client, slug: str) -> None:
    found: list[str] = []
    for attribute in api.data("GET", attributes(slug)):
        flags = [("is_multiselect", "M"), ("is_unique", "U"), ("is_required", "R")]
        marks = [mark for name, mark in flags if attribute[name]]
        marks += [] if attribute["is_writable"] else ["RO"]
        found.append(":".join([attribute["api_slug"], attribute["type"], *marks]))
        assert attribute["is_system_attribute"] is True
    assert found == FACTS[slug].split()


def test_objects_are_all_active(ws: Workspace, api: Client) -> None:
    found = api.data("GET", "/v2/objects")
    nouns = [(o["api_slug"], o["singular_noun"], o["plural_noun"]) for o in found]
    assert nouns == [
        ("people", "Person", "People"), ("companies", "Company", "Companies"),
        ("deals", "Deal", "Deals"), ("users", "User", "Users"),
        ("workspaces", "Workspace", "Workspaces"),
    ]  # fmt: skip
    one = api.data("GET", "/v2/objects/people")
    assert one == found[0] == api.data("GET", f"/v2/objects/{one['id']['object_id']}")
    assert one["id"]["workspace_id"] == ws.workspace_id
    assert one["created_at"] == NOW


def test_create_and_rename_an_object(api: Client, clock: Clock) -> None:
    clock.move(1)
    names = {"api_slug": "things", "singular_noun": "Thing", "plural_noun": "Things"}
    made = api.data("POST", "/v2/objects", {"data": names})
    assert {k: made[k] for k in names} == names
    assert made["created_at"] == "2026-02-03T10:11:13.520000000Z"
    slugs = [a["api_slug"] for a in api.data("GET", attributes("things"))]
    assert slugs == ["record_id", *SYSTEM]
    key = record_id(api.create("things"))
    new = {"api_slug": "stuff", "singular_noun": "Stuff"}
    changed = api.data("PATCH", "/v2/objects/things", {"data": new})
    assert changed == made | new
    assert record_id(api.read("stuff", key)) == key
    assert api.send("GET", "/v2/objects/things").code == "404 not_found"


@pytest.mark.parametrize(
    "data",
    [
        {}, {"api_slug": "x"}, {"api_slug": "Not Snake", "singular_noun": "a", "plural_noun": "b"},
        {"api_slug": "x", "singular_noun": "", "plural_noun": "b"},
        {"api_slug": "x", "singular_noun": 5, "plural_noun": "b"},
        {"api_slug": "x", "singular_noun": "a\x00", "plural_noun": "b"}, None,
    ],
)  # fmt: skip
def test_objects_of_the_wrong_shape(api: Client, data: Any) -> None:
    assert api.send("POST", "/v2/objects", {"data": data}).code == "400 validation_type"


def test_object_slugs_are_unique(api: Client) -> None:
    names = {"api_slug": "people", "singular_noun": "P", "plural_noun": "Ps"}
    answer = api.send("POST", "/v2/objects", {"data": names})
    assert answer.code == "409 slug_conflict"
    assert answer.json["message"] == (
        "Failed to create object. Please ensure your api_slug and names are unique."
    )
    answer = api.send("PATCH", "/v2/objects/companies", {"data": {"api_slug": "people"}})
    assert answer.code == "409 slug_conflict"
    assert answer.json["message"] == "Failed to update object. Please ensure api_slug is unique."
    same = {"data": {"api_slug": "people"}}
    assert api.send("PATCH", "/v2/objects/people", same).status == 200
    answer = api.send("PATCH", "/v2/objects/people", {"data": {}})
    assert (answer.code, answer.json["message"]) == ("400 validation_type", EMPTY)


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


def test_created_by_has_the_dynamic_default(api: Client) -> None:
    found = api.data("GET", f"{attributes('people')}/created_by")
    assert found["default_value"] == {"type": "dynamic", "template": "current-user"}
    assert found["is_default_value_enabled"] is True


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
    before = {s: len(api.data("GET", attributes(s))) for s in FACTS}
    assert api.send("POST", attributes(slug), {"data": ATTRIBUTE | change}).code == code
    assert {s: len(api.data("GET", attributes(s))) for s in FACTS} == before


def test_messages_of_refused_attributes(api: Client) -> None:
    answer = api.send("POST", attributes("people"), {"data": ATTRIBUTE | {"is_unique": True}})
    assert answer.json["message"] == "Cannot set attribute as unique."
    answer = api.send("POST", attributes("deals"), {"data": ATTRIBUTE | {"api_slug": "name"}})
    assert answer.json["message"] == (
        "An attribute with the same API slug already exists on this object. Please choose a "
        "different API slug."
    )
    for missing in ATTRIBUTE:
        data = {k: v for k, v in ATTRIBUTE.items() if k != missing}
        (issue,) = api.send("POST", attributes("deals"), {"data": data}).json["validation_errors"]
        assert issue == {"code": "invalid_type", "path": ["data", missing], "message": "Required"}


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
    define("mails", "email-address", ["a@x.test", "b@x.test"], is_multiselect=True)
    define("due", "date", "P1M")
    define("at", "timestamp", "P1Y2M1W1DT1H30M")
    define("by", "actor-reference", "current-user")
    record = api.create("things")
    assert plain(record["values"]["note"]) == ["n/a"]
    assert plain(record["values"]["mails"]) == ["a@x.test", "b@x.test"]
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


class TestOptions:
    path = "/v2/objects/companies/attributes/categories/options"

    def test_list_create_rename_archive(self, api: Client) -> None:
        before = api.data("GET", self.path)
        made = api.data("POST", self.path, {"data": {"title": "Pumps & Co/2"}})
        assert api.data("GET", self.path) == [*before, made]
        assert list(made["id"]) == ["workspace_id", "object_id", "attribute_id", "option_id"]
        assert (made["title"], made["is_archived"]) == ("Pumps & Co/2", False)
        key = record_id(api.create("companies", categories=["Pumps & Co/2"]))
        one = f"{self.path}/Pumps%20%26%20Co%2F2"
        renamed = api.data("PATCH", one, {"data": {"title": "Pumps"}})
        assert renamed == made | {"title": "Pumps"}
        assert plain(api.values("companies", key, "categories")) == ["Pumps"]
        assert api.ids("companies", {"categories": "Pumps"}) == [key]
        by_id = f"{self.path}/{made['id']['option_id']}"
        api.data("PATCH", by_id, {"data": {"is_archived": True}})
        assert api.data("GET", self.path) == before
        assert len(api.data("GET", self.path, show_archived="true")) == len(before) + 1

    def test_refusals(self, api: Client) -> None:
        answer = api.send("POST", self.path, {"data": {"title": "SaaS"}})
        assert answer.code == "409 slug_conflict"
        assert answer.json["message"] == (
            'There is already another select option with the title "SaaS".'
        )
        answer = api.send("PATCH", f"{self.path}/B2B", {"data": {"title": "SaaS"}})
        assert answer.code == "409 slug_conflict"
        assert api.send("PATCH", f"{self.path}/B2B", {"data": {"title": "B2B"}}).status == 200
        answer = api.send("PATCH", f"{self.path}/Ghost", {"data": {"title": "x"}})
        assert answer.code == "400 value_not_found"
        assert answer.json["message"] == (
            'Cannot find select attribute with select option title "Ghost".'
        )
        answer = api.send("PATCH", f"{self.path}/B2B", {"data": {}})
        assert (answer.code, answer.json["message"]) == ("400 validation_type", EMPTY)
        answer = api.send("PATCH", f"{self.path}/{SOME_ID}", {"data": {}})
        assert answer.code == "400 value_not_found"
        assert api.send("POST", self.path, {"data": {"title": ""}}).code == "400 validation_type"
        answer = api.send("GET", "/v2/objects/companies/attributes/name/options")
        assert answer.code == "400 validation_type"
        assert answer.json["message"] == "This attribute is not a select attribute."
        answer = api.send("GET", "/v2/objects/companies/attributes/ghost/options")
        assert answer.code == "404 not_found"


class TestStatuses:
    path = "/v2/objects/deals/attributes/stage/statuses"

    def test_list_create_update(self, api: Client) -> None:
        titles = [s["title"] for s in api.data("GET", self.path)]
        assert titles == ["Lead", "In Progress", "Won 🎉", "Lost"]
        data = {"title": "Paused", "celebration_enabled": True, "target_time_in_status": "P7D"}
        made = api.data("POST", self.path, {"data": data})
        assert {k: made[k] for k in data} == data
        assert made["id"]["status_id"]
        change = {"celebration_enabled": False, "target_time_in_status": None, "is_archived": True}
        changed = api.data("PATCH", f"{self.path}/Paused", {"data": change})
        assert changed == made | change
        won = api.data("PATCH", f"{self.path}/Won%20%F0%9F%8E%89", {"data": {"title": "Won"}})
        assert won["title"] == "Won"

    def test_refusals(self, api: Client) -> None:
        answer = api.send("POST", self.path, {"data": {"title": "Lead"}})
        assert answer.json["message"] == 'There is already another status with the title "Lead".'
        answer = api.send("PATCH", f"{self.path}/Ghost", {"data": {"title": "x"}})
        assert answer.json["message"] == (
            'Cannot find status attribute with status option title "Ghost".'
        )
        bad = {"data": {"title": "x", "target_time_in_status": "7 days"}}
        assert api.send("POST", self.path, bad).code == "400 validation_type"
        answer = api.send("GET", "/v2/objects/deals/attributes/name/statuses")
        assert answer.json["message"] == "This attribute is not a status attribute."


def test_members(ws: Workspace, api: Client) -> None:
    (owner,) = api.data("GET", "/v2/workspace_members")
    assert owner == {
        "id": {
            "workspace_id": ws.workspace_id,
            "workspace_member_id": owner["id"]["workspace_member_id"],
        },
        "first_name": "Sandbox", "last_name": "Owner", "avatar_url": None,
        "email_address": "owner@sandbox.example", "created_at": NOW, "access_level": "admin",
    }  # fmt: skip
    key = ws.add_member("kim@acme.test", first_name="Kim", access_level="suspended")
    found = api.data("GET", f"/v2/workspace_members/{key}")
    assert found == api.data("GET", "/v2/workspace_members")[1]
    assert (found["first_name"], found["access_level"]) == ("Kim", "suspended")
    with pytest.raises(ValueError, match="already"):
        ws.add_member("KIM@acme.test")
    ghost = ws.workspace_id
    answer = api.send("GET", f"/v2/workspace_members/{ghost}")
    assert answer.code == "404 not_found"
    assert answer.json["message"] == f'Workspace member with ID "{ghost}" not found.'
    assert api.send("GET", "/v2/workspace_members/kim").code == "400 validation_type"


def test_self(ws: Workspace, api: Client) -> None:
    status, found = api.send("GET", "/v2/self")
    assert status == 200
    assert found["active"] is True
    assert found["workspace_id"] == found["sub"] == ws.workspace_id
    assert found["workspace_slug"] == ws.slug
    assert found["iat"] == 1_770_113_472
    assert "record_permission:read-write" in found["scope"].split()


def test_definitions_that_attio_would_refuse(ws: Workspace) -> None:
    with pytest.raises(ValueError, match="slug and names are unique"):
        ws.define_object("people", "Person", "People")
    with pytest.raises(ValueError, match="'not a type'"):
        ws.define_attribute("deals", api_slug="x", type="not a type")
    with pytest.raises(ValueError, match="There is already another select option"):
        ws.define_attribute("deals", api_slug="x", type="select", options=["a", "a"])


def test_a_bad_default_is_named_where_it_stands(api: Client) -> None:
    data = {
        "title": "Seats", "description": None, "api_slug": "seats", "type": "number",
        "is_required": False, "is_unique": False, "is_multiselect": False, "config": {},
        "default_value": {"type": "static", "template": ["many"]},
    }  # fmt: skip
    answer = api.send("POST", "/v2/objects/deals/attributes", {"data": data})
    assert answer.json["validation_errors"][0]["path"] == ["data", "default_value", "template"]
