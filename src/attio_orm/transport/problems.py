"""What Attio says is wrong with a request: each problem with the attribute and the place it names.

Attio says it in two ways. Where no input of an attribute's type has such a shape, the paths of its
``validation_errors`` lead through the body (``["data", "values", "name", 0]``); where the value
itself is wrong, its message names the attribute, and the paths are relative to the value
(``["first_name"]``). See the error responses of https://docs.attio.com/rest-api.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from attio_orm.errors import Problem
from attio_orm.guards import is_mapping

MOST_OPTIONS = 10
"""How many of the ``options`` that Attio would take a message spells out."""

UNKNOWN_FILTER_ATTRIBUTE = "unknown_filter_attribute_slug"

# By slug or by id, as the endpoint and the year have it.
_ATTRIBUTE = re.compile(r'\battribute with (?:slug/ID|slug|ID) "(?P<attribute>[^"]+)"')
_OF_A_VALUE = re.compile(rf"^An invalid value was passed to {_ATTRIBUTE.pattern}")
_UNKNOWN_SLUG = re.compile(r'^Unknown attribute slug: "?(?P<attribute>\w+)"?')

# What holds the values of a record or of an entry, by slug.
_VALUES = ("values", "entry_values")


class Detail(NamedTuple):
    """One thing that is wrong: the attribute (slug or id), the way inside its value, the place.

    ``place`` is where to look, as a message says it; ``attribute`` is ``None`` where the problem is
    none of a value.
    """

    attribute: str | None
    rest: str
    place: str
    message: str

    def problem(self) -> Problem | None:
        """The same by attribute, or ``None`` where it is about none."""
        if self.attribute is None:
            return None
        said = f"{self.rest}: {self.message}" if self.rest else self.message
        return Problem(self.attribute, said)


def details(said: str | None, errors: Sequence[Mapping[str, object]]) -> list[Detail]:
    """Each of the ``validation_errors``, read by what Attio's own message says of them."""
    of_a_value = _OF_A_VALUE.match(said or "")
    attribute = of_a_value["attribute"] if of_a_value else None
    return [_detail(error, attribute) for error in errors]


def problems(code: str | None, said: str | None, found: Sequence[Detail]) -> list[Problem]:
    """The problems by attribute; where Attio lists none, the one that its message is about."""
    listed = [problem for each in found if (problem := each.problem()) is not None]
    if listed or said is None:
        return listed
    pattern = _UNKNOWN_SLUG if code == UNKNOWN_FILTER_ATTRIBUTE else _ATTRIBUTE
    named = pattern.search(said)
    return [Problem(named["attribute"], said)] if named else []


def place_in_filter(code: str | None, path: object) -> str | None:
    """Where an unknown attribute stands in the filter: ``$or.1.email``."""
    return _dotted(path) if code == UNKNOWN_FILTER_ATTRIBUTE else None


def part_of_query(place: str) -> str:
    """What a place stands in: a filter's begins at the filter, a sort's at the body."""
    return "query" if re.match(r"sorts\.\d", place) else "filter"


def named(text: str, slug: str, id: str | None, name: str) -> str:
    """A message of ours with the Python name of an attribute for its slug, its id and its place."""
    for spelled in filter(None, (slug, id)):
        known = re.escape(spelled)
        text = re.sub(rf'(?:with (?:slug/ID|slug|ID) )"{known}"', lambda _: f'"{name}"', text)
        text = re.sub(rf"(?<= )(?:data\.(?:entry_)?values\.)?{known}(?=[.:])", lambda _: name, text)
    if id is not None and id in text:  # an id is told apart wherever it stands
        text = re.sub(rf'(?:with (?:slug/)?ID )?"?{re.escape(id)}"?', lambda _: f'"{name}"', text)
    return text


def _detail(error: Mapping[str, object], attribute: str | None) -> Detail:
    path = error.get("path")
    inside = steps = _steps(path)
    place = _dotted(path) or "body"
    if attribute is not None:
        place = ".".join([attribute, *map(str, steps)])
    elif len(steps) > 2 and steps[0] == "data" and steps[1] in _VALUES:
        attribute, inside = str(steps[2]), steps[3:]
    return Detail(attribute, ".".join(map(str, inside)), place, _message(error))


def _message(error: Mapping[str, object]) -> str:
    """What Attio says, and what it would take, where it does not say that itself."""
    said = error.get("message")
    text = said if isinstance(said, str) and said else "not valid"
    more: list[str] = []
    options = error.get("options")
    if isinstance(options, list) and options:
        shown = [str(each) for each in cast("list[object]", options)]
        if not all(each in text for each in shown):
            left = len(shown) - MOST_OPTIONS
            more.append(f"one of {', '.join(shown[:MOST_OPTIONS])}")
            more[0] += f" and {left} more, which are in .errors" if left > 0 else ""
    for word in ("expected", "received"):
        value = error.get(word)
        # "undefined" is what is missing: "Required" says so
        if isinstance(value, str) and value not in ("", "undefined") and value not in text:
            more.append(f"{word} {value}")
    return f"{text.removesuffix('.')} ({'; '.join(more)})" if more else text


def _steps(path: object) -> list[object]:
    return cast("list[object]", path) if isinstance(path, list) else []


def _dotted(path: object) -> str | None:
    found = ".".join(str(step) for step in _steps(path)) or path
    return found if isinstance(found, str) and found else None


def listed(value: object) -> list[dict[str, Any]]:
    """The ``validation_errors`` of a body; anything else is left out."""
    found = cast("list[object]", value) if isinstance(value, list) else []
    return [dict(each) for each in found if is_mapping(each)]
