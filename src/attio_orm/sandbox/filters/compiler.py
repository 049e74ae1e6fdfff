"""Filters: from Attio's JSON to nodes.

Follows https://docs.attio.com/rest-api/guides/filtering-and-sorting. Where Attio does not say:
text is equal with its case and searched without it, conditions on one attribute hold for one and
the same value, an option that is not there is a `value_not_found`, and `$not` is the complement,
records without a value included.
"""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox.bodies import is_list, is_map, kind_of
from attio_orm.sandbox.errors import filter_error, unknown_filter_attribute
from attio_orm.sandbox.filters.conditions import Junction, Leaf, Node, Test, join, negate
from attio_orm.sandbox.filters.operands import read_operand
from attio_orm.sandbox.schema import Attribute, Object, Schema
from attio_orm.sandbox.values.base import EQ, Property
from attio_orm.sandbox.values.registry import TYPES

MAX_DEPTH = 100
MAX_PATH = 5
_SEARCHES = {"$contains": "contains", "$starts_with": "starts", "$ends_with": "ends"}
_RANGES = {"$lt": "<", "$lte": "<=", "$gt": ">", "$gte": ">="}
_RECORD_PROPERTIES = {
    "record_id": {"value": Property("id", "id", EQ | {"$in"})},
    "created_at": {"value": TYPES["timestamp"].properties["value"]._replace(column="created_at")},
}


class Compiler:
    """Compiles the filters of one queried object. Raises the Refusals that Attio answers."""

    def __init__(self, object_: Object, schema: Schema, *, refuse_record_id_in: bool) -> None:
        """Take the object that is queried."""
        self.object = object_
        self.schema = schema
        self.refuse_record_id_in = refuse_record_id_in

    def compile(self, raw: Any, level: int = 0) -> Node:
        """Give the node of a filter object; an empty one is true for every record."""
        if not is_map(raw):
            raise filter_error(f"Error in filter. Expected object, received {kind_of(raw)}.")
        if level > MAX_DEPTH:
            raise filter_error(f"Error in filter. It is nested more than {MAX_DEPTH} levels deep.")
        if "path" in raw and "constraints" in raw:
            return self._path_node(raw)
        nodes: list[Node] = []
        for key, value in raw.items():
            if key in ("$and", "$or"):
                if not is_list(value):
                    raise filter_error(f"Error in filter. {key} takes an array of filters.")
                inner = [self.compile(item, level + 1) for item in value]
                nodes.append(join("AND" if key == "$and" else "OR", inner))
            elif key == "$not":
                nodes.append(negate(self.compile(value, level + 1)))
            elif key.startswith("$"):
                raise filter_error(f"Error in filter. Unknown operator {key}.")
            else:
                nodes.append(self._leaf((), self.object, self.find(self.object, key), value))
        return join("AND", nodes)

    def find(self, object_: Object, name: str) -> Attribute:
        """Give an attribute by slug or UUID; raises `unknown_filter_attribute_slug`."""
        found = object_.find(name)
        if found is None or found.is_archived:
            raise unknown_filter_attribute(name)
        return found

    def hops(self, path: Any) -> tuple[tuple[int, ...], Object, Attribute]:
        """Read a path: the references on the way, then the last object and attribute."""
        if not is_list(path) or not 1 <= len(path) <= MAX_PATH:
            raise filter_error(f"Error in filter. A path has 1 to {MAX_PATH} segments.")
        hops: list[int] = []
        object_, attribute = self.object, None
        for index, segment in enumerate(path):
            if not is_list(segment) or [type(part) for part in segment] != [str, str]:
                raise filter_error("Error in filter. A path segment is [object, attribute].")
            found = self.schema.find_object(segment[0])
            if found is None or (index == 0 and found is not self.object):
                raise filter_error(
                    f'Error in filter. "{segment[0]}" cannot be segment {index + 1} of a path '
                    f'from "{self.object.slug}".'
                )
            if attribute is not None:
                allowed = attribute.allowed
                if attribute.type != "record-reference" or (allowed and found.num not in allowed):
                    raise filter_error(
                        f'Error in filter. "{attribute.slug}" does not lead to "{segment[0]}".'
                    )
                hops.append(attribute.num)
            object_, attribute = found, self.find(found, segment[1])
        assert attribute is not None
        return tuple(hops), object_, attribute

    def _path_node(self, raw: dict[str, Any]) -> Node:
        if len(raw) > 2:
            raise filter_error("Error in filter. A path filter has path and constraints alone.")
        hops, object_, attribute = self.hops(raw["path"])
        if not is_map(raw["constraints"]):
            raise filter_error("Error in filter. The constraints of a path are an object.")
        return self._leaf(hops, object_, attribute, raw["constraints"])

    def _leaf(self, hops: tuple[int, ...], object_: Object, attribute: Attribute, raw: Any) -> Node:
        if attribute.slug == "created_by" and attribute.is_system:
            return self._creator_node(hops, object_, attribute, raw)
        tests = tuple(self._tests(attribute, raw))
        is_record = attribute.is_system and attribute.slug in _RECORD_PROPERTIES
        return Leaf(hops, object_.num, None if is_record else attribute.num, tests)

    def _creator_node(
        self, hops: tuple[int, ...], object_: Object, attribute: Attribute, raw: Any
    ) -> Node:
        """Filter on the record's own actor, whose number is a column of the record."""
        tests = self._tests(attribute, raw)
        wanted = {test.column: test.values[0] for test in tests if test.operator == "any"}
        if not wanted:
            return Leaf(hops, object_.num, None, ())
        actor = (wanted["s1"], wanted["folded"])
        numbers = tuple(num for num, found in self.schema.actors.items() if found == actor)
        if not numbers:
            return Junction("OR", ())
        return Leaf(hops, object_.num, None, (Test("actor", "any", numbers),))

    def properties(self, attribute: Attribute) -> dict[str, Property]:
        """Give the properties that an attribute can be filtered and sorted by."""
        own = _RECORD_PROPERTIES.get(attribute.slug) if attribute.is_system else None
        return dict(own or TYPES[attribute.type].properties)

    def _tests(self, attribute: Attribute, raw: Any) -> list[Test]:
        kind = TYPES[attribute.type]
        conditions = raw if is_map(raw) else {"$eq": raw}
        if not conditions:
            raise filter_error(f'Error in filter. No condition for attribute "{attribute.slug}".')
        tests: list[Test] = []
        named: set[str] = set()
        properties = self.properties(attribute)
        for key, value in conditions.items():
            if key == "$not_empty":
                self._expect_true(attribute, value)
            elif key.startswith("$"):
                if kind.default is None:
                    raise _needs_property(attribute)
                tests.append(self._test(attribute, kind.default, key, value))
            elif key not in properties:
                raise filter_error(
                    f'Error in filter. Unknown field "{key}" for attribute "{attribute.slug}"; '
                    f"it has {', '.join(properties)}."
                )
            else:
                named.add(key)
                inner = value if is_map(value) else {"$eq": value}
                if not inner:
                    raise filter_error(f'Error in filter. No condition for field "{key}".')
                tests.extend(self._test(attribute, key, op, v) for op, v in inner.items())
        if named and kind.needs_all - named:
            raise _needs_property(attribute)
        return [test for test in tests if test.operator != "always"]

    def _expect_true(self, attribute: Attribute, value: Any) -> None:
        if value is not True:
            raise filter_error(
                f'Error in filter. $not_empty takes true alone, for attribute "{attribute.slug}".'
            )

    def _test(self, attribute: Attribute, name: str, operator: str, raw: Any) -> Test:
        found = self.properties(attribute)[name]
        folds = found.column == "folded" and found.operand not in ("date", "timestamp", "id")
        if operator == "$not_empty":
            self._expect_true(attribute, raw)
            filled = attribute.is_system and attribute.slug in _RECORD_PROPERTIES
            return Test(found.column, "always" if filled else "filled")
        if operator not in found.operators:
            raise filter_error(
                f'Error in filter. Operator {operator} is not supported for field "{name}" of '
                f'attribute "{attribute.slug}" ({attribute.type}).'
            )
        if operator == "$in":
            if self.refuse_record_id_in and attribute.slug == "record_id":
                raise filter_error('Error in filter. $in is not supported on "record_id".')
            if not is_list(raw):
                raise filter_error("Error in filter. $in takes an array.")
        listed = raw if operator == "$in" else [raw]
        values = tuple(read_operand(found.operand, v, attribute, self.schema) for v in listed)
        if found.operand == "record":
            return Test(found.column, "record", values)
        if found.operand == "object":
            certain = attribute.allowed == values
            return Test(found.column, "always" if certain else "object", values)
        if operator in ("$eq", "$in"):
            return Test(found.column, "any", values, folds)
        return Test(found.column, _SEARCHES.get(operator) or _RANGES[operator], values, folds)


def _needs_property(attribute: Attribute) -> Exception:
    return filter_error(
        f"Filter cannot omit field for Attribute: {attribute.slug}. In this case please use "
        "syntax: { attributeName: { fieldName: { ... } } }."
    )
