"""References to records and to actors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attio_sandbox.bodies import UUID, OneOf, Path, Shape, Text, is_list, is_map, is_uuid
from attio_sandbox.errors import Issue, Refusal, bad_value, bad_values, union_issue, value_not_found
from attio_sandbox.schema import Attribute, Object, Schema
from attio_sandbox.values.base import (
    EQ,
    TYPES,
    Body,
    Cells,
    Lookups,
    Property,
    Stored,
    ValueType,
    check_parts,
    expect_text,
    fragment,
    named,
    wrong_type,
)

# What a bare string means where exactly one standard object is allowed (facts.md 4.1). An id is
# none of these: Attio does not take it bare.
SHORTHANDS = {
    "companies": "domains",
    "people": "email_addresses",
    "users": "user_id",
    "workspaces": "workspace_id",
}
# The types that Attio matches on; the attribute need not be unique, the match has to be.
MATCHABLE = frozenset({"domain", "email-address", "number", "phone-number", "text"})
_TARGET = Shape({"target_object": Text()})
_BY_ID = Shape({"target_object": Text(), "target_record_id": UUID})
_REFERENCE = Shape({"target_record_reference": Shape({"match": Shape({})})})
_MEMBER = Shape({"referenced_actor_type": OneOf("workspace-member"), "referenced_actor_id": UUID})


class RecordType(ValueType):
    """A reference to a record; the cell `number` is the number of that record."""

    name = "record-reference"
    properties = named(
        target_object=Property("number", "object", EQ, is_sortable=False),
        target_record_id=Property("number", "record", EQ | {"$in"}, is_sortable=False),
    )
    can_be_multi = True

    def forms_of(self, attribute: Attribute, schema: Schema) -> tuple[str, ...]:
        """Text is a form only where it is known what of the target it would be."""
        return ("object", "string") if _shorthand(attribute, schema) else ("object",)

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take an id, a match on an attribute of the target, or a shorthand string.

        A match is `{slug: [value]}` beside `target_object`, or the same as `match` in a
        `target_record_reference`. What else may stand in the latter is not documented well
        enough to be copied, so it is refused. See
        https://docs.attio.com/rest-api/guides/linking-referenced-records.
        """
        if isinstance(raw, str):
            return self._read_shorthand(expect_text(raw, attribute), attribute, lookups)
        if not is_map(raw):
            raise wrong_type(attribute, "object", raw)
        check_parts(_TARGET, raw, attribute)
        name: str = raw["target_object"]
        target = lookups.schema.find_object(name)
        if target is None:
            raise value_not_found(f'Object with slug/ID "{name}" not found.')
        if attribute.allowed and target.num not in attribute.allowed:
            message = f'Attribute "{attribute.slug}" does not allow records of "{name}"'
            raise bad_value(attribute.slug, message, "target_object")
        others = [key for key in raw if key != "target_object"]
        if len(others) != 1:
            raise bad_values(attribute.slug, [union_issue(())])
        if others[0] == "target_record_id":
            check_parts(_BY_ID, raw, attribute)
            return _by_id(target, raw["target_record_id"].lower(), lookups)
        wanted = raw[others[0]]
        if others[0] == "target_record_reference":
            name, value = _read_match(wanted, attribute)
            where = (others[0], "match", name)
            return self._match(target, name, value, attribute, lookups, *where)
        if not is_list(wanted) or len(wanted) != 1:
            message = "Expected an array of exactly one value to match"
            raise bad_value(attribute.slug, message, others[0])
        return self._match(target, others[0], wanted[0], attribute, lookups, others[0])

    def _read_shorthand(self, text: str, attribute: Attribute, lookups: Lookups) -> Stored:
        found = _shorthand(attribute, lookups.schema)
        if found is None:
            raise wrong_type(attribute, "object", text)
        return self._match(*found, text, attribute, lookups)

    def _match(
        self,
        target: Object,
        name: str,
        raw: Any,
        attribute: Attribute,
        lookups: Lookups,
        *where: str,
    ) -> Stored:
        by = target.find(name)
        if by is None or by.is_archived:
            raise value_not_found(f'Cannot find attribute with slug/ID "{name}".')
        if by.type not in MATCHABLE:
            message = f'Attribute "{name}" cannot be matched on'
            raise bad_value(attribute.slug, message, *where)
        if by.slug == "record_id":
            raw = raw["value"] if is_map(raw) and "value" in raw else raw
            text = expect_text(raw, attribute, *where)
            return _by_id(target, text.lower(), lookups)
        try:
            wanted = TYPES[by.type].read(raw, by, lookups)
        except Refusal as refusal:
            # At the place where it was sent, and not as a value of the attribute it is matched on.
            raise bad_values(attribute.slug, _moved(refusal.issues, where)) from refusal
        found = [] if wanted is None else lookups.matching(by, wanted)
        if len(found) > 1:
            raise Refusal(
                400,
                "multiple_match_results",
                f'Several records of "{target.slug}" match on attribute "{by.slug}".',
            )
        if not found:
            raise value_not_found(
                f'No record of "{target.slug}" was found that matches on attribute "{by.slug}".'
            )
        num, key = found[0]
        return reference(target, key, num)

    def render(self, body: Body, schema: Schema) -> str:
        """Give the target with the slug that its object has now."""
        assert isinstance(body, tuple)
        slug = schema.objects_by_num[body[0]].slug
        return f'"target_object":"{slug}","target_record_id":"{body[1]}"'


def _shorthand(attribute: Attribute, schema: Schema) -> tuple[Object, str] | None:
    """Give the object that bare text refers to, and the attribute that it is of."""
    if len(attribute.allowed) != 1:
        return None
    target = schema.objects_by_num[attribute.allowed[0]]
    slug = SHORTHANDS.get(target.slug) if target.is_standard else None
    return None if slug is None else (target, slug)


def _moved(issues: Iterable[Issue], where: Path) -> list[Issue]:
    return [issue._replace(path=(*where, *issue.path)) for issue in issues]


def reference(target: Object, record_id: str, num: int) -> Stored:
    """Give the stored value of a reference to record `num`."""
    return Stored((target.num, record_id), record_id, Cells(number=num))


def _read_match(raw: Any, attribute: Attribute) -> tuple[str, Any]:
    """Give the attribute and the value that a `target_record_reference` matches on."""
    where = "target_record_reference"
    check_parts(_REFERENCE, {where: raw}, attribute)
    unknown = [key for key in raw if key != "match"]
    if unknown:
        message = f"The sandbox knows match alone, and not {', '.join(unknown)}: use match"
        raise bad_value(attribute.slug, message, where, code="unrecognized_keys")
    match = raw["match"]
    if len(match) != 1:
        message = "Expected an object with exactly one attribute to match"
        raise bad_value(attribute.slug, message, where, "match")
    ((name, wanted),) = match.items()
    if not is_list(wanted):
        return name, wanted
    if len(wanted) != 1:
        message = "Expected exactly one value to match"
        raise bad_value(attribute.slug, message, where, "match", name)
    return name, wanted[0]


def _by_id(target: Object, key: str, lookups: Lookups) -> Stored:
    num = lookups.record_number(target.num, key)
    if num is None:
        raise value_not_found(f'Record with ID "{key}" not found.')
    return reference(target, key, num)


class ActorType(ValueType):
    """A reference to an actor; only workspace members can be written."""

    name = "actor-reference"
    properties = named(
        referenced_actor_type=Property("s1", "text", EQ),
        referenced_actor_id=Property("folded", "id", EQ),
    )
    needs_all = frozenset(properties)
    can_be_multi = True

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a member's e-mail address, or an object with it or with the member's id."""
        if is_map(raw):
            name, is_id = self._read_map(raw, attribute), "referenced_actor_id" in raw
        else:
            name, is_id = expect_text(raw, attribute), False
            if "@" not in name:
                message = "Invalid email address"
                raise bad_value(attribute.slug, message, "workspace_member_email_address")
        member = lookups.schema.find_member(name)
        if member is None or is_id is not is_uuid(name):
            kind = "ID" if is_id else "email address"
            raise value_not_found(f'Workspace member with {kind} "{name}" not found.')
        body = fragment(referenced_actor_type="workspace-member", referenced_actor_id=member.id)
        return Stored(body, body, Cells(member.id, s1="workspace-member"))

    def _read_map(self, raw: dict[str, Any], attribute: Attribute) -> str:
        if set(raw) == {"workspace_member_email_address"}:
            member = "workspace_member_email_address"
            return expect_text(raw[member], attribute, member)
        if set(raw) != {"referenced_actor_type", "referenced_actor_id"}:
            raise bad_values(attribute.slug, [union_issue(())])
        check_parts(_MEMBER, raw, attribute)
        key: str = raw["referenced_actor_id"]
        return key
