"""What ``connect()`` is told of carrying requests: pool, certificates, proxies, transports."""

from __future__ import annotations

import ssl
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from attio_orm import Person, Pool, aconnect, connect
from attio_orm.connecting import open_connection
from attio_orm.errors import (
    ConnectionFailedError,
    InvalidResponseError,
    NotConnectedError,
    OutcomeUnknownError,
    ValidationError,
)
from attio_orm.transport import HttpBackend
from attio_orm.transport.httpx_backend import HttpxBackend
from attio_sandbox import Workspace
from tests.colours import Colour
from tests.transport.fakes import ScriptedBackend, answer
from tests.transport.hostile import CERTIFICATE

SECRET = "pa55-of-the-proxy"
URL = "https://api.attio.com"
KEY = "k" * 20


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# -- what cannot be meant --------------------------------------------------------------------------

WRONG: list[tuple[str, Any, str]] = [
    *(("deadline", value, "deadline is a number of seconds") for value in (0, -1, "5", True)),
    ("deadline", float("nan"), "deadline is a number of seconds"),
    *(("max_answer", value, "max_answer is a number of bytes") for value in (0, 1.5, None, True)),
    ("pool", 20, r"pool takes a Pool\(size="),
    ("pool", {"size": 20}, r"pool takes a Pool\(size="),
    ("ssl", False, "SSLContext"),
    ("ssl", "/nowhere/at/all.pem", "There are no certificates"),
    ("proxy", "proxy.example:3128", "address like http://"),
    ("proxy", "ftp://proxy.example", "address like http://"),
    ("proxy", "http://", "address like http://"),
    ("proxy", 3128, "proxy is of type int, not str"),
    ("transport", "https://x", "transport takes a Backend"),
    ("transport", object(), "transport takes a Backend"),
    ("transport", (), "transport takes a Backend"),
    ("transport", (httpx.Client(), 5), "transport takes a Backend"),
]
IDS = [f"{name}-{number}" for number, (name, *_) in enumerate(WRONG)]


@pytest.mark.parametrize("way", [connect, aconnect], ids=["connect", "aconnect"])
@pytest.mark.parametrize(("name", "value", "said"), WRONG, ids=IDS)
def test_what_cannot_be_meant(way: Callable[..., Any], name: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        way(URL, api_key=KEY, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("pool", Pool()), ("ssl", str(CERTIFICATE)), ("proxy", "http://proxy.example:3128")],
)
def test_what_a_transport_brings_itself(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=f"{name} is for connections that attio-orm makes"):
        connect(URL, api_key=KEY, transport=ScriptedBackend(answer()), **{name: value})


def test_a_sandbox_is_not_reached_by_httpx() -> None:
    with pytest.raises(ValidationError, match="not reached over HTTP"):
        connect("sandbox://", transport=httpx.Client())


def test_a_sandbox_takes_the_options_of_other_addresses() -> None:
    """So that one call does for both, and the address says which it is."""
    with connect("sandbox://", pool=Pool(size=2), max_answer=10**6, deadline=30) as connection:
        assert connection.request("GET", "/v2/self")["active"] is True


@pytest.mark.parametrize("address", [f"http://me:{SECRET}@", f"tcp://me:{SECRET}@x"])
def test_the_password_of_a_proxy_is_not_shown(address: str) -> None:
    with pytest.raises(ValidationError) as caught:
        connect(URL, api_key=KEY, proxy=address)
    assert SECRET not in shown(caught.value)


async def test_nor_where_the_proxy_is_not_there(colour: Colour) -> None:
    options: dict[str, Any] = {"proxy": f"http://me:{SECRET}@127.0.0.1:1", "api_key": KEY}
    made = open_connection(URL, max_attempts=1, **options)
    with pytest.raises(ConnectionFailedError, match="no connection") as caught:
        await colour.call(made, "request", "GET", "/v2/self")
    made.close()
    assert SECRET not in shown(caught.value)


def shown(error: BaseException) -> str:
    """The message, and the local variables of our own frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in told.stack if "/attio_orm/" in frame.filename]
    return str(error) + "".join(str(frame.locals) for frame in ours)


# -- what is made of it ----------------------------------------------------------------------------


def test_the_backend_has_what_was_given() -> None:
    context = ssl.create_default_context()
    pool = Pool(size=3, keepalive=1)
    made = open_connection(
        URL, api_key=KEY, pool=pool, max_answer=99, ssl=context, proxy=f"http://me:{SECRET}@x:1"
    )
    backend = made.transport.backend
    assert isinstance(backend, HttpBackend)
    assert (backend._pool, backend._max_answer, backend._ssl) == (pool, 99, context)
    assert backend._proxy is not None
    assert SECRET not in repr(vars(backend))
    made.close()


# -- clients and transports of httpx ---------------------------------------------------------------


class Served:
    """A workspace behind a mocked transport of httpx, which is sync and async at once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.transport = httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        reply = self.workspace.handle(
            request.method,
            request.url.path,
            params=dict(request.url.params),
            headers=dict(request.headers),
            body=request.content,
        )
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body)


@pytest.fixture
def served(workspace: Workspace) -> Served:
    return Served(workspace)


def a_transport(served: Served) -> Any:
    return served.transport


def a_pair_of_transports(served: Served) -> Any:
    return served.transport, served.transport


def a_pair_of_clients(served: Served) -> Any:
    return [
        httpx.AsyncClient(transport=served.transport), httpx.Client(transport=served.transport),
    ]  # fmt: skip


def a_pair_with_ways_of_their_own(served: Served) -> Any:
    """Whose user and password would stand in the place of the token."""
    more: dict[str, Any] = {"auth": ("me", "secret"), "follow_redirects": True}
    return (
        httpx.Client(transport=served.transport, **more),
        httpx.AsyncClient(transport=served.transport, **more),
    )


@pytest.mark.parametrize(
    "brought", [a_transport, a_pair_of_transports, a_pair_of_clients, a_pair_with_ways_of_their_own]
)
async def test_the_library_over_what_was_brought(
    served: Served, brought: Callable[[Served], Any], colour: Colour
) -> None:
    options: dict[str, Any] = {
        "api_key": served.workspace.token, "transport": brought(served), "max_attempts": 1,
    }  # fmt: skip
    connection = (
        await aconnect("http://localhost", **options)
        if colour.is_async
        else connect("http://localhost", **options)
    )
    assert isinstance(connection.transport.backend, HttpxBackend)
    made = await colour.call(Person.objects, "create", name="Byron, Ada")
    found = await colour.call(Person.objects, "get", id=made.id)
    assert found.name == made.name
    await connection.aclose()
    with pytest.raises(NotConnectedError):
        await colour.call(Person.objects.using(connection), "count")


async def test_one_colour_alone(served: Served, colour: Colour) -> None:
    kind: Any = httpx.Client if colour.is_async else httpx.AsyncClient
    transport = kind(transport=served.transport)
    made = open_connection("http://localhost", api_key=KEY, transport=transport)
    with pytest.raises(ValidationError, match=r"httpx.*as a pair"):
        await colour.call(made, "request", "GET", "/v2/self")
    made.close()


async def test_what_was_brought_stays_open(served: Served, colour: Colour) -> None:
    clients = a_pair_of_clients(served)
    made = open_connection("http://localhost", api_key=KEY, transport=clients)
    await colour.call(made, "request", "GET", "/v2/self")
    await colour.call(made, "close")
    assert [client.is_closed for client in clients] == [False, False]


async def test_a_client_that_was_closed(served: Served, colour: Colour) -> None:
    clients = a_pair_of_clients(served)
    await clients[0].aclose()
    clients[1].close()
    made = open_connection("http://localhost", api_key=KEY, transport=clients)
    with pytest.raises(NotConnectedError):
        await colour.call(made, "request", "GET", "/v2/self")
    made.close()


async def test_an_answer_beyond_max_answer(served: Served, colour: Colour) -> None:
    made = open_connection(
        "http://localhost",
        api_key=served.workspace.token,
        transport=served.transport,
        max_answer=10,
        max_attempts=3,
    )
    with pytest.raises(InvalidResponseError, match="more than 10 bytes"):
        await colour.call(made, "request", "GET", "/v2/self")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(made, "request", "POST", "/v2/tasks", json={"data": {}})
    made.close()
