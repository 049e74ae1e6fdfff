"""Tokens, addresses and connections that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from attio_orm import (
    AuthenticationError,
    NotConnectedError,
    Person,
    ValidationError,
    aconnect,
    connect,
)
from attio_orm.errors import AttioError
from attio_orm.testing import assert_num_requests
from tests.bad_input.world import TOKEN, Middle, World, check_clear
from tests.colours import Colour


async def opening(colour: Colour, *arguments: Any, **options: Any) -> Any:
    if colour.is_async:
        return await aconnect(*arguments, **options)
    return connect(*arguments, **options)


async def test_no_token_names_the_variable_and_the_sandbox(colour: Colour) -> None:
    with pytest.raises(NotConnectedError) as caught:
        await opening(colour)

    check_clear(caught.value, "ATTIO_API_KEY", "sandbox://", "api_key")


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (f"{TOKEN}\n", "line break"),
        (f"{TOKEN}\r\nX-Evil: 1", "line break"),
        (f"{TOKEN} {TOKEN}", "space"),
        (f"\t{TOKEN}", "space"),
        (f"{TOKEN}é", "ASCII"),
        (f"{TOKEN}\x00", "control character"),
        ("", "empty"),
        ("  ", "empty"),
        (b"bytes", "bytes"),
        (5, "int"),
    ],
)
async def test_a_malformed_token_is_refused_and_not_shown(
    colour: Colour, monkeypatch: pytest.MonkeyPatch, token: Any, said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        await opening(colour, api_key=token)
    check_clear(caught.value, "API key", said)

    if isinstance(token, str) and token and "\x00" not in token:
        monkeypatch.setenv("ATTIO_API_KEY", token)
        with pytest.raises(ValidationError) as caught:
            await opening(colour)
        check_clear(caught.value, "ATTIO_API_KEY", said)


async def test_an_empty_token_never_means_the_one_of_the_environment(
    colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_API_KEY", TOKEN)

    with pytest.raises(ValidationError, match="empty"):
        await opening(colour, api_key="")


@pytest.mark.parametrize("given", [None, "", "a\nb", 5])
async def test_a_callable_that_gives_no_token(colour: Colour, given: Any) -> None:
    connection = await opening(colour, "https://attio.example", api_key=lambda: given)
    with connection, pytest.raises(ValidationError) as caught:
        await colour.call(Person.objects, "first")

    check_clear(caught.value, "API key")


async def test_a_coroutine_function_as_token_under_sync_says_so(middle: Middle) -> None:
    async def token() -> str:
        return middle.handle.token

    with connect("https://attio.example", api_key=token, transport=middle):
        with pytest.raises(ValidationError) as caught:
            Person.objects.first()
        check_clear(caught.value, "api_key", "a-method")
        assert await Person.objects.afirst() is None


async def test_a_token_that_attio_refuses_is_hidden_everywhere(
    middle: Middle, colour: Colour
) -> None:
    connection = connect("https://attio.example", api_key=TOKEN, transport=middle)
    with connection, pytest.raises(AuthenticationError) as caught:
        await colour.call(Person.objects, "first")

    check_clear(caught.value, "401", "ATTIO_API_KEY")
    assert TOKEN not in repr((connection, connection.transport, vars(caught.value)))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://attio.example", "ftp://attio.example"),
        ("attio.example", "'attio.example'"),
        ("http://", "http"),
        ("sandbox://host/a.db", "sandbox:///host/a.db"),
        ("sandbox://?seed=x", "'x'"),
        ("sandbox://?sed=crm", "sed"),
        ("sandbox:///no/such/folder/a.db", "a.db"),
    ],
)
async def test_addresses_that_are_none(colour: Colour, url: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        await opening(colour, url, api_key=TOKEN)

    check_clear(caught.value, said)


def test_a_file_that_is_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.db").write_text("shopping list\n" * 1_000)

    with pytest.raises(ValidationError) as caught:
        connect("sandbox:///notes.db")

    check_clear(caught.value, "notes.db")
    assert (tmp_path / "notes.db").read_text().startswith("shopping list")


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"version": 999}', "null"])
async def test_a_snapshot_that_cannot_be_used(
    colour: Colour, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "schema.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ValidationError) as caught:
        await opening(colour, "sandbox://", schema=path)

    check_clear(caught.value, "schema.json", "connection.schema.save(")


async def test_nobody_is_connected(colour: Colour) -> None:
    for attempt in ("first", "count"):
        with pytest.raises(NotConnectedError) as caught:
            await colour.call(Person.objects, attempt)
        check_clear(caught.value, "connect()", "sandbox://")
    with pytest.raises(NotConnectedError):
        await colour.call(Person(name="Ada"), "save")


async def test_after_the_end(world: World, colour: Colour) -> None:
    world.ada.job_title = "Late"
    lazy = Person.objects.using(world.connection)
    if colour.is_async:
        await world.connection.aclose()
        await world.connection.aclose()
    else:
        world.connection.close()
        world.connection.close()

    attempts: list[tuple[Any, str, list[Any]]] = [
        (world.ada, "save", []),
        (world.ada, "refresh", []),
        (world.ada, "delete", []),
        (lazy, "first", []),
        (lazy, "count", []),
        (world.connection, "request", ["GET", "/v2/objects"]),
    ]
    for owner, method, arguments in attempts:
        with pytest.raises(NotConnectedError) as caught:
            await colour.call(owner, method, *arguments)
        check_clear(caught.value, "closed")
    with pytest.raises(NotConnectedError):
        world.connection.active().__enter__()
    assert world.ada.job_title == "Late"


@pytest.mark.parametrize("path", ["v2/objects", "", "https://evil.example/v2"])
async def test_a_path_that_does_not_start_at_the_root(
    world: World, colour: Colour, path: str
) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError) as caught:
        await colour.call(world.connection, "request", "GET", path)

    check_clear(caught.value, repr(path), '"/v2/objects"')


async def test_a_wrong_setting(colour: Colour) -> None:
    with pytest.raises(ValidationError) as caught:
        await opening(colour, "sandbox://", on_drift="explode")

    check_clear(caught.value, "on_drift", '"warn"', "'explode'")


async def test_connecting_that_fails_leaves_the_default_as_it_was(
    world: World, colour: Colour
) -> None:
    for arguments in (
        {"url": "ftp://x"},
        {"api_key": "a b"},
        {"url": "sandbox://", "schema": "/no"},
    ):
        with pytest.raises(AttioError):
            await opening(colour, **arguments)

    assert await colour.call(Person.objects, "get", name="Ada Lovelace") == world.ada
