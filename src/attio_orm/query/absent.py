"""Methods that people look for from habit elsewhere, and what to do instead here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_COUNTING: Final = (
    "Attio computes nothing over records. count() counts them; for sums and groups, read the "
    "values with values_list(...) and compute in Python"
)
_WHOLE: Final = (
    "Attio always sends whole records. What is not read is never decoded, so that it costs little; "
    "use values(...) or pluck(...) to pick attributes"
)
_RELATED: Final = "load relations with includes(...)"

ABSENT: Final[Mapping[str, str]] = {
    "annotate": _COUNTING,
    "aggregate": _COUNTING,
    "distinct": (
        "a query never gives a record twice. For the different values of an attribute, use "
        "set(queryset.pluck(...))"
    ),
    "defer": _WHOLE,
    "only": _WHOLE,
    "select_related": _RELATED,
    "prefetch_related": _RELATED,
    "select_for_update": (
        'Attio has no locks. save(on_conflict="raise") notices what others changed meanwhile'
    ),
    "bulk_update": "use update(...) for the same values, or save() each: only changes are sent",
    "union": "combine conditions: filter(Q(...) | Q(...))",
    "extra": "Q.raw({...}) takes a filter in Attio's own language",
    "raw": "Q.raw({...}) takes a filter in Attio's own language",
}


def missing(owner: str, name: str) -> AttributeError:
    """The error for a method that is not there, with what to do instead where that is known."""
    advice = ABSENT.get(name)
    if advice is None:
        return AttributeError(f"{owner!r} object has no attribute {name!r}")
    return AttributeError(f"There is no {name}(): {advice}.")
