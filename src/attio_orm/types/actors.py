"""Who did or owns something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, NoReturn, Protocol, cast

from attio_orm.conditions.expressions import Expr, Part, TextExpr
from attio_orm.conditions.lookups import EQUAL, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import (
    STRING,
    STRING_OR_NULL,
    Attribute,
    AttributeSpec,
    Codec,
    JsonValue,
    Several,
)
from attio_orm.types.checks import as_uuid, members, refuse, refuse_unseen
from attio_orm.types.lists import ValueList
from attio_orm.types.provenance import Provenance, ValueWire, actors_are_made_by
from attio_orm.types.pydantic_hooks import CompositeValue
from attio_orm.types.text import clean_line
from attio_orm.wording import show

ACTOR: Final = "actor-reference"
MEMBER: Final = "workspace-member"
_PARTS = ("type", "id", "email", "name")
_ADVICE = "give the e-mail address or the id of a workspace member, or an Actor."


class Known(Protocol):
    """A member of the workspace, as far as an actor tells of one."""

    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...


class Members(Protocol):
    """Who the members of a workspace are: what knows them stands above."""

    def known(self, member_id: str, /) -> Known | None:
        """The member of this id, where the members are known already. Sends nothing."""
        ...

    def find(self, member_id: str, /) -> Known | None:
        """The member of this id; the members are asked for where they are not known.

        Raises ``NotLoadedError`` where that would stop an event loop.
        """
        ...


current_members: list[Callable[[], Members | None]] = []
"""What gives the members of the current workspace, for actors that came with no record."""


class Actor(CompositeValue, Provenance):
    """Who did something.

    ``type`` is ``"workspace-member"``, ``"api-token"``, ``"app"`` or ``"system"``, ``id`` a UUID
    (``None`` for the system). Of a member ``email`` and ``name`` are looked up in the workspace
    where they were not given: the members are asked for once. Immutable; equal by type and id, or
    by e-mail where there is no id. See https://docs.attio.com/docs/actors.
    """

    __slots__ = ("_came_in", "_given", "_members")
    __match_args__ = ("type", "id", "email", "name")

    _given: tuple[str, str | None, str | None, str | None]
    _members: Members  # not set where there is nothing to say, as most actors are only passed on

    def __init__(
        self, type: str, id: str | None = None, email: str | None = None, name: str | None = None
    ) -> None:
        _set_given(self, (type, id, email, name))

    @property
    def type(self) -> str:
        """What kind of actor it is."""
        return self._given[0]

    @property
    def id(self) -> str | None:
        """The actor's id; ``None`` for the system, and for a member that was given by e-mail."""
        return self._given[1]

    @property
    def email(self) -> str | None:
        """The e-mail address of a member, looked up where it was not given; else ``None``.

        Raises ``NotLoadedError`` where looking it up would stop an event loop.
        """
        given = self._given[2]
        found = self._member() if given is None else None
        return given if found is None else found.email

    @property
    def name(self) -> str | None:
        """The first and last name of a member, looked up where it was not given; else ``None``.

        Raises ``NotLoadedError`` where looking it up would stop an event loop.
        """
        given = self._given[3]
        found = self._member() if given is None else None
        return given if found is None else found.name or None

    def _source(self) -> Members | None:
        """Who knows the members that this may be one of."""
        kind, member_id, _, _ = self._given
        if member_id is None or kind != MEMBER:
            return None
        found: Members | None = getattr(self, "_members", None)
        if found is None and current_members:
            found = current_members[0]()
        return found

    def _member(self) -> Known | None:
        source, member_id = self._source(), self.id
        return None if source is None or member_id is None else source.find(member_id)

    def known(self) -> dict[str, str]:
        """``email`` and ``name`` as far as they are known, by these names. Sends nothing."""
        parts = self._told()
        return {name: str(parts[name]) for name in ("email", "name") if name in parts}

    def _told(self) -> dict[str, str | None]:
        """What there is to say of it: type and id, and of a member what is known."""
        kind, actor_id, email, name = self._given
        if kind == MEMBER and actor_id is not None and (email is None or name is None):
            try:
                source: Members | None = self._members
            except AttributeError:
                source = self._source()
            member = None if source is None else source.known(actor_id)
            if member is not None:
                email, name = email or member.email, name or member.name
        found: dict[str, str | None] = {"type": kind, "id": actor_id}
        if email:
            found["email"] = email
        if name:
            found["name"] = name
        return found

    def replace(self, **parts: str | None) -> Actor:
        """The same actor with other ``parts``. Raises ``TypeError`` for a name that is not one."""
        given = zip(self.__match_args__, self._given, strict=True)
        made = Actor(**cast("dict[str, Any]", {**dict(given), **parts}))
        members: Members | None = getattr(self, "_members", None)
        if members is not None:
            _set_members(made, members)
        return made

    def identity(self) -> tuple[str, str | None, str | None]:
        """What two values for the same actor have in common."""
        kind, actor_id, email, _ = self._given
        return kind, actor_id, None if actor_id else email

    def __eq__(self, other: object) -> bool:
        return self.identity() == other.identity() if isinstance(other, Actor) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.identity())

    def __repr__(self) -> str:
        known = "".join(f", {name}={value!r}" for name, value in self.known().items())
        return f"Actor(type={self.type!r}, id={self.id!r}{known})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"An Actor is immutable: use replace({name}=...) for another one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"An Actor is immutable: {name!r} cannot be deleted.")

    def __reduce__(self) -> tuple[object, ...]:
        known = self.known()  # what a pickle is read by may have no connection
        return self._pickled(self.type, self.id, known.get("email"), known.get("name"))

    def __copy__(self) -> Actor:
        return self

    def __deepcopy__(self, memo: object) -> Actor:
        return self


# past ``__setattr__``, and without the look-up of a method for each of what a page brings
_set_given: Callable[[Actor, tuple[str, str | None, str | None, str | None]], None]
_set_given = vars(Actor)["_given"].__set__
as_parts: Callable[[Actor], dict[str, str | None]] = vars(Actor)["_told"]
"""Type and id of an actor, and of a member what is known."""
_set_came_in: Callable[[Actor, ValueWire], None] = vars(Actor)["_came_in"].__set__
_set_members: Callable[[Actor, Members], None] = vars(Actor)["_members"].__set__
_new = object.__new__


def actor_from(kind: str, actor_id: str | None) -> Actor:
    """An actor of an answer, as fast as may be: nearly every record has some."""
    made = _new(Actor)
    _set_given(made, (kind, actor_id, None, None))
    return made


actors_are_made_by(actor_from)

know_members = _set_members
"""Lets an actor look members up."""


def bind(values: Iterable[object], members: Members) -> None:
    """Let the actors among values that were just read know who is a member."""
    for value in values:
        actor = value if isinstance(value, Actor) else getattr(value, "owner_actor", None)
        if isinstance(actor, Actor):
            know_members(actor, members)


class ActorWire(ValueWire, gc=False, tag_field="attribute_type", tag=ACTOR):
    """An actor reference as Attio sends it."""

    referenced_actor_type: str | None = None
    referenced_actor_id: str | None = None


class ActorCodec(Codec[Actor]):
    """Actors, as ``Actor``; only workspace members can be written."""

    type = ACTOR
    shape = ActorWire
    lookups = TypeLookups(  # paired, as Attio refuses to compare the id without the type
        "referenced_actor_id",
        {"referenced_actor_id": EQUAL},
        paired=True,
        ordered=False,
        looked_up=("email", "name"),
    )

    value_class = Actor
    json_schema: ClassVar = {
        "title": "Actor",
        "type": "object",
        "properties": dict.fromkeys(("type", "id", "email", "name"), STRING_OR_NULL)
        | {"type": STRING},
        "required": ["type", "id"],
    }
    json_inputs = (STRING,)

    def read(self, wire: ActorWire) -> Actor | None:
        kind = wire.referenced_actor_type
        if kind is None:
            if wire.referenced_actor_id is None:
                return None
            kind = MEMBER  # by Attio's specification each of the two may be null
        found = _new(Actor)
        _set_given(found, (kind, wire.referenced_actor_id, None, None))
        _set_came_in(found, wire)
        return found

    def unwrap(self, given: dict[Any, Any]) -> object:
        """The actor in either of the forms in which Attio takes one."""
        if set(given) == {"referenced_actor_type", "referenced_actor_id"}:
            return {"type": given["referenced_actor_type"], "id": given["referenced_actor_id"]}
        if set(given) == {"workspace_member_email_address"}:
            return given["workspace_member_email_address"]
        return given

    def coerce(self, value: object, attr: AttributeSpec) -> Actor:
        """A workspace member: an ``Actor``, an e-mail address, or an id."""
        actor = as_actor(value)
        if actor.type != MEMBER:
            raise ValidationError(
                f"An actor of type {show(actor.type)} cannot be written, as Attio takes workspace "
                f"members only: {_ADVICE}"
            )
        return actor

    def parse(self, value: object, attr: AttributeSpec) -> Actor:
        """An actor of any type, as those that Attio names are."""
        return as_actor(value)

    def write(self, value: Actor) -> JsonValue:
        if value.id is None:  # Attio finds the member by the address, at no request of ours
            return {"workspace_member_email_address": value.email}
        return {"referenced_actor_type": value.type, "referenced_actor_id": value.id}

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The actor's id.

        Of a member whose id is not known yet it is the e-mail address: the caller looks it up.
        """
        actor = as_actor(value)
        found = actor.id or actor.email
        if found is None:
            raise ValidationError(f"An actor of type {actor.type!r} has no id to compare with.")
        return found

    def dump(self, value: Actor) -> JsonValue:
        return as_parts(value)


def as_actor(value: object) -> Actor:
    """The actor of any type that a value means: an ``Actor``, an e-mail address, or an id."""
    parts = members(value, _PARTS, f"an actor has {', '.join(_PARTS)}.")
    if parts is not None:
        kind, rest = parts.get("type") or MEMBER, (parts.get(part) for part in _PARTS[1:])
        value = Actor(kind, *rest)
    if isinstance(value, Actor):
        if value.id is None:
            return as_actor(value.email) if value.type == MEMBER else value
        actor_id = as_uuid(value.id)
        if actor_id is None:
            raise ValidationError(f"{show(value.id)} is not an actor's id: Attio's ids are UUIDs.")
        return value if actor_id == value.id else value.replace(id=actor_id)
    member = as_uuid(value)
    if member:
        return Actor(MEMBER, member)
    if value is None:
        refuse(value, _ADVICE)
    text = clean_line(value, _ADVICE)
    refuse_unseen(text, "e-mail address")
    if text.count("@") != 1 or " " in text or text[0] == "@" or text[-1] == "@":
        raise ValidationError(f"{show(text)} is not a member: {_ADVICE}")
    return Actor(MEMBER, None, text.lower())


class ActorExpr(Expr[Any]):
    """Who did or owns something: compared with a member's e-mail, an id or an ``Actor``."""

    email = Part(TextExpr)
    """The e-mail address of the member; looked up among the members of the workspace."""
    name = Part(TextExpr)
    """First and last name of the member; looked up among the members of the workspace."""


class ActorAttribute(Attribute[ActorExpr, Actor | None, Actor | str | None]):
    """A reference to a workspace member (or, in what Attio writes, to an app or token).

    See https://docs.attio.com/docs/attribute-types/attribute-types-actor-reference.
    """

    codec = ActorCodec()
    expression = ActorExpr


class ActorsAttribute(
    Attribute[
        ActorExpr, ValueList[Actor, str], Several[Actor] | Several[Actor | str] | Several[str]
    ]
):
    """References to workspace members, as a list without repeats."""

    codec = ActorAttribute.codec
    multi = True
    expression = ActorExpr


ATTRIBUTES = (ActorAttribute, ActorsAttribute)
