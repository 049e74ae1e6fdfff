"""What every attribute type has in common.

Where a value is not taken there are two bodies (facts.md 16, Validation errors), and the border
between them is drawn here: JSON of a kind that is none of the type's `forms` is refused with the
body, at its path in it; what has the kind of an input form and is wrong inside is refused as a
value of its attribute, with paths that begin at the value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol

import msgspec

from attio_sandbox.bodies import Field, Path, bad_text, extra_issue, is_map, kind_of
from attio_sandbox.errors import Issue, Refusal, bad_values, missing_issue, type_issue
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
    reserved_emails: bool

    def record_number(self, object_num: int, record_id: str) -> int | None:
        """Give the number of a record, or None if there is none of that id."""
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
    """One attribute type. `default` is None where a filter must name the property.

    `forms` are the kinds of JSON that an input value may have, the plainest first.
    """

    name: str
    forms: ClassVar[tuple[str, ...]] = ("string", "object")
    default: str | None = None
    properties: Mapping[str, Property] = named()
    can_be_multi = False
    can_be_unique = False
    needs_all: frozenset[str] = frozenset()

    def forms_of(self, attribute: Attribute, schema: Schema) -> tuple[str, ...]:
        """Give the kinds of JSON that an input value of `attribute` may have."""
        return self.forms

    def form_issue(
        self, raw: Any, path: Path, attribute: Attribute, schema: Schema
    ) -> Issue | None:
        """Say what is wrong with JSON that fits no input form at all, None where it fits one."""
        kind, forms = kind_of(raw), self.forms_of(attribute, schema)
        return None if kind in forms else type_issue(path, forms[0], kind)

    @abstractmethod
    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Normalise one input value; None where there is nothing to store.

        Raises the Refusal that Attio answers to a value it does not take.
        """

    def write_problem(
        self, value: Stored, attribute: Attribute, lookups: Lookups
    ) -> Refusal | None:
        """Give the Refusal of a value that can be looked for, and not be written."""
        return None

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


def unwrap(
    raw: Any, member: str, attribute: Attribute, expected: str, *, strict: bool = True
) -> Any:
    """Give `raw[member]` where `raw` is an object, else `raw`.

    A strict type refuses other members, as Attio's schema does. `expected` is what the member is.
    """
    if not is_map(raw):
        return raw
    issues: list[Issue] = []
    if member not in raw:
        issues.append(missing_issue((member,), expected))
    extra = [key for key in raw if key != member]
    if strict and extra:
        issues.append(extra_issue((), extra))
    if issues:
        raise bad_values(attribute.slug, issues)
    return raw[member]


def wrong_type(attribute: Attribute, expected: str, raw: Any, *path: str | int) -> Refusal:
    """Give the 400 of a value, or a part of it at `path`, that has the wrong JSON type."""
    return bad_values(attribute.slug, [type_issue(path, expected, kind_of(raw))])


def check_parts(shape: Field, raw: Any, attribute: Attribute) -> None:
    """Refuse a value whose members are not what `shape` asks for, with all that is wrong."""
    issues: list[Issue] = []
    shape.find(raw, (), issues)
    if issues:
        raise bad_values(attribute.slug, issues)


def text_issue(raw: Any, path: Path) -> Issue | None:
    """Say what is wrong with what has to be text that can be stored."""
    if not isinstance(raw, str):
        return type_issue(path, "string", kind_of(raw))
    problem = bad_text(raw)
    return None if problem is None else Issue("invalid", path, problem)


def expect_text(raw: Any, attribute: Attribute, *path: str | int) -> str:
    """Give `raw` where it is text that can be stored; raises `validation_type` otherwise."""
    if isinstance(raw, str) and bad_text(raw) is None:  # nearly always, and quickest
        return raw
    issue = text_issue(raw, path)
    assert issue is not None
    raise bad_values(attribute.slug, [issue])


def unwrap_text(raw: Any, member: str, attribute: Attribute, *, strict: bool = True) -> str:
    """Give the text that is `raw`, or is its `member`."""
    return expect_text(unwrap(raw, member, attribute, "string", strict=strict), attribute, member)
