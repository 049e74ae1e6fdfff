"""Attio's filters applied to records in memory, as its documentation describes them.

Written from the grammar and the table of operators alone, and stricter than Attio may be: what is
not documented to work is refused.
"""

from __future__ import annotations

from typing import Any

from tests.query.fakes import SCHEMA

World = dict[str, dict[str, dict[str, list[dict[str, Any]]]]]

EQ = {"$eq"}
MATCH = {"$eq", "$contains", "$starts_with", "$ends_with"}
SIZE = {"$eq", "$lt", "$lte", "$gt", "$gte"}

OPERATORS: dict[str, dict[str, set[str]]] = {
    "text": {"value": MATCH | {"$in"}},
    "number": {"value": SIZE},
    "currency": {"currency_value": SIZE},
    "date": {"value": SIZE},
    "timestamp": {"value": SIZE},
    "checkbox": {"value": EQ},
    "domain": {"domain": MATCH, "root_domain": MATCH},
    "email-address": {
        "email_address": MATCH,
        "email_domain": MATCH,
        "email_root_domain": MATCH,
        "email_local_specifier": MATCH,
    },
    "personal-name": {"first_name": MATCH, "last_name": MATCH, "full_name": MATCH},
    "location": {"locality": MATCH, "country_code": {"$eq", "$starts_with"}},
    "select": {"option": EQ, "active_from": SIZE - EQ},
    "status": {"status": EQ, "active_from": SIZE - EQ},
    "actor-reference": {"referenced_actor_type": EQ, "referenced_actor_id": EQ},
    "record-reference": {"target_object": EQ, "target_record_id": {"$eq", "$in"}},
    "interaction": {"interaction_type": EQ, "owner_member_id": EQ, "interacted_at": SIZE},
}
DEFAULTS = {
    "text": "value",
    "number": "value",
    "currency": "currency_value",
    "date": "value",
    "timestamp": "value",
    "checkbox": "value",
    "domain": "domain",
    "email-address": "email_address",
    "personal-name": "full_name",
    "select": "option",
    "status": "status",
}
# What must be named together.
PAIRS = [{"referenced_actor_type", "referenced_actor_id"}, {"target_object", "target_record_id"}]


def matches(filter: dict[str, Any], object: str, id: str, world: World) -> bool:
    """Whether the record is one that Attio would give for this filter."""
    if set(filter) == {"path", "constraints"}:
        return any(
            satisfies(value, kind, filter["constraints"])
            for value, kind in follow(filter["path"], object, id, world)
        )
    for key, condition in filter.items():
        if key == "$and":
            assert len(condition) > 1
            met = all(matches(each, object, id, world) for each in condition)
        elif key == "$or":
            assert len(condition) > 1
            met = any(matches(each, object, id, world) for each in condition)
        elif key == "$not":
            met = not matches(condition, object, id, world)
        else:
            kind = type_of(object, key)
            met = any(satisfies(v, kind, condition) for v in world[object][id].get(key, []))
        if not met:
            return False
    return True


def type_of(object: str, slug: str) -> str:
    return next(spec.type for spec in SCHEMA[object] if spec.slug == slug)


def follow(path: list[list[str]], object: str, id: str, world: World) -> Any:
    """The values at the end of a path, with their type."""
    assert 2 <= len(path) <= 5
    assert path[0][0] == object
    places = [(object, id)]
    for position, (stop, slug) in enumerate(path):
        assert all(where == stop for where, _ in places)
        found = [value for place in places for value in world[place[0]][place[1]].get(slug, [])]
        if position == len(path) - 1:
            return [(value, type_of(stop, slug)) for value in found]
        assert type_of(stop, slug) == "record-reference"
        places = [(value["target_object"], value["target_record_id"]) for value in found]
    raise AssertionError("a path without an end")


def satisfies(value: dict[str, Any], kind: str, condition: Any) -> bool:
    """Whether one value meets all that is asked of it."""
    if not isinstance(condition, dict):
        condition = {"$eq": condition}
    if all(key.startswith("$") for key in condition):
        if condition == {"$not_empty": True}:
            return True
        assert kind in DEFAULTS, f"{kind} needs a property"
        condition = {DEFAULTS[kind]: condition}
    if kind == "actor-reference":
        assert len(condition) == 2, "both properties are needed"
    return all(
        compare(value.get(name), operator, operand, OPERATORS[kind][name])
        for name, operators in condition.items()
        for operator, operand in (
            operators if isinstance(operators, dict) else {"$eq": operators}
        ).items()
    )


def compare(value: Any, operator: str, operand: Any, allowed: set[str]) -> bool:
    if operator == "$not_empty":
        assert operand is True
        return value is not None
    assert operator in allowed, f"{operator} is not supported"
    if value is None:
        return False
    if operator == "$eq":
        return value == operand
    if operator == "$in":
        assert 0 < len(operand) <= 500
        return value in operand
    if operator in ("$contains", "$starts_with", "$ends_with"):
        text, part = value.casefold(), operand.casefold()
        if operator == "$contains":
            return part in text
        return text.startswith(part) if operator == "$starts_with" else text.endswith(part)
    return {
        "$lt": value < operand,
        "$lte": value <= operand,
        "$gt": value > operand,
        "$gte": value >= operand,
    }[operator]


def negations(filter: Any) -> list[dict[str, Any]]:
    """Everything that stands inside a ``$not``."""
    if isinstance(filter, list):
        return [inner for each in filter for inner in negations(each)]
    if not isinstance(filter, dict):
        return []
    here = [filter["$not"]] if "$not" in filter else []
    return here + [inner for each in filter.values() for inner in negations(each)]


def comparisons(filter: dict[str, Any]) -> int:
    """How many comparisons a filter makes; what Attio wants in pairs counts as one."""
    condition = filter["constraints"] if "path" in filter else None
    if condition is None:
        assert len(filter) == 1
        (key, condition) = next(iter(filter.items()))
        assert not key.startswith("$"), "a junction inside $not"
    if not isinstance(condition, dict):
        return 1
    if set(condition) in PAIRS:
        condition = dict(list(condition.items())[1:])
    return sum(len(each) if isinstance(each, dict) else 1 for each in condition.values())
