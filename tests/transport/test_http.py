"""The HTTP backend against a real server: sockets, failures, event loops and forks."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from attio_orm.effects import arun, gather, run
from attio_orm.errors import (
    AttioError,
    ConnectionFailedError,
    InvalidResponseError,
    NotConnectedError,
    NotFoundError,
    OutcomeUnknownError,
    RequestTimeoutError,
    ValidationError,
)
from attio_orm.transport import (
    Headers,
    HttpBackend,
    Request,
    Transport,
    WireRequest,
    WireResponse,
    http,
)
from attio_orm.transport.pool import Pool
from tests.transport.fakes import close_once_taken
from tests.transport.hostile import CERTIFICATE, Hostile
from tests.transport.server import PAGE, Server

Sending = Callable[..., WireResponse]


def wire(path: str, method: str = "GET", body: bytes = b"", timeout: float = 10.0) -> WireRequest:
    return WireRequest(method, f"/v2/{path}", Headers({"x-own": "1"}), body, timeout)


@pytest.fixture
def backend(server: Server) -> Iterator[HttpBackend]:
    backend = HttpBackend(server.url + "/")
    yield backend
    backend.close()


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Callable[[HttpBackend, WireRequest], WireResponse]:
    if request.param == "sync":
        return lambda backend, message: backend.send(message)
    return lambda backend, message: asyncio.run(_asend(backend, message))


async def _asend(backend: HttpBackend, message: WireRequest) -> WireResponse:
    return await backend.asend(message)


# -- good answers ----------------------------------------------------------------------------------


def test_a_request_goes_out_as_it_is(backend: HttpBackend, send: Sending) -> None:
    response = send(backend, wire("a%20b%2Fc?q=x+y&r=%C3%A9", "POST", b'{"a": 1}'))
    seen = json.loads(response.body)
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    assert (seen["method"], seen["path"]) == ("POST", "/v2/a%20b%2Fc?q=x+y&r=%C3%A9")
    assert seen["body"] == '{"a": 1}'
    headers = seen["headers"]
    assert headers["x-own"] == "1"
    assert headers["accept-encoding"] == "gzip"
    assert headers["accept"] == "application/json"
    assert headers["user-agent"].startswith("attio-orm")
    assert headers["content-length"] == "8"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "PUT"])
def test_every_method(backend: HttpBackend, send: Sending, method: str) -> None:
    assert json.loads(send(backend, wire("x", method)).body)["method"] == method


def test_a_compressed_page_is_unpacked(backend: HttpBackend, send: Sending) -> None:
    assert json.loads(send(backend, wire("gzip")).body) == PAGE


def test_one_socket_for_many_requests(server: Server, backend: HttpBackend) -> None:
    for number in range(20):
        backend.send(wire(f"n{number}", "POST", b"{}"))
    assert server.sockets == 1

    async def main() -> None:
        for number in range(20):
            await backend.asend(wire(f"n{number}", "POST", b"{}"))

    asyncio.run(main())
    assert server.sockets == 2
    assert len(server.paths) == 40


def test_requests_in_parallel(server: Server, backend: HttpBackend) -> None:
    transport = Transport(backend, api_key=None, base=server.url)
    requests = [Request("GET", f"/v2/n{number}") for number in range(24)]
    expected = [request.path for request in requests]
    answers = run(gather([transport.send(request) for request in requests], limit=6))
    assert [answer["path"] for answer in answers] == expected
    assert server.sockets <= 6
    answers = asyncio.run(arun(gather([transport.send(request) for request in requests], limit=6)))
    assert [answer["path"] for answer in answers] == expected


def test_redirects_are_not_followed(backend: HttpBackend, send: Sending, server: Server) -> None:
    assert send(backend, wire("redirect")).status == 302
    assert len(server.paths) == 1


def test_cookies_are_not_kept(backend: HttpBackend, send: Sending) -> None:
    assert send(backend, wire("cookie")).headers["set-cookie"] == "session=1; Path=/"
    assert "cookie" not in json.loads(send(backend, wire("echo")).body)["headers"]


# -- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["drop", "reset", "truncated", "bad-gzip"])
def test_a_connection_that_drops_after_sending(
    backend: HttpBackend, send: Sending, path: str
) -> None:
    with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1") as caught:
        send(backend, wire(path, "POST", b"{}"))
    assert caught.value.sent is True
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_server_that_is_not_there(send: Sending) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with HttpBackendFor(f"http://127.0.0.1:{port}") as backend:
        with pytest.raises(ConnectionFailedError, match="no connection") as caught:
            send(backend, wire("x", "POST", b"{}"))
        assert caught.value.sent is False


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nowhere",
        "ftp://h",
        "http://",
        "http://h:99999",
        "http://h:0",
        "http://h:x",
        "http://[1",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValidationError, match=r"https://api\.attio\.com"):
        HttpBackend(url)


def test_a_bad_address_is_named_without_its_password() -> None:
    with pytest.raises(ValidationError, match="'nowhere:x'") as caught:
        HttpBackend("http://me:secret@nowhere:x/v2")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_no_answer_in_time(backend: HttpBackend, send: Sending, path: str) -> None:
    with pytest.raises(RequestTimeoutError, match=r"within 0\.1 s") as caught:
        send(backend, wire(path, timeout=0.1))
    assert caught.value.sent is True


def test_a_failure_leaves_the_next_request_alone(backend: HttpBackend, send: Sending) -> None:
    for path in ("drop", "truncated"):
        with pytest.raises(ConnectionFailedError):
            send(backend, wire(path))
        assert send(backend, wire("x")).status == 200


def test_no_free_connection_in_time(server: Server) -> None:
    with HttpBackendFor(server.url, pool=Pool(size=1)) as backend:
        busy = threading.Thread(target=lambda: _quietly(lambda: backend.send(wire("slow"))))
        busy.start()
        while not server.paths:
            time.sleep(0.005)
        with pytest.raises(RequestTimeoutError) as caught:
            backend.send(wire("x", timeout=0.1))
        assert caught.value.sent is False
        server.release.set()
        busy.join()


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "nonsense://127.0.0.1"])
def test_a_proxy_that_cannot_be_used(
    send: Sending, server: Server, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with (
        HttpBackendFor(server.url) as backend,
        pytest.raises(ConnectionFailedError, match="ALL_PROXY"),
    ):
        send(backend, wire("x"))


def test_a_proxy_of_the_environment_is_used(
    send: Sending, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    with HttpBackendFor("http://api.attio.test") as backend:
        assert send(backend, wire("echo")).status == 200
    assert server.paths == ["http://api.attio.test/v2/echo"]


def test_missing_certificates(
    send: Sending, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def fail() -> None:
        raise FileNotFoundError("no such bundle")

    import httpx

    monkeypatch.setattr(httpx, "create_ssl_context", fail)
    with (
        HttpBackendFor("https://127.0.0.1:1") as backend,
        pytest.raises(ConnectionFailedError, match="SSL_CERT_FILE"),
    ):
        send(backend, wire("x"))


class HttpBackendFor(HttpBackend):
    """A backend for a ``with`` block."""

    def __enter__(self) -> HttpBackend:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _quietly(work: Callable[[], Any]) -> None:
    with suppress(AttioError):
        work()


# -- through the pipeline --------------------------------------------------------------------------


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, backend: HttpBackend) -> Callable[[Request], Any]:
    transport = Transport(
        backend,
        api_key="tok-123456",
        base=backend.base_url,
        max_attempts=2,
        timeout=5,
        jitter=lambda longest: 0.0,
    )
    if request.param == "sync":
        return lambda message: run(transport.send(message))
    return lambda message: asyncio.run(arun(transport.send(message)))


@pytest.mark.parametrize(
    ("path", "expected", "attempts"),
    [
        ("html", InvalidResponseError, 1),
        ("empty", InvalidResponseError, 2),
        ("half-json", InvalidResponseError, 2),
        ("truncated", ConnectionFailedError, 2),
        ("drop", ConnectionFailedError, 2),
        ("missing", NotFoundError, 1),
    ],
)
def test_reads_of_bad_answers(
    ask: Callable[[Request], Any],
    server: Server,
    path: str,
    expected: type[Exception],
    attempts: int,
) -> None:
    with pytest.raises(expected):
        ask(Request("GET", f"/v2/{path}"))
    assert len(server.paths) == attempts


@pytest.mark.parametrize("path", ["html", "empty", "half-json", "truncated", "drop", "reset"])
def test_creates_with_bad_answers_are_not_repeated(
    ask: Callable[[Request], Any], server: Server, path: str
) -> None:
    with pytest.raises(OutcomeUnknownError):
        ask(Request("POST", f"/v2/{path}", json={}, purpose="write"))
    assert len(server.paths) == 1


def test_a_date_to_retry_after_is_waited_for(ask: Callable[[Request], Any], server: Server) -> None:
    begun = time.monotonic()
    seen = ask(Request("POST", "/v2/limited", json={}, purpose="write"))
    assert time.monotonic() - begun >= 0.9
    assert seen["headers"]["authorization"] == "Bearer tok-123456"
    assert server.limited == 2


# -- event loops, threads and processes ------------------------------------------------------------


def test_event_loops_closed_and_reopened(server: Server, backend: HttpBackend) -> None:
    for _ in range(3):
        assert asyncio.run(_asend(backend, wire("x"))).status == 200
    assert server.sockets == 3
    assert len(backend._loops) == 1
    gc.collect()


def test_a_loop_closed_without_ceremony(server: Server, backend: HttpBackend) -> None:
    for _ in range(3):
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(backend.asend(wire("x"))).status == 200
        loop.close()
        del loop
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        backend.close()
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
    assert server.sockets == 3


def test_loops_in_several_threads(server: Server, backend: HttpBackend) -> None:
    statuses: list[int] = []

    def work() -> None:
        for _ in range(3):
            statuses.append(asyncio.run(_asend(backend, wire("x"))).status)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 18


def test_threads_share_one_client(server: Server, backend: HttpBackend) -> None:
    clients: list[Any] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        backend.send(wire("x"))
        clients.append(backend._transport)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, clients))) == 1


def test_cancelling_a_request_leaves_nothing(server: Server, backend: HttpBackend) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await backend.asend(wire("slow"))
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert (await backend.asend(wire("x"))).status == 200

    asyncio.run(main())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_after_connecting(server: Server, backend: HttpBackend) -> None:
    mine = json.loads(backend.send(wire("x")).body)["socket"]

    async def main() -> None:
        await backend.asend(wire("x"))
        child = os.fork()
        if child == 0:  # pragma: no cover
            os._exit(_in_child(backend, mine))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (await backend.asend(wire("x"))).status == 200

    asyncio.run(main())
    assert json.loads(backend.send(wire("x")).body)["socket"] == mine
    assert server.sockets == 4


def _in_child(backend: HttpBackend, parents_socket: int) -> int:  # pragma: no cover
    try:
        if json.loads(backend.send(wire("x")).body)["socket"] == parents_socket:
            return 2
        asyncio.events._set_running_loop(None)  # what a new process has
        if asyncio.run(_asend(backend, wire("x"))).status != 200:
            return 3
        backend.close()
        return 0
    except BaseException:
        return 1


# -- closing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("close", ["close", "aclose"])
def test_closing_is_final_and_idempotent(server: Server, close: str) -> None:
    backend = HttpBackend(server.url)

    async def closing() -> None:
        result: Awaitable[None] | None = getattr(backend, close)()
        if result is not None:
            await result

    async def main() -> None:
        await backend.asend(wire("x"))
        await asyncio.to_thread(backend.send, wire("x"))
        await closing()
        await closing()
        with pytest.raises(NotConnectedError, match=r"connect\(\)"):
            await backend.asend(wire("x"))

    asyncio.run(main())
    with pytest.raises(NotConnectedError):
        backend.send(wire("x"))


@pytest.mark.parametrize("close", ["close", "aclose"])
def test_closing_lets_go_of_the_sockets(server: Server, close: str) -> None:
    backend = HttpBackend(server.url)

    async def main() -> None:
        await backend.asend(wire("x"))
        await asyncio.to_thread(backend.send, wire("x"))
        assert server.open == 2
        (held,) = backend._loops.values()
        result: Awaitable[None] | None = getattr(backend, close)()
        if result is not None:
            await result
            assert held.transport.is_closed
        del held
        # while backend and loop go on, so that nothing else closes them
        async with asyncio.timeout(5):
            while server.open:
                await asyncio.sleep(0.005)

    asyncio.run(main())


def test_a_request_under_way_ends_when_the_backend_is_closed(
    server: Server, backend: HttpBackend
) -> None:
    failures: list[AttioError] = []

    def work() -> None:
        try:
            backend.send(wire("slow", "POST", b"{}"))
        except AttioError as error:
            failures.append(error)

    busy = threading.Thread(target=work)
    busy.start()
    while not server.paths:
        time.sleep(0.005)
    backend.close()
    server.release.set()
    busy.join(10)
    (failure,) = failures
    assert isinstance(failure, ConnectionFailedError)
    assert failure.sent is True, "it may have been carried out"


def test_a_backend_closed_between_taking_the_client_and_sending(
    server: Server, backend: HttpBackend, send: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another thread would, just then: nothing was sent, and the error is one of ours."""
    close_once_taken(backend, monkeypatch)
    with pytest.raises(NotConnectedError, match=r"connect\(\)") as caught:
        send(backend, wire("x", "POST", b"{}"))
    assert caught.value.__context__ is None
    assert server.paths == []


def test_a_failure_after_sending_is_never_told_as_not_sent(
    server: Server, backend: HttpBackend, send: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A RuntimeError of a client that is closed by then: the request may have been carried out."""

    def answered(*given: Any) -> WireResponse:
        backend.close()
        raise RuntimeError("Cannot send a request, as the client has been closed.")

    monkeypatch.setattr(http, "answer_of", answered)
    with pytest.raises(RuntimeError):
        send(backend, wire("x", "POST", b"{}"))
    assert len(server.paths) == 1


def test_closing_without_having_sent(server: Server) -> None:
    HttpBackend(server.url).close()
    asyncio.run(HttpBackend(server.url).aclose())


def test_a_dropped_backend_closes_its_sockets(server: Server) -> None:
    backend = HttpBackend(server.url)
    backend.send(wire("x"))
    client = backend._transport
    assert client is not None
    del backend
    gc.collect()
    assert client.is_closed


def test_a_dropped_backend_in_a_running_loop(server: Server) -> None:
    async def main() -> None:
        backend = HttpBackend(server.url)
        await backend.asend(wire("x"))
        (held,) = backend._loops.values()
        client = held.transport
        del backend, held
        gc.collect()
        await asyncio.sleep(0.01)
        assert client.is_closed

    asyncio.run(main())


def test_a_dropped_backend_is_quiet(server: Server) -> None:
    """All of it is garbage at once, in a circle: the sockets are closed, and not torn down."""

    async def main() -> None:
        backend = HttpBackend(server.url)
        await backend.asend(wire("x"))
        circle: list[Any] = [backend]
        circle.append(circle)
        del backend, circle
        gc.collect()
        async with asyncio.timeout(5):
            while server.open:
                await asyncio.sleep(0.005)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    assert [str(each.message) for each in caught] == []


def test_the_exit_of_a_process_is_quiet(server: Server) -> None:
    code = (
        "import asyncio, logging\n"
        # a busy machine is slow, which asyncio warns of; what is left undone is an error
        "logging.getLogger('asyncio').setLevel(logging.ERROR)\n"
        "from attio_orm.transport import HttpBackend, Headers, WireRequest\n"
        f"backend = HttpBackend({server.url!r})\n"
        "request = WireRequest('GET', '/v2/x', Headers(), b'', 5.0)\n"
        "backend.send(request)\n"
        "asyncio.run(backend.asend(request))\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_httpx_is_imported_with_the_first_request() -> None:
    code = (
        "import sys\n"
        "from attio_orm.transport import HttpBackend\n"
        "HttpBackend('https://api.attio.com')\n"
        "late = 'httpx httpcore asyncio ssl concurrent.futures'.split()\n"
        "print([name for name in late if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_its_repr_is_its_host() -> None:
    assert repr(HttpBackend("https://api.attio.com/some-path")) == "HttpBackend('api.attio.com')"


# -- the token in the open -------------------------------------------------------------------------


@pytest.fixture
def elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpBackend]:
    """A backend to another machine, which the environment's proxy answers for."""
    monkeypatch.setenv("HTTP_PROXY", server.url)
    with HttpBackendFor("http://api.attio.test") as backend:
        yield backend


def with_token() -> WireRequest:
    return WireRequest("GET", "/v2/x", Headers({"authorization": "Bearer f00dcafe"}), b"", 10.0)


def test_a_token_in_the_open_is_warned_of_once(elsewhere: HttpBackend, send: Sending) -> None:
    assert send(elsewhere, wire("x")).status == 200, "no token, no warning"
    with pytest.warns(UserWarning, match=r"api\.attio\.test over http://.*https://") as caught:
        send(elsewhere, with_token())
    assert "f00dcafe" not in str(caught[0].message)
    assert send(elsewhere, with_token()).status == 200, "warnings are errors here"


def test_where_warnings_are_errors_no_token_goes_out(
    elsewhere: HttpBackend, send: Sending, server: Server
) -> None:
    for _ in range(2):
        with pytest.raises(UserWarning, match="over http://"):
            send(elsewhere, with_token())
    assert server.paths == []


def test_the_secret_of_an_app_is_warned_of_as_well(elsewhere: HttpBackend, send: Sending) -> None:
    asked = WireRequest("POST", "/oauth/token", Headers(), b"client_secret=x", 10.0)
    with pytest.warns(
        UserWarning, match=r"secret of an app, goes to api\.attio\.test over http://"
    ):
        send(elsewhere, asked)


def test_the_warning_names_the_line_of_the_caller(elsewhere: HttpBackend) -> None:
    with pytest.warns(UserWarning, match="over http://") as caught:
        elsewhere.send(with_token())
    assert caught[0].filename == __file__


def test_on_this_machine_no_token_is_in_the_open(backend: HttpBackend, send: Sending) -> None:
    assert send(backend, with_token()).status == 200


# -- mutual TLS ------------------------------------------------------------------------------------


@pytest.fixture
def asks_for_certificates() -> Iterator[Hostile]:
    with Hostile(is_tls=True) as server:
        assert server.context is not None
        server.context.verify_mode = ssl.CERT_REQUIRED
        server.context.load_verify_locations(CERTIFICATE)
        yield server


def test_a_server_that_asks_for_a_certificate(
    asks_for_certificates: Hostile, send: Callable[[HttpBackend, WireRequest], WireResponse]
) -> None:
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    mutual = ssl.create_default_context(cafile=CERTIFICATE)
    mutual.load_cert_chain(CERTIFICATE, CERTIFICATE.with_suffix(".key"))
    address = f"https://localhost:{asks_for_certificates.port}"
    known = HttpBackend(address, ssl=mutual)
    assert json.loads(send(known, wire("good")).body) == {"data": "/v2/good"}
    assert asks_for_certificates.asked == ["/v2/good"]
    unknown = HttpBackend(address, ssl=trusting)
    with pytest.raises(ConnectionFailedError, match="localhost"):
        send(unknown, wire("good"))
    assert asks_for_certificates.asked == ["/v2/good"], "nothing was carried out without one"
    for each in (known, unknown):
        each.close()
