"""``connection.health()``: what it finds out, and that it never raises."""

from __future__ import annotations

import time
from typing import Any

import pytest

from attio_orm import Activity, ForbiddenError, ListEntry, Model, connect
from attio_orm.connecting import open_connection
from attio_orm.errors import ConnectionFailedError, RequestTimeoutError
from attio_orm.testing import assert_num_requests
from tests.colours import Colour
from tests.transport.fakes import ScriptedBackend, Step, answer, refusal

TOKEN = "tok-1234567890"
ME = {"active": True, "workspace_slug": "borealis", "scope": "record_permission:read-write"}


async def asked(colour: Colour, *steps: Step, **options: Any) -> Any:
    backend = ScriptedBackend(*steps)
    connection = open_connection("https://x.example.com", api_key=TOKEN, transport=backend)
    found = await colour.call(connection, "health", **options)
    assert len(backend.requests) == 1, "one request, whatever becomes of it"
    assert backend.requests[0].timeout == options.get("timeout", 5.0)
    assert backend.requests[0].deadline is not None
    return found


async def test_a_sandbox_is_well(colour: Colour) -> None:
    with connect("sandbox://") as connection:
        await colour.call(connection.schema, "fetch", "people")
        with assert_num_requests(1):
            found = await colour.call(connection, "health")
    assert found.ok
    assert found.active
    assert found.error is None
    assert found.workspace
    assert "record_permission:read-write" in found.scopes
    assert found.missing_scopes == frozenset()
    assert 0 < found.latency < 60
    assert 0 <= found.schema_age < 60
    assert abs(found.clock_skew) < 60


async def test_a_clock_that_is_wrong(colour: Colour, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = "Tue, 03 Mar 2026 14:42:01 GMT"
    now = 1772548921.0 + 90
    monkeypatch.setattr("attio_orm.connection.health.time.time", lambda: now)
    found = await asked(colour, answer(200, ME, date=heard))
    assert found.clock_skew == 90
    assert (await asked(colour, answer(200, ME, date="soon"))).clock_skew is None


async def test_scopes_that_the_models_need(colour: Colour) -> None:
    class Boat(Model, object="boats"):
        pass

    class Voyage(ListEntry, list="voyages"):
        pass

    class Call(Activity, activity="phone_calls"):
        pass

    found = await asked(colour, answer(200, ME))
    assert not found.ok
    assert found.workspace == "borealis"
    assert found.missing_scopes == {
        "object_configuration:read",
        "list_configuration:read",
        "list_entry:read",
        "activity_configuration:read",
        "activity_record:read",
    }
    assert "list_entry:read" in found.error
    assert "settings" in found.error


async def test_what_it_finds_out_is_known_to_writes(colour: Colour) -> None:
    backend = ScriptedBackend(answer(200, ME))
    connection = open_connection("https://x.example.com", api_key=TOKEN, transport=backend)
    await colour.call(connection, "health")
    with pytest.raises(ForbiddenError, match="note:read-write"):
        await colour.call(connection, "request", "DELETE", "/v2/notes/1")
    assert len(backend.requests) == 1
    assert await colour.call(connection, "scopes") == {"record_permission:read-write"}


async def test_a_token_that_holds_no_more(colour: Colour) -> None:
    found = await asked(colour, answer(200, {"active": False}))
    assert (found.ok, found.active, found.workspace) == (False, False, None)
    assert "revoked" in found.error


FAILURES: dict[str, Step] = {
    "refused": refusal(401, "unauthorized"),
    "limited": refusal(429),
    "down": answer(503, b"<html>"),
    "lost": ConnectionFailedError(f"No way with {TOKEN}.", sent=False),
    "slow": RequestTimeoutError("No answer.", sent=True),
    "odd": answer(200, b"[1, 2]"),
    "null": answer(200, b"null"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_it_never_raises(colour: Colour, failure: str) -> None:
    found = await asked(colour, FAILURES[failure], timeout=0.5)
    assert not found.ok
    assert found.error
    assert TOKEN not in found.error


async def test_nor_where_it_is_closed_or_asked_for_nonsense(colour: Colour) -> None:
    connection = connect("sandbox://")
    assert "timeout" in (await colour.call(connection, "health", timeout=-1)).error
    connection.close()
    begun = time.perf_counter()
    found = await colour.call(connection, "health")
    assert "closed" in found.error
    assert time.perf_counter() - begun < 60
