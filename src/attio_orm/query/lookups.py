"""What Attio can compare, by attribute type, as one table; and the lookups made of it.

https://docs.attio.com/rest-api/guides/filtering-and-sorting and the page of each attribute type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

# Each lookup and what it needs of Attio: any one of these sets of operators will do.
# ``isnull`` needs nothing, as $not_empty works on every type.
LOOKUPS: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "exact": (frozenset({"$eq"}),),
    "not": (frozenset({"$eq"}),),
    "in": (frozenset({"$in"}), frozenset({"$eq"})),
    "contains": (frozenset({"$contains"}),),
    "startswith": (frozenset({"$starts_with"}),),
    "endswith": (frozenset({"$ends_with"}),),
    "gt": (frozenset({"$gt"}),),
    "gte": (frozenset({"$gte"}),),
    "lt": (frozenset({"$lt"}),),
    "lte": (frozenset({"$lte"}),),
    "range": (frozenset({"$gte", "$lte"}),),
    "isnull": (frozenset(),),
}

OPERATORS: Final[Mapping[str, str]] = {
    "exact": "$eq",
    "contains": "$contains",
    "startswith": "$starts_with",
    "endswith": "$ends_with",
    "gt": "$gt",
    "gte": "$gte",
    "lt": "$lt",
    "lte": "$lte",
}

# What people write from habit elsewhere, and what it is here.
HABITS: Final[Mapping[str, str]] = {
    "eq": "exact",
    "iexact": "exact",
    "ne": "not",
    "neq": "not",
    "like": "contains",
    "icontains": "contains",
    "starts_with": "startswith",
    "istartswith": "startswith",
    "ends_with": "endswith",
    "iendswith": "endswith",
    "ge": "gte",
    "le": "lte",
    "between": "range",
    "is_null": "isnull",
    "is_empty": "isnull",
    "empty": "isnull",
    "not_empty": "isnull",
    "exists": "isnull",
}

_EQ: Final = frozenset({"$eq"})
_SIZE: Final = frozenset({"$lt", "$lte", "$gt", "$gte"})
_MATCH: Final = frozenset({"$contains", "$starts_with", "$ends_with"})
# Ids have no order that means anything.
_UNORDERED: Final = frozenset({"actor-reference", "record-reference"})


class TypeLookups(Struct, frozen=True):
    """One attribute type: its properties with their operators.

    ``default`` is the property meant where a lookup names none; ``None`` where one must be named.
    ``paired`` says that the default counts only together with another property. ``always`` is a
    property that every value has, of a type without a default.
    """

    type: str
    default: str | None
    properties: Mapping[str, frozenset[str]]
    paired: bool = False
    always: str | None = None

    def lookups(self, part: str | None) -> list[str]:
        """The lookups that a part takes; those of the attribute itself for ``None``."""
        operators = self.properties.get(part or self.default or "", frozenset[str]())
        return [name for name, needs in LOOKUPS.items() if any(need <= operators for need in needs)]

    @property
    def sortable(self) -> bool:
        """Whether records can be sorted by the attribute without naming a part of it."""
        return self.default is not None and self.type not in _UNORDERED

    @property
    def presence(self) -> str | None:
        """The property whose presence shows that of a value; ``None`` for the value as a whole."""
        return None if self.paired else self.always or self.default

    @property
    def parts(self) -> list[str]:
        """The properties that a lookup may name after the attribute."""
        if self.paired:
            return []
        return [name for name in self.properties if name != "value"]


def _table(*types: TypeLookups) -> Mapping[str, TypeLookups]:
    return {entry.type: entry for entry in types}


TYPES: Final = _table(
    TypeLookups("text", "value", {"value": _EQ | _MATCH | {"$in"}}),
    TypeLookups("number", "value", {"value": _EQ | _SIZE}),
    TypeLookups("rating", "value", {"value": _EQ | _SIZE}),
    TypeLookups("currency", "currency_value", {"currency_value": _EQ | _SIZE}),
    TypeLookups("date", "value", {"value": _EQ | _SIZE}),
    TypeLookups("timestamp", "value", {"value": _EQ | _SIZE}),
    TypeLookups("checkbox", "value", {"value": _EQ}),
    TypeLookups("domain", "domain", {"domain": _EQ | _MATCH, "root_domain": _EQ | _MATCH}),
    TypeLookups(
        "email-address",
        "email_address",
        {
            "email_address": _EQ | _MATCH,
            "email_domain": _EQ | _MATCH,
            "email_root_domain": _EQ | _MATCH,
            "email_local_specifier": _EQ | _MATCH,
        },
    ),
    TypeLookups(
        "personal-name",
        "full_name",
        {"full_name": _EQ | _MATCH, "first_name": _EQ | _MATCH, "last_name": _EQ | _MATCH},
    ),
    TypeLookups(
        "phone-number",
        "phone_number",
        {"phone_number": _EQ | _MATCH, "country_code": _EQ},
    ),
    TypeLookups(
        "location",
        None,
        {
            "line_1": _EQ | _MATCH,
            "line_2": _EQ | _MATCH,
            "line_3": _EQ | _MATCH,
            "line_4": _EQ | _MATCH,
            "locality": _EQ | _MATCH,
            "region": _EQ | _MATCH,
            "postcode": _EQ | _MATCH,
            "country_code": _EQ | {"$starts_with"},
        },
    ),
    TypeLookups("select", "option", {"option": _EQ, "active_from": _SIZE}),
    TypeLookups("status", "status", {"status": _EQ, "active_from": _SIZE}),
    # The kind of actor goes with the id, always; so neither is a part of its own.
    TypeLookups(
        "actor-reference", "referenced_actor_id", {"referenced_actor_id": _EQ}, paired=True
    ),
    TypeLookups(
        "record-reference",
        "target_record_id",
        {"target_record_id": _EQ | {"$in"}, "target_object": _EQ},
    ),
    TypeLookups(
        "interaction",
        None,
        {
            "interaction_type": _EQ,
            "owner_member_id": _EQ,
            "interacted_at": _EQ | _SIZE,
        },
        always="interaction_type",
    ),
)

# Properties that no value is without: "is empty" of them is "is empty" of the attribute.
IN_EVERY_VALUE: Final = frozenset({"active_from", "target_object", "target_record_id"})

# The id of a record: an attribute to Attio, and one that compares by nothing but equality.
RECORD_ID: Final = TypeLookups("record id", "value", {"value": _EQ | {"$in"}})

# An attribute type that this version does not know: only whether it has a value can be asked.
UNKNOWN: Final = TypeLookups("", None, {})
