"""Two writers of one record: what a save would overwrite, and who has a unique value already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Raw

from attio_orm.conditions.q import Q
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import BadRequestError, Problem, StaleRecordError, UniquenessConflictError
from attio_orm.pickles import pickled_as
from attio_orm.query import reads
from attio_orm.query.query import Query
from attio_orm.records import rows
from attio_orm.records.base import Record, object_of, state_of
from attio_orm.records.changes import shown
from attio_orm.records.loading import LoadContext, fetch_one
from attio_orm.records.names import attribute_at
from attio_orm.records.state import Edit, UnknownBase, items, local_values, one_or_list
from attio_orm.transport import problems
from attio_orm.transport.errors import HINTS_BY_CODE
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import REFERENCE


class Conflict(NamedTuple):
    """One attribute two people changed: as loaded, as set here, and as it is in Attio now."""

    base: Any
    mine: Any
    theirs: Any


def changed_meanwhile(instance: object, conflicts: Mapping[str, Conflict]) -> StaleRecordError:
    """The error for what would overwrite what others wrote since it was loaded."""
    lines = [
        f"  {name}: loaded {each.base!r}, yours {each.mine!r}, now {each.theirs!r}"
        for name, each in conflicts.items()
    ]
    return StaleRecordError(
        f"{instance!r} was changed by somebody else since it was loaded. Nothing of theirs was "
        f"overwritten:\n"
        + "\n".join(lines)
        + "\nrefresh() takes theirs, save() without on_conflict overwrites with yours.",
        record=instance,
        conflicts=conflicts,
    )


def refuse_stale(
    record: Record, context: LoadContext, overwritten: Sequence[str]
) -> Operation[None]:
    """Re-read the record; ``StaleRecordError`` where what is to be overwritten has changed.

    ``overwritten`` are the slugs of what the save replaces whole.
    """
    state = state_of(record)
    assert state.id is not None
    # Attio takes no condition with a write: what changes between this look and it can be lost
    row = yield from fetch_one(type(record), state.id, context.connection, record)
    refuse_changed(record, overwritten, rows.split(row.values))


def refuse_changed(record: Record, overwritten: Sequence[str], theirs: Mapping[str, Raw]) -> None:
    """Raise ``StaleRecordError`` where these values are not what was loaded."""
    state = state_of(record)
    conflicts: dict[str, Conflict] = {}
    for slug in overwritten:
        attribute = attribute_at(record, slug)
        if attribute is None:
            continue
        base = state.base_of(attribute)
        if isinstance(base, UnknownBase):
            continue
        now = theirs.get(slug)
        if _differs(attribute, base, now):
            conflicts[attribute.name] = Conflict(
                shown(record, attribute, base),
                one_or_list(attribute, local_values(record, attribute)),
                shown(record, attribute, now),
            )
    if conflicts:
        raise changed_meanwhile(record, conflicts)


def _differs(attribute: AnyAttribute, base: Raw | None, now: Raw | None) -> bool:
    """Whether a value was written since; two writes may share a millisecond."""
    written = rows.active_from(base)
    if None not in written and written != rows.active_from(now):  # not known of all
        return True
    loaded, present = items(attribute, attribute.read(base)), items(attribute, attribute.read(now))
    return [item.key for item in loaded] != [item.key for item in present]


def explain(
    error: BadRequestError, record: Record, context: LoadContext, sent: Collection[Edit]
) -> None:
    """Say of a refused write which attribute it is about, by its name, and what to do."""
    if isinstance(error, UniquenessConflictError):
        _explain_conflict(error, record, context)
    elif error.code == "value_not_found":
        _explain_missing(error, record, sent)
    schema = context.connection.schema.get(object_of(record))
    specs = schema.attributes.values() if schema is not None else ()
    # what the library adds to a list, as an entry's parent, has no id of Attio's
    ids = {spec.slug: spec.id or None for spec in specs}
    told = {problem.attribute for problem in error.problems}
    names: dict[str, tuple[str, str | None, str]] = {}
    for slug in dict.fromkeys([*ids, *(edit.slug for edit in sent)]):
        id = ids.get(slug)
        if not (slug in told or id in told or (id is not None and id in str(error))):
            continue
        attribute = attribute_at(record, slug)
        name = slug if attribute is None else attribute.name
        names[slug] = names[id or slug] = (slug, id, name)
        # as in `Required value for attribute with ID "..." was not provided.`
        error.args = (problems.named(str(error), slug, id, name),)
        if isinstance(error, UniquenessConflictError) and id and error.attribute == id:
            error.attribute = name
    # each once: the Python name of one attribute may be the slug of another
    error.problems = [
        _by_name(problem, record, *names[problem.attribute])
        if problem.attribute in names
        else problem
        for problem in error.problems
    ]


def _by_name(problem: Problem, record: Record, slug: str, id: str | None, name: str) -> Problem:
    """A problem of Attio's with the attribute's Python name, and with the value that was sent."""
    attribute = attribute_at(record, slug)
    value = None
    if attribute is not None:
        value = one_or_list(attribute, local_values(record, attribute))
    return Problem(name, problems.named(problem.message, slug, id, name), value)


def _explain_missing(error: BadRequestError, record: Record, sent: Iterable[Edit]) -> None:
    """Say which relation refers to the record that Attio did not find, and what to do."""
    said = str(error)
    for edit in sent:
        attribute = attribute_at(record, edit.slug)
        if attribute is None or attribute.type != REFERENCE:
            continue
        for each in local_values(record, attribute):
            found: str | None = getattr(each, "id", None)
            if found is not None and found in said:
                advice = "Take it out, and save again."
                if state_of(record).id is not None:
                    advice = "refresh() the record, make the change again and save it."
                hint = HINTS_BY_CODE["value_not_found"]
                error.args = (
                    f"{said.removesuffix(hint)}{attribute.name} refers to it: it was deleted, or "
                    f"merged into another record. {advice}",
                )
                return


@pickled_as("ConflictFinder")
class ConflictFinder:
    """Finds the record that has a unique value already: one query, when asked."""

    def __init__(self, query: Query[Record]) -> None:
        self._query = query

    @sync_method
    def existing(self) -> Operation[Record | None]:
        """The record, or ``None``."""
        return reads.first(self._query)

    aexisting = async_twin(existing)

    def __getstate__(self) -> dict[str, Any]:
        return {"query": self._query.replace(source=None)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # pickles made until 0.1 have the queryset
        old = state.get("_queryset")
        self._query = state["query"] if old is None else old.__subquery__().query


def _explain_conflict(error: UniquenessConflictError, record: Record, context: LoadContext) -> None:
    """Say which attribute and value clashed, and how to find the record that has it."""
    schema = context.connection.schema.get(object_of(record))
    for pending in state_of(record).changed.values():
        attribute = pending.attribute
        spec = schema.attributes.get(attribute.slug) if schema is not None else None
        unique = spec.is_unique if spec is not None else attribute.is_unique
        named = error.attribute in {attribute.slug, spec.id if spec is not None else None}
        if named or (error.attribute is None and unique):
            break
    else:
        return
    error.attribute = attribute.name
    values = local_values(record, attribute)
    if not values:
        return
    name, value = attribute.name, values[0]
    if len(values) > 1:  # the answer need not say which of them it is
        name, value = f"{name}__in", values
    if error.value is None:
        error.value = value
    error.finder = ConflictFinder(
        Query(type(record), source=context.connection, where=Q(**{name: value}))
    )
