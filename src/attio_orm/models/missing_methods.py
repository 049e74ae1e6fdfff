"""Names that people look for from habit elsewhere, and what to do instead here.

What a hint names works there and means the same: ``tests/models/test_missing_methods.py`` does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attio_orm import wording
from attio_orm.errors import UnknownAttributeError
from attio_orm.records.base import Mapper
from attio_orm.records.names import RESERVED, kept, types_of
from attio_orm.types.names_elsewhere import meant

_COUNTING: Final = (
    "Attio computes nothing over records. count() counts them; for sums and groups, read the "
    "values with values_list(...) and compute in Python"
)
_WHOLE: Final = (
    "Attio always sends whole records. What is not read is never decoded, so that it costs little; "
    "use values(...) or pluck(...) to pick attributes"
)
_DICTS: Final = "values(...) gives a dict of these attributes for each record"
_RELATED: Final = "load relations with includes(...)"
_CONDITIONS: Final = "conditions are filter(...) and exclude(...)"
_JOIN: Final = "a condition goes through relations with __, as filter(company__name=...)"
_SLICE: Final = "slice instead: queryset[20:30]"
_NO_TRANSACTIONS: Final = (
    "Attio has no transactions: each write stands for itself. connection.dry_run() shows what "
    "would be written"
)

# Of a manager and its querysets, by people of Django, SQLAlchemy and ActiveRecord.
METHODS_ELSEWHERE: Final[Mapping[str, str]] = {
    "annotate": _COUNTING,
    "aggregate": _COUNTING,
    "distinct": (
        "a query never gives a record twice. For the different values of an attribute that has "
        "one each, use set(queryset.pluck(...))"
    ),
    "to_dict": _DICTS,
    "as_dict": _DICTS,
    "dicts": _DICTS,
    "to_list": "list(queryset) reads all of them",
    "defer": _WHOLE,
    "only": _WHOLE,
    "select_related": _RELATED,
    "prefetch_related": _RELATED,
    "select_for_update": (
        'Attio has no locks. save(on_conflict="raise") notices what others changed meanwhile'
    ),
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
    "find": "filter(...) gives all that match, get(...) the only one, find_by(...) the first",
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
    "batch_save": "bulk_create(rows) makes many records, bulk_update(rows) changes many",
    "extra": "Q.raw({...}) takes a filter in Attio's own language",
    "raw": "Q.raw({...}) takes a filter in Attio's own language",
}


_DUMP: Final = "instance.model_dump() gives a dict"
_JSON: Final = 'instance.model_dump(mode="json") gives what json.dumps() takes'
_READ: Final = "instance.refresh() reads the record anew, and drops unsaved changes"
_WRITE: Final = "set the attributes, and instance.save() sends what changed"
_CHECK: Final = (
    "values are checked as they are set, and before they are sent; {model}.validate(...) checks "
    "values without an instance"
)
_REMOVE: Final = "instance.delete() deletes the record for good"
_CHANGES: Final = "instance.is_changed tells whether, and instance.changes what"
_MAKE: Final = "{model}(**values) makes an instance, and its save() the record"
_SAVED: Final = "instance.id is None until the record is saved"
_NO_UPDATE_TIME: Final = (
    "Attio does not say when a record was changed. instance.history(name) has the values of one "
    "attribute, each with its active_from"
)

# Of an instance, by people of Django, pydantic, SQLAlchemy, ActiveRecord and pyairtable.
INSTANCES_ELSEWHERE: Final[Mapping[str, str]] = {
    "to_dict": _DUMP,
    "as_dict": _DUMP,
    "asdict": _DUMP,
    "dict": _DUMP,
    "to_record": _DUMP,
    "attributes": _DUMP,
    "json": _JSON,
    "to_json": _JSON,
    "refresh_from_db": _READ,
    "reload": _READ,
    "fetch": _READ,
    "expire": _READ,
    "update": _WRITE,
    "update_attributes": _WRITE,
    "assign_attributes": _WRITE,
    "patch": _WRITE,
    "commit": _WRITE,
    "flush": _WRITE,
    "save_base": _WRITE,
    "update_fields": "instance.save(fields=[...]) saves these attributes alone",
    "full_clean": _CHECK,
    "clean": _CHECK,
    "clean_fields": _CHECK,
    "is_valid": _CHECK,
    "model_validate": _MAKE,
    "model_construct": _MAKE,
    "parse_obj": _MAKE,
    "from_dict": _MAKE,
    "from_record": _MAKE,
    "destroy": _REMOVE,
    "remove": _REMOVE,
    "delete_instance": _REMOVE,
    "has_changed": _CHANGES,
    "is_dirty": _CHANGES,
    "dirty_fields": _CHANGES,
    "get_dirty_fields": _CHANGES,
    "changed_fields": _CHANGES,
    "is_new": _SAVED,
    "new_record": _SAVED,
    "persisted": _SAVED,
    "get_absolute_url": "instance.web_url is its page in Attio",
    "url": "instance.web_url is its page in Attio",
    "copy": "copy.copy(instance) is an equal that is detached from its connection",
    "model_copy": "copy.copy(instance) is an equal that is detached from its connection",
    "updated_at": _NO_UPDATE_TIME,
    "modified_at": _NO_UPDATE_TIME,
    "transaction": _NO_TRANSACTIONS,
    "atomic": _NO_TRANSACTIONS,
}
_WITH_TWINS: Final = frozenset({_READ, _WRITE, _REMOVE})


def missing(owner: str, name: str) -> AttributeError:
    """The error for what a manager or queryset does not have, with what to do instead."""
    advice = METHODS_ELSEWHERE.get(name)
    of_one = None if advice else _on_instances(name, "Model")
    if of_one is not None:
        advice = _of_one(of_one)
    if advice is None:
        return AttributeError(f"{owner!r} object has no attribute {name!r}")
    return AttributeError(f"There is no {name}(): {advice}.")


def missing_on_class(mapper: Mapper, name: str, *, of_manager: bool) -> AttributeError:
    """The error for what a model class does not have: most of it is its manager's."""
    model = mapper.name
    if of_manager:
        return AttributeError(
            f"There is no {model}.{name}: what finds and makes records is on the manager, "
            f"{model}.objects.{name}{'' if name == 'model' else '(...)'}."
        )
    if name == "query":
        return AttributeError(
            f"There is no {model}.query: queries begin at the manager, {model}.objects.filter(...)."
        )
    if name in RESERVED:
        return UnknownAttributeError(kept(mapper, None, name))
    of_one = _on_instances(name, model)
    if of_one is not None:
        return AttributeError(f"There is no {model}.{name}: {_of_one(of_one)}.")
    if name in METHODS_ELSEWHERE:
        return AttributeError(
            f"There is no {model}.{name}: on {model}.objects, {METHODS_ELSEWHERE[name]}."
        )
    instead = meant(name, types_of(mapper, None))
    if not instead:
        instead = [(each,) for each in wording.close_matches(name, mapper.attributes)]
    if instead:
        asked = wording.meant((".".join((model, *each)) for each in instead), str)
        return UnknownAttributeError(f"{model} declares no {name!r}. {asked.rstrip()}")
    return UnknownAttributeError(
        f"{model} declares no {name!r}. Where the workspace has such an attribute, declare it on "
        f"the class, or name it in keywords: {model}.objects.filter({name}=...)."
    )


def missing_on_instance(model: str, name: str, *, of_manager: bool) -> UnknownAttributeError | None:
    """The error for what an instance does not have, where people know it from elsewhere."""
    advice = _on_instances(name, model)
    if advice is not None:
        return UnknownAttributeError(f"{model} has no attribute {name!r}: {advice}.")
    if of_manager:
        return UnknownAttributeError(
            f"{model} has no attribute {name!r}: what finds and makes records is on the manager of "
            f"the class, {model}.objects.{name}{'' if name == 'model' else '(...)'}."
        )
    if name in METHODS_ELSEWHERE:
        return UnknownAttributeError(
            f"{model} has no attribute {name!r}: on {model}.objects, {METHODS_ELSEWHERE[name]}."
        )
    return None


def _on_instances(name: str, model: str) -> str | None:
    """What to do instead on an instance, where the name is known."""
    advice = INSTANCES_ELSEWHERE.get(name)
    if advice is None and INSTANCES_ELSEWHERE.get(name[1:]) in _WITH_TWINS and name[0] == "a":
        advice = f"{INSTANCES_ELSEWHERE[name[1:]]}; its twin begins with a, and is awaited"
    return advice and advice.format(model=model)


def _of_one(advice: str) -> str:
    """The same where there is no instance yet."""
    return f"of one record, {advice}" if advice.startswith("instance") else advice
