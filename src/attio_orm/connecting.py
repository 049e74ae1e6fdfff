"""``connect()`` and ``aconnect()``: from an address and a token to an open connection."""

from __future__ import annotations

import os
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attio_orm.conditions.calendar import zone_of
from attio_orm.connection import current
from attio_orm.connection.addresses import resolve
from attio_orm.connection.carriers import Trusted, carrier
from attio_orm.effects import Operation, arun, run
from attio_orm.errors import ValidationError
from attio_orm.keywords import checked_keywords
from attio_orm.models.connection import Connection
from attio_orm.models.registry import registry
from attio_orm.records.base import OnDrift
from attio_orm.schema import Schema
from attio_orm.transport import ApiKey, Limiter
from attio_orm.transport.authentication import HiddenKey, hidden
from attio_orm.transport.bounds import MAX_ANSWER
from attio_orm.transport.pool import Pool

if TYPE_CHECKING:
    from attio_orm.cache import Cache
    from attio_orm.connection.carriers import Brought

Snapshot: TypeAlias = "str | os.PathLike[str] | None"


@checked_keywords
def connect(
    url: str | None = None,
    *,
    api_key: ApiKey | None = None,
    schema: Snapshot = None,
    schema_ttl: float | None = 3600.0,
    on_drift: OnDrift = "warn",
    limits: Literal["auto"] | Limiter | None = "auto",
    timeout: float = 30.0,
    deadline: float | None = None,
    max_attempts: int = 5,
    cache: Cache | None = None,
    pool: Pool | None = None,
    timezone: str | tzinfo = "UTC",
    max_answer: int = MAX_ANSWER,
    ssl: Trusted | None = None,
    proxy: str | None = None,
    transport: Brought | None = None,
) -> Connection:
    """Connect to a workspace, and make it the default.

    ``url``: nothing for Attio itself (token from ``api_key`` or ``ATTIO_API_KEY``), ``"sandbox://"``
    for a fresh local workspace in memory, ``"sandbox:///file.db"`` for one in a file, ``?seed=crm``
    to fill it, or the ``http(s)://`` address of a server that speaks the API, with or without its
    ``/v2``. A token that goes to another machine over ``http://`` is warned of. ``schema`` names a
    snapshot to start from, ``schema_ttl`` after how many seconds what the workspace has is read
    anew (``None``: never; a snapshot is not). The application's models are introspected, and
    ``on_drift`` says what becomes of differences. ``timeout`` is in seconds for each wait of an
    attempt, ``deadline`` for a whole call, past which ``DeadlineExceededError`` is raised.
    ``limits`` of ``None`` turns pacing off. A ``cache`` answers anew what was
    asked for a moment ago. ``pool`` says how many connections there may be, ``max_answer`` how many
    bytes an answer may have, unpacked. ``ssl`` (a context, or a path of
    certificates) and ``proxy`` (an address) go before the environment's; ``transport`` brings a
    ``Backend``, or a client or transport of httpx. ``timezone`` is where the days are that moments
    are compared with, by its name (``"Europe/Berlin"``). Raises ``ValidationError`` for what cannot
    be meant, such as an address with a password or a query in it, ``NotConnectedError`` without
    a token, ``AuthenticationError``, ``SchemaDriftError``. See
    https://docs.attio.com/rest-api/guides/authentication.
    """
    key, way = hidden(api_key), hidden(proxy)
    del api_key, proxy  # before anything can fail: tools print the locals of each frame
    try:
        made = open_connection(
            url, api_key=key, schema=schema, schema_ttl=schema_ttl, on_drift=on_drift,
            limits=limits, timeout=timeout, deadline=deadline, max_attempts=max_attempts,
            cache=cache, pool=pool, timezone=timezone, max_answer=max_answer, ssl=ssl, proxy=way,
            transport=transport,
        )  # fmt: skip
    except ValidationError as error:
        del url  # what was given for an address may hold a token as well, here and in the frames
        error.__traceback__ = None
        raise
    try:
        run(_introspect(made), "connect()", "its twin: await aconnect()")
    except BaseException:  # nobody else could close it
        made.close()
        raise
    current.push(made)  # only now: a connection that failed is not the default
    return made


@checked_keywords
def aconnect(
    url: str | None = None,
    *,
    api_key: ApiKey | None = None,
    schema: Snapshot = None,
    schema_ttl: float | None = 3600.0,
    on_drift: OnDrift = "warn",
    limits: Literal["auto"] | Limiter | None = "auto",
    timeout: float = 30.0,
    deadline: float | None = None,
    max_attempts: int = 5,
    cache: Cache | None = None,
    pool: Pool | None = None,
    timezone: str | tzinfo = "UTC",
    max_answer: int = MAX_ANSWER,
    ssl: Trusted | None = None,
    proxy: str | None = None,
    transport: Brought | None = None,
) -> _Connecting:
    """The twin of ``connect()``, for ``await`` and for ``async with``."""
    key, way = hidden(api_key), hidden(proxy)
    del api_key, proxy  # as above
    try:
        made = open_connection(
            url, api_key=key, schema=schema, schema_ttl=schema_ttl, on_drift=on_drift,
            limits=limits, timeout=timeout, deadline=deadline, max_attempts=max_attempts,
            cache=cache, pool=pool, timezone=timezone, max_answer=max_answer, ssl=ssl, proxy=way,
            transport=transport,
        )  # fmt: skip
    except ValidationError as error:
        del url  # as above
        error.__traceback__ = None
        raise
    return _Connecting(made)


class _Connecting:
    """``await aconnect()`` gives the connection; ``async with aconnect()`` closes it too."""

    def __init__(self, made: Connection) -> None:
        self._made = made

    async def _introspected(self) -> Connection:
        try:
            await arun(_introspect(self._made))
        except BaseException:
            await self._made.aclose()
            raise
        current.push(self._made)
        return self._made

    def __await__(self) -> Any:
        return self._introspected().__await__()

    async def __aenter__(self) -> Connection:
        return await (await self._introspected()).__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        await self._made.__aexit__(*exc)


def _introspect(made: Connection) -> Operation[None]:
    # asked by the address: .sandbox imports the sandbox, which takes a while
    handle = made.sandbox if made.base.startswith("sandbox:") else None
    return made.mapping.introspect(is_new=handle is not None and handle.workspace.is_new)


def connect_unchecked(url: str, **options: Any) -> Connection:
    """Connect without a request: for a test's workspace, which is still to be made to fit.

    ``options`` are those of ``connect()``. Models declared so far are compared with the workspace
    only after ``define()`` made them.
    """
    options["api_key"] = hidden(options.get("api_key"))
    made = open_connection(url, **options)
    made.mapping.assume_checked(registry.declared())
    current.push(made)
    return made


def open_connection(
    url: str | None,
    *,
    api_key: ApiKey | HiddenKey | None = None,
    schema: Snapshot = None,
    schema_ttl: float | None = 3600.0,
    on_drift: OnDrift = "warn",
    limits: Literal["auto"] | Limiter | None = "auto",
    timeout: float = 30.0,
    deadline: float | None = None,
    max_attempts: int = 5,
    cache: Cache | None = None,
    pool: Pool | None = None,
    timezone: str | tzinfo = "UTC",
    max_answer: int = MAX_ANSWER,
    ssl: Trusted | None = None,
    proxy: str | HiddenKey | None = None,
    transport: Brought | None = None,
) -> Connection:
    """A connection through which nothing was asked for yet. The arguments are ``connect()``'s."""
    key, way = hidden(api_key), hidden(proxy)
    del api_key, proxy
    if on_drift not in ("warn", "raise", "ignore"):
        raise ValidationError(f'on_drift takes "warn", "raise" or "ignore", not {on_drift!r}.')
    if limits is not None and limits != "auto" and not isinstance(limits, Limiter):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError(f'limits takes "auto", a Limiter or None, not {limits!r}.')
    if not isinstance(url, str | None):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError(f"The address is a {type(url).__name__}, not a str: see connect().")
    _check_numbers(timeout, max_attempts)
    for name, seconds in (("deadline", deadline), ("schema_ttl", schema_ttl)):
        if seconds is not None and not _is_positive(seconds):
            raise ValidationError(
                f"{name} is a number of seconds above 0, or None, not {seconds!r}."
            )
    _check_cache(cache)
    carried = carrier(transport, pool, max_answer, ssl, way)
    zone = zone_of(timezone)
    url = url or os.environ.get("ATTIO_BASE_URL") or None  # set but empty is as good as not set
    handle = None
    try:
        if url is not None and url.startswith("sandbox:"):
            # the local Attio takes a while to import, and most connections are to the real one
            from attio_orm.testing.handle import open_sandbox

            handle = open_sandbox(url)
            address = handle.address(url, key, limits, carried.backend_of_sandbox())
        else:
            address = resolve(url, key, limits, carried)
        made = Connection(
            address, timeout=timeout, deadline=deadline, max_attempts=max_attempts,
            on_drift=on_drift,
        )  # fmt: skip
    except BaseException:
        if handle is not None:
            handle.workspace.close()  # nobody else could: its file would stay open
        raise
    made.timezone = zone
    if cache is not None:
        _put_before(made, cache)
    if handle is not None:
        handle.attach(made)
    if schema is not None:
        try:
            made.schema = Schema.load(schema, made.transport)
        except BaseException:
            made.close()
            raise
    made.schema.ttl = schema_ttl
    return made


def _put_before(made: Connection, cache: Cache) -> None:
    """Let a cache answer what it may of a connection."""
    from attio_orm.cache.layer import CacheLayer  # few connections have one

    made.attached["cache"] = cache
    made.transport.cache = CacheLayer(cache, lambda: made.schema, made.base)


def _is_positive(seconds: object) -> bool:
    # bool is an int, and never meant here; "not a number" is neither above 0 nor below
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0


def _check_cache(cache: object) -> None:
    if cache is None:
        return
    from attio_orm.cache import Cache

    if not isinstance(cache, Cache):
        raise ValidationError(
            f"cache takes a Cache, such as Cache(ttl=300), or None; not {cache!r}."
        )


def _check_numbers(timeout: object, max_attempts: object) -> None:
    if not _is_positive(timeout):
        raise ValidationError(f"timeout is a number of seconds above 0, not {timeout!r}.")
    if isinstance(max_attempts, bool) or not isinstance(max_attempts, int) or max_attempts < 1:
        raise ValidationError(f"max_attempts is a whole number from 1 on, not {max_attempts!r}.")
