"""Attio's fuzzy search, over one object and over several at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import attio_orm
from attio_orm import (
    Company,
    Deal,
    FetchMode,
    Include,
    InvalidRequestError,
    Model,
    NotConnectedError,
    NotFoundError,
    NotLoadedError,
    Person,
    ValidationError,
    connect,
    search,
)
from attio_orm.attributes import Text
from attio_orm.signals import post_load, request_finished
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

Search = Callable[..., Awaitable[Any]]


@pytest.fixture
def find(colour: Colour) -> Search:
    """``search()`` or ``asearch()``, to be awaited."""

    async def found(*args: Any, **kwargs: Any) -> Any:
        return await colour.call(attio_orm, "search", *args, **kwargs)

    return found


@pytest.fixture
def acme(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """A workspace in which "acme" is found in three objects, in this order of creation."""
    load = attio_sandbox.workspace.load
    (company,) = load("companies", [{"name": "Acme Works", "domains": ["acme.example.com"]}])
    load(
        "people",
        [
            {
                "name": "Acme, Ada",
                "company": {"target_object": "companies", "target_record_id": company},
            }
        ],
    )
    load("people", [{"name": "Bob Ross", "job_title": "Painter"}])
    load("deals", [{"name": "acme", "stage": "Lead", "owner": "owner@sandbox.example"}])
    return attio_sandbox


# -- over several objects -------------------------------------------------------------------------


async def test_the_best_match_comes_first_whatever_its_object(
    acme: SandboxHandle, find: Search, colour: Colour
) -> None:
    # the search, and one request for each object; an a-method brings along who owns the deal
    with assert_num_requests(5 if colour.is_async else 4):
        found = await find("acme", Person, Company, Deal)
    assert [type(each) for each in found] == [Deal, Company, Person]
    asked = acme.requests[0]
    assert asked.path == "/v2/objects/records/search"
    assert (asked.json["query"], asked.json["limit"]) == ("acme", 25)
    assert asked.json["objects"] == ["people", "companies", "deals"]


async def test_objects_without_hits_are_not_asked_for(acme: SandboxHandle, find: Search) -> None:
    with assert_num_requests(2):
        (bob,) = await find("bob", Company, Person, Deal)
    assert bob.job_title == "Painter"
    with assert_num_requests(1):
        assert await find("nobody at all", Company, Person) == []


async def test_the_limit_is_for_all_objects_together(acme: SandboxHandle, find: Search) -> None:
    found = await find("acme", Person, Company, Deal, limit=2)
    assert [type(each) for each in found] == [Deal, Company]


async def test_the_same_model_twice_is_asked_once(acme: SandboxHandle, find: Search) -> None:
    assert len(await find("acme", Person, Person)) == 1
    assert acme.requests[0].json["objects"] == ["people"]


async def test_what_is_found_is_the_object_of_the_session(
    acme: SandboxHandle, find: Search
) -> None:
    with acme.connection.session() as session:
        first = await find("acme", Person, Company, Deal)
        again = await find("acme", Deal, Company, Person)
        assert all(any(each is other for other in again) for each in first)
        assert all(session.get(type(each), each.id) is each for each in first)


async def test_the_connection_may_be_named(acme: SandboxHandle, find: Search) -> None:
    with connect("sandbox://", on_drift="ignore"):
        assert await find("acme", Person, Company) == []
        found = await find("acme", Person, Company, connection=acme.connection)
        assert [each.connection for each in found] == [acme.connection] * 2


async def test_a_record_that_went_meanwhile_is_left_out(acme: SandboxHandle, find: Search) -> None:
    gone = acme.workspace.load("people", [{"name": "Acme, Zoe"}])[0]

    def delete(sender: Any, *, path: str, **_: Any) -> None:
        if path.endswith("/search"):
            acme.workspace.handle(
                "DELETE",
                f"/v2/objects/people/records/{gone}",
                headers={"authorization": f"Bearer {acme.token}"},
            )

    with request_finished.connected_to(delete):
        found = await find("acme", Person, Company)
    assert [type(each) for each in found] == [Company, Person]
    assert gone not in {each.id for each in found}


async def test_models_of_ones_own(acme: SandboxHandle, find: Search) -> None:
    class Gadget(Model):
        name: Text

    acme.define(Gadget)
    await Gadget.objects.acreate(name="acme gadget")
    gadget, company = await find("acme", Gadget, Company, limit=2)
    assert (type(gadget), type(company)) == (Gadget, Company)
    assert gadget.name == "acme gadget"


# -- bad input ------------------------------------------------------------------------------------


class Abstract(Model, abstract=True):
    pass


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        (("x",), {}, r"takes the models to look in: search\(\"ada\", Person\)"),
        (("x", "people"), {}, "'people' is not one"),
        (("x", Person.objects), {}, "<Manager of Person.* is not one"),
        (("x", Model), {}, "Model is not one"),
        (("x", Abstract), {}, "Abstract is not one"),
        (("x", str), {}, "str is not one"),
        (("x", Person), {"limit": 0}, "1 to 25, not 0"),
        (("x", Person), {"limit": 26}, "1 to 25, not 26"),
        (("x", Person), {"limit": True}, "1 to 25, not True"),
        (("x", Person), {"limit": "5"}, "1 to 25, not '5'"),
        (("x" * 257, Person), {}, "at most 256 characters, not one of 257"),
        ((None, Person), {}, "at most 256 characters, not None"),
    ],
)
async def test_bad_input_is_refused_before_anything_is_sent(
    attio_sandbox: SandboxHandle, find: Search, args: Any, options: Any, message: str
) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError, match=message):
        await find(*args, **options)


async def test_two_models_of_one_object_are_refused(
    attio_sandbox: SandboxHandle, find: Search
) -> None:
    class Contact(Model, object="people"):
        pass

    with assert_num_requests(0), pytest.raises(ValidationError) as refused:
        await find("x", Person, Contact)
    assert "'people'" in str(refused.value)
    assert "attio_orm.Person and " in str(refused.value)
    assert "Contact: name the one" in str(refused.value)


async def test_an_object_that_the_workspace_lacks_is_named(
    attio_sandbox: SandboxHandle, find: Search
) -> None:
    class Missing(Model, object="missing_things", on_drift="ignore"):
        pass

    with pytest.raises(NotFoundError, match="missing_things"):
        await find("x", Person, Missing)


async def test_a_refusal_for_another_reason_is_attios(acme: SandboxHandle, find: Search) -> None:
    await find("x", Person, Company)
    acme.fail_next(400, match="POST /v2/objects/records/search")
    with pytest.raises(InvalidRequestError):
        await find("x", Person, Company)


async def test_without_a_connection(find: Search) -> None:
    with pytest.raises(NotConnectedError, match="connect"):
        await find("x", Person)


# -- on managers and querysets --------------------------------------------------------------------


async def test_a_manager_searches_its_own_object(acme: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(2):
        (ada,) = await colour.call(Person.objects, "search", "acme", limit=3)
    assert ada.name == "Ada Acme"
    assert (await colour.call(Person.objects.none(), "search", "acme")) == []


async def test_a_filter_picks_among_the_hits(acme: SandboxHandle, colour: Colour) -> None:
    acme.workspace.load("people", [{"name": "Acme, Eve", "job_title": "Painter"}])
    painters = Person.objects.filter(job_title="Painter")
    with assert_num_requests(2):
        (eve,) = await colour.call(painters, "search", "acme")
    assert eve.name == "Eve Acme"
    with assert_num_requests(2):
        assert await colour.call(painters.filter(job_title="Poet"), "search", "acme") == []


async def test_includes_come_along(acme: SandboxHandle, colour: Colour) -> None:
    lost = Deal.objects.filter(stage="Lost")
    people = Person.objects.includes("company", Include("associated_deals", lost, to_attr="lost"))
    (ada,) = await colour.call(people, "search", "acme")
    with assert_num_requests(0):
        assert ada.company.name == "Acme Works"
        assert ada.lost == ()


async def test_the_fetch_mode_holds(acme: SandboxHandle, colour: Colour) -> None:
    people = Person.objects.fetch_mode(FetchMode.RAISE)
    (ada,) = await colour.call(people, "search", "acme")
    with pytest.raises(NotLoadedError):
        ada.company  # noqa: B018 - touching it is the test


async def test_undeclared_attributes_are_known(acme: SandboxHandle, colour: Colour) -> None:
    acme.workspace.define_attribute(
        "people", api_slug="shoe_size", title="Shoe size", type="number"
    )
    acme.connection.schema.forget("people")
    acme.workspace.load("people", [{"name": "Big, Foot", "shoe_size": 52}])
    (found,) = await colour.call(Person.objects, "search", "foot")
    with assert_num_requests(0):
        assert found["shoe_size"] == 52


async def test_receivers_of_post_load_hear_of_each_once(acme: SandboxHandle, find: Search) -> None:
    heard: list[Any] = []

    def note(sender: Any, *, instance: Any, **_: Any) -> None:
        heard.append(instance)

    with post_load.connected_to(note):
        found = await find("acme", Person, Company, Deal)
    assert {id(each) for each in heard} == {id(each) for each in found}
    assert len(heard) == 3


def test_records_beside_the_found_ones_are_peers(acme: SandboxHandle) -> None:
    (company,) = acme.workspace.load("companies", [{"name": "Other"}])
    acme.workspace.load(
        "people",
        [
            {
                "name": "Acme, Zed",
                "company": {"target_object": "companies", "target_record_id": company},
            }
        ],
    )
    people = search("acme", Person)
    with assert_num_requests(1):
        assert {person.company.name for person in people if person.company} == {
            "Acme Works",
            "Other",
        }


async def test_the_hits_of_a_slice_cannot_be_asked_for(acme: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(0), pytest.raises(TypeError, match="limit="):
        await colour.call(Person.objects[:3], "search", "acme")
