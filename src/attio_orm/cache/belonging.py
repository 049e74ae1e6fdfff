"""To which objects and lists a read belongs, and which of them a write may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol, cast

import msgspec
from msgspec import Struct

from attio_orm.transport.exchange import Exchange
from attio_orm.transport.requests import changes_schema

EVERYTHING: Final = "*"
"""The name of what every read belongs to."""
ANYTHING: Final = "+"
"""The name of what every write changes: of reads of which nobody can tell where they belong."""

_ROWS: Final = {"objects": "records", "lists": "entries"}


class Attribute(Protocol):
    """What is to be known of an attribute."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def relationship(self) -> tuple[str, str] | None:
        """The object and attribute at the other side of a pair."""
        ...


class Described(Protocol):
    """What is to be known of an object or list."""

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """Its attributes by slug."""
        ...


class Objects(Protocol):
    """What is known of the workspace, without asking for it."""

    def get(self, slug: str, /) -> Described | None:
        """The object, or ``lists/`` and a list."""
        ...

    def slug_of(self, id: str, /) -> str | None:
        """The slug of the object or list with this id, with ``lists/`` before a list's."""
        ...


class Belonging(Struct, frozen=True):
    """A read that can be kept: its object or list, the names it belongs to, its canonical body."""

    place: str
    names: tuple[str, ...]
    body: bytes
    query: dict[str, Any] | None = None


def of_read(exchange: Exchange, objects: Objects) -> Belonging | None:
    """Where a read belongs; ``None`` for what is never kept.

    Kept are records and entries: one by its id, and pages of a query.
    """
    method, parts = exchange.request.method, _parts(exchange.request.path)
    if len(parts) != 4 or parts[2] != _ROWS.get(parts[0]):
        return None
    place = _place(parts[0], parts[1], objects)
    if place is None:
        return None
    if method == "GET":
        return Belonging(place, (place, EVERYTHING), b"")
    if method != "POST" or parts[3] != "query":
        return None
    query = _decoded(exchange.body)
    if query is None:
        return None
    names = {place, EVERYTHING}
    for slug, is_first in _on_the_way(query):
        if is_first and place in (slug, f"lists/{slug}"):
            continue
        found = _place("objects", slug, objects)
        if found is None:
            return None
        names.add(found)
    if "filter_view_id" in query:  # what a saved view asks of which objects, Attio does not say
        names.add(ANYTHING)
    body = msgspec.json.encode(query, order="deterministic")
    return Belonging(place, tuple(sorted(names)), body, query)


def of_write(exchange: Exchange, objects: Objects) -> frozenset[str]:
    """The names of what a write may change: none where it changes no record and no entry."""
    request = exchange.request
    if changes_schema(request):  # titles of options stand in records of any object
        return frozenset({EVERYTHING})
    parts = _parts(request.path)
    if len(parts) < 3 or parts[2] != _ROWS.get(parts[0]):
        return frozenset()
    place = _place(parts[0], parts[1], objects)
    if place is None:
        return frozenset({EVERYTHING})
    is_merge = request.method == "POST" and parts[3:] == ["merge"]
    if parts[0] == "objects" and (is_merge or request.method == "DELETE"):
        # whatever refers to it is another afterwards, and a reference may be to any object
        return frozenset({EVERYTHING})
    others = _other_sides(place, parts, exchange.body, objects)
    return frozenset({EVERYTHING}) if others is None else others | {place, ANYTHING}


def _other_sides(
    place: str, parts: list[str], body: bytes, objects: Objects
) -> frozenset[str] | None:
    """The objects at the other side of the pairs that a write touches; ``None``: nobody knows."""
    known = objects.get(place)
    if known is None:
        return None
    touched: set[str] | None = None
    if parts[4:5] == ["attributes"]:
        touched = set(parts[5:6])
    else:
        data = (_decoded(body) or {}).get("data")
        for name in ("values", "entry_values"):
            values = cast("dict[str, Any]", data).get(name) if isinstance(data, dict) else None
            if isinstance(values, dict):
                touched = {*cast("dict[str, Any]", values)}
    pairs = {
        attribute.relationship[0]
        for slug, attribute in known.attributes.items()
        if attribute.relationship is not None
        and (touched is None or slug in touched or attribute.id in touched)
    }
    found = {_place("objects", each, objects) for each in pairs}
    return None if None in found else frozenset(each for each in found if each)


def _parts(path: str) -> list[str]:
    """The segments behind ``/v2/``, decoded."""
    from urllib.parse import unquote  # here, so that importing the package stays fast

    return [unquote(part) for part in path.partition("?")[0].split("/")[2:]]


def _place(kind: str, name: str, objects: Objects) -> str | None:
    """The slug of an object or list that is called by its slug or id; ``None`` where unknown."""
    if len(name) == 36 and name.count("-") == 4:
        return objects.slug_of(name)
    return f"lists/{name}" if kind == "lists" else name


def _decoded(body: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _on_the_way(part: object) -> Iterator[tuple[str, bool]]:
    """The objects that the paths of a filter or a sort name, and whether each is a path's first."""
    if isinstance(part, dict):
        for key, value in cast("dict[str, object]", part).items():
            if key == "path" and isinstance(value, list):
                for at, segment in enumerate(cast("list[object]", value)):
                    if isinstance(segment, list) and segment:
                        yield str(cast("list[object]", segment)[0]), at == 0
            else:
                yield from _on_the_way(value)
    elif isinstance(part, list):
        for each in cast("list[object]", part):
            yield from _on_the_way(each)
