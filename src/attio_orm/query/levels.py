"""What is read of the rows at one place of the paths: which columns, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from attio_orm.connection.base import BaseConnection
from attio_orm.query.prefetch import targets_of
from attio_orm.query.value_paths import Step, StepKind, ValuePath, read_steps
from attio_orm.records.base import Record, created_moment, mapper_of
from attio_orm.records.column_rows import page_decoder, row_shape, whole_row
from attio_orm.records.names import undeclared_attribute
from attio_orm.records.owners import Owners
from attio_orm.records.row_decoders import Column, is_plain, reading
from attio_orm.records.rows import DecodeRows, Row
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import REFERENCE, ReferenceAttribute, ReferenceWire

Values: TypeAlias = tuple[Any, ...]
Node: TypeAlias = Row | Record
Links: TypeAlias = "list[list[str]]"
"""The ids that each row of a page refers to by one relation; none for what is a record."""

Found: TypeAlias = "dict[int, list[Any]]"
"""The values of each name, by its position; one for each row of a page."""

_CREATED_AT: Final = "created_at"
_GIVEN: Final[Mapping[str, Callable[[Row, type[Record]], Any]]] = {
    "id": lambda row, _: row.id.record_id,
    "web_url": lambda row, _: row.web_url,
    _CREATED_AT: lambda row, model: created_moment(row.created_at, model, row.id.record_id),
}


class Level(Struct):
    """What is read of the rows of one model, at one place of the paths.

    ``depth`` is how many relations lead there. ``paths`` are all that come by, each with its
    position among the names; ``leaves`` are those that end there, ``below`` is where others lead.
    """

    model: type[Record]
    depth: int
    paths: list[tuple[int, ValuePath]]
    leaves: list[tuple[int, ValuePath]]
    below: dict[str, Level]


def level_of(
    connection: BaseConnection, model: type[Record], depth: int, paths: list[tuple[int, ValuePath]]
) -> Level | None:
    """What is read of these rows; ``None`` where a name needs records.

    It does where it is a property of the user's own, and where it passes a relation that may lead
    to several objects, or that only the records themselves can tell.
    """
    level = Level(model, depth, paths, [], {})
    further: dict[str, list[tuple[int, ValuePath]]] = {}
    for position, path in paths:
        if path.is_property(model, depth):
            return None
        if path.depth > depth:
            further.setdefault(path.steps[depth].name, []).append((position, path))
        else:
            level.leaves.append((position, path))
    for name, behind in further.items():
        relation = attribute_in(connection, model, name)
        if not isinstance(relation, ReferenceAttribute):
            return None
        targets = targets_of(connection, model, relation)
        below = level_of(connection, targets[0], depth + 1, behind) if len(targets) == 1 else None
        if below is None:
            return None
        level.below[name] = below
    return level


def attribute_in(connection: BaseConnection, model: type[Record], name: str) -> AnyAttribute | None:
    """The attribute of this name or slug, as the records of a model have it."""
    mapper = mapper_of(model)
    found = mapper.by_name.get(name)
    if found is None and not mapper.strict:
        found = undeclared_attribute(connection, model, name)
    return found


# not as declared, or too deep; any other error is a mistake
_ODD: Final = (msgspec.DecodeError, ValueError, RecursionError)


class _Leaf(Struct):
    """One name that ends at a level: a column of its rows, or what every row is given."""

    name: str
    at: int = -1
    parts: tuple[Step, ...] = ()
    is_ids: bool = False
    is_multi: bool = False


class _Passed(Struct):
    """A relation that a path goes through: its column, and what is to be said of each row."""

    at: int
    object: str  # where it leads
    may_be_empty: bool

    def fits(self, wires: Sequence[ReferenceWire]) -> bool:
        """Whether what they say of a row needs no record to be told."""
        ids = _ids(wires)
        return bool(ids or self.may_be_empty) and all(
            wire.target_object == self.object for wire in wires if wire.target_record_id is not None
        )


def _ids(wires: Sequence[ReferenceWire]) -> list[str]:
    return [wire.target_record_id for wire in wires if wire.target_record_id is not None]


class Columns:
    """The columns of one level: how rows are read, and what is made of what was read."""

    def __init__(self, connection: BaseConnection, level: Level) -> None:
        self._model = level.model
        self._columns: list[Column] = []
        self._filled: list[int] = []  # the columns that have a value in each row
        self._passed: dict[str, _Passed] = {}
        for name, below in level.below.items():
            relation = attribute_in(connection, level.model, name)
            assert isinstance(relation, ReferenceAttribute)
            at = self._place(relation.slug, relation.type, is_multi=relation.is_multi)
            target = mapper_of(below.model).object
            self._passed[name] = _Passed(at, target, relation.may_be_empty)
        found = [
            (position, self._leaf(connection, path.steps[level.depth :]))
            for position, path in level.leaves
        ]
        self._leaves = [(position, leaf) for position, leaf in found if leaf is not None]
        self._positions = [position for position, _ in found]
        needs_records = len(self._leaves) < len(found)
        slugs = {each.slug for each in self._columns}
        # declared twice, as two types, an attribute is read by records: a decoder takes each once
        joins = len(slugs) == len(self._columns) and all(map(is_plain, slugs))
        self._by_columns = joins and not needs_records

    def decoder(self) -> DecodeRows | None:
        """What decodes the columns with their page; ``None`` where the names need whole rows."""
        return page_decoder(tuple(self._columns)) if self._by_columns else None

    def _reader(self, owners: Owners) -> Callable[[Row], Values]:
        """What gives the columns of a row, be they decoded with their page or not."""
        columns = tuple(self._columns)
        shape: Any = row_shape(columns)
        read, take = reading(columns), reading(columns, decoded=True)

        def read_row(row: Any) -> Values:
            if type(row) is shape:
                return take(row.columns, owners)
            return read(whole_row(row).values, owners)

        return read_row

    def _place(self, slug: str, type: str, *, is_multi: bool) -> int:
        """Where a column is; it is added where it is not there yet."""
        column = Column(slug, slug, type, is_multi)  # a class may have several names for it
        if column not in self._columns:
            self._columns.append(column)
        return self._columns.index(column)

    def _leaf(self, connection: BaseConnection, steps: Sequence[Step]) -> _Leaf | None:
        """How a name is read; ``None`` where it needs records."""
        step, parts = steps[0], tuple(steps[1:])
        if step.kind not in (StepKind.ATTRIBUTE, StepKind.IDS):
            return None
        attribute = attribute_in(connection, self._model, step.name)
        if attribute is not None:
            is_ids = step.kind is StepKind.IDS
            if is_ids is not (attribute.type == REFERENCE) or not attribute.joins:
                return None
            at = self._place(attribute.slug, attribute.type, is_multi=attribute.is_multi)
            return _Leaf(step.name, at, parts, is_ids, attribute.is_multi)
        if step.name == _CREATED_AT and not mapper_of(self._model).strict:
            # among the values, though the schema that says so is not known; where it is not, the
            # record knows another
            at = self._place(_CREATED_AT, "timestamp", is_multi=False)
            self._filled.append(at)
            return _Leaf(step.name, at, parts)
        return _Leaf(step.name, parts=parts) if step.name in _GIVEN else None

    def read(self, nodes: Sequence[Node], owners: Owners) -> list[Values | None]:
        """The columns of each row; ``None`` where that takes a record, or is one already."""
        if not self._by_columns:
            return [None] * len(nodes)
        read = self._reader(owners)
        try:
            found = [None if isinstance(each, Record) else read(each) for each in nodes]
        except _ODD:
            found = [_one(read, each) for each in nodes]
        for at in self._filled:
            found = [None if each is None or each[at] is None else each for each in found]
        for passed in self._passed.values():
            at, fits = passed.at, passed.fits
            found = [each if each is not None and fits(each[at]) else None for each in found]
        return found

    def links(self, name: str, own: Sequence[Values | None]) -> Links:
        """What each row refers to by a relation that is passed."""
        at = self._passed[name].at
        return [[] if each is None else list(dict.fromkeys(_ids(each[at]))) for each in own]

    def leaves(
        self, nodes: Sequence[Node], own: Sequence[Values | None], links: Mapping[str, Links]
    ) -> Found:
        """The values of the names that end here; those of records are still to come."""
        found: Found = {position: [None] * len(nodes) for position in self._positions}
        for position, leaf in self._leaves:
            at = leaf.at
            if at < 0:
                given, model = _GIVEN[leaf.name], self._model
                values = [
                    None if isinstance(each, Record) else given(each, model) for each in nodes
                ]
            elif leaf.is_ids:
                ids = links.get(leaf.name)  # of what is there, where that was asked for
                if ids is None:
                    ids = [[] if each is None else _ids(each[at]) for each in own]
                values = [*ids] if leaf.is_multi else [each[0] if each else None for each in ids]
            else:
                values = [None if each is None else each[at] for each in own]
            if leaf.parts:
                values = [read_steps(each, leaf.parts, 0) for each in values]
            found[position] = values
        return found


def _one(read: Callable[[Row], Values], node: Node) -> Values | None:
    try:
        return None if isinstance(node, Record) else read(node)
    except _ODD:
        return None
