"""How a declared model and the workspace differ, and the edit to make."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from attio_orm.caller_warnings import warn
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import SchemaDriftError, SchemaDriftWarning
from attio_orm.records.base import Record, mapper_of
from attio_orm.schema import AttributeSchema, ObjectSchema
from attio_orm.schema.definitions import kind_and_slug
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import ReferenceAttribute
from attio_orm.types.registry import attribute_for
from attio_orm.wording import close_matches


class Drift(Struct, frozen=True):
    """One difference.

    ``kind`` is missing, renamed, retyped, archived, cardinality, options, target or object; with
    the last, ``attribute`` is empty, as the workspace lacks the object itself.
    """

    kind: str
    attribute: str
    message: str

    def __str__(self) -> str:
        return f"{self.attribute}: {self.message}" if self.attribute else self.message


def compare(
    connection: BaseConnection, model: type[Record], known: ObjectSchema
) -> Operation[list[Drift]]:
    """Every difference between a model and its object, in the order of the declaration."""
    found: list[Drift] = []
    by_id = {each.id: each for each in known.attributes.values()}
    for name, attribute in mapper_of(model).attributes.items():
        same = _by_id(connection, mapper_of(model).object, attribute, by_id)
        difference = yield from _difference(connection, model, name, attribute, known, same)
        if difference is not None:
            found.append(difference)
    return found


def _difference(
    connection: BaseConnection,
    model: type[Record],
    name: str,
    attribute: AnyAttribute,
    known: ObjectSchema,
    same: AttributeSchema | None,
) -> Operation[Drift | None]:
    object, actual = mapper_of(model).object, known.attributes.get(attribute.slug)
    if same is not None and same is not actual:
        return _renamed(name, attribute, same)
    if actual is None:
        return _missing(connection, model, name, attribute, known)
    if actual.is_archived:
        return Drift("archived", name, "is archived: restore it in Attio, or delete the line.")
    shape = _shape(name, attribute, actual)
    if shape is not None:
        return shape
    if attribute.checked_options:
        # a request each, and so only for attributes whose options the class lists
        titles = yield from connection.schema.options(object, attribute.slug)
        return _options(name, attribute, list(titles))
    return _targets(name, attribute, actual) if isinstance(attribute, ReferenceAttribute) else None


def _by_id(
    connection: BaseConnection,
    object: str,
    attribute: AnyAttribute,
    by_id: Mapping[str, AttributeSchema],
) -> AttributeSchema | None:
    """The attribute that the class means, whatever its slug is now, where its id is known.

    By the declaration, else by what the workspace said of the slug before, or a snapshot does.
    """
    ids = attribute.id, connection.schema.former_id(object, attribute.slug)
    return next((by_id[each] for each in ids if each is not None and each in by_id), None)


def _renamed(name: str, attribute: AnyAttribute, same: AttributeSchema) -> Drift:
    kind = type(attribute).__name__
    if same.is_archived:
        message = f"is archived, as {same.slug!r}: restore it in Attio, or delete the line."
        return Drift("archived", name, message)
    id = f', id="{attribute.id}"' if attribute.id else ""
    return Drift(
        "renamed",
        name,
        f"the attribute {attribute.slug!r} is {same.slug!r} now: write "
        f'{name}: {kind} = {kind}("{same.slug}"{id}).',
    )


MADE_BY_DEFINE = frozenset({"missing", "renamed", "options"})
"""The kinds of differences that ``define()`` makes good in a new sandbox."""


def check_drift(
    connection: BaseConnection,
    model: type[Record],
    known: ObjectSchema,
    how: str,
    *,
    is_new: bool = False,
) -> Operation[bool]:
    """Warn of the differences, or raise ``SchemaDriftError``; gives whether that is all of them.

    Of a new sandbox (``is_new``) those that ``define()`` makes good are left for later.
    """
    found = yield from compare(connection, model, known)
    told = [each for each in found if not (is_new and each.kind in MADE_BY_DEFINE)]
    if not told:
        return not found
    kind, slug = kind_and_slug(mapper_of(model).object)
    word = kind.removesuffix("s")
    lines = "\n".join(f"  {model.__name__}.{each}" for each in told)
    message = f"{model.__name__} and the {word} {slug!r} of {connection.base} differ:\n{lines}"
    if how == "raise":
        raise SchemaDriftError(message, told)
    warn(message, SchemaDriftWarning)
    return len(told) == len(found)


def report_absent(connection: BaseConnection, model: type[Record], how: str) -> None:
    """Warn that the workspace lacks a declared model's object, or raise ``SchemaDriftError``."""
    if how == "ignore":
        return
    error = connection.schema.absent(mapper_of(model).object)
    found = Drift("object", "", f"{model.__name__} ({connection.base}): {error}")
    if how == "raise":
        raise SchemaDriftError(str(found), [found]) from error
    warn(str(found), SchemaDriftWarning)


def _missing(
    connection: BaseConnection,
    model: type[Record],
    name: str,
    attribute: AnyAttribute,
    known: ObjectSchema,
) -> Drift:
    declared = mapper_of(model).attributes.values()
    slugs = {each.slug for each in declared}
    # a slug can be changed, a type cannot: only what has the same shape may be the same attribute
    shape = (attribute.type, attribute.is_multi)
    others = [a for a in known.attributes.values() if not a.is_archived and a.slug not in slugs]
    same = [a for a in others if (a.type, a.is_multi) == shape]
    likely = close_matches(attribute.slug, [a.slug for a in same], most=1)
    own = [a.slug for a in same if not a.is_system]  # Attio's own keep their slugs
    lacking = [a for a in declared if a.slug not in known.attributes]
    if not likely and [(a.type, a.is_multi) for a in lacking].count(shape) == 1 == len(own):
        likely = own
    kind = type(attribute).__name__
    if likely:
        return Drift(
            "renamed",
            name,
            f"there is no attribute {attribute.slug!r}; it may have been renamed to {likely[0]!r}: "
            f'write {name}: {kind} = {kind}("{likely[0]}").',
        )
    if own:  # to make it again would split its values between two attributes
        return Drift(
            "missing",
            name,
            f"there is no attribute {attribute.slug!r}. If it was renamed, it is "
            f'{" or ".join(map(repr, own))}: write {name}: {kind} = {kind}("{own[0]}"), for one. '
            f"If not, delete the line.",
        )
    make = f"make it with connection.schema.apply({model.__name__})"
    if "sandbox" in connection.attached:
        make = f"make it with connection.sandbox.define({model.__name__})"
    return Drift(
        "missing", name, f"there is no attribute {attribute.slug!r}: {make}, or delete the line."
    )


def _shape(name: str, attribute: AnyAttribute, actual: AttributeSchema) -> Drift | None:
    if (attribute.type, attribute.is_multi) == (actual.type, actual.is_multi):
        return None
    better = type(attribute_for(actual.type, multi=actual.is_multi)).__name__
    # the type first: how many values it has means little where they are of another one
    if attribute.type != actual.type:
        return Drift(
            "retyped",
            name,
            f"is declared {type(attribute).__name__} and is of type {actual.type!r}: write "
            f"{name}: {better}.",
        )
    many = "several values" if actual.is_multi else "one value"
    return Drift("cardinality", name, f"holds {many} in the workspace: write {name}: {better}.")


def _options(name: str, attribute: AnyAttribute, titles: list[str]) -> Drift | None:
    gone = [title for title in attribute.options if title not in titles]
    new = [title for title in titles if title not in attribute.options]
    parts: list[str] = []
    if gone:
        parts.append(f"no longer has {', '.join(map(repr, gone))}")
    if new:
        parts.append(f"also has {', '.join(map(repr, new))}")
    if not parts:
        return None
    listed = ", ".join(f'"{title}"' for title in titles)
    kind = type(attribute).__name__
    edit = (
        f"{name}: {kind}[Literal[{listed}]]"
        if attribute.type == "status"
        else f"{name}: {kind} = {kind}(options=[{listed}])"
    )
    return Drift("options", name, f"{' and '.join(parts)}: write {edit}.")


def _targets(name: str, relation: AnyAttribute, actual: AttributeSchema) -> Drift | None:
    declared = set(relation.allowed_objects)
    # a class may refer to fewer objects than the workspace allows, and what is not said fits all
    if not declared or not actual.allowed_objects or declared <= set(actual.allowed_objects):
        return None
    return Drift(
        "target",
        name,
        f"refers to {', '.join(sorted(declared))} in the class and to "
        f"{', '.join(actual.allowed_objects)} in the workspace: correct the annotation.",
    )
