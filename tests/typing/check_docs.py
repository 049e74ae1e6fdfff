"""Checks the code of the README and of docs/ with mypy and pyright, both strict.

``python -m tests.typing.check_docs`` from the project's folder. A page is one module with the same
line numbers, and a file that it shows is one of its own. Two things are let go: ``None``, as a page
knows what its workspace holds and would be longer for it, and what the page itself says to be
refused (``# raises``).
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.docs.markdown import Block, blocks

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    # that one shows changes of the project's own files
    *(each for each in sorted((ROOT / "docs").glob("*.md")) if each.name != "how-to-add.md"),
]

# What stands for what a page does outside of functions, and a module cannot.
HELPERS = """
from collections.abc import AsyncIterable, Awaitable, Iterable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, TypeVar

T = TypeVar("T")

def awaited(value: Awaitable[T]) -> T: raise NotImplementedError
def each_of(values: AsyncIterable[T]) -> Iterable[T]: raise NotImplementedError
def entered(
    value: AbstractAsyncContextManager[T, Any]
) -> AbstractContextManager[T, None]: raise NotImplementedError
"""

# Names that only the workspace has, or an ``Include(..., to_attr=...)``: no checker knows them.
DYNAMIC = ("prospect.job_title", "companies[2].won")

MYPY = ("--strict", "--no-strict-optional", "--disable-error-code=no-redef")
PYRIGHT = {
    "include": ["."],
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "reportUnusedExpression": False,  # a page shows what a line gives
    "reportRedeclaration": False,  # and begins anew further down
    "reportUnusedVariable": False,
    "reportOptionalMemberAccess": False,
    "reportOptionalOperand": False,
    "reportOptionalSubscript": False,
    "reportOptionalIterable": False,
}


class Outside(ast.NodeVisitor):
    """Replaces ``await`` and the like outside of functions by calls of the same type."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()  # as ``ast`` counts columns in bytes
        self._starts = [0]
        for line in self._text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._edits: list[tuple[int, int, bytes]] = []

    def written(self) -> str:
        """The text with the same lines."""
        self.visit(ast.parse(self._text))
        text = self._text
        for start, end, new in sorted(self._edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text.decode()

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def _call(self, name: str, node: ast.expr, *, instead_of: str = "") -> None:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._at(node.lineno, node.col_offset)
        end = self._at(node.end_lineno, node.end_col_offset)
        self._edits += [(start, start + len(instead_of), f"{name}(".encode()), (end, end, b")")]

    def _without_async(self, start: int) -> None:
        self._edits.append((start, start + len("async "), b""))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Nothing: it is as Python has it."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Nothing: it is as Python has it."""

    def visit_Await(self, node: ast.Await) -> None:
        """``await x``."""
        self._call("awaited", node, instead_of="await")
        self.generic_visit(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        """``async with x``."""
        self._without_async(self._at(node.lineno, node.col_offset))
        for item in node.items:
            self._call("entered", item.context_expr)
        self.generic_visit(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        """``async for y in x``."""
        self._without_async(self._at(node.lineno, node.col_offset))
        self._call("each_of", node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """``... async for y in x``."""
        if node.is_async:
            end = self._at(node.target.lineno, node.target.col_offset)
            self._without_async(self._text.rindex(b"async for", 0, end))
            self._call("each_of", node.iter)
        self.generic_visit(node)


def refused_lines(block: Block) -> Iterator[int]:
    """The lines of the page with statements that it says to be refused, or that are dynamic."""
    lines = block.text.splitlines()
    for node in ast.walk(ast.parse(block.text)):
        if not isinstance(node, ast.stmt) or node.end_lineno is None:
            continue
        if "# raises" in lines[node.end_lineno - 1] or lines[node.lineno - 1].startswith(DYNAMIC):
            yield from range(block.line + node.lineno - 1, block.line + node.end_lineno)


def modules_of(page: Path) -> tuple[dict[str, str], set[tuple[str, int]]]:
    """The text of each module by its name, and the modules' lines that need not be right."""
    name = f"page_{page.stem.lower().replace('-', '_')}"
    lines: list[str] = []
    files: dict[str, str] = {}
    refused: set[tuple[str, int]] = set()
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language != "python" or block.not_run is not None or block.change is not None:
            continue
        if block.file is not None:  # a later one of the same name is the same file, some time on
            stem = block.file.removesuffix(".py").replace("/", ".")
            files[stem] = "\n" * (block.line - 1) + block.text
            continue
        lines += [""] * (block.line - 1 - len(lines))
        lines += Outside(block.text).written().splitlines()
        refused |= {(name, line) for line in refused_lines(block)}
    text = "\n".join(lines) + "\n"
    used = [each for each in ("awaited", "each_of", "entered") if f"{each}(" in text]
    if used:
        assert text.startswith("\n")  # the page begins with words
        text = f"from page_helpers import {', '.join(used)}{text}"
    return {name: text, **files}, refused


def found_by_mypy(folder: Path) -> Iterator[tuple[str, int, str]]:
    """What mypy says of each module: its name, the line, the text."""
    output = _run(folder, "mypy", *MYPY, "--no-error-summary", ".")
    for file, line, text in re.findall(r"^(\S+)\.py:(\d+): error: (.*)$", output, re.MULTILINE):
        yield file, int(line), text


def found_by_pyright(folder: Path) -> Iterator[tuple[str, int, str]]:
    """What pyright says of each module: its name, the line, the text."""
    settings = PYRIGHT | {"extraPaths": [str(ROOT / "src")]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    python = ["--pythonpath", sys.executable]
    output = _run(folder, "pyright", "--outputjson", *python, "--project", str(folder))
    said: list[dict[str, Any]] = json.loads(output)["generalDiagnostics"]
    for each in said:
        if each["severity"] == "error":
            line = each["range"]["start"]["line"] + 1
            yield Path(each["file"]).stem, line, each["message"].splitlines()[0]


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"MYPYPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    # 1: it found something; all above that: it could not check, and would have found nothing
    assert done.returncode in (0, 1), f"{command[0]} failed: {done.stdout}"
    return done.stdout


def main() -> int:
    """Print what a checker finds wrong in a page; 1 where there is something."""
    pages: dict[str, Path] = {}
    refused: set[tuple[str, int]] = set()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page_helpers.py").write_text(HELPERS, encoding="utf-8")
        for page in PAGES:
            modules, lines = modules_of(page)
            assert pages.keys().isdisjoint(modules), f"{page}: a file of this name is there already"
            pages |= dict.fromkeys(modules, page)
            refused |= lines
            for module, text in modules.items():
                (folder / f"{module}.py").write_text(text, encoding="utf-8")
        for checker, found in (("mypy", found_by_mypy), ("pyright", found_by_pyright)):
            for module, line, text in found(folder):
                if module in pages and (module, line) not in refused:
                    print(f"{checker}: {pages[module].relative_to(ROOT)}:{line}: {text}")
                    wrong += 1
    print(f"{len(pages)} modules of {len(PAGES)} pages; {wrong} errors")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
