"""The lookups, and what Attio needs for each; what a type takes is data of this form.

https://docs.attio.com/rest-api/guides/filtering-and-sorting and the page of each attribute type.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

# Groups of Attio's operators, for the tables of the types.
EQUAL: Final = frozenset({"$eq"})
ORDERED: Final = frozenset({"$lt", "$lte", "$gt", "$gte"})
MATCHED: Final = frozenset({"$contains", "$starts_with", "$ends_with"})

# The lookups that are an operator of Attio's by another name.
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

# What the calendar says: each is a range. ``date`` is of moments only, as a date is one itself.
PERIODS: Final = ("date", "month", "quarter", "year")

_BOTH_ENDS: Final = frozenset({"$gte", "$lte"})
# Where Attio has no $eq, what lies between a value and itself is equal to it.
_EQUALITY: Final = (EQUAL, _BOTH_ENDS)

# Each lookup and what it needs of Attio: any one of these sets of operators will do.
# ``isnull`` needs nothing, as $not_empty works on every type. Messages list them in this order.
LOOKUPS: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "exact": _EQUALITY,
    "not": _EQUALITY,
    "in": (frozenset({"$in"}), *_EQUALITY),
    **{name: (frozenset({each}),) for name, each in OPERATORS.items() if name != "exact"},
    "range": (_BOTH_ENDS,),
    **{name: (ORDERED,) for name in PERIODS},
    "isnull": (frozenset(),),
}

# What may follow a relation as a lookup. The rest may as well be names of attributes there.
LOOKUPS_OF_RELATIONS: Final = frozenset(LOOKUPS).difference(PERIODS)

# What people write from habit elsewhere, and the lookup that means the same here.
LOOKUPS_ELSEWHERE: Final[Mapping[str, str]] = {
    "eq": "exact",
    "ne": "not",
    "neq": "not",
    "icontains": "contains",
    "starts_with": "startswith",
    "istartswith": "startswith",
    "ends_with": "endswith",
    "iendswith": "endswith",
    "ge": "gte",
    "le": "lte",
    "between": "range",
    "is_null": "isnull",
    "is_none": "isnull",
    "is_empty": "isnull",
    "empty": "isnull",
}

# Those that ask the opposite of a lookup here.
NEGATED_ELSEWHERE: Final[Mapping[str, str]] = {
    "not_empty": "isnull",
    "not_null": "isnull",
    "is_not_null": "isnull",
    "is_not_empty": "isnull",
    "notnull": "isnull",
    "exists": "isnull",
}

# Those that mean what Attio cannot do: why, where ``{name}`` is what they follow. What is advised
# finds more than was meant, and never less.
_NO_CASE: Final = (
    "Attio has no exact comparison without regard to case. {name}__contains=... finds these "
    "records among others: compare the values in Python, by casefold(). "
)
_NO_PATTERNS: Final = (
    "Attio has no patterns. Narrow by {name}__contains=..., __startswith or __endswith with plain "
    "text, and match the rest in Python. "
)
CASELESS: Final = frozenset({"iexact", "ieq"})
ONLY_ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(CASELESS, _NO_CASE),
    "like": _NO_PATTERNS,
    "ilike": _NO_PATTERNS,
    "regex": _NO_PATTERNS,
    "iregex": _NO_PATTERNS,
    "match": _NO_PATTERNS,
}


class TypeLookups:
    """One attribute type: its properties with their operators, and what follows from them.

    ``default`` is the property meant where a lookup names none; ``None`` where one must be named.
    ``paired`` says that the default counts only together with another property. Without ``ordered``
    the default is an id, whose order means nothing. ``always`` is a property that every value has,
    of a type without a default. ``looked_up`` are parts that Attio does not compare: what they mean
    is looked up, and sent as values of the default. ``moments`` are the properties that are
    moments, ``days`` those that are dates of the calendar.
    """

    def __init__(
        self,
        default: str | None,
        properties: Mapping[str, frozenset[str]],
        *,
        paired: bool = False,
        ordered: bool = True,
        always: str | None = None,
        looked_up: Collection[str] = (),
        moments: Collection[str] = (),
        days: Collection[str] = (),
    ) -> None:
        self.default = default
        self.moments = moments
        self.days = days
        self.properties = properties
        self.paired = paired
        # whether records can be sorted by the attribute without naming a part of it
        self.sortable = default is not None and ordered
        # the property whose presence shows that of a value; ``None`` for the value as a whole
        self.presence = None if paired else always or default
        # the properties that a lookup may name after the attribute
        compared = [] if paired else [name for name in properties if name != "value"]
        self.looked_up = looked_up
        self.parts = [*compared, *looked_up]
        # the lookups that each part takes; ``None`` is the attribute itself
        self.lookups: dict[str | None, list[str]] = {
            part: self._lookups(part or default or "") for part in (*properties, None)
        } | dict.fromkeys(looked_up, _lookups(EQUAL | MATCHED, ()))

    def _lookups(self, prop: str) -> list[str]:
        periods = PERIODS if prop in self.moments else PERIODS[1:] if prop in self.days else ()
        return _lookups(self.properties.get(prop, frozenset()), periods)


@cache  # a few sets of operators serve all types, and all are asked for while importing
def _lookups(operators: frozenset[str], periods: tuple[str, ...]) -> list[str]:
    """The lookups that Attio can do with these operators, of those of the calendar ``periods``."""
    found = (name for name, needs in LOOKUPS.items() if any(need <= operators for need in needs))
    return [name for name in found if name not in PERIODS or name in periods]


# Properties that no value is without: "is empty" of them is "is empty" of the attribute.
IN_EVERY_VALUE: Final = frozenset({"active_from", "target_object", "target_record_id"})

# The id of a record: an attribute to Attio, and one that compares by nothing but equality.
RECORD_ID: Final = TypeLookups("value", {"value": EQUAL | {"$in"}})

# An attribute type that this version does not know: only whether it has a value can be asked.
UNKNOWN: Final = TypeLookups(None, {})
