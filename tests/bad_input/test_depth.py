"""Deep paths, odd pages and work broken off: right or clearly refused, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any
from uuid import uuid4

import pytest

from attio_orm import (
    Company,
    Deal,
    Include,
    InvalidResponseError,
    Maybe,
    Model,
    Person,
    Q,
    QueryTooComplexError,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.attributes import Text
from attio_orm.models.registry import registry
from attio_orm.testing import assert_num_requests
from attio_orm.transport import WireRequest, WireResponse, encode_json
from tests.bad_input.world import Middle, World, check_clear
from tests.colours import Colour


@pytest.mark.parametrize(
    "make",
    [
        lambda: Person.objects.filter(job_title__name="x"),
        lambda: Person.objects.filter(company__name__name="x"),
        lambda: Person.objects.order_by("job_title__name"),
        lambda: Person.objects.includes("job_title__team"),
        lambda: Person.objects.includes("company__name"),
        lambda: Person.objects.includes("company__team__company__name"),
    ],
)
async def test_a_path_through_what_is_no_relation(
    world: World, colour: Colour, make: Callable[[], Any]
) -> None:
    with pytest.raises((UnknownAttributeError, UnsupportedLookup, ValidationError)) as caught:
        await colour.items(make())
    check_clear(caught.value)


@pytest.mark.parametrize(
    ("deals", "expected"),
    [(Deal.objects.all(), 1), (Deal.objects.filter(name="x"), 0), (Deal.objects.none(), 0)],
    ids=["all", "nobody", "none"],
)
async def test_an_include_that_filters_everything_or_nothing(
    world: World, colour: Colour, deals: Any, expected: int
) -> None:
    world.deal.associated_company = world.acme
    world.deal.save()
    include = Include("associated_deals", deals, to_attr="picked")
    (acme,) = await colour.items(Company.objects.includes(include))
    assert len(acme.picked) == expected


async def test_fifty_levels_of_includes(world: World, colour: Colour) -> None:
    path = "__".join(["company", "team"] * 25)
    with assert_num_requests(0), pytest.raises(ValidationError) as caught:
        await colour.items(Person.objects.includes(path))
    check_clear(caught.value, "includes()", "at most 25", "50")


async def test_a_cycle_of_ten(world: World, colour: Colour) -> None:
    class Ring(Model):
        label: Text
        following: Maybe[Ring]

    world.handle.define(Ring)
    ring = [Ring.objects.create(label=str(n)) for n in range(10)]
    for at, each in enumerate(ring):
        each.following = ring[(at + 1) % 10]
        each.save()
    with world.connection.session():
        path = "__".join(["following"] * 25)
        first = await colour.call(Ring.objects.includes(path), "get", label="0")
        with assert_num_requests(0):
            found = first
            for n in range(25):
                found = found.following
                assert found.label == str((n + 1) % 10)
            assert first.following.following is not first


async def test_an_order_over_an_attribute_without_values(world: World, colour: Colour) -> None:
    ids = world.handle.workspace.load("people", [{"name": f"N{n % 3}"} for n in range(1_201)])
    for order in ("description", "-description", "company__name"):
        found = await colour.items(Person.objects.order_by(order))
        assert sorted(each.id for each in found) == sorted([*ids, world.ada.id])


@pytest.mark.parametrize("order", ["created_at", "-created_at", "name"])
async def test_five_thousand_of_one_moment(world: World, colour: Colour, order: str) -> None:
    world.handle.clock.freeze()
    ids = world.handle.workspace.load("people", [{"name": "Same"}] * 5_000)
    stream = Person.objects.filter(name="Same").order_by(order).iterator(page_size=499)
    assert sorted([each.id for each in await colour.items(stream)]) == sorted(ids)


# -- odd pages -----------------------------------------------------------------------------------


def rows(change: Callable[[list[Any]], list[Any]]) -> Callable[..., WireResponse]:
    """Change the rows of every answer to a query."""

    def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
        if not request.path.endswith("/query"):
            return response
        data = {"data": change(json.loads(response.body)["data"])}
        return WireResponse(response.status, response.headers, encode_json(data))

    return spoil


async def test_a_page_with_a_record_twice(middle: Middle, colour: Colour) -> None:
    with middle.connect():
        middle.handle.workspace.load("people", [{"name": f"N{n}"} for n in range(9)])
        middle.spoil = rows(lambda found: [*found, found[-1]] if len(found) == 4 else found)
        for order in ("created_at", "name"):
            found = await colour.items(Person.objects.order_by(order).iterator(page_size=4))
            assert len(found) == len({each.id for each in found}) == 9


async def test_a_page_that_is_shorter_than_asked_is_the_last(
    middle: Middle, colour: Colour
) -> None:
    """Attio fills its pages: what comes short is the end, and no request is spent to be sure."""
    with middle.connect():
        middle.handle.workspace.load("people", [{"name": f"N{n}"} for n in range(9)])
        middle.spoil = rows(lambda found: found[:3])
        found = await colour.items(Person.objects.iterator(page_size=4))
        assert len(found) == 3


@pytest.mark.parametrize("order", ["created_at", "name"])
async def test_a_server_that_repeats_a_page(middle: Middle, colour: Colour, order: str) -> None:
    with middle.connect():
        middle.handle.workspace.load("people", [{"name": f"N{n}"} for n in range(9)])
        first: list[list[Any]] = []
        middle.spoil = rows(lambda found: first.append(found) or first[0])  # type: ignore[func-returns-value]
        with pytest.raises(InvalidResponseError) as caught:
            await colour.items(Person.objects.order_by(order).iterator(page_size=4))
        check_clear(caught.value, "repeats old answers")


@pytest.mark.parametrize("values", [{}, None, {"name": None, "job_title": None, "company": None}])
async def test_values_that_are_missing_or_null(middle: Middle, colour: Colour, values: Any) -> None:
    with middle.connect():
        middle.handle.workspace.load("people", [{"name": "Ada", "job_title": "Countess"}])
        middle.spoil = rows(lambda found: [{**each, "values": values} for each in found])
        (person,) = await colour.items(Person.objects.all())
        assert (person.name, person.job_title, person.company) == (None, None, None)
        assert person.email_addresses == []
        assert not person.is_changed


# -- work broken off -----------------------------------------------------------------------------


def test_an_object_pickled_in_another_version_of_its_model(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(**annotations: Any) -> type[Model]:
        body = {"__module__": __name__, "__qualname__": "Note", "__annotations__": annotations}
        made = type(Model)("Note", (Model,), body)
        monkeypatch.setitem(globals(), "Note", made)
        return made

    old = version(title=Text, body=Text)
    world.handle.define(old)
    kept = old.objects.create(title="One", body="Kept")
    data = pickle.dumps(kept)
    registry.models = [each for each in registry.models if each() is not old]
    new = version(title=Text, author=Text)

    copied: Any = pickle.loads(data)
    assert type(copied) is new
    assert (copied.id, copied.title, copied.author) == (kept.id, "One", None)
    assert copied.raw["body"][0]["value"] == "Kept"


def test_a_session_that_is_closed_during_a_scan(world: World) -> None:
    world.handle.workspace.load("people", [{"name": f"N{n}"} for n in range(20)])
    with world.connection.session():
        scan = iter(Person.objects.iterator(page_size=5))
        found = [next(scan)]
    found += scan
    assert len({each.id for each in found}) == len(found) == 21
    found[-1].job_title = "Last"
    found[-1].save()


async def test_a_task_cancelled_in_the_middle_of_a_save(
    middle: Middle, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def hang(request: WireRequest, /) -> WireResponse:
        middle.handle.backend.send(request)  # it was carried out, and nobody heard
        started.set()
        await asyncio.sleep(60)
        raise AssertionError

    with middle.connect():
        ada = await Person.objects.acreate(name="Ada", email_addresses=["a@lovelace.dev"])
        ada.job_title = "Countess"
        ada.email_addresses.append("b@lovelace.dev")
        with monkeypatch.context() as patched:
            patched.setattr(middle, "asend", hang)
            task = asyncio.ensure_future(ada.asave())
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert set(ada.changes) == {"job_title", "email_addresses"}, "nothing is lost"
        await ada.asave()
        assert not ada.is_changed
        again = await Person.objects.aget(id=ada.id)
        assert (again.job_title, len(again.email_addresses)) == ("Countess", 2)


# -- queries too big for one filter ----------------------------------------------------------------


async def test_ten_thousand_ids(world: World, colour: Colour) -> None:
    ids = [str(uuid4()) for _ in range(9_999)]
    ids.insert(7_000, world.ada.id or "")
    with assert_num_requests(20):
        assert await colour.call(Person.objects, "in_bulk", ids) == {world.ada.id: world.ada}
    with assert_num_requests(1):
        assert await colour.items(Person.objects.filter(id__in=ids)) == [world.ada]
    parts = world.handle.requests[-1].json["filter"]["$or"]
    assert [len(each["record_id"]["$in"]) for each in parts] == [500] * 20


@pytest.mark.parametrize("size", [501, 5_000])
async def test_thousands_of_addresses(world: World, colour: Colour, size: int) -> None:
    """Attio has no ``$in`` for addresses: they go in parts of 500, each a filter it can take."""
    mails = [f"n{n}@nowhere.example.com" for n in range(size - 1)] + ["ada@lovelace.dev"]
    world.ada.email_addresses = ["ada@lovelace.dev", "n3@nowhere.example.com"]
    world.ada.save()
    parts = -(-size // 500)
    with assert_num_requests(parts):
        assert await colour.items(Person.objects.filter(email_addresses__in=mails)) == [world.ada]
    with assert_num_requests(parts):
        assert await colour.call(Person.objects.filter(email_addresses__in=mails), "count") == 1
    for request in world.handle.requests[-parts:]:
        assert len(request.json["filter"].get("$or", [None])) <= 500
    for refused in (
        Person.objects.exclude(email_addresses__in=mails),
        Person.objects.filter(Q(email_addresses__in=mails) | Q(name="Ada")),
        Person.objects.filter(email_addresses__in=mails, name__in=mails),
    ):
        with assert_num_requests(0), pytest.raises(ValidationError) as caught:
            await colour.items(refused)
        check_clear(caught.value, "email_addresses__in", f"{size:,} values", "500")


async def test_a_filter_that_is_too_big_is_refused_once_and_says_so(
    world: World, colour: Colour
) -> None:
    deals = Deal.objects.filter(reduce(or_, (Q(name__contains=f"{n}") for n in range(1_001))))
    with assert_num_requests(1), pytest.raises(QueryTooComplexError) as caught:
        await colour.items(deals)
    check_clear(caught.value, "/v2/objects/deals/records/query", "complex")
