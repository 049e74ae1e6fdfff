"""Queries that cannot be: each is refused before a request, and says what can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from attio_orm import (
    Company,
    Deal,
    InvalidRequestError,
    Person,
    Q,
    QuerySet,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.testing import assert_num_requests
from tests.bad_input.world import World, check_clear, opened
from tests.colours import Colour


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all of them, as none of them writes."""
    with opened() as world:
        yield world


def person(**lookups: Any) -> QuerySet[Any]:
    return Person.objects.filter(**lookups)


def deal(**lookups: Any) -> QuerySet[Any]:
    return Deal.objects.filter(**lookups)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (
            lambda: person(job_titel="x"),
            UnknownAttributeError,
            ["Person", "job_titel", "'job_title'"],
        ),
        (lambda: person(zzz="x"), UnknownAttributeError, ["Person (people)", "'zzz'", "It has: "]),
        (
            lambda: person(company__nam="x"),
            UnknownAttributeError,
            ["company__nam", "Company", "'name'"],
        ),
        (lambda: Person.objects.exclude(nmae="x"), UnknownAttributeError, ["'nmae'", "'name'"]),
        (lambda: Person.objects.order_by("-nmae"), UnknownAttributeError, ["'nmae'", "'name'"]),
        (lambda: person(job_title__contians="x"), UnsupportedLookup, ["'contians'", "'contains'"]),
        (lambda: person(job_title__icontains="x"), UnsupportedLookup, ["job_title__contains"]),
        (
            lambda: deal(stage__contains="x"),
            UnsupportedLookup,
            ["'stage' (status)", "'contains'", "exact"],
        ),
        (
            lambda: person(job_title__gt="x"),
            UnsupportedLookup,
            ["'job_title' (text)", "'gt'", "exact"],
        ),
        (lambda: Person.objects.order_by("company"), UnsupportedLookup, ["company__name"]),
        (lambda: Person.objects.order_by("?"), UnsupportedLookup, ["random"]),
        (lambda: Person.objects.order_by(3), TypeError, ["names and orders, not 3"]),
        (lambda: Person.objects.order_by(Person.name), TypeError, [".asc() or"]),
        (lambda: deal(value__gte="a lot"), ValidationError, ["value__gte", "'a lot'", "number"]),
        (lambda: person(job_title=5), ValidationError, ["job_title", "5", "str"]),
        (
            lambda: person(job_title__contains=None),
            ValidationError,
            ["job_title__contains", "isnull"],
        ),
        (lambda: deal(value__gt=None), ValidationError, ["value__gt", "isnull"]),
        (
            lambda: person(job_title__isnull="yes"),
            ValidationError,
            ["job_title__isnull", "True or False"],
        ),
        (lambda: person(job_title__in="VP"), ValidationError, ["job_title__in", "'VP'", "list"]),
        (lambda: person(id__in=None), ValidationError, ["id__in", "list"]),
        (lambda: person(id__in=["5"]), ValidationError, ["id__in", "'5'", "UUID"]),
        (lambda: person(job_title=["a", "b"]), ValidationError, ["job_title", "job_title__in"]),
        (lambda: deal(value__range=(1,)), ValidationError, ["value__range", "two"]),
        (
            lambda: person(created_at__gte=datetime(2026, 1, 1)),
            ValidationError,
            ["created_at__gte", "time zone", "UTC"],
        ),
        (
            lambda: person(created_at__year="26"),
            ValidationError,
            ["created_at__year", "'26'", "2026"],
        ),
        (
            lambda: person(created_at__gte="yesterday"),
            ValidationError,
            ["created_at__gte", "'yesterday'"],
        ),
        (lambda: person(company="Acme"), ValidationError, ["company", "company__name='Acme'"]),
        (
            lambda: person(company=Company(name="New")),
            ValidationError,
            ["company", "save it first"],
        ),
        (lambda: person(company=Company), ValidationError, ["company", "instance"]),
        (lambda: person(job_title=Q(name="x")), ValidationError, ["job_title", "value"]),
    ],
)
async def test_a_query_that_cannot_be_sends_nothing(
    world: World, colour: Colour, make: Callable[[], Any], error: type[Exception], said: list[str]
) -> None:
    world.handle.requests.clear()
    for method in ("first", "count", "exists"):
        with pytest.raises(error) as caught:
            await colour.call(make(), method)
        check_clear(caught.value, *said)
    with pytest.raises(error):
        await colour.items(make())
    # but for a look whether somebody has made the name or the title since
    assert all("/attributes" in each.path for each in world.handle.requests)


async def test_a_title_that_is_no_option_is_named_with_those_there_are(
    world: World, colour: Colour
) -> None:
    with pytest.raises(ValidationError) as caught:
        await colour.call(deal(stage="Wno"), "count")

    check_clear(caught.value, "stage", "'Wno'", "did you mean 'Won 🎉'", "'Lead'")


async def test_a_member_nobody_knows_is_refused_by_name(world: World, colour: Colour) -> None:
    with pytest.raises(ValidationError) as caught:
        await colour.call(deal(owner="onwer@sandbox.example"), "count")

    check_clear(caught.value, "owner", "onwer@sandbox.example", "'owner@sandbox.example'")


@pytest.mark.parametrize("name", ["stage", "company", "name", "value", "created_at"])
async def test_none_means_no_value(world: World, colour: Colour, name: str) -> None:
    model = Deal if name in {"stage", "value"} else Person

    assert await colour.items(model.objects.filter(**{name: None})) == []
    assert len(await colour.items(model.objects.exclude(**{name: None}))) == 1


async def test_an_empty_in_is_empty_and_asks_nobody(world: World, colour: Colour) -> None:
    nothing = Person.objects.filter(job_title__in=[])

    with assert_num_requests(0):
        assert await colour.items(nothing) == []
        assert await colour.call(nothing, "count") == 0
        assert await colour.call(nothing, "exists") is False
        assert await colour.call(nothing, "first") is None
        assert await colour.call(nothing, "update", job_title="x") == 0
        assert await colour.call(nothing, "delete", confirm=0) == 0
        assert await colour.call(Person.objects, "in_bulk", []) == {}
    assert await colour.call(Person.objects.exclude(job_title__in=[]), "count") == 1


async def test_five_thousand_ids_go_in_one_query_each_once(world: World, colour: Colour) -> None:
    ids = [str(uuid4()) for _ in range(2_500)]
    wanted = [*ids, world.ada.id, *ids, world.ada.id]

    with assert_num_requests(1):
        assert await colour.items(Person.objects.filter(id__in=wanted)) == [world.ada]
    sent = world.handle.requests[-1].json["filter"]["$or"]
    assert [len(each["record_id"].get("$in", [0])) for each in sent] == [500] * 5 + [1]
    with assert_num_requests(6):
        assert await colour.call(Person.objects, "in_bulk", wanted) == {world.ada.id: world.ada}


async def test_five_thousand_values_do_not_fill_the_terminal(world: World, colour: Colour) -> None:
    ids = [str(uuid4()) for _ in range(5_000)]

    with pytest.raises(Person.DoesNotExist) as caught:
        await colour.call(Person.objects, "get", id__in=ids)
    check_clear(caught.value, "Person", "id__in")
    with pytest.raises(ValidationError) as refused:
        await colour.call(Person.objects, "get", id__in=[*ids, "x" * 10_000])
    check_clear(refused.value, "id__in", "UUID")


@pytest.mark.parametrize(
    ("part", "error", "said"),
    [
        (slice(-5, None), ValueError, ["-5", "reverse()"]),
        (slice(None, -1), ValueError, ["-1", "reverse()"]),
        (slice(None, None, 2), ValueError, ["step"]),
        (slice("a", None), ValueError, ["'a'"]),
        (-1, ValueError, ["[-1]", "last()"]),
        ("a", TypeError, []),
        (None, TypeError, []),
    ],
)
def test_what_cannot_be_a_slice(
    world: World, part: Any, error: type[Exception], said: list[str]
) -> None:
    for source in (Person.objects, Person.objects.all()):
        with assert_num_requests(0), pytest.raises(error) as caught:
            source[part]
        if said:
            check_clear(caught.value, *said)


@pytest.mark.parametrize("method", ["filter", "exclude", "order_by", "reverse"])
def test_a_slice_is_final(world: World, method: str) -> None:
    with pytest.raises(TypeError) as caught:
        getattr(Person.objects.all()[:5], method)()

    check_clear(caught.value, f"{method}() after a slice", f"{method}() first")


def test_empty_slices_and_places_beyond_the_end(world: World) -> None:
    with assert_num_requests(0):
        assert list(Person.objects[3:3]) == []
        assert list(Person.objects[5:2]) == []
    assert list(Person.objects[5:]) == []
    with pytest.raises(IndexError, match="no Person at position 5"):
        Person.objects[5]


async def test_instances_of_another_workspace_find_nobody_by_chance(
    world: World, colour: Colour
) -> None:
    queries: list[Any] = [
        person(company=world.stranger),
        person(company__in=[world.acme, world.stranger]),
        person(company__in=Company.objects.using(world.stranger.connection)),
        Person.objects.exclude(company=world.stranger),
        Company.objects.filter(id__in=[world.stranger]),
    ]
    sent = len(world.handle.requests)
    for query in queries:
        with pytest.raises(ValidationError) as caught:
            await colour.call(query, "count")
        check_clear(caught.value, "Stranger", "another connection")
    assert len(world.handle.requests) == sent


async def test_what_only_attio_can_refuse_comes_with_its_own_words(
    world: World, colour: Colour
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(Person.objects.filter(Q.raw({"nmae": "x"})), "first")
    check_clear(caught.value, "/v2/objects/people/records/query", "nmae")

    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(Person.objects.filter(Q.raw({"name": {"$like": "x"}})), "first")
    check_clear(caught.value, "$like")


@pytest.mark.parametrize("value", ["x", True, 5, None])
def test_a_condition_that_is_none(value: Any) -> None:
    with pytest.raises(TypeError) as caught:
        Person.objects.filter(value)

    assert "keyword lookup" in str(caught.value)


def test_a_condition_has_no_truth() -> None:
    for condition in (Q(name="x"), Person.job_title == "x", Person.company):
        with pytest.raises(TypeError) as caught:
            bool(condition)
        check_clear(caught.value)


def test_a_fetch_mode_nobody_knows() -> None:
    wrong: Any = "x"
    with pytest.raises(ValueError, match=r"FetchMode\.PEERS.* not 'x'"):
        Person.objects.fetch_mode(wrong)


@pytest.mark.parametrize("size", [0, -1, 501, "many", True])
def test_a_page_size_out_of_range(world: World, size: Any) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError, match="1 to 500"):
        list(Person.objects.iterator(page_size=size))
