"""Where a read belongs, and what a write may change."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from attio_orm.cache.belonging import ANYTHING, EVERYTHING, of_read, of_write
from attio_orm.schema import ObjectSchema
from attio_orm.transport.exchange import Exchange
from attio_orm.transport.requests import Request
from attio_orm.types.base import AttributeSchema

UUID = "1b7c2b6f-94ac-4b8c-8a3c-0d6f0b2b8a11"
STRANGE = "00000000-94ac-4b8c-8a3c-0d6f0b2b8a11"


class Known:
    """A workspace whose people are one side of a pair."""

    people = ObjectSchema(
        UUID, "people", "Person", "People",
        {
            "name": AttributeSchema("a-1", "name", "Name", "personal-name"),
            "company": AttributeSchema(
                "a-2", "company", "Company", "record-reference", relationship=("companies", "team")
            ),
            "deals": AttributeSchema(
                "a-3", "deals", "Deals", "record-reference", relationship=("deals", "people")
            ),
        },
    )  # fmt: skip

    def get(self, slug: str, /) -> ObjectSchema | None:
        return self.people if slug == "people" else None

    def slug_of(self, id: str, /) -> str | None:
        return "people" if id == UUID else None


def exchange(method: str, path: str, json: Any = None, *, write: bool = False) -> Exchange:
    body = b"" if json is None else msgspec.json.encode(json)
    return Exchange(Request(method, path, purpose="write" if write else "read"), path, body)


def path(*segments: tuple[str, str]) -> dict[str, Any]:
    return {"path": [list(each) for each in segments], "constraints": {"value": "x"}}


QUERY = "/v2/objects/people/records/query"
ENTRIES = "/v2/lists/people/entries/query"


@pytest.mark.parametrize(
    ("method", "where", "json", "names"),
    [
        ("GET", "/v2/objects/people/records/r1", None, "people"),
        ("GET", f"/v2/objects/{UUID}/records/r1", None, "people"),
        ("GET", "/v2/lists/sales/entries/e1", None, "lists/sales"),
        ("POST", QUERY, {"limit": 5}, "people"),
        (
            "POST", QUERY,
            {"filter": {"$or": [{"name": "x"}, path(("people", "company"), ("companies", "x"))]}},
            "people companies",
        ),
        ("POST", QUERY, {"sorts": [path(("people", "deals"), ("deals", "name"))]}, "people deals"),
        # a list may be called as an object is: the first segment of its paths is the list
        (
            "POST", ENTRIES, {"filter": path(("people", "parent_record"), ("companies", "name"))},
            "lists/people companies",
        ),
        ("POST", QUERY, {"filter_view_id": "v1"}, f"people {ANYTHING}"),
    ],
    ids=["record", "by-id", "entry", "page", "filter", "order", "list", "view"],
)  # fmt: skip
def test_a_read_belongs_to_all_that_it_names(
    method: str, where: str, json: Any, names: str
) -> None:
    found = of_read(exchange(method, where, json), Known())
    assert found is not None
    assert {*found.names} == {*names.split(), EVERYTHING}


def test_equal_queries_have_one_body() -> None:
    bodies = {
        of_read(exchange("POST", QUERY, query), Known()).body  # type: ignore[union-attr]
        for query in ({"limit": 5, "offset": 0}, {"offset": 0, "limit": 5})
    }
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("method", "where", "json"),
    [
        ("GET", f"/v2/objects/{STRANGE}/records/r1", None),
        ("GET", "/v2/objects/people/records/r1/attributes/name/values", None),
        ("GET", "/v2/objects/people", None),
        ("GET", "/v2/notes/n1/x/y", None),
        ("POST", "/v2/objects/records/search", {"query": "x"}),
        ("POST", QUERY, {"filter": path(("people", "company"), (STRANGE, "name"))}),
    ],
    ids=["unknown", "history", "object", "note", "search", "unknown-on-the-way"],
)
def test_what_nobody_can_place_is_not_kept(method: str, where: str, json: Any) -> None:
    assert of_read(exchange(method, where, json), Known()) is None


RECORDS = "/v2/objects/people/records"


@pytest.mark.parametrize(
    ("method", "where", "json", "names"),
    [
        ("POST", RECORDS, {"data": {"values": {"name": "x"}}}, "people +"),
        ("PATCH", f"{RECORDS}/r1", {"data": {"values": {"company": []}}}, "people companies +"),
        ("PUT", f"{RECORDS}/r1?a=b", {"data": {"values": {"a-3": []}}}, "people deals +"),
        ("PATCH", f"{RECORDS}/r1", {"odd": 1}, "people companies deals +"),
        ("PUT", f"{RECORDS}/r1/attributes/company/values", {"data": {}}, "people companies +"),
        ("DELETE", f"{RECORDS}/r1", None, "*"),
        ("POST", f"{RECORDS}/merge", {"data": {}}, "*"),
        ("POST", "/v2/objects/deals/records", {"data": {"values": {}}}, "*"),
        ("PATCH", f"/v2/objects/{STRANGE}/records/r1", {"data": {"values": {}}}, "*"),
        ("POST", "/v2/objects/people/attributes", {"data": {}}, "*"),
        ("DELETE", "/v2/lists/sales/entries/e1", None, "*"),
        ("POST", "/v2/notes", {"data": {}}, ""),
        ("POST", "/v2/tasks/t1/x/y", {"data": {}}, ""),
    ],
    ids=[
        "create", "pair", "by-attribute-id", "odd", "past", "delete", "merge", "schema-unknown",
        "object-unknown", "schema", "entry", "note", "task",
    ],
)  # fmt: skip
def test_a_write_changes_its_object_and_the_other_sides(
    method: str, where: str, json: Any, names: str
) -> None:
    found = of_write(exchange(method, where, json, write=True), Known())
    assert found == frozenset(names.split())
