"""Plain forms of an instance: repr, ``model_dump``, pickles, copies, pydantic."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from attio_orm import context, hydration
from attio_orm.models.selecting import Names, Selection
from attio_orm.models.state import RecordState, Touched
from attio_orm.values import RawValue, ReferenceMatch, codec_for
from attio_orm.values.lists import is_list

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model

M = TypeVar("M", bound="Model")

_PLAIN = (bool, int, float, dict, list)
_LABELS = ("name", "title", "full_name", "primary_email_address", "workspace_id", "user_id")


def represent(instance: Model) -> str:
    """A short repr: class, label, id. Never sends a request."""
    state = instance._state
    kind = type(instance).__name__
    if state.id is None:
        return (
            f"<{kind} {_label(instance)!r} (unsaved)>"
            if _label(instance)
            else f"<{kind} (unsaved)>"
        )
    short = state.id.partition("-")[0]
    if instance._is_deferred:
        return f"<{kind} {short} (not loaded)>"
    label = _label(instance)
    mark = " (deleted)" if state.deleted else ""
    return f"<{kind} {label!r} {short}{mark}>" if label else f"<{kind} {short}{mark}>"


def _label(instance: Model) -> str:
    if instance._is_deferred:
        return ""
    if instance._is_entry:
        parent: Any = instance.__dict__.get("parent")
        return _label(parent) if hasattr(parent, "_state") else ""
    for name in _LABELS:
        attribute = instance._attributes.get(name) or instance._by_slug.get(name)
        if attribute is None:
            raw = instance._split().get(name)
            found = hydration.read_any(raw) if raw is not None else []
            value: Any = found[0] if found else None
        else:
            value = _value(instance, attribute)
        if value:
            text = str(value)
            return text if len(text) <= 40 else f"{text[:39]}…"
    return ""


def _value(instance: Model, attribute: AnyAttribute) -> Any:
    """An attribute's value without loading anything; a relation comes as references."""
    if attribute.key in instance.__dict__:
        return instance.__dict__[attribute.key]
    found = attribute.read(instance._split().get(attribute.slug))
    return found if attribute.is_multi else next(iter(found), None)


def all_attributes(instance: Model) -> list[AnyAttribute]:
    """The declared attributes, then the others that the record has and the schema knows."""
    found = list(instance._attributes.values())
    if not instance._strict and not instance._is_deferred:
        declared = {each.slug for each in found} | {"record_id", "created_at"}
        for slug in instance._split():
            if slug not in declared:
                attribute = instance._attribute(slug)
                if attribute is not None:
                    found.append(attribute)
    return found


def dump(
    instance: Model,
    mode: str,
    path: tuple[int, ...] = (),
    *,
    include: Names | None = None,
    exclude: Names | None = None,
) -> dict[str, Any]:
    """``model_dump()``. A loaded relation is dumped in turn, save where that goes in circles."""
    plain, wanted = mode == "json", Selection(instance, include, exclude)
    created = instance.created_at if not instance._is_deferred else None
    found: dict[str, Any] = {
        "id": instance.id,
        "created_at": created.isoformat() if plain and created else created,
        "web_url": instance._state.web_url,
    }
    if instance._is_entry:
        del found["web_url"]  # Attio gives none for entries
    found = {name: value for name, value in found.items() if name in wanted}
    if instance._is_deferred:
        return found
    path = (*path, id(instance))
    for attribute in all_attributes(instance):
        if attribute.name not in wanted:
            continue
        value = _value(instance, attribute)
        if attribute.type == "record-reference":
            below = wanted.below(attribute.name)
            dumped = [_related(each, mode, path, below) for each in _several(value)]
        else:
            dumped = [_plain(attribute, each) if plain else each for each in _several(value)]
        found[attribute.name] = dumped if attribute.is_multi else next(iter(dumped), None)
    return found


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return [*value] if is_list(value) else [value]


def _related(value: Any, mode: str, path: tuple[int, ...], below: dict[str, Names]) -> Any:
    if isinstance(value, ReferenceMatch):
        return codec_for("record-reference").dump(value)
    if not hasattr(value, "_state"):
        return value.id
    if value._is_deferred or id(value) in path:
        return value.id
    return dump(value, mode, path, **below)


def _plain(attribute: AnyAttribute, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, RawValue):
        return value.data
    dumped: Any
    try:
        dumped = codec_for(attribute.type).dump(value)
    except (TypeError, AttributeError):  # it was read in another type than the attribute's
        return str(value)
    return dumped if type(dumped) in _PLAIN or isinstance(dumped, str) else str(dumped)


# -- pickles and copies -------------------------------------------------------------------------


def reduce(instance: Model) -> tuple[Any, ...]:
    """For pickle: the class, the raw values, and what was changed and not saved."""
    from attio_orm.models.relations import identify

    state = instance._state
    changes: dict[str, Any] = {}
    for key, touched in (state.touched or {}).items():
        value: Any = instance.__dict__.get(key)
        if touched.attribute.type == "record-reference":
            value = [identify(each) for each in _several(value)]
        elif isinstance(value, list):
            value = _several(value)
        base = touched.base if isinstance(touched.base, hydration.Raw) else None
        changes[touched.attribute.slug] = (value, bytes(base) if base is not None else None)
    values = bytes(state.values) if state.values is not None else None
    if values is not None and state.stale:
        values = bytes(hydration.encode_values(instance._split()))
    kinds = {
        attribute.slug: (attribute.type, attribute.is_multi)
        for attribute in (all_attributes(instance) if values is not None else ())
        if attribute.slug not in instance._by_slug
    }
    for touched in (state.touched or {}).values():  # the class may not declare them for ever
        kinds[touched.attribute.slug] = (touched.attribute.type, touched.attribute.is_multi)
    facts = (
        state.id, state.created_at, state.web_url, values, state.deleted, state.extra, state.stale
    )  # fmt: skip
    return restore, (_portable(type(instance)), facts, changes, kinds)


def _portable(model: type[Model]) -> Any:
    return model._object if model.__dict__.get("_dynamic", False) else model


def restore(
    model: type[Model] | str, facts: tuple[Any, ...], changes: dict[str, Any], kinds: Any
) -> Model:
    """The detached instance of a pickle, also where the model changed since."""
    from attio_orm.models.writing import UNKNOWN_BASE

    if isinstance(model, str):
        model = context.current().model(model)
    record_id, created_at, web_url, values, deleted, extra, *more = facts
    instance = model.__new__(model)
    raw = hydration.Raw(values) if values is not None else None
    state = RecordState(record_id, created_at, web_url, raw, None, deleted=deleted)
    if record_id is None:
        state.parts = {}
    state.extra = dict(extra) if extra else None
    state.kinds = kinds or None
    state.stale = more[0] if more else None  # pickles of before have none
    object.__setattr__(instance, "_state", state)
    for slug, (value, base) in changes.items():
        attribute = instance._by_slug.get(slug) or instance._attribute(slug)
        if attribute is None:  # a strict class that no longer has it: saving says so
            state.extra = {**(state.extra or {}), slug: value}
            continue
        if attribute.type == "record-reference":
            value = _restored_relation(instance, attribute, value)
        if attribute.is_multi:
            value = instance._tracked(attribute, value or ())
        instance.__dict__[attribute.key] = value
        state.touched = state.touched or {}
        known = hydration.Raw(base) if base is not None else None
        if known is None and values is None and record_id is not None:
            known = UNKNOWN_BASE
        state.touched[attribute.key] = Touched(attribute, known)
    return instance


def _restored_relation(instance: Model, attribute: Any, keys: Any) -> Any:
    from attio_orm.models.loading import deferred_in
    from attio_orm.models.relations import model_of
    from attio_orm.values import Reference

    found = [
        key if isinstance(key, ReferenceMatch)
        else deferred_in(model_of(Reference(*key), attribute, None), key[1], None, None)
        for key in keys
    ]  # fmt: skip
    return found if attribute.is_multi else next(iter(found), None)


def detached_copy(instance: M) -> M:
    """An equal instance that belongs to no session."""
    rebuild, arguments = reduce(instance)
    made: M = rebuild(type(instance), *arguments[1:])
    return made


# -- pydantic -----------------------------------------------------------------------------------


def core_schema(model: type[Model]) -> Any:
    """Instances validate as they are, and serialise as ``model_dump()``."""
    from pydantic_core import core_schema as cs

    def serialize(value: Any, info: Any) -> Any:
        return dump(value, info.mode, include=info.include, exclude=info.exclude)

    return cs.is_instance_schema(
        model,
        serialization=cs.plain_serializer_function_ser_schema(
            serialize, info_arg=True, when_used="always"
        ),
    )


_JSON = {"number": "number", "rating": "integer", "checkbox": "boolean"}


def json_schema(model: type[Model]) -> dict[str, Any]:
    """The JSON schema of ``model_dump(mode="json")``."""
    properties: dict[str, Any] = {
        "id": {"type": "string", "format": "uuid"},
        "created_at": {"type": "string", "format": "date-time"},
        "web_url": {"type": "string"},
    }
    for name, attribute in model._attributes.items():
        kind = _JSON.get(attribute.type)
        each: dict[str, Any] = {"type": kind} if kind else {}
        properties[name] = (
            {"type": "array", "items": each} if attribute.is_multi
            else {"anyOf": [each, {"type": "null"}]} if each else {}
        )  # fmt: skip
    return {"title": model.__name__, "type": "object", "properties": properties}
