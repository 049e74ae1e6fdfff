"""What goes through the transport: requests as the API modules build them, and their wire forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

import msgspec
from msgspec import Struct

from attio_orm.plans import PlannedRequest

Purpose: TypeAlias = Literal["introspect", "read", "write", "search"]
"""Why a request is made; ``write`` counts against the write limit, the others are reads."""


class Missing(Enum):
    """The type of ``MISSING``."""

    MISSING = "MISSING"


MISSING: Final = Missing.MISSING
"""No value was given, where ``None`` would be one."""


def decode_json(body: bytes) -> Any:
    """The JSON of a body as plain Python; raises ``msgspec.DecodeError`` where it is none."""
    return msgspec.json.decode(body)


def encode_json(value: Any) -> bytes:
    """A value as JSON: ``str`` and number subclasses as what they are, ``Decimal`` as a number."""
    return _encoder.encode(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    raise TypeError(f"A value of type {type(value).__name__} cannot be sent as JSON.")


_encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number")


class Request(Struct, frozen=True):
    """One request to Attio, without its token.

    ``path`` starts with ``/v2`` and its segments are percent-encoded; ``params`` that are ``None``
    are left out; ``json`` is sent as it is (wrap it in ``{"data": ...}`` where Attio wants that),
    ``content`` with ``content_type`` where a body is not JSON. ``decode`` turns the body of a good
    answer into the result; what it cannot read it refuses with ``msgspec.DecodeError``.
    """

    method: str
    path: str
    params: Mapping[str, str | int | bool | None] | None = None
    json: Any = MISSING
    purpose: Purpose = "read"
    decode: Callable[[bytes], Any] = decode_json
    repeatable: bool | None = None
    content: bytes | None = None
    content_type: str = "application/json"

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no harm: all but a POST that writes, unless told."""
        if self.repeatable is not None:
            return self.repeatable
        return self.method != "POST" or self.purpose != "write"

    @property
    def target(self) -> str:
        """The path with its query string."""
        pairs = [
            (name, _text(value)) for name, value in (self.params or {}).items() if value is not None
        ]
        if not pairs:
            return self.path
        from urllib.parse import urlencode

        return f"{self.path}?{urlencode(pairs)}"

    @property
    def body(self) -> bytes:
        """The bytes to send; empty where there is no body."""
        if self.content is not None:
            return self.content
        return b"" if self.json is MISSING else encode_json(self.json)

    @property
    def planned(self) -> PlannedRequest:
        """The request as a dry run notes it."""
        json = None if self.json is MISSING else decode_json(encode_json(self.json))
        params = {name: value for name, value in (self.params or {}).items() if value is not None}
        return PlannedRequest(self.method, self.path, params or None, json, self.purpose)


def _text(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Headers(dict[str, str]):
    """Header fields under lower-case names; the repr does not show the access token."""

    def __repr__(self) -> str:
        """All but the token."""
        shown = {k: "***" if k == "authorization" else v for k, v in self.items()}
        return f"Headers({shown!r})"

    __str__ = __repr__


class WireRequest(Struct):
    """A request as a backend sends it: ``path`` with its query string, ``timeout`` in seconds."""

    method: str
    path: str
    headers: Headers
    body: bytes
    timeout: float = 30.0

    def __repr__(self) -> str:
        """Without headers and body, which hold the token and the user's data."""
        return f"WireRequest({self.method} {self.path}, {self.timeout:g} s)"


class WireResponse(Struct):
    """An answer as a backend gives it: header names in lower case, the body decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Without headers and body."""
        return f"WireResponse({self.status}, {len(self.body)} bytes)"


class Backend(Protocol):
    """The way to a server. It raises ``ConnectionFailedError`` and ``RequestTimeoutError`` only."""

    def send(self, request: WireRequest, /) -> WireResponse:
        """Send and wait for the whole answer."""
        ...

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        ...

    def close(self) -> None:
        """Let go of sockets and files; idempotent."""
        ...

    async def aclose(self) -> None:
        """The twin of ``close``."""
        ...
