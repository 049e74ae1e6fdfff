"""Who did or owns something."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, members, refuse, show
from attio_orm.values.references import as_uuid

MEMBER = "workspace-member"
_TYPES = (MEMBER, "api-token", "system", "app")
_PARTS = ("type", "id", "email")
_ADVICE = "give the e-mail address or the id of a workspace member, or an Actor."


class Actor(Struct, frozen=True, eq=False, gc=False):
    """Who did something.

    ``type`` is ``"workspace-member"``, ``"api-token"``, ``"app"`` or ``"system"``, ``id`` a UUID
    (``None`` for the system), ``email`` the address of a member that was given by it. Equal by type
    and id, or by e-mail where there is no id. See https://docs.attio.com/docs/actors.
    """

    type: str
    id: str | None = None
    email: str | None = None

    def identity(self) -> tuple[str, str | None, str | None]:
        """What two values for the same actor have in common."""
        return self.type, self.id, None if self.id else self.email

    def __eq__(self, other: object) -> bool:
        return self.identity() == other.identity() if isinstance(other, Actor) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.identity())


class ActorWire(Struct, gc=False, tag_field="attribute_type", tag="actor-reference"):
    """An actor reference as Attio sends it."""

    referenced_actor_type: str | None = None
    referenced_actor_id: str | None = None


class ActorCodec(Codec[Actor]):
    """Actors, as ``Actor``; only workspace members can be written.

    https://docs.attio.com/docs/attribute-types/attribute-types-actor-reference
    """

    type = "actor-reference"
    shape = ActorWire

    def read(self, wire: ActorWire) -> Actor | None:
        """The actor."""
        kind = wire.referenced_actor_type
        if kind is None:
            if wire.referenced_actor_id is None:
                return None
            kind = MEMBER
        return Actor(kind, wire.referenced_actor_id)

    def coerce(self, value: object, attr: AttributeSpec) -> Actor:
        """A workspace member: an ``Actor``, an e-mail address, or an id."""
        actor = as_actor(value)
        if actor.type != MEMBER:
            raise ValidationError(
                f"An actor of type {show(actor.type)} cannot be written, as Attio takes workspace "
                f"members only: {_ADVICE}"
            )
        return actor

    def write(self, value: Actor) -> Any:
        """The member, by id, or by e-mail address where the id is not known."""
        if value.id is None:
            return {"workspace_member_email_address": value.email}
        return {"referenced_actor_type": value.type, "referenced_actor_id": value.id}

    def key(self, value: Actor) -> Hashable:
        """Type and id, or the e-mail address where there is no id."""
        return value.identity()

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The actor's type for ``referenced_actor_type``; else the id.

        Of a member whose id is not known yet it is the e-mail address: the caller looks it up.
        """
        if prop == "referenced_actor_type":
            text = value.type if isinstance(value, Actor) else clean_line(value, _kinds())
            if text not in _TYPES:
                raise ValidationError(f"{show(text)} is no type of actor: {_kinds()}")
            return text
        actor = as_actor(value)
        found = actor.id if actor.id is not None else actor.email
        if found is None:
            raise ValidationError(f"An actor of type {actor.type!r} has no id to compare with.")
        return found

    def dump(self, value: Actor) -> Any:
        """Type and id, and the e-mail address where it is known."""
        email = {"email": value.email} if value.email else {}
        return {"type": value.type, "id": value.id, **email}


def as_actor(value: object) -> Actor:
    """The actor of any type that a value means: an ``Actor``, an e-mail address, or an id."""
    parts = members(value, _PARTS, f"an actor has {', '.join(_PARTS)}.")
    if parts is not None:
        value = Actor(parts.get("type") or MEMBER, parts.get("id"), parts.get("email"))
    if isinstance(value, Actor):
        if value.id is None:
            return as_actor(value.email) if value.type == MEMBER else value
        actor_id = as_uuid(value.id)
        if actor_id is None:
            raise ValidationError(f"{show(value.id)} is no actor's id: Attio's ids are UUIDs.")
        return Actor(value.type, actor_id, value.email)
    member = as_uuid(value)
    if member:
        return Actor(MEMBER, member)
    if value is None:
        refuse(value, _ADVICE)
    text = clean_line(value, _ADVICE)
    if text.count("@") != 1 or " " in text or text[0] == "@" or text[-1] == "@":
        raise ValidationError(f"{show(text)} is no member: {_ADVICE}")
    return Actor(MEMBER, None, text.lower())


def _kinds() -> str:
    return f"give one of {', '.join(_TYPES)}."
