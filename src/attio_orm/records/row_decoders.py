"""What is read of one record of an answer is mostly read of all: then it is decoded in one pass.

The first two records of an answer show which attributes are wanted. Of each further one, the first
touch decodes all of these together, straight from the record's bytes; the rest stays bytes.

``values()`` names its attributes beforehand: what reads them makes no record at all.

What a decoder does with a record is written out as the source of a function (``generated_code``):
going through a list of columns takes a fifth longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from attio_orm.errors import UnknownAttributeError
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.generated_code import compiled
from attio_orm.records.state import NAMING, AttributeList, as_held
from attio_orm.types.actors import ACTOR, know_members
from attio_orm.types.base import AnyAttribute, Codec, codec_for
from attio_orm.types.lists import without_repeats
from attio_orm.types.references import REFERENCE, ReferenceAttribute, ReferenceWire

if TYPE_CHECKING:
    from attio_orm.records.owners import Owners

MISSING: Any = object()

Fill: TypeAlias = Callable[[Record, Raw, Sequence[Any]], dict[str, Any]]
Find: TypeAlias = Callable[[Record, Sequence[ReferenceWire]], Any]
Decode: TypeAlias = Callable[[Raw], Any]
ReadValues: TypeAlias = "Callable[[Any, Owners | None], tuple[Any, ...]]"


class Column(Struct, frozen=True):
    """One attribute of a decoder: its key in ``__dict__``, slug and type, one value or many."""

    key: str
    slug: str
    type: str
    is_multi: bool


def is_plain(slug: str) -> bool:
    """Whether a slug can be among those of a decoder: msgspec takes none with these characters."""
    return not ('"' in slug or "\\" in slug or min(slug, default=" ") < " ")


class RowDecoder:
    """Reads some attributes of a record together. Immutable, so that threads may share it."""

    __slots__ = ("_fill", "_makers", "attributes")

    def __init__(self, attributes: tuple[AnyAttribute, ...] = ()) -> None:
        self.attributes = attributes
        # made at the first use, as most decoders are grown out of before they are used
        self._fill: Fill | None = None
        self._makers: tuple[Any, ...] = ()

    def along_with(self, attribute: AnyAttribute) -> RowDecoder:
        """The decoder that reads this attribute, too; this one where it has its slug."""
        if any(each.slug == attribute.slug for each in self.attributes):
            return self  # declared twice: the other name is read by itself
        attributes = {*self.attributes, attribute}
        # in one order, whichever was read first: equal columns share one generated function
        return RowDecoder(tuple(sorted(attributes, key=lambda each: each.slug)))

    def fill(self, record: Record, values: Raw) -> bool:
        """Read the attributes into a record, from its values.

        A relation only where the session has the record that is meant. ``False`` where each must be
        read by itself, as one is not of the type that was declared.
        """
        fill = self._fill or self._prepare()
        try:
            found = fill(record, values, self._makers)
        # not as declared, or too deep; any other error is a mistake
        except (msgspec.DecodeError, ValueError, RecursionError):
            return False
        known = record.__dict__
        if not known:
            known.update(found)  # at once, so that of two threads that come first one fills it
        else:
            for key, value in found.items():
                known.setdefault(key, value)
        return True

    def _prepare(self) -> Fill:
        # what the function needs of these very attributes: it serves all of the same columns
        self._makers = tuple(
            _finder(each) if isinstance(each, ReferenceAttribute) else each
            for each in self.attributes
        )
        columns = [
            Column(each.key, each.slug, each.type, each.is_multi) for each in self.attributes
        ]
        # the makers are there by now: another thread calls the function as soon as it sees it
        fill = self._fill = filling(tuple(columns))
        return fill


NOTHING_READ = RowDecoder()


def _finder(relation: ReferenceAttribute[Any, Any, Any]) -> Find:
    """Finds what a relation refers to among the records of the session, and asks for none."""
    models: dict[str, type[Record]] = {}
    with suppress(UnknownAttributeError):  # whoever reads the relation is told
        for model in relation.models():
            models.setdefault(mapper_of(model).object, model)

    def find(record: Record, wires: Sequence[ReferenceWire]) -> Any:
        """What the relation reads as; ``MISSING`` where that takes more than the session has."""
        session = state_of(record).session
        found: list[Record] = []
        for wire in wires:
            if wire.target_record_id is None:
                continue
            model = models.get(wire.target_object or "")
            if model is None or session is None:
                return MISSING
            live: Record | None = session.map(model).get(wire.target_record_id)
            if live is None or state_of(live).values is None:  # the latter is not loaded yet
                return MISSING
            if session.explicit:
                session.keep(model, wire.target_record_id, live)
            found.append(live)
        if not (found or relation.is_multi or relation.may_be_empty):
            return MISSING  # reading it raises, which no decoder does
        return as_held(record, relation, found)

    return find


# -- the generated functions ----------------------------------------------------------------------


@lru_cache(maxsize=256)
def joint_decoder(columns: tuple[tuple[str, str], ...]) -> Decode:
    """What decodes several attributes (slug and type) of a record's raw values in one pass.

    It gives a struct whose ``column_0``, ``column_1`` and so on are lists of wire values, each in
    the shape of its codec. Raises ``msgspec.DecodeError`` where one of them has another type.
    """
    return msgspec.json.Decoder(joint_shape(columns)).decode


def joint_shape(
    columns: tuple[tuple[str, str], ...], more: tuple[tuple[str, str, type[Any]], ...] = ()
) -> type[Struct]:
    """The struct of such a decoder; with ``more`` fields, by their name, slug and shape."""
    # numbered: a slug need not be a name that Python takes
    shapes = [
        *((f"column_{at}", slug, codec_for(type).shape) for at, (slug, type) in enumerate(columns)),
        *more,
    ]
    fields: list[tuple[str, Any, Any]] = [
        (name, GenericAlias(list, shape), msgspec.field(default_factory=list))
        for name, _, shape in shapes
    ]
    slugs = {name: slug for name, slug, _ in shapes}
    # not tracked: as many as a page has records would set off the garbage collector each time
    return msgspec.defstruct("Columns", fields, rename=slugs, gc=False)


@lru_cache(maxsize=256)
def filling(columns: tuple[Column, ...]) -> Fill:
    """The function that gives what a record's ``__dict__`` is to hold of these columns."""
    names: dict[str, Any] = {"list_of": AttributeList, "state_of": state_of, "MISSING": MISSING}
    fill: Fill = _made("fill", columns, _fill_source(columns, names), names)
    return fill


@lru_cache(maxsize=256)
def reading(columns: tuple[Column, ...], *, decoded: bool = False) -> ReadValues:
    """The function that gives the values of these columns, of the raw values of a record.

    Of what ``joint_shape`` is, where they are ``decoded``. It takes who knows the members behind
    actors, too. A list is a plain one, without repeats. Of a relation it gives the wire values.
    Raises what ``RowDecoder.fill`` catches where a value is not of the type that was declared.
    """
    names: dict[str, Any] = {}
    read: ReadValues = _made("read", columns, _read_source(columns, names, decoded), names)
    return read


def _made(name: str, columns: Sequence[Column], source: str, names: dict[str, Any]) -> Any:
    """The function of this name that a source defines, whose global names these are."""
    names["decode"] = joint_decoder(tuple((each.slug, each.type) for each in columns))
    names["new"], names["know_members"] = str.__new__, know_members
    return compiled(name, source, names, "row decoder", [each.slug for each in columns])


def _fill_source(columns: tuple[Column, ...], names: dict[str, Any]) -> str:
    """The text of ``fill``; what it calls is put among its global names."""
    lines: list[str] = []
    items: list[str] = []
    relations: list[str] = []  # last: where a value is not as declared, none is looked for
    for at, column in enumerate(columns):
        if column.type == REFERENCE:
            relations += [
                f"related = makers[{at}](record, row.column_{at})",
                f"if related is not MISSING: found[{column.key!r}] = related",
            ]
            continue
        items.append(f"{column.key!r}: value_{at}")
        lines += _column_lines(at, column, names, f"list_of(items, record, makers[{at}])")
    if any(column.type in NAMING for column in columns):
        lines = [
            "context = state_of(record).context",
            "owners = None if context is None else context.owners",
            *lines,
        ]
    lines = ["row = decode(values)", *lines, f"found = {{{', '.join(items)}}}", *relations]
    return "\n    ".join(["def fill(record, values, makers):", *lines, "return found"])


def _read_source(columns: tuple[Column, ...], names: dict[str, Any], decoded: bool) -> str:
    """The text of ``read``; what it calls is put among its global names."""
    lines = ["row = values" if decoded else "row = decode(values)"]
    for at, column in enumerate(columns):
        if column.type == REFERENCE:
            lines.append(f"value_{at} = row.column_{at}")
            continue
        names[f"distinct_{at}"] = _distinct(column.type)
        one_list = f"items if len(items) < 2 else distinct_{at}(items)"
        lines += _column_lines(at, column, names, one_list)
    found = "".join(f"value_{at}, " for at in range(len(columns)))
    return "\n    ".join(["def read(values, owners):", *lines, f"return ({found})"])


def _distinct(type: str) -> Callable[[list[Any]], list[Any]]:
    # all of them were read by the codec: it takes them
    return partial(without_repeats, key=codec_for(type).key)


def _column_lines(at: int, column: Column, names: dict[str, Any], listed: str) -> list[str]:
    """Lines that make ``value_N`` of a column; ``listed`` is what is made of several ``items``."""
    read = _reading(at, codec_for(column.type), names)
    if column.type == ACTOR:
        read.append("if value is not None and owners is not None: know_members(value, owners)")
    elif column.type in NAMING:
        read += [
            "actor = None if value is None else value.owner_actor",
            "if actor is not None and owners is not None: know_members(actor, owners)",
        ]
    if column.is_multi:
        return [
            f"wires = row.column_{at}",
            "items = []",
            "for wire in wires:",
            *(f"    {line}" for line in read),
            "    if value is not None: items.append(value)",
            f"value_{at} = {listed}",
        ]
    return [
        f"wires = row.column_{at}",
        "value = None",
        "if wires:",
        "    (wire,) = wires",  # several are for the attribute itself to deal with
        *(f"    {line}" for line in read),
        f"value_{at} = value",
    ]


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
