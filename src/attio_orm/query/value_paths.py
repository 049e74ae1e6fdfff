"""The names that ``values()`` takes: what each means is settled before a record is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from msgspec import Struct

from attio_orm.conditions.paths import NeedsObject, Resolved, Resolver, place_of, resolve
from attio_orm.connection.base import BaseConnection
from attio_orm.errors import UnknownAttributeError, UnsupportedLookup
from attio_orm.guards import is_list
from attio_orm.query.resolver import AttributeResolver, UnknownInAll
from attio_orm.records.base import Record
from attio_orm.records.names import attribute_of
from attio_orm.records.state import local_values, one_or_list
from attio_orm.records.value_meta import abouts, author
from attio_orm.types.actors import Actor
from attio_orm.types.choices import Option, StatusValue
from attio_orm.types.currency import Money
from attio_orm.types.domains import Domain
from attio_orm.types.emails import EmailAddress
from attio_orm.types.interactions import Interaction
from attio_orm.types.locations import Location
from attio_orm.types.names import PersonalName
from attio_orm.types.phones import PhoneNumber
from attio_orm.types.provenance import moment_in
from attio_orm.types.references import REFERENCE
from attio_orm.wording import READ_ANEW, did_you_mean

_ACTOR: Final = "actor-reference"
_OF_MEMBERS: Final = frozenset({"email", "name"})
_SINCE, _BY = "active_from", "set_by"
_TEXTS: Final = frozenset({"id", "web_url"})  # of every record

# What the values of each type are: a name behind one is that of a part.
_CLASSES: Final[Mapping[str, type[Any]]] = {
    "text": str,
    "number": float,
    "rating": int,
    "checkbox": bool,
    "date": date,
    "timestamp": datetime,
    "personal-name": PersonalName,
    "email-address": EmailAddress,
    "domain": Domain,
    "phone-number": PhoneNumber,
    "location": Location,
    "interaction": Interaction,
    "currency": Money,
    "select": Option,
    "status": StatusValue,
    _ACTOR: Actor,
}


class StepKind(Enum):
    """What a step of a path reads of what stands before it."""

    ATTRIBUTE = "the value of an attribute, or a property of the record"
    IDS = "the ids of the records that a relation refers to"
    SINCE = "since when each value of an attribute is there"
    BY = "who set each value of an attribute"
    PART = "a part of a value"


class Step(Struct, frozen=True):
    """One step of a path: from a record or a value to what stands behind it."""

    kind: StepKind
    name: str
    lenient: bool = False  # of records of several objects, some have no such attribute


class ValuePath(Struct, frozen=True):
    """One name of ``values()``, as steps; ``relations`` is what is to be included for it.

    ``names_members``: the members of the workspace have to be known for it; ``has_actors``: its
    values are actors, who may be asked for their names.
    """

    steps: tuple[Step, ...]
    relations: str = ""
    names_members: bool = False
    has_actors: bool = False

    @property
    def depth(self) -> int:
        """How many relations it passes."""
        return len(self.relations.split("__")) if self.relations else 0

    def is_property(self, model: type[Record], at: int) -> bool:
        """Whether a step is a property of the user's own, where it stands on such records."""
        step = self.steps[at]
        return step.name not in _TEXTS and isinstance(getattr(model, step.name, None), property)

    def read(self, record: Record) -> Any:
        """What it means of one record, which holds the relations."""
        return read_steps(record, self.steps, 0)


def value_path(model: type[Record], connection: BaseConnection, path: str) -> ValuePath:
    """What a name of ``values()`` means. Raises ``UnknownAttributeError``, whatever the data."""
    names = path.split("__")
    root = AttributeResolver(model, connection)
    resolvers: Sequence[Resolver] = [root]
    steps: list[Step] = []
    relations: list[str] = []
    for at, name in enumerate(names):
        rest = names[at + 1 :]
        if _is_plain(resolvers, name):
            # what follows a property of the user's own is whatever that has
            _check_part(path, name, rest, str if name in _TEXTS else None)
            steps.append(Step(StepKind.ATTRIBUTE, name))
            return _path([*steps, *_parts(rest)], relations)
        found = [each for each in (one.attribute(name) for one in resolvers) if each is not None]
        if not found:
            raise _unknown(path, names[: at + 1], root, resolvers)
        lenient = len(found) < len(resolvers)
        if found[0].type != REFERENCE:
            further = _of_value(path, name, rest, found[0], lenient)
            is_actor = found[0].type == _ACTOR and not rest
            return _path([*steps, *further], relations, has_actors=is_actor)
        about = _about(path, name, rest, lenient)
        if about:
            return _path([*steps, *about], relations)
        if not rest or rest == ["id"]:
            return _path([*steps, Step(StepKind.IDS, name, lenient)], relations)
        steps.append(Step(StepKind.ATTRIBUTE, name, lenient))
        relations.append(name)
        resolvers = _behind(found)
        if not resolvers:  # it may lead to any object: what follows, each record says
            steps += [Step(StepKind.ATTRIBUTE, each) for each in rest]
            return _path(steps, relations)
    raise AssertionError("a path without an end")


def _path(
    steps: Sequence[Step], relations: Sequence[str], *, has_actors: bool = False
) -> ValuePath:
    needed = any(each.kind is StepKind.PART and each.name in _OF_MEMBERS for each in steps)
    return ValuePath(tuple(steps), "__".join(relations), needed, has_actors)


def _is_plain(resolvers: Sequence[Resolver], name: str) -> bool:
    """Whether it is a property of the records, and no attribute of them."""
    models = [each.model for each in resolvers if isinstance(each, AttributeResolver)]
    if name in _TEXTS:
        return bool(models)
    return any(isinstance(getattr(model, name, None), property) for model in models)


def _behind(relations: Sequence[Resolved]) -> list[Resolver]:
    """Where relations lead; nothing where one of them may lead to any object."""
    found: list[Resolver] = []
    for relation in relations:
        if relation.target is not None:
            found.append(relation.target())
        elif relation.reach is None or not relation.spec.allowed_objects:
            return []
        else:
            reached = [relation.reach(slug) for slug in relation.spec.allowed_objects]
            found += [each for each in reached if each is not None]
    return found


def _about(path: str, name: str, rest: Sequence[str], lenient: bool) -> list[Step]:
    """The steps for ``active_from`` and ``set_by``, which every value has."""
    if not rest or rest[0] not in (_SINCE, _BY):
        return []
    is_since = rest[0] == _SINCE
    _check_part(path, rest[0], rest[1:], datetime if is_since else Actor)
    return [Step(StepKind.SINCE if is_since else StepKind.BY, name, lenient), *_parts(rest[1:])]


def _of_value(
    path: str, name: str, rest: Sequence[str], attribute: Resolved, lenient: bool
) -> list[Step]:
    """The steps for an attribute that is not a relation, and a part of its value."""
    about = _about(path, name, rest, lenient)
    if about:
        return about
    _check_part(path, name, rest, _CLASSES.get(attribute.type))
    return [Step(StepKind.ATTRIBUTE, name, lenient), *_parts(rest)]


def _parts(names: Sequence[str]) -> list[Step]:
    return [Step(StepKind.PART, each) for each in names]


def _check_part(path: str, name: str, rest: Sequence[str], kind: type[Any] | None) -> None:
    """Raise ``UnknownAttributeError`` for what is not a part of such values."""
    if not rest or kind is None:
        return
    known = [each for each in dir(kind) if _is_part(kind, each)]
    if rest[0] not in known:
        close = did_you_mean(rest[0], [*known, _SINCE, _BY])
        advice = close or (f"It has {', '.join(known)}." if known else f"Read {name} itself.")
        raise UnknownAttributeError(
            f"{path}: {name} is of type {kind.__name__}, which has no part {rest[0]!r}. "
            f"{advice}".rstrip()
        )


def _is_part(kind: type[Any], name: str) -> bool:
    found = getattr(kind, name, None)  # a part is a descriptor; methods and constants are not
    return not (name.startswith("_") or name == "wire" or callable(found)) and hasattr(
        found, "__get__"
    )


def _unknown(
    path: str, names: Sequence[str], root: Resolver, resolvers: Sequence[Resolver]
) -> UnknownAttributeError:
    """The error for a name that nothing is called by."""
    if len(resolvers) == 1:
        try:
            resolve("__".join(names), root, is_condition=False)  # says what there is
        except UnknownAttributeError as error:
            return error
        except (NeedsObject, UnsupportedLookup):  # of a filter: as a name to read, it is not known
            pass
    known = dict.fromkeys(name for each in resolvers for name in each.names())
    owners = " or ".join(each.model_name for each in resolvers)
    close = did_you_mean(names[-1], [*known, "id"])
    unknown = UnknownInAll(f"{path}: {owners} has no attribute {names[-1]!r}. {close}{READ_ANEW}")
    if not names[-1].startswith("_"):
        # a strict class has no others
        unknown.places = [place_of(e) for e in resolvers if not getattr(e, "strict", False)]
    return unknown


# -- reading --------------------------------------------------------------------------------------


def read_steps(value: Any, steps: Sequence[Step], at: int) -> Any:
    """What the steps from ``at`` on mean of a record, or of a value. A list is a plain one."""
    for number in range(at, len(steps)):
        if value is None:
            return None
        if is_list(value):
            return [read_steps(each, steps, number) for each in value]
        value = _step(value, steps[number], is_last=number == len(steps) - 1)
    # what is done to it is not to change the record
    return [*value] if is_list(value) else value


def _step(value: Any, step: Step, *, is_last: bool) -> Any:
    if step.kind is StepKind.PART or not isinstance(value, Record):
        return getattr(value, step.name)
    attribute = attribute_of(value, step.name)
    if step.kind in (StepKind.SINCE, StepKind.BY):
        found = abouts(value, step.name if attribute is None else attribute.slug)
        told = [
            moment_in(each) if step.kind is StepKind.SINCE else author(value, each)
            for each in found
        ]
        is_multi = attribute is not None and attribute.is_multi
        return told if is_multi else next(iter(told), None)
    if attribute is None:
        missing = (None,) if step.lenient else ()
        return getattr(value, step.name, *missing)
    if step.kind is StepKind.IDS or (is_last and attribute.type == REFERENCE):
        # the ids, whether or not the records happen to be loaded
        ids = [getattr(each, "id", None) for each in local_values(value, attribute)]
        return one_or_list(attribute, ids)
    if attribute.key in vars(value):
        return vars(value)[attribute.key]
    return attribute.__get__(value, value.__class__)
