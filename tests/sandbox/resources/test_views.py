"""Saved views, and queries by them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id

VIPS = {"job_title": {"$contains": "VP"}}


def pages(api: Client, path: str, **params: str) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = api.send("GET", path, **params, **cursor)
        assert answer.status == 200, answer
        found += [view["title"] for view in answer.json["data"]]
        if answer.json["pagination"]["next_cursor"] is None:
            return found
        assert len(answer.json["data"]) == int(params["limit"])
        cursor = {"cursor": answer.json["pagination"]["next_cursor"]}


def test_views_of_objects_and_lists(api: Client, ws: Workspace) -> None:
    list_key = ws.define_list("hiring", "Hiring", "people")
    mine = ws.add_view("people", "VPs", VIPS)
    other = ws.add_view("hiring", "Everyone", {}, target="lists")
    people = api.data("GET", "/v2/objects/people")["id"]["object_id"]
    for path, kind, key, view, title in (
        ("/v2/objects/people/views", "object_id", people, mine, "VPs"),
        ("/v2/lists/hiring/views", "list_id", list_key, other, "Everyone"),
    ):
        answer = api.send("GET", path)
        assert answer.json == {
            "data": [
                {
                    "id": {"workspace_id": ws.workspace_id, kind: key, "view_id": view},
                    "title": title,
                    "created_at": "2026-02-03T10:11:12.520000000Z",
                }
            ],
            "pagination": {"next_cursor": None},
        }
    assert api.data("GET", "/v2/objects/companies/views") == []
    assert api.send("GET", "/v2/objects/ghosts/views").code == "404 not_found"
    assert api.send("POST", "/v2/objects/people/views", {}).status == 404


def test_pages_of_views(api: Client, ws: Workspace) -> None:
    made = {
        ws.add_view("people", title, {}, is_archived=title == "View 3"): title
        for title in (f"View {index}" for index in range(7))
    }
    titles = [made[key] for key in sorted(made)]
    path = "/v2/objects/people/views"
    assert pages(api, path, limit="2", show_archived="true") == titles
    assert pages(api, path, limit="3") == [t for t in titles if t != "View 3"]
    assert pages(api, path, limit="6") == [t for t in titles if t != "View 3"]
    for params in ({"limit": "0"}, {"limit": "1001"}, {"cursor": "x"}, {"show_archived": "1"}):
        assert api.send("GET", path, **params).code == "400 validation_type"


def test_a_query_takes_the_filter_of_a_view(api: Client, ws: Workspace) -> None:
    view = ws.add_view("people", "VPs", VIPS)
    names = [("Ada", "VP of Engines"), ("Bob", "Builder"), ("Cleo", "VP")]
    ada, _, cleo = (api.create("people", name=name, job_title=title) for name, title in names)
    sorts = [{"attribute": "name", "direction": "desc"}]
    found = api.ids("people", filter_view_id=view, sorts=sorts)
    assert found == [record_id(cleo), record_id(ada)]
    assert api.ids("people", filter_view_id=view.upper(), sorts=sorts, limit=1) == found[:1]


def test_a_query_of_entries_takes_one_too(api: Client, ws: Workspace) -> None:
    ws.define_list("hiring", "Hiring", "people")
    ws.define_attribute("hiring", target="lists", api_slug="note", type="text")
    path = {"path": [["hiring", "parent_record"], ["people", "name"]],
            "constraints": {"first_name": "Ada"}}  # fmt: skip
    view = ws.add_view("hiring", "Adas", path, target="lists")
    wanted = api.add_entry("hiring", api.create("people", name="Lovelace, Ada"))
    api.add_entry("hiring", api.create("people", name="Builder, Bob"))
    assert api.entries("hiring", filter_view_id=view) == [wanted]


def test_views_that_a_query_refuses(api: Client, ws: Workspace) -> None:
    view = ws.add_view("people", "VPs", VIPS)
    both: dict[str, Any] = {"filter": {}, "filter_view_id": view}
    assert api.send("POST", "/v2/objects/people/records/query", both).code == "400 validation_type"
    for slug, key in (("companies", view), ("people", str(uuid4()))):
        answer = api.try_query(slug, filter_view_id=key)
        assert answer.code == "404 not_found"
    assert api.try_query("people", filter_view_id="x").code == "400 validation_type"


def test_a_view_needs_a_filter_that_works(ws: Workspace) -> None:
    with pytest.raises(ValueError, match="Unknown attribute slug"):
        ws.add_view("people", "Ghosts", {"ghost": 1})
    with pytest.raises(ValueError, match="nothing of slug 'people' in lists"):
        ws.add_view("people", "People", {}, target="lists")
