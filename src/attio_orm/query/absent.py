"""Methods that people look for from habit elsewhere, and what to do instead here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from attio_orm.errors import UnknownAttributeError

_COUNTING: Final = (
    "Attio computes nothing over records. count() counts them; for sums and groups, read the "
    "values with values_list(...) and compute in Python"
)
_WHOLE: Final = (
    "Attio always sends whole records. What is not read is never decoded, so that it costs little; "
    "use values(...) or pluck(...) to pick attributes"
)
_RELATED: Final = "load relations with includes(...)"
_CONDITIONS: Final = "conditions are filter(...) and exclude(...)"
_JOIN: Final = "a condition goes through relations with __, as filter(company__name=...)"
_SLICE: Final = "slice instead: queryset[20:30]"
_NO_TRANSACTIONS: Final = (
    "Attio has no transactions: each write stands for itself. connection.dry_run() shows what "
    "would be written"
)

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
    "intersection": "combine conditions: filter(Q(...) & Q(...))",
    "difference": "combine conditions: filter(...).exclude(...)",
    "transaction": _NO_TRANSACTIONS,
    "atomic": _NO_TRANSACTIONS,
    "group_by": _COUNTING,
    "alias": _COUNTING,
    "dates": _COUNTING,
    "earliest": 'use order_by("created_at").first()',
    "latest": 'use order_by("created_at").last()',
    "where": _CONDITIONS,
    "filter_by": _CONDITIONS,
    "select": _CONDITIONS,
    "find": "get(...) raises where there is none, find_by(...) gives None",
    "find_all": _CONDITIONS,
    "from_id": "get(id=...) gives the record of an id",
    "get_by_id": "get(id=...) gives the record of an id",
    "one": "get(...) gives the only one, first() the first",
    "one_or_none": "get_or_none(...) gives the only one, or None",
    "limit": _SLICE,
    "offset": _SLICE,
    "paginate": _SLICE,
    "join": _JOIN,
    "outerjoin": _JOIN,
    "options": _RELATED,
    "joinedload": _RELATED,
    "selectinload": _RELATED,
    "yield_per": "iterator(page_size=...) keeps nothing",
    "batch_create": "bulk_create(rows) makes many records",
    "batch_save": "bulk_create(rows) makes many records, update(...) changes all that match",
    "add": "create(...) makes a record and saves it",
    "extra": "Q.raw({...}) takes a filter in Attio's own language",
    "raw": "Q.raw({...}) takes a filter in Attio's own language",
}


def missing(owner: str, name: str) -> AttributeError:
    """The error for a method that is not there, with what to do instead where that is known."""
    advice = ABSENT.get(name)
    if advice is None:
        return AttributeError(f"{owner!r} object has no attribute {name!r}")
    return AttributeError(f"There is no {name}(): {advice}.")


if TYPE_CHECKING:
    ModelType = type
else:

    class ModelType(type):
        """The type of model classes; says where the manager's methods are."""

        def __getattr__(cls, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
            raise missing_on_class(cls.__name__, name)


def missing_on_class(model: str, name: str) -> AttributeError:
    """The error for a name that a model class does not have: most are of its manager."""
    from attio_orm.query.manager import Manager

    if hasattr(Manager, name):
        return AttributeError(
            f"There is no {model}.{name}: what finds and makes records is on the manager, "
            f"{model}.objects.{name}{'' if name == 'model' else '(...)'}."
        )
    if name == "query":
        return AttributeError(
            f"There is no {model}.query: queries begin at the manager, {model}.objects.filter(...)."
        )
    if name in ABSENT:
        return AttributeError(f"There is no {model}.{name}: on {model}.objects, {ABSENT[name]}.")
    return UnknownAttributeError(
        f"{model} declares no {name!r}. Declare the attribute on the class, or name it in "
        f"keywords, which need no declaration: {model}.objects.filter({name}=...)."
    )
