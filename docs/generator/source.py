"""Reads the package without running it: public objects, and their signatures as users see them."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import griffe
from griffe import ParameterKind

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 96

# What users know a base of the library's own by.
SHOWN_AS = {"BaseConnection": "Connection", "Record": "Model", "Includable": "QuerySet[Any]"}

Public: TypeAlias = griffe.Class | griffe.Function | griffe.Attribute
Member: TypeAlias = griffe.Function | griffe.Attribute
PUBLIC = (griffe.Class, griffe.Function, griffe.Attribute)


PACKAGES = ("attio_orm", "attio_sandbox")
MODEL = "attio_orm.models.model.Model"
# The public class that a base of the library's own stands for.
STANDS_FOR = {
    "attio_orm.connection.base.BaseConnection": "attio_orm.models.connection.Connection",
    "attio_orm.query.includes.Includable": "attio_orm.models.queryset.QuerySet",
    "attio_orm.records.base.Record": MODEL,
    "attio_orm.resources.base.BaseResource": "attio_orm.resources.resource.Resource",
    "attio_orm.resources.state.HasState": "attio_orm.resources.resource.Resource",
}
OURS = tuple(f"{package}." for package in PACKAGES)


def load() -> griffe.ModulesCollection:
    """The packages, read from ``src``."""
    loader = griffe.GriffeLoader(search_paths=[ROOT / "src"], allow_inspection=False)
    for package in PACKAGES:
        loader.load(package)
    return loader.modules_collection


def find(packages: griffe.ModulesCollection, path: str) -> Public:
    """The object at a path as users write it (``attio_orm.values.Money``), where it is defined."""
    found: Any = packages[path]
    if found.is_alias:
        found = found.final_target
    assert isinstance(found, PUBLIC)
    return found


def place(found: Public) -> str:
    """File and line, for messages."""
    file = found.filepath
    assert isinstance(file, Path)
    return f"{file.relative_to(ROOT)}:{found.lineno}"


# -- annotations and defaults ---------------------------------------------------------------------


def spell(value: str | griffe.Expr | None) -> str:
    """An annotation or default as text: no module prefixes, aliases of the package written out."""
    match value:
        case None:
            return ""
        case str():
            return _quoted(value)
        case griffe.ExprAttribute():
            return spell(value.last) if resolve(value) is not None else str(value)
        case griffe.ExprName():
            return _alias(value) or SHOWN_AS.get(value.name, value.name)
        case griffe.ExprSubscript():
            name = value.canonical_name
            if name in ("ClassVar", "Final"):
                return spell(value.slice)
            return f"{name}[{spell(value.slice)}]"
        case griffe.ExprJoinedStr():
            return str(value)  # its parts are no expressions of their own
        case griffe.ExprCall(function=griffe.ExprSubscript(), arguments=[]):
            return {"dict": "{}", "list": "[]"}[value.function.canonical_name]  # a field's factory
        case _:
            return "".join(spell(part) for part in value.iterate(flat=False))


def _quoted(text: str) -> str:
    if not text.startswith("'"):
        return text
    content = ast.literal_eval(text)
    return text if '"' in content else '"' + text[1:-1] + '"'


def _alias(name: griffe.ExprName) -> str | None:
    """What a type alias or a constant of the package stands for."""
    target = resolve(name)
    if not isinstance(target, griffe.Attribute) or target.value is None or "." in name.name:
        return None
    text = spell(target.value)
    if isinstance(target.value, str) and text.startswith('"'):
        text = ast.literal_eval(text)
    return None if "(" in text else text


def resolve(name: griffe.ExprName | griffe.ExprAttribute) -> Public | None:
    """What a name in the source refers to, where that is an object of the package."""
    try:
        path = name.canonical_path
    except griffe.NameResolutionError:
        return None
    first = name.first if isinstance(name, griffe.ExprAttribute) else name
    scope = first.parent if isinstance(first, griffe.ExprName) else None
    return at(scope, path) if path.startswith(OURS) else None


def at(scope: Any, path: str) -> Public | None:
    """The object at a full path, or ``None``."""
    while not hasattr(scope, "modules_collection"):
        scope = scope.parent
    try:
        found = scope.modules_collection[path]
        if found.is_alias:
            found = found.final_target
        return found if isinstance(found, PUBLIC) else None
    except (KeyError, griffe.AliasResolutionError):
        return None


def names_in(*values: str | griffe.Expr | None) -> Iterator[Public]:
    """The objects of the package that annotations name."""
    for value in values:
        if isinstance(value, griffe.ExprName):
            found = resolve(value)
            if found is not None:
                yield found
                if _alias(value) is not None and isinstance(found, griffe.Attribute):
                    yield from names_in(found.value)
        elif isinstance(value, griffe.Expr):
            yield from names_in(*value.iterate(flat=True))


# -- signatures -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signature:
    """How something is called: ``parameters`` with their ``*`` and ``/``, and what comes back."""

    parameters: tuple[str, ...]
    returns: str
    mentions: tuple[Public, ...]  # objects of the package that the annotations name

    def without(self, *parameters: str) -> Signature:
        """The same without these parameters, written as they are shown."""
        kept = tuple(each for each in self.parameters if each not in parameters)
        return Signature(kept, self.returns, self.mentions)

    def text(self, name: str) -> str:
        """The signature on one line, or one parameter a line where that is too long."""
        arrow = f" -> {self.returns}" if self.returns else ""
        line = f"{name}({', '.join(self.parameters)}){arrow}"
        if len(line) <= WIDTH:
            return line
        lines = "".join(f"    {each},\n" for each in self.parameters)
        return f"{name}(\n{lines}){arrow}"


def signature(function: griffe.Function, *, hide: tuple[str, ...] = ()) -> Signature:
    """The signature of a function or method, without ``self`` and what is hidden."""
    given = [p for p in function.parameters if p.name not in hide]
    if _is_method(function):
        given = given[1:]
    returns = function.returns
    decorators = {str(each.value) for each in function.decorators}
    if "contextmanager" in decorators:
        assert isinstance(returns, griffe.ExprSubscript)
        back = f"AbstractContextManager[{spell(returns.slice)}]"
    elif "sync_method" in decorators:  # runs the operation, and gives what that gives
        assert isinstance(returns, griffe.ExprSubscript)
        back = spell(returns.slice)
    else:
        back = spell(returns)
    mentions = tuple(names_in(*(p.annotation for p in given), returns))
    return Signature(_parameters(given), "" if function.name == "__init__" else back, mentions)


def _is_method(function: griffe.Function) -> bool:
    return isinstance(function.parent, griffe.Class) and "staticmethod" not in function.labels


_STARS = {ParameterKind.var_positional: "*", ParameterKind.var_keyword: "**"}


def _parameters(given: list[griffe.Parameter]) -> tuple[str, ...]:
    found: list[str] = []
    for position, each in enumerate(given):
        assert each.kind is not None
        stars = _STARS.get(each.kind, "")
        text = stars + each.name
        if each.annotation is not None:
            text += f": {spell(each.annotation)}"
        if each.default is not None and not stars:
            text += f" = {spell(each.default)}"
        before = given[position - 1].kind if position else None
        starred = (ParameterKind.keyword_only, ParameterKind.var_positional)
        if each.kind is ParameterKind.keyword_only and before not in starred:
            found.append("*")
        found.append(text)
        after = given[position + 1].kind if position + 1 < len(given) else None
        if each.kind is ParameterKind.positional_only is not after:
            found.append("/")
    return tuple(found)


def constructor(cls: griffe.Class) -> Signature | None:
    """How a class is called: its ``__init__`` or ``__new__``, or the fields of a record."""
    for owner in (cls, *_bases(cls)):
        for name in ("__init__", "__new__"):
            own = owner.members.get(name)
            if isinstance(own, griffe.Function):
                called = signature(own)
                return Signature(called.parameters, "", called.mentions)
        if is_record(owner):
            return _fields(owner)
    return None


def _fields(cls: griffe.Class) -> Signature:
    fields = [m for m in cls.members.values() if isinstance(m, griffe.Attribute) and m.annotation]
    fields = [each for each in fields if "property" not in each.labels]
    return Signature(
        tuple(_field(each) for each in fields if not each.name.startswith("_")),
        "",
        tuple(names_in(*(each.annotation for each in fields))),
    )


def is_record(cls: griffe.Class) -> bool:
    """Whether the class is called with its fields (a dataclass, a named tuple, a struct)."""
    bases = {spell(base) for base in cls.bases}
    return "dataclass" in cls.labels or bool(bases & {"NamedTuple", "Struct"})


def _field(field: griffe.Attribute) -> str:
    default = "" if field.value is None else f" = {spell(field.value)}"
    return f"{field.name}: {spell(field.annotation)}{default}"


# -- members --------------------------------------------------------------------------------------


def members(cls: griffe.Class, documented: set[str]) -> list[Member]:
    """The public members in the order of the source, those of undocumented bases after them."""
    found: dict[str, Member] = {}
    for owner in owners(cls, documented):
        for name, member in owner.members.items():
            if not name.startswith("_") and isinstance(member, griffe.Function | griffe.Attribute):
                found.setdefault(name, member)
    return list(found.values())


def owners(cls: griffe.Class, documented: set[str]) -> list[griffe.Class]:
    """A class, and the bases of the package's own that have no place of their own."""
    bases = _bases(cls)
    above = {base.path for base in bases}
    return [
        cls,
        *(
            base
            for base in bases
            # what a public class stands for is shown there, and not once more at those below it
            if base.path not in documented and STANDS_FOR.get(base.path) not in above
        ),
    ]


def _bases(cls: griffe.Class) -> list[griffe.Class]:
    return [base for base in cls.mro() if base.path.startswith(OURS)]


def is_property(member: Public) -> bool:
    """Whether it is read like an attribute and computed by a method."""
    return "property" in member.labels


def is_async_twin(made: griffe.Object | griffe.Alias | None, name: str) -> bool:
    """Whether it is ``aget = async_twin(get)``, of the method of this very name."""
    if not isinstance(made, griffe.Attribute):
        return False
    call = made.value
    return (
        isinstance(call, griffe.ExprCall)
        and str(call.function) == "async_twin"
        and [str(each) for each in call.arguments] == [name]
    )


_SHAPES = {"one": "dict[str, Any]", "many": "list[dict[str, Any]]"}


def verbs(cls: griffe.Class) -> Iterator[tuple[str, griffe.Function, str]]:
    """Name, operation and shape of the answer of each pair that ``verbs()`` makes.

    A pair of context managers is one, too.
    """
    body = ast.parse(textwrap.dedent(cls.source)).body[0]
    assert isinstance(body, ast.ClassDef)
    # where type checkers are told more than verbs() can say, the pair stands in the other branch
    lines = [each for line in body.body for each in (getattr(line, "orelse", None) or [line])]
    for line in lines:
        match line:
            case ast.FunctionDef(name=name):
                managed = cls.members[name]
                assert isinstance(managed, griffe.Function)
                assert f"a{name}" in cls.members, f"{place(cls)}: {name} has no twin"
                yield name, managed, ""
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(name), ast.Name(twin)])]):
                assert twin == f"a{name}", f"{place(cls)}: {name} has the twin {twin}"
                assert isinstance(line.value, ast.Call)
                value, shape = line.value.args[0], ""
                if isinstance(value, ast.Call):
                    shape = _SHAPES[ast.unparse(value.func)]
                    value = value.args[0]
                operation = at(cls, f"attio_orm.api.{ast.unparse(value)}")
                assert isinstance(operation, griffe.Function)
                yield name, operation, shape
            case _:
                pass


def descriptor(attribute: griffe.Attribute) -> tuple[str | griffe.Expr | None, str] | None:
    """Type and docstring of an attribute made by a descriptor class: ``id = RecordId()``."""
    call = attribute.value
    if not isinstance(call, griffe.ExprCall):
        return None
    made: str | griffe.Expr = call.function
    of: str | griffe.Expr | None = None
    if isinstance(call.function, griffe.ExprSubscript):  # Part[Expr[str]](Expr)
        made, of = call.function.left, call.function.slice
    if not isinstance(made, griffe.ExprName):
        return None
    cls = resolve(made)
    if not isinstance(cls, griffe.Class) or "__get__" not in cls.members or cls.docstring is None:
        return None
    read = cls.members["__get__"]
    assert isinstance(read, griffe.Function)
    last = read.overloads[-1] if read.overloads else read  # the one for an instance
    if len(str(last.returns)) == 1:  # generic: the class that it is given
        return of or call.arguments[0], cls.docstring.value
    return last.returns, cls.docstring.value


def docstring(found: Public) -> str:
    """The docstring, or an empty text."""
    return found.docstring.value.strip() if found.docstring is not None else ""


def type_of(attribute: griffe.Attribute) -> str | griffe.Expr | None:
    """The type of an attribute: annotated, or that of the parameter or class it is made from."""
    if attribute.annotation is not None:
        return attribute.annotation
    owner = attribute.parent
    made = owner.members.get("__init__") if owner is not None else None
    if isinstance(made, griffe.Function) and attribute.name in {p.name for p in made.parameters}:
        return made.parameters[attribute.name].annotation
    if isinstance(attribute.value, griffe.ExprCall):
        return attribute.value.function
    return None


def code_spans(text: str) -> set[str]:
    """The code that a docstring names: ``like this``, without the backticks."""
    return {found.strip("`") for found in re.findall(r"``.+?``|`[^`]+`", text)}
