"""``connect(on_error=...)``: a function that is told of each request that failed for good."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from time import perf_counter
from typing import Any, TypeAlias

from msgspec import Struct

from attio_orm.effects import Operation
from attio_orm.errors import AttioError, ValidationError
from attio_orm.transport.exchange import Exchange, Handler
from attio_orm.transport.requests import Purpose


class ErrorContext(Struct, frozen=True, kw_only=True):
    """What ``on_error(exception, context)`` is told of a request.

    ``status`` and ``code`` are those of Attio's answer, ``None`` without one; ``attempt`` says how
    many were made, ``elapsed`` how many seconds they took with the waits between them. ``model`` is
    the object of a record, or ``lists/`` and the list of an entry, as the path has it, and
    ``record_id`` the id of that record or entry.
    """

    method: str
    path: str
    status: int | None
    code: str | None
    attempt: int
    elapsed: float
    purpose: Purpose
    model: str | None
    record_id: str | None


OnError: TypeAlias = Callable[[Exception, ErrorContext], object]


def check(on_error: object) -> None:
    """Raise ``ValidationError`` for what cannot be called, or only awaited."""
    if not callable(on_error) or iscoroutinefunction(on_error):
        raise ValidationError(
            f"on_error takes a plain function of the exception and its ErrorContext, not "
            f"{on_error!r}."
        )


class ErrorHandler:
    """The layer that tells of what is raised to the caller."""

    def __init__(self, on_error: OnError) -> None:
        self._on_error = on_error

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer; an error passes as it is, whatever becomes of telling it."""
        begun = perf_counter()
        try:
            return (yield from send(exchange))
        except AttioError as error:
            self._tell(error, exchange, perf_counter() - begun)
            raise

    def _tell(self, error: AttioError, exchange: Exchange, elapsed: float) -> None:
        request = exchange.request
        told = error if hasattr(error, "status") else error.__cause__  # of an unknown outcome
        model, record_id = subject_of(request.path)
        context = ErrorContext(
            method=request.method,
            path=request.path,
            status=getattr(told, "status", None),
            code=getattr(told, "code", None),
            attempt=exchange.attempts,
            elapsed=elapsed,
            purpose=request.purpose,
            model=model,
            record_id=record_id,
        )
        try:
            self._on_error(error, context)
        except Exception:
            import logging  # not at import time of the package: see ``events``

            logging.getLogger("attio_orm.transport").exception(
                "on_error raised, which is passed over: what it was told of is raised as usual."
            )


def subject_of(path: str) -> tuple[str | None, str | None]:
    """The object (or ``lists/`` and the list) and the record or entry that a path is about."""
    parts = path.partition("?")[0].split("/")[2:]
    kinds = {"objects": ("", "records"), "lists": ("lists/", "entries")}
    if len(parts) < 2 or parts[0] not in kinds:
        return None, None
    prefix, below = kinds[parts[0]]
    has_id = len(parts) > 3 and parts[2] == below and parts[3] not in ("query", "search", "merge")
    return prefix + parts[1], parts[3] if has_id else None
