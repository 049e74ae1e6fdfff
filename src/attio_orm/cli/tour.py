"""``attio-orm tour``: runs the steps and shows each with its code, its output and its requests."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from inspect import cleandoc, getsource
from pathlib import Path
from textwrap import dedent
from typing import Any, TextIO, TypeVar

from attio_orm import signals
from attio_orm.cli import steps
from attio_orm.cli.highlighting import highlighted
from attio_orm.cli.terminal import Terminal, wrapped
from attio_orm.connection import Connection

T = TypeVar("T")

MARGIN = "  "
OK = 200
SHORT = r"\1…"
_ID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def own_python(executable: str) -> str:
    """How to start this Python from the present folder, so that it can be copied from the tour."""
    with suppress(ValueError, OSError):
        return str(Path(executable).relative_to(Path.cwd()))
    return "python"


PYTHON = own_python(sys.executable)

NEXT = (
    ("Play with it", f"{PYTHON} -i -c 'from attio_orm import *; connect(\"sandbox://?seed=crm\")'"),
    ("Keep a workspace", 'connect("sandbox:///my.db?seed=crm")'),
    ("Use your own Attio", "set ATTIO_API_KEY, and connect()"),
    ("Test your code", "def test_it(attio_sandbox): ...  # a pytest fixture that comes with it"),
    ("Read on", "docs/tutorial.md, and examples/"),
)


@dataclass(frozen=True)
class Sent:
    """One request that was made."""

    method: str
    path: str
    status: int | None
    purpose: str


class Watch:
    """Notes the requests made inside a ``with`` block, from the signal, and the seconds it took."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.seconds = 0.0

    def __enter__(self) -> Watch:
        signals.request_finished.connect(self._note)
        self._started = time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = time.perf_counter() - self._started
        signals.request_finished.disconnect(self._note)

    def _note(
        self, sender: Any, *, method: str, path: str, status: int | None, purpose: str, **_: Any
    ) -> None:
        self.sent.append(Sent(method, path, status, purpose))


def guide(stream: TextIO) -> None:
    """Show the tour on ``stream``. Works on a sandbox of its own, in memory."""
    _Guide(Terminal(stream)).show()


class _Guide:
    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.requests = 0

    def show(self) -> None:
        started = time.perf_counter()
        self._open()
        connection = self._take(1, steps.look_around, ())
        with connection:
            for number, step in enumerate(steps.STEPS, 2):
                self._take(number, step, (connection,))
        self._close(time.perf_counter() - started)

    def _open(self) -> None:
        terminal = self.terminal
        terminal.line()
        terminal.line(terminal.style("attio-orm, a tour", "bold"))
        terminal.line(terminal.style("─" * terminal.width, "dim"))
        terminal.line("The code you see is the code that runs, the requests are those it made.")
        terminal.flush()

    def _take(self, number: int, step: Callable[..., T], given: tuple[Connection, ...]) -> T:
        title, prose, code = read_step(step)
        terminal = self.terminal
        terminal.line()
        terminal.line()
        terminal.line(terminal.style(f"{number}. {title}", "bold", "cyan"))
        terminal.line()
        self._paragraph(prose)
        terminal.line()
        for line in highlighted(terminal.escaped(code), terminal):
            terminal.line(f"{MARGIN}{MARGIN}{line}".rstrip())
        terminal.line()
        terminal.flush()
        for connection in given:
            if connection.sandbox is not None:
                connection.sandbox.requests.clear()
        printed = io.StringIO()
        with Watch() as watch, redirect_stdout(printed):
            result = step(*given)
        self._output(printed.getvalue())
        self._requests(watch, [body for each in given for body in _bodies(each)])
        return result

    def _paragraph(self, text: str) -> None:
        for line in wrapped(text, self.terminal.width - len(MARGIN)):
            self.terminal.line(MARGIN + line)

    def _output(self, text: str) -> None:
        bar = self.terminal.style("│", "dim")
        width = self.terminal.width - len(MARGIN) - 2
        for line in text.splitlines():
            for part in wrapped(self.terminal.shown(line), width, hanging="  "):
                self.terminal.line(f"{MARGIN}{bar} {part}".rstrip())

    def _requests(self, watch: Watch, bodies: Sequence[tuple[str, str, str]]) -> None:
        terminal = self.terminal
        self.requests += len(watch.sent)
        terminal.line()
        arrow = terminal.style("→", "yellow")
        total = f"{counted(len(watch.sent), 'request')} in {watch.seconds * 1000:.0f} ms"
        terminal.line(f"{MARGIN}{arrow} {terminal.style(total, 'yellow')}")
        for request, times in grouped(watch.sent):
            self._request(request, times)
            if times == 1 and request.purpose == "write":
                sent = [body for *known, body in bodies if known == [request.method, request.path]]
                for body in sent:
                    self._detail(body, "      ", ())

    def _request(self, request: Sent, times: int) -> None:
        path = request.path.partition("?")[0]
        many = f"{times} x " if times > 1 else ""
        refused = f"  {request.status or 'no answer'}" if request.status != OK else ""
        text = f"{many}{request.method} {_ID.sub(SHORT, path)}{refused}"
        self._detail(text, "    ", ("red",) if refused else ("dim",))

    def _detail(self, text: str, indent: str, styles: Sequence[str]) -> None:
        width = self.terminal.width - len(indent)
        for line in wrapped(self.terminal.shown(text), width, hanging="  "):
            self.terminal.line(indent + self.terminal.style(line, *styles))

    def _close(self, seconds: float) -> None:
        terminal = self.terminal
        terminal.line()
        terminal.line()
        terminal.line(terminal.style("─" * terminal.width, "dim"))
        total = f"{counted(self.requests, 'request')} in {seconds:.1f} s"
        self._paragraph(f"{total}, and none of them left this machine.")
        terminal.line()
        terminal.line(terminal.style("What next", "bold", "cyan"))
        terminal.line()
        for title, text in NEXT:
            terminal.line(MARGIN + terminal.style(title, "bold"))
            for line in wrapped(terminal.escaped(text), terminal.width - 2 * len(MARGIN)):
                terminal.line(f"{MARGIN}{MARGIN}{line}")
        terminal.line()


def read_step(step: Callable[..., Any]) -> tuple[str, str, str]:
    """The title, the prose and the code of a step; the ``return`` that hands on is left out."""
    source = dedent(getsource(step))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    title, _, prose = cleandoc(step.__doc__ or "").partition("\n")
    body = function.body[1:]
    end = body[-1].lineno - 1 if isinstance(body[-1], ast.Return) else body[-1].end_lineno
    start = body[0].lineno
    if isinstance(body[0], ast.FunctionDef) and body[0].decorator_list:
        start = body[0].decorator_list[0].lineno
    code = dedent("\n".join(source.splitlines()[start - 1 : end]))
    return title.removesuffix("."), " ".join(prose.split()), code


def grouped(sent: Sequence[Sent]) -> list[tuple[Sent, int]]:
    """Equal requests as one, with how many there were, in the order of their first."""
    found: dict[Sent, int] = {}
    for each in sent:
        found[each] = found.get(each, 0) + 1
    return list(found.items())


def counted(number: int, noun: str) -> str:
    """``1 request``, ``2 requests``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _bodies(connection: Connection) -> list[tuple[str, str, str]]:
    """Method, path and JSON of what the workspace was sent since it was last cleared."""
    if connection.sandbox is None:
        return []
    return [
        (each.method, each.path, json.dumps(each.json, ensure_ascii=False))
        for each in connection.sandbox.requests
    ]
