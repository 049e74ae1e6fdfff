"""facts.md 15, new operations: the twelve of activities, as 2.4, 9 and 0.1 describe them."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.activities import (
    ACTIVITIES,
    DEMO,
    change,
    define,
    log,
    query,
    records,
    try_log,
    upsert,
)
from tests.sandbox.client import GHOST, Client, plain, record_id, with_token
from tests.sandbox.helpers import EMPTY, NOW, Told


@pytest.fixture
def paid(ws: Workspace, api: Client) -> Client:
    """A workspace of the plan that has custom activities."""
    ws.is_enterprise = True
    return api


def test_one_system_activity_exists(ws: Workspace, api: Client) -> None:
    """facts.md 2.4: `phone_calls`, with the members of the description and no others."""
    answer = api.send("GET", ACTIVITIES)
    (found,) = answer.json["data"]
    assert answer.json["pagination"] == {"next_cursor": None}
    (base,) = found.pop("extends")
    assert set(base) == {"schema_id", "schema_slug"}
    assert base["schema_slug"] == "calls"
    activity_id = found.pop("id").pop("activity_id")
    assert found == {
        "api_slug": "phone_calls",
        "singular_noun": "Phone call",
        "plural_noun": "Phone calls",
        "is_system_activity": True,
        "created_at": NOW,
    }
    by_slug = api.data("GET", f"{ACTIVITIES}/phone_calls")
    assert by_slug == api.data("GET", f"{ACTIVITIES}/{activity_id.upper()}")
    assert by_slug["id"] == {"workspace_id": ws.workspace_id, "activity_id": activity_id}


@pytest.mark.parametrize("base", ["activities", "interactions", "calls", "emails"])
def test_create(paid: Client, base: str) -> None:
    """facts.md 2.4: slug, both nouns and one of four bases."""
    made = paid.data("POST", ACTIVITIES, {"data": {**DEMO, "extends": base}})
    assert made["is_system_activity"] is False
    assert [each["schema_slug"] for each in made["extends"]] == [base]
    assert {name: made[name] for name in ("api_slug", "singular_noun", "plural_noun")} == {
        "api_slug": "demos",
        "singular_noun": "Demo",
        "plural_noun": "Demos",
    }
    assert paid.data("GET", f"{ACTIVITIES}/demos") == made


def test_custom_activities_need_a_plan(ws: Workspace, api: Client) -> None:
    """facts.md 2.4 and 0.1: 403 `billing_error` of type `auth_error`; of their records, too."""
    answer = api.send("POST", ACTIVITIES, {"data": DEMO})
    assert (answer.code, answer.json["type"]) == ("403 billing_error", "auth_error")
    ws.is_enterprise = True
    api.data("POST", ACTIVITIES, {"data": DEMO})
    key = record_id(log(api, "demos"))
    ws.is_enterprise = False  # the plan has ended
    assert try_log(api, "demos").code == "403 billing_error"
    body: dict[str, Any] = {"data": {"values": {}}}
    answer = api.send("PUT", records("demos"), body, matching_attribute="record_id")
    assert answer.code == "403 billing_error"
    assert record_id(api.data("GET", records("demos", key))) == key


@pytest.mark.parametrize("slug", ["phone_calls", "demos"])
def test_slugs_are_unique(paid: Client, slug: str) -> None:
    """facts.md 2: POST and PATCH are 409 `slug_conflict`."""
    paid.data("POST", ACTIVITIES, {"data": DEMO})
    answer = paid.send("POST", ACTIVITIES, {"data": {**DEMO, "api_slug": slug}})
    assert answer.code == "409 slug_conflict"
    paid.data("POST", ACTIVITIES, {"data": {**DEMO, "api_slug": "visits"}})
    answer = paid.send("PATCH", f"{ACTIVITIES}/visits", {"data": {"api_slug": slug}})
    assert answer.code == "409 slug_conflict"


@pytest.mark.parametrize("missing", ["api_slug", "singular_noun", "plural_noun", "extends"])
def test_each_member_is_required(paid: Client, missing: str) -> None:
    """facts.md 2.4: create needs all four."""
    data = {name: value for name, value in DEMO.items() if name != missing}
    answer = paid.send("POST", ACTIVITIES, {"data": data})
    assert answer.code == "400 validation_type"
    (issue,) = answer.json["validation_errors"]
    assert (issue["path"], issue["message"]) == (["data", missing], "Required")


@pytest.mark.parametrize("base", ["meetings", "Calls", "", None, 7, ["calls"]])
def test_an_unknown_base(paid: Client, base: Any) -> None:
    """facts.md 16, Validation errors: a value outside an enum is `invalid_option`."""
    answer = paid.send("POST", ACTIVITIES, {"data": {**DEMO, "extends": base}})
    assert answer.code == "400 validation_type"
    (issue,) = answer.json["validation_errors"]
    assert issue["path"] == ["data", "extends"]
    if base in ("meetings", "Calls", ""):
        assert issue["code"] == "invalid_option"
        assert issue["options"] == ["activities", "interactions", "calls", "emails"]
    assert len(paid.data("GET", ACTIVITIES)) == 1


def test_update(paid: Client) -> None:
    """facts.md 2.4: a slug and nouns, never `extends`, which is 400 also as it is."""
    made = paid.data("POST", ACTIVITIES, {"data": DEMO})
    new = {"api_slug": "shows", "singular_noun": "Show"}
    assert paid.data("PATCH", f"{ACTIVITIES}/demos", {"data": new}) == made | new
    assert paid.send("GET", f"{ACTIVITIES}/demos").code == "404 not_found"
    path = f"{ACTIVITIES}/shows"
    for extends in ("calls", "interactions", None):
        answer = paid.send("PATCH", path, {"data": {"plural_noun": "X", "extends": extends}})
        assert answer.code == "400 validation_type"
        assert answer.json["validation_errors"][0]["path"] == ["data", "extends"]
    answer = paid.send("PATCH", path, {"data": {}})
    assert (answer.code, answer.json["message"]) == ("400 validation_type", EMPTY)
    assert paid.data("GET", path) == made | new


def test_delete_takes_all_records_along(ws: Workspace, paid: Client) -> None:
    """facts.md 2.4: the activity and its records are gone, others stay."""
    paid.data("POST", ACTIVITIES, {"data": DEMO})
    define(ws, "demos")
    key = record_id(log(paid, "demos", subject="One", tags=["Missed"]))
    paid.send("PATCH", records("demos", key), {"data": {"values": {"subject": "Two"}}})
    stays = record_id(log(paid))
    answer = paid.send("DELETE", f"{ACTIVITIES}/demos")
    assert (answer.status, answer.json) == (200, {})
    assert [each["api_slug"] for each in paid.data("GET", ACTIVITIES)] == ["phone_calls"]
    for method, path in (
        ("GET", f"{ACTIVITIES}/demos"),
        ("GET", records("demos", key)),
        ("POST", f"{records('demos')}/query"),
        ("DELETE", f"{ACTIVITIES}/demos"),
    ):
        assert paid.send(method, path).code == "404 not_found"
    assert [record_id(each) for each in query(paid)] == [stays]
    # The slug is free, and what was there does not come back.
    paid.data("POST", ACTIVITIES, {"data": DEMO})
    define(ws, "demos")
    assert query(paid, "demos") == []


def test_a_system_activity_stays(paid: Client) -> None:
    """facts.md 2 and 0.1: DELETE is 400 `system_edit_unauthorized`."""
    key = record_id(log(paid))
    assert paid.send("DELETE", f"{ACTIVITIES}/phone_calls").code == "400 system_edit_unauthorized"
    assert [record_id(each) for each in query(paid)] == [key]


def test_pages_of_activities(paid: Client) -> None:
    """facts.md 2: pages by cursor, of 100 unless told."""
    for number in range(3):
        paid.data("POST", ACTIVITIES, {"data": {**DEMO, "api_slug": f"demo_{number}"}})
    seen: list[Any] = []
    params: dict[str, str] = {}
    while True:
        answer = paid.send("GET", ACTIVITIES, limit="3", **params)
        seen += answer.json["data"]
        cursor = answer.json["pagination"]["next_cursor"]
        if cursor is None:
            break
        params["cursor"] = cursor
    assert seen == paid.data("GET", ACTIVITIES)
    assert len(seen) == 4
    for wrong in ({"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "x"}):
        assert paid.send("GET", ACTIVITIES, **wrong).code == "400 validation_type"


def test_a_record(ws: Workspace, api: Client) -> None:
    """facts.md 2.4: three ids, `created_at` and `values`; no `web_url`."""
    made = log(api)
    assert set(made) == {"id", "created_at", "values"}
    activity = api.data("GET", f"{ACTIVITIES}/phone_calls")["id"]["activity_id"]
    assert {**made["id"], "record_id": ""} == {
        "workspace_id": ws.workspace_id,
        "activity_id": activity,
        "record_id": "",
    }
    assert made["created_at"] == NOW
    assert list(made["values"]) == ["record_id", "created_at", "created_by"]
    assert api.data("GET", records(activity, record_id(made))) == made
    assert query(api) == [made]


def test_patch_prepends_and_put_overwrites(ws: Workspace, api: Client) -> None:
    """facts.md 2.4: the semantics of records."""
    define(ws)
    key = record_id(log(api, tags=["Inbound"], subject="Hello"))
    patched = change(api, "PATCH", key, tags=["Missed"]).json["data"]["values"]
    assert plain(patched["tags"]) == ["Missed", "Inbound"]
    assert plain(patched["subject"]) == ["Hello"]
    put = change(api, "PUT", key, tags=["Outbound"]).json["data"]["values"]
    assert plain(put["tags"]) == ["Outbound"]
    assert plain(put["subject"]) == ["Hello"]


def test_upsert(ws: Workspace, api: Client) -> None:
    """facts.md 2.4: by `matching_attribute`; other lists are overwritten."""
    define(ws)
    made = upsert(api, "number", number="c-1", tags=["Inbound"]).json["data"]
    again = upsert(api, "number", number="c-1", tags=["Missed"]).json["data"]
    assert record_id(again) == record_id(made)
    assert plain(again["values"]["tags"]) == ["Missed"]
    other = upsert(api, "number", number="c-2").json["data"]
    assert record_id(other) != record_id(made)
    assert len(query(api)) == 2


@pytest.mark.parametrize(
    ("matching", "values", "code"),
    [
        ("subject", {"subject": "x"}, "400 matching_attribute_definition_not_unique"),
        ("ghost", {"number": "x"}, "400 value_not_found"),
        ("number", {}, "400 missing_value"),
        ("number", {"number": "x", "ghost": 1}, "400 value_not_found"),
    ],
)
def test_upserts_that_are_refused(
    ws: Workspace, api: Client, matching: str, values: Any, code: str
) -> None:
    """facts.md 0.1: the codes of upserts."""
    define(ws)
    assert upsert(api, matching, **values).code == code
    assert query(api) == []


def test_the_sentence_of_an_attribute_that_is_not_unique(ws: Workspace, api: Client) -> None:
    """facts.md 0.1: in the description of activity records."""
    define(ws)
    assert upsert(api, "subject", subject="x").json["message"] == (
        "The matching attribute specified is not a unique attribute."
    )


def test_writes_that_are_refused(ws: Workspace, api: Client) -> None:
    """facts.md 2: the codes of creates and updates."""
    define(ws)
    ws.define_attribute(
        "phone_calls", target="activities", api_slug="kind", type="text", is_required=True
    )
    assert try_log(api).code == "400 missing_value"
    key = record_id(log(api, kind="Call", number="c-1"))
    assert change(api, "PATCH", key, kind=[]).code == "400 missing_value"
    assert change(api, "PUT", key, kind=None).code == "400 missing_value"
    assert try_log(api, kind="Call", number="c-1").code == "400 uniqueness_conflict"
    assert try_log(api, kind="Call", minutes="x").code == "400 validation_type"
    assert try_log(api, kind="Call", tags=["Ghost"]).code == "400 value_not_found"
    assert change(api, "PATCH", GHOST, kind="x").code == "404 not_found"
    assert len(query(api)) == 1


def test_query(ws: Workspace, api: Client, ada: str) -> None:
    """facts.md 2.4: filter, sorts, limit and offset as for records, paths too."""
    define(ws)
    person = {"target_object": "people", "target_record_id": ada}
    calls = [record_id(log(api, minutes=m, person=person if m % 2 else [])) for m in range(4)]
    long = query(api, filter={"minutes": {"$gte": 2}}, sorts=[by("minutes", "desc")])
    assert [record_id(each) for each in long] == [calls[3], calls[2]]
    paged = query(api, sorts=[by("minutes", "asc")], limit=2, offset=1)
    assert [record_id(each) for each in paged] == calls[1:3]
    path = [["phone_calls", "person"], ["people", "email_addresses"]]
    hers = {"path": path, "constraints": {"email_address": "ada@acme.example.com"}}
    found = query(api, filter=hers, sorts=[by("minutes", "asc")])
    assert [record_id(each) for each in found] == [calls[1], calls[3]]
    for wrong in ({"minutes": {"$regex": "x"}}, {"path": [["people", "name"]], "constraints": {}}):
        answer = api.send("POST", f"{records()}/query", {"filter": wrong})
        assert answer.code == "400 filter_error"
    answer = api.send("POST", f"{records()}/query", {"filter": {"ghost": "x"}})
    assert answer.code == "400 unknown_filter_attribute_slug"


def test_the_header_of_queries(ws: Workspace, api: Client) -> None:
    """facts.md 16, Headers: query answers have a score, others have none."""
    reply = ws.handle("POST", f"{records()}/query", headers=api.headers)
    assert reply.headers["x-attio-record-query-score"] == "0"
    reply = ws.handle("POST", records(), headers=api.headers, body=b'{"data":{"values":{}}}')
    assert reply.status == 200
    assert "x-attio-record-query-score" not in reply.headers


def by(attribute: str, direction: str) -> dict[str, str]:
    return {"attribute": attribute, "direction": direction}


def test_delete_a_record(api: Client) -> None:
    """facts.md 2: 200 with `{}`, then 404."""
    key = record_id(log(api))
    answer = api.send("DELETE", records("phone_calls", key))
    assert (answer.status, answer.json) == (200, {})
    for method in ("GET", "DELETE"):
        assert api.send(method, records("phone_calls", key)).code == "404 not_found"


READS = ("activity_configuration:read", "object_configuration:read", "record_permission:read")
RECORD_OPERATIONS = [
    ("POST", f"{records()}/query", "activity_record:read"),
    ("POST", records(), "activity_record:read-write"),
    ("PUT", records(), "activity_record:read-write"),
    ("GET", records("phone_calls", GHOST), "activity_record:read"),
    ("PATCH", records("phone_calls", GHOST), "activity_record:read-write"),
    ("PUT", records("phone_calls", GHOST), "activity_record:read-write"),
    ("DELETE", records("phone_calls", GHOST), "activity_record:read-write"),
]
OPERATIONS = [
    ("GET", ACTIVITIES, ("activity_configuration:read",)),
    ("POST", ACTIVITIES, ("activity_configuration:read-write",)),
    ("GET", f"{ACTIVITIES}/phone_calls", ("activity_configuration:read",)),
    ("PATCH", f"{ACTIVITIES}/phone_calls", ("activity_configuration:read-write",)),
    (
        "DELETE",
        f"{ACTIVITIES}/phone_calls",
        ("activity_configuration:read-write", "activity_record:read-write"),
    ),
    *((method, path, (scope, *READS)) for method, path, scope in RECORD_OPERATIONS),
]


def test_there_are_twelve() -> None:
    """facts.md 15: 12 operations of activities."""
    assert len(OPERATIONS) == 12


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    OPERATIONS,
    ids=[f"{method} {path.replace(GHOST, 'id')}" for method, path, _ in OPERATIONS],
)
def test_scopes(ws: Workspace, method: str, path: str, scopes: tuple[str, ...]) -> None:
    """facts.md 2: the scopes of each, "three reads" of records among them."""
    for missing in scopes:
        others = [scope for scope in scopes if scope != missing]
        api = with_token(ws, ws.access.add_token(scopes=others))
        answer = api.send(method, path, {"data": {}})
        assert answer.code == "403 unauthorized"
        assert f'"{missing}"' in answer.json["message"]
    api = with_token(ws, ws.access.add_token(scopes=scopes))
    assert api.send(method, path, {"data": {}}).status in (200, 400, 404)


def test_events(ws: Workspace, paid: Client, ada: str) -> None:
    """facts.md 9: the seven events and their id keys; an update of a record has none."""
    hook = Told(
        ws,
        "activity.created",
        "activity.updated",
        "activity.deleted",
        "activity-attribute.created",
        "activity-attribute.updated",
        "activity-record.created",
        "activity-record.deleted",
        "record.created",
        "record.updated",
        "record.deleted",
        "object-attribute.created",
    )
    activity = paid.data("POST", ACTIVITIES, {"data": DEMO})["id"]
    attribute = ws.define_attribute(
        "demos", target="activities", api_slug="who", type="record-reference"
    )
    ws.setup.change_attribute("demos", "who", target="activities", title="With whom")
    paid.data("PATCH", f"{ACTIVITIES}/demos", {"data": {"singular_noun": "Show"}})
    who = {"target_object": "people", "target_record_id": ada}
    key = record_id(log(paid, "demos", who=who))
    paid.send("PATCH", records("demos", key), {"data": {"values": {"who": []}}})
    paid.send("PUT", records("demos", key), {"data": {"values": {"who": [who]}}})
    told = [event for event in hook.take() if event["event_type"].startswith("activity")]
    of_record = {**activity, "record_id": key}
    assert [(each["event_type"], each["id"]) for each in told] == [
        ("activity.created", activity),
        ("activity-attribute.created", {**activity, "attribute_id": attribute}),
        ("activity-attribute.updated", {**activity, "attribute_id": attribute}),
        ("activity.updated", activity),
        ("activity-record.created", of_record),
    ]
    assert {frozenset(each) for each in told} == {frozenset({"event_type", "id", "actor"})}
    paid.send("DELETE", f"/v2/objects/people/records/{ada}")  # empties the reference
    assert not [each for each in hook.take() if each["event_type"].startswith("activity")]
    paid.send("DELETE", records("demos", key))
    paid.send("DELETE", f"{ACTIVITIES}/demos")
    assert [(each["event_type"], each["id"]) for each in hook.take()] == [
        ("activity-record.deleted", of_record),
        ("activity.deleted", activity),
    ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_attributes_have_no_endpoint(api: Client, method: str) -> None:
    """facts.md 2.4: those of attributes take `objects` and `lists` alone."""
    assert api.send(method, f"{ACTIVITIES}/phone_calls/attributes").code == "404 not_found"
