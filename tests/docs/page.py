"""Runs the code of one documentation page, in this process: ``python -m tests.docs.page PAGE``.

Python blocks run in order in one namespace (the page is the ``__main__`` module), with ``await``
allowed at the top. Files and commands go to the current folder, which the caller made for it.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib.metadata
import inspect
import re
import shlex
import subprocess
import sys
import types
from pathlib import Path

from tests.docs.claims import Claims, matches
from tests.docs.markdown import Block, blocks
from tests.offline import stay_on_this_machine

COMMANDS = ("attio-orm", "python", "pytest")
# Plugins that no page needs, and that take two seconds to start.
UNUSED = ("hypothesispytest", "schemathesis", "xdist")


class Page:
    """One page and the state that its blocks share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._claims = Claims()
        self._problems: list[str] = []
        self._written: set[str] = set()
        self._tests: dict[str, int] = {}
        self._loop = asyncio.Runner()
        self._module = types.ModuleType("__main__")
        self._module.__dict__.update(
            __check__=self._claims.check, __shown__=self._claims.shown, __file__=str(path)
        )

    def run(self) -> list[str]:
        """Run every block; gives what was not as the page says."""
        sys.modules["__main__"] = self._module
        sys.path.insert(0, str(Path.cwd()))
        try:
            for block in blocks(self._path.read_text(encoding="utf-8")):
                if block.not_run is None:
                    self._run_block(block)
            self._run_tests()
        finally:
            self._loop.close()
        return self._problems + self._claims.failures()

    def _run_block(self, block: Block) -> None:
        if block.file is not None:
            self._write(block, block.file)
        elif block.language == "python":
            self._run_python(block)
        elif block.is_shell:
            self._run_commands(block)

    def _run_python(self, block: Block) -> None:
        if re.search(r"^(async )?def test_", block.text, re.MULTILINE):
            self._problems.append(f"line {block.line}: mark tests with <!-- file: test_NAME.py -->")
            return
        code = self._claims.compile(block.text, str(self._path), block.line)
        if code.co_flags & inspect.CO_COROUTINE:
            self._loop.run(eval(code, self._module.__dict__), context=contextvars.copy_context())
        else:
            exec(code, self._module.__dict__)

    def _write(self, block: Block, name: str) -> None:
        target = Path(name)
        if name in self._written:
            self._run_tests()  # they are of the file as it is
        self._written.add(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")
        if target.name.startswith("test_"):
            self._tests[name] = block.line

    def _run_tests(self) -> None:
        """Run the test files written so far, all in one process: most of its time is its start."""
        if self._tests:
            names, line = list(self._tests), min(self._tests.values())
            self._tests.clear()
            self._command(line, ["pytest", *names], expected=None)

    def _run_commands(self, block: Block) -> None:
        for line, command, expected in commands(block):
            words = shlex.split(command, comments=True)
            if words and words[0] not in COMMANDS:
                self._problems.append(f"line {line}: this command is not run: {command}")
            elif words:
                for name in words[1:] if words[0] == "pytest" else ():
                    self._tests.pop(name, None)
                self._run_tests()
                self._command(line, words, expected)

    def _command(self, line: int, words: list[str], expected: str | None) -> None:
        program = [sys.executable, "-W", "error"]
        if words[0] == "pytest":
            plugin = [] if _has_plugin() else ["-p", "attio_orm.testing"]
            settings = ["-o", "asyncio_default_fixture_loop_scope=function"]  # else it warns
            unused = [f"-pno:{name}" for name in (*UNUSED, "cacheprovider")]
            program += ["-m", "pytest", *plugin, *settings, *unused, "-W", "error"]
        elif words[0] == "attio-orm":
            program += ["-c", "from attio_orm.cli import main; raise SystemExit(main())"]
        done = subprocess.run(
            [*program, *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        if done.returncode:
            self._problems.append(f"line {line}: exit code {done.returncode}:\n{done.stdout}")
        elif expected is not None and not matches(expected, done.stdout.rstrip("\n")):
            self._problems.append(
                f"line {line}:\n  the page says:\n{expected}\n  it was:\n{done.stdout}"
            )


def commands(block: Block) -> list[tuple[int, str, str | None]]:
    """The commands of a shell block, each with its line and the output that the page shows.

    In a console block a command follows ``$``, and what stands below it is its output.
    """
    found: list[tuple[int, str, str | None]] = []
    text = re.sub(r"\\\n[ >]*", lambda broken: " " * len(broken[0]), block.text)
    for number, line in enumerate(text.splitlines(), block.line):
        if block.language != "console":
            if line.strip():
                found.append((number, line, None))
        elif line.startswith("$ "):
            found.append((number, line[2:], None))
        elif found:
            start, command, output = found[-1]
            found[-1] = (start, command, line if output is None else f"{output}\n{line}")
    return [(line, command, out.rstrip("\n") if out else None) for line, command, out in found]


def _has_plugin() -> bool:
    plugins = importlib.metadata.entry_points(group="pytest11")
    return any(plugin.value == "attio_orm.testing" for plugin in plugins)


def main() -> int:
    """Run the page that the command line names; 1 where something was not as it says."""
    stay_on_this_machine()
    problems = Page(Path(sys.argv[1])).run()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
