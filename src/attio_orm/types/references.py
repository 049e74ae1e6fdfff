"""References to records."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from msgspec import Struct

from attio_orm.conditions.expressions import Expr
from attio_orm.conditions.lookups import EQUAL, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.guards import is_list, is_mapping
from attio_orm.types.base import AnyClass, Attribute, AttributeSpec, Codec, E, JsonValue, R, W
from attio_orm.types.checks import as_uuid, freeze, refuse
from attio_orm.types.pydantic_hooks import CompositeValue
from attio_orm.types.text import clean_line, clean_text
from attio_orm.wording import show

if TYPE_CHECKING:
    from uuid import UUID

Id: TypeAlias = "str | UUID"

# the member of a value object that holds a match, by attribute type
_MEMBERS = {
    "domain": "domain",
    "email-address": "email_address",
    "phone-number": "original_phone_number",
}
MATCHED_TYPES = frozenset({*_MEMBERS, "number", "text"})
"""The attribute types by whose values Attio finds the record that a reference means."""

REFERENCE = "record-reference"


class ReferenceWire(Struct, gc=False, tag_field="attribute_type", tag="record-reference"):
    """A record reference as Attio sends it."""

    target_object: str | None = None
    target_record_id: str | None = None


class Reference(CompositeValue, Struct, frozen=True, gc=False):
    """Which record is meant: the slug of its object and its id."""

    object: str
    id: str


class ReferenceMatch(CompositeValue, Struct, frozen=True):
    """A record known by the value of an attribute: what ``Company.by(domains="acme.com")`` gives.

    ``value`` is the JSON that the attribute's codec writes; ``type`` is the attribute's type, which
    Attio's form of a match depends on. Attio finds the record when the reference is written.
    ``create`` holds the values of a record to make first, if there is none.
    """

    object: str
    attribute: str
    value: Any
    type: str = "text"
    create: dict[str, Any] | None = None

    def __hash__(self) -> int:
        return hash((self.object, self.attribute, freeze(self.value)))


Referable: TypeAlias = Reference | ReferenceMatch


class HasReference:
    """The base of what a reference can be made of: a record, of whatever class."""

    __slots__ = ()

    def _reference(self) -> Reference:
        """Which record it is. Raises ``ValidationError`` where it is not one yet."""
        raise NotImplementedError


def reference_to(record: HasReference) -> Reference:
    """Which record is meant. Raises ``ValidationError`` where it is not saved."""
    # an underscore, because all other names of a record are its attributes
    return record._reference()  # pyright: ignore[reportPrivateUsage]


class ReferenceCodec(Codec[Referable]):
    """References, as ``Reference``; models turn them into instances."""

    type = "record-reference"
    shape = ReferenceWire
    lookups = TypeLookups(
        "target_record_id",
        {"target_record_id": EQUAL | {"$in"}, "target_object": EQUAL},
        ordered=False,
    )

    def read(self, wire: ReferenceWire) -> Reference | None:
        target = wire.target_record_id
        if target is None:
            return None
        return Reference(wire.target_object or "", target)

    def unwrap(self, given: dict[Any, Any]) -> object:
        """The reference in Attio's form: by the id, or by one value of one attribute."""
        rest = dict(given)
        object = rest.pop("target_object", None)
        if not isinstance(object, str) or len(rest) != 1:
            return given
        ((name, value),) = rest.items()
        if name == "target_record_id":
            return Reference(object, value)
        match = value[0] if is_list(value) and len(value) == 1 else value
        if not is_mapping(match):
            return given
        if set(match) == {"original_phone_number", "country_code"}:
            return ReferenceMatch(object, name, dict(match), "phone-number")
        if len(match) != 1:
            return given
        ((member, found),) = match.items()
        kinds = {member: kind for kind, member in _MEMBERS.items()}
        if member == "value":
            kinds["value"] = "text" if isinstance(found, str) else "number"
        return ReferenceMatch(object, name, found, kinds[member]) if member in kinds else given

    def coerce(self, value: object, attr: AttributeSpec) -> Referable:
        """An instance, a ``Reference``, a ``ReferenceMatch``, or the UUID of a record."""
        allowed = attr.allowed_objects
        reference = _refer(value)
        if reference is None:
            if isinstance(value, str):
                clean_text(value, "give an instance.")
            record_id = _record_id(value, _advice(allowed))
            if len(allowed) != 1:  # Attio takes no bare id: it wants to know the object, too
                choice = ", ".join(allowed) if allowed else "records of any object"
                raise ValidationError(
                    f"The id {show(value)} does not say which object it is of, and the attribute "
                    f"takes {choice}: give an instance, or Reference(object, id)."
                )
            return Reference(allowed[0], record_id)
        _check_object(reference, allowed, "does not fit")
        if isinstance(reference, ReferenceMatch):
            return reference
        return Reference(reference.object, _record_id(reference.id, "Attio's ids are UUIDs."))

    def write(self, value: Referable) -> JsonValue:
        if isinstance(value, Reference):
            return {"target_object": value.object, "target_record_id": value.id}
        match: Any = value.value
        if not is_mapping(match):
            match = {_MEMBERS.get(value.type, "value"): match}
        # a list of exactly one, even where the attribute holds one value only
        return {"target_object": value.object, value.attribute: [match]}

    def key(self, value: Referable) -> Hashable:
        return (value.object, value.id) if isinstance(value, Reference) else value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
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
            _check_object(reference, attr.allowed_objects, "can never match")
            value = reference.id
        return _record_id(value, "compare a reference with an instance or the UUID of a record.")

    def dump(self, value: Referable) -> JsonValue:
        return value.id if isinstance(value, Reference) else self.write(value)


def _refer(value: object) -> Referable | None:
    """What a value refers to, where it knows that itself: a reference, a match or an instance."""
    if isinstance(value, Reference | ReferenceMatch):
        return value
    return reference_to(value) if isinstance(value, HasReference) else None


def _record_id(value: object, advice: str) -> str:
    record_id = as_uuid(value)
    if record_id is None:
        if not isinstance(value, str):
            refuse(value, advice)
        raise ValidationError(f"{show(value)} is not a valid record id: {advice}")
    return record_id


def _check_object(reference: Referable, allowed: tuple[str, ...], refusal: str) -> None:
    if allowed and reference.object not in allowed:
        raise ValidationError(f"A record of {reference.object!r} {refusal}: {_advice(allowed)}")


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


class IdExpr(Expr[Id]):
    """The id of the record, or of the record that a relation refers to."""


REFERENCES = ReferenceCodec()


class ReferenceAttribute(Attribute[E, R, W]):
    """What relations have in common; ``records/`` has those that are declared."""

    codec = REFERENCES
    may_be_empty: ClassVar[bool] = True

    def models(self) -> list[AnyClass]:
        """The declared target models, resolved now; empty for any object."""
        raise NotImplementedError

    def model_of(self, object: str) -> AnyClass | None:
        """The model of an object's slug, where there is one."""
        raise NotImplementedError

    def declared_models(self) -> list[AnyClass]:
        """The same as the annotation names them, where the application has others for them too."""
        raise NotImplementedError


ATTRIBUTES = (ReferenceAttribute,)
