"""Requests that were not sent: what ``explain()`` foresees, and what a dry run collects."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, cast, overload

from msgspec import Struct
from msgspec.structs import replace

_MOST_SHOWN: Final = 10
_WIDTH: Final = 80  # of a terminal


class NotSent:
    """What a write gives inside ``connection.dry_run()``, in place of an answer."""

    def __repr__(self) -> str:
        return "<not sent: a dry run>"

    def __bool__(self) -> bool:
        return False


NOT_SENT: Final = NotSent()


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
        if len(line) <= _WIDTH:
            return line
        lines = [start]
        if self.json is not None:
            lines += _laid_out(_shortened(self.json), "  ")
        if about:
            lines.append(wrapped(about, "  "))
        return "\n".join(map(_cut, "\n".join(lines).splitlines()))


def _shortened(json: Any) -> Any:
    """The same with long lists cut, as people read it; ``json`` itself has all."""
    if isinstance(json, dict):
        return {name: _shortened(each) for name, each in cast("dict[str, Any]", json).items()}
    if isinstance(json, list):
        items = cast("Sequence[Any]", json)
        shown = [_shortened(each) for each in items[:_MOST_SHOWN]]
        more = len(items) - len(shown)
        return [*shown, f"... {more:,} more"] if more else shown
    return json


def _written(json: Any) -> str:
    import json as json_

    return json_.dumps(json, ensure_ascii=False)


def _laid_out(json: Any, indent: str, key: str = "", end: str = "") -> list[str]:
    """Lines of JSON: what fits in one is in one."""
    line = f"{indent}{key}{_written(json)}{end}"
    if len(line) <= _WIDTH or not json or not isinstance(json, dict | list):
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


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of a terminal's width; ``indent`` begins each but the first."""
    import textwrap

    return "\n".join(textwrap.wrap(text, _WIDTH, subsequent_indent=indent, break_on_hyphens=False))


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


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

    def __iter__(self) -> Iterator[PlannedRequest]:
        return iter(self._requests)

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "(no request)"

    def __repr__(self) -> str:
        return f"<Plan of {len(self)} requests>\n{self}"


class DryRun(Plan):
    """The writes that a block would have sent, in order; ``str()`` of it is a diff by record."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def add(self, request: PlannedRequest) -> None:
        """Note a write."""
        note = _about.get()
        if note is not None:
            request = replace(request, record=note[0], changes=note[1])
        with self._lock:
            self._requests.append(request)

    def __repr__(self) -> str:
        return f"<dry run: {len(self)} writes, none sent>\n{self}"


_about: ContextVar[tuple[str, tuple[tuple[str, Any, Any], ...]] | None] = ContextVar(
    "attio_orm_about", default=None
)
_collecting: ContextVar[tuple[tuple[object, DryRun], ...]] = ContextVar(
    "attio_orm_dry_runs", default=()
)


@contextmanager
def collecting(sender: object) -> Generator[DryRun]:
    """Collect the writes of ``sender`` inside the block, instead of sending them."""
    run = DryRun()
    token = _collecting.set((*_collecting.get(), (sender, run)))
    try:
        yield run
    finally:
        _collecting.reset(token)


def dry_run_of(sender: object) -> DryRun | None:
    """The dry run under way for ``sender``, if any."""
    for owner, run in reversed(_collecting.get()):
        if owner is sender:
            return run
    return None


@contextmanager
def describing(record: str, changes: Iterable[tuple[str, Any, Any]]) -> Generator[None]:
    """Say which record, and what of it, the writes inside the block are about."""
    token = _about.set((record, tuple(changes)))
    try:
        yield
    finally:
        _about.reset(token)
