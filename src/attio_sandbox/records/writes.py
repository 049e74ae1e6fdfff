"""Create, update and assert: from input values to a stored record."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from attio_sandbox.bodies import Path, is_list, kind_of
from attio_sandbox.errors import (
    BODY_MESSAGE,
    Issue,
    Refusal,
    bad_value,
    invalid,
    missing_value,
    type_issue,
    value_not_found,
)
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.documents import Draft
from attio_sandbox.schema import Attribute, Collection, Schema
from attio_sandbox.timestamps import add_duration, format_timestamp
from attio_sandbox.values import TYPES
from attio_sandbox.values.base import Cells, Stored, fragment, members


class Inputs:
    """The input values of one write, normalised: attribute number to stored values.

    Raises the Refusal of what Attio does not take; nothing is written yet. All that fits no input
    form is told at once, with the body; a value that is wrong otherwise is told alone, as of its
    attribute (facts.md 16, Validation errors).
    """

    def __init__(self, collection: Collection, values: Mapping[str, Any], changes: Changes) -> None:
        self.stored: dict[int, list[Stored]] = {}
        found = [(name, collection.find(name)) for name in values]
        issues: list[Issue] = []
        for name, attribute in found:
            if attribute is not None and not attribute.is_archived:
                path = ("data", collection.values_name, name)
                issues += form_issues(attribute, values[name], path, changes.schema)
        if issues:
            raise invalid(BODY_MESSAGE, issues)
        for name, attribute in found:
            if attribute is None or attribute.is_archived:
                raise value_not_found(f'Cannot find attribute with slug/ID "{name}".')
            self.stored[attribute.num] = _read(attribute, values[name], changes)

    def missing(self, attribute: Attribute) -> bool:
        """Tell whether a required attribute was sent, and sent empty."""
        return attribute.is_required and self.stored.get(attribute.num) == []


def form_issues(attribute: Attribute, raw: Any, path: Path, schema: Schema) -> list[Issue]:
    """Say what is wrong with the form of what one attribute was sent at `path` of a body."""
    if not attribute.is_writable:
        return [Issue("invalid", path, f'Attribute "{attribute.slug}" is read-only')]
    kind = TYPES[attribute.type]
    if raw is None:
        return []
    if not is_list(raw):
        # Attio tolerates it for some attributes, and says that it must be an array (facts.md 4.0).
        if attribute.is_multi:
            return [type_issue(path, "array", kind_of(raw))]
        issue = kind.form_issue(raw, path, attribute, schema)
        return [] if issue is None else [issue]
    if len(raw) > 1 and not attribute.is_multi:
        return [Issue("too_big", path, "Array must contain at most 1 element(s)")]
    found = (kind.form_issue(x, (*path, n), attribute, schema) for n, x in enumerate(raw))
    return [issue for issue in found if issue is not None]


def read_values(
    attribute: Attribute, raw: Any, changes: Changes, path: Path = ("data", "values")
) -> list[Stored]:
    """Normalise what one attribute was sent at `path`; raises the Refusal of what it is not."""
    issues = form_issues(attribute, raw, path, changes.schema)
    if issues:
        raise invalid(BODY_MESSAGE, issues)
    return _read(attribute, raw, changes)


def read_value(attribute: Attribute, raw: Any, changes: Changes) -> Stored | None:
    """Normalise one value to be written; None where there is nothing to store."""
    kind = TYPES[attribute.type]
    value = kind.read(raw, attribute, changes)
    problem = None if value is None else kind.write_problem(value, attribute, changes)
    if problem is not None:
        raise problem
    return value


def _read(attribute: Attribute, raw: Any, changes: Changes) -> list[Stored]:
    """Normalise a value, or an array, whose form is right; null is an empty array."""
    if raw is None:
        return []
    found = (read_value(attribute, item, changes) for item in (raw if is_list(raw) else [raw]))
    return [value for value in found if value is not None]  # an empty text is not a value


def create(
    changes: Changes,
    collection: Collection,
    values: Mapping[str, Any],
    key: str,
    *,
    created_at: str | None = None,
    moment: datetime | None = None,
    parent: int | None = None,
) -> Draft:
    """Store a new record, or an entry of the record `parent`, with defaults applied.

    `moment` is what dynamic defaults start from. Raises the Refusal of a bad, missing or
    conflicting value.
    """
    inputs = Inputs(collection, values, changes)
    # Before anything is stored: a value that is missing leaves no half of a record.
    for attribute in collection.attributes:
        # what nobody writes is not among the values: Attio's own are columns of the record
        if attribute.is_archived or not attribute.is_writable:
            continue
        if attribute.default_value is not None and attribute.num not in inputs.stored:
            inputs.stored[attribute.num] = default_values(attribute, changes, moment)
        if attribute.is_required and not inputs.stored.get(attribute.num):
            raise missing_value(attribute.id)
    draft = changes.insert(collection, key, created_at or changes.now, parent)
    changes.fill(draft, inputs.stored)
    return draft


def update(changes: Changes, draft: Draft, values: Mapping[str, Any], *, overwrite: bool) -> None:
    """Change a record or entry: PUT overwrites multi-valued attributes, PATCH adds to them."""
    _apply(changes, draft, Inputs(draft.collection, values, changes), overwrite=overwrite)


def assert_record(
    changes: Changes,
    object_: Collection,
    values: Mapping[str, Any],
    matching: str,
    record_id: str,
    moment: datetime | None = None,
) -> Draft:
    """Update the one record that has the value sent for the attribute `matching`, or create it.

    Multi-valued attributes are overwritten, except that of `matching`, which is added to.
    """
    attribute = object_.find(matching)
    if attribute is None or attribute.is_archived:
        raise value_not_found(
            f'No attribute was found for matching_attribute slug/ID "{matching}".'
        )
    if not attribute.is_unique:
        raise Refusal(
            400,
            "matching_attribute_definition_not_unique",
            "The matching attribute specified is not a unique attribute.",
        )
    inputs = Inputs(object_, values, changes)
    wanted = inputs.stored.get(attribute.num)
    if not wanted:
        raise missing_value(attribute.id)
    # By any of the values sent; several values of one record are one match.
    found = {num for value in wanted for num, _ in changes.matching(attribute, value)}
    if len(found) > 1:
        raise Refusal(
            400,
            "multiple_match_results",
            f'Several records match the values of matching attribute "{attribute.slug}".',
        )
    if not found:
        return create(changes, object_, values, record_id, moment=moment)
    draft = changes.draft(found.pop())
    _apply(changes, draft, inputs, overwrite=True, add_to=attribute.num)
    return draft


def _apply(
    changes: Changes, draft: Draft, inputs: Inputs, *, overwrite: bool, add_to: int | None = None
) -> None:
    for num, values in inputs.stored.items():
        attribute = changes.schema.attributes[num]
        adds = attribute.is_multi and (not overwrite or num == add_to)  # facts.md 6
        # Nothing added to what is there is no clearing (facts.md 4.0).
        if inputs.missing(attribute) and not (adds and draft.document.get(num)):
            raise missing_value(attribute.id)
        if adds:
            changes.prepend(draft, attribute, values)
        else:
            changes.overwrite(draft, attribute, values)


def default_values(attribute: Attribute, changes: Changes, moment: datetime | None) -> list[Stored]:
    """Give the values that a new record gets for an attribute with a default."""
    default = attribute.default_value
    if default["type"] == "static":
        found = _static_default(attribute, changes)
        return found if attribute.is_multi else found[:1]
    if default["template"] == "current-user":
        kind, key = changes.schema.actors[changes.actor]
        body = fragment(referenced_actor_type=kind, referenced_actor_id=key)
        return [Stored(body, body, Cells(key, s1=kind))]
    assert moment is not None
    try:
        later = format_timestamp(add_duration(moment, default["template"]))
    except ValueError as error:  # past the year 9999
        raise bad_value(attribute.slug, "Invalid date", "value") from error
    return read_values(attribute, later, changes)


def _static_default(attribute: Attribute, changes: Changes) -> list[Stored]:
    """Give the values of a static default, without what can be written no more.

    That is an option that was archived since, or a record that is gone: neither may stop the
    reading of attributes, or the making of records.
    """
    found: list[Stored] = []
    for item in attribute.default_value["template"]:
        with suppress(Refusal):
            found += read_values(attribute, [item], changes)
    return found


def render_default(attribute: Attribute, changes: Changes) -> Any:
    """Give the default value as the API shows it: a static one as output values."""
    default = attribute.default_value
    if default is None or default["type"] != "static":
        return default
    kind = TYPES[attribute.type]
    template = [
        members(kind.render(value.body, changes.schema)) | {"attribute_type": attribute.type}
        for value in _static_default(attribute, changes)
    ]
    return {"type": "static", "template": template}
