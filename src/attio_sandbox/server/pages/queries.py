"""What a table or board is asked for by its address: search, conditions, order, page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from attio_sandbox.values import TYPES

PAGE = 50
MAX_SEARCH = 256
MAX_CONDITIONS = 12
Row = Mapping[str, Any]

# The property of a type that people mean where they say no other.
_PROPERTIES = {"personal-name": "full_name", "location": "locality", "interaction": "interacted_at"}
# Types that are searched as text.
_SEARCHED = ("text", "personal-name", "email-address", "domain", "phone-number")


class Operator(NamedTuple):
    """How a condition compares: the words on the page, and Attio's operator."""

    words: str
    sent: str


OPERATORS = {
    "is": Operator("is", "$eq"),
    "not": Operator("is not", "$eq"),
    "contains": Operator("contains", "$contains"),
    "starts": Operator("starts with", "$starts_with"),
    "ends": Operator("ends with", "$ends_with"),
    "min": Operator("is at least", "$gte"),
    "max": Operator("is at most", "$lte"),
    "filled": Operator("has a value", "$not_empty"),
    "empty": Operator("is empty", "$not_empty"),
}
WITHOUT_VALUE = ("filled", "empty")


class Condition(NamedTuple):
    """One condition of the address: the slug of an attribute, an operator, and a text."""

    slug: str
    operator: str
    value: str

    @property
    def text(self) -> str:
        """The condition as the address has it."""
        return f"{self.slug}:{self.operator}:{self.value}"


class QueryError(ValueError):
    """A condition or an order that cannot be: the message says why."""


@dataclass(frozen=True)
class TableQuery:
    """One table or board as its address asks for it; `link()` gives the address of another."""

    search: str = ""
    conditions: tuple[Condition, ...] = ()
    sort: str = ""
    is_descending: bool = False
    number: int = 1
    shows_all: bool = False

    @classmethod
    def read(cls, params: Iterable[tuple[str, str]]) -> TableQuery:
        """Read the parameters of an address; others than ours are left out."""
        pairs = list(params)
        last = dict(pairs)
        texts = [value for name, value in pairs if name == "where"]
        # A condition that the form adds comes in three parts.
        if last.get("by"):
            texts.append(f"{last['by']}:{last.get('op', 'is')}:{last.get('value', '')}")
        conditions: dict[Condition, None] = {}
        for text in texts:
            slug, _, rest = text.partition(":")
            operator, _, value = rest.partition(":")
            if operator in OPERATORS:
                value = "" if operator in WITHOUT_VALUE else value.strip()[:MAX_SEARCH]
                conditions[Condition(slug, operator, value)] = None
        sort = last.get("sort", "")
        return cls(
            last.get("q", "").strip()[:MAX_SEARCH],
            tuple(conditions)[:MAX_CONDITIONS],
            sort.removeprefix("-"),
            sort.startswith("-"),
            _page_number(last.get("page", "1")),
            last.get("columns") == "all",
        )

    def fields(self) -> list[tuple[str, str]]:
        """Give the parameters of its address, without those that say nothing."""
        fields = [("q", self.search)] if self.search else []
        fields += [("where", each.text) for each in self.conditions]
        if self.sort:
            fields.append(("sort", f"{'-' if self.is_descending else ''}{self.sort}"))
        if self.shows_all:
            fields.append(("columns", "all"))
        if self.number > 1:
            fields.append(("page", str(self.number)))
        return fields

    def link(self, **changes: Any) -> str:
        """Give the query of the address of this one with some changes; it begins at page 1."""
        return "?" + urlencode(replace(self, **{"number": 1, **changes}).fields(), errors="replace")

    def sorted_by(self, slug: str) -> str:
        """Give the link of a column's head: up, then down, then as it was at first."""
        if self.sort != slug:
            return self.link(sort=slug, is_descending=False)
        if not self.is_descending:
            return self.link(is_descending=True)
        return self.link(sort="", is_descending=False)

    def where(self, slug: str, operator: str, value: str = "") -> str:
        """Give the link that adds a condition."""
        added = Condition(slug, operator, value)
        kept = tuple(each for each in self.conditions if each != added)
        return self.link(conditions=(*kept, added))

    def without(self, condition: Condition) -> str:
        """Give the link that takes a condition away."""
        return self.link(conditions=tuple(each for each in self.conditions if each != condition))

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves records out."""
        return bool(self.search or self.conditions)

    def filter(self, attributes: Sequence[Row], find: Find) -> dict[str, Any]:
        """Give Attio's filter; raises QueryError where a condition cannot be."""
        parts = [
            condition_filter(each, _find_attribute(attributes, each.slug), find)
            for each in self.conditions
        ]
        if self.search:
            parts.append(_search_filter(self.search, attributes))
        return {"$and": parts} if parts else {}

    def sorts(self, attributes: Sequence[Row]) -> list[dict[str, Any]]:
        """Give Attio's sorts: the newest first where none is asked for."""
        if not self.sort:
            return [{"attribute": "created_at", "direction": "desc"}]
        attribute = _find_attribute(attributes, self.sort)
        if not is_sortable(attribute):
            raise QueryError(f"{attribute['title']} cannot be sorted by: choose another attribute.")
        direction = "desc" if self.is_descending else "asc"
        sort: dict[str, Any] = {"attribute": self.sort, "direction": direction}
        name = _property(attribute["type"])
        if TYPES[attribute["type"]].default is None and name is not None:
            sort["field"] = name
        return [sort]


# What conditions ask of the workspace: the id of a member of that name, and the segment of a path
# at which a referenced object names its records.
class Find(NamedTuple):
    """Looks up what a condition names."""

    member: Callable[[str], str | None]
    label_of: Callable[[Row], tuple[str, str, str] | None]


def operators_of(attribute: Row) -> list[str]:
    """Give the operators that an attribute takes."""
    kind = attribute["type"]
    if kind == "record-reference":
        return ["is", "not", "contains", "starts", "ends", *WITHOUT_VALUE]
    if kind == "actor-reference":
        # Who made a record is always there.
        return ["is", "not"] if attribute["api_slug"] == "created_by" else [*_BASIC]
    name = _property(kind)
    if attribute["api_slug"] == "record_id":
        return ["is", "not"]
    known = TYPES[kind].properties[name].operators if name is not None and kind in TYPES else ()
    return [
        key for key, operator in OPERATORS.items() if operator.sent in known or key in WITHOUT_VALUE
    ]


_BASIC = ("is", "not", *WITHOUT_VALUE)


def is_sortable(attribute: Row) -> bool:
    """Tell whether Attio sorts by an attribute."""
    kind, name = attribute["type"], _property(attribute["type"])
    if name is None or kind not in TYPES or attribute["is_archived"]:
        return False
    return TYPES[kind].properties[name].is_sortable


def condition_filter(condition: Condition, attribute: Row, find: Find) -> dict[str, Any]:
    """Give Attio's filter of one condition; raises QueryError if there is none."""
    slug, operator, value = condition
    title, kind = attribute["title"], attribute["type"]
    if operator not in operators_of(attribute):
        takes = ", ".join(OPERATORS[each].words for each in operators_of(attribute))
        raise QueryError(
            f"“{title} {OPERATORS[operator].words}” cannot be asked of Attio. {title} takes: "
            f"{takes}."
        )
    if operator in WITHOUT_VALUE:
        filled: dict[str, Any] = {slug: {"$not_empty": True}}
        return filled if operator == "filled" else {"$not": filled}
    if not value:
        raise QueryError(f"Give a value that {title} {OPERATORS[operator].words}.")
    sent = OPERATORS[operator].sent
    if kind == "record-reference":
        found = _reference_filter(slug, sent, value, attribute, find)
    elif kind == "actor-reference":
        member = find.member(value)
        if member is None:
            raise QueryError(f"No member is called “{value}”: give a name or an e-mail address.")
        who = {"referenced_actor_type": "workspace-member", "referenced_actor_id": member}
        found = {slug: who}
    else:
        found = {slug: {str(_property(kind)): {sent: _operand(kind, value, title)}}}
    return {"$not": found} if operator == "not" else found


def _reference_filter(
    slug: str, sent: str, value: str, attribute: Row, find: Find
) -> dict[str, Any]:
    # By the name of the record: its address has the id, and people know the name.
    target = find.label_of(attribute)
    if target is None:
        raise QueryError(
            f"{attribute['title']} may name records of several objects, or of one without names: "
            "ask whether it has a value."
        )
    own, object_, name = target
    kind = "full_name" if name == "name" and object_ == "people" else "value"
    path = [[own, slug], [object_, name]]
    return {"path": path, "constraints": {kind: {sent: value}}}


def _operand(kind: str, value: str, title: str) -> Any:
    if kind in ("number", "currency", "rating"):
        try:
            return float(value.replace(",", ""))
        except ValueError:
            raise QueryError(f"{title} is a number, and “{value}” is not.") from None
    if kind == "checkbox":
        known = {"yes": True, "true": True, "no": False, "false": False}.get(value.casefold())
        if known is None:
            raise QueryError(f"{title} is yes or no.")
        return known
    return value


def _search_filter(search: str, attributes: Sequence[Row]) -> dict[str, Any]:
    return {
        "$or": [
            {each["api_slug"]: {str(_property(each["type"])): {"$contains": search}}}
            for each in attributes
            if each["type"] in _SEARCHED
            and not each["is_archived"]
            and each["api_slug"] != "record_id"
        ]
    }


def _property(kind: str) -> str | None:
    if kind in _PROPERTIES:
        return _PROPERTIES[kind]
    return TYPES[kind].default if kind in TYPES else None


def _find_attribute(attributes: Sequence[Row], slug: str) -> Row:
    for each in attributes:
        if each["api_slug"] == slug and not each["is_archived"]:
            return each
    raise QueryError(f"There is no attribute “{slug}” here.")


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return 1
    return max(int(text), 1)
