"""Seeds in JSON: what a workspace is to have, with records that refer to each other by names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import msgspec

from attio_sandbox.bodies import is_list, is_map, is_uuid, kind_of
from attio_sandbox.engine import Engine
from attio_sandbox.errors import Refusal
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.loading import BATCH
from attio_sandbox.records.writes import create, update
from attio_sandbox.requests import Call
from attio_sandbox.schema import Collection
from attio_sandbox.setup import SetUp

MAX_LISTED = 20  # of problems: who has more has one mistake many times
PARTS = ("define", "records", "entries")
DEFINED = ("members", "objects", "lists", "attributes")
_BYTE = re.compile(r"\(byte (\d+)\)")
# What each definition has: the members it must have, then those it may have.
_MEMBERS = {
    "members": (("email",), ("first_name", "last_name", "access_level")),
    "objects": (("api_slug", "singular_noun", "plural_noun"), ()),
    "lists": (
        ("api_slug", "name", "parent_object"),
        ("workspace_access", "workspace_member_access"),
    ),
    "attributes": (
        ("api_slug", "type"),
        (
            *("object", "list", "title", "description", "is_multiselect", "is_required"),
            *("is_unique", "options", "statuses", "allowed_objects", "relationship"),
            *("currency", "display_type", "default_value"),
        ),
    ),
}
# Those that are not a text: whether it is an array, and of what. One text as options would be taken
# for a list of its letters.
_KINDS = {
    **dict.fromkeys(("options", "statuses", "allowed_objects"), (True, "string")),
    **dict.fromkeys(("is_multiselect", "is_required", "is_unique"), (False, "boolean")),
    **dict.fromkeys(("relationship", "default_value"), (False, "object")),
    "workspace_member_access": (True, "object"),
}
_MAY_BE_NULL = (
    "title", "description", "workspace_access", "allowed_objects", "relationship", "default_value",
)  # fmt: skip


class SeedError(ValueError):
    """A seed that cannot be used; the message names each problem and where it is."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        listed = problems[:MAX_LISTED]
        more = len(problems) - len(listed)
        tail = [f"... and {more} more"] if more else []
        lines = "".join(f"\n  {each}" for each in [*listed, *tail])
        super().__init__(f"The seed {name} is refused, and nothing of it was written:{lines}")
        self.problems = tuple(problems)


class Planted(NamedTuple):
    """One record or entry that a seed made: where, the name it has in the seed, and its id."""

    target: str
    slug: str
    name: str | None
    id: str


@dataclass(slots=True)
class _Row:
    target: str
    slug: str
    where: str
    name: str | None
    values: dict[str, Any]
    parent: str | None = None
    refs: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


class SeedFile:
    """A seed that was read and found whole: `sow()` puts it into a workspace.

    `{"define": {"objects": [...]}, "records": {"companies": [{"$id": "acme", "name": "Acme"}]},
    "entries": {"sales": [{"$record": "acme"}]}}`; in a value `{"$ref": "acme"}` stands for the
    record of that name, wherever in the seed it is. Records may also be a list of
    `{"object": "companies", "$id": "acme", "values": {...}}`. Raises SeedError, which names all
    that is wrong by its line, or by its number where the seed is not a text.
    """

    def __init__(self, content: bytes | str | Mapping[str, Any], name: str = "JSON") -> None:
        self.name = name
        self._has_lines = not isinstance(content, Mapping)
        if isinstance(content, Mapping):
            self._text = _encoded(content, name)
        else:
            self._text = content.encode() if isinstance(content, str) else content
        self._problems: list[str] = []
        self._last_place = 1, 0
        self.defined: dict[str, list[Any]] = {each: [] for each in DEFINED}
        self._rows: list[_Row] = []
        self._read()
        self._check_names()
        if self._problems:
            raise SeedError(name, self._problems)

    # Reading

    def _read(self) -> None:
        try:
            parts: Any = msgspec.json.decode(self._text, type=dict[str, msgspec.Raw])
            # Invalid UTF-8 and numbers out of range show only where they are decoded.
            defined: Any = msgspec.json.decode(parts.get("define", b"{}"))
            self._check_twice()
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise SeedError(self.name, [self._unreadable(error)]) from error
        for part in parts:
            if part not in PARTS:
                self._problems.append(f"{part!r} is not a part of a seed: it has {_list(PARTS)}.")
        if "define" in parts:
            self._read_definitions(defined)
        if "records" in parts:
            self._read_rows(parts["records"], "objects")
        if "entries" in parts:
            self._read_rows(parts["entries"], "lists")

    def _unreadable(self, error: Exception) -> str:
        if isinstance(error, UnicodeDecodeError):
            return f"{self._place(error.start)}: it is not UTF-8: {error}"
        found = _BYTE.search(str(error))
        where = f"{self._place(int(found[1]))}: " if found and self._has_lines else ""
        return f"{where}it is not a JSON object: {error}"

    def _place(self, at: int) -> str:
        # From the place that was asked for last, as a file of many rows is long.
        line, before = self._last_place
        line += self._text.count(b"\n", before, at) - self._text.count(b"\n", at, before)
        self._last_place = line, at
        return f"line {line}"

    def _check_twice(self) -> None:
        """Note each name that one object has twice: JSON keeps the last, and drops the first."""

        def look(pairs: list[tuple[str, Any]]) -> None:
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    twice[name] = None
                seen.add(name)

        twice: dict[str, None] = {}
        # Nothing is made of it: a number may be too large for this, and is refused by its row.
        json.loads(self._text, object_pairs_hook=look, parse_int=str, parse_float=str)
        self._problems += [
            f"the name {name!r} is given twice in one object. The last one alone would count."
            for name in twice
        ]

    def _read_definitions(self, found: Any) -> None:
        if not is_map(found):
            self._problems.append('"define" is an object of members, objects, lists, attributes.')
            return
        for kind, items in found.items():
            if kind not in DEFINED:
                self._problems.append(f'"define" has no {kind!r}: it has {_list(DEFINED)}.')
            elif not is_list(items) or not all(is_map(each) for each in items):
                self._problems.append(f'"define" has {kind!r} that is not a list of objects.')
            else:
                self.defined[kind] = items

    def _read_rows(self, part: msgspec.Raw, target: str) -> None:
        kind, of = ("records", "record") if target == "objects" else ("entries", "entry")
        # Each row undecoded, as only its bytes say on which line it is.
        at = self._text.index(bytes(part))
        for number, (slug, raw) in enumerate(self._each(part, kind), 1):
            text = bytes(raw)
            at = self._text.index(text, at)
            line = f"{self._place(at)}, " if self._has_lines else ""
            at += len(text)
            try:
                row = _row(msgspec.json.decode(text), target, slug)
            except (_Wrong, msgspec.DecodeError) as wrong:
                self._problems.append(f"{line}{of} {number}: {wrong}")
                continue
            row.where = f"{line}{of} {number} ({row.slug})"
            self._rows.append(row)

    def _each(self, part: msgspec.Raw, kind: str) -> list[tuple[str | None, msgspec.Raw]]:
        try:
            if kind == "records" and bytes(part).startswith(b"["):
                rows = msgspec.json.decode(part, type=list[msgspec.Raw])
                return [(None, each) for each in rows]
            found = msgspec.json.decode(part, type=dict[str, list[msgspec.Raw]])
        except msgspec.ValidationError:
            of = "objects" if kind == "records" else "lists"
            self._problems.append(f'"{kind}" is an object of slugs of {of}, with a list for each.')
            return []
        return [(slug, each) for slug, rows in found.items() for each in rows]

    def _check_names(self) -> None:
        known: dict[str, _Row] = {}
        for row in self._rows:
            if row.name is None:
                continue
            if row.name in known:
                self._problems.append(
                    f"{row.where}: the name {row.name!r} is that of {known[row.name].where} too. "
                    "Each $id may be given once."
                )
            known.setdefault(row.name, row)
        for row in self._rows:
            wanted = [(f" in {slug!r}", each) for slug, names in row.refs.items() for each in names]
            if row.parent is not None and not is_uuid(row.parent):
                wanted.append((" as $record", row.parent))
            self._problems += [
                f"{row.where}: there is no record {name!r}, which it names{place}. Give one that "
                f'"$id".'
                for place, name in wanted
                if name not in known
            ]

    # Sowing

    def sow(self, setup: SetUp, engine: Engine) -> list[Planted]:
        """Put it into a workspace, whole or not at all, and give what was made, in its order.

        What it defines and is there already stays as it is. No webhook is told. Raises SeedError
        for what Attio would refuse.
        """
        with engine.together():
            self._define(setup)
            with engine.call(writes=True) as call:
                return _Sowing(call, self._rows, self.name).sow()

    def _define(self, setup: SetUp) -> None:
        known = {
            kind: {each["api_slug"] for each in setup.look_up(f"/v2/{kind}")}
            for kind in ("objects", "lists")
        }
        emails = {each["email_address"] for each in setup.look_up("/v2/workspace_members")}
        makers: dict[str, Callable[[dict[str, Any]], object]] = {
            "members": lambda given: (
                given.get("email") in emails or setup.add_member(**given)  # as it was named there
            ),
            "objects": lambda given: (
                given.get("api_slug") in known["objects"]
                or setup.define_object(
                    given.pop("api_slug"), given.pop("singular_noun"), given.pop("plural_noun")
                )
            ),
            "lists": lambda given: (
                given.get("api_slug") in known["lists"]
                or setup.define_list(
                    given.pop("api_slug"), given.pop("name"), given.pop("parent_object"), **given
                )
            ),
            "attributes": lambda given: _define_attribute(setup, given),
        }
        for kind in DEFINED:
            for number, given in enumerate(self.defined[kind], 1):
                with self._naming(f"{kind[:-1]} {number} of define"):
                    _check_definition(kind, given)
                    makers[kind](dict(given))

    @contextmanager
    def _naming(self, where: str) -> Generator[None, None, None]:
        try:
            yield
        except KeyError as error:
            raise SeedError(self.name, [f"{where}: it has no {error}."]) from error
        except (ValueError, TypeError) as error:
            raise SeedError(self.name, [f"{where}: {error}"]) from error


def _check_definition(kind: str, given: Mapping[str, Any]) -> None:
    """Raise ValueError for a member that a definition lacks, has too much, or of a wrong kind."""
    needed, others = _MEMBERS[kind]
    for name, value in given.items():
        if name not in (*needed, *others):
            raise ValueError(f"it has {name!r}, which none of these has.")
        if value is None and name in _MAY_BE_NULL:
            continue
        many, wanted = _KINDS.get(name, (False, "string"))
        kinds = [kind_of(each) for each in value] if many and is_list(value) else [kind_of(value)]
        if is_list(value) != many or any(each != wanted for each in kinds):
            shown = f"an array of {wanted}s" if many else f"of the kind {wanted}"
            raise ValueError(f"its {name!r} is not {shown}.")
    if kind == "attributes" and ("object" in given) == ("list" in given):
        raise ValueError('it names one "object" or one "list" that it is of.')
    for name in needed:
        if name not in given:
            raise ValueError(f"it has no {name!r}.")


def _define_attribute(setup: SetUp, given: dict[str, Any]) -> None:
    home = "object" if "object" in given else "list"
    target, slug = f"{home}s", given.pop(home)
    path = f"/v2/{target}/{slug}/attributes"
    there = {each["api_slug"]: each["type"] for each in setup.look_up(path)}
    found = there.get(given.get("api_slug"))
    if found is None:
        setup.define_attribute(slug, target=cast("Any", target), **given)
    elif found != given.get("type"):
        raise ValueError(
            f"{given['api_slug']!r} of {slug!r} is there already, of the type {found!r}."
        )


class _Wrong(Exception):
    """What is wrong with one row."""


def _row(found: Any, target: str, slug: str | None) -> _Row:
    if not is_map(found):
        raise _Wrong("it is not an object.")
    name = found.pop("$id", None)
    parent: Any = None
    if slug is None:
        slug = found.pop("object", None)
        name = found.pop("id", name)
        values = found.pop("values", {})
        if not isinstance(slug, str):
            raise _Wrong('it names no "object".')
        if found:
            raise _Wrong(f'it has {_list(tuple(found))} beside "object", "$id" and "values".')
        found = values
    if target == "lists":
        parent = found.pop("$record", None)
        if not isinstance(parent, str):
            raise _Wrong('it names no "$record" that it is of.')
    if not is_map(found):
        raise _Wrong('its "values" are not an object.')
    if not isinstance(name, str | None):
        raise _Wrong("its $id is not a text.")
    row = _Row(target, slug, "", name, found, parent)
    for attribute, value in found.items():
        for item in value if is_list(value) else [value]:
            if is_map(item) and "$ref" in item:
                if len(item) != 1 or not isinstance(item["$ref"], str):
                    raise _Wrong(f'{attribute!r}: a reference is {{"$ref": "name"}} alone.')
                row.refs.setdefault(attribute, []).append(item["$ref"])
    return row


class _Sowing:
    """One seed on its way into a workspace."""

    def __init__(self, call: Call, rows: Sequence[_Row], name: str) -> None:
        self._call = call
        self._rows = rows
        self._name = name
        self._by_name = {row.name: index for index, row in enumerate(rows) if row.name is not None}
        # Without events, as load() does: whoever fills a workspace has no webhook told of it.
        self._changes = Changes(call.database, call.schema, call.now, call.actor)
        self._made: dict[int, str] = {}
        self._later: list[tuple[_Row, str, int]] = []

    def sow(self) -> list[Planted]:
        """Make all rows, each after those it refers to, and close the circles at the end."""
        for index in range(len(self._rows)):
            self._visit(index)
        for row, slug, number in self._later:
            with self._refusing(row):
                values = {slug: self._resolved(row.values[slug])}
                update(self._changes, self._changes.draft(number), values, overwrite=False)
        self._changes.flush()
        return [
            Planted(row.target, row.slug, row.name, self._made[index])
            for index, row in enumerate(self._rows)
        ]

    def _visit(self, first: int) -> None:
        """Make a row after what it needs; without recursion, as a chain may be long."""
        waiting = [first]
        entered: set[int] = set()
        while waiting:
            index = waiting[-1]
            if index in self._made:
                waiting.pop()
                continue
            if index not in entered:
                entered.add(index)
                # What was entered before is further down: a circle, closed at the end.
                waiting += [
                    each
                    for each in reversed(self._needed(self._rows[index]))
                    if each not in self._made and each not in entered
                ]
                if waiting[-1] != index:
                    continue
            self._make(index)
            waiting.pop()

    def _needed(self, row: _Row) -> list[int]:
        names = [name for found in row.refs.values() for name in found]
        if row.parent in self._by_name:
            names.append(row.parent)
        return [self._by_name[name] for name in names]

    def _make(self, index: int) -> None:
        row = self._rows[index]
        values: dict[str, Any] = {}
        postponed: list[str] = []
        for slug, value in row.values.items():
            if any(self._by_name[name] not in self._made for name in row.refs.get(slug, ())):
                postponed.append(slug)
            else:
                values[slug] = self._resolved(value)
        key = self._call.ids.new()
        with self._refusing(row):
            collection, parent = self._home(row)
            draft = create(
                self._changes, collection, values, key, moment=self._call.moment, parent=parent
            )
        self._made[index] = key
        self._later += [(row, slug, draft.num) for slug in postponed]
        if len(self._made) % BATCH == 0:
            self._changes.flush()

    def _home(self, row: _Row) -> tuple[Collection, int | None]:
        schema = self._call.schema
        if row.target == "objects":
            object_ = schema.find_object(row.slug)
            if object_ is None:
                raise ValueError(f"there is no object {row.slug!r}. Make it in define.")
            return object_, None
        list_ = schema.find_list(row.slug)
        if list_ is None:
            raise ValueError(f"there is no list {row.slug!r}. Make it in define.")
        assert row.parent is not None
        known = self._by_name.get(row.parent)
        key = row.parent if known is None else self._made[known]
        number = self._changes.record_number(list_.parent, key)
        if number is None:
            raise ValueError(f"{row.parent!r} is not a record of the object that the list is of.")
        return list_, number

    def _resolved(self, value: Any) -> Any:
        # As deep as _row looks for them; Attio has no lists in lists.
        return [self._record(each) for each in value] if is_list(value) else self._record(value)

    def _record(self, value: Any) -> Any:
        if not is_map(value) or "$ref" not in value:
            return value
        index = self._by_name[value["$ref"]]
        return {"target_object": self._rows[index].slug, "target_record_id": self._made[index]}

    @contextmanager
    def _refusing(self, row: _Row) -> Generator[None, None, None]:
        try:
            yield
        except Refusal as refusal:
            raise SeedError(self._name, [f"{row.where}: {refusal.explained}"]) from refusal
        except ValueError as error:
            raise SeedError(self._name, [f"{row.where}: {error}"]) from error


def _encoded(content: Mapping[str, Any], name: str) -> bytes:
    try:
        return msgspec.json.encode(content)
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise SeedError(name, [f"it holds what JSON has not: {error}"]) from error


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
