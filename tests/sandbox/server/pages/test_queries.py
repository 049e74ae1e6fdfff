"""Addresses of tables: what they ask for, the links to others, and Attio's filters from them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from attio_sandbox.server.pages.queries import (
    MAX_CONDITIONS,
    Condition,
    Find,
    QueryError,
    TableQuery,
    operators_of,
)

NOBODY = Find(lambda text: None, lambda attribute: None)
SOMEBODY = Find(
    lambda text: "member-1" if text == "Ada" else None,
    lambda attribute: ("deals", "companies", "name"),
)


def attribute(slug: str, type: str, **more: Any) -> dict[str, Any]:
    return {"api_slug": slug, "title": slug.title(), "type": type, "is_archived": False, **more}


ATTRIBUTES = [
    attribute("name", "text"),
    attribute("full", "personal-name"),
    attribute("price", "currency"),
    attribute("active", "checkbox"),
    attribute("stage", "status"),
    attribute("company", "record-reference"),
    attribute("owner", "actor-reference"),
    attribute("city", "location"),
    attribute("due", "date"),
    attribute("gone", "text", is_archived=True),
]


def read(**params: str) -> TableQuery:
    return TableQuery.read(params.items())


def test_an_address_is_read_and_written_the_same() -> None:
    fields = [
        ("q", "a&b"), ("where", "name:is:x:y"), ("where", "price:min:5"), ("sort", "-price"),
        ("columns", "all"), ("page", "3"),
    ]  # fmt: skip
    query = TableQuery.read(fields)
    assert query.fields() == fields
    assert query.conditions == (Condition("name", "is", "x:y"), Condition("price", "min", "5"))
    assert (query.search, query.sort, query.is_descending, query.number) == (
        "a&b",
        "price",
        True,
        3,
    )
    assert query.link(number=4).endswith("page=4")
    assert "page=" not in query.link(search="c"), "another search begins at the first page"


def test_the_form_adds_a_condition() -> None:
    query = TableQuery.read(
        [("where", "name:is:x"), ("by", "price"), ("op", "max"), ("value", " 7 ")]
    )
    assert query.conditions == (Condition("name", "is", "x"), Condition("price", "max", "7"))
    assert read(by="name", op="empty", value="x").conditions == (Condition("name", "empty", ""),)
    assert read(by="", op="is", value="x").conditions == ()


def test_what_is_no_condition_is_left_out() -> None:
    for text in ("", "name", "name:like:x", ":::", "name:"):
        assert read(where=text).conditions == ()
    many = [("where", f"name:is:{n}") for n in range(100)]
    assert len(TableQuery.read(many).conditions) == MAX_CONDITIONS
    for page in ("0", "-1", "x", "9" * 30, "\u0662"):
        assert read(page=page).number == 1
    assert len(read(q="x" * 5_000).search) == 256


def test_a_head_goes_up_then_down_then_back() -> None:
    query = read(q="x")
    assert query.sorted_by("price") == "?q=x&sort=price"
    assert read(q="x", sort="price").sorted_by("price") == "?q=x&sort=-price"
    assert read(q="x", sort="-price").sorted_by("price") == "?q=x"
    assert read(sort="-price").sorted_by("name") == "?sort=name"


def test_a_condition_is_added_once_and_taken_away() -> None:
    query = read(where="stage:is:Won 🎉")
    assert query.where("stage", "is", "Won 🎉") == query.link()
    assert query.without(query.conditions[0]) == "?"
    assert query.where("a&b", "is", "c=d").endswith("where=a%26b%3Ais%3Ac%3Dd")
    assert "where=" in TableQuery().where("x", "is", "\ud800")


@pytest.mark.parametrize(
    ("where", "filter"),
    [
        ("name:contains:x", {"name": {"value": {"$contains": "x"}}}),
        ("full:starts:x", {"full": {"full_name": {"$starts_with": "x"}}}),
        ("name:not:x", {"$not": {"name": {"value": {"$eq": "x"}}}}),
        ("price:min:1,250.5", {"price": {"currency_value": {"$gte": 1250.5}}}),
        ("price:empty:", {"$not": {"price": {"$not_empty": True}}}),
        ("stage:filled:", {"stage": {"$not_empty": True}}),
        ("stage:is:Won", {"stage": {"status": {"$eq": "Won"}}}),
        ("active:is:No", {"active": {"value": {"$eq": False}}}),
        ("city:ends:on", {"city": {"locality": {"$ends_with": "on"}}}),
        ("due:max:2026-01-02", {"due": {"value": {"$lte": "2026-01-02"}}}),
        (
            "owner:is:Ada",
            {
                "owner": {
                    "referenced_actor_type": "workspace-member",
                    "referenced_actor_id": "member-1",
                }
            },
        ),
        (
            "company:contains:Ac",
            {
                "path": [["deals", "company"], ["companies", "name"]],
                "constraints": {"value": {"$contains": "Ac"}},
            },
        ),
    ],
)
def test_filters(where: str, filter: dict[str, Any]) -> None:
    assert read(where=where).filter(ATTRIBUTES, SOMEBODY) == {"$and": [filter]}


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("name:min:3", "“Name is at least” cannot be asked of Attio. Name takes: is, is not"),
        ("price:is:much", "Price is a number, and “much” is not."),
        ("active:is:maybe", "Active is yes or no."),
        ("name:is:", "Give a value that Name is."),
        ("owner:is:Bob", "No member is called “Bob”"),
        ("company:is:Acme", "Company may name records of several objects"),
        ("gone:is:x", "There is no attribute “gone” here."),
        ("nope:is:x", "There is no attribute “nope” here."),
    ],
)
def test_conditions_that_cannot_be(where: str, said: str) -> None:
    with pytest.raises(QueryError, match=re.escape(said)):
        read(where=where).filter(ATTRIBUTES, NOBODY)


def test_sorts() -> None:
    newest = [{"attribute": "created_at", "direction": "desc"}]
    assert read().sorts(ATTRIBUTES) == newest
    assert read(sort="price").sorts(ATTRIBUTES) == [{"attribute": "price", "direction": "asc"}]
    assert read(sort="-city").sorts(ATTRIBUTES) == [
        {"attribute": "city", "direction": "desc", "field": "locality"}
    ]
    for slug, said in (("company", "cannot be sorted"), ("nope", "no attribute")):
        with pytest.raises(QueryError, match=said):
            read(sort=slug).sorts(ATTRIBUTES)


def test_a_search_is_a_condition_on_every_text() -> None:
    found = read(q="x").filter(ATTRIBUTES, NOBODY)
    assert found == {
        "$and": [
            {
                "$or": [
                    {"name": {"value": {"$contains": "x"}}},
                    {"full": {"full_name": {"$contains": "x"}}},
                ]
            }
        ]
    }
    assert read().filter(ATTRIBUTES, NOBODY) == {}


def test_operators_of_attributes_of_the_system() -> None:
    assert operators_of(attribute("record_id", "text")) == ["is", "not"]
    assert operators_of(attribute("created_by", "actor-reference")) == ["is", "not"]
    assert operators_of(attribute("new", "a type of tomorrow")) == ["filled", "empty"]
