"""What users assign: found by name, checked, turned into the attribute's Python value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from attio_orm import context
from attio_orm.attributes import Unknown, attribute_for
from attio_orm.errors import (
    Problem,
    ReadOnlyAttributeError,
    UnknownAttributeError,
    ValidationError,
)
from attio_orm.models import relations
from attio_orm.models.attribute_lists import AttributeList
from attio_orm.models.declaration import RESERVED
from attio_orm.models.state import Touched
from attio_orm.values import check_choice, codec_for
from attio_orm.values.lists import is_tracked

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.hydration import Raw
    from attio_orm.models.model import Model


class Base:
    """Stands for a base that is not known: the record was never loaded."""


UNKNOWN_BASE: Any = Base()


def spec_of(instance: Model, attribute: AnyAttribute) -> Any:
    """What is known of an attribute: the workspace's own schema, else what the class declares."""
    connection = instance.connection or context.current_or_none()
    if connection is not None:
        known = connection.schema.get(instance._object)
        if known is not None and attribute.slug in known.attributes:
            return known.attributes[attribute.slug]
    return attribute


def assign(instance: Model, attribute: AnyAttribute, value: Any) -> None:
    """Set one attribute. Raises ``ValidationError`` or ``ReadOnlyAttributeError``."""
    spec = spec_of(instance, attribute)
    checked: Any = accept(instance, attribute, value, spec)
    touch(instance, attribute)
    replaced = instance.__dict__.get(attribute.key)
    if is_tracked(replaced):
        replaced.let_go()  # whoever holds it may change it for themselves
    instance.__dict__[attribute.key] = checked


def refuse_read_only(instance: Model, attribute: AnyAttribute, spec: Any = None) -> None:
    """Raise ``ReadOnlyAttributeError`` for what Attio computes itself.

    And ``UnknownAttributeError`` for what is archived in the workspace.
    """
    spec = spec_of(instance, attribute) if spec is None else spec
    if getattr(spec, "is_archived", False):
        raise _archived(type(instance), attribute.name)
    if attribute.create_only and instance._state.id is not None:
        raise ReadOnlyAttributeError(
            f"{type(instance).__name__}.{attribute.name} stays what it was when the entry was "
            f"made: Attio cannot change it. Make an entry for the other record, and delete this "
            f"one.",
            attribute=None,
        )
    if not spec.is_writable or not attribute.is_writable:
        raise ReadOnlyAttributeError(
            f"{type(instance).__name__}.{attribute.name} is computed by Attio and cannot be "
            f"written: leave it out.",
            attribute=None,
        )


def accept(instance: Model, attribute: AnyAttribute, value: Any, spec: Any) -> Any:
    """The Python value for what is assigned: one value, ``None``, or a tracked list."""
    name = attribute.name
    refuse_read_only(instance, attribute, spec)
    if attribute.is_multi:
        if value is None:
            return AttributeList((), instance, attribute)
        if not _is_several(value):
            raise ValidationError(
                f"takes a list of values, not {type(value).__name__}: give [{value!r}], or append "
                f"to what is there.",
                attribute=name,
            )
        items = [_one(instance, attribute, each, spec) for each in value]
        return AttributeList(items, instance, attribute)
    if value is None:
        return None
    return _one(instance, attribute, value, spec)


def _is_several(value: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _one(instance: Model, attribute: AnyAttribute, value: Any, spec: Any) -> Any:
    try:
        if attribute.type == "record-reference":
            return relations.accept(instance, attribute, value, spec)
        if isinstance(attribute, Unknown):
            raise ValidationError(
                f"is of type {attribute.type!r}, which this version cannot write; use "
                f"connection.request() for it."
            )
        accepted = codec_for(attribute.type).coerce(value, spec)
        titles = known_titles(instance, attribute)
        if titles is not None:
            accepted = codec_for(attribute.type).coerce(check_choice(accepted, titles), spec)
        return accepted
    except ValidationError as error:
        raise prefixed(error, attribute.name, value) from None


def known_titles(instance: Model, attribute: AnyAttribute) -> Any:
    """The titles a select or status may take, where they are known without a request."""
    if attribute.type not in {"select", "status"}:
        return None
    connection = instance.connection or context.current_or_none()
    if connection is not None:
        known = connection.schema.known_choices(instance._object, attribute.slug)
        if known is not None:
            return known
    return attribute.options if attribute.checked_options else None


def prefixed(error: ValidationError, name: str, value: Any) -> ValidationError:
    """The same error, naming the attribute it is about."""
    problems = [
        problem if problem.attribute else Problem(name, problem.message, value)
        for problem in error.problems
    ]
    return type(error)(problems)


def touch(instance: Model, attribute: AnyAttribute) -> None:
    """Note that the user is about to change an attribute, and what it was."""
    state = instance._state
    touched = state.touched
    if touched is None:
        touched = state.touched = {}
    if attribute.key in touched:
        return
    if state.values is None and state.id is not None and state.parts is None:
        base: Raw | None = UNKNOWN_BASE
    else:
        base = instance._split().get(attribute.slug)
    touched[attribute.key] = Touched(attribute, base)
    if state.batch is not None and state.batch.session is not None:
        state.batch.session.hold(instance)


GIVEN = frozenset({"id", "created_at", "web_url", "raw", "changes", "is_changed", "connection"})


def _given(instance: Model, name: str) -> ReadOnlyAttributeError:
    model = type(instance).__name__
    hint = f" {model}.ref(id) stands for the record of an id." if name == "id" else ""
    return ReadOnlyAttributeError(
        f"{model}.{name} cannot be set, as Attio or the library gives it: leave it out.{hint}"
    )


def assign_undeclared(instance: Model, name: str, value: Any) -> None:
    """``instance.name = value`` for a name the class does not declare as an attribute."""
    if name == "_state":
        object.__setattr__(instance, name, value)
        return
    if name in GIVEN:
        raise _given(instance, name)
    if not name.startswith("_") and _is_every_models(name):
        raise UnknownAttributeError(
            f"{type(instance).__name__}.{name} is a part of every model and cannot be set. For an "
            f'attribute of that slug write instance["{name}"] = ..., or declare it under another '
            f"name."
        )
    if name in dir(type(instance)) or name.startswith("_"):
        object.__setattr__(instance, name, value)
        return
    if name in RESERVED:
        raise unknown_attribute(instance, name)
    attribute = instance._attribute(name)
    if attribute is not None:
        assign(instance, attribute, value)
        (instance._state.extra or {}).pop(name, None)
    elif name in vars(instance):
        raise ReadOnlyAttributeError(
            f"{instance!r}.{name} holds what an Include(...) picked, and is read-only: change the "
            f"relation itself."
        )
    else:
        keep_for_later(instance, name, value)


def _is_every_models(name: str) -> bool:
    from attio_orm.models.model import Model

    return hasattr(Model, name)


def keep_for_later(instance: Model, name: str, value: Any) -> None:
    """Keep a value nothing is known about yet; it is checked before it is sent.

    Raises ``UnknownAttributeError`` where the workspace cannot have an attribute of that name.
    """
    if not _may_exist(instance, name):
        raise unknown_attribute(instance, name)
    extra = instance._state.extra
    if extra is None:
        extra = instance._state.extra = {}
    extra[name] = value


def _may_exist(instance: Model, name: str) -> bool:
    if instance._strict or name in {"id", "record_id", "created_at", "web_url"}:
        return False
    if instance._state.values is not None:
        return name in instance._split()  # a record comes with every attribute that there is
    connection = instance.connection or context.current_or_none()
    return connection is None or connection.schema.get(instance._object) is None


def settle_extra(instance: Model) -> None:
    """Assign what was set before the schema was known, which it is now. Raises as assignment."""
    extra, instance._state.extra = instance._state.extra, None
    if extra:
        try:
            assign_all(instance, extra)
            left: dict[str, Any] = instance._state.extra or {}
            for unknown in left:  # the record has it, and the schema has it no longer
                raise unknown_attribute(instance, unknown)
        except BaseException:
            instance._state.extra = extra  # nothing that was set is lost by a save that failed
            raise


def assign_all(instance: Model, values: Mapping[str, Any]) -> None:
    """Set several attributes; raises one ``ValidationError`` with every problem."""
    problems: list[Problem] = []
    for name, value in values.items():
        try:
            attribute = instance._attributes.get(name)
            if attribute is not None:
                assign(instance, attribute, value)
            else:
                attribute = instance._attribute(name)
                if attribute is not None:
                    assign(instance, attribute, value)
                elif name in GIVEN:
                    raise _given(instance, name)
                else:
                    keep_for_later(instance, name, value)
        except ValidationError as error:
            if len(values) == 1:
                raise
            problems += prefixed(error, name, value).problems
    if problems:
        raise ValidationError(problems)


def undeclared(instance: Model, name: str) -> AnyAttribute | None:
    """An attribute that only the workspace knows, by its slug."""
    connection = instance.connection or context.current_or_none()
    if connection is not None:
        known = connection.schema.get(instance._object)
        if known is not None:
            return dynamic(connection, type(instance), name)
    kinds = instance._state.kinds
    if kinds is not None and name in kinds:
        kind, multi = kinds[name]
        return _named(attribute_for(kind, multi=multi), type(instance), name)
    return None


def dynamic(connection: Connection, model: type[Model], slug: str) -> AnyAttribute | None:
    """The attribute for a slug that a class does not declare, from the connection's schema."""
    known = connection.schema.get(model._object)
    found = known.attributes.get(slug) if known is not None else None
    if found is None or found.is_archived:
        return None
    made: dict[Any, AnyAttribute] = connection.dynamic_attributes
    attribute = made.get((model, slug))
    if attribute is None or (attribute.type, attribute.is_multi) != (found.type, found.is_multi):
        attribute = attribute_for(found.type, multi=found.is_multi)
        attribute.read_only = attribute.read_only or not found.is_writable
        made[model, slug] = _named(attribute, model, slug)
    return attribute


def _named(attribute: AnyAttribute, model: type[Model], slug: str) -> AnyAttribute:
    attribute.bind(model, slug)
    if slug in RESERVED or slug in dir(model):
        attribute.key = f"[{slug}]"  # would hide a method in the instance's ``__dict__``
    return attribute


def _archived(model: type[Model], name: str) -> UnknownAttributeError:
    return UnknownAttributeError(
        f"{model.__name__}.{name}: the attribute is archived in this workspace; restore it "
        f"in Attio, or stop using it."
    )


def unknown_attribute(instance: Model, name: str) -> UnknownAttributeError:
    """The error for a name nobody knows, with close matches."""
    model = type(instance)
    if name == "entries" and model._is_entry:
        return UnknownAttributeError(
            f"{instance!r} is a list entry, and has no entries of its own: use "
            f'entry.parent.entries, or entry["entries"] for an attribute of this slug.'
        )
    if name in RESERVED:
        return UnknownAttributeError(
            f"{model.__name__}.{name} is a name kept for what every model has: an attribute of the "
            f'workspace with this slug is reached as instance["{name}"].'
        )
    if name == "objects":
        return UnknownAttributeError(
            f"The manager belongs to the class: use {model.__name__}.objects, not that of one "
            f"{model.__name__}."
        )
    names = set(model._attributes) | set(model._by_slug)
    connection = instance.connection or context.current_or_none()
    known = connection.schema.get(model._object) if connection is not None else None
    if known is not None:
        archived = known.attributes.get(name)
        if archived is not None and archived.is_archived:
            return _archived(model, name)
        if not model._strict:
            names |= set(known.attributes)
    from difflib import get_close_matches  # only here, as it takes a while to import

    close = (
        get_close_matches(name, sorted(names), n=3)
        or [
            each
            for each in sorted(names)
            if name in each.split("_")  # ``email``: ``email_addresses``
        ][:3]
    )
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    why = " (the model is strict: declare it to use it)" if model._strict else ""
    if not hint and known is None and not model._strict and instance._state.values is not None:
        hint = (
            " The record came without it: the workspace has no attribute of that slug, or has "
            "archived it."
        )
    return UnknownAttributeError(f"{model.__name__} has no attribute {name!r}{why}.{hint}")


def initialize(instance: Model) -> None:
    """An empty, unsaved state."""
    from attio_orm.models.state import RecordState

    object.__setattr__(instance, "_state", RecordState(None, "", None, None, None, parts={}))
