"""The way to a server: its address, the proxy before it, certificates, and requests as httpcore's.

httpx says what all of these mean; importing this imports it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from ssl import SSLContext, create_default_context
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import h11
import httpcore
import httpx

from attio_orm.transport.requests import HEADERS, WireRequest
from attio_orm.transport.streams import AsyncWire, Wire
from attio_orm.transport.tokens import HiddenKey

_MOST_KEPT = 256

# What a target may hold as it is; httpx knows how to write the rest.
_PLAIN = re.compile(r"/[\w.~:/?\[\]@!$&'()*+,;=%-]*", re.ASCII)


def certificates(given: SSLContext | str | os.PathLike[str] | None) -> SSLContext:
    """What to trust: a context, the certificates of a file or folder, or what is usual.

    Raises ``OSError`` for what cannot be read.
    """
    if isinstance(given, SSLContext):
        return given
    if given is None:
        return httpx.create_ssl_context()  # by SSL_CERT_FILE and SSL_CERT_DIR
    if os.path.isdir(given):
        return create_default_context(capath=given)
    return create_default_context(cafile=given)


def route_to(address: str, trusted: SSLContext, proxy: HiddenKey | None) -> Route:
    """The way to the server of an address, by the given proxy or by that of the environment.

    Raises ``ValueError`` and ``ImportError`` for what cannot be used.
    """
    found = proxy.given if proxy is not None else _proxy_of_the_environment(address)
    try:
        way = None if found is None else httpx.Proxy(cast("str", found))
        return Route(httpx.URL(address), trusted, way)
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None


def _proxy_of_the_environment(address: str) -> str | None:
    parts = urlsplit(address)
    proxies = getproxies()
    found = proxies.get(parts.scheme.lower()) or proxies.get("all")
    # a host with its port: NO_PROXY may name either
    if not found or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return found if "://" in found else f"http://{found}"


class Route:
    """Connects to one server, and makes the requests to it."""

    def __init__(self, url: httpx.URL, trusted: SSLContext, proxy: httpx.Proxy | None) -> None:
        """Raises ``ImportError`` for a proxy that needs a package which is not installed."""
        self._url = url
        self._server: dict[str, Any] = {
            "scheme": url.raw_scheme,
            "host": url.raw_host,
            "port": url.port,
        }
        self.origin = httpcore.URL(**self._server, target=b"/").origin
        self._prefix = url.raw_path.rstrip(b"/")
        self._trusted = trusted
        self._proxy = proxy
        if proxy is not None and proxy.url.scheme.startswith("socks"):
            import_module("socksio")  # httpcore needs it, and says so less clearly

        self._headers: dict[Any, Any] = {}
        # how often TLS is put on: with a proxy that speaks it, with the server, or with both
        self.layers = (url.scheme == "https") + (proxy is not None and proxy.url.scheme == "https")

    def connection(self, wire: Wire) -> httpcore.ConnectionInterface:
        """A connection, which connects at its first request."""
        if self._proxy is not None:
            connection: httpcore.ConnectionInterface
            connection = self._through_proxy("", wire).create_connection(self.origin)
            return connection
        return httpcore.HTTPConnection(self.origin, self._trusted, network_backend=wire)

    def async_connection(self, wire: AsyncWire) -> httpcore.AsyncConnectionInterface:
        """The twin of ``connection``."""
        if self._proxy is not None:
            connection: httpcore.AsyncConnectionInterface
            connection = self._through_proxy("Async", wire).create_connection(self.origin)
            return connection
        return httpcore.AsyncHTTPConnection(self.origin, self._trusted, network_backend=wire)

    def _through_proxy(self, colour: str, wire: object) -> Any:
        """One of httpcore's pools: it knows the way through a proxy, and never holds anything."""
        assert self._proxy is not None
        url = self._proxy.url
        options: dict[str, Any] = {
            "proxy_url": httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"
            ),
            "proxy_auth": self._proxy.raw_auth,
            "ssl_context": self._trusted,
            "network_backend": wire,
        }
        if url.scheme.startswith("socks"):
            return getattr(httpcore, f"{colour}SOCKSProxy")(**options)
        options["proxy_headers"] = self._proxy.headers.raw
        if url.scheme == "https":
            options["proxy_ssl_context"] = self._proxy.ssl_context or self._trusted
        return getattr(httpcore, f"{colour}HTTPProxy")(**options)

    def request(self, asked: WireRequest) -> httpcore.Request:
        """The request, each wait of which takes its timeout.

        Raises ``httpx.InvalidURL``, ``h11.LocalProtocolError`` and ``UnicodeError`` for what no
        request can hold.
        """
        waits = {"connect": asked.timeout, "read": asked.timeout, "write": asked.timeout}
        return self.request_of(
            asked.method, self._target(asked.path), self._fields(asked), asked.body, waits
        )

    def request_of(
        self, method: str, target: bytes, headers: Any, body: bytes, waits: Mapping[str, Any]
    ) -> httpcore.Request:
        """The same, of parts."""
        url = httpcore.URL(**self._server, target=target)
        request = httpcore.Request(method, url, content=body, extensions={"timeout": waits})
        request.headers = headers
        return request

    def _target(self, path: str) -> bytes:
        if _PLAIN.fullmatch(path):
            return self._prefix + path.encode("ascii")
        if not path.startswith("/"):
            return httpx.URL(path).raw_path
        return self._url.copy_with(raw_path=b"/").join(path).raw_path

    def _fields(self, asked: WireRequest) -> Any:
        """The header fields, checked by h11 once: most requests have those of one before."""
        # for what has no body, too, which httpx tells by the method
        length = len(asked.body) if asked.body or asked.method in ("POST", "PUT", "PATCH") else -1
        key = (length, *asked.headers.items())
        found = self._headers.get(key)
        if found is None:
            fields = {"host": self._url.netloc.decode("ascii"), **HEADERS, **asked.headers}
            if length >= 0:
                fields["content-length"] = str(length)
            made = h11.Request(method="GET", target="/", headers=list(fields.items()))
            if len(self._headers) >= _MOST_KEPT:
                self._headers.clear()
            found = self._headers[key] = made.headers
        return found
