"""The records and members that a task names."""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox.activities.parents import Parent, find_anywhere, find_parent, parent_of
from attio_orm.sandbox.bodies import Path, bad_text, is_list, is_map, is_uuid, kind_of
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import BODY_MESSAGE, Issue, Refusal, invalid, not_found
from attio_orm.sandbox.schema import Object
from attio_orm.sandbox.values.references import MATCHABLE
from attio_orm.sandbox.values.registry import TYPES

_ONE_KEY = "Expected target_record_id or exactly one matching attribute beside target_object"


def find_links(call: Call, raw: list[Any]) -> list[int]:
    """Give the numbers of the records that `linked_records` of a body names, each once.

    An item is `{"target_object", "target_record_id"}`, `{"target_object", <attribute>: [value]}`,
    or a string: a record's id, a person's e-mail address, a company's domain.
    """
    found = (_find_link(call, item, index) for index, item in enumerate(raw))
    return list(dict.fromkeys(parent.num for parent in found))


def _bad(path: Path, message: str, code: str = "invalid_type") -> Refusal:
    return invalid(BODY_MESSAGE, [Issue(code, path, message)])


def _text(raw: Any, path: Path) -> str:
    if not isinstance(raw, str):
        raise _bad(path, f"Expected string, received {kind_of(raw)}")
    problem = bad_text(raw)
    if problem is not None:
        raise _bad(path, problem, "invalid_string")
    return raw


def _find_link(call: Call, raw: Any, index: int) -> Parent:
    path: Path = ("data", "linked_records", index)
    if isinstance(raw, str):
        return _find_by_text(call, _text(raw, path), path)
    if not is_map(raw):
        raise _bad(path, f"Expected object, received {kind_of(raw)}")
    if "target_object" not in raw:
        raise _bad((*path, "target_object"), "Required")
    name = _text(raw["target_object"], (*path, "target_object"))
    if call.schema.find_object(name) is None and call.schema.find_list(name) is not None:
        raise invalid("Only standard or custom object records can be linked to.")
    object_ = call.schema.object(name)
    others = [key for key in raw if key != "target_object"]
    if len(others) != 1:
        raise _bad(path, _ONE_KEY, "invalid_union")
    key, wanted = others[0], raw[others[0]]
    path = (*path, key)
    if key == "target_record_id":
        text = _text(wanted, path)
        if not is_uuid(text):
            raise _bad(path, "Invalid uuid", "invalid_string")
        return find_parent(call.database, call.schema, name, text)
    if not is_list(wanted) or len(wanted) != 1:
        raise _bad(path, "Expected an array of exactly one value to match")
    return _match(call, object_, key, wanted[0], path)


def _find_by_text(call: Call, text: str, path: Path) -> Parent:
    if is_uuid(text):
        found = find_anywhere(call.database, call.schema, text)
        if found is None:
            raise not_found(f'Record with ID "{text}" not found.')
        return found
    name, slug = ("people", "email_addresses") if "@" in text else ("companies", "domains")
    return _match(call, call.schema.object(name), slug, text, path)


def _match(call: Call, object_: Object, name: str, raw: Any, path: Path) -> Parent:
    attribute = object_.find(name)
    if attribute is None or attribute.is_archived:
        raise not_found(f'Attribute with slug/ID "{name}" not found.')
    if attribute.type not in MATCHABLE:
        raise _bad(path, f'Attribute "{name}" cannot be matched on', "invalid")
    changes = call.changes()
    try:
        wanted = TYPES[attribute.type].read(raw, attribute, changes)
    except Refusal as refusal:
        message = refusal.issues[0].message if refusal.issues else refusal.message
        raise _bad(path, message, "invalid") from refusal
    if attribute.slug == "record_id":
        key = raw["value"] if is_map(raw) else raw
        return find_parent(call.database, call.schema, object_.slug, key)
    found = [] if wanted is None else changes.matching(attribute, wanted)
    if len(found) > 1:
        message = f'Several records of "{object_.slug}" match on attribute "{attribute.slug}".'
        raise Refusal(400, "multiple_match_results", message)
    if not found:
        raise not_found(
            f'No record of "{object_.slug}" was found that matches on attribute "{attribute.slug}".'
        )
    return parent_of(call.database, call.schema, found[0][0])


def find_member_actor(call: Call, name: str) -> int | None:
    """Give the actor number of the member of that id or e-mail address, or None."""
    member = call.schema.find_member(name)
    return None if member is None else actor_number(call, member.id)


def actor_number(call: Call, member_id: str) -> int:
    """Give the actor number of a member."""
    wanted = ("workspace-member", member_id)
    return next(num for num, actor in call.schema.actors.items() if actor == wanted)


def find_assignees(call: Call, raw: list[dict[str, str]]) -> list[int]:
    """Give the actor numbers of the members that `assignees` of a body names, each once."""
    numbers: list[int] = []
    for item in raw:
        name = item.get("referenced_actor_id") or item.get("workspace_member_email_address", "")
        kind = "ID" if "referenced_actor_id" in item else "email address"
        found = find_member_actor(call, name) if is_uuid(name) is (kind == "ID") else None
        if found is None:
            raise not_found(f'Workspace member with {kind} "{name}" not found.')
        numbers.append(found)
    return list(dict.fromkeys(numbers))
