"""The signals of models: when they are sent, with what, in which order, and what stops what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from attio_orm import (
    AsyncReceiverError,
    AttioError,
    Change,
    Company,
    DoesNotExist,
    Person,
    ValidationError,
    signals,
)
from attio_orm.testing import assert_num_requests
from attio_orm.writes import saving
from tests.colours import Colour

ALL = ("pre_save", "post_save", "pre_delete", "post_delete", "post_load", "pre_bulk", "post_bulk")


class Heard:
    """What was sent, in order: name, sender, payload."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, dict[str, Any]]] = []

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]

    def payload(self, name: str) -> dict[str, Any]:
        (found,) = [payload for each, _, payload in self.calls if each == name]
        return found


@pytest.fixture
def heard(attio_sandbox: Any) -> Iterator[Heard]:
    found = Heard()
    receivers: list[Any] = []
    Person.validate(name="x")
    attio_sandbox.connection.schema.fetch("people")
    with ExitStack() as stack:
        for name in ALL:

            def note(sender: Any, _name: str = name, **payload: Any) -> None:
                found.calls.append((_name, sender, payload))

            stack.enter_context(getattr(signals, name).connected_to(note))
            receivers.append(note)  # they are held weakly
        yield found


@contextmanager
def receiving(name: str, receiver: Any, sender: Any = Person) -> Iterator[None]:
    with getattr(signals, name).connected_to(receiver, sender):
        yield


async def test_a_create(heard: Heard, attio_sandbox: Any, colour: Colour) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada")

    assert heard.names == ["pre_save", "post_save"]
    assert [sender for _, sender, _ in heard.calls] == [Person, Person]
    for name in heard.names:
        payload = heard.payload(name)
        assert set(payload) == {"instance", "created", "changes", "connection"}
        assert payload["instance"] is ada
        assert payload["created"] is True
        assert payload["changes"] == {"name": Change(None, "Ada")}
        assert payload["connection"] is attio_sandbox.connection


async def test_an_update_and_nothing_to_save(
    heard: Heard, attio_sandbox: Any, colour: Colour
) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada", job_title="Countess")
    heard.calls.clear()
    ada.job_title = "Analyst"
    await colour.call(ada, "save")
    await colour.call(ada, "save")

    assert heard.names == ["pre_save", "post_save"]
    for name in heard.names:
        assert heard.payload(name)["changes"] == {"job_title": Change("Countess", "Analyst")}
        assert heard.payload(name)["created"] is False


async def test_a_delete(heard: Heard, attio_sandbox: Any, colour: Colour) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada")
    heard.calls.clear()
    await colour.call(ada, "delete")
    await colour.call(ada, "delete")

    assert heard.names == ["pre_delete", "post_delete"]
    assert heard.payload("post_delete") == {"instance": ada, "connection": attio_sandbox.connection}


async def test_loading(heard: Heard, attio_sandbox: Any, colour: Colour) -> None:
    attio_sandbox.workspace.load("people", [{"name": f"P{number}"} for number in range(3)])
    people = await colour.items(Person.objects.all())

    assert heard.names == ["post_load"] * 3
    assert [payload["instance"] for _, _, payload in heard.calls] == people
    assert heard.calls[0][2]["connection"] is attio_sandbox.connection
    heard.calls.clear()
    await colour.call(Person.objects, "get", id=people[0].id)
    assert heard.names == ["post_load"]
    assert heard.payload("post_load")["instance"] is people[0]


async def test_a_bulk_run(heard: Heard, attio_sandbox: Any, colour: Colour) -> None:
    rows = [{"name": "Ada"}, {"name": "Bob"}]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)

    assert heard.names == [
        "pre_bulk", "pre_save", "post_save", "pre_save", "post_save", "post_bulk",
    ]  # fmt: skip
    assert heard.payload("pre_bulk") == {
        "operation": "create", "rows": rows, "connection": attio_sandbox.connection,
    }  # fmt: skip
    assert heard.payload("post_bulk")["report"] is report


async def test_an_upsert(heard: Heard, colour: Colour) -> None:
    ada = await colour.call(
        Person.objects, "upsert", "email_addresses", email_addresses=["a@x.co"], name="Ada"
    )

    assert [name for name in heard.names if name != "post_load"] == ["pre_save", "post_save"]
    assert heard.payload("post_save")["instance"] is ada


async def test_receivers_are_of_one_class_and_in_order(attio_sandbox: Any, colour: Colour) -> None:
    order: list[str] = []

    def first(sender: Any, **_: Any) -> None:
        order.append(f"first {sender.__name__}")

    def second(sender: Any, **_: Any) -> None:
        order.append(f"second {sender.__name__}")

    with receiving("pre_save", first), receiving("pre_save", second):
        await colour.call(Company.objects, "create", name="Acme")
        await colour.call(Person.objects, "create", name="Ada")

    assert order == ["first Person", "second Person"]


async def test_receivers_are_held_weakly(attio_sandbox: Any, colour: Colour) -> None:
    called: list[Any] = []

    def receiver(sender: Any, **_: Any) -> None:
        called.append(sender)

    signals.pre_save.connect(receiver, Person)
    del receiver
    await colour.call(Person.objects, "create", name="Ada")
    assert called == []


async def test_a_pre_receiver_may_set_values(attio_sandbox: Any, colour: Colour) -> None:
    def tidy(sender: Any, instance: Person, **_: Any) -> None:
        instance.job_title = "Countess"

    with receiving("pre_save", tidy):
        ada = await colour.call(Person.objects, "create", name="Ada")

    assert ada.raw["job_title"][0]["value"] == "Countess"


async def test_what_a_pre_receiver_sets_is_checked(attio_sandbox: Any, colour: Colour) -> None:
    def spoil(sender: Any, instance: Any, **_: Any) -> None:
        instance.email_addresses = ["nope"]

    with receiving("pre_save", spoil), pytest.raises(ValidationError, match="email_addresses"):
        await colour.call(Person.objects, "create", name="Ada")


class Refused(Exception):
    pass


def refuse(sender: Any, **_: Any) -> None:
    raise Refused


@pytest.mark.parametrize(("name", "work"), [("pre_save", "save"), ("pre_delete", "delete")])
async def test_an_exception_in_a_pre_receiver_stops_before_anything_is_sent(
    attio_sandbox: Any, colour: Colour, name: str, work: str
) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada")
    ada.job_title = "x"
    with receiving(name, refuse), assert_num_requests(0), pytest.raises(Refused):
        await colour.call(ada, work)

    assert list(ada.changes) == ["job_title"]
    await colour.call(ada, work)


async def test_a_pre_bulk_receiver_may_refuse_it_all(attio_sandbox: Any, colour: Colour) -> None:
    attio_sandbox.connection.schema.fetch("people")
    with receiving("pre_bulk", refuse), assert_num_requests(0), pytest.raises(Refused):
        await colour.call(Person.objects, "bulk_create", [{"name": "Ada"}])


async def test_an_exception_in_a_post_receiver_comes_after_the_state_is_merged(
    attio_sandbox: Any, colour: Colour
) -> None:
    ada = Person(name="Ada")
    with receiving("post_save", refuse), pytest.raises(Refused):
        await colour.call(ada, "save")
    assert ada.id
    assert not ada.is_changed

    with receiving("post_delete", refuse), pytest.raises(Refused):
        await colour.call(ada, "delete")
    ada.job_title = "x"
    with pytest.raises(DoesNotExist):
        await colour.call(ada, "save")


class TestCoroutineReceivers:
    @pytest.mark.parametrize("name", ["pre_save", "post_save", "pre_delete", "post_delete"])
    async def test_they_are_awaited_or_refused_before_anything_is_sent(
        self, attio_sandbox: Any, colour: Colour, name: str
    ) -> None:
        heard: list[str] = []

        async def receiver(sender: Any, **_: Any) -> None:
            await Person.objects.aexists()
            heard.append(name)

        ada = await colour.call(Person.objects, "create", name="Ada")
        ada.job_title = "x"
        work = "delete" if name.endswith("delete") else "save"
        with receiving(name, receiver):
            if colour.is_async:
                await colour.call(ada, work)
                assert heard == [name]
                return
            with assert_num_requests(0), pytest.raises(AsyncReceiverError, match=name):
                await colour.call(ada, work)
        assert heard == []
        assert ada.is_changed

    @pytest.mark.parametrize("name", ["pre_bulk", "post_bulk"])
    async def test_of_bulk_runs(self, attio_sandbox: Any, colour: Colour, name: str) -> None:
        heard: list[str] = []

        async def receiver(sender: Any, **_: Any) -> None:
            heard.append(name)

        attio_sandbox.connection.schema.fetch("people")
        with receiving(name, receiver):
            if colour.is_async:
                await colour.call(Person.objects, "bulk_create", [{"name": "Ada"}])
                assert heard == [name]
                return
            with assert_num_requests(0), pytest.raises(AsyncReceiverError, match=name):
                await colour.call(Person.objects, "bulk_create", [{"name": "Ada"}])

    async def test_post_load_takes_plain_functions_only(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        async def receiver(sender: Any, **_: Any) -> None: ...

        await colour.call(Person.objects, "create", name="Ada")
        with (
            receiving("post_load", receiver),
            assert_num_requests(0),
            pytest.raises(AsyncReceiverError, match="post_load"),
        ):
            await colour.items(Person.objects.all())

    async def test_those_of_other_classes_do_not_matter(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        async def receiver(sender: Any, **_: Any) -> None:
            raise AssertionError("it is for companies")

        with receiving("pre_save", receiver, Company):
            await colour.call(Person.objects, "create", name="Ada")

    async def test_plain_and_coroutine_receivers_run_in_order(self, attio_sandbox: Any) -> None:
        order: list[int] = []

        async def one(sender: Any, **_: Any) -> None:
            order.append(1)

        def two(sender: Any, **_: Any) -> None:
            order.append(2)

        async def three(sender: Any, **_: Any) -> None:
            order.append(3)

        with receiving("pre_save", one), receiving("pre_save", two), receiving("pre_save", three):
            await Person.objects.acreate(name="Ada")

        assert order == [1, 2, 3]


async def test_without_receivers_no_payload_is_made(
    attio_sandbox: Any, colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: Any, **more: Any) -> None:
        raise AssertionError("a signal without receivers costs nothing")

    for name in ("send", "asend", "receivers_of"):
        monkeypatch.setattr(signals, name, never)
    monkeypatch.setattr(saving, "changes", never)  # of which the payloads are made
    ada = await colour.call(Person.objects, "create", name="Ada")
    await colour.items(Person.objects.all())
    await colour.call(ada, "delete")


async def test_a_failed_save_sends_no_post_save(
    heard: Heard, attio_sandbox: Any, colour: Colour
) -> None:
    attio_sandbox.fail_next(400, match="POST")
    with pytest.raises(AttioError):
        await colour.call(Person.objects, "create", name="Ada")

    assert heard.names == ["pre_save"]
