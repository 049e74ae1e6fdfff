"""Requests as the API builds them and as they are sent, answers, and what carries both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

import msgspec
from msgspec import Struct

from attio_orm.effects import Operation
from attio_orm.errors import ValidationError
from attio_orm.transport.decoding import decode_json

Purpose: TypeAlias = Literal["introspect", "read", "write", "search"]
"""Why a request is made; ``write`` counts against the write limit, the others are reads."""


class Missing(Enum):
    """The type of ``MISSING``."""

    MISSING = "MISSING"


MISSING: Final = Missing.MISSING
"""No value was given, where ``None`` would be one."""


def _plain(value: object) -> Any:
    if isinstance(value, str):
        return str.__str__(value)  # not str(): a subclass may show something else
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    raise TypeError(f"A value of type {type(value).__name__} cannot be sent as JSON.")


_encode: Callable[[Any], bytes] = msgspec.json.Encoder(
    enc_hook=_plain, decimal_format="number"
).encode


def encode_json(value: Any) -> bytes:
    """A value as JSON: ``str`` and number subclasses as what they are, ``Decimal`` as a number.

    Raises ``ValidationError`` for a text that UTF-8 cannot carry.
    """
    try:
        return _encode(value)
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"What is to be sent contains half of a surrogate pair at position {error.start} of a "
            f"text, which UTF-8 cannot carry: decode the text properly, or remove it."
        ) from None


class Doubt(Struct, frozen=True):
    """What a write met before it is sent again, or given up.

    ``may_have_arrived`` says that one of its attempts may have been carried out. ``since`` is
    Attio's own time of the last answer before the first such attempt: the ``Date`` of its headers,
    ``None`` where there was none.
    """

    may_have_arrived: bool
    since: str | None = None


class Again(Struct, frozen=True):
    """A write is to be sent again with this as its ``json``: more is known by now."""

    json: Any


Settle: TypeAlias = Callable[[Doubt], Operation[Any]]
"""Finds out what became of a write: gives its result where it arrived, ``MISSING`` where it is to
be sent (again), or ``Again``. Raises where it is not to be sent, or where nobody can tell.
"""


class Request(Struct, frozen=True):
    """One request to Attio, without its token.

    ``path`` starts with ``/v2`` and its segments are percent-encoded; ``params`` that are ``None``
    are left out; ``json`` is sent as it is (wrap it in ``{"data": ...}`` where Attio wants that),
    ``content`` with ``content_type`` where a body is not JSON. ``decode`` turns the body of a good
    answer into the result; what it cannot read it refuses with ``msgspec.DecodeError``.
    ``settle`` is what a write that may have arrived asks before it is repeated; without it, that is
    never done. ``redirects`` says what becomes of one: it is an error, it is followed (a good body
    goes to the file ``save_to`` then, if there is one, and ``decode`` gets nothing), or the
    ``WireRequest`` to go on with is the result. ``headers`` are sent beside the usual ones, and
    replace none of them.
    """

    method: str
    path: str
    params: Mapping[str, str | int | bool | None] | None = None
    json: Any = MISSING
    purpose: Purpose = "read"
    decode: Callable[[bytes], Any] = decode_json
    settle: Settle | None = None
    content: bytes | None = None
    content_type: str = "application/json"
    redirects: Literal["refused", "followed", "given"] = "refused"
    save_to: str | None = None
    headers: Mapping[str, str] | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no harm: all but a POST, PATCH or PUT that writes."""
        # Attio has no idempotency keys: a POST that is sent twice may create twice, and a PATCH or
        # PUT undoes what others wrote after it had arrived
        return self.purpose != "write" or self.method == "DELETE"


def changes_schema(request: Request) -> bool:
    """Whether it changes what the workspace has: objects, lists, attributes, options, members."""
    if request.purpose != "write":
        return False
    _, root, *rest = request.path.partition("?")[0].split("/")
    if root == "scim":
        return True
    # an object by itself, or its attributes and what is below them; not its records
    return rest[:1] in (["objects"], ["lists"]) and (len(rest) < 3 or rest[2] == "attributes")


def target_of(request: Request) -> str:
    """The path of a request with its query string."""
    if not request.params:  # most have none
        return request.path
    pairs = [
        (name, str(value).lower() if isinstance(value, bool) else value)  # true, and not True
        for name, value in request.params.items()
        if value is not None
    ]
    if not pairs:
        return request.path
    from urllib.parse import urlencode  # only here: most requests have no query string

    return f"{request.path}{'&' if '?' in request.path else '?'}{urlencode(pairs)}"


def body_of(request: Request) -> bytes:
    """The body of a request as it is sent. Raises as ``encode_json`` does."""
    return (request.content or b"") if request.json is MISSING else encode_json(request.json)


# -- on the line ----------------------------------------------------------------------------------


class Headers(dict[str, str]):
    """Header fields under lower-case names; the repr does not show the access token."""

    def __repr__(self) -> str:
        shown = {k: "***" if k == "authorization" else v for k, v in self.items()}
        return f"Headers({shown!r})"

    __str__ = __repr__


HEADERS: Final[Mapping[str, str]] = {
    "user-agent": "attio-orm",
    "accept": "application/json",
    "accept-encoding": "gzip",  # what ``bodies`` unpacks
}
"""What every request over HTTP has, where it does not say otherwise."""


class WireRequest(Struct):
    """A request as a backend sends it: ``path`` with its query string, ``timeout`` in seconds.

    Where a redirect was followed, ``path`` may be a whole address on another host. ``deadline`` is
    the moment, by ``time.monotonic()``, by which the whole answer has to be here.
    """

    method: str
    path: str
    headers: Headers
    body: bytes
    timeout: float = 30.0
    deadline: float | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Whether a redirect led to a whole address; other paths begin with a slash."""
        return not self.path.startswith("/")

    def __repr__(self) -> str:
        # without headers and body, which hold the token and the user's data
        # the query of a whole address is a signature, as good as a token
        path = self.path.partition("?")[0] if self.is_elsewhere else self.path
        return f"WireRequest({self.method} {path}, {self.timeout:g} s)"


class WireResponse(Struct):
    """An answer as a backend gives it: header names in lower case, the body decompressed.

    ``attio_orm.transport.Response`` is another name of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
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

    async def aclose(self) -> None:
        """The twin of ``close``."""
