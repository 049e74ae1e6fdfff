"""What is read of one record of an answer is mostly read of all: then it is decoded in one pass.

The first two records of an answer show which attributes are wanted. Of each further one, the first
touch decodes all of these together, straight from the record's bytes; the rest stays bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from attio_orm import hydration
from attio_orm.values import codec_for

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.hydration import Raw
    from attio_orm.models.model import Model

Column = tuple["AnyAttribute", str, Callable[[Any], Any], bool]


class Habit:
    """Attributes of one object that are read together. Immutable, so that threads may share it."""

    __slots__ = ("_columns", "_decode", "attributes")

    def __init__(self, attributes: tuple[AnyAttribute, ...] = ()) -> None:
        self.attributes = attributes
        self._decode: hydration.JointReader | None = None
        self._columns: list[Column] = []

    def along_with(self, attribute: AnyAttribute) -> Habit:
        """The habit of reading this attribute, too."""
        attributes = {*self.attributes, attribute}
        return Habit(tuple(sorted(attributes, key=lambda each: each.slug)))

    def follow(self, instance: Model, values: Raw) -> bool:
        """Read these attributes into an instance, from its record's values.

        ``False`` where each must be read by itself, as one is not of the type that was declared.
        """
        decode = self._decode or self._prepare()
        known = instance.__dict__
        try:
            for column, wires in zip(self._columns, decode(values), strict=True):
                attribute, key, read, is_multi = column
                if key in known:
                    continue
                if is_multi:
                    found = [each for wire in wires if (each := read(wire)) is not None]
                    known[key] = instance._tracked(attribute, found)
                elif len(wires) > 1:
                    return False
                else:
                    known[key] = read(wires[0]) if wires else None
        except (msgspec.DecodeError, ValueError, TypeError, AttributeError):
            return False
        return True

    def _prepare(self) -> hydration.JointReader:
        self._columns = [
            (each, each.key, codec_for(each.type).read, each.is_multi) for each in self.attributes
        ]
        decode = hydration.joint_reader(tuple((each.slug, each.type) for each in self.attributes))
        self._decode = decode
        return decode
