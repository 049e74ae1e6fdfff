"""``connect()``: where it goes, which connection is current, and what it says without one."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from attio_orm import (
    AuthenticationError,
    Model,
    NotConnectedError,
    Person,
    ValidationError,
    aconnect,
    connect,
    context,
)
from attio_orm.attributes import Text
from attio_orm.testing import assert_num_requests
from tests.colours import Colour

SECRET = "sk_live_0123456789"


@pytest.fixture(autouse=True)
def no_default() -> None:
    assert context.current_or_none() is None, "a test before this one left a connection open"


class TestWhere:
    def test_nothing_to_connect_to_names_both_ways(self) -> None:
        with pytest.raises(NotConnectedError, match=r"ATTIO_API_KEY.*sandbox://"):
            connect()

    def test_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ATTIO_API_KEY", SECRET)
        with connect() as connection:
            assert connection.base == "https://api.attio.com"
            assert SECRET not in repr(connection) + repr(connection.transport)
        monkeypatch.setenv("ATTIO_BASE_URL", "http://localhost:8787/")
        with connect() as connection:
            assert connection.base == "http://localhost:8787"
        monkeypatch.setenv("ATTIO_BASE_URL", "sandbox://")
        with connect() as connection:
            assert connection.sandbox is not None

    def test_a_fresh_workspace_each_time(self) -> None:
        with connect("sandbox://") as first, connect("sandbox://") as second:
            Person.objects.create(name="Ada")
            assert Person.objects.using(second).count() == 1
            assert Person.objects.using(first).count() == 0

    def test_a_file_keeps_what_was_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with connect("sandbox:///a.db"):
            Person.objects.create(name="Ada")
        assert (tmp_path / "a.db").exists()
        with connect(f"sandbox:///{tmp_path}/a.db"):
            assert Person.objects.get().name == "Ada"

    def test_a_seeded_workspace(self) -> None:
        with connect("sandbox://?seed=crm"):
            assert Person.objects.filter(company__name="Acme").exists()

    @pytest.mark.parametrize(
        ("url", "problem"),
        [
            ("ftp://x", "sandbox://"),
            ("api.attio.com", "https://"),
            ("sandbox://a.db", "sandbox:///a.db"),
            ("sandbox://?seed=big", "crm"),
            ("sandbox://?sede=crm", r"\?seed=crm"),
            ("sandbox:////nowhere/at/all/a.db", "cannot be opened"),
        ],
    )
    def test_an_address_that_is_none(self, url: str, problem: str) -> None:
        with pytest.raises(ValidationError, match=problem):
            connect(url, api_key=SECRET)

    @pytest.mark.parametrize("token", ["abc\ndef", " abc", "abc def", "schlüssel", ""])
    def test_a_token_that_cannot_be_one(self, token: str) -> None:
        with pytest.raises((ValidationError, NotConnectedError)) as caught:
            connect("https://api.attio.com", api_key=token)

        assert not token or token.strip() not in str(caught.value)

    def test_a_wrong_token_is_refused_and_not_shown(self) -> None:
        with connect("sandbox://", api_key=SECRET) as connection:
            with pytest.raises(AuthenticationError) as caught:
                Person.objects.first()
            assert SECRET not in str(caught.value)
            assert SECRET not in repr(vars(connection))

    def test_a_connection_that_fails_to_start_is_not_the_default(self) -> None:
        class Thing(Model):
            name: Text

        with pytest.raises(AuthenticationError):
            connect("sandbox://", api_key=SECRET)
        with pytest.raises(NotConnectedError):
            Person.objects.first()


class TestWhichIsCurrent:
    def test_the_newest_is_the_default_and_the_one_before_comes_back(self) -> None:
        first = connect("sandbox://")
        second = connect("sandbox://")
        assert context.current() is second
        with connect("sandbox://") as third:
            assert context.current() is third
        assert context.current() is second
        first.close()
        assert context.current() is second
        second.close()
        with pytest.raises(NotConnectedError, match="connect"):
            context.current()

    def test_with_makes_an_older_one_the_default_inside(self) -> None:
        older = connect("sandbox://")
        with connect("sandbox://") as newer:
            with older:
                assert context.current() is older
            assert context.current() is newer

    def test_active_is_for_this_thread_alone(self) -> None:
        with connect("sandbox://") as first, connect("sandbox://") as second:
            seen: list[Any] = []
            with first.active():
                assert context.current() is first
                thread = threading.Thread(target=lambda: seen.append(context.current()))
                thread.start()
                thread.join()
                with second.active():
                    assert context.current() is second
                assert context.current() is first
            assert context.current() is second
            assert seen == [second]

    async def test_active_from_many_tasks_at_once(self) -> None:
        connections = [connect("sandbox://") for _ in range(5)]

        async def work(number: int) -> list[str]:
            connection = connections[number % 5]
            with connection.active():
                await Person.objects.acreate(name=f"P{number}")
                await asyncio.sleep(0)
                return [person.connection is connection async for person in Person.objects.all()]

        found = await asyncio.gather(*(work(number) for number in range(50)))
        assert all(all(each) for each in found)
        for connection in connections:
            assert await Person.objects.using(connection).acount() == 10
            await connection.aclose()

    def test_a_queryset_keeps_the_connection_of_its_first_fetch(self) -> None:
        with connect("sandbox://") as first, connect("sandbox://"):
            people = Person.objects.all()
            with first.active():
                Person.objects.create(name="Ada")
                assert len(people) == 1
            assert len(people) == 1
            assert [person.connection for person in people] == [first]

    def test_using_names_it_for_one_queryset(self) -> None:
        with connect("sandbox://") as first, connect("sandbox://") as second:
            Person.objects.using(first).create(name="Ada")
            assert Person.objects.using(first).filter(name="Ada").exists()
            assert not Person.objects.using(second).exists()


class TestClosing:
    async def test_it_is_idempotent_and_use_after_it_says_so(self, colour: Colour) -> None:
        connection = connect("sandbox://")
        ada = await colour.call(Person.objects, "create", name="Ada")
        await colour.call(connection, "close")
        await colour.call(connection, "close")

        ada.job_title = "x"
        for owner, name in ((ada, "save"), (ada, "refresh"), (ada, "delete")):
            with pytest.raises(NotConnectedError, match=r"closed.*connect"):
                await colour.call(owner, name)
        for name in ("first", "count", "exists"):
            with pytest.raises(NotConnectedError, match="closed"):
                await colour.call(Person.objects.using(connection), name)
        with pytest.raises(NotConnectedError, match="closed"):
            await colour.call(connection, "request", "GET", "/v2/self")
        with pytest.raises(NotConnectedError, match="closed"):
            connection.active().__enter__()
        with pytest.raises(NotConnectedError, match="closed"):
            await colour.call(connection.api.objects, "list")
        assert "(closed)" in repr(connection)

    async def test_async_with(self) -> None:
        async with aconnect("sandbox://") as connection:
            assert context.current() is connection
            await Person.objects.acreate(name="Ada")
        with pytest.raises(NotConnectedError):
            context.current()
        connection = await aconnect("sandbox://")
        async with connection:
            assert await Person.objects.acount() == 0

    async def test_aconnect_introspects_what_is_declared(self) -> None:
        class Contact(Model, object="people"):
            job_title: Text

        async with aconnect("sandbox://") as connection:
            assert connection.schema.get("people") is not None
            with assert_num_requests(1):
                await Contact.objects.acreate(job_title="x")

    def test_several_event_loops_one_after_another(self) -> None:
        with connect("sandbox://"):
            for number in range(3):
                asyncio.run(Person.objects.acreate(name=f"P{number}"))
            assert Person.objects.count() == 3


class TestRequest:
    async def test_any_endpoint(self, attio_sandbox: Any, colour: Colour) -> None:
        connection = attio_sandbox.connection
        body = await colour.call(connection, "request", "get", "/v2/self")
        assert body["active"] is True
        made = await colour.call(
            connection, "request", "POST", "/v2/objects/people/records",
            json={"data": {"values": {"name": "Ada"}}},
        )  # fmt: skip
        found = await colour.call(
            connection, "request", "POST", "/v2/objects/people/records/query", json={"limit": 1}
        )
        assert found["data"][0]["id"] == made["data"]["id"]
        await colour.call(
            connection, "request", "GET", "/v2/objects", params={"limit": 1, "x": None}
        )
        assert attio_sandbox.requests[-1].params == {"limit": "1"}
        with pytest.raises(ValidationError, match="from the root"):
            await colour.call(connection, "request", "GET", "v2/self")

    def test_api_gives_decoded_data(self, attio_sandbox: Any) -> None:
        objects = attio_sandbox.connection.api.objects.list()
        assert {each["api_slug"] for each in objects} >= {"people", "companies", "deals"}


class TestPace:
    def test_connections_with_one_token_share_their_pace(self) -> None:
        first = connect("http://one.example", api_key="token-a")
        again = connect("http://one.example", api_key="token-a")
        other = connect("http://one.example", api_key="token-b")
        apart = connect("http://one.example", api_key="token-a", limits=None)
        try:
            assert first.transport.limits is again.transport.limits is not None
            assert other.transport.limits is not first.transport.limits
            assert apart.transport.limits is None
        finally:
            for each in (first, again, other, apart):
                each.close()
