"""``attio_server`` and ``serve()``: a workspace over HTTP, with all that its handle can do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import traceback
import unittest
from pathlib import Path
from typing import Any

import httpx
import pytest

from attio_orm import (
    ConnectionFailedError,
    Deal,
    ForbiddenError,
    Model,
    OutcomeUnknownError,
    Person,
    RateLimitError,
    SchemaDriftError,
    ValidationError,
    aconnect,
    connect,
)
from attio_orm.attributes import Number
from attio_orm.connection import current
from attio_orm.records.base import mapper_of
from attio_orm.testing import assert_num_requests as counted
from attio_orm.testing import sandbox, serve
from attio_orm.testing.served import ServedSandbox

pytest_plugins = ["pytester"]


class TestServer:
    def test_it_is_connected_over_http(self, attio_server: Any) -> None:
        assert current.current() is attio_server.connection
        assert attio_server.connection.sandbox is attio_server
        assert attio_server.url in repr(attio_server)
        assert attio_server.token not in repr(attio_server)

        class Fan(Model, object="people"):
            shoe_size: Number

        attio_server.define(Fan)
        with counted(3):  # two of them look at the schema
            assert Fan.objects.create(shoe_size=38).shoe_size == 38
        assert attio_server.requests[-1].method == "POST"

    def test_any_client_reaches_it(self, attio_server: Any) -> None:
        Person.objects.create(name="Ada")
        headers = {"authorization": f"Bearer {attio_server.token}"}
        url = f"{attio_server.url}/v2/objects/people/records/query"
        (found,) = httpx.post(url, headers=headers).json()["data"]
        assert found["values"]["name"][0]["full_name"] == "Ada"

    def test_the_app_connects_by_itself(self, attio_server: Any) -> None:
        with connect(attio_server.url, api_key=attio_server.token) as app:
            assert current.current() is app
            Person.objects.create(name="Ada")
        assert Person.objects.using(attio_server.connection).count() == 1
        with attio_server.connect(on_drift="ignore") as another:
            assert Person.objects.using(another).count() == 1

    def test_models_are_compared_where_that_is_asked_for(self, attio_server: Any) -> None:
        class Ship(Model, object="ships"):
            tons: Number

        assert mapper_of(Ship).object == "ships"
        with attio_server.connect() as another:  # no warning: define() may make it yet
            attio_server.define(Ship)
            assert Ship.objects.using(another).create(tons=7).tons == 7

        class Crane(Model, object="cranes"):
            tons: Number

        with pytest.raises(SchemaDriftError, match="cranes"):
            attio_server.connect(on_drift="raise")
        assert mapper_of(Crane).object == "cranes"

    async def test_and_in_an_event_loop(self, attio_server: Any) -> None:
        async with aconnect(attio_server.url, api_key=attio_server.token):
            await Person.objects.acreate(name="Ada")
            assert await Person.objects.acount() == 1

    def test_another_process_is_told_by_its_environment(self, attio_server: Any) -> None:
        program = """
            from attio_orm import Person, connect
            with connect():
                Person.objects.create(name="Ada")
        """
        subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
            env={**os.environ, **attio_server.environment},
            check=True,
            timeout=60,
        )
        assert Person.objects.get().name == "Ada"

    @pytest.mark.usefixtures("no_waits")
    def test_faults_are_real(self, attio_server: Any) -> None:
        attio_server.fail_next("drop_after", match="POST /v2/objects/people/records")
        with pytest.raises(OutcomeUnknownError):
            Person.objects.create(name="Ada")
        assert Person.objects.count() == 1
        attio_server.fail("drop_before")
        with pytest.raises(ConnectionFailedError):
            Person.objects.first()
        attio_server.heal()
        assert Person.objects.first() is not None

    def test_the_clock_moves(self, attio_server: Any) -> None:
        before = Person.objects.create(name="Ada")
        attio_server.clock.move(86_400)
        after = Person.objects.create(name="Bob")
        assert before.created_at is not None
        assert after.created_at is not None
        assert (after.created_at - before.created_at).days == 1

    def test_it_is_gone_at_the_end(self, tmp_path: Path) -> None:
        path = tmp_path / "w.db"
        with serve(f"sandbox:///{path}") as server:
            Person.objects.create(name="Ada")
        assert "(closed)" in repr(server.connection)
        assert current.current_or_none() is None
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url)
        server.stop()  # a second time does nothing
        with sandbox(f"sandbox:///{path}"):
            assert Person.objects.count() == 1

    def test_what_cannot_be_served(self) -> None:
        from attio_sandbox.server import AddressError

        with pytest.raises(ValidationError, match="seed"), serve("sandbox://?seed=big"):
            raise AssertionError("unreachable")
        with (
            serve() as server,
            pytest.raises(AddressError, match="another"),
            serve(port=int(server.url.rpartition(":")[2])),
        ):
            raise AssertionError("unreachable")

    @pytest.mark.parametrize("options", [{"timeout": -1}, {"timeout": -1, "on_drift": "warn"}])
    def test_its_token_is_in_no_frame_of_a_traceback(
        self, attio_server: ServedSandbox, options: dict[str, Any]
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            attio_server.connect(api_key=attio_server.token, **options)
        whole = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        frames = [each for each in whole.stack if "/tests/" not in each.filename]
        assert any(each.filename.endswith("served.py") for each in frames)
        assert attio_server.token not in "".join(str(each.locals) for each in frames)


class TestHandle:
    def test_tokens_with_fewer_scopes(self, attio_sandbox: Any) -> None:
        with pytest.raises(ValueError, match="no scope"):
            attio_sandbox.add_token(["records:write"])
        token = attio_sandbox.add_token(["record_permission:read", "object_configuration:read"])
        backend = attio_sandbox.backend
        with connect("https://attio.example", api_key=token, transport=backend, on_drift="ignore"):
            assert Person.objects.count() == 0
            with pytest.raises(ForbiddenError, match="record_permission:read-write"):
                Person.objects.create(name="Ada")
            assert attio_sandbox.workspace.count("people") == 0

    def test_webhooks_are_received(self, attio_sandbox: Any) -> None:
        got: list[Any] = []

        def receiver(delivery: Any) -> int:
            got.append(delivery)
            return 200

        stop = attio_sandbox.receive("https://app.example/hooks", receiver)
        hook = {
            "target_url": "https://app.example/hooks/attio",
            "subscriptions": [{"event_type": "record.created", "filter": None}],
        }
        attio_sandbox.connection.request("POST", "/v2/webhooks", json={"data": hook})
        ada = Person.objects.create(name="Ada")
        (delivery,) = got
        assert delivery.event["id"]["record_id"] == ada.id
        assert [each.status for each in attio_sandbox.deliveries] == [200]
        stop()
        Person.objects.create(name="Bob")
        assert len(got) == 1

    def test_views(self, attio_sandbox: Any) -> None:
        key = attio_sandbox.add_view("people", "Adas", {"name": {"first_name": "Ada"}})
        views = attio_sandbox.connection.request("GET", "/v2/objects/people/views")["data"]
        assert [each["id"]["view_id"] for each in views] == [key]

    async def test_what_takes_its_time_lets_other_tasks_run(self, attio_sandbox: Any) -> None:
        import asyncio

        attio_sandbox.fail_next("latency", seconds=0.3, match="companies")
        attio_sandbox.fail_next("slow_body", seconds=0.3, match="people")
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        request = attio_sandbox.connection.arequest
        for slug in ("companies", "people"):
            await request("GET", f"/v2/objects/{slug}")
        ticking.cancel()
        assert ticks >= 10

    def test_a_slow_body_in_a_thread(self, attio_sandbox: Any) -> None:
        import time

        attio_sandbox.fail_next("slow_body", seconds=0.2)
        started = time.monotonic()
        Person.objects.first()
        assert time.monotonic() - started >= 0.2


class TestAddresses:
    @pytest.mark.usefixtures("no_waits")
    def test_limits_like_attios(self) -> None:
        with connect("sandbox://?limits=attio", limits=None, max_attempts=1) as connection:
            assert connection.sandbox is not None
            connection.sandbox.clock.freeze()
            for _ in range(100 - len(connection.sandbox.requests)):
                connection.request("GET", "/v2/objects")
            with pytest.raises(RateLimitError):
                connection.request("GET", "/v2/objects")
        with connect("sandbox://?limits=attio") as paced:
            assert paced.transport.limits is not None, "the client keeps to the pace"

    def test_ties(self) -> None:
        with sandbox("sandbox://?ties=shuffled") as by_url, sandbox() as by_call:
            by_call.shuffle_ties()
            for handle in (by_url, by_call):
                handle.workspace.load("people", [{"name": "Twin"}] * 20)
                people = Person.objects.using(handle.connection)
                orders = {tuple(person.id for person in people.all()) for _ in range(5)}
                assert len(orders) > 1
                assert len({frozenset(order) for order in orders}) == 1
                assert (
                    len({person.id for n in range(20) for person in people.all()[n : n + 1]}) == 20
                )

    def test_enrichment(self) -> None:
        for value, linked in (("on", True), ("off", False)):
            with sandbox(f"sandbox://?enrichment={value}") as handle:
                person = Person.objects.create(name="Ada", email_addresses=["ada@acme.com"])
                handle.clock.move(60)
                person.refresh()
                assert (person.company is not None) is linked

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("limits=none", "limits takes attio"),
            ("enrichment=yes", "enrichment takes on or off"),
            ("ties=kept", "ties takes shuffled"),
            ("speed=1", r"\?limits=attio, \?enrichment=on, \?ties=shuffled, .*, not speed"),
        ],
    )
    def test_options_that_are_none(self, query: str, said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            connect(f"sandbox://?{query}")


class TestWithUnittest(unittest.TestCase):
    """The context managers in a test framework without fixtures."""

    def setUp(self) -> None:
        self.handle = self.enterContext(sandbox("sandbox://?seed=crm"))

    def test_deals(self) -> None:
        with counted(1):
            self.assertTrue(Deal.objects.exists())
        self.assertEqual(self.handle.requests[-1].status, 200)

    def test_served(self) -> None:
        server = self.enterContext(serve())
        self.assertEqual(httpx.get(f"{server.url}/v2/self").json(), {"active": False})


def test_the_fixture_comes_with_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import threading

        def test_it(attio_server):
            assert attio_server.url.startswith("http://127.0.0.1:")

        def test_nothing_is_left():
            names = [each.name for each in threading.enumerate()]
            assert not [name for name in names if name.startswith("attio-sandbox")]
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "-Werror")
    result.assert_outcomes(passed=2)
