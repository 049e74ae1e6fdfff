"""Interactions: the e-mails, calls and meetings that Attio notes by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.conditions.expressions import Expr, Part
from attio_orm.conditions.lookups import EQUAL, ORDERED, TypeLookups
from attio_orm.errors import ReadOnlyAttributeError
from attio_orm.types.actors import Actor, ActorAttribute, actor_from, as_actor, as_parts
from attio_orm.types.base import STRING_OR_NULL, Attribute, AttributeSpec, Codec, JsonValue
from attio_orm.types.checks import as_uuid, members, refuse
from attio_orm.types.dates import TimestampExpr, aware, moment_to_compare
from attio_orm.types.provenance import AuthorWire
from attio_orm.types.pydantic_hooks import CompositeValue
from attio_orm.types.text import clean_line
from attio_orm.types.timestamps import format_timestamp, parse_timestamp

_ACTORS = ActorAttribute.codec
_PARTS = "an interaction has interaction_type, interacted_at and owner_actor."
_READ_ONLY = "An interaction is computed by Attio and cannot be written: leave it out."


class Interaction(CompositeValue, Struct, frozen=True, gc=False):
    """What happened, when, and who of the workspace took part. Computed by Attio.

    ``interaction_type`` is ``"email"``, ``"calendar-event"``, ``"meeting"`` or ``"activity"``, and
    of older ones ``"call"``, ``"chat-thread"`` or ``"in-person-meeting"``; ``interacted_at`` is an
    aware ``datetime`` in UTC.
    """

    interaction_type: str | None = None  # whatever Attio says: its list of them has changed
    interacted_at: datetime | None = None
    owner_actor: Actor | None = None

    def replace(self, **parts: str | datetime | Actor | None) -> Interaction:
        """The same with other ``parts``. Raises ``TypeError`` for a name that is not one."""
        return replace(self, **parts)


class InteractionWire(Struct, gc=False, tag_field="attribute_type", tag="interaction"):
    """An interaction as Attio sends it."""

    interaction_type: str | None = None
    interacted_at: str | None = None
    owner_actor: AuthorWire | None = None


class InteractionCodec(Codec[Interaction]):
    """Interactions, as ``Interaction``."""

    type = "interaction"
    shape = InteractionWire
    lookups = TypeLookups(
        None,  # Attio compares the parts only, so "is empty" asks for one that all have
        {"interaction_type": EQUAL, "owner_member_id": EQUAL, "interacted_at": EQUAL | ORDERED},
        always="interaction_type",
        moments=("interacted_at",),
    )

    value_class = Interaction
    json_schema: ClassVar = {
        "title": "Interaction",
        "type": "object",
        "properties": {
            "interaction_type": STRING_OR_NULL,
            "interacted_at": {
                "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]
            },
            "owner_actor": {"anyOf": [_ACTORS.json_schema, {"type": "null"}]},
        },
        "required": ["interaction_type", "interacted_at", "owner_actor"],
    }

    def read(self, wire: InteractionWire) -> Interaction | None:
        at, owner = wire.interacted_at, wire.owner_actor
        if at is None and wire.interaction_type is None:
            return None
        return Interaction(
            wire.interaction_type,
            None if at is None else parse_timestamp(at),
            None if owner is None or owner.type is None else actor_from(owner.type, owner.id),
        )

    def coerce(self, value: object, attr: AttributeSpec) -> NoReturn:
        """Always raises ``ReadOnlyAttributeError``."""
        # Attio's specification lists interactions among what can be written; Attio takes none
        raise ReadOnlyAttributeError(_READ_ONLY)

    def parse(self, value: object, attr: AttributeSpec) -> Interaction:
        """An interaction by its parts, as ``dump`` gives them: of another record, for example."""
        parts = members(value, Interaction.__struct_fields__, _PARTS)
        if parts is None:
            refuse(value, _PARTS)
        kind, at, owner = (parts.get(name) for name in Interaction.__struct_fields__)
        return Interaction(
            None if kind is None else clean_line(kind, _PARTS),
            None if at is None else aware(at),
            None if owner is None else as_actor(owner),
        )

    def write(self, value: Interaction) -> NoReturn:
        raise ReadOnlyAttributeError(_READ_ONLY)

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The moment, the member's id, or the type of the interaction."""
        if prop == "interacted_at":
            return moment_to_compare(value)
        if prop == "owner_member_id":
            member = as_uuid(value.id if isinstance(value, Actor) else value)
            if member is None:
                refuse(value, "compare with the id of a workspace member, or an Actor that has it.")
            return member
        return clean_line(value, 'compare with a type of interaction, e.g. "email".')

    def dump(self, value: Interaction) -> JsonValue:
        at, owner = value.interacted_at, value.owner_actor
        return {
            "interaction_type": value.interaction_type,
            "interacted_at": None if at is None else format_timestamp(at),
            "owner_actor": None if owner is None else as_parts(owner),
        }


class InteractionExpr(Expr[Any]):
    """An interaction (an e-mail, a meeting); Attio compares it by its parts only."""

    interaction_type = Part[Expr[str]](Expr)
    """What it was: ``email``, ``calendar-event``, ``meeting`` and so on."""
    interacted_at = Part(TimestampExpr)
    """When it was."""
    owner_member_id = Part[Expr[str]](Expr)
    """The id of the workspace member who took part."""


class InteractionAttribute(Attribute[InteractionExpr, Interaction | None, None]):
    """An e-mail, call or meeting that Attio noted. Read-only.

    See https://docs.attio.com/docs/attribute-types/attribute-types-interaction.
    """

    codec = InteractionCodec()
    expression = InteractionExpr

    def __init__(self, slug: str | None = None, **options: Any) -> None:
        options["read_only"] = True
        super().__init__(slug, **options)


ATTRIBUTES = (InteractionAttribute,)
