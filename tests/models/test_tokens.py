"""``iterator(after=token)``: goes on where an earlier one ended, whatever happened in between."""

from __future__ import annotations

import base64
import pickle
from itertools import islice
from typing import Any

import msgspec
import pytest

from attio_orm import Company, ListEntry, Model, Person, ValidationError, connect
from attio_orm.attributes import Number, Text
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


class Box(Model, object="boxes"):
    label: Text
    size: Number


class Visit(ListEntry, parent=Company):
    note: Text


@pytest.fixture
def boxes(attio_sandbox: Any) -> Any:
    """Twelve at three moments, so that pages and tokens end within one of them."""
    attio_sandbox.define(Box, Visit)
    attio_sandbox.clock.freeze()
    for moment in range(3):
        rows = [{"label": f"{moment}{n}", "size": n} for n in range(4)]
        attio_sandbox.workspace.load("boxes", rows)
        attio_sandbox.clock.move(5)
    attio_sandbox.connection.schema.fetch("boxes")
    return attio_sandbox


async def some(colour: Colour, stream: Any, count: int) -> list[Any]:
    """The first records of a pass, which is dropped then."""
    found: list[Any] = []
    if colour.is_async:
        async for each in stream:
            found.append(each)
            if len(found) == count:
                break
    else:
        found += islice(stream, count)
    return found


LONG = [0, *range(10, 600), 1, 2, *range(600, 1_100), 3]
"""More than Attio takes in one filter: asked for in three parts, each with some of the boxes."""

ORDERS = {
    "oldest first": lambda: Box.objects.all(),
    "newest first": lambda: Box.objects.order_by("-created_at"),
    "by a number with ties": lambda: Box.objects.order_by("size"),
    "filtered": lambda: Box.objects.filter(size__gte=0).order_by("-label"),
    "a slice": lambda: Box.objects.all()[1:11],
    "a sorted slice": lambda: Box.objects.order_by("-size")[1:11],
    "in parts": lambda: Box.objects.filter(size__in=LONG),
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
@pytest.mark.parametrize(("page_size", "ahead"), [(500, 1), (3, 1), (1, 1), (3, 3)])
async def test_wherever_it_ended(
    boxes: Any, colour: Colour, order: Any, page_size: int, ahead: int
) -> None:
    everything = await colour.items(order().iterator())

    for ended in range(1, len(everything) + 1):
        stream = order().iterator(page_size, ahead)
        assert stream.token is None
        first = await some(colour, stream, ended)
        token = stream.token
        assert isinstance(token, str)
        rest = await colour.items(order().iterator(page_size, ahead, after=token))
        assert [*first, *rest] == everything


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS.keys())
async def test_from_token_to_token(boxes: Any, colour: Colour, order: Any) -> None:
    token: str | None = None
    found: list[Any] = []
    while True:
        stream = order().iterator(2, after=token)
        more = await some(colour, stream, 1)
        if not more:
            assert stream.token == token, "at the end the token stays where it was"
            break
        found += more
        token = stream.token

    assert len({each.id for each in found}) == len(found)
    assert {each.id for each in found} == {each.id for each in await colour.items(order())}


@pytest.mark.parametrize(
    "queryset", [Box.objects.all(), Box.objects.order_by("size"), Box.objects.all()[0:]]
)
async def test_while_others_write(boxes: Any, colour: Colour, queryset: Any) -> None:
    everything = await colour.items(queryset.iterator())
    stream = queryset.iterator(3)
    first = await some(colour, stream, 6)
    for gone in (first[0], first[2], first[5], everything[8]):  # the last one given among them
        await colour.call(gone, "delete")
    late = await colour.call(Box.objects, "create", label="late", size=99)

    rest = await colour.items(queryset.iterator(3, after=stream.token))

    assert rest == [*everything[6:8], *everything[9:], late]


async def test_entries_of_lists(boxes: Any, colour: Colour) -> None:
    acme = await colour.call(Company.objects, "create", name="Acme")
    made = [await colour.call(Visit.objects, "create", parent=acme) for _ in range(7)]  # one moment
    for ended in range(1, 7):
        stream = Visit.objects.iterator(2)
        first = await some(colour, stream, ended)
        rest = await colour.items(Visit.objects.iterator(2, after=stream.token))
        assert {each.id for each in (*first, *rest)} == {each.id for each in made}
        assert len(rest) == 7 - ended


async def test_it_goes_on_in_another_process(boxes: Any, colour: Colour) -> None:
    everything = await colour.items(Box.objects.iterator())
    stream = Box.objects.iterator()
    await some(colour, stream, 5)
    token = pickle.loads(pickle.dumps(stream.token))
    with boxes.connection.session(), assert_num_requests(1):
        rest = await colour.items(Box.objects.iterator(after=token))
    assert rest == everything[5:]


async def test_each_pass_of_a_stream_begins_where_the_stream_does(
    boxes: Any, colour: Colour
) -> None:
    stream = Box.objects.iterator(after=None)
    first = await some(colour, stream, 2)
    assert await some(colour, stream, 2) == first
    going_on = Box.objects.iterator(after=stream.token)
    assert going_on.token == stream.token
    rest = await colour.items(going_on)
    assert await colour.items(going_on) == rest
    assert len(rest) == 10


def test_next_of_a_stream_moves_its_token(boxes: Any) -> None:
    stream = Box.objects.order_by("label").iterator()
    assert [next(stream).label, next(stream).label] == ["00", "01"]
    after = Box.objects.order_by("label").iterator(after=stream.token)
    assert next(after).label == "02"


@pytest.mark.parametrize(
    "wrong", ["", "x", "e30=", 3, b"x", "é", base64.b64encode(b"[1]").decode()]
)
def test_what_is_no_token_is_refused(boxes: Any, wrong: Any) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError, match="is not a token: give"):
        Box.objects.iterator(after=wrong)


def changed(token: str, place: int, value: object) -> str:
    parts = msgspec.json.decode(base64.urlsafe_b64decode(token))
    parts[place] = value
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode()


def test_what_is_made_up_is_refused(boxes: Any) -> None:
    stream = Box.objects.iterator()
    next(stream)
    assert stream.token
    for place, value in ((0, 2), (2, 0), (2, -1), (3, "now"), (3, {}), (4, ["x"]), (4, "x")):
        with pytest.raises(ValidationError, match="is not a token"):
            Box.objects.iterator(after=changed(stream.token, place, value))


def test_the_token_of_another_query_is_refused(boxes: Any) -> None:
    stream = Box.objects.order_by("label").iterator()
    next(stream)
    others = [
        Person.objects.order_by("name"),
        Box.objects.all(),
        Box.objects.order_by("-label"),
        Box.objects.order_by("label")[:5],
    ]
    for queryset in others:
        with pytest.raises(ValidationError, match=r"of another query \(boxes by label\), and this"):
            queryset.iterator(after=stream.token)


async def test_a_slice_that_skips_some_goes_on_by_the_last_ones(boxes: Any, colour: Colour) -> None:
    everything = await colour.items(Box.objects.all()[2:])
    stream = Box.objects.all()[2:].iterator(3)
    first = await some(colour, stream, 5)
    assert first == everything[:5]
    await colour.call(first[-1], "delete")
    await colour.call(everything[6], "delete")

    rest = await colour.items(Box.objects.all()[2:].iterator(3, after=stream.token))

    assert rest == [everything[5], *everything[7:]]
    long = Box.objects.filter(size__in=LONG)[2:]
    stream = long.iterator()
    await some(colour, stream, 5)
    with pytest.raises(ValidationError, match="leave out what it skips"):
        await colour.items(long.iterator(after=stream.token))


def test_where_all_that_a_token_remembers_is_gone_it_says_so(boxes: Any) -> None:
    """Nothing is given twice: in another order than that of creation nobody can tell then."""
    queryset = Box.objects.order_by("label")
    stream = queryset.iterator(2)
    for gone in [next(stream), next(stream), next(stream)]:
        gone.delete()

    with pytest.raises(ValidationError, match=r"begin again, without after="):
        list(queryset.iterator(2, after=stream.token))
    by_creation = Box.objects.iterator(2)
    for gone in [next(by_creation), next(by_creation), next(by_creation)]:
        gone.delete()
    assert len(list(Box.objects.iterator(2, after=by_creation.token))) == 6


async def test_on_the_connection_of_the_queryset(colour: Colour) -> None:
    with connect("sandbox://") as first, connect("sandbox://"):
        first.sandbox.workspace.load("people", [{"name": f"{n}, A"} for n in range(4)])
        stream = Person.objects.using(first).iterator()
        await some(colour, stream, 3)
        rest = await colour.items(Person.objects.using(first).iterator(after=stream.token))
        assert len(rest) == 1
