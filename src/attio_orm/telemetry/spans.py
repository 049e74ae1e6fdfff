"""The spans: one for each call that sends something, and under it one for each attempt.

The span of a call begins where the call did, and is made when its first request is about to be
sent: what a session or a cache answers has none. It is named by what the call does, which is its
first write, or else its first read.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from logging import getLogger
from typing import Any

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from attio_orm.effects import Operation
from attio_orm.effects.operations import reset
from attio_orm.errors import APIError, AttioError
from attio_orm.models.connection import Connection
from attio_orm.telemetry.measures import Measures, server_of
from attio_orm.telemetry.routes import Route, route_of
from attio_orm.transport.errors import request_id_of
from attio_orm.transport.exchange import Exchange, Handler

LONGEST_STATEMENT = 10_000
"""Characters of a filter that a span has at most."""

_log = getLogger("attio_orm.telemetry")


class _Call:
    """A call that is under way, and its span once something is sent."""

    __slots__ = ("is_over", "parent", "rank", "since", "span")

    def __init__(self) -> None:
        self.since = time.time_ns()
        self.parent: Context = contexts.get_current()
        self.span: Span | None = None
        self.rank = -1  # of the request that it is named by
        self.is_over = False


class Tracing:
    """What one ``instrument()`` puts round calls (``watch``) and round attempts (``handle``)."""

    def __init__(
        self, tracer: Tracer, measures: Measures, connection: Connection | None, *, statements: bool
    ) -> None:
        self._tracer = tracer
        self._measures = measures
        self._connection = connection
        self._statements = statements
        self._call: ContextVar[_Call | None] = ContextVar("attio_orm_traced", default=None)
        self._has_failed = False

    def watch(self, operation: Operation[Any]) -> Operation[Any]:
        """The operation; what it sends belongs to one call."""
        call = _Call()
        token = self._call.set(call)
        try:
            result = yield from operation
        except BaseException as error:
            self._end_call(call, error)
            raise
        finally:
            reset(self._call, token)
        self._end_call(call, None)
        return result

    def handle(self, sender: object, exchange: Exchange, send: Handler) -> Operation[Any]:
        """One attempt, with a span and figures of its own."""
        if not isinstance(sender, Connection) or self._connection not in (None, sender):
            return (yield from send(exchange))
        route = route_of(exchange.request.method, exchange.request.path)
        labels = self._labels(sender, exchange, route)
        span = self._begin(sender, exchange, route, labels)
        begun = time.perf_counter()
        try:
            result = yield from send(exchange)
        except BaseException as error:
            self._end(span, exchange, labels, time.perf_counter() - begun, error)
            raise
        self._end(span, exchange, labels, time.perf_counter() - begun, None)
        return result

    # -- what a provider raises stops nothing -----------------------------------------------------

    def _note_failure(self) -> None:
        if not self._has_failed:
            self._has_failed = True
            _log.warning("OpenTelemetry has failed, and work goes on without it.", exc_info=True)

    def _begin(
        self, sender: Connection, exchange: Exchange, route: Route, labels: dict[str, str | int]
    ) -> Span | None:
        try:
            self._measures.note_connection(sender)
            if sender.transport.limits is not None:
                kind = "write" if exchange.request.purpose == "write" else "read"
                self._measures.note_wait(exchange.limited, {"attio_orm.limiter.kind": kind})
            call = self._call.get()
            context: Context | None = None
            if call is not None:
                span = self._span_of(call, exchange, route, labels)
                context = call.parent if span is None else set_span_in_context(span, call.parent)
            path = exchange.request.path
            token = exchange.token
            base = sender.base.partition("?")[0]
            address = base + (path if token is None else token.redact(path))
            attributes: dict[str, str | int] = {**labels, "url.full": address}
            if exchange.attempts:
                attributes["http.request.resend_count"] = exchange.attempts
            return self._tracer.start_span(
                f"{exchange.request.method} {route.template}",
                context,
                kind=SpanKind.CLIENT,
                attributes=attributes,
            )
        except Exception:
            self._note_failure()
            return None

    def _span_of(
        self, call: _Call, exchange: Exchange, route: Route, labels: dict[str, str | int]
    ) -> Span | None:
        """The span of a call, named by what is known of it now."""
        purpose = exchange.request.purpose
        rank = 2 if purpose == "write" else 0 if purpose == "introspect" else 1
        if call.is_over or rank <= call.rank:
            return call.span  # of one that is over: what was read ahead for the next one
        call.rank = rank
        attributes: dict[str, str | int] = {
            "db.system.name": "attio", "db.operation.name": route.operation,
            "server.address": labels["server.address"],
        }  # fmt: skip
        if "server.port" in labels:
            attributes["server.port"] = labels["server.port"]
        if route.collection is not None:
            attributes["db.collection.name"] = route.collection
        if self._statements and rank == 1 and exchange.body:
            text = exchange.body.decode("utf-8", "replace")[:LONGEST_STATEMENT]
            token = exchange.token
            attributes["db.query.text"] = text if token is None else token.redact(text)
        if call.span is None:
            call.span = self._tracer.start_span(
                route.name,
                call.parent,
                kind=SpanKind.CLIENT,
                attributes=attributes,
                start_time=call.since,
            )
        elif call.span.is_recording():
            call.span.update_name(route.name)
            call.span.set_attributes(attributes)
        return call.span

    def _end(
        self,
        span: Span | None,
        exchange: Exchange,
        labels: dict[str, str | int],
        seconds: float,
        error: BaseException | None,
    ) -> None:
        try:
            response = exchange.response
            outcome: dict[str, str | int] = {}
            if response is not None:
                outcome["http.response.status_code"] = response.status
            if error is not None:
                outcome["error.type"] = _kind_of(error)
            self._measures.note_attempt(seconds, {**labels, **outcome})
            if span is None:
                return
            if span.is_recording():
                name = None if response is None else request_id_of(response, exchange.token)
                if name is not None:
                    outcome["attio.request_id"] = name
                span.set_attributes(outcome)
                if error is not None:
                    span.set_status(Status(StatusCode.ERROR))
            span.end()
        except Exception:
            self._note_failure()

    def _end_call(self, call: _Call, error: BaseException | None) -> None:
        call.is_over = True
        if call.span is None:
            return
        try:
            if error is not None and not isinstance(error, GeneratorExit):
                # not its text, which may tell what is in records
                call.span.set_attribute("error.type", _kind_of(error))
                if isinstance(error, APIError):
                    call.span.set_attribute("db.response.status_code", str(error.status))
                call.span.set_status(Status(StatusCode.ERROR))
            call.span.end()
        except Exception:
            self._note_failure()

    @staticmethod
    def _labels(sender: Connection, exchange: Exchange, route: Route) -> dict[str, str | int]:
        return {
            "http.request.method": exchange.request.method, "url.template": route.template,
            **server_of(sender),
        }  # fmt: skip


def _kind_of(error: BaseException) -> str:
    """What an error is, in a word: Attio's status, or the name of its class."""
    if isinstance(error, APIError):
        return str(error.status)
    kind = type(error)
    return kind.__name__ if isinstance(error, AttioError) else f"{kind.__module__}.{kind.__name__}"
