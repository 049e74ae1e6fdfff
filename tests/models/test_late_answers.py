"""An answer that was asked for before a save, and comes after it, changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from attio_orm import AsyncReceiverError, Company, Deal, Person, connect, signals
from attio_orm.embedded import SandboxHandle
from attio_orm.errors import StaleRecordError, UnknownAttributeError, ValidationError
from attio_orm.transport import WireRequest, WireResponse
from tests.colours import Colour


class Late:
    """A backend that lets something happen between the answer of a query and its arrival."""

    def __init__(self, handle: SandboxHandle) -> None:
        self._backend = handle.backend
        self.meanwhile: Callable[[], Any] | None = None
        self.ameanwhile: Callable[[], Awaitable[Any]] | None = None

    def send(self, request: WireRequest, /) -> WireResponse:
        answer = self._backend.send(request)
        work, self.meanwhile = self.meanwhile, None
        if work is not None:
            work()
        return answer

    async def asend(self, request: WireRequest, /) -> WireResponse:
        answer = await self._backend.asend(request)
        work, self.ameanwhile = self.ameanwhile, None
        if work is not None:
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
        await colour.call(Person.objects, "bulk_create", rows(), concurrency=1)
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
