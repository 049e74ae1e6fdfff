"""``connection.health()``: whether Attio answers, and whether the token and the clock are good."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from msgspec import Struct

from attio_orm.api import self_
from attio_orm.effects import Operation
from attio_orm.errors import AttioError
from attio_orm.transport import Transport
from attio_orm.transport.call_options import call_options, under
from attio_orm.transport.granted import missing, scopes_of


class Health(Struct, frozen=True, kw_only=True):
    """How a connection is. What could not be found out is ``None``.

    ``ok``: Attio answered, takes the token, and its scopes are enough for the declared models.
    ``latency`` and ``schema_age`` are in seconds, ``clock_skew`` how many this machine's clock is
    ahead of Attio's (it tells whole seconds). ``active`` is whether the token holds, ``workspace``
    the slug of its workspace; ``missing_scopes`` are those that reading the declared models takes.
    ``error`` says why it is not ok.
    """

    ok: bool
    latency: float | None = None
    active: bool | None = None
    workspace: str | None = None
    scopes: frozenset[str] | None = None
    missing_scopes: frozenset[str] | None = None
    schema_age: float | None = None
    clock_skew: float | None = None
    error: str | None = None


def health(
    transport: Transport,
    timeout: float,
    *,
    schema_age: float | None,
    needed_scopes: Callable[[], frozenset[str]],
) -> Operation[Health]:
    """Ask who the token is, once, and tell what came of it."""
    begun = time.perf_counter()
    try:
        options = call_options(timeout, timeout, 1)
        assert options is not None  # as all three are given
        me = yield from under(options, self_.get(transport))
        latency = time.perf_counter() - begun
        told = scopes_of(me)
    except Exception as error:  # whatever it is: who asks for health is to be told, not stopped
        shown = str(error) if isinstance(error, AttioError) else f"{type(error).__name__}: {error}"
        return Health(ok=False, schema_age=schema_age, error=shown)
    skew = _skew(transport.heard)
    if me.get("active") is not True:
        return Health(
            ok=False, latency=latency, active=False, schema_age=schema_age, clock_skew=skew,
            error="The access token is unknown or was revoked: make a new one in Attio's settings.",
        )  # fmt: skip
    scopes = told or frozenset()
    # what Attio does not tell is not said to be missing
    lacking = scopes if told is None else missing(needed_scopes(), scopes)
    return Health(
        ok=not lacking, latency=latency, active=True, workspace=me.get("workspace_slug"),
        scopes=scopes, missing_scopes=lacking, schema_age=schema_age, clock_skew=skew,
        error=f"The access token lacks {', '.join(sorted(lacking))}: grant it in Attio's settings."
        if lacking else None,
    )  # fmt: skip


def _skew(heard: str | None) -> float | None:
    try:
        return None if heard is None else time.time() - parsedate_to_datetime(heard).timestamp()
    except ValueError:
        return None
