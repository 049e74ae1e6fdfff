"""What the project promises of itself: its dependencies, its packaging, what an import costs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import may_be_skipped
from tests.docs.markdown import blocks

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _name(requirement: str) -> str:
    return re.split(r"[^\w-]", requirement, maxsplit=1)[0]


def test_runtime_dependencies_are_the_six_promised() -> None:
    names = {_name(requirement) for requirement in PROJECT["dependencies"]}
    assert names == {"blinker", "cachetools", "httpx", "inflection", "msgspec", "pydantic"}


def test_the_lowest_versions_are_the_ones_that_tox_tries() -> None:
    tox = (ROOT / "tox.ini").read_text("utf-8")
    tried = re.findall(r"^    ([\w-]+==[\d.]+)$", tox, re.MULTILINE)
    assert sorted(tried) == sorted(each.replace(">=", "==") for each in PROJECT["dependencies"])


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below ``node`` but those that only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _at_run_time(child)


def _packages(folder: str) -> set[str]:
    """The top-level packages that the modules under ``folder`` import, but the standard ones."""
    found: set[str] = set()
    for file in (ROOT / folder).rglob("*.py"):
        for node in _at_run_time(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"annotationlib"}  # standard since Python 3.14


def test_the_source_imports_nothing_that_is_not_declared() -> None:
    declared = {_name(requirement) for requirement in PROJECT["dependencies"]}
    brought = {
        _name(requirement)
        for extra in ("sandbox", "server")
        for requirement in PROJECT["optional-dependencies"][extra]
    }
    # The pytest plugin is imported by pytest alone; pydantic_core is a part of pydantic.
    assert _packages("src") <= declared | brought | {"attio_orm", "pytest", "pydantic_core"}


def test_the_sandbox_takes_nothing_from_the_client() -> None:
    """As the import contract says, ``from attio_orm import ...`` included, which it cannot see."""
    taken: list[str] = []
    sandbox = ROOT / "src" / "attio_orm" / "sandbox"
    for file in sandbox.rglob("*.py"):
        depth = len(file.relative_to(sandbox).parts)
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = ["attio_orm"] if node.level > depth else []
                names += [node.module or ""] if not node.level else []
            taken += [
                f"{file.name}:{node.lineno}"
                for name in names
                if name.split(".")[0] == "attio_orm"
                and not f"{name}.".startswith("attio_orm.sandbox.")
            ]
    assert taken == []


HEAVY = (
    "httpx", "pydantic", "asyncio", "sqlite3", "concurrent.futures", "attio_orm.sandbox",
    "starlette", "uvicorn", "jinja2",
)  # fmt: skip


def test_import_loads_nothing_heavy_and_opens_nothing() -> None:
    program = f"""
        import sys
        def refuse(event, arguments):
            if event.startswith(("socket.", "sqlite3.", "subprocess.")):
                raise RuntimeError(event)
        sys.addaudithook(refuse)
        import attio_orm
        print(*[name for name in {HEAVY!r} if name in sys.modules])
    """
    # A coverage tool in that process would load some of these itself.
    environment = {name: v for name, v in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_type_checkers_are_told_that_the_package_is_typed() -> None:
    assert (ROOT / "src" / "attio_orm" / "py.typed").exists()


def test_the_readme_begins_with_the_two_commands() -> None:
    first, second = blocks((ROOT / "README.md").read_text("utf-8"))[:2]
    assert first.language == second.language == "bash"
    assert first.text.rstrip().endswith("attio-orm tour")
    assert second.text.rstrip().endswith("tox")


def test_the_changelog_knows_the_version_to_come_or_the_one_at_hand() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    sections = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert sections[0] in ("Unreleased", PROJECT["version"])


@pytest.mark.parametrize(
    ("reason", "allowed"),
    [("needs Python 3.12", True), ("no database server here", False), ("", False)],
)
def test_which_tests_may_be_missed_where_none_may(reason: str, allowed: bool) -> None:
    assert may_be_skipped(reason) is allowed
