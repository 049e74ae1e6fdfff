"""TLS and proxies: what is trusted, which way a request goes, and what is told of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import pytest

from attio_orm.errors import ConnectionFailedError
from attio_orm.transport import Headers, HttpBackend, WireRequest
from attio_orm.transport.streams import AsyncWire, LoopStream
from tests.colours import Colour
from tests.transport.hostile import CERTIFICATE, FOREIGN, Hostile, Proxy, own
from tests.transport.test_conformance import DOUBLED

Asking = Callable[..., bytes]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def secure() -> Iterator[Hostile]:
    with Hostile(is_tls=True) as server:
        yield server


@pytest.fixture
def plain() -> Iterator[Hostile]:
    with Hostile() as server:
        yield server


@pytest.fixture(params=[False, True], ids=["http-proxy", "https-proxy"])
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    with Proxy(is_tls=request.param) as proxy:
        yield proxy


@pytest.fixture
def ask(colour: Colour) -> Asking:
    """The bodies of some requests to one backend, which is closed then."""

    def ask(
        url: str, *names: str, between: Callable[[], object] = list, **options: Any
    ) -> list[bytes]:
        backend = HttpBackend(url, **options)
        requests = [WireRequest("POST", f"/v2/{name}", Headers(), b"{}", 5.0) for name in names]

        async def main() -> list[bytes]:
            try:
                bodies: list[bytes] = []
                for request in requests:
                    bodies.append((await backend.asend(request)).body)
                    between()
                return bodies
            finally:
                await backend.aclose()

        if colour.is_async:
            return asyncio.run(main())
        try:
            bodies: list[bytes] = []
            for request in requests:
                bodies.append(backend.send(request).body)
                between()
            return bodies
        finally:
            backend.close()

    return ask  # type: ignore[return-value]


GOOD = own("/v2/good")


# -- TLS -------------------------------------------------------------------------------------------


def by_path() -> Any:
    return CERTIFICATE


def by_text() -> Any:
    return str(CERTIFICATE)


def by_context() -> Any:
    return ssl.create_default_context(cafile=CERTIFICATE)


@pytest.mark.parametrize("trusted", [by_path, by_text, by_context])
def test_what_is_trusted(ask: Asking, secure: Hostile, trusted: Callable[[], Any]) -> None:
    assert ask(secure.url, "good", "gzip", "good", ssl=trusted()) == [GOOD, own("/v2/gzip"), GOOD]
    assert secure.connections == 1


def test_certificates_of_the_environment(
    ask: Asking, secure: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert ask(secure.url, "good") == [GOOD]


def test_a_stranger_is_not_told_anything(ask: Asking, secure: Hostile) -> None:
    with pytest.raises(ConnectionFailedError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        ask(secure.url, "good")
    assert not caught.value.sent
    assert secure.asked == []


def test_a_name_that_is_not_in_the_certificate(ask: Asking, secure: Hostile) -> None:
    with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.2") as caught:
        ask(f"https://127.0.0.2:{secure.port}", "good", ssl=CERTIFICATE)
    assert not caught.value.sent


def test_a_server_without_tls(ask: Asking, plain: Hostile) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        ask(f"https://127.0.0.1:{plain.port}", "good")
    assert not caught.value.sent


@pytest.mark.parametrize("name", DOUBLED)
def test_what_comes_after_an_answer_under_tls(ask: Asking, secure: Hostile, name: str) -> None:
    names = [name, "good"] * 3
    # what comes after the next request was sent, nobody can tell from its answer
    bodies = ask(secure.url, *names, ssl=CERTIFICATE, between=secure.settle)
    assert bodies == [own(f"/v2/{each}") for each in names]


# -- proxies ---------------------------------------------------------------------------------------


def test_a_tunnel(ask: Asking, secure: Hostile, proxy: Proxy) -> None:
    names = ["good", "gzip", "doubled", "good"]
    bodies = ask(secure.url, *names, ssl=CERTIFICATE, proxy=proxy.url)
    assert bodies == [own(f"/v2/{name}") for name in names]
    assert set(proxy.asked) == {f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1"}
    assert proxy.connections == secure.connections == 2, "one more after the doubled answer"


@pytest.mark.parametrize("name", ["nothing", "cut-in-the-body"])
def test_what_breaks_in_a_tunnel_was_sent(
    ask: Asking, secure: Hostile, proxy: Proxy, name: str
) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        ask(secure.url, name, ssl=CERTIFICATE, proxy=proxy.url)
    assert caught.value.sent


async def test_what_comes_in_the_open_is_not_taken_for_what_comes_under_tls() -> None:
    """A proxy could put an answer of its own before that of the server."""
    wire = AsyncWire(1)
    stream = LoopStream(wire, asyncio.get_running_loop())
    stream.data_received(FOREIGN)
    with pytest.raises(httpcore.ConnectError, match="before TLS"):
        await stream.start_tls(ssl.create_default_context(), "localhost", 5.0)


def test_what_a_proxy_says_beside_its_answer(ask: Asking, secure: Hostile) -> None:
    with Proxy(status="200 OK\r\n\r\n" + FOREIGN.decode()) as proxy:
        try:
            bodies = ask(secure.url, "good", ssl=CERTIFICATE, proxy=proxy.url)
        except ConnectionFailedError:
            bodies = []
    assert bodies in ([], [GOOD])


def test_a_proxy_that_refuses(ask: Asking, secure: Hostile) -> None:
    with (
        Proxy(status="407 Who Are You") as proxy,
        pytest.raises(ConnectionFailedError, match="407 Who Are You") as caught,
    ):
        ask(secure.url, "good", ssl=CERTIFICATE, proxy=proxy.url)
    assert not caught.value.sent, "the proxy was asked, and the server was not"
    assert secure.asked == []


def test_the_password_of_a_proxy(ask: Asking, secure: Hostile) -> None:
    with Proxy() as proxy:
        address = proxy.url.replace("//", "//me:secret@")
        assert ask(secure.url, "good", ssl=CERTIFICATE, proxy=address) == [GOOD]
        assert b"Proxy-Authorization: Basic bWU6c2VjcmV0" in proxy.heads[0]
    assert b"roxy" not in secure.heads[0]


def test_a_request_in_the_open_is_forwarded(ask: Asking, plain: Hostile) -> None:
    """The proxy is the server here: what it is asked is the whole address."""
    bodies = ask("http://api.attio.test/x", "good", "good", proxy=plain.url)
    assert bodies == [own("http://api.attio.test/x/v2/good")] * 2
    assert plain.connections == 1


def test_a_proxy_given_goes_before_that_of_the_environment(
    ask: Asking, plain: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")
    assert ask("http://api.attio.test", "good", proxy=plain.url)


@pytest.mark.parametrize("none", ["127.0.0.1", "localhost,127.0.0.1:{port}", "*"])
def test_no_proxy(ask: Asking, plain: Hostile, none: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with pytest.raises(ConnectionFailedError):
        ask(plain.url, "good")
    monkeypatch.setenv("NO_PROXY", none.format(port=plain.port))
    assert ask(plain.url, "good") == [GOOD]


def test_a_proxy_by_socks_needs_its_package(ask: Asking, plain: Hostile) -> None:
    try:
        import socksio  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        with pytest.raises(ConnectionFailedError, match="socksio"):
            ask(plain.url, "good", proxy="socks5://127.0.0.1:1")
    else:
        with pytest.raises(ConnectionFailedError) as caught:
            ask(plain.url, "good", proxy="socks5://127.0.0.1:1")
        assert not caught.value.sent
