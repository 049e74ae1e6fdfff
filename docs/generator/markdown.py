"""Puts the pages into Markdown: signatures, docstrings, and links from page to page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import griffe

from docs.generator import source
from docs.generator.links import Links, anchor
from docs.generator.pages import API, INTERNAL, PAGES, Entry, Page
from docs.generator.source import MODEL, STANDS_FOR, Member, Public, Signature

HEADER = "<!-- Made from the docstrings by `python -m docs.generator`: change those, not this. -->"
TWIN = "the same for async code"
OF_EVERY_MODEL = (
    MODEL,
    "attio_orm.records.base.Record",
    "attio_orm.models.extensions.RecordExtensions",
)
# keywords of a class that no user gives
OF_THE_LIBRARY = (
    "shipped: bool = False", "dynamic: bool = False", "**kwargs: object", "**kwargs: Any"
)  # fmt: skip


class Reference:
    """The whole reference as text, and what is wrong with the docstrings it is made from."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._packages = source.load()
        self._links = Links()
        self._chosen: dict[Entry, list[Member]] = {}
        self._documented: set[str] = set()
        self._note()

    def pages(self) -> dict[str, str]:
        """The text of each page by its file name."""
        made = {f"{page.name}.md": self._page(page) for page in PAGES}
        made["api.md"] = self._api()
        made["index.md"] = self._index()
        return made

    def names(self) -> set[str]:
        """The full paths of everything that has a place in the reference."""
        return set(self._links.anchors)

    def exports(self, module: str) -> set[str]:
        """The names in a module's ``__all__``."""
        found = self._packages[module]
        assert isinstance(found, griffe.Module)
        return {str(name) for name in found.exports or ()}

    def find(self, path: str) -> Public:
        """The object at a path as people import it."""
        return source.find(self._packages, path)

    # -- where everything is ----------------------------------------------------------------------

    def _note(self) -> None:
        self._links.anchors["attio_orm.api.facade.Api"] = API.name, anchor(API.title)
        entries = [(page, entry) for page in PAGES for entry in page.entries]
        self._documented = {self.find(entry.path).path for _, entry in entries}
        for page, entry in entries:
            found = self.find(entry.path)
            self._links.shown.setdefault(found.path, entry.name)
            self._links.anchors.setdefault(found.path, (page.name, anchor(entry.name)))
            if isinstance(found, griffe.Class):
                self._chosen[entry] = self._choose(entry, found)
                for member in self._chosen[entry]:
                    path = f"{found.path}.{member.name}"
                    self._links.anchors[path] = page.name, anchor(f"{entry.name}.{member.name}")

    def _choose(self, entry: Entry, cls: griffe.Class) -> list[Member]:
        known = source.members(cls, self._documented)
        names = {member.name for member in known}
        unknown = {*(entry.only or ()), *entry.hide} - names
        if unknown:
            self.problems.append(f"docs/generator/pages.py: {entry.path} has no {sorted(unknown)}")
        left_out = set(entry.hide)
        if entry.like is not None:
            like = self.find(entry.like)
            assert isinstance(like, griffe.Class)
            shown = source.members(like, self._documented)
            left_out |= {each.name for each in shown if isinstance(each, griffe.Function)}
        return [
            member
            for member in known
            if (entry.only is None or member.name in entry.only)
            and member.name not in left_out
            and not (member.name[0] == "a" and member.name[1:] in names)
            and member.name not in INTERNAL
            and (
                isinstance(member, griffe.Function)
                or member.name in (entry.only or ())
                or self._is_explained(cls, member)
            )
        ]

    def _is_explained(self, cls: griffe.Class, member: griffe.Attribute) -> bool:
        """Whether an attribute is shown: computed or described; else it is one of the fields."""
        if source.is_property(member) or source.docstring(member):
            return True
        return not source.is_record(cls) and source.descriptor(member) is not None

    # -- pages ------------------------------------------------------------------------------------

    def _page(self, page: Page) -> str:
        parts = [*self._top(page)]
        if page.tree:
            parts.append("\n".join(self._tree(page)))
        elif len(page.entries) > 1:
            names = [f"[`{name}`](#{anchor(name)})" for name in self._names(page)]
            parts.append(f"On this page: {', '.join(names)}.")
        for entry in page.entries:
            parts += self._entry(page, entry)
        return "\n\n".join(parts) + "\n"

    def _names(self, page: Page) -> list[str]:
        return [entry.name for entry in page.entries]

    def _tree(self, page: Page) -> Iterator[str]:
        """The names of a page, each under the one that it derives from."""
        paths = {self.find(entry.path).path for entry in page.entries}
        children: dict[str, list[Public]] = {}
        for entry in page.entries:
            found = self.find(entry.path)
            bases = found.mro() if isinstance(found, griffe.Class) else []
            above = next((base.path for base in bases if base.path in paths), "")
            children.setdefault(above, []).append(found)

        def lines(above: str, depth: int) -> Iterator[str]:
            for found in children.get(above, ()):
                yield f"{'  ' * depth}- [`{found.name}`](#{anchor(found.name)})"
                yield from lines(found.path, depth + 1)

        yield from lines("", 0)

    def _top(self, page: Page) -> Iterator[str]:
        yield HEADER
        yield f"# {page.title}"
        guide = f"[{page.guide.capitalize()}](../{page.guide}.md)"
        yield f"{page.about}\n\nThe guide: {guide}. All names: [index](index.md)."

    def _entry(self, page: Page, entry: Entry) -> Iterator[str]:
        found = self.find(entry.path)
        yield f"## `{entry.name}`"
        module, _, name = entry.path.rpartition(".")
        if isinstance(found, griffe.Class):
            yield from self._class(page, entry, found, f"from {module} import {name}")
        elif isinstance(found, griffe.Function):
            yield from self._function(page, found, f"from {module} import {name}")
        else:
            yield block(f"from {module} import {name}")
            yield self._links.prose(self._signal_text(found), page, found)

    def _class(self, page: Page, entry: Entry, cls: griffe.Class, line: str) -> Iterator[str]:
        lines = [line]
        made = source.constructor(cls)
        if entry.derived:
            keywords = cls.members["__init_subclass__"]
            assert isinstance(keywords, griffe.Function)
            header = source.signature(keywords).without(*OF_THE_LIBRARY)
            named = Signature((cls.name, *header.without("*").parameters), "", ())
            lines.append(named.text("class Project") + ": ...")
        shown = made is not None and (entry.made or source.is_record(cls) or _own_options(cls))
        if made is not None and shown:
            lines.append(made.text(entry.name))
        yield block("\n\n".join(lines))
        yield from self._bases(page, cls)
        text = source.docstring(cls)
        if not text:
            self.problems.append(f"{source.place(cls)}: {cls.name} has no docstring")
        yield self._links.prose(text, page, cls)
        if made is not None and shown:
            yield from self._links.types(made.mentions, page, cls)
        yield from self._attribute(page, cls)
        yield from self._fields(page, cls, self._chosen[entry])
        for member in self._chosen[entry]:
            yield from self._member(page, cls, member, entry.name)

    def _bases(self, page: Page, cls: griffe.Class) -> Iterator[str]:
        bases = [base for base in map(self._base, cls.bases) if base]
        # one that stands for its public class is no news on that class
        others = [base for base in bases if STANDS_FOR.get(base.path) != cls.path]
        if found := [link for base in others if (link := self._links.link(base, page))]:
            yield f"Derives from {' and '.join(found)}."

    def _base(self, base: str | griffe.Expr) -> Public | None:
        left = base.left if isinstance(base, griffe.ExprSubscript) else base
        if isinstance(left, griffe.ExprName | griffe.ExprAttribute):
            return source.resolve(left)
        return None

    def _attribute(self, page: Page, cls: griffe.Class) -> Iterator[str]:
        """Of an attribute type: what it reads, what it takes, what it is on the class."""
        if "attio_orm.types.base.Attribute" not in {base.path for base in cls.mro()}:
            return
        base = cls.bases[0]
        assert isinstance(base, griffe.ExprSubscript)
        assert isinstance(base.slice, griffe.ExprTuple)
        rows = ["| | |", "| --- | --- |"]
        labels = ("on the class", "reads", "takes")
        for label, part in zip(labels, base.slice.elements, strict=True):
            rows.append(f"| {label} | {self._links.typed(part, page)} |")
        yield "\n".join(rows)

    def _fields(self, page: Page, cls: griffe.Class, shown: list[Member]) -> Iterator[str]:
        """The attributes that a model declares, or that the docstring of a class names."""
        model = MODEL in {base.path for base in cls.mro()}
        named = source.code_spans(source.docstring(cls)) - {member.name for member in shown}
        rows: list[str] = []
        owners = [*reversed(cls.mro()), cls] if model else source.owners(cls, self._documented)
        for owner in owners:
            if owner.path in OF_EVERY_MODEL or source.is_record(owner):
                continue
            for name, field in owner.members.items():
                if not isinstance(field, griffe.Attribute) or name.startswith("_"):
                    continue
                made_of = source.type_of(field)
                if made_of is not None and (model or name in named):
                    row = f"| `{name}` | {self._links.typed(made_of, page)} |"
                    rows.append(f"{row} {_options(field)} |" if model else row)
        if rows:
            more = (" |", " --- |") if model else ("", "")
            header = [f"| attribute | type |{more[0]}", f"| --- | --- |{more[1]}"]
            yield "\n".join([*header, *rows])

    def _member(self, page: Page, cls: griffe.Class, member: Member, owner: str) -> Iterator[str]:
        call = "()" if isinstance(member, griffe.Function) else ""
        yield f"### `{owner}.{member.name}{call}`"
        if isinstance(member, griffe.Function):
            yield from self._function(page, member, "", cls)
            return
        made = source.descriptor(member)
        typed = source.type_of(member) if made is None else made[0]
        yield block(f"{member.name}: {source.spell(typed)}")
        text = source.docstring(member) or (made[1] if made else "")
        if not text:
            self.problems.append(
                f"{source.place(member)}: {cls.name}.{member.name} has no docstring"
            )
        yield self._links.prose(text, page, cls, member)
        yield from self._links.types(source.names_in(typed), page, cls)

    def _function(
        self, page: Page, function: griffe.Function, line: str, cls: griffe.Class | None = None
    ) -> Iterator[str]:
        called = source.signature(function)
        name = function.name
        if cls is not None and "classmethod" in function.labels:
            name = f"{cls.name}.{name}"
        text = called.text(name)
        if any("fixture" in str(each.value) for each in function.decorators):
            line, text = "", f"def test_it({name}: {_yielded(called.returns)}): ..."
        twin = self._twin(function, called, name)
        yield block(
            "\n\n".join(part for part in (line, "\n".join(filter(None, [text, twin]))) if part)
        )
        if not source.docstring(function):
            self.problems.append(f"{source.place(function)}: {name}() has no docstring")
        yield self._links.prose(source.docstring(function), page, cls or function, function)
        yield from self._links.types(called.mentions, page, cls)

    def _twin(self, function: griffe.Function, called: Signature, name: str) -> str:
        """The line for the ``a``-twin, where there is one; it must take the same."""
        owner = function.parent
        twin = owner.members.get(f"a{function.name}") if owner is not None else None
        prefix, _, last = name.rpartition(".")
        short = f"{prefix}{'.' if prefix else ''}a{last}(...)  # {TWIN}"
        if source.is_async_twin(twin, function.name):
            return f"await {short}"
        if not isinstance(twin, griffe.Function):
            return ""
        if source.signature(twin).parameters != called.parameters:
            self.problems.append(
                f"{source.place(twin)}: {twin.name}() takes other parameters than {name}()"
            )
        waits = "await " if called.returns != source.signature(twin).returns or (
            "async" in twin.labels) else ""  # fmt: skip
        return f"{waits}{short}"

    def _signal_text(self, found: Public) -> str:
        """The second argument of a signal is its docstring."""
        if isinstance(found, griffe.Attribute) and isinstance(found.value, griffe.ExprCall):
            arguments = found.value.arguments
            if len(arguments) == 2 and isinstance(arguments[1], str):
                return str(ast.literal_eval(arguments[1]))
        self.problems.append(f"{source.place(found)}: {found.name} has no docstring")
        return ""

    # -- connection.api ---------------------------------------------------------------------------

    def _api(self) -> str:
        facade = self.find("attio_orm.api.facade.Api")
        assert isinstance(facade, griffe.Class)
        resources = {
            name: source.resolve(made.value.function)
            for name, made in facade.members.items()
            if isinstance(made, griffe.Attribute)
            and isinstance(made.value, griffe.ExprCall)
            and isinstance(made.value.function, griffe.ExprName)
        }
        parts = [*self._top(API)]
        listed = ", ".join(f"[`{name}`](#{anchor('api.' + name)})" for name in resources)
        parts.append(f"Resources: {listed}.")
        for name, cls in resources.items():
            assert isinstance(cls, griffe.Class)
            parts += [f"## `api.{name}`", self._links.prose(source.docstring(cls), API, cls)]
            for verb, operation, shape in source.verbs(cls):
                parts += self._verb(name, verb, operation, shape)
        return "\n\n".join(parts) + "\n"

    def _verb(
        self, resource: str, verb: str, operation: griffe.Function, shape: str
    ) -> Iterator[str]:
        found = source.signature(operation, hide=("transport", "decode", "settle"))
        returns = shape or re.sub(r"^Operation\[(.*)\]$", r"\1", found.returns)
        called = Signature(found.without("/").parameters, returns, found.mentions)
        if not source.docstring(operation):
            self.problems.append(f"{source.place(operation)}: {operation.name}() has no docstring")
        yield f"### `api.{resource}.{verb}()`"
        yield block(called.text(f"connection.api.{resource}.{verb}"))
        yield self._links.prose(source.docstring(operation), API, operation, operation)

    # -- the index --------------------------------------------------------------------------------

    def _index(self) -> str:
        pages = [*PAGES, API]
        rows = [f"| [{page.title}]({page.name}.md) | {self._summary(page)} |" for page in pages]
        names = sorted(
            {(entry.name, page.name, page.title) for page in PAGES for entry in page.entries},
            key=lambda each: (each[0].lower(), each),
        )
        lines = [f"- [`{name}`]({page}.md#{anchor(name)}) ({title})" for name, page, title in names]
        return "\n\n".join(
            [
                HEADER,
                "# API reference",
                "Every public name, with its signature and docstring. The [guides](../index.md) "
                "say how things go together; this says exactly what each does.",
                "A method that talks to Attio has an `a`-twin with the same parameters, which is "
                "awaited. It is shown under the signature of the method.",
                "\n".join(["| page | what is on it |", "| --- | --- |", *rows]),
                "## All names",
                "\n".join(lines),
            ]
        ) + "\n"  # fmt: skip

    def _summary(self, page: Page) -> str:
        if page is API:
            return "`connection.api`: Attio's operations as of October 2026, resource by resource."
        names = [f"`{name}`" for name in self._names(page)]
        return ", ".join(names) if len(names) < 9 else ", ".join([*names[:8], "..."])


def block(text: str) -> str:
    """Code that is shown and never run."""
    return f"```text\n{text}\n```"


def _own_options(cls: griffe.Class) -> bool:
    """Whether an attribute type is made with options of its own."""
    is_type = "attio_orm.types.base.Attribute" in {base.path for base in cls.mro()}
    return is_type and "__init__" in cls.members


def _options(field: griffe.Attribute) -> str:
    """What a shipped model's attribute is: read-only, required, unique."""
    if not isinstance(field.value, griffe.ExprCall):
        return ""
    names = [a.name for a in field.value.arguments if isinstance(a, griffe.ExprKeyword)]
    return ", ".join(name.replace("_", "-") for name in names)


def _yielded(returns: str) -> str:
    return re.sub(r"^\w+\[(.*)\]$", r"\1", returns)
