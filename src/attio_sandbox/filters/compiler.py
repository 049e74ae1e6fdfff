"""Filters: from Attio's JSON to nodes.

Follows https://docs.attio.com/rest-api/guides/filtering-and-sorting. Where Attio does not say:
text is equal with its case and searched without it, conditions on one attribute hold for one and
the same value, an option that is not there is a `value_not_found`, and `$not` is the complement,
records without a value included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_sandbox.bodies import is_list, is_map, kind_of
from attio_sandbox.errors import filter_error, unknown_filter_attribute
from attio_sandbox.filters.conditions import PARENT, Junction, Leaf, Node, Test, join, negate
from attio_sandbox.filters.operands import read_operand
from attio_sandbox.schema import Attribute, Collection, List, Schema
from attio_sandbox.values import TYPES
from attio_sandbox.values.base import EQ, Property

# What Attio takes at most is not published (facts.md 14): these stop what would run for minutes.
MAX_DEPTH = 100
MAX_PARTS = 30_000
MAX_PATH = 5
PARENT_SLUG = "parent_record"
_SEARCHES = {"$contains": "contains", "$starts_with": "starts", "$ends_with": "ends"}
_RANGES = {"$lt": "<", "$lte": "<=", "$gt": ">", "$gte": ">="}
_RECORD_PROPERTIES = {
    "record_id": {"value": Property("id", "id", EQ | {"$in"})},
    "created_at": {"value": TYPES["timestamp"].properties["value"]._replace(column="created_at")},
}


class Compiler:
    """Compiles the filters of one queried object or list. Raises the Refusals of Attio."""

    def __init__(
        self, collection: Collection, schema: Schema, *, refuse_record_id_in: bool
    ) -> None:
        self.collection = collection
        self.schema = schema
        self.refuse_record_id_in = refuse_record_id_in
        self._parts = 0

    def compile(self, raw: Any) -> Node:
        """Give the node of a filter object; an empty one is true for every record."""
        self._parts = 0
        return self._node(raw, 0, ())

    def _node(self, raw: Any, level: int, where: tuple[str, ...]) -> Node:
        """Read the filter that stands at `where` in the whole of it."""
        self._count()
        if not is_map(raw):
            raise filter_error(f"Error in filter. Expected object, received {kind_of(raw)}.")
        if level > MAX_DEPTH:
            raise filter_error(f"Error in filter. It is nested more than {MAX_DEPTH} levels deep.")
        if "path" in raw and "constraints" in raw:
            return self._path_node(raw, where)
        nodes: list[Node] = []
        for key, value in raw.items():
            if key in ("$and", "$or"):
                if not is_list(value):
                    raise filter_error(f"Error in filter. {key} takes an array of filters.")
                inner = [
                    self._node(item, level + 1, (*where, key, str(index)))
                    for index, item in enumerate(value)
                ]
                nodes.append(join("AND" if key == "$and" else "OR", inner))
            elif key == "$not":
                nodes.append(negate(self._node(value, level + 1, (*where, key))))
            elif key.startswith("$"):
                raise filter_error(f"Error in filter. Unknown operator {key}.")
            else:
                self._count()
                attribute = self.find(self.collection, key, (*where, key))
                nodes.append(self._leaf((), self.collection, attribute, value))
        return join("AND", nodes)

    def _count(self) -> None:
        """Refuse a filter while it is read, before much of it has been built."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise filter_error(
                f"Error in filter. It has more than {MAX_PARTS} parts: split it, or use $in."
            )

    def find(self, collection: Collection, name: str, where: Sequence[str]) -> Attribute:
        """Give an attribute by slug or UUID; raises `unknown_filter_attribute_slug`.

        `where` leads to the name, which the refusal says.
        """
        found = collection.find(name)
        if found is None or found.is_archived:
            raise unknown_filter_attribute(name, where)
        return found

    def hops(
        self, path: Any, where: tuple[str, ...]
    ) -> tuple[tuple[int, ...], Collection, Attribute]:
        """Read the path at `where`: the references on the way, the last object and attribute."""
        if not is_list(path) or not 1 <= len(path) <= MAX_PATH:
            raise filter_error(f"Error in filter. A path has 1 to {MAX_PATH} segments.")
        hops: list[int] = []
        collection, attribute = self.collection, None
        for index, segment in enumerate(path):
            if not is_list(segment) or [type(part) for part in segment] != [str, str]:
                raise filter_error("Error in filter. A path segment is [object, attribute].")
            name, slug = segment
            found: Collection | None = self.schema.find_object(name)
            if index == 0:  # a path begins at what is queried (facts.md 5.3)
                found = self.collection if self.collection.is_named(name) else None
            if found is None:
                raise filter_error(
                    f'Error in filter. "{name}" cannot be segment {index + 1} of a path '
                    f'from "{self.collection.slug}".'
                )
            if index:
                hops.append(self._hop(collection, attribute, found))
            collection = found
            attribute = None
            if not self._is_parent(collection, slug):
                attribute = self.find(collection, slug, (*where, str(index), "1"))
        if attribute is None:
            raise filter_error(
                f'Error in filter. A path goes on from "{PARENT_SLUG}" to an attribute of the '
                "parent record."
            )
        return tuple(hops), collection, attribute

    def _is_parent(self, collection: Collection, slug: str) -> bool:
        return isinstance(collection, List) and slug == PARENT_SLUG

    def _hop(self, collection: Collection, attribute: Attribute | None, found: Collection) -> int:
        """Give the hop from an attribute, or from an entry to its parent, to records of `found`."""
        if attribute is None:
            assert isinstance(collection, List)
            slug, hop, leads = PARENT_SLUG, PARENT, collection.parent == found.num
        else:
            slug, hop, allowed = attribute.slug, attribute.num, attribute.allowed
            leads = attribute.type == "record-reference" and (not allowed or found.num in allowed)
        if not leads:
            raise filter_error(f'Error in filter. "{slug}" does not lead to "{found.slug}".')
        return hop

    def _path_node(self, raw: dict[str, Any], where: tuple[str, ...]) -> Node:
        if len(raw) > 2:
            raise filter_error("Error in filter. A path filter has path and constraints alone.")
        hops, collection, attribute = self.hops(raw["path"], (*where, "path"))
        if not is_map(raw["constraints"]):
            raise filter_error("Error in filter. The constraints of a path are an object.")
        return self._leaf(hops, collection, attribute, raw["constraints"])

    def _leaf(
        self, hops: tuple[int, ...], collection: Collection, attribute: Attribute, raw: Any
    ) -> Node:
        if attribute.slug == "created_by" and attribute.is_system:
            return self._creator_node(hops, collection, attribute, raw)
        tests = tuple(self._tests(attribute, raw))
        is_record = attribute.is_system and attribute.slug in _RECORD_PROPERTIES
        return Leaf(hops, collection.num, None if is_record else attribute.num, tests)

    def _creator_node(
        self, hops: tuple[int, ...], collection: Collection, attribute: Attribute, raw: Any
    ) -> Node:
        """Filter on the record's own actor, whose number is a column of the record."""
        tests = self._tests(attribute, raw)
        # Who has never acted has no number, and made no record.
        wanted = {test.column: test.values[0] for test in tests if test.operator == "any"}
        if not wanted:
            return Leaf(hops, collection.num, None, ())
        actor = (wanted["s1"], wanted["folded"])
        numbers = tuple(num for num, found in self.schema.actors.items() if found == actor)
        if not numbers:
            return Junction("OR", ())
        return Leaf(hops, collection.num, None, (Test("actor", "any", numbers),))

    def properties(self, attribute: Attribute) -> dict[str, Property]:
        """Give the properties that an attribute can be filtered and sorted by."""
        # A slug of these names may be an attribute of the workspace's own on a list.
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
            is_id = attribute.is_system and attribute.slug == "record_id"
            if self.refuse_record_id_in and is_id:
                raise filter_error('Error in filter. $in is not supported on "record_id".')
            if not is_list(raw):
                raise filter_error("Error in filter. $in takes an array.")
        listed = raw if operator == "$in" else [raw]
        values = tuple(read_operand(found.operand, v, attribute, self.schema) for v in listed)
        if found.operand == "record":
            return Test(found.column, "record", values)
        if found.operand == "object":
            certain = attribute.allowed == values  # then there is nothing to look up
            return Test(found.column, "always" if certain else "object", values)
        if operator in ("$eq", "$in"):
            return Test(found.column, "any", values, folds)
        return Test(found.column, _SEARCHES.get(operator) or _RANGES[operator], values, folds)


def _needs_property(attribute: Attribute) -> Exception:
    return filter_error(
        f"Filter cannot omit field for Attribute: {attribute.slug}. In this case please use "
        "syntax: { attributeName: { fieldName: { ... } } }."
    )
