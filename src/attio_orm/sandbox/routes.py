"""The one table of routes: method, path, handler, whether it writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from attio_orm.sandbox.calls import Handler
from attio_orm.sandbox.errors import not_found


class Route(NamedTuple):
    """One route. In `path`, `{name}` takes a segment and `{name:a|b}` one of some words.

    `scopes` are what a token needs ("note:read-write"); `is_public` routes need no token; those
    that are `raw` read `call.body` themselves, as it is no JSON.
    """

    method: str
    path: str
    handler: Handler
    writes: bool = False
    scopes: tuple[str, ...] = ()
    is_public: bool = False
    raw: bool = False


class Match(NamedTuple):
    """A route found for a request, with the decoded path names."""

    route: Route
    names: dict[str, str]


class _Segment(NamedTuple):
    name: str | None
    words: frozenset[str]

    def takes(self, text: str) -> bool:
        return not self.words or text in self.words


def _segment(text: str) -> _Segment:
    if not text.startswith("{"):
        return _Segment(None, frozenset({text}))
    name, _, words = text[1:-1].partition(":")
    return _Segment(name, frozenset(words.split("|")) if words else frozenset())


class Router:
    """Finds the route of a request; the first of the table that fits wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Sort the table by method and number of segments."""
        self._table: dict[tuple[str, int], list[tuple[Route, list[_Segment]]]] = {}
        for route in routes:
            segments = [_segment(part) for part in route.path.split("/")[1:]]
            self._table.setdefault((route.method, len(segments)), []).append((route, segments))

    def routes(self) -> Iterable[Route]:
        """Give every route of the table."""
        return [route for found in self._table.values() for route, _ in found]

    def find(self, method: str, path: str) -> Match:
        """Give the route of `method` and raw `path`; raises the 404 where there is none."""
        decoded = [unquote(part) for part in path.split("/")[1:]]
        for route, segments in self._table.get((method, len(decoded)), ()):
            if all(s.takes(part) for s, part in zip(segments, decoded, strict=True)):
                names = zip(segments, decoded, strict=True)
                return Match(route, {s.name: part for s, part in names if s.name is not None})
        raise not_found(f"Could not find endpoint {method} {path}.")
