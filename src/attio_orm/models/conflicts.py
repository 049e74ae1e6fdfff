"""Two writers of one record: what a save would overwrite, and who has a unique value already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from attio_orm import hydration
from attio_orm.errors import InvalidRequestError, StaleRecordError, UniquenessConflictError
from attio_orm.models import loading, writing
from attio_orm.models.changes import base_of, frozen, items, local_values, named, shown
from attio_orm.models.planner import Edit, overwrites
from attio_orm.operations import Operation
from attio_orm.transport.errors import HINTS_BY_CODE

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model
    from attio_orm.models.state import Batch


class Conflict(NamedTuple):
    """One attribute two people changed: as loaded, as set here, and as it is in Attio now."""

    base: Any
    mine: Any
    theirs: Any


def refuse_stale(
    instance: Model, batch: Batch, edits: Sequence[Edit], *, force: bool
) -> Operation[None]:
    """Re-read the record; ``StaleRecordError`` where what is to be overwritten has changed.

    ``force``: every edit overwrites, also what the user did not touch.
    """
    record_id = instance._state.id
    assert record_id is not None
    row = yield from loading.fetch_one(type(instance), record_id, batch.connection, instance)
    theirs = hydration.split(row.values)
    conflicts: dict[str, Conflict] = {}
    for slug in [edit.slug for edit in edits] if force else overwrites(edits):
        attribute = named(instance, slug)
        base = base_of(instance, attribute)
        if base is writing.UNKNOWN_BASE:
            continue
        now = theirs.get(slug)
        if _differs(attribute, base, now):
            conflicts[attribute.name] = Conflict(
                shown(instance, attribute, base),
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
    written = hydration.active_from(base)
    if "None" not in written and written != hydration.active_from(now):  # not known of all
        return True
    loaded, present = items(attribute, attribute.read(base)), items(attribute, attribute.read(now))
    return [item.key for item in loaded] != [item.key for item in present]


def explain_missing(error: InvalidRequestError, instance: Model) -> None:
    """Say which relation refers to the record that Attio did not find, and what to do."""
    if error.code != "value_not_found":
        return
    said = str(error)
    for key, value in instance.__dict__.items():
        attribute = instance._attribute(key)
        if attribute is None or attribute.type != "record-reference":
            continue
        for each in local_values(instance, attribute) if value else ():
            found: str | None = getattr(each, "id", None)
            if found is not None and found in said:
                advice = "Take it out, and save again."
                if instance._state.id is not None:
                    advice = "refresh() the record, make the change again and save it."
                hint = HINTS_BY_CODE["value_not_found"]
                error.args = (
                    f"{said.removesuffix(hint)}{attribute.name} refers to it: it was deleted, or "
                    f"merged into another record. {advice}",
                )
                return


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
