"""What every attribute type has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import msgspec

from attio_sandbox.bodies import bad_text, is_map, kind_of
from attio_sandbox.errors import bad_value
from attio_sandbox.schema import Attribute, Schema

# A fragment of JSON for most types, the number of an option, or (object number, record id).
Body = str | int | tuple[int, str]


class Cells(NamedTuple):
    """The typed columns of one value in the table `cells`; `s1` to `s7` are parts of it."""

    folded: str | None = None
    exact: str | None = None
    number: int | float | None = None
    s1: str | None = None
    s2: str | None = None
    s3: str | None = None
    s4: str | None = None
    s5: str | None = None
    s6: str | None = None
    s7: str | None = None


class Stored(NamedTuple):
    """One normalised value: what is kept, what makes it equal to another, its columns."""

    body: Body
    key: str | int | float
    cells: Cells


class Lookups(Protocol):
    """What reading an input value may ask of the workspace."""

    schema: Schema
    now: str

    def record_number(self, object_num: int, record_id: str) -> int | None:
        """Give the number of a record, or None where there is none of that id."""
        ...

    def matching(self, attribute: Attribute, value: Stored) -> list[tuple[int, str]]:
        """Give number and id of up to two records that have `value`."""
        ...


# The operators of facts.md 5.2; `$not_empty` works on every type, and `$not` needs none.
EQ = frozenset({"$eq"})
RANGE = frozenset({"$eq", "$lt", "$lte", "$gt", "$gte"})
SINCE = RANGE - {"$eq"}
PREFIX = frozenset({"$eq", "$starts_with"})
SEARCH = frozenset({"$eq", "$contains", "$starts_with", "$ends_with"})
SEARCH_IN = SEARCH | {"$in"}


class Property(NamedTuple):
    """One filterable property of a type: its column, how operands are read, its operators."""

    column: str
    operand: str
    operators: frozenset[str]
    is_sortable: bool = True


def named(**properties: Property) -> Mapping[str, Property]:
    """Give the properties of a type by name."""
    return MappingProxyType(properties)


class ValueType(ABC):
    """One attribute type. `default` is None where a filter must name the property."""

    name: str
    default: str | None = None
    properties: Mapping[str, Property] = named()
    can_be_multi = False
    can_be_unique = False
    needs_all: frozenset[str] = frozenset()

    @abstractmethod
    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Normalise one input value; None where there is nothing to store.

        Raises the Refusal that Attio answers to a value it does not take.
        """

    def key(self, body: Body) -> str | int | float:
        """Give the key of a stored body, equal for values that are the same to Attio."""
        return body[1] if isinstance(body, tuple) else body

    def render(self, body: Body, schema: Schema) -> str:
        """Give the members that are this type's own, as JSON without braces."""
        assert isinstance(body, str)
        return body


# All types by name. Filled in `__init__.py`, which imports each type: references look types up
# here, as what they match on is of any other type.
TYPES: dict[str, ValueType] = {}


def fragment(**members: Any) -> str:
    """Give members as JSON without the braces around them."""
    return msgspec.json.encode(members).decode()[1:-1]


def members(text: str) -> dict[str, Any]:
    """Give the members of a fragment."""
    found: dict[str, Any] = msgspec.json.decode("{" + text + "}")
    return found


def split_text(text: str) -> tuple[str, str | None]:
    """Give the cells `folded` and `exact` of a text."""
    # The text itself only where it differs: e-mail addresses and domains need no second copy.
    folded = text.casefold()
    return folded, None if folded == text else text


def unwrap(raw: Any, member: str, attribute: Attribute, *, strict: bool = True) -> Any:
    """Give `raw[member]` where `raw` is an object, else `raw`.

    A strict type refuses other members, as Attio's schema does.
    """
    if not is_map(raw):
        return raw
    if member not in raw:
        raise bad_value(attribute.slug, "Required", "invalid_type", member)
    extra = ", ".join(f"'{key}'" for key in raw if key != member)
    if strict and extra:
        raise bad_value(
            attribute.slug, f"Unrecognized key(s) in object: {extra}", "unrecognized_keys"
        )
    return raw[member]


def expect_text(raw: Any, attribute: Attribute, *more: str | int) -> str:
    """Give `raw` where it is text that can be stored; raises `validation_type` otherwise."""
    if not isinstance(raw, str):
        message = f"Expected string, received {kind_of(raw)}"
        raise bad_value(attribute.slug, message, "invalid_type", *more)
    problem = bad_text(raw)
    if problem is not None:
        raise bad_value(attribute.slug, problem, "invalid_string", *more)
    return raw
