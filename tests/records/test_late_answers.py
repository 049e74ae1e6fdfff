"""An answer that was asked for before a save, and comes after it, changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from attio_orm import AsyncReceiverError, Company, Deal, Person, connect, signals
from attio_orm.errors import StaleRecordError, UnknownAttributeError, ValidationError
from attio_orm.testing import SandboxHandle
from attio_orm.transport import WireRequest, WireResponse
from tests.colours import Colour


class Late:
    """A backend that lets something happen between the answer of a query and its arrival."""

    def __init__(self, handle: SandboxHandle) -> None:
        self._backend = handle.backend
        self.meanwhile: Callable[[], Any] | None = None
        self.ameanwhile: Callable[[], Awaitable[Any]] | None = None
        self.path = ""  # what the path of that query has to contain

    def send(self, request: WireRequest, /) -> WireResponse:
        answer = self._backend.send(request)
        if self.meanwhile is not None and self.path in request.path:
            work, self.meanwhile = self.meanwhile, None
            work()
        return answer

    async def asend(self, request: WireRequest, /) -> WireResponse:
        answer = await self._backend.asend(request)
        if self.ameanwhile is not None and self.path in request.path:
            work, self.ameanwhile = self.ameanwhile, None
            await work()
        return answer

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


async def test_an_older_page_does_not_undo_a_save(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    late = Late(attio_sandbox)
    with connect("http://late.example", api_key=attio_sandbox.token, transport=late):
        ada = await colour.call(
            Person.objects, "create", name="Ada", email_addresses=["a@x.dev", "b@x.dev"]
        )

        def change() -> None:
            ada.email_addresses.append("mine@x.dev")
            ada.job_title = "Poet"

        def save() -> None:
            change()
            ada.save()

        async def asave() -> None:
            change()
            await ada.asave()

        if colour.is_async:
            late.ameanwhile = asave
        else:
            late.meanwhile = save
        assert await colour.call(Person.objects, "pluck", "job_title") == ["Poet"]
        assert "mine@x.dev" in ada.email_addresses
        ada.email_addresses.remove("a@x.dev")
        await colour.call(ada, "save")
    found = attio_sandbox.workspace.requests[-1].json
    assert set(found["data"]["values"]["email_addresses"]) == {"mine@x.dev", "b@x.dev"}


EVERY_WAY: dict[str, Callable[[Colour, list[Company]], Awaitable[Any]]] = {
    "loop": lambda colour, _: colour.items(Company.objects.all()),
    "slice": lambda colour, _: colour.items(Company.objects.order_by("name")[:2]),
    "get": lambda colour, known: colour.call(Company.objects, "get", id=known[-1].id),
    "get by another": lambda colour, _: colour.call(Company.objects, "get", name="Beta"),
    "refresh": lambda colour, known: colour.call(known[-1], "refresh"),
    "in_bulk": lambda colour, known: colour.call(
        Company.objects, "in_bulk", [str(each.id) for each in known]
    ),
    "search": lambda colour, _: colour.call(Company.objects, "search", "example"),
    "includes": lambda colour, _: colour.items(Person.objects.includes("company")),
}


@pytest.mark.parametrize("way", EVERY_WAY)
async def test_no_way_of_loading_undoes_a_save_that_came_between(
    attio_sandbox: SandboxHandle, colour: Colour, way: str
) -> None:
    """All rows of a request have the moment when it was sent, the last like the first."""
    late = Late(attio_sandbox)
    connection = connect("http://late.example", api_key=attio_sandbox.token, transport=late)
    with connection, connection.session(ttl=0):  # a time of none: relations are asked for again
        known = [Company(name=each, domains=[f"{each}.example"]) for each in ("Acme", "Beta")]
        for each in known:
            await colour.call(each, "save")
            await colour.call(Person.objects, "create", name=f"Of {each.name}", company=each)
        last = known[-1]

        def save() -> None:
            last.description = "new"
            last.save()

        async def asave() -> None:
            last.description = "new"
            await last.asave()

        late.path = "/companies/records/"
        if colour.is_async:
            late.ameanwhile = asave
        else:
            late.meanwhile = save
        assert last.description is None
        await EVERY_WAY[way](colour, known)
        assert (late.meanwhile, late.ameanwhile) == (None, None), "nothing was asked for"
        assert last.description == "new"
        assert not last.is_changed


async def test_two_writers_within_a_millisecond(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.clock.freeze()
    ada = await colour.call(Person.objects, "create", name="Ada", job_title="Poet")
    with attio_sandbox.connection.session():
        other = Person.objects.get(id=ada.id)
        other.job_title = "Countess"
        other.save()
    ada.job_title = "Programmer"
    with pytest.raises(StaleRecordError, match="Countess"):
        await colour.call(ada, "save", on_conflict="raise")


async def test_a_failed_save_keeps_what_was_set_before_the_schema_was_known(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.workspace.define_attribute("people", api_slug="score", type="number")
    attio_sandbox.connection.schema.forget()
    ada = Person(name="Ada", score="much")
    for _ in range(2):
        with pytest.raises(ValidationError, match="score"):
            await colour.call(ada, "save")
    assert Person.objects.count() == 0
    ada.score = 3
    await colour.call(ada, "save")
    assert Person.objects.get()["score"] == 3


def test_a_method_is_never_overwritten(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.workspace.define_attribute("deals", api_slug="ref", type="text")
    deal = Deal.objects.create(name="A", stage="Lead", owner="owner@sandbox.example", ref="PO-1")
    for name in ("ref", "history", "save"):
        with pytest.raises(UnknownAttributeError, match=f'instance\\["{name}"\\]'):
            setattr(deal, name, "PO-2")
    deal["ref"] = "PO-3"
    deal.save()
    assert Deal.objects.get()["ref"] == "PO-3"


def test_a_coroutine_receiver_of_post_load_is_refused_before_an_upsert(
    attio_sandbox: SandboxHandle,
) -> None:
    attio_sandbox.connection.schema.fetch("companies")
    attio_sandbox.requests.clear()

    async def receiver(sender: Any, **_: Any) -> None:
        pass

    signals.post_load.connect(receiver)
    try:
        with pytest.raises(AsyncReceiverError):
            Company.objects.upsert("domains", domains=["x.co"])
        with pytest.raises(AsyncReceiverError):
            Company.objects.search("x")
    finally:
        signals.post_load.disconnect(receiver)
    assert [each for each in attio_sandbox.requests if each.method != "GET"] == []


async def test_a_connection_is_the_default_inside_another_ones_block(
    attio_sandbox: SandboxHandle,
) -> None:
    outer = attio_sandbox.connection
    with outer.active():
        with connect("sandbox://") as inner:
            assert Person.objects.create(name="Ada").connection is inner
        assert Person.objects.create(name="Ada").connection is outer
        from attio_orm import aconnect

        async with aconnect("sandbox://") as third:
            assert (await Person.objects.acreate(name="Ada")).connection is third
        assert Person.objects.count() == 1


async def test_a_bulk_create_that_stops_tells_what_it_made(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    def rows() -> Any:
        yield {"name": "Ada"}
        yield {"name": "Bob"}
        raise OSError("the file ended")

    with pytest.raises(OSError, match="the file ended") as caught:
        await colour.call(Person.objects, "bulk_create", rows(), concurrency=1, keep="all")
    report = caught.value.report  # type: ignore[attr-defined]
    assert [str(each.name) for each in report.created] == ["Ada", "Bob"]
    assert Person.objects.count() == 2


def test_faults_by_regular_expression(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.fail_next(400, match="POST /v2/objects/people/records$")
    assert Person.objects.count() == 0  # a query, which the pattern does not fit
    from attio_orm import BadRequestError

    with pytest.raises(BadRequestError):
        Person.objects.create(name="Ada")


def test_an_older_page_does_not_undo_what_a_save_did_to_the_other_side(
    attio_sandbox: SandboxHandle,
) -> None:
    late = Late(attio_sandbox)
    with connect("http://late.example", api_key=attio_sandbox.token, transport=late):
        acme = Company.objects.create(name="Acme")
        ada = Person.objects.create(name="Ada")
        assert acme.team == []

        def save() -> None:
            ada.company = acme
            ada.save()

        late.meanwhile = save
        assert Company.objects.all()[0] is acme
        assert acme.team == [ada]
