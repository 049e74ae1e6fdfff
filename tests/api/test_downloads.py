"""Downloads: through the redirect, without the token, as bytes, to a path and in chunks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from attio_orm import APIError, Connection, ForbiddenError, NotFoundError, Person, connect
from attio_orm.api.facade import Api
from attio_orm.errors import ConnectionFailedError, NotConnectedError
from attio_orm.testing import serve
from attio_orm.transport import HttpBackend, Transport, WireRequest, WireResponse
from tests.colours import Colour
from tests.transport.fakes import ScriptedBackend, Step, answer, close_once_taken, refusal
from tests.transport.hostile import Hostile
from tests.transport.server import Server

# both colours stand in one async test
pytestmark = pytest.mark.filterwarnings("ignore::attio_orm.BlockingCallWarning")

SECRET = "s3cr3t-t0k3n-0123456789"
KEY = "00000000-0000-4000-8000-000000000007"
SIGNED = "https://files.example/a/b?signature=xyz"
CONTENTS = [
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"<!doctype html><title>A page</title>",
    b"",
    b'{"data": {"id": 1}}',
    b"\xff\xfe\x00",
    bytes(range(256)) * 4096,
]


@pytest.fixture(params=["in process", "over HTTP"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "in process":
        with connect("sandbox://") as made:
            yield made
        return
    with serve() as served, connect(served.url, api_key=served.token) as made:
        yield made


def uploaded(connection: Connection, content: bytes) -> str:
    ada = Person.objects.create(name="Ada")
    file = connection.api.files.upload("people", str(ada.id), "a.svg", content)
    key: str = file["id"]["file_id"]
    return key


async def chunks_of(files: Any, colour: Colour, key: str) -> list[bytes]:
    if colour.is_async:
        async with files.astream(key) as chunks:
            return [chunk async for chunk in chunks]
    with files.stream(key) as chunks:
        return list(chunks)


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
async def test_every_way_gives_the_bytes(
    connection: Connection, colour: Colour, content: bytes, tmp_path: Path
) -> None:
    files, key = connection.api.files, uploaded(connection, content)
    assert await colour.call(files, "download", key) == content
    assert await colour.call(connection, "request", "GET", f"/v2/files/{key}/download") == content
    for path in (tmp_path / "a.svg", str(tmp_path / "b.svg")):
        assert await colour.call(files, "download", key, path) == Path(path)
        assert Path(path).read_bytes() == content
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.svg", "b.svg"]
    assert b"".join(await chunks_of(files, colour, key)) == content


async def test_a_file_that_is_not_there(
    connection: Connection, colour: Colour, tmp_path: Path
) -> None:
    files = connection.api.files
    for given in ([KEY], [KEY, tmp_path / "x"]):
        with pytest.raises(NotFoundError, match="was not found"):
            await colour.call(files, "download", *given)
    with pytest.raises(NotFoundError, match="was not found"):
        await chunks_of(files, colour, KEY)
    assert not list(tmp_path.iterdir())


# -- the redirect ----------------------------------------------------------------------------------


def to(location: str, status: int = 302) -> WireResponse:
    return answer(status, b"{}", location=location)


def scripted(*steps: Step, base: str = "https://api.attio.com") -> tuple[Api, ScriptedBackend]:
    backend = ScriptedBackend(*steps)
    return Api(Transport(backend, api_key=SECRET, base=base, jitter=lambda _: 0.0)), backend


Way = Callable[[Api, Path], Any]
WAYS: dict[str, Way] = {
    "download": lambda api, _: api.files.download(KEY),
    "adownload": lambda api, _: asyncio.run(api.files.adownload(KEY)),
    "to a path": lambda api, path: api.files.download(KEY, path).read_bytes(),
    "ato a path": lambda api, path: asyncio.run(api.files.adownload(KEY, path)).read_bytes(),
    "stream": lambda api, _: b"".join(asyncio.run(chunks_of(api.files, Colour("sync"), KEY))),
    "astream": lambda api, _: b"".join(asyncio.run(chunks_of(api.files, Colour("async"), KEY))),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Api], Any]:
    return lambda api: WAYS[request.param](api, tmp_path / "file")


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (SIGNED, SIGNED),
        ("/storage/x?signature=1", "/storage/x?signature=1"),
        ("https://api.attio.com/storage/x", "/storage/x"),
        ("//files.example/x", "https://files.example/x"),
    ],
)
@pytest.mark.parametrize("status", [302, 307])
def test_the_token_does_not_go_along(
    way: Callable[[Api], Any], location: str, path: str, status: int
) -> None:
    api, backend = scripted(to(location, status), answer(200, b"<file>"))
    assert way(api) == b"<file>"
    first, second = backend.requests
    assert first.path == f"/v2/files/{KEY}/download"
    assert SECRET in first.headers["authorization"]
    assert (second.method, second.path, second.body) == ("GET", path, b"")
    assert SECRET not in str(dict(second.headers))
    assert "signature=xyz" not in repr(second), "who has the signature may read the file"


def test_a_server_that_gives_the_file_itself(way: Callable[[Api], Any]) -> None:
    api, _ = scripted(answer(200, b"<file>"))
    assert way(api) == b"<file>"


def test_a_file_is_never_sent_in_the_open_instead(way: Callable[[Api], Any]) -> None:
    api, backend = scripted(to("http://files.example/x"), answer(200, b"<file>"))
    with pytest.raises(APIError, match="302"):
        way(api)
    assert len(backend.requests) == 1


def test_a_link_that_is_refused(way: Callable[[Api], Any]) -> None:
    api, _ = scripted(to(SIGNED), answer(403, b"<Error>Expired</Error>"))
    with pytest.raises(ForbiddenError, match=f"files/{KEY}/download") as caught:
        way(api)
    assert "signature=xyz" not in str(caught.value)


def test_what_fails_is_asked_for_anew(tmp_path: Path) -> None:
    """Each attempt gets a fresh address, as the former one may be over."""
    failures: list[Step] = [refusal(503), ConnectionFailedError("It dropped.", sent=True)]
    for name, work in WAYS.items():
        if "stream" in name:
            continue
        for failure in failures:
            api, backend = scripted(to(SIGNED), failure, to("/other"), answer(200, b"<file>"))
            assert work(api, tmp_path / "file") == b"<file>"
            assert [each.path[:6] for each in backend.requests[1::2]] == ["https:", "/other"]


def test_redirects_without_end(way: Callable[[Api], Any]) -> None:
    api, backend = scripted(to("/again"))
    with pytest.raises(APIError, match="302"):
        way(api)
    assert len(backend.requests) < 10


async def test_other_endpoints_follow_none(colour: Colour) -> None:
    """A proxy's log-in page is not an answer of Attio's."""
    api, backend = scripted(to("https://login.example/"), answer(200, b"<html>"))
    with pytest.raises(APIError, match="Redirects are not followed"):
        await colour.call(api.objects, "list")
    assert len(backend.requests) == 1


# -- over sockets ----------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(server: Server) -> Iterator[HttpBackend]:
    backend = HttpBackend("http://127.0.0.1:1")  # nobody listens: only whole addresses are reached
    yield backend
    backend.close()


def whole(server: Server, name: str, timeout: float = 5.0) -> WireRequest:
    return WireRequest("GET", f"{server.url}/{name}", {}, b"", timeout)  # type: ignore[arg-type]


async def first_chunk(backend: HttpBackend, colour: Colour, request: WireRequest) -> bytes:
    if colour.is_async:
        async with backend.astream(request) as answer:
            return await anext(aiter(answer.chunks))
    with backend.stream(request) as answer:
        return next(iter(answer.chunks))


async def test_the_first_bytes_are_there_before_the_last(
    elsewhere: HttpBackend, server: Server, colour: Colour
) -> None:
    assert await first_chunk(elsewhere, colour, whole(server, "drip")) == b"{"


def redirected(backend: HttpBackend, address: str) -> Api:
    """An API whose files are all at this address."""
    backend.send = lambda request: to(address)  # type: ignore[method-assign]

    async def asend(request: WireRequest) -> WireResponse:
        return to(address)

    backend.asend = asend  # type: ignore[method-assign]
    base = "http://127.0.0.1:1"
    return Api(Transport(backend, api_key=None, base=base, max_attempts=1, deadline=10))


async def test_a_body_that_ends_early(
    elsewhere: HttpBackend, server: Server, colour: Colour, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    api = redirected(elsewhere, f"{server.url}/truncated?signature=xyz")
    with pytest.raises(ConnectionFailedError, match="127") as caught:
        await colour.call(api.files, "download", KEY, path)
    assert "signature=xyz" not in str(caught.value)
    assert not path.exists(), "half a file has not got the name of the whole"
    assert (tmp_path / "file.partial").read_bytes() == b'{"data": [1, 2'


@pytest.mark.parametrize("name", ["to a path", "ato a path", "stream", "astream"])
def test_a_refusal_without_end(elsewhere: HttpBackend, name: str, tmp_path: Path) -> None:
    with Hostile() as hostile, pytest.raises(ForbiddenError):
        WAYS[name](redirected(elsewhere, f"{hostile.url}/endless-refusal"), tmp_path / "file")


async def test_a_closed_backend_streams_nothing(
    elsewhere: HttpBackend, server: Server, colour: Colour
) -> None:
    elsewhere.close()
    with pytest.raises(NotConnectedError):
        await first_chunk(elsewhere, colour, whole(server, "echo"))


async def test_a_backend_closed_between_taking_the_client_and_streaming(
    elsewhere: HttpBackend, server: Server, colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another thread would: nothing was sent, and the error is one of ours."""
    close_once_taken(elsewhere, monkeypatch)
    with pytest.raises(NotConnectedError):
        await first_chunk(elsewhere, colour, whole(server, "echo"))
    assert server.paths == []
