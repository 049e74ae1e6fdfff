"""Requests that are not sent: what explain() foresees, and the layer of dry runs."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final, cast, overload

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from attio_orm.effects import Operation
from attio_orm.errors import ValidationError
from attio_orm.transport.exchange import Exchange, Handler
from attio_orm.transport.requests import MISSING, Request, encode_json
from attio_orm.wording import WIDTH, wrapped

_MOST_SHOWN: Final = 10


class PlannedRequest(Struct, frozen=True):
    """One request: ``purpose`` says what for, ``exact`` whether it would be sent just so.

    Of a dry run, ``record`` is the repr of the record it is about, and ``changes`` lists
    (attribute, value before, value after).
    """

    method: str
    path: str
    params: dict[str, Any] | None = None
    json: Any = None
    purpose: str = "read"
    exact: bool = True
    record: str | None = None
    changes: tuple[tuple[str, Any, Any], ...] = ()

    def __str__(self) -> str:
        about = "" if self.exact else f"  ({self.purpose})"
        if self.record is not None:
            lines = [f"  {name}: {old!r} -> {new!r}" for name, old, new in self.changes]
            return "\n".join([f"{self.method} {self.record}", *lines])
        start = f"{self.method} {self.path}"
        body = "" if self.json is None else f" {_written(_shortened(self.json))}"
        line = f"{start}{body}{about}"
        if len(line) <= WIDTH:
            return line
        lines = [start]
        if self.json is not None:
            lines += _laid_out(_shortened(self.json), "  ")
        if about:
            lines.append(wrapped(about, "  "))
        return "\n".join(map(_cut, "\n".join(lines).splitlines()))


def _shortened(json: object) -> Any:
    """The same with long lists cut, as people read it; ``json`` itself has all."""
    if isinstance(json, dict):
        return {name: _shortened(each) for name, each in cast("dict[str, Any]", json).items()}
    if isinstance(json, list):
        items = cast("Sequence[Any]", json)
        shown = [_shortened(each) for each in items[:_MOST_SHOWN]]
        more = len(items) - len(shown)
        return [*shown, f"... {more:,} more"] if more else shown
    return json


def _written(json: object) -> str:
    import json as json_  # only what is shown needs it

    return json_.dumps(json, ensure_ascii=False)


def _laid_out(json: object, indent: str, key: str = "", end: str = "") -> list[str]:
    """Lines of JSON: what fits in one is in one."""
    line = f"{indent}{key}{_written(json)}{end}"
    if len(line) <= WIDTH or not json or not isinstance(json, dict | list):
        return [line]
    if isinstance(json, dict):
        named = cast("dict[str, Any]", json)
        items = [(f"{_written(name)}: ", each) for name, each in named.items()]
        opened, closed = "{", "}"
    else:
        items = [("", each) for each in cast("Sequence[Any]", json)]
        opened, closed = "[", "]"
    lines = [f"{indent}{key}{opened}"]
    for number, (name, each) in enumerate(items, 1):
        lines += _laid_out(each, f"{indent}  ", name, "," if number < len(items) else "")
    return [*lines, f"{indent}{closed}{end}"]


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


class Plan(Sequence[PlannedRequest]):
    """Requests in the order they would be sent: the first exact, later ones described."""

    def __init__(self, requests: Iterable[PlannedRequest] = ()) -> None:
        self._requests = list(requests)

    @overload
    def __getitem__(self, index: int) -> PlannedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[PlannedRequest]: ...
    def __getitem__(self, index: int | slice) -> PlannedRequest | Sequence[PlannedRequest]:
        return self._requests[index]

    def __len__(self) -> int:
        return len(self._requests)

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "(no request)"

    def __repr__(self) -> str:
        return f"<Plan of {len(self)} requests>\n{self}"


class DryRun(Plan):
    """The writes that a block would have sent, in order; ``str()`` of it is a diff by record."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()  # connection.concurrent() writes from several threads

    def add(self, request: PlannedRequest, about: _About | None = None) -> None:
        """Note a write; ``about`` says which record it is of, and what changes in that."""
        if about is not None:
            request = replace(request, record=about[0], changes=about[1])
        with self._lock:
            self._requests.append(request)

    def __repr__(self) -> str:
        return f"<dry run: {len(self)} writes, none sent>\n{self}"


class NotSent:
    """What a write gives inside ``connection.dry_run()``, in place of an answer."""

    def __repr__(self) -> str:
        return "<not sent: a dry run>"

    def __bool__(self) -> bool:
        return False  # so that ``if answer:`` holds for real answers alone


NOT_SENT: Final = NotSent()

_About = tuple[str, tuple[tuple[str, Any, Any], ...]]
# Context variables, so that the threads and tasks of an operation belong to its block.
_about: ContextVar[_About | None] = ContextVar("attio_orm_about", default=None)
under_way: ContextVar[tuple[tuple[object, DryRun], ...]] = ContextVar(
    "attio_orm_dry_runs", default=()
)


# Those of the whole process, while their blocks last; replaced and never changed, as other threads
# look at it without a lock.
opened: tuple[tuple[object, DryRun], ...] = ()
_lock = threading.Lock()


class DryRuns:
    """Notes the writes of a connection that is in a dry run; all else goes on.

    A write that the block does not reach, and that was hardly meant to be sent, is refused.
    """

    def __init__(self, sender: object) -> None:
        """``sender`` is the connection."""
        self._sender = sender

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """``NOT_SENT`` for a write that was noted, else the answer. Raises ``ValidationError``."""
        plan = dry_run_of(self._sender)
        if plan is None:
            refuse_stray(self._sender, _named(exchange.request))
            return (yield from send(exchange))
        if not any(run is plan for _, run in opened):
            raise ValidationError(
                f"{_named(exchange.request)} was not sent: it belongs to a dry run that is over, "
                f"whose plan nobody reads any more. Wait inside the block for what it starts."
            )
        plan.add(_planned(exchange.request), _about.get())
        return NOT_SENT


def refuse_stray(sender: object, write: str = "The write") -> None:
    """Raise ``ValidationError`` where a write would pass by a dry run, and really be sent."""
    if not opened or dry_run_of(sender) is not None:
        return
    if any(owner is sender for owner, _ in opened):
        raise ValidationError(
            f"{write} was not sent: {sender!r} is in a dry run that another thread or task has "
            f"opened. What is to belong to its block goes through connection.concurrent() or "
            f"contextvars.copy_context().run; a server opens a dry run on a connection of its own, "
            f"as in: with connect(...) as own, own.dry_run() as plan."
        )
    for owner, run in under_way.get():
        if any(each is run for _, each in opened):
            raise ValidationError(
                f"{write} was not sent: this block is a dry run of {owner!r}, and the write is for "
                f"{sender!r}. Open a dry run of that one too, or write outside of the block."
            )


def _named(request: Request) -> str:
    return f"{request.method} {request.path}"


def _planned(request: Request) -> PlannedRequest:
    # through JSON: what is sent, and a copy that later changes of the values leave as it is
    json = None if request.json is MISSING else msgspec.json.decode(encode_json(request.json))
    params = {name: value for name, value in (request.params or {}).items() if value is not None}
    return PlannedRequest(request.method, request.path, params or None, json, request.purpose)


@contextmanager
def collecting(sender: object) -> Generator[DryRun]:
    """Collect the writes of ``sender`` inside the block, instead of sending them."""
    global opened
    mine = sender, DryRun()
    token = under_way.set((*under_way.get(), mine))
    with _lock:
        opened = (*opened, mine)
    try:
        yield mine[1]
    finally:
        with _lock:
            opened = tuple(each for each in opened if each is not mine)
        with suppress(ValueError):  # left in another thread or task, which ``holding()`` tells of
            under_way.reset(token)


def dry_run_of(sender: object) -> DryRun | None:
    """The dry run under way for ``sender``, if any."""
    for owner, run in reversed(under_way.get()):  # blocks nest: the innermost collects
        if owner is sender:
            return run
    return None


@contextmanager
def describing(record: str, changes: Iterable[tuple[str, object, object]]) -> Generator[None]:
    """Say which record, and what of it, the writes inside the block are about."""
    token = _about.set((record, tuple(changes)))
    try:
        yield
    finally:
        _about.reset(token)
