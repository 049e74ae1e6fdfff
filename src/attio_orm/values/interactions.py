"""Interactions: the e-mails, calls and meetings that Attio notes by itself."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Any, NoReturn

from msgspec import Struct

from attio_orm.errors import ReadOnlyAttributeError
from attio_orm.values.actors import Actor
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, refuse
from attio_orm.values.references import as_uuid
from attio_orm.values.timestamps import format_timestamp, moment_to_compare, parse_timestamp

_READ_ONLY = "An interaction is computed by Attio and cannot be written: leave it out."


class Interaction(Struct, frozen=True, gc=False):
    """What happened, when, and who of the workspace took part. Computed by Attio.

    ``interaction_type`` is ``"email"``, ``"calendar-event"``, ``"call"``, ``"chat-thread"``,
    ``"in-person-meeting"`` or ``"meeting"``; ``interacted_at`` is an aware ``datetime`` in UTC.
    """

    interaction_type: str | None = None
    interacted_at: datetime | None = None
    owner_actor: Actor | None = None


class OwnerWire(Struct, gc=False):
    """The actor of an interaction as Attio sends it."""

    type: str | None = None
    id: str | None = None


class InteractionWire(Struct, gc=False, tag_field="attribute_type", tag="interaction"):
    """An interaction as Attio sends it."""

    interaction_type: str | None = None
    interacted_at: str | None = None
    owner_actor: OwnerWire | None = None


class InteractionCodec(Codec[Interaction]):
    """Interactions, as ``Interaction``.

    https://docs.attio.com/docs/attribute-types/attribute-types-interaction
    """

    type = "interaction"
    shape = InteractionWire

    def read(self, wire: InteractionWire) -> Interaction | None:
        """The interaction."""
        at, owner = wire.interacted_at, wire.owner_actor
        if at is None and wire.interaction_type is None:
            return None
        return Interaction(
            wire.interaction_type,
            None if at is None else parse_timestamp(at),
            None if owner is None or owner.type is None else Actor(owner.type, owner.id),
        )

    def coerce(self, value: object, attr: AttributeSpec) -> NoReturn:
        """Always raises ``ReadOnlyAttributeError``."""
        raise ReadOnlyAttributeError(_READ_ONLY)

    def write(self, value: Interaction) -> NoReturn:
        """Always raises ``ReadOnlyAttributeError``."""
        raise ReadOnlyAttributeError(_READ_ONLY)

    def key(self, value: Interaction) -> Hashable:
        """The interaction itself."""
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The moment, the member's id, or the type of the interaction."""
        if prop == "interacted_at":
            return moment_to_compare(value)
        if prop == "owner_member_id":
            member = as_uuid(value.id if isinstance(value, Actor) else value)
            if member is None:
                refuse(value, "compare with the id of a workspace member, or an Actor that has it.")
            return member
        return clean_line(value, 'compare with a type of interaction, e.g. "email".')

    def dump(self, value: Interaction) -> Any:
        """Type, moment (ISO 8601) and owner."""
        at, owner = value.interacted_at, value.owner_actor
        return {
            "interaction_type": value.interaction_type,
            "interacted_at": None if at is None else format_timestamp(at),
            "owner_actor": None if owner is None else {"type": owner.type, "id": owner.id},
        }
