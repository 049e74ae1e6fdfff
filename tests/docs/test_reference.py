"""docs/reference has every public name, and every method that an object has at run time.

``python -m docs.generator --check`` says whether its text is what the docstrings make; it reads the
source. This looks at the package itself, so that the two cannot be wrong in the same way.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import attio_orm
from attio_orm import Connection, Manager, Model, QuerySet, attributes, signals, testing, values
from attio_orm.api.facade import Api
from attio_orm.api.verbs import Verb
from attio_orm.embedded import SandboxHandle
from attio_orm.errors import AttioError
from attio_orm.query import expressions

# What the library itself asks of a connection, a manager and a sandbox's handle.
INSIDE = {
    "attach", "check_open", "forget_checked", "introspect", "queryset_class", "ready",
    "require_object", "with_record_id_in",
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
    assert without_twins(exported) - shown == set()


@pytest.mark.parametrize(
    ("page", "module", "left_out"),
    [
        ("attributes", attributes, {"Unknown"}),  # made for what no class declares
        ("conditions", expressions, {"Path"}),
    ],
)
def test_every_class_of_the_module_has_a_heading(
    page: str, module: ModuleType, left_out: set[str]
) -> None:
    assert classes_of(module) - left_out - headings("##")[page] == set()


def test_every_value_class_has_a_heading() -> None:
    found = {name for name in values.__all__ if inspect.isclass(getattr(values, name))}
    inside = {"AttributeSpec", "Codec", "TrackedList", "ValueList"}
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


def test_every_verb_of_the_api_has_a_heading() -> None:
    resources = vars(Api(None))  # type: ignore[arg-type]
    verbs = {
        f"api.{name}.{verb}()"
        for name, resource in resources.items()
        for verb, found in vars(type(resource)).items()
        if isinstance(found, Verb)
    }
    assert len(verbs) > 60
    assert verbs == headings("###")["api"]
