"""What the project promises of itself: its dependencies, its packaging, what an import costs."""

from __future__ import annotations

import ast
import configparser
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
from packaging.requirements import Requirement
from packaging.version import Version

from tests.conftest import may_be_skipped
from tests.docs.markdown import blocks

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]


def _name(requirement: str) -> str:
    return re.split(r"[^\w-]", requirement, maxsplit=1)[0]


def test_runtime_dependencies_are_those_promised() -> None:
    names = {_name(requirement) for requirement in PROJECT["dependencies"]}
    promised = {"blinker", "cachetools", "httpx", "inflection", "msgspec", "pydantic"}
    assert names == promised | {"h11", "httpcore"}, "these two come with httpx"


def _pinned(file: str) -> dict[str, str]:
    """The versions that one of scripts/lock's files names, by package."""
    lines = (ROOT / "requirements" / file).read_text("utf-8").splitlines()
    pins = (re.match(r"([\w.-]+)==([^\s;]+)", line) for line in lines)
    return {pin[1]: pin[2] for pin in pins if pin}


def _promised(requirement: str) -> Requirement:
    return Requirement(requirement.partition(";")[0])


EVERY_REQUIREMENT = [
    requirement
    for several in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for requirement in several
    if not requirement.startswith("attio-orm")
]


@pytest.mark.parametrize("requirement", EVERY_REQUIREMENT)
def test_what_is_locked_is_in_the_promised_range(requirement: str) -> None:
    promised = _promised(requirement)
    assert promised.specifier.contains(_pinned("locked.txt")[promised.name.lower()])


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_the_lowest_promised_versions_are_those_that_tox_tries(requirement: str) -> None:
    promised = _promised(requirement)
    (lowest,) = (each.version for each in promised.specifier if each.operator == ">=")
    assert Version(_pinned("lowest.txt")[promised.name]) == Version(lowest)


def test_what_the_tools_read_is_in_the_source_distribution() -> None:
    """Who gets the project as an sdist can run tox, the scripts and the hooks as well."""
    taken = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert [name for name in taken if not (ROOT / name).exists()] == []
    read = re.findall(r"\{tox_root\}\{/\}(\w+)", (ROOT / "tox.ini").read_text("utf-8"))
    for file in [ROOT / ".pre-commit-config.yaml", *(ROOT / "scripts").iterdir()]:
        read += re.findall(r"\b(requirements|scripts|src|tests|docs)\b", file.read_text("utf-8"))
    written = {file.name for file in ROOT.glob("*.md")} | {"LICENSE", ".pre-commit-config.yaml"}
    assert {*read, *written} - {*taken} == set()


def test_each_package_has_a_coverage_of_its_own() -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "tox.ini", "utf-8")
    reported = re.findall(
        r"^coverage report --include=src/(\w+)/\*$",
        config["testenv:coverage"]["commands"],
        re.MULTILINE,
    )
    packages = [path.parent.name for path in sorted((ROOT / "src").glob("*/__init__.py"))]
    assert reported == packages == PYPROJECT["tool"]["coverage"]["run"]["source_pkgs"]
    assert PYPROJECT["tool"]["coverage"]["report"]["fail_under"] == 95


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
        for extra in ("sandbox", "server", "sql", "redis", "oauth", "otel", "keyring", "format")
        for requirement in PROJECT["optional-dependencies"][extra]
    }
    # The pytest plugin is imported by pytest alone; pydantic_core is a part of pydantic, and
    # opentelemetry what opentelemetry-api brings.
    assert _packages("src") <= declared | brought | {
        "attio_orm",
        "attio_sandbox",
        "pytest",
        "pydantic_core",
        "opentelemetry",
    }


def test_the_sandbox_takes_nothing_from_the_client() -> None:
    """As the import contract says, ``from attio_orm import ...`` included, which it cannot see."""
    taken: list[str] = []
    sandbox = ROOT / "src" / "attio_sandbox"
    for file in sandbox.rglob("*.py"):
        depth = len(file.relative_to(sandbox).parts)
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = ["attio_orm"] if node.level > depth else []
                names += [node.module or ""] if not node.level else []
            taken += [
                f"{file.name}:{node.lineno}" for name in names if name.split(".")[0] == "attio_orm"
            ]
    assert taken == []


def test_no_module_fills_a_class_of_another_as_it_is_imported() -> None:
    """What does is a circle that no import shows: what is needed from above is handed in."""
    filled: list[str] = []
    for file in (ROOT / "src").rglob("*.py"):
        module = ast.parse(file.read_text("utf-8"))
        imported = {
            alias.asname or alias.name
            for node in module.body
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("attio_")
            for alias in node.names
        }
        for node in module.body:
            for target in node.targets if isinstance(node, ast.Assign) else ():
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) in imported:
                    filled.append(f"{file.name}:{node.lineno}")
    assert filled == []


def test_the_state_of_a_record_is_changed_in_its_room_alone() -> None:
    """Rooms above ask for it: ``state.mark_deleted()``, ``hold(record, attribute, values)``."""
    setting = re.compile(r"\b(state|state_of\(\w+\)|_state)\.\w+(, [\w.]+)* = ")
    found = [
        f"{room}/{file.name}: {line.strip()}"
        for room in ("writes", "query", "models")
        for file in (ROOT / "src" / "attio_orm" / room).glob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if setting.search(line)
    ]
    assert found == []


HEAVY = (
    "httpx", "pydantic", "asyncio", "sqlite3", "concurrent.futures", "attio_sandbox",
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
    for package in ("attio_orm", "attio_sandbox"):
        assert (ROOT / "src" / package / "py.typed").exists()


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
