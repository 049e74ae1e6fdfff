"""The records and members that a task names."""

from __future__ import annotations

from typing import Any

from attio_sandbox.bodies import Path, bad_text, is_list, is_map, is_uuid, kind_of
from attio_sandbox.errors import Refusal, bad_body, invalid, not_found, wrong_member
from attio_sandbox.records.transactions import FoundRecord
from attio_sandbox.requests import Call
from attio_sandbox.schema import Object
from attio_sandbox.values import TYPES
from attio_sandbox.values.references import MATCHABLE

# Attio answers limit_reached without saying of what, or how many (facts.md 0.1): few, so that what
# fits here fits there.
MAX_LINKS = MAX_ASSIGNEES = 50
_ONE_KEY = "Expected target_record_id or exactly one matching attribute beside target_object"


def find_links(call: Call, raw: list[Any]) -> list[int]:
    """Give the numbers of the records that `linked_records` of a body names, each once.

    An item is `{"target_object", "target_record_id"}`, `{"target_object", <attribute>: [value]}`,
    or a string: a record's id, a person's e-mail address, a company's domain.
    """
    _check_number(raw, MAX_LINKS, "linked records")
    found = (_find_link(call, item, index) for index, item in enumerate(raw))
    return list(dict.fromkeys(record.num for record in found))  # ordered, unlike a set


def _check_number(items: list[Any], most: int, name: str) -> None:
    if len(items) > most:
        message = f"A task may have {most} {name} at most, and has {len(items)}."
        raise Refusal(400, "limit_reached", message)


def _text(raw: Any, path: Path) -> str:
    if not isinstance(raw, str):
        raise wrong_member(path, "string", kind_of(raw))
    problem = bad_text(raw)
    if problem is not None:
        raise bad_body(problem, path, "invalid_string")
    return raw


def _find_link(call: Call, raw: Any, index: int) -> FoundRecord:
    path: Path = ("data", "linked_records", index)
    if isinstance(raw, str):
        return _find_by_text(call, raw, path)
    name: str = raw["target_object"]
    if call.schema.find_object(name) is None and call.schema.find_list(name) is not None:
        raise invalid("Only standard or custom object records can be linked to.")
    object_ = call.schema.object(name)
    others = [key for key in raw if key != "target_object"]
    if len(others) != 1:
        raise bad_body(_ONE_KEY, path, "invalid")
    key, wanted = others[0], raw[others[0]]
    path = (*path, key)
    if key == "target_record_id":
        text = _text(wanted, path)
        if not is_uuid(text):
            raise bad_body("Invalid uuid", path, "invalid_string")
        return call.find_record(name, text)
    if not is_list(wanted) or len(wanted) != 1:
        message = "Expected an array of exactly one value to match"
        raise bad_body(message, path)
    return _match(call, object_, key, wanted[0], path)


def _find_by_text(call: Call, text: str, path: Path) -> FoundRecord:
    if is_uuid(text):
        found = call.find_anywhere(text)
        if found is None:
            raise not_found(f'Record with ID "{text}" not found.')
        return found
    name, slug = ("people", "email_addresses") if "@" in text else ("companies", "domains")
    return _match(call, call.schema.object(name), slug, text, path)


def _match(call: Call, object_: Object, name: str, raw: Any, path: Path) -> FoundRecord:
    attribute = object_.find(name)
    if attribute is None or attribute.is_archived:
        raise not_found(f'Attribute with slug/ID "{name}" not found.')
    if attribute.type not in MATCHABLE:
        raise bad_body(f'Attribute "{name}" cannot be matched on', path)
    changes = call.changes()
    try:
        wanted = TYPES[attribute.type].read(raw, attribute, changes)
    except Refusal as refusal:
        message = refusal.issues[0].message if refusal.issues else refusal.message
        raise bad_body(message, path) from refusal
    if attribute.slug == "record_id":
        key = raw["value"] if is_map(raw) else raw
        return call.find_record(object_.slug, key)
    found = [] if wanted is None else changes.matching(attribute, wanted)
    if len(found) > 1:
        message = f'Several records of "{object_.slug}" match on attribute "{attribute.slug}".'
        raise Refusal(400, "multiple_match_results", message)
    if not found:
        raise not_found(
            f'No record of "{object_.slug}" was found that matches on attribute "{attribute.slug}".'
        )
    return call.record(found[0][0])


def find_assignees(call: Call, raw: list[dict[str, str]]) -> list[int]:
    """Give the actor numbers of the members that `assignees` of a body names, each once."""
    _check_number(raw, MAX_ASSIGNEES, "assignees")
    numbers: list[int] = []
    for item in raw:
        name = item.get("referenced_actor_id") or item.get("workspace_member_email_address", "")
        kind = "ID" if "referenced_actor_id" in item else "email address"
        found = call.schema.member_actor(name) if is_uuid(name) is (kind == "ID") else None
        if found is None:
            raise not_found(f'Workspace member with {kind} "{name}" not found.')
        numbers.append(found)
    return list(dict.fromkeys(numbers))
