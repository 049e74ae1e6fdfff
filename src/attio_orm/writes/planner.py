"""What a save sends, as pure functions: the change set of a record, and the requests it takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from attio_orm.records.state import Edit, Item, is_changed
from attio_orm.types.base import JsonValue


class ChangeSet(Struct, frozen=True):
    """What one save is to send of a record: each attribute as it was and as it is to be, by key.

    ``keys`` are those of the attributes that ``fields`` names, ``None`` where it names none.
    ``force`` sends every edit, changed or not.
    """

    edits: Mapping[str, Edit]
    keys: Collection[str] | None = None
    creating: bool = False
    force: bool = False


class Write(Struct, frozen=True):
    """One request.

    POST makes the record, PATCH adds to multi-valued attributes, PUT sets them to exactly what is
    sent.
    """

    method: Literal["POST", "PATCH", "PUT"]
    values: dict[str, JsonValue]


def plan(change_set: ChangeSet) -> list[Write]:
    """The requests, in order, that make the record, or take it from ``base`` to ``local``.

    Additions to lists and new single values: one PATCH. Something removed, reordered or cleared and
    nothing purely added: one PUT. Both: the PATCH, then the PUT. ``force`` sends every edit,
    changed or not, in one PUT.
    """
    edits = change_set.edits.values()
    if change_set.creating:
        return [Write("POST", {edit.slug: whole(edit) for edit in edits if edit.local})]
    if change_set.force:
        return [Write("PUT", {edit.slug: whole(edit) for edit in edits})] if edits else []
    added: dict[str, JsonValue] = {}
    singles: dict[str, JsonValue] = {}
    rewrites: dict[str, JsonValue] = {}
    for edit in edits:
        if not is_changed(edit):
            continue
        new = additions(edit)
        if new is not None:
            added[edit.slug] = [item.json for item in new]
        elif edit.multi or not edit.local:
            rewrites[edit.slug] = whole(edit)
        else:
            singles[edit.slug] = whole(edit)
    if not rewrites:
        first = {**singles, **added}
        return [Write("PATCH", first)] if first else []
    if not added:
        return [Write("PUT", {**singles, **rewrites})]
    # PATCH first: its answer has what others added by now, which the PUT is not to take away
    return [Write("PATCH", {**singles, **added}), Write("PUT", rewrites)]


def additions(edit: Edit) -> list[Item] | None:
    """The values to add where only additions were made to a list, else ``None``."""
    if not edit.multi or edit.base is None:
        return None
    base = [item.key for item in edit.base]
    known = set(base)
    # something taken out, or another order, takes the whole list
    if [item.key for item in edit.local if item.key in known] != base:
        return None
    return [item for item in edit.local if item.key not in known]


def overwrites(change_set: ChangeSet) -> list[str]:
    """The slugs whose present value the plan replaces, rather than adds to."""
    edits = change_set.edits.values()
    if change_set.force:
        return [edit.slug for edit in edits]
    return [each.slug for each in edits if is_changed(each) and additions(each) is None]


def sent_by(change_set: ChangeSet, write: Write) -> dict[str, Edit]:
    """The edits that one of the planned writes carries out."""
    return {k: edit for k, edit in change_set.edits.items() if edit.slug in write.values}


def whole(edit: Edit) -> JsonValue:
    """What the attribute is to be afterwards, with what others are known to have done to a list."""
    values = [item.json for item in merged(edit)]
    if edit.multi:
        return values
    return values[0] if values else []


def merged(edit: Edit) -> Sequence[Item]:
    """The values that a list is to have, in order."""
    # a PUT says what the list is to be: without what others are known to have added since it was
    # loaded, it would take their additions away
    base, local, now = edit.base, edit.local, edit.now
    if not edit.multi or base is None or now is None or not local:  # emptied means empty
        return local
    before = {item.key for item in base}
    mine = {item.key for item in local}
    theirs = {item.key for item in now}
    return [
        *(item for item in now if item.key not in before | mine),
        *(item for item in local if item.key in theirs or item.key not in before),
    ]
