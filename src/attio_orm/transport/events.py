"""The layer that tells of every attempt: the request signals, and a line in the log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from attio_orm import signals
from attio_orm.effects import Operation, check, emit
from attio_orm.errors import APIError, TransportError
from attio_orm.transport.errors import request_id_of, score_of
from attio_orm.transport.exchange import Exchange, Handler

if TYPE_CHECKING:
    from logging import Logger

DEBUG = 10  # logging.DEBUG, without importing logging here


class Observer(Protocol):
    """What stands round each attempt of all connections: telemetry, where it was asked for."""

    def handle(self, sender: object, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer of the exchange; ``sender`` is its connection."""
        ...


observers: list[Observer] = []


class RequestEvents:
    """Sends ``request_started`` and ``request_finished``, once an attempt, and logs it."""

    def __init__(self, sender: Callable[[], object]) -> None:
        import logging  # not at import time of the package: it costs as much as the rest of it

        self._sender = sender  # asked each time: the connection sets itself after it is made
        self.log: Logger = logging.getLogger("attio_orm.transport")

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """One attempt, told of before and after."""
        request, sender = exchange.request, self._sender()
        # before anything is sent: a receiver that cannot be called afterwards would be told nothing
        yield from check(signals.request_finished, sender)
        yield from emit(
            signals.request_started,
            sender,
            method=request.method,
            path=request.path,
            attempt=exchange.attempts + 1,
            purpose=request.purpose,
        )
        for observer in observers:
            send = partial(observer.handle, sender, send=send)
        try:
            result = yield from send(exchange)
        except (APIError, TransportError) as error:
            yield from self._tell(exchange, sender, error)
            raise
        yield from self._tell(exchange, sender, None)
        return result

    def _tell(self, exchange: Exchange, sender: object, error: Exception | None) -> Operation[None]:
        request, response, elapsed = exchange.request, exchange.response, exchange.elapsed
        status = response.status if response is not None else None
        if self.log.isEnabledFor(DEBUG):  # before the signal, whose receivers may raise
            shown = status or type(error).__name__
            attempt = exchange.attempts
            self.log.debug(
                "%s %s %s %.3fs attempt %d", request.method, request.path, shown, elapsed, attempt
            )
        yield from emit(
            signals.request_finished,
            sender,
            method=request.method,
            path=request.path,
            status=status,
            attempt=exchange.attempts,
            elapsed=elapsed,
            purpose=request.purpose,
            error=error,
            request_id=request_id_of(response, exchange.token) if response is not None else None,
            score=score_of(response) if response is not None else None,
            waited=exchange.held,
        )
        exchange.limited = 0.0  # what comes from now on is of the next attempt
