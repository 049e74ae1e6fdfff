"""Routes: method, path, handler, whether it writes; and what a resource registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import unquote

from attio_sandbox.errors import Refusal, not_found
from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.requests.calls import USER, WORKSPACE, Call, Handler
from attio_sandbox.requests.replies import Reply
from attio_sandbox.seeding import Seeding


class Route(NamedTuple):
    """One route. In `path`, `{name}` takes a segment and `{name:a|b}` one of some words.

    `scopes` are what a token needs ("note:read-write"); `is_public` routes need no token; those
    that are `raw` read `call.body` themselves, which is not JSON. `each_second` is how many
    requests of this one route Attio takes, where that is fewer than of others (facts.md 10).
    `levels` are those of the tokens that it takes. Those that are `is_short` read a few rows by
    their ids, so that an event loop may wait for them.
    """

    method: str
    path: str
    handler: Handler
    writes: bool = False
    scopes: tuple[str, ...] = ()
    is_public: bool = False
    raw: bool = False
    each_second: int | None = None
    levels: tuple[str, ...] = (WORKSPACE, USER)
    is_short: bool = False


class Resource(NamedTuple):
    """What a resource adds to a workspace.

    Its routes, the SQL of its tables, the columns of them that name records, and what it adds to
    the made-up CRM. `arranging` are routes of set-up alone: what Attio has no endpoint for.
    """

    routes: tuple[Route, ...]
    tables: str = ""
    foreign_keys: tuple[ForeignKey, ...] = ()
    seed: Callable[[Seeding], None] | None = None
    arranging: tuple[Route, ...] = ()


class Match(NamedTuple):
    """A route found for a request, with the decoded path names."""

    route: Route
    names: dict[str, str]


class _Pattern(NamedTuple):
    """What the segments of a path have to be, and which of them have names, by their place."""

    route: Route
    words: list[tuple[int, frozenset[str]]]
    names: list[tuple[str, int]]


def _pattern(route: Route) -> _Pattern:
    found = _Pattern(route, [], [])
    for place, text in enumerate(route.path.split("/")[1:]):
        name, _, words = text[1:-1].partition(":") if text.startswith("{") else ("", "", text)
        if name:
            found.names.append((name, place))
        if words:
            found.words.append((place, frozenset(words.split("|"))))
    return found


class Router:
    """Finds the route of a request; the first of the table that fits wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        # By method and number of segments, so that a request is compared with a few of them.
        self._table: dict[tuple[str, int], list[_Pattern]] = {}
        for route in routes:
            key = route.method, route.path.count("/")
            self._table.setdefault(key, []).append(_pattern(route))

    def find(self, method: str, path: str) -> Match:
        """Give the route of `method` and raw `path`; raises the 404 if there is none."""
        # Split first: a slash inside a name is sent as %2F and does not end a segment.
        parts = path.split("/")[1:]
        if "%" in path:
            parts = [unquote(part) for part in parts]
        for route, words, names in self._table.get((method, len(parts)), ()):
            for place, some in words:
                if parts[place] not in some:
                    break
            else:
                return Match(route, {name: parts[place] for name, place in names})
        raise not_found(f'Could not find endpoint "{method} {path}".')


def twice_spelled(handler: Callable[[Call], bytes]) -> Handler:
    """Give a handler whose 400 has `statusCode` too, as POST /v2/comments and /v2/meetings do.

    A handler of these refuses by a 400 only.
    """

    def answer(call: Call) -> bytes | Reply:
        try:
            return handler(call)
        except Refusal as refusal:
            refusal.is_twice_spelled = True
            raise

    return answer
