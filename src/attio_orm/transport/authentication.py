"""The layer of access tokens that are asked for: by each request, and again where one is refused.

See https://docs.attio.com/rest-api/guides/authentication.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from inspect import isawaitable
from typing import Any, cast

from attio_orm.effects import Operation, call
from attio_orm.errors import AuthenticationError, ValidationError
from attio_orm.transport.exchange import Exchange, Handler
from attio_orm.transport.granted import GrantedScopes
from attio_orm.transport.tokens import HIDDEN, ApiKey, HiddenKey, Token, malformed, problem_of


def _refused(given: Awaitable[str]) -> Token:
    close = getattr(given, "close", None)
    if close is not None:
        close()  # a coroutine that is never awaited would warn of that
    raise ValidationError(
        "api_key is a coroutine function, and the work runs under a sync method. "
        "Use the a-method, or give a plain function."
    )


async def _awaited(given: Awaitable[str]) -> Token:
    return Token(await given)


class Authentication:
    """Asks for the token of each request; once more for one that was refused."""

    def __init__(self, provider: ApiKey | HiddenKey, granted: GrantedScopes | None = None) -> None:
        self._provider = provider if isinstance(provider, HiddenKey) else HiddenKey(provider)
        self._granted = granted or GrantedScopes()

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer, asked for with the token of now."""
        # around the repeats: asked once a request, and a refusal is not a failure that passes
        exchange.token = yield from self.ask()
        self._granted.check(exchange)
        try:
            return (yield from send(exchange))
        except AuthenticationError:
            fresh = yield from self.ask()  # it may have been replaced since
            if fresh == exchange.token:
                raise
        exchange.token = fresh
        self._granted.check(exchange)
        return (yield from send(exchange))

    def ask(self) -> Operation[Token]:
        """The token of now. Raises what the provider raises, and ``ValidationError``."""
        twin = self._provider.twin
        if twin is None:
            given = self._provider.given
        else:
            given = yield from call(lambda: self._provider.given, twin)
        if isawaitable(given):
            given = cast("Awaitable[str]", given)
            return (yield from call(partial(_refused, given), partial(_awaited, given)))
        problem = problem_of(given)
        if problem is None:
            return Token(given)
        del given  # as above
        raise malformed(problem)

    def __repr__(self) -> str:
        return f"Authentication({HIDDEN})"  # nothing of the provider, which may hold the token
