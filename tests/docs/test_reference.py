"""docs/reference has every public name, and every method that an object has at run time.

``python -m docs.generator --check`` says whether its text is what the docstrings make; it reads the
source. This looks at the package itself, so that the two cannot be wrong in the same way.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import attio_orm
from attio_orm import (
    Connection,
    Manager,
    Model,
    QuerySet,
    attributes,
    expressions,
    signals,
    testing,
    values,
)
from attio_orm.api.facade import Api
from attio_orm.errors import AttioError
from attio_orm.testing import SandboxHandle

# What the library itself asks of a connection, a manager and a sandbox's handle.
INSIDE = {
    "address", "attach", "attached", "check_open", "mapping", "queryset_class",
}  # fmt: skip
REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def headings(level: str) -> dict[str, set[str]]:
    """The code in the headings of a level, by page."""
    return {
        page.stem: set(re.findall(rf"^{level} `(.+?)`$", page.read_text("utf-8"), re.MULTILINE))
        for page in REFERENCE.glob("*.md")
    }


def without_twins(names: set[str]) -> set[str]:
    return {name for name in names if not (name[0] == "a" and name[1:] in names)}


def classes_of(module: ModuleType) -> set[str]:
    return {
        name
        for name, found in vars(module).items()
        if inspect.isclass(found) and found.__module__ == module.__name__ and name[0] != "_"
    }


def test_every_exported_name_has_a_heading() -> None:
    shown = set().union(*headings("##").values())
    exported = {*attio_orm.__all__, *signals.__all__, *testing.__all__}
    assert without_twins(exported) - shown == {"UNSET"}  # a constant, which signatures name


@pytest.mark.parametrize(
    ("page", "module", "left_out"),
    [("attributes", attributes, set[str]()), ("conditions", expressions, set[str]())],
)
def test_every_class_of_the_module_has_a_heading(
    page: str, module: ModuleType, left_out: set[str]
) -> None:
    assert classes_of(module) - left_out - headings("##")[page] == set()


def test_every_value_class_has_a_heading() -> None:
    found = {name for name in values.__all__ if inspect.isclass(getattr(values, name))}
    inside = {"TrackedList", "ValueList"}
    assert found - inside - headings("##")["values"] == set()


def test_every_error_has_a_heading() -> None:
    def family(error: type[Exception]) -> set[str]:
        own = {error.__name__} if error.__module__ == "attio_orm.errors" else set[str]()
        return own.union(*(family(each) for each in error.__subclasses__()))

    assert family(AttioError) - headings("##")["errors"] == set()


@pytest.mark.parametrize("owner", [QuerySet, Manager, Model, SandboxHandle, Connection])
def test_every_method_has_a_heading(owner: type) -> None:
    shown = {
        name.partition(".")[2].removesuffix("()")
        for found in headings("###").values()
        for name in found
        if name.startswith(("QuerySet.", "Manager.", f"{owner.__name__}."))
    }
    known = {name for name in dir(owner) if not name.startswith("_")}
    assert without_twins(known) - INSIDE - shown == set()


def sections() -> dict[str, str]:
    """The text under each heading of a class or function; what is on two pages counts as one."""
    found: dict[str, str] = {}
    for page in REFERENCE.glob("*.md"):
        for part in page.read_text("utf-8").split("\n## ")[1:]:
            name = part.partition("\n")[0].strip("`")
            found[name] = found.get(name, "") + part
    return found


def test_every_import_is_from_a_public_place() -> None:
    taught = re.findall(r"^from (\S+) import (\w+)$", "\n".join(sections().values()), re.MULTILINE)
    assert len(taught) > 100
    for module, name in taught:
        assert module.count(".") <= 1, f"{module} is an inner path, for {name}"
        assert hasattr(import_module(module), name)


def test_no_class_derives_from_itself() -> None:
    derived = {
        name: found[1]
        for name, text in sections().items()
        if (found := re.search(r"^Derives from (.+)\.$", text, re.MULTILINE))
    }
    assert "[`Option`](#option)" in derived["StatusValue"]
    assert [name for name, bases in derived.items() if f"[`{name}`]" in bases] == []


def test_what_comes_from_a_base_is_shown() -> None:
    shown = sections()
    assert "\nStatusValue(title: str, *, id: str | None = None)\n" in shown["StatusValue"]
    assert "\n| `schema` | [`Schema`](schema.md#schema) |\n" in shown["Connection"]


@pytest.mark.parametrize("name", ["Model", "ListEntry"])
def test_the_keywords_of_a_class_are_those_that_users_give(name: str) -> None:
    header = sections()[name].partition("class Project(")[2].partition("): ...")[0]
    assert f"{name}," in header
    assert "abstract: bool = False" in header
    assert not {"shipped", "dynamic", "kwargs"} & set(re.findall(r"\w+", header))


def test_every_verb_of_the_api_has_a_heading() -> None:
    resources = vars(Api(None))  # type: ignore[arg-type]
    verbs = {
        f"api.{name}.{verb}()"
        for name, resource in resources.items()
        for verb in vars(type(resource))
        if f"a{verb}" in vars(type(resource))
    }
    assert len(verbs) > 60
    assert verbs == headings("###")["api"]
