"""What an instance holds against what it was loaded with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from attio_orm.errors import ValidationError
from attio_orm.models import loading, relations, writing
from attio_orm.models.attribute_lists import key_of
from attio_orm.models.planner import Edit, Item, is_changed
from attio_orm.values import codec_for

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model


class Change(NamedTuple):
    """What an attribute was when it was loaded, and what it is now."""

    old: Any
    new: Any


def local_values(instance: Model, attribute: AnyAttribute) -> list[Any]:
    """What the instance holds for an attribute now, as a list."""
    if attribute.key in instance.__dict__:
        value = instance.__dict__[attribute.key]
        if attribute.is_multi:
            return list(value)
        return [] if value is None else [value]
    return attribute.read(instance._split().get(attribute.slug))


def base_of(instance: Model, attribute: AnyAttribute) -> Any:
    """The raw value that an attribute was loaded with, or ``UNKNOWN_BASE``."""
    touched = (instance._state.touched or {}).get(attribute.key)
    return touched.base if touched is not None else instance._split().get(attribute.slug)


def edit_of(instance: Model, attribute: AnyAttribute, base: Any) -> Edit:
    """The planner's view of one attribute."""
    known = None if base is writing.UNKNOWN_BASE else items(attribute, attribute.read(base))
    return Edit(
        attribute.slug,
        attribute.is_multi,
        known,
        items(attribute, local_values(instance, attribute)),
        _now(instance, attribute, base),
    )


def seen_since(instance: Model, edit: Edit) -> Edit:
    """The same edit, with what the newest answer says of its attribute."""
    for touched in (instance._state.touched or {}).values():
        if touched.attribute.slug == edit.slug:
            return edit._replace(now=_now(instance, touched.attribute, touched.base))
    return edit


def _now(instance: Model, attribute: AnyAttribute, base: Any) -> list[Item] | None:
    state = instance._state
    if not attribute.is_multi or base is writing.UNKNOWN_BASE or state.values is None:
        return None
    raw = instance._split().get(attribute.slug)
    return None if raw == base else items(attribute, attribute.read(raw))


def items(attribute: AnyAttribute, values: Iterable[Any]) -> list[Item]:
    """Python values with what tells them apart and what is written for them."""
    codec = codec_for(attribute.type)
    if attribute.type == "record-reference":
        return [Item(relations.identify(each), codec.write(_as_reference(each))) for each in values]
    identify = key_of(attribute)
    return [Item(identify(each), _json(codec, each)) for each in values if each is not None]


# In place of the JSON of what can be compared and not written (a read-only kind, a value of another
# type than the attribute's): no encoder takes it, so that it can never be sent as something else.
UNWRITABLE: Any = object()


def _json(codec: Any, value: Any) -> Any:
    try:
        return codec.write(value)
    except (ValidationError, NotImplementedError, TypeError, AttributeError):
        return UNWRITABLE


def _as_reference(value: Any) -> Any:
    return value._reference() if hasattr(value, "_reference") else value


def changed(instance: Model, names: Iterable[str] | None = None) -> list[Edit]:
    """The edits that saving would send, limited to ``names`` (Python names or slugs)."""
    wanted = None if names is None else {named(instance, name).key for name in names}
    found: list[Edit] = []
    for key, touched in list((instance._state.touched or {}).items()):
        if wanted is None or key in wanted:
            edit = edit_of(instance, touched.attribute, touched.base)
            if is_changed(edit):
                found.append(edit)
    return found


def changes(instance: Model) -> dict[str, Change]:
    """Python name to ``Change(old, new)`` for everything that differs from what was loaded."""
    found: dict[str, Change] = {}
    for touched in (instance._state.touched or {}).values():
        attribute = touched.attribute
        edit = edit_of(instance, attribute, touched.base)
        if is_changed(edit):
            found[attribute.name] = Change(
                shown(instance, attribute, touched.base),
                frozen(attribute, local_values(instance, attribute)),
            )
    return found


def shown(instance: Model, attribute: AnyAttribute, base: Any) -> Any:
    """Raw values as users see them: related records as instances, never loaded for this."""
    if base is writing.UNKNOWN_BASE:
        return None
    values = attribute.read(base)
    if attribute.type == "record-reference":
        batch = instance._state.batch
        values = [
            loading.deferred_in(
                relations.model_of(each, attribute, instance.connection),
                each.id,
                instance.connection,
                batch.session if batch is not None else None,
            )
            for each in values
        ]
    return frozen(attribute, values)


def frozen(attribute: AnyAttribute, values: list[Any]) -> Any:
    """The values as one value or a list, whatever the attribute holds."""
    if attribute.is_multi:
        return list(values)
    return values[0] if values else None


def named(instance: Model, name: str) -> AnyAttribute:
    """The attribute of this name or slug. Raises ``UnknownAttributeError``."""
    attribute = instance._attribute(name)
    if attribute is None:
        raise writing.unknown_attribute(instance, name)
    return attribute
