"""One row of a bulk write that changes a record which is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

from attio_orm.effects import Effect, Operation, Send, watched
from attio_orm.errors import OutcomeUnknownError, TransportError
from attio_orm.guards import is_several
from attio_orm.jobs.items import BulkItem
from attio_orm.records.assignment import accept, assign_all
from attio_orm.records.base import Record, state_of
from attio_orm.records.loading import drop_changes
from attio_orm.records.names import required_attribute
from attio_orm.records.state import hold, key_of, keys_of, local_values
from attio_orm.transport.dry_run import dry_run_of
from attio_orm.writes import saving
from attio_orm.writes.upserts import make

M = TypeVar("M", bound=Record)

Multi = Literal["add", "replace", "remove"]
"""What becomes of the values that an attribute with many of them has already."""


def change(
    item: BulkItem[M],
    record: M,
    values: Mapping[str, object],
    *,
    multi: Multi = "replace",
    on_conflict: str = "overwrite",
) -> Operation[None]:
    """Set these values and save them alone; what the user had changed of others stays as it is.

    Where it fails, the record is as before, and ``item`` says what became of it.
    """
    pending = {
        key: (each.attribute, local_values(record, each.attribute))
        for key, each in state_of(record).changed.items()
    }
    try:
        assign_all(record, _whole(record, values, multi))
        yield from save(item, record, fields=values, on_conflict=on_conflict)
    except BaseException:
        changed = state_of(record).changed
        drop_changes(record, set(changed) - set(pending))
        for key, (attribute, held) in pending.items():
            if key in changed:  # the user's own, that a value of the row had taken the place of
                hold(record, attribute, held)
        raise


def save(
    item: BulkItem[M],
    record: M,
    *,
    fields: Iterable[str] | None = None,
    on_conflict: str = "overwrite",
) -> Operation[None]:
    """Save what a record has changed, or of it these fields; notes on the item what came of it."""
    item.instance = record
    names = None if fields is None else list(fields)
    change_set = saving.gather_changes(record, keys_of(record, names))
    if not (change_set.edits or state_of(record).extra):
        item.state = "unchanged"
        return
    wrote = False

    def note(effect: Effect) -> None:
        nonlocal wrote
        wrote = wrote or writes(effect)

    known = None if state_of(record).extra else change_set
    sending = saving.save(record, make=make, fields=names, on_conflict=on_conflict, known=known)
    try:
        yield from watched(sending, note)
    except OutcomeUnknownError:
        item.state = "unknown"
        raise
    except TransportError:
        # Reading has told that it did not arrive, or it would be an OutcomeUnknownError. Of two
        # requests the first may be there: then some of it is no change any more.
        left = saving.gather_changes(record, keys_of(record, names)).edits
        item.state = "unknown" if len(left) < len(change_set.edits) else "failed"
        raise
    except BaseException:
        # a receiver of post_save, or an interrupt: what was answered is no change any more
        if wrote and not saving.gather_changes(record, keys_of(record, names)).edits:
            item.state = "updated"
        raise
    connection = state_of(record).connection
    if connection is not None and dry_run_of(connection) is not None:
        item.state = "planned"
    else:
        item.state = "updated" if wrote else "unchanged"


def writes(effect: Effect) -> bool:
    """Whether an effect sends a request that may change something in Attio."""
    request: Any = effect.request if isinstance(effect, Send) else None
    # Attio asks queries by POST as well
    return request is not None and request.method != "GET" and "/query" not in request.path


def _whole(record: Record, values: Mapping[str, object], multi: Multi) -> Mapping[str, object]:
    """The values as they are to be after it, where some are added to what is there, or removed."""
    if multi == "replace":
        return values
    whole: dict[str, object] = {}
    for name, value in values.items():
        attribute = required_attribute(record, name)
        if not attribute.is_multi or value is None:
            whole[name] = value
            continue
        key, held = key_of(attribute), local_values(record, attribute)
        accepted = accept(record, attribute, value if is_several(value) else [value])
        given = {key(each): each for each in accepted}
        if multi == "add":
            there = {key(each) for each in held}
            whole[name] = [*held, *(each for k, each in given.items() if k not in there)]
        else:
            whole[name] = [each for each in held if key(each) not in given]
    return whole
