"""Plain forms of a record: its repr, a dict, JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import msgspec

from attio_orm.errors import ValidationError
from attio_orm.guards import is_mapping
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.dumpers import MODES, Mode, Path, dump_whole, given, json_of
from attio_orm.records.names import all_attributes, attribute_of, unknown_attribute
from attio_orm.records.state import local_values, one_or_list
from attio_orm.types.base import codec_for, read_any
from attio_orm.types.references import REFERENCE, ReferenceMatch
from attio_orm.wording import show

Names: TypeAlias = Collection[str] | Mapping[str, Any]
"""Names of attributes, or a mapping of them to ``True`` or to names of the related record."""

_LABELS = ("name", "title", "full_name", "primary_email_address", "workspace_id", "user_id")
_LONGEST_LABEL = 40
_encode = msgspec.json.Encoder().encode
_ALWAYS = ("id", "created_at", "web_url")


def represent(record: Record) -> str:
    """A short repr: class, label, id. Never sends a request."""
    state, kind, label = state_of(record), type(record).__name__, label_of(record)
    if state.id is None:
        return f"<{kind} {label!r} (unsaved)>" if label else f"<{kind} (unsaved)>"
    short = state.id.partition("-")[0]
    if state.is_deferred:
        return f"<{kind} {short} (not loaded)>"
    mark = " (deleted)" if state.deleted else ""
    return f"<{kind} {label!r} {short}{mark}>" if label else f"<{kind} {short}{mark}>"


def label_of(record: Record) -> str:
    """What people know the record by, cut short; empty where that is not loaded."""
    state, mapper = state_of(record), mapper_of(type(record))
    if state.is_deferred:
        return ""
    if mapper.is_entry:
        parent: Any = record.__dict__.get("parent")
        return label_of(parent) if isinstance(parent, Record) else ""
    for name in _LABELS:
        attribute = mapper.by_name.get(name)
        if attribute is None:
            raw = state.split().get(name)
            value: Any = next(iter(read_any(raw)), None) if raw is not None else None
        else:
            value = one_or_list(attribute, local_values(record, attribute))
        if value:
            text = str(value)
            return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
    return ""


def dump(
    record: Record,
    mode: Mode,
    include: Names | None = None,
    exclude: Names | None = None,
    path: Path = (),
) -> dict[str, Any]:
    """``model_dump()``. A loaded relation is dumped in turn, save where that goes in circles."""
    if mode not in MODES:
        raise ValidationError(f'mode takes "python" or "json", not {show(mode)}.')
    if include is None and exclude is None:
        return dump_whole(record, mode, path)
    wanted, state = _Selection(record, include, exclude), state_of(record)
    found = {name: value for name, value in given(record, mode).items() if name in wanted}
    if state.is_deferred:
        return found
    path = (*path, id(record))
    for attribute in all_attributes(record):
        if attribute.name not in wanted:
            continue
        values = local_values(record, attribute)  # a relation that is not loaded: references
        if attribute.type == REFERENCE:
            below = wanted.below(attribute.name)
            values = [_related(each, mode, path, below) for each in values]
        elif mode == "json":
            values = [*map(json_of(attribute.type), values)]
        found[attribute.name] = one_or_list(attribute, values)
    return found


def dump_json(
    record: Record,
    *,
    indent: int | None = None,
    include: Names | None = None,
    exclude: Names | None = None,
) -> str:
    """``model_dump_json()``."""
    text = _encode(dump(record, "json", include, exclude))
    return (text if indent is None else msgspec.json.format(text, indent=indent)).decode()


def _related(value: Any, mode: Mode, path: Path, below: dict[str, Names]) -> Any:
    if isinstance(value, ReferenceMatch):
        return codec_for(REFERENCE).dump(value)
    if not isinstance(value, Record) or state_of(value).is_deferred or id(value) in path:
        return value.id
    return dump(value, mode, **below, path=path)


class _Selection:
    """What is asked for of one record, and of each related one."""

    __slots__ = ("_exclude", "_include")

    def __init__(
        self, record: Record, include: Names | None = None, exclude: Names | None = None
    ) -> None:
        self._include = None if include is None else _by_name(record, include, "include")
        self._exclude = {} if exclude is None else _by_name(record, exclude, "exclude")

    def __contains__(self, name: str) -> bool:
        wanted = self._include is None or self._include.get(name, False) is not False
        return wanted and self._exclude.get(name) is not True

    def below(self, name: str) -> dict[str, Names]:
        """What to include and exclude of the records of one relation."""
        asked = {"include": (self._include or {}).get(name), "exclude": self._exclude.get(name)}
        return {what: each for what, each in asked.items() if not isinstance(each, bool | None)}


def _by_name(record: Record, given: Names, what: str) -> dict[str, Any]:
    if isinstance(given, str) or not isinstance(given, Collection):
        raise ValidationError(
            f'{what} takes names of attributes, such as {what}={{"name"}}, not {show(given)}.'
        )
    below: Mapping[str, Any] = given if is_mapping(given) else dict.fromkeys(given, True)
    return {_python_name(record, name): each for name, each in below.items()}


def _python_name(record: Record, name: str) -> str:
    mapper = mapper_of(type(record))
    if name in _ALWAYS or name in mapper.attributes:
        return name
    # what ref() made is not loaded for this: only what its class declares can be named
    deferred = state_of(record).is_deferred
    attribute = mapper.by_slug.get(name) if deferred else attribute_of(record, name)
    if attribute is None:
        raise unknown_attribute(record, name)
    return attribute.name
