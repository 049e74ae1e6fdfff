"""A whole record as plain data: by a function that is written out for its attributes.

What is the same for all records of a class is settled once, as the source of a function, as the
row decoders do: which attributes there are, under which names, how a value of each becomes JSON.
What is left for each record is to look its values up. Whoever asks for a part of a record goes
through its attributes one by one instead (``serialization``), and gets the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.generated_code import compiled
from attio_orm.records.names import connection_of, declared_slugs, other_attributes
from attio_orm.records.row_decoders import RowDecoder, is_plain
from attio_orm.records.state import (
    AttributeList,
    PlainParts,
    RecordState,
    as_held,
    read_values,
    several,
)
from attio_orm.types.base import AnyAttribute, AnyClass, RawValue, codec_for
from attio_orm.types.references import REFERENCE, ReferenceMatch, ReferenceWire
from attio_orm.types.timestamps import iso_format

Mode: TypeAlias = Literal["python", "json"]
MODES: Final[tuple[Mode, ...]] = ("python", "json")
Path: TypeAlias = tuple[int, ...]
"""The records that are being dumped, by their ``id()``: one of them is not dumped once more."""

Write: TypeAlias = "Callable[[Record, RecordState, PlainParts, Path, Dumper], dict[str, Any]]"

_MOST_KEPT = 256
_UNREAD: Any = object()
_PLAIN = frozenset({bool, int, float, dict, list})
_CALENDAR: Mapping[str, tuple[type[date], Callable[[Any], str]]] = {
    "date": (date, date.isoformat),
    "timestamp": (datetime, iso_format),
}


def dump_whole(record: Record, mode: Mode, path: Path = ()) -> dict[str, Any]:
    """All that a record holds, and its loaded relations in turn, save where that goes in circles.

    What was not read yet is read for it, and kept like all that is read.
    """
    state = state_of(record)
    if state.values is None and state.id is not None:
        return given(record, mode)  # never loaded, and not loaded for this
    known, mapper = state.plain_parts, mapper_of(type(record))
    if known is None or known.parts is not state.parts:
        parts = state.split()
        known = PlainParts(parts, mapper.strict or parts.keys() <= declared_slugs(mapper))
        state.plain_parts = known
    dumper: Dumper | None = mapper.dumper if known.is_declared else _with_others(record, state)
    if dumper is None:
        dumper = mapper.dumper = Dumper(type(record), mapper.attributes.values())
    write = dumper.written.get(mode) or dumper.write_out(mode)
    return write(record, state, known, path, dumper)


def given(record: Record, mode: Mode) -> dict[str, Any]:
    """What each record has beside its attributes."""
    state = state_of(record)
    created = None if state.is_deferred else record.created_at
    found = {
        "id": state.id,
        "created_at": created.isoformat() if created is not None and mode == "json" else created,
        "web_url": state.web_url,
    }
    if not mapper_of(type(record)).has_page:
        del found["web_url"]  # Attio gives entries and activities none
    return found


# -- which function it is -------------------------------------------------------------------------


class Column(Struct, frozen=True):
    """One attribute of a dumper: its names (in ``__dict__``: key), its type, one value or many."""

    name: str
    key: str
    slug: str
    type: str
    is_multi: bool


class Dumper:
    """Dumps the records of a model that have these attributes. Threads may share it."""

    __slots__ = ("_decoder", "_has_page", "_read", "attributes", "written")

    def __init__(self, model: type[Record], attributes: Iterable[AnyAttribute]) -> None:
        self._has_page = mapper_of(model).has_page
        self.attributes = tuple(dict.fromkeys(attributes))
        self._read = [each for each in self.attributes if each.type != REFERENCE]
        # by slug, as the decoder reads each once; no relation, whose records it would look up
        joining = {e.slug: e for e in self._read if e.joins and is_plain(e.slug)}
        self._decoder = RowDecoder(tuple(joining[slug] for slug in sorted(joining)))
        self.written: dict[Mode, Write] = {}

    def write_out(self, mode: Mode) -> Write:
        """The function that dumps a record, made at its first use."""
        columns = tuple(
            Column(each.name, each.key, each.slug, each.type, each.is_multi)
            for each in self.attributes
        )
        # of two threads that come first each puts it, and it is the same
        made = self.written[mode] = writing(columns, mode, self._has_page)
        return made

    def complete(self, record: Record, state: RecordState) -> dict[str, Any]:
        """What the record holds, with those attributes that it has not read yet.

        They are read now, and kept where there is anything to read them from.
        """
        held = record.__dict__
        missing = [each for each in self._read if each.key not in held]
        if state.values is not None and 2 * len(missing) > len(self._read):
            self._decoder.fill(record, state.values)  # at once, and each by itself where it cannot
        # a copy, as another thread may load the record anew meanwhile
        found = held.copy()
        for each in missing:
            if each.key not in found:
                values = read_values(record, each, state.split().get(each.slug))
                value = as_held(record, each, values)
                found[each.key] = value if state.id is None else held.setdefault(each.key, value)
        return found


def _with_others(record: Record, state: RecordState) -> Dumper:
    """The dumper of a record that has attributes which its class does not declare."""
    model, connection = type(record), connection_of(record)
    mapper, slugs = mapper_of(model), state.split().keys()

    def make() -> Dumper:
        return Dumper(model, (*mapper.attributes.values(), *other_attributes(record)))

    # They are as the schema says, which is another object when it was read anew. Records without a
    # connection, or with what the schema lacks, say it themselves: then each has its own.
    schema = None if connection is None else connection.schema.get(mapper.object)
    if connection is None or schema is None:
        return make()
    kept, key = connection.mapping.dumpers, (model, *slugs)
    found: tuple[Any, Dumper] | None = kept.get(key)
    if found is not None and found[0] is schema:
        return found[1]
    made, others = make(), slugs - declared_slugs(mapper)
    if all(slug in schema.attributes or slug in mapper.by_name for slug in others):
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[key] = schema, made
    return made


# -- single values --------------------------------------------------------------------------------


@lru_cache(maxsize=_MOST_KEPT)
def json_of(type: str) -> Callable[[object], Any]:
    """What makes plain JSON data of one value that an attribute of this type holds."""
    codec = codec_for(type)
    dump, kind = codec.dump, codec.value_class

    def json(value: object) -> Any:
        if value.__class__ is not kind:
            if value is None or isinstance(value, bool | int | float):
                return value
            if isinstance(value, date | datetime):
                return value.isoformat()
            if isinstance(value, RawValue):
                return value.data
        dumped: Any
        try:
            dumped = dump(value)
        except (TypeError, AttributeError):  # it was read in another type than the attribute's
            return str(value)
        if dumped.__class__ in _PLAIN or dumped is None:
            return dumped
        # exact, also of a text that knows more, which no encoder takes
        return str.__str__(dumped) if isinstance(dumped, str) else str(dumped)

    return json


def _first(value: Any) -> Any:
    """The value of an attribute that holds one, whatever it was read as."""
    values = several(value)
    return values[0] if values else None


def _first_as(json: Callable[[object], Any]) -> Callable[[object], Any]:
    def first(value: object) -> Any:
        return json(_first(value) if isinstance(value, list) else value)

    return first


_references = msgspec.json.Decoder(list[ReferenceWire]).decode


def _ids_of(known: PlainParts, relation: AnyAttribute) -> list[str]:
    """The ids that a relation refers to, which is not loaded; kept for the next dump."""
    raw = known.parts.get(relation.slug)
    try:
        found = () if raw is None else _references(raw)
        ids = [each.target_record_id for each in found if each.target_record_id is not None]
    except (msgspec.DecodeError, ValueError, RecursionError):
        ids = [each.id for each in relation.read(raw)]
    known.ids[relation.slug] = ids
    return ids


def _related(value: Any, record: Record, path: Path, mode: Mode) -> Any:
    if isinstance(value, ReferenceMatch):
        return codec_for(REFERENCE).dump(value)
    path = (*path, id(record))
    if not isinstance(value, Record) or state_of(value).is_deferred or id(value) in path:
        return value.id
    return dump_whole(value, mode, path)


def _all_related(
    held: Any, record: Record, known: PlainParts, path: Path, relation: AnyAttribute, mode: Mode
) -> list[Any]:
    if held is _UNREAD:
        return _ids_of(known, relation)[:]
    found: list[Any] = []
    for each in several(held):
        found.append(_related(each, record, path, mode))
    return found


def _one_related(
    held: Any, record: Record, known: PlainParts, path: Path, relation: AnyAttribute, mode: Mode
) -> Any:
    if held is _UNREAD:
        ids = _ids_of(known, relation)
        return ids[0] if ids else None
    if isinstance(held, list):
        held = _first(held)
    return None if held is None else _related(held, record, path, mode)


# -- the generated functions ----------------------------------------------------------------------


@lru_cache(maxsize=_MOST_KEPT)
def writing(columns: tuple[Column, ...], mode: Mode, has_page: bool) -> Write:
    """The function that dumps a record with these columns."""
    names: dict[str, Any] = {
        "AttributeList": AttributeList,
        "UNREAD": _UNREAD,
        "all_related": _all_related,
        "first": _first,
        "iso_format": iso_format,
        "one_related": _one_related,
        "several": several,
    }
    source = _source(columns, mode, has_page, names)
    shown = [each.name for each in columns]
    write: Write = compiled("write", source, names, f"{mode} dumper", shown)
    return write


def _source(columns: tuple[Column, ...], mode: Mode, has_page: bool, names: dict[str, Any]) -> str:
    """The text of a function; what it calls is put among its global names."""
    lines = ["held = record.__dict__"]
    read = [(f"value_{at}", each.key) for at, each in enumerate(columns) if each.type != REFERENCE]
    if read:
        targets = "".join(f"{value}, " for value, _ in read).rstrip()
        names["values_of"] = _values_of([key for _, key in read])
        lines += [
            "try:",
            f"    {targets} = values_of(held)",
            "except KeyError:",
            f"    {targets} = values_of(dumper.complete(record, state))",
        ]
    # most of a dict is copied: one that is written out as such grows step by step
    template = ["id", "created_at", *(["web_url"] if has_page else [])]  # entries have none
    names["template"] = dict.fromkeys([*template, *(each.name for each in columns)])
    lines += ["created = record.created_at", "found = template.copy()", "found['id'] = state.id"]
    made = "created" if mode == "python" else "iso_format(created)"
    lines.append(f"if created is not None: found['created_at'] = {made}")
    if has_page:
        lines.append("found['web_url'] = state.web_url")
    for at, column in enumerate(columns):
        lines += _writing(at, column, mode, names)
    lines.append("return found")
    return "\n    ".join(["def write(record, state, known, path, dumper):", *lines])


def _values_of(keys: list[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    if len(keys) == 1:
        return lambda held: (held[keys[0]],)
    return itemgetter(*keys)


def _writing(at: int, column: Column, mode: Mode, names: dict[str, Any]) -> list[str]:
    """Lines that put into ``found`` what stands for ``value_<at>``, as it is held, in the dump."""
    value, found = f"value_{at}", f"found[{column.name!r}]"
    if column.type == REFERENCE:
        related = "all_related" if column.is_multi else "one_related"
        held = f"held.get({column.key!r}, UNREAD)"
        where = f"record, known, path, dumper.attributes[{at}], {mode!r}"
        of_ids = "ids[:]" if column.is_multi else "ids[0] if ids else None"
        return [
            f"ids = None if {column.key!r} in held else known.ids.get({column.slug!r})",
            f"{found} = {related}({held}, {where}) if ids is None else {of_ids}",
        ]
    # what the workspace says of an attribute may have been another thing when it was read
    as_list = f"if {value}.__class__ is not AttributeList: {value} = several({value})"
    if mode == "python":
        if column.is_multi:
            return [as_list, f"{found} = {value}[:]"]
        return [f"{found} = first({value}) if {value}.__class__ is AttributeList else {value}"]
    json = json_of(column.type)
    kind, write = _expected(column.type)
    names[f"json_{at}"] = json if column.is_multi else _first_as(json)
    if write is not None:
        names[f"write_{at}"] = write
    if column.is_multi:
        lines = [as_list, f"{found} = [*map(json_{at}, {value})]"]
        if write is None:
            return lines
        lines[1:] = [
            "try:",
            f"    {found} = [*map(write_{at}, {value})]",
            "except (AttributeError, TypeError):",  # of another class: each by its own then
            f"    {found} = [*map(json_{at}, {value})]",
        ]
        return lines
    made = f"json_{at}({value})"
    if kind is not None:
        names[f"kind_{at}"] = kind
        expected = value if write is None else f"write_{at}({value})"
        made = f"{expected} if {value}.__class__ is kind_{at} else {made}"
    return [f"{found} = None if {value} is None else {made}"]


def _expected(type: str) -> tuple[AnyClass | None, Callable[[Any], Any] | None]:
    """The class that nearly all values of a type have, and what makes JSON of those of that class.

    ``None`` for either if there is none, or nothing to make.
    """
    codec = codec_for(type)
    if codec.json_class is not None:
        return codec.json_class, None
    if type in _CALENDAR:
        return _CALENDAR[type]
    if codec.value_class is None:
        return None, None
    return codec.value_class, str.__str__ if codec.dumped_as_text else codec.dump
