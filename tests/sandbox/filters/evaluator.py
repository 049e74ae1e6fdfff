"""Attio's filters by brute force, over records as the API gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Record = dict[str, Any]

DEFAULTS = {
    "text": "value", "number": "value", "rating": "value", "checkbox": "value", "date": "value",
    "timestamp": "value", "currency": "currency_value", "domain": "domain",
    "email-address": "email_address", "personal-name": "full_name",
    "phone-number": "phone_number", "select": "option", "status": "status",
}  # fmt: skip


def folded(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: test(value.casefold(), operand.casefold())


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, operand: value == operand,
    "$in": lambda value, operand: value in operand,
    "$contains": folded(lambda value, operand: operand in value),
    "$starts_with": folded(str.startswith),
    "$ends_with": folded(str.endswith),
    "$lt": lambda value, operand: value < operand,
    "$lte": lambda value, operand: value <= operand,
    "$gt": lambda value, operand: value > operand,
    "$gte": lambda value, operand: value >= operand,
}


def values_of(record: Record) -> Any:
    """The values of a record, or of an entry."""
    return record["values"] if "values" in record else record["entry_values"]


class Evaluator:
    def __init__(self, records: Mapping[str, Record]) -> None:
        self.records = records

    def matches(self, filter_: Any, record: Record) -> bool:
        if "path" in filter_:
            return self._path(filter_["path"], filter_["constraints"], record)
        return all(self._key(key, value, record) for key, value in filter_.items())

    def _key(self, key: str, value: Any, record: Record) -> bool:
        if key == "$and":
            return all(self.matches(inner, record) for inner in value)
        if key == "$or":
            return any(self.matches(inner, record) for inner in value)
        if key == "$not":
            return not self.matches(value, record)
        return self._attribute(key, value, record)

    def _path(self, path: Any, constraints: Any, record: Record) -> bool:
        (_, slug), *rest = path
        if not rest:
            return self._attribute(slug, constraints, record)
        if slug == "parent_record":
            targets = [record["parent_record_id"]]
        else:
            targets = [value["target_record_id"] for value in values_of(record)[slug]]
        return any(self._path(rest, constraints, self.records[key]) for key in targets)

    def _attribute(self, slug: str, raw: Any, record: Record) -> bool:
        condition = raw if isinstance(raw, dict) else {"$eq": raw}
        return any(self._value(value, condition) for value in values_of(record)[slug])

    def _value(self, value: Any, condition: Any) -> bool:
        kind = value["attribute_type"]
        return all(
            self._test(value, DEFAULTS.get(kind), key, operand)
            if key.startswith("$")
            else all(
                self._test(value, key, operator, inner)
                for operator, inner in (
                    operand if isinstance(operand, dict) else {"$eq": operand}
                ).items()
            )
            for key, operand in condition.items()
        )

    def _test(self, value: Any, name: str | None, operator: str, operand: Any) -> bool:
        if operator == "$not_empty":
            return name not in value or value[name] not in (None, "")
        assert name is not None
        found = value[name]
        kind = value["attribute_type"]
        if found is None:
            return False
        if name in ("option", "status"):
            found = found["title"]
        elif name == "active_from":
            operand = f"{operand}T00:00:00.000000000Z" if len(operand) == 10 else operand
        elif kind in ("domain", "email-address") and name != "original_email_address":
            operand = operand.lower()
        elif kind == "timestamp":
            operand = operand.replace("Z", ".000000000Z") if "." not in operand else operand
        return OPERATORS[operator](found, operand)
