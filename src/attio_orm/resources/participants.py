"""Who takes part in a meeting or an e-mail."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.guards import is_dict
from attio_orm.types.actors import Actor
from attio_orm.types.emails import as_email
from attio_orm.wording import show

STATUSES = ("pending", "accepted", "tentative", "declined")


class Participant(Struct, frozen=True):
    """Somebody in a meeting: by ``email_address``, or by ``name`` where there is no address.

    ``status`` is pending, accepted, tentative or declined.
    """

    email_address: str | None = None
    name: str | None = None
    status: str = "pending"
    is_organizer: bool = False

    @property
    def key(self) -> str:
        """What tells two participants apart: the address, else the name."""
        return (self.email_address or self.name or "").casefold()


class Correspondent(Struct, frozen=True):
    """Somebody in an e-mail; ``role`` is from, reply-to, to, cc or bcc."""

    role: str
    email_address: str
    name: str | None = None

    @property
    def email_domain(self) -> str:
        """What stands after the ``@``."""
        return self.email_address.rpartition("@")[2]


def read_participant(wire: Any, _: object = None) -> Participant | None:
    """A participant of an answer; ``None`` where it says of nobody."""
    if not is_dict(wire):
        return None
    email, name = wire.get("email_address"), wire.get("name")
    return Participant(
        email_address=email.lower() if isinstance(email, str) else None,
        name=name if isinstance(name, str) else None,
        status=str(wire.get("status") or "pending"),
        is_organizer=wire.get("is_organizer") in (True, "true"),
    )


def read_correspondent(wire: Any, _: object = None) -> Correspondent | None:
    """A participant of an e-mail; ``None`` where it says of nobody."""
    if not is_dict(wire):
        return None
    name = wire.get("name")
    return Correspondent(
        role=str(wire.get("role") or ""),
        email_address=str(wire.get("email_address") or "").lower(),
        name=name if isinstance(name, str) else None,
    )


def participant(value: Any) -> Participant:
    """What accepts a participant: an e-mail address, a ``Participant``, or a workspace member.

    Raises ``ValidationError`` for anything but an address, and an actor who is not a member.
    """
    value = getattr(value, "actor", value)  # a Member
    if isinstance(value, Actor):
        email = value.email
        if email is None:
            raise ValidationError(
                f"{value!r} is not a member of the workspace, so their e-mail is not known: "
                f"give the address."
            )
        return Participant(email_address=as_email(email))
    if not isinstance(value, Participant):
        try:
            return Participant(email_address=as_email(value))
        except ValidationError as error:
            raise ValidationError(
                f"{error} Somebody without an address takes part as "
                f"Participant(name={value if isinstance(value, str) else '...'!r})."
            ) from None
    if value.status not in STATUSES:
        raise ValidationError(
            f"{show(value.status)} is not a status of a participant: {', '.join(STATUSES)}."
        )
    if value.email_address is not None:
        address = as_email(value.email_address)
        return Participant(address, value.name, value.status, value.is_organizer)
    if not value.name or not value.name.strip():
        raise ValidationError("A participant has neither an e-mail address nor a name: give one.")
    return value


def write_participant(value: Participant) -> dict[str, Any]:
    """What Attio takes for a participant; one with an address has no name there."""
    who = {"name": value.name}
    if value.email_address is not None:
        who = {"email_address": str.__str__(value.email_address)}
    return {**who, "status": value.status, "is_organizer": value.is_organizer}


def dump_participant(value: Participant | Correspondent) -> dict[str, Any]:
    """A participant as JSON has it."""
    return {name: getattr(value, name) for name in value.__struct_fields__}
