"""A server that finds no end: each answer is a good one, and there is always one more."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from attio_orm import Company, InvalidResponseError, OutcomeUnknownError, Person
from attio_orm.transport import WireRequest, WireResponse, encode_json
from tests.bad_input.world import Middle, check_clear
from tests.colours import Colour

VALUE = {"attribute_type": "text", "value": "x", "active_until": None}


def told(each: Callable[[int], dict[str, Any]], size: int) -> Callable[..., WireResponse]:
    """Answers with ``size`` items that are numbered on, whatever was asked for."""
    numbers = count()

    def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
        items = [each(next(numbers)) for _ in range(size)]
        return WireResponse(200, response.headers, encode_json({"data": items}))

    return spoil


def value(number: int) -> dict[str, Any]:
    return {**VALUE, "active_from": f"2026-01-01T00:00:00.{number:09d}Z"}


def entry(number: int) -> dict[str, Any]:
    return {"list_api_slug": "sales", "entry_id": f"e{number}"}


@pytest.mark.parametrize("is_repeated", [False, True], ids=["new ones", "the same"])
@pytest.mark.parametrize("what", ["history", "entries"])
async def test_what_is_told_of_a_record(
    middle: Middle, colour: Colour, what: str, is_repeated: bool
) -> None:
    with middle.connect():
        acme: Any = await colour.call(Company.objects, "create", name="Acme")
        each, size = (value, 100) if what == "history" else (entry, 1_000)
        middle.spoil = told((lambda number: each(number % size)) if is_repeated else each, size)
        middle.sent.clear()
        asked = (acme, "history", "name") if what == "history" else (acme.entries, "all")
        with pytest.raises(InvalidResponseError) as caught:
            await colour.call(*asked)
        check_clear(caught.value, "does not end", f"Company {acme.id}", "ask again")
        assert len(middle.sent) == (2 if is_repeated else 100_000 // size + 1)


async def test_the_history_by_which_a_repeat_is_settled(middle: Middle, colour: Colour) -> None:
    endless = told(lambda number: value(number % 100), 100)

    def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
        if request.method == "PATCH":  # it arrived, others wrote since, and nobody answers
            theirs = encode_json({"data": {"values": {"name": "Theirs"}}})
            middle.handle.backend.send(WireRequest("PATCH", request.path, request.headers, theirs))
            return WireResponse(503, {}, b"")
        return endless(request, response) if "/values" in request.path else response

    with middle.connect():
        acme: Any = await colour.call(Company.objects, "create", name="Acme")
        acme.name = "Mine"
        middle.spoil = spoil
        middle.sent.clear()
        with pytest.raises(OutcomeUnknownError) as caught:
            await colour.call(acme, "save")
        check_clear(caught.value, f"{acme.id}", "503", "Read it")
        assert sum("/values" in each.path for each in middle.sent) == 2


async def test_a_count(middle: Middle, colour: Colour) -> None:
    with middle.connect():
        await colour.call(Person.objects, "create", name="Ada")
        middle.spoil = lambda request, response: middle.handle.backend.send(
            WireRequest("POST", request.path, request.headers, b"{}")
        )
        middle.sent.clear()
        with pytest.raises(InvalidResponseError) as caught:
            await colour.call(Person.objects, "count")
        check_clear(caught.value, "count does not end", "ask again")
        assert len(middle.sent) < 20


@pytest.mark.parametrize("cursors", [["a"], ["a", "b"], None], ids=["one", "in turn", "new ones"])
async def test_the_cursors_of_views(
    middle: Middle, colour: Colour, cursors: list[str] | None
) -> None:
    numbers = count()

    def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
        at = next(numbers)
        cursor = f"c{at}" if cursors is None else cursors[at % len(cursors)]
        answer = {"data": [], "pagination": {"next_cursor": cursor}}
        return WireResponse(200, response.headers, encode_json(answer))

    with middle.connect():
        await colour.call(Person.objects, "first")
        middle.spoil = spoil
        with pytest.raises(InvalidResponseError) as caught:
            await colour.call(Person.objects, "views")
        check_clear(caught.value, "'people'", "do not end", "ask again")
        assert next(numbers) == (101 if cursors is None else len(cursors) + 1)


@pytest.mark.parametrize("order", ["created_at", "name"])
async def test_pages_in_turn(middle: Middle, colour: Colour, order: str) -> None:
    """The first two pages again and again, in the place of those behind them."""
    with middle.connect():
        middle.handle.workspace.load("people", [{"name": f"N{n}"} for n in range(12)])
        first: list[WireResponse] = []

        def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
            if not request.path.endswith("/query"):
                return response
            if len(first) < 2:
                first.append(response)
                return response
            first.reverse()
            return first[0]

        middle.spoil = spoil
        with pytest.raises(InvalidResponseError) as caught:
            await colour.items(Person.objects.order_by(order).iterator(page_size=4))
        check_clear(caught.value, "repeats old answers")
        assert len(middle.sent) < 100
