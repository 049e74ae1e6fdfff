"""What a connection says of its token, and writes that are refused before they are sent."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from attio_orm import (
    AuthenticationError,
    Connection,
    Deal,
    ForbiddenError,
    ListEntry,
    Model,
    Person,
    ValidationError,
)
from attio_orm.connecting import connect_unchecked
from attio_orm.oauth import Identity, Scope
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

READS = ("record_permission:read", "object_configuration:read")
WRITES = ("record_permission:read-write", "object_configuration:read")


class Pipeline(ListEntry, list="pipeline", parent=Deal):
    """Entries of a list."""


class Note:
    """What a resource looks like to this room, which knows it by its name."""

    __module__ = "attio_orm.resources.notes"


class Activity(Model, abstract=True):
    """The same of the models of activities."""

    __module__ = "attio_orm.models.activities"


@contextmanager
def connected(sandbox: SandboxHandle, api_key: Any) -> Generator[Connection]:
    """Another connection to the same workspace, with a token of its own."""
    with connect_unchecked("sandbox://", api_key=api_key, transport=sandbox.backend) as connection:
        yield connection


async def test_who_a_token_is(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    identity = await colour.call(attio_sandbox.connection, "whoami")
    assert (identity.workspace_slug, identity.workspace_name) == ("sandbox", "Sandbox")
    assert identity.workspace_id
    assert identity.member_id
    assert identity.is_active
    assert identity.token_level == "workspace"
    assert Scope.NOTE_READ_WRITE in identity.scopes
    assert "private_collection:read-write" in identity.scopes  # of before, and kept


async def test_only_active_is_always_there(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    attio_sandbox.reply_next({"active": True}, match="GET /v2/self")
    assert await colour.call(attio_sandbox.connection, "whoami") == Identity(is_active=True)
    await colour.call(Person(name="Ada"), "save")  # that scopes were left out forbids nothing


async def test_scopes_are_asked_for_once(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    with connected(attio_sandbox, attio_sandbox.add_token(READS)) as connection:
        with assert_num_requests(1, connection=connection):
            for _ in range(3):
                assert await colour.call(connection, "scopes") == set(READS)
        with assert_num_requests(1, connection=connection):
            await colour.call(connection, "whoami")


async def test_a_token_that_is_not_active(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    with connected(attio_sandbox, "f00dcafe") as connection:
        assert await colour.call(connection, "whoami") == Identity(is_active=False)
        for method in ("scopes", "missing_scopes"):
            with pytest.raises(AuthenticationError, match="not active") as caught:
                await colour.call(connection, method)
            assert "f00dcafe" not in str(caught.value)
        # what it may do is not known: Attio says that it is refused
        with pytest.raises(AuthenticationError):
            await colour.call(connection, "request", "DELETE", "/v2/notes/1")


@pytest.mark.parametrize(
    ("asked", "write", "lacks"),
    [
        ((Person,), False, set()),
        ((Person,), True, {"record_permission:read-write"}),
        ((Pipeline,), False, {"list_entry:read", "list_configuration:read"}),
        ((Pipeline,), True, {"list_entry:read-write", "list_configuration:read"}),
        ((Note,), False, {"note:read"}),
        ((type("MyNote", (Note,), {}), Person), True,
         {"note:read-write", "record_permission:read-write"}),
        ((Activity,), False, {"activity_configuration:read", "activity_record:read"}),
        (("webhook:read", Scope.FILE_READ_WRITE), False, {"webhook:read", "file:read-write"}),
        ((), True, set()),
    ],
    ids=[
        "model", "model write", "list", "list write", "note", "note write", "activity", "scopes",
        "nothing",
    ],
)  # fmt: skip
async def test_what_a_token_lacks(
    attio_sandbox: SandboxHandle, colour: Colour, asked: Any, write: bool, lacks: set[str]
) -> None:
    with connected(attio_sandbox, attio_sandbox.add_token(READS)) as connection:
        found = await colour.call(connection, "missing_scopes", *asked, write=write)
        assert found == lacks
        assert all(isinstance(each, Scope) for each in found)
        every = attio_sandbox.connection
        assert await colour.call(every, "missing_scopes", *asked, write=write) == set()


@pytest.mark.parametrize("asked", ["record:read", "note", Connection, 7, "email:write"])
def test_what_has_no_scopes(attio_sandbox: SandboxHandle, asked: Any) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError):
        attio_sandbox.connection.missing_scopes(asked)


async def test_a_write_is_refused_before_it_is_sent(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    token = attio_sandbox.add_token(READS)
    with connected(attio_sandbox, token) as connection:
        await colour.call(connection, "whoami")
        ada = Person(name="Ada Lovelace")
        await colour.call(Person.objects.using(connection), "count")
        attio_sandbox.requests.clear()
        with pytest.raises(ForbiddenError, match="was not sent") as caught:
            await colour.call(ada, "save")
        assert caught.value.missing_scopes == {"record_permission:read-write"}
        assert "build.attio.com" in str(caught.value)
        assert "under Developers" in str(caught.value)
        assert ada.is_changed
        with connection.dry_run(), pytest.raises(ForbiddenError):  # a plan would be of no use
            await colour.call(ada, "save")
        report = await colour.call(
            Person.objects.using(connection), "bulk_create", [{"name": "A"}, {"name": "B"}]
        )
        assert [type(item.error) for item in report] == [ForbiddenError] * 2
        assert {each.method for each in attio_sandbox.requests} == {"GET"}  # of the schema


async def test_where_scopes_are_not_known_attio_says_it(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    with connected(attio_sandbox, attio_sandbox.add_token(READS)) as connection:
        with pytest.raises(ForbiddenError) as caught:
            await colour.call(connection, "request", "DELETE", "/v2/tasks/1")
        assert caught.value.missing_scopes == frozenset()
        assert attio_sandbox.requests[-1].method == "DELETE"


async def test_a_token_that_is_replaced_is_looked_at_anew(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    tokens = [attio_sandbox.add_token(READS)]
    with connected(attio_sandbox, lambda: tokens[-1]) as connection:
        assert await colour.call(connection, "scopes") == set(READS)
        with pytest.raises(ForbiddenError, match="not sent"):
            await colour.call(Person(name="Ada"), "save")
        tokens.append(attio_sandbox.add_token(WRITES))
        await colour.call(Person(name="Ada"), "save")
        assert await colour.call(connection, "scopes") == set(WRITES)
        # nothing was sent since it was replaced: what was known is of the one before
        tokens.append(attio_sandbox.add_token(READS))
        assert await colour.call(connection, "missing_scopes", Person, write=True) == {
            "record_permission:read-write"
        }


async def test_one_that_gets_more_scopes_is_asked_again(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    with connected(attio_sandbox, attio_sandbox.token) as connection:
        known = {"active": True, "scope": " ".join(READS)}
        attio_sandbox.reply_next(known, match="GET /v2/self")
        await colour.call(connection, "whoami")
        with pytest.raises(ForbiddenError, match="call whoami"):
            await colour.call(Person(name="Ada"), "save")
        await colour.call(connection, "whoami")
        await colour.call(Person(name="Ada"), "save")
