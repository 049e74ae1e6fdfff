"""``connect()`` and ``aconnect()``: from an address and a token to an open connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attio_orm import context
from attio_orm.addresses import resolve
from attio_orm.connection import SNAPSHOT, Connection, OnDrift
from attio_orm.errors import ValidationError
from attio_orm.models.registry import registry
from attio_orm.operations import arun, run
from attio_orm.schema import Schema
from attio_orm.transport import ApiKey, Backend, Limiter

if TYPE_CHECKING:
    from attio_orm.embedded import SandboxHandle


def connect(
    url: str | None = None,
    *,
    api_key: ApiKey | None = None,
    schema: SNAPSHOT = None,
    on_drift: OnDrift = "warn",
    limits: Literal["auto"] | Limiter | None = "auto",
    timeout: float = 30.0,
    max_attempts: int = 5,
    transport: Backend | None = None,
) -> Connection:
    """Connect to a workspace, and make it the default.

    ``url``: nothing for Attio itself (token from ``api_key`` or ``ATTIO_API_KEY``), ``"sandbox://"``
    for a fresh local workspace in memory, ``"sandbox:///file.db"`` for one in a file, ``?seed=crm``
    to fill it, or the ``http(s)://`` address of a server that speaks the API. ``schema`` names a
    snapshot to start from. The application's models are introspected, and ``on_drift`` says what
    becomes of differences. ``timeout`` is in seconds an attempt. ``limits`` of ``None`` turns
    pacing off. Raises ``NotConnectedError`` where there is no token, ``AuthenticationError``,
    ``SchemaDriftError``. See https://docs.attio.com/rest-api/guides/authentication.
    """
    made = _connection(url, api_key, schema, on_drift, limits, timeout, max_attempts, transport)
    try:
        run(made.introspect())
    except BaseException:
        made.close()
        raise
    context.push(made)
    return made


def connect_unchecked(url: str, *, sandbox: SandboxHandle | None = None) -> Connection:
    """Connect without a request: for a test's workspace, which is still to be made to fit.

    ``sandbox`` is the handle of one that is served at ``url``. Models declared so far are compared
    with the workspace only after ``define()`` made them.
    """
    if sandbox is None:
        made = _connection(url, None, None, "warn", "auto", 30.0, 5, None)
    else:
        made = _connection(url, sandbox.token, None, "warn", None, 30.0, 5, sandbox.backend)
        made.sandbox = sandbox
        sandbox.attach(made)
    made._checked.update(registry.declared())
    context.push(made)
    return made


class _Connecting:
    """``await aconnect()`` gives the connection; ``async with aconnect()`` closes it too."""

    def __init__(self, made: Connection) -> None:
        self._made = made

    async def _introspected(self) -> Connection:
        try:
            await arun(self._made.introspect())
        except BaseException:
            await self._made.aclose()
            raise
        context.push(self._made)
        return self._made

    def __await__(self) -> Any:
        return self._introspected().__await__()

    async def __aenter__(self) -> Connection:
        return await (await self._introspected()).__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        await self._made.__aexit__(*exc)


def aconnect(
    url: str | None = None,
    *,
    api_key: ApiKey | None = None,
    schema: SNAPSHOT = None,
    on_drift: OnDrift = "warn",
    limits: Literal["auto"] | Limiter | None = "auto",
    timeout: float = 30.0,
    max_attempts: int = 5,
    transport: Backend | None = None,
) -> _Connecting:
    """The twin of ``connect()``, for ``await`` and for ``async with``."""
    return _Connecting(
        _connection(url, api_key, schema, on_drift, limits, timeout, max_attempts, transport)
    )


def _connection(
    url: str | None,
    api_key: ApiKey | None,
    schema: SNAPSHOT,
    on_drift: OnDrift,
    limits: Literal["auto"] | Limiter | None,
    timeout: float,
    max_attempts: int,
    transport: Backend | None,
) -> Connection:
    if on_drift not in ("warn", "raise", "ignore"):
        raise ValidationError(f'on_drift takes "warn", "raise" or "ignore", not {on_drift!r}.')
    way = resolve(url, api_key, limits, transport)
    made = Connection(
        way.backend,
        base=way.base,
        api_key=way.api_key,
        limits=way.limits,
        timeout=timeout,
        max_attempts=max_attempts,
        on_drift=on_drift,
        sandbox=way.sandbox,
    )
    if way.sandbox is not None:
        way.sandbox.attach(made)
    if schema is not None:
        try:
            made.schema = Schema.load(schema, made.transport)
        except BaseException:
            made.close()
            raise
    return made
