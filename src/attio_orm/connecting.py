"""``connect()`` and ``aconnect()``: from an address and a token to an open connection."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import tzinfo
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from attio_orm.conditions.calendar import zone_of
from attio_orm.connection import defaults
from attio_orm.connection.addresses import resolve
from attio_orm.connection.carriers import Trusted, carrier
from attio_orm.connection.settings import Settings, Snapshot
from attio_orm.effects import Operation, arun, run
from attio_orm.errors import ValidationError
from attio_orm.keywords import checked_keywords
from attio_orm.models.connection import Connection
from attio_orm.models.registry import registry
from attio_orm.records.base import OnDrift
from attio_orm.schema import Schema
from attio_orm.transport import ApiKey, RateLimiter, error_handlers
from attio_orm.transport.bounds import MAX_ANSWER
from attio_orm.transport.call_options import check_attempts, check_seconds
from attio_orm.transport.error_handlers import OnError
from attio_orm.transport.pool import Pool
from attio_orm.transport.retries import Retry
from attio_orm.transport.tokens import hidden

if TYPE_CHECKING:
    from attio_orm.cache import Cache
    from attio_orm.connection.carriers import Brought

P = ParamSpec("P")
T = TypeVar("T")


def _settled(function: Callable[P, T]) -> Callable[P, T]:
    """The function, called with what settings or a profile say beside its own arguments."""

    def settled(*args: Any, **given: Any) -> T:
        try:
            if given.get("settings") is not None or given.get("profile") is not None:
                chosen = _chosen(given.pop("settings", None), given.pop("profile", None))
                if args:
                    chosen.pop("url", None)
                given = {**chosen, **given}
            return function(*args, **given)
        finally:
            del args, given  # an access token among them is not to be seen in a traceback

    update_wrapper(settled, function)
    return settled


def _chosen(settings: object, profile: str | None) -> dict[str, Any]:
    if profile is not None:
        if settings is not None:
            raise ValidationError("connect() takes settings or a profile, not both.")
        settings = Settings.from_profile(profile)
    if not isinstance(settings, Settings):
        raise ValidationError(f"settings takes Settings(...), not a {type(settings).__name__}.")
    return settings.chosen


@checked_keywords
@_settled
def connect(
    url: str | None = None,
    *,
    api_key: ApiKey | None = None,
    settings: Settings | None = None,
    schema: Snapshot = None,
    schema_ttl: float | None = 3600.0,
    on_drift: OnDrift = "warn",
    limits: Literal["auto"] | RateLimiter | None = "auto",
    timeout: float = 30.0,
    deadline: float | None = None,
    max_attempts: int = 5,
    retry: Retry | None = None,
    cache: Cache | None = None,
    pool: Pool | None = None,
    timezone: str | tzinfo = "UTC",
    max_answer: int = MAX_ANSWER,
    on_error: OnError | None = None,
    ssl: Trusted | None = None,
    proxy: str | None = None,
    profile: str | None = None,
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
    ``settings`` (or those of a ``profile``) stand in for arguments that are not given. ``retry``
    says how what failed is repeated, ``on_error(exception, context)`` is told of each request that
    failed for good. ``limits`` of ``None`` turns pacing off, a ``RedisLimiter`` shares it with
    other processes. A ``cache`` answers anew what was asked for a moment ago. ``pool`` says how
    many connections there may be, ``max_answer`` how many bytes an answer may have, unpacked.
    ``ssl`` (a context, or a path of certificates) and ``proxy`` (an address) go before the
    environment's; ``transport`` brings a ``Backend``, or a client or transport of httpx.
    ``timezone`` is where the days are that moments are compared with, by its name
    (``"Europe/Berlin"``). Raises ``ValidationError`` for what cannot be meant, such as an address
    with a password or a query in it, ``NotConnectedError`` without a token,
    ``AuthenticationError``, ``SchemaDriftError``. See
    https://docs.attio.com/rest-api/guides/authentication.
    """
    given = {**locals(), "api_key": hidden(api_key), "proxy": hidden(proxy)}
    del api_key, proxy, url  # before anything can fail: tools print the locals of each frame
    made = _opened(given)
    try:
        run(_introspect(made), "connect()", "its twin: await aconnect()")
    except BaseException:  # nobody else could close it
        made.close()
        raise
    defaults.push(made)  # only now: a connection that failed is not the default
    return made


@checked_keywords
@_settled
def aconnect(
    url: str | None = None,
    *,
    api_key: ApiKey | None = None,
    settings: Settings | None = None,
    schema: Snapshot = None,
    schema_ttl: float | None = 3600.0,
    on_drift: OnDrift = "warn",
    limits: Literal["auto"] | RateLimiter | None = "auto",
    timeout: float = 30.0,
    deadline: float | None = None,
    max_attempts: int = 5,
    retry: Retry | None = None,
    cache: Cache | None = None,
    pool: Pool | None = None,
    timezone: str | tzinfo = "UTC",
    max_answer: int = MAX_ANSWER,
    on_error: OnError | None = None,
    ssl: Trusted | None = None,
    proxy: str | None = None,
    profile: str | None = None,
    transport: Brought | None = None,
) -> _Connecting:
    """The twin of ``connect()``, for ``await`` and for ``async with``."""
    given = {**locals(), "api_key": hidden(api_key), "proxy": hidden(proxy)}
    del api_key, proxy, url  # as above
    return _Connecting(_opened(given))


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
        defaults.push(self._made)
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
    defaults.push(made)
    return made


def _opened(given: dict[str, Any]) -> Connection:
    del given["settings"], given["profile"]
    try:
        return open_connection(**given)
    except ValidationError as error:
        given.clear()  # what was given for an address may hold a token as well, here and below
        error.__traceback__ = None
        raise


def open_connection(url: str | None = None, **options: Any) -> Connection:
    """A connection through which nothing was asked for yet. The arguments are ``connect()``'s."""
    return _connection(Settings(url=url, **options))


def _connection(given: Settings) -> Connection:
    key, way, limits, url = hidden(given.api_key), hidden(given.proxy), given.limits, given.url
    if given.on_drift not in ("warn", "raise", "ignore"):
        raise ValidationError(
            f'on_drift takes "warn", "raise" or "ignore", not {given.on_drift!r}.'
        )
    if limits is not None and limits != "auto" and not isinstance(limits, RateLimiter):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError(
            f'limits takes "auto", a Limiter, a RedisLimiter or None, not {limits!r}.'
        )
    if not isinstance(url, str | None):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError(f"The address is a {type(url).__name__}, not a str: see connect().")
    check_seconds("timeout", given.timeout)
    check_attempts(given.max_attempts)
    for name in ("deadline", "schema_ttl"):
        if getattr(given, name) is not None:
            check_seconds(name, getattr(given, name), ", or None")
    if given.retry is not None and not isinstance(given.retry, Retry):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError(f"retry takes Retry(...), not {given.retry!r}.")
    if given.on_error is not None:
        error_handlers.check(given.on_error)
    _check_cache(given.cache)
    carried = carrier(given.transport, given.pool, given.max_answer, given.ssl, way)
    zone = zone_of(given.timezone)
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
            address, timeout=given.timeout, deadline=given.deadline,
            max_attempts=given.max_attempts, on_drift=given.on_drift, retry=given.retry,
            on_error=given.on_error,
        )  # fmt: skip
    except BaseException:
        if handle is not None:
            handle.workspace.close()  # nobody else could: its file would stay open
        raise
    made.timezone = zone
    if given.cache is not None:
        _put_before(made, given.cache)
    if handle is not None:
        handle.attach(made)
    if given.schema is not None:
        try:
            made.schema = Schema.load(given.schema, made.transport)
            made.schema.declarations = made.mapping
        except BaseException:
            made.close()
            raise
    made.schema.ttl = given.schema_ttl
    return made


def _put_before(made: Connection, cache: Cache) -> None:
    """Let a cache answer what it may of a connection."""
    from attio_orm.cache.layer import CacheLayer  # few connections have one

    made.cache = cache
    made.transport.cache = CacheLayer(cache, lambda: made.schema, made.base)


def _check_cache(cache: object) -> None:
    if cache is None:
        return
    from attio_orm.cache import Cache  # as below: few connections have one

    if not isinstance(cache, Cache):
        raise ValidationError(
            f"cache takes a Cache, such as Cache(ttl=300), or None; not {cache!r}."
        )
