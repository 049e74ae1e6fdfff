"""The planner: declared and known in, changes out, and what Attio would refuse of them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from attio_orm.schema.declared import DeclaredAttribute, DeclaredObject, Pair
from attio_orm.schema.definitions import Choice, ObjectSchema
from attio_orm.schema.planner import SchemaChange, plan
from attio_orm.schema.refusals import refusals
from attio_orm.types.base import AttributeSchema

COMPANIES = ObjectSchema("c", "companies", "Company", "Companies")


def attribute(slug: str, type: str = "text", **more: Any) -> DeclaredAttribute:
    return DeclaredAttribute(f"Deal.{slug}", slug, type, slug.title(), **more)


def deals(*attributes: DeclaredAttribute) -> DeclaredObject:
    return DeclaredObject("Deal", "objects", "deals2", "Deal", "Deals", attributes=attributes)


def known(*attributes: AttributeSchema, slug: str = "deals2") -> dict[str, ObjectSchema]:
    owner = ObjectSchema(slug, slug, "Deal", "Deals", {each.slug: each for each in attributes})
    return {slug: owner, "companies": COMPANIES}


def problems_of(
    declared: list[DeclaredObject],
    there: dict[str, ObjectSchema],
    choices: dict[str, dict[str, list[Choice]]] | None = None,
) -> list[str]:
    planned = plan(declared, there, choices or {})
    return [str(each) for each in refusals(planned, declared, there, choices or {})]


def bodies(changes: Any) -> list[tuple[str, str, Any]]:
    return [(each.request.method, each.request.path, each.request.json["data"]) for each in changes]


def test_objects_come_first_and_titles_after_their_attribute() -> None:
    projects = DeclaredObject("Project", "objects", "projects", "Project", "Projects")
    pipe = DeclaredObject("Pipe", "lists", "pipe", "Pipe", "Pipes", parents=("projects",))
    stage = attribute("stage", "status", options=("New", "Won"))
    money = attribute("arr", "currency", currency="EUR", display="code", is_required=True)
    planned = plan([deals(stage, money), projects, pipe], {}, {})
    assert str(planned.plan) == (
        "+ deals2: Deal, Deals\n"
        "+ projects: Project, Projects\n"
        "+ lists/pipe: Pipe of projects\n"
        "+ deals2.stage: status\n"
        "+ deals2.stage: status 'New'\n"
        "+ deals2.stage: status 'Won'\n"
        "+ deals2.arr: currency in EUR, required"
    )
    sent = bodies(planned.plan)
    assert sent[2] == (
        "POST",
        "/v2/lists",
        {
            "name": "Pipe",
            "api_slug": "pipe",
            "parent_object": "projects",
            "workspace_access": "full-access",
            "workspace_member_access": [],
        },
    )
    assert sent[4] == ("POST", "/v2/objects/deals2/attributes/stage/statuses", {"title": "New"})
    assert sent[6][2] == {
        "title": "Arr",
        "description": None,
        "api_slug": "arr",
        "type": "currency",
        "is_required": True,
        "is_unique": False,
        "is_multiselect": False,
        "config": {"currency": {"default_currency_code": "EUR", "display_type": "code"}},
    }


def test_a_default_that_is_a_title_comes_after_the_titles() -> None:
    default = {"type": "static", "template": ["Web"]}
    source = attribute("source", "select", options=("Web",), default=default)
    size = attribute("size", "number", default={"type": "static", "template": [3]})
    changes = plan([deals(source, size)], known(), {}).plan
    assert [each.kind for each in changes] == [
        "create_attribute", "add_option", "set_default", "create_attribute",
    ]  # fmt: skip
    assert "default_value" not in changes[0].request.json["data"]
    assert changes[2].request.json == {"data": {"default_value": default}}
    assert changes[3].request.json["data"]["default_value"]["template"] == [3]


def test_what_is_there_is_neither_made_nor_changed() -> None:
    there = known(
        AttributeSchema("1", "name", "Name", "number"),
        AttributeSchema("2", "tags", "Tags", "select"),
        AttributeSchema("3", "arr", "Arr", "currency", currency="USD"),
        AttributeSchema("4", "old", "Old", "text", is_archived=True),
        AttributeSchema("5", "moved", "Was", "text"),
        AttributeSchema("6", "of", "Of", "record-reference", allowed_objects=("people",)),
        AttributeSchema("7", "back", "Back", "record-reference"),
    )
    choices = {"deals2": {"tags": [Choice("a", "A"), Choice("b", "B", is_archived=True)]}}
    declared = deals(
        attribute("name"),
        attribute("tags", "select", options=("A", "B", "C"), is_multi=True),
        attribute("arr", "currency", currency="EUR", is_required=True, is_unique=True),
        attribute("old"),
        attribute("was", id="5"),
        attribute("of", "record-reference", allowed_objects=("companies",)),
        attribute("back", "record-reference", pair=Pair("companies", "deals")),
    )
    planned = plan([declared], there, choices).plan
    assert bodies(planned) == [
        ("POST", "/v2/objects/deals2/attributes/tags/options", {"title": "C"})
    ]
    assert [(each.kind, each.attribute) for each in planned.differences] == [
        ("retyped", "name"), ("cardinality", "tags"), ("option", "tags"), ("required", "arr"),
        ("unique", "arr"), ("currency", "arr"), ("archived", "old"), ("renamed", "moved"),
        ("targets", "of"), ("pair", "back"),
    ]  # fmt: skip
    assert "! deals2.name: it is of type number, and Deal.name says text" in str(planned)


def test_titles_of_what_was_renamed_are_not_added_again() -> None:
    there = known(AttributeSchema("5", "phase", "Phase", "status"))
    planned = plan([deals(attribute("stage", "status", options=("New",), id="5"))], there, {}).plan
    assert (len(planned), [each.kind for each in planned.differences]) == (0, ["renamed"])


def test_two_classes_of_one_object_make_it_once() -> None:
    first = deals(attribute("stage", "select", options=("A",)), attribute("tags", "select"))
    second = deals(
        attribute("stage", "select", options=("A", "B")),
        attribute("tags", "select", options=("C",)),
    )
    changes = plan([first, second], {}, {}).plan
    assert [(each.kind, each.attribute) for each in changes] == [
        ("create_object", ""), ("create_attribute", "stage"), ("add_option", "stage"),
        ("create_attribute", "tags"), ("add_option", "stage"), ("add_option", "tags"),
    ]  # fmt: skip


@pytest.mark.parametrize("both", [False, True], ids=["one-side", "both-sides"])
def test_a_pair_is_one_change_whoever_comes_first(both: bool) -> None:
    back = Pair("deals2", "accounts", is_multi=True) if both else None
    there = {**known(), "companies": COMPANIES}
    company = DeclaredObject("Company", "objects", "companies", "Company", "Companies", attributes=(
        attribute("projects", "record-reference", allowed_objects=("deals2",), pair=back),
    ))  # fmt: skip
    accounts = attribute(
        "accounts", "record-reference", is_multi=True, allowed_objects=("companies",),
        pair=Pair("companies", "projects"),
    )  # fmt: skip
    (change,) = plan([company, deals(accounts)], there, {}).plan
    made = {"companies": ("projects", True), "deals2": ("accounts", False)}[change.object]
    relationship = change.request.json["data"]["relationship"]
    assert change.attribute == made[0]
    assert relationship["is_multiselect"] is made[1]
    assert {relationship["object"], change.object} == {"companies", "deals2"}


def test_nothing_is_lacking_after_its_changes() -> None:
    declared = deals(attribute("stage", "status", options=("New",)), attribute("n", "number"))
    first = plan([declared], {}, {}).plan
    made: dict[str, AttributeSchema] = {}
    titles: dict[str, list[Choice]] = {}
    for change in first:
        if isinstance(change.after, AttributeSchema):
            made[change.attribute] = change.after
        elif isinstance(change.after, Choice):
            titles.setdefault(change.attribute, []).append(change.after)
    again = plan([declared], known(*made.values()), {"deals2": titles}).plan
    assert len(again) == 0
    assert str(again) == "(nothing to change)"
    assert isinstance(first[0], SchemaChange)
    assert first[1:2] == first[1:2]


REFUSED = [
    (attribute("two__parts"), "valid slug"),
    (attribute("name", "personal-name"), "personal-name"),
    (attribute("at", "interaction"), "interaction"),
    (attribute("s", "select", is_unique=True), "unique attribute of type select"),
    (attribute("s", "select", options=("A", "A")), "twice"),
    (attribute("s", "select", options=("Won", "won")), "differ by case alone"),
    (attribute("s", "select", options=(" ",)), "without a title"),
    (
        attribute("s", "select", options=("A",), default={"type": "static", "template": ["B"]}),
        "default 'B'",
    ),
    (attribute("r", "record-reference", allowed_objects=("ships",)), 'the object "ships"'),
    (attribute("r", "record-reference", pair=Pair("", "back")), "two objects"),
    (attribute("r", "record-reference", pair=Pair("companies", "a-b")), "valid slug"),
]


@pytest.mark.parametrize(("declared", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_attio_would_refuse(declared: DeclaredAttribute, said: str) -> None:
    (problem,) = problems_of([deals(declared)], known())
    assert problem.startswith(f"{declared.where}: ")
    assert said in problem


@pytest.mark.parametrize("slug", ["people", "companies"])
def test_people_and_companies_are_closed(slug: str) -> None:
    default = {"type": "static", "template": [1]}
    declared = replace(
        deals(
            attribute("code", is_unique=True),
            attribute("stage", "status"),
            attribute("size", "number", default=default),
        ),
        slug=slug,
    )
    found = problems_of([declared], known(slug=slug))
    assert [each.partition(":")[0] for each in found] == ["Deal.code", "Deal.stage", "Deal.size"]


def test_objects_and_lists_that_cannot_be_made() -> None:
    standard = replace(deals(), slug="users")
    odd = replace(deals(), slug="a-b")
    lost = DeclaredObject("Lost", "lists", "lost", "Lost", "Losts")
    orphan = DeclaredObject("Orphan", "lists", "orphan", "Orphan", "Orphans", parents=("ships",))
    unique = DeclaredObject("Pipe", "lists", "pipe", "Pipe", "Pipes", parents=("companies",),
        attributes=(attribute("code", is_unique=True),))  # fmt: skip
    found = problems_of([standard, odd, lost, orphan, unique], known())
    assert [each.partition(":")[0] for each in found] == [
        "Lost", "Deal", "Deal", "Orphan", "Deal.code",
    ]  # fmt: skip
    assert "activate it in Attio's settings" in found[1]


def test_a_pair_whose_other_side_is_there() -> None:
    taken = AttributeSchema("9", "projects", "Projects", "text")
    there = {**known(), "companies": replace(COMPANIES, attributes={"projects": taken})}
    accounts = attribute(
        "accounts", "record-reference", allowed_objects=("companies",),
        pair=Pair("companies", "projects"),
    )  # fmt: skip
    (problem,) = problems_of([deals(accounts)], there)
    assert 'pair with "projects" of "companies", which is there already' in problem


SIDES: list[tuple[DeclaredAttribute, str | None]] = [
    (attribute("deals", "record-reference", is_multi=True, allowed_objects=("deals2",)), None),
    (attribute("deals", "record-reference", is_multi=True,
               pair=Pair("deals2", "firm")), None),
    (attribute("deals"), "declared as text"),
    (attribute("deals", "record-reference", is_multi=True, allowed_objects=("people",)),
     "does not refer to deals2"),
    (attribute("deals", "record-reference", is_multi=True, pair=Pair("deals2", "other")),
     "has back='other'"),
    (attribute("deals", "record-reference"), "holds one: say back_many=False"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("other", "said"), SIDES,
    ids=["one side", "both sides", "type", "targets", "back", "cardinality"],
)  # fmt: skip
def test_both_sides_of_a_new_pair_agree(other: DeclaredAttribute, said: str | None) -> None:
    firm = attribute(
        "firm", "record-reference", allowed_objects=("companies",),
        pair=Pair("companies", "deals", is_multi=True),
    )  # fmt: skip
    company = DeclaredObject("Company", "objects", "companies", "C", "Cs", attributes=(other,))
    there = {**known(), "people": replace(COMPANIES, slug="people")}
    found = problems_of([deals(firm), company], there)
    if said is None:
        assert found == []
    else:
        assert found[0].startswith("Deal.firm: is to be a pair with Deal.deals, which")
        assert said in found[0]


def test_two_pairs_have_two_other_sides() -> None:
    first, second = (
        attribute(slug, "record-reference", pair=Pair("companies", "deals")) for slug in "ab"
    )
    (problem,) = problems_of([deals(first, second)], known())
    assert problem.startswith("Deal.b: ")
    assert "the other side of Deal.a: name another slug" in problem


def test_a_list_of_another_object() -> None:
    pipe = ObjectSchema("p", "pipe", "Pipe", "Pipe", kind="lists", parents=("companies",))
    declared = DeclaredObject("Pipe", "lists", "pipe", "Pipe", "Pipes", parents=("people",))
    planned = plan([declared], {"lists/pipe": pipe}, {}).plan
    assert str(planned) == (
        "! lists/pipe.parent_record: its entries are about companies, and Pipe says people, which "
        "Attio cannot change"
    )
    same = replace(declared, parents=("companies",))
    assert str(plan([same], {"lists/pipe": pipe}, {}).plan) == "(nothing to change)"


def test_a_title_that_differs_by_case_from_one_that_is_there() -> None:
    there = known(AttributeSchema("2", "tags", "Tags", "select"))
    choices = {"deals2": {"tags": [Choice("a", "Won")]}}
    (problem,) = problems_of([deals(attribute("tags", "select", options=("won",)))], there, choices)
    assert "'won', and 'Won' is there" in problem
    both = {"deals2": {"tags": [Choice("a", "Won"), Choice("b", "won")]}}
    declared = [deals(attribute("tags", "select", options=("won", "Won")))]
    assert problems_of(declared, there, both) == []  # as the workspace has both


def test_a_list_has_no_pairs() -> None:
    pipe = DeclaredObject("Pipe", "lists", "pipe", "Pipe", "Pipes", parents=("companies",),
        attributes=(attribute("firm", "record-reference", allowed_objects=("companies",),
                              pair=Pair("companies", "pipes")),))  # fmt: skip
    (problem,) = problems_of([pipe], known())
    assert problem.startswith("Deal.firm: has back=..., and the other side")
    assert "leave back= out" in problem


@pytest.mark.parametrize(("code", "is_taken"), [("EUR", True), ("NTD", True), ("TWD", False)])
def test_a_currency_that_attio_does_not_have(code: str, is_taken: bool) -> None:
    found = problems_of([deals(attribute("arr", "currency", currency=code))], known())
    assert found == [] or (not is_taken and f"is in {code!r}, which is not among" in found[0])
    assert bool(found) is not is_taken
