"""Two writers of one record: what a save would overwrite, and who has a unique value already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from attio_orm import hydration
from attio_orm.errors import StaleRecordError, UniquenessConflictError
from attio_orm.models import loading, writing
from attio_orm.models.changes import frozen, items, local_values, shown
from attio_orm.models.planner import Edit, overwrites
from attio_orm.operations import Operation

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model
    from attio_orm.models.state import Batch


class Conflict(NamedTuple):
    """One attribute two people changed: as loaded, as set here, and as it is in Attio now."""

    base: Any
    mine: Any
    theirs: Any


def refuse_stale(instance: Model, batch: Batch, edits: Sequence[Edit]) -> Operation[None]:
    """Re-read the record; ``StaleRecordError`` where what is to be overwritten has changed."""
    record_id = instance._state.id
    assert record_id is not None
    row = yield from loading.fetch_one(type(instance), record_id, batch.connection, instance)
    theirs = hydration.split(row.values)
    conflicts: dict[str, Conflict] = {}
    replaced = set(overwrites(edits))
    for touched in (instance._state.touched or {}).values():
        attribute = touched.attribute
        if attribute.slug not in replaced or touched.base is writing.UNKNOWN_BASE:
            continue
        now = theirs.get(attribute.slug)
        if _differs(attribute, touched.base, now):
            conflicts[attribute.name] = Conflict(
                shown(instance, attribute, touched.base),
                frozen(attribute, local_values(instance, attribute)),
                shown(instance, attribute, now),
            )
    if conflicts:
        lines = [
            f"  {name}: loaded {c.base!r}, yours {c.mine!r}, now {c.theirs!r}"
            for name, c in conflicts.items()
        ]
        raise StaleRecordError(
            f"{instance!r} was changed by somebody else since it was loaded. Nothing was sent:\n"
            + "\n".join(lines)
            + "\nrefresh() takes theirs, save() without on_conflict overwrites with yours.",
            record=instance,
            conflicts=conflicts,
        )


def _differs(attribute: AnyAttribute, base: Any, now: Any) -> bool:
    """Whether a value was written since; two writes may share a millisecond."""
    if hydration.active_from(base) != hydration.active_from(now):
        return True
    loaded, present = items(attribute, attribute.read(base)), items(attribute, attribute.read(now))
    return [item.key for item in loaded] != [item.key for item in present]


class ConflictFinder:
    """Finds the record that has a unique value already: one query, when asked."""

    def __init__(self, model: type[Model], connection: Any, attribute: str, value: Any) -> None:
        self._queryset = model.objects.using(connection).filter(**{attribute: value})

    def find(self) -> Any:
        """The record, or ``None``."""
        return self._queryset.first()

    async def afind(self) -> Any:
        """The twin of ``find()``."""
        return await self._queryset.afirst()


def explain_conflict(error: UniquenessConflictError, instance: Model, batch: Batch) -> None:
    """Say which attribute and value clashed, and how to find the record that has it."""
    schema = batch.connection.schema.get(instance._object)
    candidates: list[AnyAttribute] = []
    for touched in (instance._state.touched or {}).values():
        attribute = touched.attribute
        spec = schema.attributes.get(attribute.slug) if schema is not None else None
        unique = spec.is_unique if spec is not None else attribute.is_unique
        named = error.attribute in {attribute.slug, spec.id if spec is not None else None}
        if named or (error.attribute is None and unique):
            candidates.append(attribute)
    if not candidates:
        return
    attribute = candidates[0]
    error.attribute = attribute.name
    values = local_values(instance, attribute)
    if error.value is None and values:
        error.value = values[0] if len(values) == 1 else values
    if values:
        name = attribute.name if len(values) == 1 else f"{attribute.name}__in"
        value = values[0] if len(values) == 1 else values
        error.finder = ConflictFinder(type(instance), batch.connection, name, value)
