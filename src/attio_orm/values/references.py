"""References to records."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import (
    AttributeSpec,
    Codec,
    clean_line,
    clean_text,
    is_mapping,
    refuse,
    show,
)

_UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

# the member of a value object that holds a match, by attribute type
_MEMBERS = {
    "domain": "domain",
    "email-address": "email_address",
    "phone-number": "original_phone_number",
}


def as_uuid(value: object) -> str | None:
    """The UUID in a ``str`` or a ``uuid.UUID``, in lower case; ``None`` where it is none."""
    text = str(value) if type(value).__name__ == "UUID" else value
    if isinstance(text, str) and re.fullmatch(_UUID, text):
        return str.__str__(text).lower()
    return None


class ReferenceWire(Struct, gc=False, tag_field="attribute_type", tag="record-reference"):
    """A record reference as Attio sends it."""

    target_object: str | None = None
    target_record_id: str | None = None


class Reference(Struct, frozen=True, gc=False):
    """Which record is meant: the slug of its object and its id."""

    object: str
    id: str


class ReferenceMatch(Struct, frozen=True):
    """A record known by the value of an attribute: what ``Company.by(domains="acme.com")`` gives.

    ``value`` is the JSON that the attribute's codec writes; ``type`` is the attribute's type, which
    Attio's form of a match depends on. Attio finds the record when the reference is written.
    ``create`` holds the values of a record to make first, where there is none.
    """

    object: str
    attribute: str
    value: Any
    type: str = "text"
    create: dict[str, Any] | None = None

    def __hash__(self) -> int:
        return hash((self.object, self.attribute, repr(self.value)))


Referable: TypeAlias = Reference | ReferenceMatch


class ReferenceCodec(Codec[Referable]):
    """References, as ``Reference``; models turn them into instances.

    https://docs.attio.com/docs/attribute-types/attribute-types-record-reference
    """

    type = "record-reference"
    shape = ReferenceWire

    def read(self, wire: ReferenceWire) -> Reference | None:
        """The reference."""
        target = wire.target_record_id
        if target is None:
            return None
        return Reference(wire.target_object or "", target)

    def coerce(self, value: object, attr: AttributeSpec) -> Referable:
        """An instance, a ``Reference``, a ``ReferenceMatch``, or the UUID of a record."""
        allowed = attr.allowed_objects
        reference = _refer(value)
        if reference is None:
            if isinstance(value, str) and not as_uuid(value):
                clean_text(value, "give an instance.")
                raise ValidationError(f"{show(value)} is no record id: {_advice(allowed)}")
            record_id = as_uuid(value)
            if record_id is None:
                refuse(value, _advice(allowed))
            if len(allowed) != 1:
                choice = ", ".join(allowed) if allowed else "records of any object"
                raise ValidationError(
                    f"The id {show(value)} does not say which object it is of, and the attribute "
                    f"takes {choice}: give an instance, or Reference(object, id)."
                )
            return Reference(allowed[0], record_id)
        if allowed and reference.object not in allowed:
            raise ValidationError(
                f"A record of {reference.object!r} does not fit: {_advice(allowed)}"
            )
        if isinstance(reference, ReferenceMatch):
            return reference
        record_id = as_uuid(reference.id)
        if record_id is None:
            raise ValidationError(f"{show(reference.id)} is no record id: Attio's ids are UUIDs.")
        return Reference(reference.object, record_id)

    def write(self, value: Referable) -> Any:
        """The record's object and id, or what Attio is to match."""
        if isinstance(value, Reference):
            return {"target_object": value.object, "target_record_id": value.id}
        match: Any = value.value
        if not is_mapping(match):
            match = {_MEMBERS.get(value.type, "value"): match}
        return {"target_object": value.object, value.attribute: [match]}

    def key(self, value: Referable) -> Hashable:
        """The record's object and id, or what Attio is to match."""
        if isinstance(value, Reference):
            return value.object, value.id
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The record's id, or for ``target_object`` the slug of its object."""
        reference = _refer(value)
        if prop == "target_object":
            if reference is not None:
                return reference.object
            return clean_line(value, 'compare with the slug of an object, e.g. "companies".')
        if isinstance(reference, ReferenceMatch):
            raise ValidationError(
                f"A record known by {reference.attribute!r} cannot be compared: filter by the "
                f"related attribute, e.g. {attr.slug}__{reference.attribute}=..."
            )
        if reference is not None:
            allowed = attr.allowed_objects
            if allowed and reference.object not in allowed:
                raise ValidationError(
                    f"A record of {reference.object!r} can never match: {_advice(allowed)}"
                )
            value = reference.id
        record_id = as_uuid(value)
        if record_id is None:
            advice = "compare a reference with an instance or the UUID of a record."
            if not isinstance(value, str):
                refuse(value, advice)
            raise ValidationError(f"{show(value)} is no record id: {advice}")
        return record_id

    def dump(self, value: Referable) -> Any:
        """The record's id; of a match what is sent."""
        return value.id if isinstance(value, Reference) else self.write(value)


def _refer(value: object) -> Referable | None:
    """What a value refers to, where it knows that itself: a reference, a match or an instance."""
    if isinstance(value, Reference | ReferenceMatch):
        return value
    refer: Callable[[], Reference] | None = getattr(type(value), "_reference", None)
    if refer is None:
        return None
    return refer(value)  # type: ignore[call-arg]


# How records of Attio's own objects are matched; for others any unique attribute will do.
_MATCHES = {
    "companies": 'Company.by(domains="acme.com")',
    "people": 'Person.by(email_addresses="ada@acme.com")',
    "users": 'User.by(user_id="...")',
    "workspaces": 'Workspace.by(workspace_id="...")',
}


def _advice(allowed: tuple[str, ...]) -> str:
    of = f" of {' or '.join(allowed)}" if allowed else ""
    matches = [_MATCHES[each] for each in allowed or _MATCHES if each in _MATCHES]
    match = f"a match such as {matches[0]}" if matches else "a match by a unique attribute"
    return f"give a saved instance{of}, the UUID of a record, or {match}."
