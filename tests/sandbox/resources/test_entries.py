"""Entries of lists: written, asserted, filtered by their parents, deleted with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Answer, Client, entry_body, entry_id, plain, record_id

ENTRIES = "/v2/lists/hiring/entries"


pytestmark = pytest.mark.usefixtures("hiring")


@pytest.fixture
def lady(api: Client, ada: str) -> Any:
    """Ada with all of her values."""
    return api.read("people", ada)


@pytest.fixture
def bob(api: Client) -> Any:
    return api.create("people", name="Builder, Bob", email_addresses=["bob@build.example.com"])


def change(api: Client, method: str, entry: Any, **values: Any) -> Answer:
    return api.send(method, f"{ENTRIES}/{entry_id(entry)}", {"data": {"entry_values": values}})


def test_an_entry_is_made_and_read(api: Client, ws: Workspace, hiring: str, lady: Any) -> None:
    made = api.add_entry("hiring", lady, stage="New", tags=["b", "a"], company="acme.test")
    values = made["entry_values"]
    assert list(made) == ["id", "parent_record_id", "parent_object", "created_at", "entry_values"]
    assert made["id"] | {"entry_id": ""} == {
        "workspace_id": ws.workspace_id,
        "list_id": hiring,
        "entry_id": "",
    }
    assert (made["parent_record_id"], made["parent_object"]) == (record_id(lady), "people")
    assert made["created_at"] == "2026-02-03T10:11:12.520000000Z"
    assert plain(values["stage"]) == ["New"]
    assert plain(values["tags"]) == ["b", "a"]
    assert values["company"][0]["target_object"] == "companies"
    assert (values["note"], values["score"]) == ([], [])
    assert plain(values["created_at"]) == [made["created_at"]]
    assert values["created_by"][0]["referenced_actor_type"] == "api-token"
    assert api.data("GET", f"{ENTRIES}/{entry_id(made)}") == made
    assert api.entries("hiring") == [made]


def test_a_record_is_in_a_list_many_times(api: Client, lady: Any, bob: Any) -> None:
    made = [api.add_entry("hiring", lady) for _ in range(3)]
    other = api.add_entry("hiring", bob)
    assert len(api.entries("hiring")) == 4
    path = f"/v2/objects/people/records/{record_id(lady)}/entries"
    found = api.data("GET", path)
    assert {entry["entry_id"] for entry in found} == set(map(entry_id, made))
    assert found[0] | {"entry_id": ""} == {
        "list_id": made[0]["id"]["list_id"],
        "list_api_slug": "hiring",
        "entry_id": "",
        "created_at": made[0]["created_at"],
    }
    assert api.data("GET", path, limit="2", offset="1") == found[1:]
    assert entry_id(other) not in {entry["entry_id"] for entry in found}
    assert api.send("GET", path, limit="1001").code == "400 validation_type"
    ghost = api.send("GET", f"/v2/objects/people/records/{uuid4()}/entries")
    assert ghost.code == "404 not_found"


def test_a_hundred_entries_of_a_record_at_first(api: Client, ws: Workspace, bob: Any) -> None:
    ws.load_entries("hiring", [(record_id(bob), {}) for _ in range(101)])
    path = f"/v2/objects/people/records/{record_id(bob)}/entries"
    assert len(api.data("GET", path)) == 100
    assert len(api.data("GET", path, limit="1000")) == 101


def test_values_are_refused_where_they_stand(api: Client, lady: Any) -> None:
    answer = api.send("POST", ENTRIES, {"data": entry_body(lady, {"note": 5})})
    assert answer.code == "400 validation_type"
    assert answer.json["validation_errors"][0]["path"] == ["data", "entry_values", "note"]
    for values in ({"ghost": 1}, {"stage": "Ghost"}):
        refused = api.send("POST", ENTRIES, {"data": entry_body(lady, values)})
        assert refused.code == "400 value_not_found"
    assert (
        api.send("POST", ENTRIES, {"data": entry_body(lady, {"created_at": "2026"})}).status == 400
    )
    assert api.entries("hiring") == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_parents_that_are_refused(api: Client, lady: Any, method: str) -> None:
    company = record_id(api.create("companies", name="Other"))
    key = str(uuid4())
    cases: list[tuple[Any, str, str | None]] = [
        (entry_body(key, {}), "400 value_not_found",
         f'Parent record with slug/ID "{key}" not found.'),
        (entry_body(company, {}), "400 value_not_found", None),
        (entry_body(lady, {}, "ghosts"), "400 value_not_found",
         'Object with slug/ID "ghosts" not found.'),
        (entry_body(company, {}, "companies"), "400 validation_type", None),
        (entry_body("no uuid", {}), "400 validation_type", None),
    ]  # fmt: skip
    for data, code, message in cases:
        answer = api.send(method, ENTRIES, {"data": data})
        assert answer.code == code, data
        assert message is None or answer.json["message"] == message
    for name in entry_body(lady, {}):
        data = entry_body(lady, {})
        del data[name]
        assert api.send(method, ENTRIES, {"data": data}).code == "400 validation_type"
    assert api.entries("hiring") == []


def test_the_parent_object_may_be_a_uuid(api: Client, lady: Any) -> None:
    body = entry_body(record_id(lady).upper(), {}, lady["id"]["object_id"])
    assert api.data("POST", ENTRIES, {"data": body})["parent_record_id"] == record_id(lady)


def test_required_and_default_values(api: Client, ws: Workspace, lady: Any) -> None:
    ws.define_attribute("hiring", target="lists", api_slug="source", type="text", is_required=True)
    ws.define_attribute(
        "hiring", target="lists", api_slug="due", type="date",
        default_value={"type": "dynamic", "template": "P1D"},
    )  # fmt: skip
    answer = api.send("POST", ENTRIES, {"data": entry_body(lady, {})})
    assert answer.code == "400 missing_value"
    made = api.add_entry("hiring", lady, source="web")
    assert plain(made["entry_values"]["due"]) == ["2026-02-04"]
    assert change(api, "PUT", made, source=[]).code == "400 missing_value"


def test_patch_adds_and_put_overwrites(api: Client, lady: Any) -> None:
    made = api.add_entry("hiring", lady, tags=["a"], note="one")
    patched = change(api, "PATCH", made, tags=["b", "a"]).json["data"]["entry_values"]
    assert (plain(patched["tags"]), plain(patched["note"])) == (["b", "a"], ["one"])
    put = change(api, "PUT", made, tags=["c", "b"], note=None).json["data"]["entry_values"]
    assert (plain(put["tags"]), put["note"]) == (["c", "b"], [])
    assert change(api, "PATCH", made).status == 200
    assert change(api, "PATCH", made, note=1).code == "400 validation_type"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_the_parent_stays(api: Client, lady: Any, bob: Any, method: str) -> None:
    made = api.add_entry("hiring", lady)
    path = f"{ENTRIES}/{entry_id(made)}"
    moves: list[dict[str, Any]] = [
        {"parent_record_id": record_id(bob), "entry_values": {}},
        {"parent_object": "companies", "entry_values": {}},
        {"entry_values": {"parent_record": record_id(bob)}},
    ]
    for data in moves:
        answer = api.send(method, path, {"data": data})
        assert answer.code == "400 immutable_value"
        assert answer.json["message"] == (
            "The parent record for a list entry cannot be updated once created."
        )
    own = {"parent_record_id": record_id(lady), "parent_object": "people", "entry_values": {}}
    refused = api.send(method, path, {"data": own})
    assert refused.json["validation_errors"][0]["code"] == "unrecognized_keys"
    for broken in (None, [], {"data": []}, {"data": {}}):
        assert api.send(method, path, broken).code == "400 validation_type"


def test_assert_by_parent(api: Client, lady: Any) -> None:
    made = api.data("PUT", ENTRIES, {"data": entry_body(lady, {"tags": ["a"], "note": "one"})})
    again = api.data("PUT", ENTRIES, {"data": entry_body(lady, {"tags": ["b"]})})
    assert entry_id(again) == entry_id(made)
    assert plain(again["entry_values"]["tags"]) == ["b"]
    assert plain(again["entry_values"]["note"]) == ["one"]
    api.add_entry("hiring", lady)
    answer = api.send("PUT", ENTRIES, {"data": entry_body(lady, {})})
    assert answer.code == "400 multiple_match_results"


def test_an_entry_is_deleted_alone(api: Client, lady: Any) -> None:
    made = api.add_entry("hiring", lady, note="one")
    path = f"{ENTRIES}/{entry_id(made)}"
    assert api.send("DELETE", path) == (200, {})
    for method in ("GET", "DELETE"):
        answer = api.send(method, path)
        assert answer.code == "404 not_found"
    assert api.read("people", record_id(lady)) == lady
    assert api.send("GET", f"{ENTRIES}/no-uuid").code == "400 validation_type"


def test_entries_go_with_their_record(api: Client, ws: Workspace, lady: Any, bob: Any) -> None:
    ws.define_list("other", "Other", "people")
    first = api.add_entry("hiring", lady, note="one")
    api.add_entry("other", lady)
    kept = api.add_entry("hiring", bob)
    api.send("DELETE", f"/v2/objects/people/records/{record_id(lady)}")
    assert api.entries("hiring") == [kept]
    assert api.entries("other") == []
    assert api.send("GET", f"{ENTRIES}/{entry_id(first)}").status == 404


def test_a_deleted_record_leaves_no_reference_in_entries(api: Client, lady: Any) -> None:
    made = api.add_entry("hiring", lady, company="acme.test")
    company = made["entry_values"]["company"][0]["target_record_id"]
    api.send("DELETE", f"/v2/objects/companies/records/{company}")
    assert api.data("GET", f"{ENTRIES}/{entry_id(made)}")["entry_values"]["company"] == []


def test_an_entry_is_no_record(api: Client, ws: Workspace, hiring: str, lady: Any) -> None:
    ws.define_list("other", "Other", "people")
    key = entry_id(api.add_entry("hiring", lady))
    assert api.send("GET", f"/v2/lists/other/entries/{key}").status == 404
    assert api.send("GET", f"/v2/objects/people/records/{key}").status == 404
    assert api.send("GET", f"/v2/objects/{hiring}/records/{key}").status == 404
    assert api.send("GET", f"{ENTRIES}/{record_id(lady)}").status == 404
    assert api.ids("people") == [record_id(lady)]


def test_history_of_an_entry(api: Client, clock: Clock, lady: Any) -> None:
    made = api.add_entry("hiring", lady, stage="New")
    clock.move(timedelta(hours=1))
    change(api, "PATCH", made, stage="Interview")
    path = f"{ENTRIES}/{entry_id(made)}/attributes/stage/values"
    assert plain(api.data("GET", path)) == ["Interview"]
    values = api.data("GET", path, show_historic="true")
    assert plain(values) == ["New", "Interview"]
    assert values[0]["active_until"] == values[1]["active_from"]
    created = api.data("GET", f"{ENTRIES}/{entry_id(made)}/attributes/created_at/values")
    assert plain(created) == [made["created_at"]]
    ghost = api.send("GET", f"{ENTRIES}/{entry_id(made)}/attributes/ghost/values")
    assert ghost.code == "404 not_found"


def path_to(*segments: list[str], **constraints: Any) -> dict[str, Any]:
    return {"path": [["hiring", "parent_record"], *segments], "constraints": constraints}


Filters = list[Callable[[Any], dict[str, Any]]]


OF_ADA: Filters = [
    lambda lady: path_to(["people", "email_addresses"], email_domain="acme.example.com"),
    lambda lady: path_to(["people", "record_id"], value=record_id(lady)),
    lambda lady: path_to(["people", "record_id"], value={"$in": [record_id(lady), str(uuid4())]}),
    lambda lady: path_to(
        ["people", "company"], target_object="companies",
        target_record_id=lady["values"]["company"][0]["target_record_id"],
    ),
    lambda lady: path_to(["people", "company"], ["companies", "name"], value={"$contains": "cm"}),
    lambda lady: path_to(
        ["people", "company"], ["companies", "team"], ["people", "name"], first_name="Ada"
    ),
    lambda lady: {"$not": path_to(["people", "name"], last_name="Builder")},
    lambda lady: {"$and": [path_to(["people", "name"], **{"$not_empty": True}), {"note": "one"}]},
    lambda lady: {"score": {"$gt": 1, "$lte": 5}, "stage": "New"},
    lambda lady: {"path": [["hiring", "note"]], "constraints": {"value": "one"}},
    lambda lady: {"path": [["hiring", "company"], ["companies", "name"]],
                 "constraints": {"value": "Acme"}},
]  # fmt: skip


@pytest.mark.parametrize("build", OF_ADA)
def test_filters_of_entries(
    api: Client, lady: Any, bob: Any, build: Callable[[Any], dict[str, Any]]
) -> None:
    wanted = api.add_entry("hiring", lady, note="one", score=3, stage="New", company="acme.test")
    api.add_entry("hiring", bob, note="two", score=1, stage="New")
    assert api.entries("hiring", build(lady)) == [wanted]


def test_the_list_of_a_path_may_be_a_uuid(api: Client, hiring: str, lady: Any) -> None:
    wanted = api.add_entry("hiring", lady)
    path = [[hiring.upper(), "parent_record"], [lady["id"]["object_id"], "name"]]
    found = api.entries("hiring", {"path": path, "constraints": {"first_name": "Ada"}})
    assert found == [wanted]


@pytest.mark.parametrize(
    "filter_",
    [
        {"path": [["hiring", "parent_record"]], "constraints": {"target_object": "people"}},
        path_to(["companies", "name"], value="Acme"),
        {"path": [["people", "name"]], "constraints": {"first_name": "Ada"}},
        {"path": [["other", "parent_record"], ["people", "name"]],
         "constraints": {"first_name": "Ada"}},
        {"path": [["hiring", "parent_record"], ["hiring", "note"]], "constraints": {"value": "x"}},
        {"note": {"$ne": "one"}},
        {"stage": {"$contains": "N"}},
    ],
)  # fmt: skip
def test_filters_of_entries_that_are_refused(api: Client, ws: Workspace, filter_: Any) -> None:
    ws.define_list("other", "Other", "people")
    answer = api.send("POST", f"{ENTRIES}/query", {"filter": filter_})
    assert answer.code == "400 filter_error"


@pytest.mark.parametrize("name", ["parent_record", "parent_record_id", "record_id", "ghost"])
def test_what_is_no_attribute_of_a_list(api: Client, name: str) -> None:
    answer = api.send("POST", f"{ENTRIES}/query", {"filter": {name: str(uuid4())}})
    assert answer.code == "400 unknown_filter_attribute_slug"


def test_no_object_has_a_parent_record(api: Client) -> None:
    filter_ = {
        "path": [["people", "parent_record"], ["people", "name"]],
        "constraints": {"first_name": "Ada"},
    }
    assert api.try_query("people", filter_).code == "400 unknown_filter_attribute_slug"


def test_sorts_of_entries(api: Client, clock: Clock, lady: Any, bob: Any) -> None:
    clock.move(timedelta(seconds=1))
    cleo = api.create("people")
    one = api.add_entry("hiring", bob, score=1)
    clock.move(timedelta(seconds=1))
    two = api.add_entry("hiring", lady, score=3)
    three = api.add_entry("hiring", cleo)

    def order(*sorts: dict[str, Any]) -> list[Any]:
        return [entry_id(entry) for entry in api.entries("hiring", sorts=sorts)]

    first, second, third = map(entry_id, (one, two, three))
    parent = ["hiring", "parent_record"]
    assert order({"attribute": "score", "direction": "desc"}) == [second, first, third]
    assert order({"attribute": "created_at", "direction": "asc"})[0] == first
    by_name = {"path": [parent, ["people", "name"]], "field": "first_name", "direction": "asc"}
    assert order(by_name) == [second, first, third]
    by_company = {"path": [parent, ["people", "company"], ["companies", "name"]]}
    assert order({**by_company, "direction": "asc"})[0] == second
    by_time = {"path": [parent, ["people", "created_at"]], "direction": "desc"}
    assert order(by_time)[0] == third
    answer = api.send(
        "POST", f"{ENTRIES}/query", {"sorts": [{"path": [parent], "direction": "asc"}]}
    )
    assert answer.code == "400 filter_error"


def test_pages_of_entries(api: Client, ws: Workspace, bob: Any) -> None:
    keys = ws.load_entries("hiring", [(record_id(bob), {"score": n}) for n in range(7)])
    sorts = [{"attribute": "score", "direction": "asc"}]
    page = api.entries("hiring", sorts=sorts, limit=3, offset=2)
    assert [entry_id(entry) for entry in page] == keys[2:5]
    for body in ({"limit": 0}, {"limit": 501}, {"offset": -1}):
        assert api.send("POST", f"{ENTRIES}/query", body).code == "400 validation_type"
    for body in ({"page": 1}, {"sort": sorts}):  # as if they were not there (facts.md 16)
        assert len(api.entries("hiring", **body)) == 7


def test_archived_attributes_are_gone(api: Client, lady: Any) -> None:
    made = api.add_entry("hiring", lady, note="one")
    api.data("PATCH", "/v2/lists/hiring/attributes/note", {"data": {"is_archived": True}})
    assert "note" not in api.data("GET", f"{ENTRIES}/{entry_id(made)}")["entry_values"]
    assert change(api, "PATCH", made, note="two").code == "400 value_not_found"
    refused = api.send("POST", f"{ENTRIES}/query", {"filter": {"note": "one"}})
    assert refused.code == "400 unknown_filter_attribute_slug"


def test_a_lost_load_stores_nothing(api: Client, ws: Workspace, lady: Any) -> None:
    good = (record_id(lady), {"note": "one"})
    with pytest.raises(ValueError, match="Row 1 of 'hiring': there is no record"):
        ws.load_entries("hiring", [good, (str(uuid4()), {})])
    with pytest.raises(ValueError, match="Row 1 of 'hiring' was refused"):
        ws.load_entries("hiring", [good, (record_id(lady), {"note": 5})])
    with pytest.raises(ValueError, match="There is no list 'ghost'"):
        ws.load_entries("ghost", [good])
    assert api.entries("hiring") == []


def test_a_list_may_have_an_attribute_of_a_system_slug(ws: Workspace, api: Client) -> None:
    ws.define_list("other", "Other", "people")
    ws.define_attribute("other", target="lists", title="Id", type="text", api_slug="record_id")
    (ada,) = ws.load("people", [{"name": "Ada"}])
    (key,) = ws.load_entries("other", [(ada, {"record_id": "mine"})])
    path = f"/v2/lists/other/entries/{key}/attributes/record_id/values"
    assert [value["value"] for value in api.data("GET", path)] == ["mine"]
    ws.refuse_record_id_in = True
    found = api.data(
        "POST", "/v2/lists/other/entries/query", {"filter": {"record_id": {"$in": ["mine"]}}}
    )
    assert [each["id"]["entry_id"] for each in found] == [key]
