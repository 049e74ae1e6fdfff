"""``connect()``: where it goes, which connection is current, and what it says without one."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from attio_orm import (
    AuthenticationError,
    Connection,
    Model,
    NotConnectedError,
    Person,
    ValidationError,
    aconnect,
    connect,
)
from attio_orm.attributes import Text
from attio_orm.connection import current
from attio_orm.testing import assert_num_requests
from attio_orm.transport import HttpBackend
from tests.colours import Colour
from tests.transport.server import Server

SECRET = "sk_live_0123456789"


@pytest.fixture(autouse=True)
def no_default() -> None:
    assert current.current_or_none() is None, "a test before this one left a connection open"


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
            ("sandbox:a.db", "sandbox:///crm.db"),
            ("sandbox:///a#b.db", "%23"),
            ("sandbox://?seed=big", "crm"),
            ("sandbox://?sede=crm", r"\?seed=crm"),
            ("sandbox:////nowhere/at/all/a.db", "cannot be opened"),
        ],
    )
    def test_an_address_that_is_none(self, url: str, problem: str) -> None:
        with pytest.raises(ValidationError, match=problem):
            connect(url, api_key=SECRET)

    @pytest.mark.parametrize("end", ["", "/", "/v2", "/v2/"])
    async def test_a_server_with_or_without_its_version(
        self, attio_server: Any, colour: Colour, monkeypatch: pytest.MonkeyPatch, end: str
    ) -> None:
        monkeypatch.setenv("ATTIO_BASE_URL", attio_server.url + end)
        url = None if colour.is_async else attio_server.url + end
        with connect(url, api_key=attio_server.token, on_drift="ignore") as connection:
            assert connection.base == attio_server.url
            assert await colour.call(Person.objects, "count") == 0

    @pytest.mark.parametrize("place", ["argument", "environment", "transport"])
    @pytest.mark.parametrize(
        "url",
        [
            f"https://{SECRET}@api.attio.com",
            f"https://me:{SECRET}@api.attio.com/v2",
            f"https://api.attio.com?key={SECRET}",
            f"ftp://me:{SECRET}@x",
            f"ftp://x?{SECRET}",
        ],
    )
    def test_a_secret_in_the_address_is_refused_and_not_shown(
        self, url: str, place: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATTIO_BASE_URL", url)
        ways: dict[str, Callable[[], object]] = {
            "argument": lambda: connect(url, api_key="another"),
            "environment": lambda: connect(api_key="another"),
            "transport": lambda: HttpBackend(url),
        }
        with pytest.raises(ValidationError) as caught:
            ways[place]()
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize("url", ["sandbox://", "https://api.attio.com"])
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("timeout", value) for value in (0, -1, -0.5, float("nan"), "30", None, True)),
            *(("max_attempts", value) for value in (0, -1, 2.0, "5", None, True)),
        ],
    )
    def test_a_number_that_cannot_be_meant(self, url: str, name: str, value: Any) -> None:
        for way in (connect, aconnect):
            with pytest.raises(ValidationError, match=rf"{name} is .*not {value!r}"):
                way(url, api_key=SECRET, **{name: value})  # type: ignore[operator]

    @pytest.mark.parametrize("url", [5, b"https://api.attio.com", Path("a.db")])
    def test_an_address_that_is_no_text(self, url: Any) -> None:
        with pytest.raises(ValidationError, match="not a str"):
            connect(url, api_key=SECRET)

    @pytest.mark.parametrize("limits", ["off", False, 5])
    @pytest.mark.parametrize("url", ["sandbox://", "https://api.attio.com"])
    def test_limits_that_are_none(self, url: str, limits: Any) -> None:
        for way in (connect, aconnect):
            with pytest.raises(ValidationError, match=f"limits takes .*not {limits!r}"):
                way(url, api_key=SECRET, limits=limits)  # type: ignore[operator]

    def test_a_file_is_closed_where_connecting_fails(self, tmp_path: Path) -> None:
        with pytest.raises(ValidationError):
            connect(f"sandbox:///{tmp_path}/a.db", api_key="not a token")
        assert [each.name for each in tmp_path.iterdir()] == ["a.db"]  # no journal beside it

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
        assert current.current() is second
        with connect("sandbox://") as third:
            assert current.current() is third
        assert current.current() is second
        first.close()
        assert current.current() is second
        second.close()
        with pytest.raises(NotConnectedError, match="connect"):
            current.current()

    def test_with_makes_an_older_one_the_default_inside(self) -> None:
        older = connect("sandbox://")
        with connect("sandbox://") as newer:
            with older:
                assert current.current() is older
            assert current.current() is newer

    def test_active_is_for_this_thread_alone(self) -> None:
        with connect("sandbox://") as first, connect("sandbox://") as second:
            seen: list[Any] = []
            with first.active():
                assert current.current() is first
                thread = threading.Thread(target=lambda: seen.append(current.current()))
                thread.start()
                thread.join()
                with second.active():
                    assert current.current() is second
                assert current.current() is first
            assert current.current() is second
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

    async def test_over_http_nothing_is_sent_after_it_and_no_socket_is_left(
        self, server: Server, colour: Colour
    ) -> None:
        connection = connect(server.url, api_key=SECRET)
        ada = Person.ref(str(UUID(int=1, version=4)))
        await colour.call(connection, "request", "GET", "/v2/echo")
        assert server.open == 1
        await colour.call(connection, "close")
        async with asyncio.timeout(5):
            while server.open:
                await asyncio.sleep(0.005)
        refused = f"The connection to {server.url} is closed: connect() again"
        for owner, name, given in (
            (connection, "request", ("GET", "/v2/echo")),
            (connection.api.objects, "list", ()),
            (Person.objects.using(connection), "first", ()),
            (ada, "refresh", ()),
        ):
            with pytest.raises(NotConnectedError, match=re.escape(refused)):
                await colour.call(owner, name, *given)
        assert server.paths == ["/v2/echo"]
        assert server.sockets == 1

    async def test_async_with(self) -> None:
        async with aconnect("sandbox://") as connection:
            assert current.current() is connection
            await Person.objects.acreate(name="Ada")
        with pytest.raises(NotConnectedError):
            current.current()
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


def left_alone(*, used: bool = True) -> weakref.ref[Connection]:
    """A connection that was made and then forgotten, without close()."""
    made = connect("sandbox://")
    if used:
        Person.objects.create(name="Ada")
    return weakref.ref(made)


def collected(*references: weakref.ref[Connection]) -> list[bool]:
    gc.collect()
    return [reference() is None for reference in references]


class TestDropped:
    """A connection that nobody refers to is let go, unless it is the default or comes back."""

    @pytest.fixture(autouse=True)
    def nothing_is_left(self) -> Iterator[None]:
        yield
        while (left := current.current_or_none()) is not None:
            left.close()

    def test_the_newest_is_the_default_and_the_others_go(self) -> None:
        made = [left_alone() for _ in range(5)]
        assert collected(*made) == [True, True, True, True, False]
        assert Person.objects.count() == 1
        newest = made[-1]()
        assert newest is not None
        newest.close()
        with pytest.raises(NotConnectedError):
            Person.objects.count()

    def test_one_whose_records_are_in_use_stays(self) -> None:
        first = left_alone()
        ada = Person.objects.get()
        second = left_alone()
        assert collected(first, second) == [False, False]
        assert ada.connection is first()
        ada.job_title = "CTO"
        ada.save()
        del ada
        assert collected(first, second) == [True, False]

    def test_a_block_gives_back_the_one_that_nobody_refers_to(self) -> None:
        startup = left_alone(used=False)
        for _ in range(2):
            with connect("sandbox://"):
                Person.objects.create(name="Inside")
                with connect("sandbox://"):
                    Person.objects.create(name="Deeper")
                    assert collected(startup) == [False]
                assert Person.objects.get().name == "Inside"
            assert collected(startup) == [False]
            assert current.current() is startup()

    async def test_an_async_block_gives_it_back_too(self) -> None:
        startup = left_alone(used=False)
        async with aconnect("sandbox://"):
            assert await Person.objects.acount() == 0
            assert collected(startup) == [False]
        assert current.current() is startup()

    def test_one_that_is_kept_comes_back_after_close(self) -> None:
        first = connect("sandbox://")
        second = connect("sandbox://")
        Person.objects.create(name="Ada")
        gc.collect()
        second.close()
        assert current.current() is first

    def test_another_thread_that_connects_before_the_block_begins(self) -> None:
        startup = left_alone(used=False)
        first = connect("sandbox://")
        others: list[Connection] = []
        thread = threading.Thread(target=lambda: others.append(connect("sandbox://")))
        thread.start()
        thread.join()
        with first, others.pop():
            assert Person.objects.count() == 0
            assert collected(startup) == [False]
        assert current.current() is startup()

    async def test_the_sockets_go_with_it(self, server: Server, colour: Colour) -> None:
        for number in range(3):
            if colour.is_async:
                connection = await aconnect(server.url, api_key=SECRET)
            else:
                connection = connect(server.url, api_key=SECRET)
            await colour.call(connection, "request", "GET", f"/v2/n{number}")
            del connection
            assert current.current_or_none() is not None  # it is used
        async with asyncio.timeout(5):
            while server.open > 1:
                gc.collect()
                await asyncio.sleep(0.005)
        assert server.open == 1, "the default is still open"


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
