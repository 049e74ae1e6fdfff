"""The pages leave nothing out: errors, signals, attribute types, methods and rooms."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import attio_orm
from attio_orm import AttioError, Model, QuerySet, attributes, signals
from attio_orm.models.missing_methods import METHODS_ELSEWHERE

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "attio_orm"


def words(*pages: str) -> set[str]:
    """The names that these pages set in code, in text or in blocks."""
    text = "\n".join((ROOT / "docs" / page).read_text("utf-8") for page in pages)
    return set(re.findall(r"\w+", "\n".join(re.findall(r"`+[^`]+`+", text))))


def test_every_error_is_explained() -> None:
    errors = {
        name for name in attio_orm.__all__
        if isinstance(found := getattr(attio_orm, name), type) and issubclass(found, Exception)
    }  # fmt: skip
    assert AttioError.__name__ in errors
    assert errors - words("errors.md") == set()


def test_every_signal_is_listed() -> None:
    names = {name for name, each in vars(signals).items() if isinstance(each, signals.Signal)}
    assert names - words("signals.md") == set()


def test_every_extra_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for_work_on_the_library = {"test", "dev"}
    extras = set(project["optional-dependencies"]) - for_work_on_the_library
    assert extras - words("index.md") == set()


def test_every_attribute_type_is_listed() -> None:
    kinds = set(attributes.__all__) - {"Attribute"}
    assert kinds - words("models.md") == set()


@pytest.mark.parametrize("owner", [QuerySet, Model], ids=lambda owner: owner.__name__)
def test_every_method_is_named(owner: type) -> None:
    names = {name for name in dir(owner) if not name.startswith("_")}
    twins = {name for name in names if name[0] == "a" and name[1:] in names}
    known = words(
        "querying.md",
        "relations.md",
        "saving.md",
        "models.md",
        "async.md",
        "errors.md",
        "notes-and-tasks.md",
        "files.md",
        "conversations.md",
    )
    assert names - twins - known == set()


def test_what_is_missing_on_purpose_is_said() -> None:
    said = words("querying.md")
    assert {"annotate", "aggregate", "distinct", "defer"} <= set(METHODS_ELSEWHERE) & said


def test_every_file_that_the_architecture_names_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    names = set(re.findall(r"`(?:\w+/)?(\w+\.py|\w+/)`", page))
    files = {path.name for path in PACKAGE.parent.rglob("*.py")}
    folders = {f"{path.name}/" for path in PACKAGE.parent.rglob("*") if path.is_dir()}
    assert names - files - folders == set()


def test_the_architecture_has_every_room_and_file() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    wanted: set[str] = set()
    for package in (PACKAGE, PACKAGE.parent / "attio_sandbox"):
        wanted |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
        wanted |= {path.name for path in package.glob("[!_]*.py")}
    for path in PACKAGE.glob("*/[!_]*.py"):
        if path.parent.name not in {"api", "types", "cli"}:  # a module a resource, family, command
            wanted.add(path.name)
    assert {name for name in wanted if not re.search(rf"(?<!\w){re.escape(name)}", page)} == set()
