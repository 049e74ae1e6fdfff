"""What is read of one record of an answer is mostly read of all: then it is decoded in one pass.

The first two records of an answer show which attributes are wanted. Of each further one, the first
touch decodes all of these together, straight from the record's bytes; the rest stays bytes.

What a habit does with a record is written out as the source of a function, as ``dataclasses`` does
with ``__init__``: going through a list of columns takes a fifth longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from attio_orm import hydration
from attio_orm.errors import UnknownAttributeError
from attio_orm.values import Codec, codec_for

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.hydration import Raw
    from attio_orm.models.model import Model

REFERENCE = "record-reference"
MISSING: Any = object()

Fill: TypeAlias = Callable[["Model", "Raw", Sequence[Any]], dict[str, Any]]


class Column(NamedTuple):
    """One attribute of a habit: its key in ``__dict__``, its slug and type, one value or many."""

    key: str
    slug: str
    type: str
    is_multi: bool


class Habit:
    """Attributes of one object that are read together. Immutable, so that threads may share it."""

    __slots__ = ("_fill", "_makers", "attributes")

    def __init__(self, attributes: tuple[AnyAttribute, ...] = ()) -> None:
        self.attributes = attributes
        self._fill: Fill | None = None
        self._makers: tuple[Any, ...] = ()

    def along_with(self, attribute: AnyAttribute) -> Habit:
        """The habit of reading this attribute, too."""
        attributes = {*self.attributes, attribute}
        return Habit(tuple(sorted(attributes, key=lambda each: each.slug)))

    def follow(self, instance: Model, values: Raw) -> bool:
        """Read these attributes into an instance, from its record's values.

        A relation only where the session has the record that is meant. ``False`` where each must be
        read by itself, as one is not of the type that was declared.
        """
        fill = self._fill or self._prepare()
        try:
            found = fill(instance, values, self._makers)
        except (msgspec.DecodeError, ValueError, TypeError, AttributeError):
            return False
        known = instance.__dict__
        if not known:
            known.update(found)  # at once, so that of two threads that come first one fills it
        else:
            for key, value in found.items():
                known.setdefault(key, value)
        return True

    def _prepare(self) -> Fill:
        # what the function needs of these very attributes: it serves all of the same columns
        self._makers = tuple(
            _Finder(each).find if each.type == REFERENCE else each for each in self.attributes
        )
        columns = [
            Column(each.key, each.slug, each.type, each.is_multi) for each in self.attributes
        ]
        fill = self._fill = _filling(tuple(columns))
        return fill


class _Finder:
    """Finds what a relation refers to among the records of the session, and asks for none."""

    __slots__ = ("_models", "_needs_one", "_relation")

    def __init__(self, relation: AnyAttribute) -> None:
        from attio_orm.attributes import One
        from attio_orm.descriptors import Relation

        self._relation = relation
        self._needs_one = isinstance(relation, One)
        self._models: dict[str, type[Model]] = {}
        try:
            targets = relation.models() if isinstance(relation, Relation) else []
        except UnknownAttributeError:  # whoever reads the relation is told
            targets = []
        for model in targets:
            self._models.setdefault(model._object, model)

    def find(self, instance: Model, wires: Sequence[Any]) -> Any:
        """What the relation reads as; ``MISSING`` where that takes more than the session has."""
        batch = instance._state.batch
        session = batch.session if batch is not None else None
        found: list[Model] = []
        for wire in wires:
            if wire.target_record_id is None:
                continue
            model = self._models.get(wire.target_object)
            if model is None or session is None:
                return MISSING
            live = session.map(model).get(wire.target_record_id)
            if live is None or live._state.values is None:  # the latter is not loaded yet
                return MISSING
            if session.explicit:
                session.keep(model, wire.target_record_id, live)
            found.append(live)
        if self._relation.is_multi:
            return instance._tracked(self._relation, found)
        if not found:
            return MISSING if self._needs_one else None
        return found[0]


@lru_cache(maxsize=256)
def _filling(columns: tuple[Column, ...]) -> Fill:
    """The function that gives what an instance's ``__dict__`` is to hold of these columns.

    It raises ``ValueError`` or ``msgspec.DecodeError`` where a record is not as declared.
    """
    from attio_orm.models.attribute_lists import AttributeList

    names: dict[str, Any] = {
        "decode": hydration.joint_reader(tuple((each.slug, each.type) for each in columns)),
        "list_of": AttributeList.of_read,
        "new": str.__new__,
        "MISSING": MISSING,
    }
    lines: list[str] = []
    items: list[str] = []
    relations: list[str] = []
    for at, column in enumerate(columns):
        value = f"value_{at}"
        if column.type == REFERENCE:
            relations += [
                f"related = makers[{at}](instance, row.column_{at})",
                f"if related is not MISSING: found[{column.key!r}] = related",
            ]
            continue
        items.append(f"{column.key!r}: {value}")
        lines.append(f"wires = row.column_{at}")
        read = _reading(at, codec_for(column.type), names)
        if column.is_multi:
            lines += [
                "items = []",
                "for wire in wires:",
                *(f"    {line}" for line in read),
                "    if value is not None: items.append(value)",
                f"{value} = list_of(items, instance, makers[{at}])",
            ]
        else:
            lines += [
                "value = None",
                "if wires:",
                "    (wire,) = wires",  # several are for the attribute itself to deal with
                *(f"    {line}" for line in read),
                f"{value} = value",
            ]
    lines = ["row = decode(values)", *lines, f"found = {{{', '.join(items)}}}", *relations]
    source = ["def fill(instance, values, makers):", *lines, "return found"]
    exec("\n    ".join(source), names)
    fill: Fill = names["fill"]
    return fill


def _reading(at: int, codec: Codec[Any], names: dict[str, Any]) -> list[str]:
    """Lines that make ``value`` of ``wire``: what ``codec.read`` does, without a call if may be."""
    if codec.member is None:
        names[f"read_{at}"] = codec.read
        return [f"value = read_{at}(wire)"]
    if codec.text is None:
        return [f"value = wire.{codec.member}"]
    names[f"read_{at}"], names[f"text_{at}"] = codec.read, codec.text
    return [
        f"text = wire.{codec.member}",
        "if not text:",
        f"    value = read_{at}(wire)",
        "else:",
        f"    value = new(text_{at}, text)",
        "    value.wire = wire",
    ]
