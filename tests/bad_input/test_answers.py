"""Answers that are not Attio's: read what can be read, never write twice, and say what came."""

from __future__ import annotations

import json
import pickle
from typing import Any
from unittest.mock import patch

import pytest

from attio_orm import (
    Company,
    ConnectionFailedError,
    InvalidResponseError,
    OutcomeUnknownError,
    Person,
    RateLimitError,
    ServerError,
    ValidationError,
)
from attio_orm.effects import operations
from attio_orm.effects.operations import Sleep
from attio_orm.records.base import mapper_of
from attio_orm.testing import assert_num_requests
from attio_orm.transport import WireRequest, WireResponse, encode_json
from attio_orm.values import RawValue
from tests.bad_input.world import Middle, World, body, check_clear
from tests.colours import Colour

HTML = b"<html><body><h1>Sign in to the office Wi-Fi</h1></body></html>"
UNREADABLE = {
    "truncated": b'{"data": [{"id": {"record_id": "1',
    "empty": b"",
    "blank": b"  \n",
    "no JSON": b"OK",
    "no UTF-8": b"\xff\xfe\x00",
    "null": b"null",
    "a list": b"[]",
    "no data": b"{}",
    "null data": b'{"data": null}',
    "null record": b'{"data": [null]}',
    "no id": b'{"data": [{"id": {}}]}',
}


async def test_a_web_page_is_named_at_once(middle: Middle, colour: Colour) -> None:
    with middle.connect():
        ada: Any = await colour.call(Person.objects, "create", name="Ada")
        ada.job_title = "Countess"
        for kind in ("text/html; charset=utf-8", "application/json"):
            middle.spoil = body(HTML, kind)
            for owner, method in ((Person.objects, "first"), (ada, "refresh")):
                middle.sent.clear()
                with pytest.raises(InvalidResponseError) as caught:
                    await colour.call(owner, method)
                check_clear(caught.value, "web page", "attio.example", "/v2/objects/people")
                assert len(middle.sent) == 1, "asking again would give the same page"
            middle.sent.clear()
            with pytest.raises(OutcomeUnknownError) as changed:
                await colour.call(ada, "save")
            check_clear(changed.value, "web page", "PATCH /v2/objects/people", "Read it first")
            assert [each.method for each in middle.sent] == ["PATCH", "GET"], "nor could it be read"
        assert ada.changes["job_title"].new == "Countess"
        with pytest.raises(OutcomeUnknownError) as unknown:
            await colour.call(Person.objects, "create", name="Twin")
        check_clear(unknown.value, "web page", "POST /v2/objects/people/records")
        middle.spoil = None
        await colour.call(ada, "save")
        assert not ada.is_changed


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_answer_is_asked_for_again(
    middle: Middle, colour: Colour, content: bytes
) -> None:
    with middle.connect():
        ada: Any = await colour.call(Person.objects, "create", name="Ada")

        middle.spoil, left = body(content), [2]

        def twice(request: WireRequest, response: WireResponse) -> WireResponse:
            left[0] -= 1
            return body(content)(request, response) if left[0] >= 0 else response

        middle.spoil = twice
        assert await colour.items(Person.objects.all()) == [ada], "the third answer was good"

        middle.spoil = body(content)
        middle.sent.clear()
        with pytest.raises(InvalidResponseError) as caught:
            await colour.items(Person.objects.all())
        check_clear(caught.value, "POST /v2/objects/people/records/query", "attio.example")
        assert len(middle.sent) == 5
        assert caught.value.__cause__ is not None

        ada.job_title = "Countess"
        with pytest.raises(OutcomeUnknownError) as unknown:
            await colour.call(ada, "save")
        assert isinstance(unknown.value.__cause__, InvalidResponseError)
        assert ada.changes["job_title"].new == "Countess"
        middle.spoil = None
        await colour.call(ada, "save")
        assert not ada.is_changed


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_create_without_a_readable_answer_is_never_repeated(
    middle: Middle, colour: Colour, content: bytes
) -> None:
    with middle.connect():
        await colour.call(Person.objects, "create", name="Grace")  # the schema is known now
        middle.spoil = body(content)
        middle.sent.clear()
        ada = Person(name="Ada")

        with pytest.raises(OutcomeUnknownError) as caught:
            await colour.call(ada, "save")

        assert len(middle.sent) == 1
        check_clear(caught.value, "may or may not exist", "upsert()", "/v2/objects/people/records")
        assert isinstance(caught.value.__cause__, InvalidResponseError)
        assert (ada.id, ada.name.full_name if ada.name else "") == (None, "Ada")
        middle.spoil = None
        assert await colour.call(Person.objects.filter(name="Ada"), "count") == 1


@pytest.mark.parametrize("fault", ["drop_after", "truncate", "empty", "html", 500, 503])
async def test_bulk_create_accounts_for_the_row_without_an_answer(
    world: World, colour: Colour, fault: Any
) -> None:
    rows = [{"name": f"Person {number}"} for number in range(5)]
    world.handle.fail_next(fault, match=r"POST .*/people/records$")

    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)

    assert [len(report.created), len(report.failed), len(report.unknown)] == [4, 0, 1]
    assert report.unknown[0].row == rows[0]
    check_clear(report[0].error, "may or may not exist")


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", 500, 502, 503, 504])
async def test_what_is_safe_is_repeated_and_done_once(
    world: World, colour: Colour, no_waits: None, fault: Any
) -> None:
    world.handle.fail_next(fault, times=2, match="PATCH")
    world.ada.email_addresses.append("countess@lovelace.dev")
    # each time the record is read, and where it has no such address, its history
    with assert_num_requests(2 if fault == "drop_after" else 7):
        await colour.call(world.ada, "save")
    history = await colour.call(world.ada, "history", "email_addresses")
    assert [each.value for each in history] == ["ada@lovelace.dev", "countess@lovelace.dev"]

    world.handle.fail_next(fault, times=2)
    with assert_num_requests(3):
        await colour.call(world.ada, "delete")
    assert await colour.call(Person.objects, "count") == 0


async def test_a_server_that_stays_down(world: World, colour: Colour, no_waits: None) -> None:
    for fault, error in ((503, ServerError), ("drop_before", ConnectionFailedError)):
        world.handle.fail_next(fault, times=5)
        with pytest.raises(error) as caught:
            await colour.items(Person.objects.all())
        check_clear(caught.value, "POST /v2/objects/people/records/query")


# -- Retry-After ----------------------------------------------------------------------------------


async def slept(colour: Colour, work: Any) -> tuple[list[float], Any]:
    """How long the library waited, without waiting; and what came of the work."""
    waits: list[float] = []

    def note(seconds: float) -> Sleep:
        waits.append(seconds)
        return Sleep(0.0)

    with patch.object(operations, "Sleep", note):
        try:
            return waits, await work()
        except RateLimitError as error:
            return waits, error


@pytest.mark.parametrize(
    "retry_after",
    [
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 0015 07:28:00 GMT",
        "0",
        "-5",
        "soon",
        "",
        "1e9",
        "nan",
        "Fri, 31 Foo 2099 23:59:59 GMT",
        "2099-12-31T23:59:59Z",
    ],
)
async def test_a_retry_after_that_says_nothing_is_waited_for_as_usual(
    world: World, colour: Colour, retry_after: str
) -> None:
    world.handle.fail_next(429, times=3, retry_after=retry_after)

    waits, found = await slept(colour, lambda: colour.items(Person.objects.all()))

    assert found == [world.ada]
    assert len(waits) == 3
    assert all(0 <= wait <= 2**number for number, wait in enumerate(waits)), waits


@pytest.mark.parametrize("retry_after", ["Thu, 31 Dec 2099 23:59:59 GMT", "61", "999999999999"])
async def test_a_retry_after_beyond_a_minute_is_told_and_not_slept(
    world: World, colour: Colour, retry_after: str
) -> None:
    world.handle.fail_next(429, retry_after=retry_after)
    world.ada.job_title = "Patient"

    waits, error = await slept(colour, lambda: colour.call(world.ada, "save"))

    assert waits == []
    assert error.retry_after > 60
    check_clear(error, "429", f"{error.retry_after:,.0f} seconds", "try again")
    assert world.ada.changes["job_title"].new == "Patient"
    await colour.call(world.ada, "save")


async def test_a_create_that_was_rate_limited_is_repeated_once_it_may(
    world: World, colour: Colour
) -> None:
    world.handle.fail_next(429, times=2, retry_after="2")

    waits, made = await slept(
        colour, lambda: colour.call(Company.objects, "create", name="Once", domains=["once.dev"])
    )

    assert [round(wait) for wait in waits] == [2, 2]
    assert await colour.call(Company.objects.filter(name="Once"), "count") == 1
    assert made.id is not None


# -- values ---------------------------------------------------------------------------------------

STRANGE: dict[str, Any] = {
    "a type nobody knows": [{"attribute_type": "hologram", "depth": 3}],
    "no type": [{"depth": 3}],
    "null type": [{"attribute_type": None}],
    "null value": [None],
    "an empty value": [{}],
    "another type": [{"attribute_type": "rating", "value": 4}],
    "a broken value": [{"attribute_type": "text", "value": {"deep": []}}],
    "null parts": [{"attribute_type": "personal-name", "first_name": None, "full_name": None}],
    "no list": {"attribute_type": "hologram"},
    "a text": "Ada",
    "a number": 5,
    "null": None,
    "nothing": [],
}
SLUGS = (
    "name",
    "job_title",
    "email_addresses",
    "phone_numbers",
    "company",
    "associated_deals",
    "primary_location",
    "created_by",
    "first_interaction",
    "strongest_connection_strength",
    "twitter_follower_count",
    "an_attribute_of_next_year",
)


def with_value(slug: str, value: Any) -> Any:
    """Every record of an answer gets this value."""

    def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
        answer = json.loads(response.body)
        data = answer["data"]
        for record in data if isinstance(data, list) else [data]:
            if "values" in record:
                record["values"][slug] = value
        return WireResponse(response.status, response.headers, encode_json(answer))

    return spoil


@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
async def test_a_strange_value_breaks_neither_page_nor_record(
    middle: Middle, colour: Colour, value: Any
) -> None:
    with middle.connect():
        await colour.call(Company.objects, "create", name="Acme")
        for slug in SLUGS:
            middle.spoil = with_value(slug, value)
            (company,) = await colour.items(Company.objects.all())
            await colour.call(Person.objects, "create", name="Ada", email_addresses=["a@b.co"])
            (ada,) = await colour.items(Person.objects.includes("company", "associated_deals"))

            assert company.raw[slug] == ada.raw[slug] == value
            if slug in mapper_of(Person).attributes or isinstance(value, list):
                _ = ada[slug] if slug in mapper_of(Person).attributes else ada.raw
            assert ada.is_changed is False
            if slug in mapper_of(Person).attributes:
                told = await colour.call(Person.objects, "values_list", slug, "description")
                assert len(told) == 1
            repr(ada)
            json.dumps(ada.model_dump(mode="json"))
            ada.model_dump()
            twin = pickle.loads(pickle.dumps(ada))
            assert (twin, twin.raw) == (ada, ada.raw)
            ada.description = "seen"
            assert set(ada.changes) == {"description"}
            await colour.call(ada, "save")
            assert middle.sent[-1].body == encode_json(
                {"data": {"values": {"description": "seen"}}}
            )
            middle.spoil = None
            await colour.call(ada, "delete")


async def test_a_value_of_an_unknown_type_is_there_raw_and_is_not_overwritten(
    middle: Middle, colour: Colour
) -> None:
    strange = [{"attribute_type": "hologram", "depth": 3}]
    with middle.connect():
        made: Any = await colour.call(
            Person.objects, "create", name="Ada", email_addresses=["ada@lovelace.dev"]
        )
        middle.spoil = with_value("email_addresses", strange)
        await colour.call(made, "refresh")

        assert made.email_addresses == [RawValue("hologram", strange[0])]
        made.email_addresses.append("new@lovelace.dev")
        middle.sent.clear()
        with pytest.raises(ValidationError) as caught:
            await colour.call(made, "save")
        check_clear(caught.value, "email_addresses", "hologram")
        assert not middle.sent


@pytest.mark.parametrize("values", [None, {}])
async def test_a_record_without_values_has_none(
    middle: Middle, colour: Colour, values: Any
) -> None:
    with middle.connect():
        made: Any = await colour.call(Person.objects, "create", name="Ada")

        def bare(request: WireRequest, response: WireResponse) -> WireResponse:
            record = {"id": {"record_id": made.id}, "values": values}
            return WireResponse(200, response.headers, encode_json({"data": [record]}))

        middle.spoil = bare
        found = await colour.call(Person.objects.filter(name="Ada"), "get")
        assert (found.name, found.email_addresses, found.company) == (None, [], None)
        assert (found.created_at, found.web_url, found.raw) == (None, None, {})


async def test_values_that_are_no_object_are_told(middle: Middle, colour: Colour) -> None:
    with middle.connect():
        await colour.call(Person.objects, "create", name="Ada")
        middle.spoil = body(b'{"data": [{"id": {"record_id": "1"}, "values": "x"}]}')

        with pytest.raises(InvalidResponseError) as caught:
            _ = (await colour.call(Person.objects, "first")).name
        check_clear(caught.value, "values of a record")
