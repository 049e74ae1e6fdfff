from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.schema import AttributeSchema, Choice, Member, ObjectSchema
from attio_orm.schema.answers import (
    read_attribute,
    read_choice,
    read_list,
    read_member,
    read_object,
    with_attributes,
)
from tests.schema.fakes import an_object, attribute, option, reference

SLUGS = {"object-companies": "companies", "object-people": "people"}


def test_an_object() -> None:
    found = read_object(an_object("people", "Person", "People"))
    assert found == ObjectSchema("object-people", "people", "Person", "People")
    assert (found.kind, found.parents, found.attributes) == ("objects", (), {})


def test_an_object_without_slug_and_nouns_goes_by_its_id() -> None:
    found = read_object({"id": {"object_id": "x"}, "api_slug": None, "singular_noun": None})
    assert (found.slug, found.singular, found.plural) == ("x", "x", "x")


@pytest.mark.parametrize("parent", [["people"], "people"])
def test_a_list(parent: object) -> None:
    found = read_list(
        {"id": {"list_id": "l"}, "api_slug": "vips", "name": "VIPs", "parent_object": parent}
    )
    assert found == ObjectSchema("l", "vips", "VIPs", "VIPs", kind="lists", parents=("people",))


def test_an_attribute() -> None:
    item = attribute(
        "worth",
        "currency",
        title="Net worth",
        is_multiselect=True,
        is_required=True,
        is_unique=True,
        is_writable=False,
        is_archived=True,
        is_system_attribute=True,
        default_value={"type": "static", "template": [1]},
        config={"currency": {"default_currency_code": "EUR", "display_type": "code"}},
    )
    assert read_attribute(item, SLUGS) == AttributeSchema(
        id="id-worth",
        slug="worth",
        title="Net worth",
        type="currency",
        is_multi=True,
        is_required=True,
        is_unique=True,
        is_writable=False,
        is_archived=True,
        is_system=True,
        currency="EUR",
        default_value={"type": "static", "template": [1]},
        display="code",
    )


def test_references_name_objects_by_slug_where_it_is_known() -> None:
    item = attribute("owner", "record-reference", config=reference("object-people", "elsewhere"))
    assert read_attribute(item, SLUGS).allowed_objects == ("people", "elsewhere")
    assert read_attribute(attribute("any", "record-reference"), SLUGS).allowed_objects == ()


@pytest.mark.parametrize(
    ("relationship", "pair"),
    [
        (
            {"id": {"object_id": "x"}, "object_slug": "companies", "api_slug": "team"},
            ("companies", "team"),
        ),
        ({"id": {"object_id": "object-companies", "attribute_id": "a"}}, ("companies", "a")),
        ({"id": {"object_id": "elsewhere", "attribute_id": "a"}}, ("elsewhere", "a")),
        ({"id": {"object_id": "elsewhere"}}, None),
        (None, None),
    ],
)
def test_the_other_side_of_a_relationship(relationship: object, pair: object) -> None:
    item = attribute("company", "record-reference", relationship=relationship)
    assert read_attribute(item, SLUGS).relationship == pair


def test_of_namesakes_the_active_one_counts() -> None:
    owner = read_object(an_object("people", "Person", "People"))
    old, new = attribute("tag", "text", is_archived=True), attribute("tag", "select")
    for items in ([old, new], [new, old]):
        found = with_attributes(owner, items, SLUGS)
        assert found.attributes["tag"].type == "select"
        assert found.slug == "people"


def test_attributes_keep_their_order() -> None:
    owner = read_object(an_object("people", "Person", "People"))
    items = [attribute(slug) for slug in ("z", "a", "m")]
    assert list(with_attributes(owner, items, SLUGS).attributes) == ["z", "a", "m"]


def test_choices() -> None:
    assert read_choice(option("High")) == Choice("id-High", "High")
    status = {"id": {"status_id": "s"}, "title": "Lost", "is_archived": True}
    assert read_choice(status) == Choice("s", "Lost", is_archived=True)


def test_a_member() -> None:
    item = {
        "id": {"workspace_member_id": "m"},
        "email_address": "a@b.example.com",
        "first_name": "A",
        "last_name": "B",
        "access_level": "suspended",
    }
    assert read_member(item) == Member("m", "a@b.example.com", "A", "B", "suspended")


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["id", "api_slug", "title", "type", "config", "relationship", "parent_object", "name"]


@given(st.dictionaries(st.sampled_from(KEYS), json))
def test_nothing_that_attio_may_say_fails(item: dict[str, Any]) -> None:
    for read in (read_object, read_list, read_choice, read_member):
        read(item)
    found = read_attribute(item, {})
    assert isinstance(found.slug, str)
    assert isinstance(found.type, str)
