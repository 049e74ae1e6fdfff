"""Activities as set-up arranges them, and what they share with objects and lists."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.activities import ACTIVITIES, DEMO, change, define, log, query, records, try_log
from tests.sandbox.activity_samples import ACTIVITY_SAMPLES, add_activity
from tests.sandbox.client import GHOST, Client, plain, record_id
from tests.sandbox.helpers import HOSTILE, OWNER

ONE_ACTIVITY = "/v2/activities/phone_calls/attributes"


def of(slug: str, key: str) -> dict[str, str]:
    return {"target_object": slug, "target_record_id": key}


def test_set_up_defines_activities(ws: Workspace, api: Client) -> None:
    with pytest.raises(ValueError, match="billing_plan=enterprise"):
        ws.define_activity("demos", "Demo", "Demos")
    ws.is_enterprise = True
    key = ws.define_activity("demos", "Demo", "Demos", extends="emails")
    made = api.data("GET", f"{ACTIVITIES}/{key}")
    assert (made["api_slug"], made["extends"][0]["schema_slug"]) == ("demos", "emails")
    assert ws.count("demos", target="activities") == 0
    log(api, "demos")
    assert ws.count("demos", target="activities") == 1
    assert ws.count("phone_calls", target="activities") == 0
    with pytest.raises(ValueError, match="in activities"):
        ws.count("people", target="activities")


@pytest.mark.parametrize("text", HOSTILE)
def test_nouns_are_kept_as_they_are(ws: Workspace, api: Client, text: str) -> None:
    ws.is_enterprise = True
    data = {**DEMO, "singular_noun": text}
    assert api.data("POST", ACTIVITIES, {"data": data})["singular_noun"] == text
    assert api.data("GET", f"{ACTIVITIES}/demos")["singular_noun"] == text


@pytest.mark.parametrize(
    "data",
    [
        {"api_slug": "Not Snake"},
        {"api_slug": ""},
        {"api_slug": 5},
        {"singular_noun": ""},
        {"plural_noun": None},
        {"singular_noun": "a\x00"},
        {"plural_noun": "\ud800"},
    ],
    ids=["slug", "empty slug", "number", "empty", "null", "NUL", "surrogate"],
)
def test_activities_of_the_wrong_shape(ws: Workspace, api: Client, data: Any) -> None:
    ws.is_enterprise = True
    assert api.send("POST", ACTIVITIES, {"data": {**DEMO, **data}}).code == "400 validation_type"
    api.data("POST", ACTIVITIES, {"data": DEMO})
    answer = api.send("PATCH", f"{ACTIVITIES}/demos", {"data": data})
    assert answer.code == "400 validation_type"
    for body in (None, [], {"data": []}, {"data": None}):
        assert api.send("PATCH", f"{ACTIVITIES}/demos", body).code == "400 validation_type"
        assert api.send("POST", ACTIVITIES, body).code == "400 validation_type"


def test_attributes_of_each_type(ws: Workspace, api: Client) -> None:
    person = record_id(api.create("people", email_addresses=["ada@acme.example.com"]))
    values: dict[str, Any] = {
        "text": "x",
        "number": 1.5,
        "checkbox": True,
        "currency": 5,
        "date": "2026-01-02",
        "timestamp": "2026-01-02T03:04:05.000000000Z",
        "rating": 3,
        "domain": "acme.com",
        "email-address": "ada@acme.example.com",
        "phone-number": "+442079460000",
        "actor-reference": OWNER,
        "record-reference": of("people", person),
    }
    for kind in values:
        ws.define_attribute(
            "phone_calls", target="activities", api_slug=kind.replace("-", "_"), type=kind
        )
    ws.define_attribute(
        "phone_calls", target="activities", api_slug="stage", type="status", statuses=["Open"]
    )
    sent = {kind.replace("-", "_"): value for kind, value in values.items()} | {"stage": "Open"}
    made = log(api, **sent)
    assert [slug for slug, found in made["values"].items() if not found] == []
    (stage,) = made["values"]["stage"]
    activity = made["id"]["activity_id"]
    assert stage["status"]["id"]["object_id"] == activity  # the key is that of objects
    assert query(api, filter={"stage": "Open", "rating": 3}) == [made]


def test_choices_are_added_later(ws: Workspace, api: Client) -> None:
    define(ws)
    ws.define_choices("phone_calls", "tags", ["Missed", "Voicemail"], target="activities")
    options = ws.look_up(f"{ONE_ACTIVITY}/tags/options")
    assert [each["title"] for each in options] == ["Inbound", "Outbound", "Missed", "Voicemail"]
    assert plain(log(api, tags=["Voicemail"])["values"]["tags"]) == ["Voicemail"]


def test_attributes_are_changed(ws: Workspace, api: Client) -> None:
    define(ws)
    change_attribute = ws.setup.change_attribute
    change_attribute("phone_calls", "subject", target="activities", is_archived=True)
    assert "subject" not in log(api)["values"]
    assert try_log(api, subject="x").code == "400 value_not_found"
    with pytest.raises(ValueError, match="System attribute"):
        change_attribute("phone_calls", "created_at", target="activities", title="x")
    ws.define_attribute("deals", api_slug="risk", type="text")
    change_attribute("deals", "risk", title="How risky")
    assert ws.look_up("/v2/objects/deals/attributes/risk")["title"] == "How risky"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"type": "record-reference", "relationship": {"object": "people", "api_slug": "calls"}},
            "Attributes of activities cannot have a relationship",
        ),
        ({"type": "record-reference", "allowed_objects": ["phone_calls"]}, "not found"),
        ({"type": "interaction"}, "type"),
        ({"type": "text", "api_slug": "created_at"}, "already exists"),
    ],
    ids=["relationship", "activity as target", "type", "slug"],
)
def test_attributes_that_are_refused(ws: Workspace, more: Any, said: str) -> None:
    given: dict[str, Any] = {"api_slug": "x", **more}
    with pytest.raises(ValueError, match=said):
        ws.define_attribute("phone_calls", target="activities", **given)
    assert len(ws.look_up(ONE_ACTIVITY)) == 3


def test_a_slug_is_one_of_its_kind(ws: Workspace, api: Client, hiring: str) -> None:
    """An object, a list and an activity may be called alike, and are told apart."""
    ws.is_enterprise = True
    assert hiring
    for slug in ("people", "hiring"):
        made = api.data("POST", ACTIVITIES, {"data": {**DEMO, "api_slug": slug}})
        log(api, slug)
        assert api.data("GET", f"{ACTIVITIES}/{slug}") == made
    assert api.query("people") == api.entries("hiring") == []
    assert api.data("GET", "/v2/objects/people")["id"] != api.data("GET", f"{ACTIVITIES}/people")


@pytest.mark.parametrize(
    "path",
    [
        "/v2/objects/phone_calls",
        "/v2/lists/phone_calls",
        "/v2/objects/phone_calls/attributes",
        "/v2/activities/people",
        records("people", GHOST),
    ],
)
def test_an_activity_is_no_object(api: Client, path: str) -> None:
    assert api.send("GET", path).code == "404 not_found"


def test_its_records_are_no_records_of_objects(api: Client) -> None:
    key = record_id(log(api))
    assert api.send("GET", f"/v2/objects/people/records/{key}").code == "404 not_found"
    note = {
        "parent_object": "phone_calls",
        "parent_record_id": key,
        "title": "x",
        "format": "plaintext",
        "content": "x",
    }
    assert api.send("POST", "/v2/notes", {"data": note}).status == 404
    search = {"query": "x", "objects": ["phone_calls"], "request_as": {"type": "workspace"}}
    assert api.send("POST", "/v2/objects/records/search", search).code == "400 value_not_found"
    assert try_log(api, record_id=key).code == "400 validation_type"


def test_deleting_a_record_clears_references_to_it(ws: Workspace, api: Client, ada: str) -> None:
    define(ws)
    bob = record_id(api.create("people", name="Builder, Bob"))
    acme = api.ids("companies")
    hers = record_id(log(api, person=of("people", ada), companies=[of("companies", acme[0])]))
    his = record_id(log(api, person=of("people", bob)))
    api.send("DELETE", f"/v2/objects/people/records/{ada}")
    values = api.data("GET", records("phone_calls", hers))["values"]
    assert (plain(values["person"]), plain(values["companies"])) == ([], acme)
    assert plain(api.data("GET", records("phone_calls", his))["values"]["person"]) == [bob]
    assert query(api, filter={"person": {"target_object": "people", "target_record_id": ada}}) == []


def test_deleting_an_object_clears_references_to_its_records(
    ws: Workspace, api: Client, ada: str
) -> None:
    ws.define_object("things", "Thing", "Things")
    both = ["things", "people"]
    for slug, allowed in (("mixed", both), ("thing", ["things"])):
        ws.define_attribute(
            "phone_calls",
            target="activities",
            api_slug=slug,
            type="record-reference",
            is_multiselect=True,
            allowed_objects=allowed,
        )
    thing = of("things", record_id(api.create("things")))
    key = record_id(log(api, mixed=[thing, of("people", ada)], thing=[thing]))
    assert api.send("DELETE", "/v2/objects/things").status == 200
    values = api.data("GET", records("phone_calls", key))["values"]
    assert plain(values["mixed"]) == [ada]
    assert "thing" not in values  # it could refer to nothing else
    assert query(api, filter={"mixed": of("people", ada)}) != []


def test_a_merge_takes_references_along(ws: Workspace, api: Client, ada: str) -> None:
    define(ws)
    key = record_id(log(api, person=of("people", ada)))
    other = record_id(api.create("people", name="Byron, Ada"))
    body = {"data": {"primary_record_id": other, "secondary_record_id": ada}}
    new = api.data("POST", "/v2/objects/people/records/merge", body)["new_record_id"]
    assert plain(api.data("GET", records("phone_calls", key))["values"]["person"]) == [new]


def test_deleting_a_call_leaves_the_people(ws: Workspace, api: Client, ada: str) -> None:
    define(ws)
    key = record_id(log(api, person=of("people", ada)))
    api.send("DELETE", records("phone_calls", key))
    assert record_id(api.read("people", ada)) == ada


def test_a_refused_write_leaves_nothing(ws: Workspace, api: Client) -> None:
    define(ws)
    key = record_id(log(api, subject="Hello"))
    assert change(api, "PATCH", key, subject="Bye", minutes="x").code == "400 validation_type"
    assert plain(api.data("GET", records("phone_calls", key))["values"]["subject"]) == ["Hello"]
    with pytest.raises(ValueError, match="already another"):  # an option of it is there twice
        ws.define_attribute(
            "phone_calls",
            target="activities",
            api_slug="new",
            type="select",
            options=["Same", "Same"],
        )
    assert "new" not in [each["api_slug"] for each in ws.look_up(ONE_ACTIVITY)]


def test_a_file_keeps_them(tmp_path: Any, clock: Clock) -> None:
    path = tmp_path / "a.db"
    first = Workspace(path, clock=clock, billing_plan="enterprise")
    api = Client(first)
    first.define_activity("demos", "Demo", "Demos", extends="calls")
    define(first, "demos")
    made = log(api, "demos", subject="x", tags=["Missed"])
    api.data("PATCH", f"{ACTIVITIES}/demos", {"data": {"plural_noun": "Shows"}})
    found = api.data("GET", ACTIVITIES)
    other = Workspace(path, clock=clock, billing_plan="enterprise")  # as another process has it
    assert Client(other).data("GET", ACTIVITIES) == found
    assert query(Client(other), "demos") == [made]
    assert Client(other).send("DELETE", f"{ACTIVITIES}/demos").status == 200
    assert api.send("GET", f"{ACTIVITIES}/demos").code == "404 not_found"
    first.close()
    other.close()


def test_calls_of_the_made_up_crm(crm: Client) -> None:
    path = [["phone_calls", "person"], ["people", "record_id"]]
    some = query(crm, sorts=[{"attribute": "called_at", "direction": "asc"}])
    assert len(some) == 24
    for call in some:
        (person,) = plain(call["values"]["person"])
        assert plain(call["values"]["called_at"]) == [call["created_at"]]
        found = crm.read("people", person)
        assert found["created_at"] <= call["created_at"]
        hers = {"path": path, "constraints": {"value": person}}
        assert call in query(crm, filter=hers)


def test_it_is_the_same_each_time(crm: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sandbox.bootstrap._Filled.image", None)  # made anew
    again = Workspace(seed="crm")
    assert query(Client(again)) == query(crm)
    assert Client(again).data("GET", ACTIVITIES) == crm.data("GET", ACTIVITIES)
    again.close()


@pytest.mark.parametrize("operation", ACTIVITY_SAMPLES)
def test_a_good_request_for_each_operation(ws: Workspace, api: Client, operation: str) -> None:
    sample = ACTIVITY_SAMPLES[operation](add_activity(ws, api))
    method, template = operation.split()
    answer = api.send(method, template.format(**sample.path), sample.body, **sample.params)
    assert answer.status == 200, answer.json
