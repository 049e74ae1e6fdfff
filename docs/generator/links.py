"""Links from page to page: where each public name is, and which code of a docstring names it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import griffe

from docs.generator import source
from docs.generator.pages import Page
from docs.generator.source import MODEL, STANDS_FOR, Public

CODE = re.compile(r"(``.+?``|`[^`\n]+`|https?://[^\s<>()]+[^\s<>().,;:])", re.DOTALL)
NAMED = re.compile(r"(?P<name>[A-Za-z_][\w.]*)(?P<call>\(.*\))?", re.DOTALL)


class Links:
    """The place of every public name: by its full path the page and the anchor."""

    def __init__(self) -> None:
        self.anchors: dict[str, tuple[str, str]] = {}
        self.shown: dict[str, str] = {}  # full path of what has a heading -> its name

    def prose(self, text: str, page: Page, scope: Public, member: Public | None = None) -> str:
        """A docstring as Markdown: its code linked where it names something, URLs as links."""
        pieces: list[str] = []
        for piece in CODE.split(text):
            if piece.startswith("`"):
                code = piece.strip("`")
                pieces.append(self._linked(code, page, scope, member))
            elif piece.startswith("http"):
                pieces.append(f"<{piece}>")
            else:
                pieces.append(re.sub(r"([*<])", r"\\\1", piece))
        return "".join(pieces)

    def _linked(self, code: str, page: Page, scope: Public, member: Public | None) -> str:
        shown = f"`{' '.join(code.split())}`"
        found = NAMED.fullmatch(code)
        if found is None:
            return shown
        path = self._path(found["name"], bool(found["call"]), scope, member)
        if path is None or path == (member.path if member is not None else scope.path):
            return shown
        return f"[{shown}]({self._url(path, page)})"

    def _path(self, name: str, called: bool, scope: Public, member: Public | None) -> str | None:
        if isinstance(member, griffe.Function) and name in {p.name for p in member.parameters}:
            return None
        if isinstance(scope, griffe.Class) and f"{scope.path}.{name}" in self.anchors:
            return f"{scope.path}.{name}"
        first, _, rest = name.partition(".")
        for start in (member, scope):
            try:
                path = start.resolve(first) if start is not None else ""
            except griffe.NameResolutionError:
                continue
            target = source.at(start, path) if path.startswith("attio_orm.") else None
            if target is not None:
                full = f"{target.path}.{rest}" if rest else target.path
                if full in self.anchors:
                    return full
        for path, shown in self.shown.items():  # classes that the module does not import
            full = f"{path}.{rest}" if rest else path
            if shown == first and full in self.anchors and shown[0].isupper():
                return full
        if called and not rest:
            return self._unique(name)
        return None

    def _unique(self, name: str) -> str | None:
        """What people call by its name alone: a function, a method of instances or querysets."""
        paths = [path for path, shown in self.shown.items() if shown == name]
        for owner in (MODEL, "attio_orm.models.queryset.QuerySet"):
            paths += [path for path in (f"{owner}.{name}",) if path in self.anchors]
        return paths[0] if paths else None

    def types(
        self, mentions: Iterable[Public], page: Page, cls: griffe.Class | None
    ) -> Iterator[str]:
        """The line that links what a signature names, where it names anything."""
        own = cls.path if cls is not None else ""
        links = dict.fromkeys(
            link for each in mentions if each.path != own and (link := self.link(each, page))
        )
        if links:
            yield f"Types: {', '.join(links)}."

    def link(self, found: Public, page: Page) -> str | None:
        """A link to an object, where it has a place."""
        path = STANDS_FOR.get(found.path, found.path)
        if path not in self.anchors:
            return None
        return f"[`{self.shown.get(path, found.name)}`]({self._url(path, page)})"

    def typed(self, value: str | griffe.Expr, page: Page) -> str:
        """A type for a cell of a table, with links to what it names."""
        text = source.spell(value)
        named = source.names_in(value)
        names = {self.shown.get(each.path, each.name): self.link(each, page) for each in named}
        links = {name: link for name, link in names.items() if link}
        if text in links:
            return links[text]
        shown = "`" + text.replace("|", "\\|") + "`"
        return f"{shown} ({', '.join(links.values())})" if links else shown

    def _url(self, path: str, page: Page) -> str:
        name, where = self.anchors[path]
        return f"#{where}" if name == page.name else f"{name}.md#{where}"


def anchor(heading: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
