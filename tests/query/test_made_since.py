"""Names, titles and members of a query that are not known: looked up once more, then refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from attio_orm import Company, Deal, Model, Person, QuerySet, UnknownAttributeError, ValidationError
from attio_orm.attributes import Select
from attio_orm.schema import workspace
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

NAMED: dict[str, Callable[[str], QuerySet[Any]]] = {
    "filter": lambda name: Person.objects.filter(**{name: "x"}),
    "lookup": lambda name: Person.objects.filter(**{f"{name}__contains": "x"}),
    "exclude": lambda name: Person.objects.exclude(**{name: "y"}),
    "order_by": lambda name: Person.objects.order_by(name),
    "path": lambda name: Company.objects.filter(**{f"team__{name}": "x"}),
}


@pytest.fixture
def known(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """A workspace with one record each, whose schemas are known."""
    ids = attio_sandbox.workspace.load("people", [{"name": "Ada"}])
    team = [{"target_object": "people", "target_record_id": ids[0]}]
    attio_sandbox.workspace.load("companies", [{"name": "Acme", "team": team}])
    for slug in ("people", "companies", "deals"):
        attio_sandbox.connection.schema.fetch(slug)
    return attio_sandbox


def make(handle: SandboxHandle, slug: str) -> None:
    handle.workspace.define_attribute("people", api_slug=slug, type="text")
    (ada,) = handle.connection.api.records.query("people")
    handle.connection.api.records.update("people", ada["id"]["record_id"], {slug: "x"})


@pytest.mark.parametrize("way", NAMED)
async def test_an_attribute_made_since(known: SandboxHandle, colour: Colour, way: str) -> None:
    make(known, "mood")
    with assert_num_requests(2):  # the look, and the query
        assert len(await colour.items(NAMED[way]("mood"))) == 1


@pytest.mark.parametrize("way", NAMED)
async def test_one_look_for_a_name_that_is_not_there(
    known: SandboxHandle, colour: Colour, way: str
) -> None:
    for asked in (1, 0, 0):
        with (
            assert_num_requests(asked),
            pytest.raises(UnknownAttributeError, match=r"'moood'.*connection\.schema\.forget\(\)"),
        ):
            await colour.items(NAMED[way]("moood"))
    make(known, "moood")
    known.connection.schema.forget()
    assert len(await colour.items(NAMED[way]("moood"))) == 1


@pytest.mark.parametrize("way", NAMED)
async def test_names_with_an_underscore_are_never_looked_up(
    known: SandboxHandle, colour: Colour, way: str
) -> None:
    with assert_num_requests(0), pytest.raises(UnknownAttributeError):
        await colour.items(NAMED[way]("_mood"))


async def test_building_a_queryset_sends_nothing(known: SandboxHandle) -> None:
    with assert_num_requests(0):
        for build in NAMED.values():
            repr(build("mood").filter(name="Ada")[:5])
        with pytest.raises(UnknownAttributeError, match="'mood'"):
            NAMED["filter"]("mood").explain()


async def test_values_and_includes(known: SandboxHandle, colour: Colour) -> None:
    make(known, "mood")
    # the page brings it along, with the look
    assert await colour.call(Person.objects, "pluck", "mood") == ["x"]
    known.workspace.define_attribute(
        "people", api_slug="friend", type="record-reference", allowed_objects=["people"]
    )
    known.connection.schema.forget()
    known.connection.schema.fetch("people")
    known.workspace.define_attribute(
        "people", api_slug="rival", type="record-reference", allowed_objects=["people"]
    )
    for relation in ("friend", "rival"):
        (ada,) = await colour.items(Person.objects.includes(relation))
        assert ada[relation] is None
    with pytest.raises(UnknownAttributeError, match=r"'?enemy'?.*schema\.forget\(\)"):
        await colour.items(Person.objects.includes("enemy"))


async def test_values_behind_a_relation_to_several_objects(
    known: SandboxHandle, colour: Colour
) -> None:
    known.workspace.define_object("things", "Thing", "Things")
    known.workspace.define_attribute(
        "things", api_slug="about", type="record-reference", allowed_objects=["companies", "people"]
    )
    (ada,) = known.connection.api.records.query("people")
    about = [{"target_object": "people", "target_record_id": ada["id"]["record_id"]}]
    known.workspace.load("things", [{"about": about}])
    things = known.connection.model("things").objects
    assert await colour.call(things, "pluck", "about__job_title") == [None]
    make(known, "mood")
    with assert_num_requests(4):  # the look at both objects, the things, and whom they are about
        assert await colour.call(things, "pluck", "about__mood") == ["x"]
    for name in ("moood", "_mood"):
        with (
            assert_num_requests(0),
            pytest.raises(UnknownAttributeError, match=rf"'{name}'.*schema\.forget\(\)") as caught,
        ):
            await colour.call(things, "pluck", f"about__{name}")
        assert type(caught.value) is UnknownAttributeError


async def test_a_strict_class_has_no_others(known: SandboxHandle, colour: Colour) -> None:
    class Strict(Model, object="people", strict=True):
        pass

    make(known, "mood")
    with assert_num_requests(0), pytest.raises(UnknownAttributeError, match="'mood'"):
        await colour.items(Strict.objects.filter(mood="x"))


async def test_a_status_made_since(known: SandboxHandle, colour: Colour) -> None:
    known.connection.schema.fetch_members()  # whom async code brings along with deals
    await colour.call(Deal.objects, "create", name="A", stage="Lead", owner="owner@sandbox.example")
    with pytest.raises(ValidationError, match=r"'Paused' is not one of.*schema\.forget\(\)"):
        await colour.items(Deal.objects.filter(stage="Paused"))
    with assert_num_requests(0), pytest.raises(ValidationError, match="stage__in: 'Paused'"):
        await colour.items(Deal.objects.filter(stage__in=["Lead", "Paused"]))
    known.connection.api.statuses.create("deals", "stage", title="Paused")
    with assert_num_requests(2):
        assert await colour.items(Deal.objects.filter(stage="Paused")) == []
    with assert_num_requests(1):
        assert len(await colour.items(Deal.objects.exclude(stage="Paused"))) == 1


class Ticket(Model, on_drift="ignore"):
    state: Select[Literal["Open", "Done"]]


async def test_a_declared_title_that_the_workspace_lacks(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.define(Ticket)
    (state, _) = attio_sandbox.connection.api.options.list("tickets", "state")
    attio_sandbox.connection.api.options.update(
        "tickets", "state", state["id"]["option_id"], title="Opened"
    )
    attio_sandbox.connection.schema.forget()
    for condition in (Ticket.objects.filter(state="Open"), Ticket.objects.exclude(state="Open")):
        with pytest.raises(ValidationError, match=r"'Open' is not one of.*mean 'Opened'"):
            await colour.items(condition)
    assert await colour.items(Ticket.objects.filter(state="Opened")) == []


# By what an owner is asked for, and with it one who was there, one who joined, and nobody.
OWNERS: dict[str, tuple[str, list[str]]] = {
    "owner": ("{}@sandbox.example", ["owner", "kim", "nobody"]),
    "owner__email": ("{}@sandbox.example", ["owner", "kim", "nobody"]),
    "owner__name": ("{}", ["Sandbox Owner", "kim west", "No Body"]),
}


@pytest.mark.parametrize("is_several", [False, True], ids=["one", "in"])
@pytest.mark.parametrize("by", OWNERS)
async def test_a_member_who_joined_since(
    known: SandboxHandle, colour: Colour, by: str, is_several: bool
) -> None:
    text, (first, joined, nobody) = OWNERS[by]

    async def deals_of(who: str) -> list[Deal]:
        owner = text.format(who)
        where = {f"{by}__in": [owner]} if is_several else {by: owner}
        return await colour.items(Deal.objects.filter(**where))

    with assert_num_requests(2):
        assert await deals_of(first) == []
    known.add_member("Kim@sandbox.example", first_name="Kim", last_name="West")
    with assert_num_requests(2):
        assert await deals_of(joined) == []
    with assert_num_requests(1):
        assert await deals_of(joined.upper()) == []
    for _ in range(2):  # the look before this one is some moments old
        with (
            assert_num_requests(0),
            pytest.raises(ValidationError, match=r"owner.*no member.*schema\.forget\(\)") as caught,
        ):
            await deals_of(nobody)
        assert type(caught.value) is ValidationError


def test_explain_asks_for_members_only_where_none_are_known(known: SandboxHandle) -> None:
    deals = Deal.objects.filter(owner="owner@sandbox.example")
    assert deals.explain()[0].path == "/v2/workspace_members"
    list(deals)
    assert deals.all().explain()[0].exact
    with assert_num_requests(0), pytest.raises(ValidationError, match="no member") as caught:
        Deal.objects.filter(owner="nobody@sandbox.example").explain()
    assert type(caught.value) is ValidationError


def test_explain_tells_what_is_really_not_known(attio_sandbox: SandboxHandle) -> None:
    class Contact(Model, object="people"):
        pass

    def first(queryset: QuerySet[Any]) -> list[str]:
        return [each.path for each in queryset.explain() if each.purpose == "introspect"]

    asked = Contact.objects.filter(job_title="CFO")
    assert first(asked) == ["/v2/objects", "/v2/objects/people/attributes"]
    attio_sandbox.connection.schema.fetch("companies")  # since then all objects are listed
    assert first(asked) == ["/v2/objects/people/attributes"]
    attio_sandbox.requests.clear()
    list(asked)
    sent = [each.path for each in attio_sandbox.requests]
    assert sent[0] == "/v2/objects/people/attributes"


async def test_the_first_reading_for_a_name_is_the_look(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    for asked in (2, 0, 0):  # the objects, and the attributes of one
        with assert_num_requests(asked), pytest.raises(UnknownAttributeError):
            await colour.items(Person.objects.filter(moood="x"))


async def test_refusals_do_not_put_off_the_next_look(
    known: SandboxHandle, colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, moved = workspace.now, 0.0
    monkeypatch.setattr(workspace, "now", lambda: now() + moved)
    for seconds, asked in ((0, 1), (6, 0), (11, 1), (20, 0), (22, 1)):
        moved = float(seconds)
        with assert_num_requests(asked), pytest.raises(UnknownAttributeError):
            await colour.items(Person.objects.filter(moood="x"))
