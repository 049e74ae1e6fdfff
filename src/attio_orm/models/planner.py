"""Which requests a save takes: one pure function over what was, what is, and nothing else."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal, NamedTuple


class Item(NamedTuple):
    """One value: what tells it apart, and its form in a write."""

    key: Hashable
    json: Any


class Edit(NamedTuple):
    """One changed attribute. ``base`` is ``None`` where what was there is not known.

    ``now`` is what Attio was last seen to hold, where that is newer than ``base``.
    """

    slug: str
    multi: bool
    base: Sequence[Item] | None
    local: Sequence[Item]
    now: Sequence[Item] | None = None


class Write(NamedTuple):
    """One request: PATCH adds to multi-valued attributes, PUT sets them to exactly what is sent."""

    method: Literal["PATCH", "PUT"]
    values: dict[str, Any]


def is_changed(edit: Edit) -> bool:
    """Whether the attribute differs from what was loaded."""
    if edit.base is None:
        return True
    return [item.key for item in edit.base] != [item.key for item in edit.local]


def added(edit: Edit) -> list[Any] | None:
    """The values to add where only additions were made to a list, else ``None``."""
    if not edit.multi or edit.base is None:
        return None
    base = [item.key for item in edit.base]
    local = {item.key for item in edit.local}
    if any(key not in local for key in base):
        return None
    known = set(base)
    if [item.key for item in edit.local if item.key in known] != base:
        return None
    return [item.json for item in edit.local if item.key not in known]


def plan(edits: Sequence[Edit], *, force: bool = False) -> list[Write]:
    """The requests, in order, that take the record from ``base`` to ``local``.

    Additions to lists and new single values: one PATCH. Something removed, reordered or cleared and
    nothing purely added: one PUT. Both: the PATCH, then the PUT. ``force`` sends every edit,
    changed or not, in one PUT.
    """
    if force:
        return [Write("PUT", {edit.slug: whole(edit) for edit in edits})] if edits else []
    additions: dict[str, Any] = {}
    singles: dict[str, Any] = {}
    rewrites: dict[str, Any] = {}
    for edit in edits:
        if not is_changed(edit):
            continue
        new = added(edit)
        if new is not None:
            additions[edit.slug] = new
        elif edit.multi or not edit.local:
            rewrites[edit.slug] = whole(edit)
        else:
            singles[edit.slug] = whole(edit)
    if not rewrites:
        first = {**singles, **additions}
        return [Write("PATCH", first)] if first else []
    if not additions:
        return [Write("PUT", {**singles, **rewrites})]
    return [Write("PATCH", {**singles, **additions}), Write("PUT", rewrites)]


def overwrites(edits: Sequence[Edit]) -> list[str]:
    """The slugs whose present value a plan replaces (rather than adds to)."""
    return [edit.slug for edit in edits if is_changed(edit) and added(edit) is None]


def whole(edit: Edit) -> Any:
    """What the attribute is to be afterwards, with what others are known to have done to a list."""
    values = [item.json for item in _merged(edit)]
    if edit.multi:
        return values
    return values[0] if values else []


def _merged(edit: Edit) -> Sequence[Item]:
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
