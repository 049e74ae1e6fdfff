"""``attio-orm tour``: runs the steps and shows each with its code, its output and its requests."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from inspect import cleandoc, getsource
from pathlib import Path
from textwrap import dedent
from typing import Any, TextIO, TypeVar

from attio_orm import signals
from attio_orm.cli.highlighting import highlighted
from attio_orm.cli.terminal import Terminal, wrapped
from attio_orm.models.connection import Connection

T = TypeVar("T")

HELP: str = "see it work, on a workspace made up for it; needs no account"
DESCRIPTION: str = (
    "Opens a sandbox full of people, companies and deals, and shows step by step what the library "
    "does with it: the code, what it prints, and the requests it took."
)
EXAMPLE: str = "attio-orm tour"

MARGIN = "  "
OK = 200
SHORT = r"\1…"
_ID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def own_python(executable: str) -> str:
    """How to start this Python from the present folder, so that it can be copied from the tour."""
    with suppress(ValueError, OSError):  # elsewhere than below this folder, or no folder at all
        return str(Path(executable).relative_to(Path.cwd()))
    return "python"


PYTHON = own_python(sys.executable)


def pages(clone: Path) -> str:
    """Where to read on: the pages of a clone, or what an installed package has by itself."""
    if not (clone / "docs" / "tutorial.md").is_file():
        return f"{PYTHON} -m pydoc attio_orm.Model, and attio_orm.QuerySet"
    found = [clone / "docs" / "tutorial.md", clone / "examples"]
    with suppress(ValueError, OSError):
        found = [each.relative_to(Path.cwd()) for each in found]
    return " and ".join(map(str, found))


NEXT = (
    ("Play with it", f"{PYTHON} -i -c 'from attio_orm import *; connect(\"sandbox://?seed=crm\")'"),
    ("Keep a workspace", 'connect("sandbox:///my.db?seed=crm")'),
    ("Use your own Attio", "set ATTIO_API_KEY, and connect()"),
    ("Test your code", "def test_it(attio_sandbox): ...  # a pytest fixture that comes with it"),
    ("Read on", pages(Path(__file__).parents[3])),
)


@dataclass(frozen=True)
class Sent:
    """One request that was made."""

    method: str
    path: str
    status: int | None
    purpose: str


class Watch:
    """Notes the requests made inside a ``with`` block, and the seconds from the first to the last.

    Not the seconds of the block: what opens a workspace, or imports, is not what requests take.
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.seconds = 0.0
        self._started: float | None = None

    def __enter__(self) -> Watch:
        signals.request_started.connect(self._begin)
        signals.request_finished.connect(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        signals.request_started.disconnect(self._begin)
        signals.request_finished.disconnect(self._note)

    def _begin(self, sender: object, **_: object) -> None:
        if self._started is None:
            self._started = time.perf_counter()

    def _note(
        self,
        sender: object,
        *,
        method: str,
        path: str,
        status: int | None,
        purpose: str,
        **_: object,
    ) -> None:
        self.sent.append(Sent(method, path, status, purpose))
        if self._started is not None:
            self.seconds = time.perf_counter() - self._started


def add_options(parser: ArgumentParser) -> None:
    """It takes none."""


def run(options: Namespace) -> int:
    """Show the tour on stdout; gives the exit status."""
    guide(sys.stdout)
    return 0


def guide(stream: TextIO) -> None:
    """Show the tour on ``stream``. Works on a sandbox of its own, in memory."""
    _Guide(Terminal(stream)).show()


class _Guide:
    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.requests = 0

    def show(self) -> None:
        self._open()
        # After the first words, as both take a while: steps import asyncio.
        from attio_orm.cli import steps
        from attio_sandbox.bootstrap import prepare

        prepare(self._wait)
        started = time.perf_counter()
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

    def _wait(self) -> None:
        self.terminal.line("Making up its people, companies and deals: once, in some seconds ...")
        self.terminal.flush()

    def _take(self, number: int, step: Callable[..., T], given: tuple[Connection, ...]) -> T:
        title, prose, code = read_step(step)
        terminal = self.terminal
        terminal.line()
        terminal.line()
        terminal.line(terminal.style(f"{number}. {title}", "bold", "cyan"))
        terminal.line()
        self._wrapped(prose, MARGIN)
        terminal.line()
        for line in highlighted(terminal.escaped(code), terminal):
            terminal.line(f"{MARGIN * 2}{line}".rstrip())
        terminal.line()
        terminal.flush()  # people read the code while it runs
        for connection in given:
            if connection.sandbox is not None:
                connection.sandbox.requests.clear()  # what is left is of this step
        printed = io.StringIO()
        with Watch() as watch, redirect_stdout(printed):
            result = step(*given)
        self._output(printed.getvalue())
        self._requests(watch, [body for each in given for body in _bodies(each)])
        return result

    def _wrapped(self, text: str, indent: str, *styles: str, hanging: str = "") -> None:
        for line in wrapped(text, self.terminal.width - len(indent), hanging=hanging):
            self.terminal.line(indent + self.terminal.style(line, *styles))

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
                for *known, body in bodies:
                    if known == [request.method, request.path]:
                        self._wrapped(terminal.shown(body), "      ", hanging="  ")

    def _request(self, request: Sent, times: int) -> None:
        path = request.path.partition("?")[0]
        many = f"{times} x " if times > 1 else ""
        refused = f"  {request.status or 'no answer'}" if request.status != OK else ""
        text = f"{many}{request.method} {_ID.sub(SHORT, path)}{refused}"
        style = "red" if refused else "dim"
        self._wrapped(self.terminal.shown(text), MARGIN * 2, style, hanging="  ")

    def _close(self, seconds: float) -> None:
        terminal = self.terminal
        terminal.line()
        terminal.line()
        terminal.line(terminal.style("─" * terminal.width, "dim"))
        total = f"{counted(self.requests, 'request')} in {seconds:.1f} s"
        self._wrapped(f"{total}, and none of them left this machine.", MARGIN)
        terminal.line()
        terminal.line(terminal.style("What next", "bold", "cyan"))
        terminal.line()
        for title, text in NEXT:
            terminal.line(MARGIN + terminal.style(title, "bold"))
            terminal.line(MARGIN * 2 + terminal.escaped(text))  # whole: these are pasted
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
        start = body[0].decorator_list[0].lineno  # the number of a function is that of its "def"
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
