"""``Company.by(domains="acme.com")``: a reference that Attio resolves by a unique value."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from attio_orm.connection import current
from attio_orm.errors import UnknownAttributeError, ValidationError
from attio_orm.records.base import Record, mapper_of
from attio_orm.types.base import AttributeSpec, codec_for
from attio_orm.types.references import MATCHED_TYPES, ReferenceMatch
from attio_orm.wording import did_you_mean, show


def match(
    model: type[Record],
    given: Mapping[str, object],
    create: Mapping[str, object] | bool | None = False,
) -> ReferenceMatch:
    """The match by one attribute; with ``create`` the values of a record to make first."""
    mapper = mapper_of(model)
    if len(given) != 1:
        raise ValidationError(
            f"{model.__name__}.by() takes exactly one attribute and its value, e.g. "
            f'{model.__name__}.by(domains="acme.com").'
        )
    ((name, value),) = given.items()
    attribute = mapper.by_name.get(name)
    spec: AttributeSpec | None = attribute
    connection = current.current_or_none()
    # what the workspace says of a type counts, where it is known: it will do the matching
    if connection is not None and (known := connection.schema.get(mapper.object)) is not None:
        spec = known.attributes.get(attribute.slug if attribute else name, spec)
    if spec is None:
        raise UnknownAttributeError(
            f"{model.__name__} has no attribute {name!r} to match by. "
            f"{did_you_mean(name, mapper.attributes)}Name a unique one, e.g. "
            f'Company.by(domains="acme.com").'
        )
    codec = codec_for(spec.type)
    if codec.type not in MATCHED_TYPES:
        raise ValidationError(
            f"{model.__name__}.by({name}=...): Attio matches references by text, number, domain, "
            f"e-mail and phone attributes only, and {name!r} is of type {codec.type!r}. Give the "
            f"record or its id instead."
        )
    found = ReferenceMatch(
        mapper.object, spec.slug, codec.write(codec.accept(value, spec)), spec.type
    )
    if create is None or create is False:
        return found
    if create is not True and not isinstance(create, Mapping):
        raise ValidationError(
            f"{model.__name__}.by(create=...) takes True, or a dict of the values of a new record; "
            f"not {show(create)}."
        )
    values: Mapping[str, object] = create if isinstance(create, Mapping) else {}
    # by slug: another class of the same object may make the record, with names of its own
    slugs = {name: attribute.slug for name, attribute in mapper.by_name.items()}
    made = {slugs.get(name, name): given for name, given in values.items()}
    # the match itself is among the values: the save upserts by it
    return structs.replace(found, create={**made, spec.slug: [value] if spec.is_multi else value})
