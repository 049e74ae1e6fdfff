"""How a declared model and the workspace differ, and the edit to make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attio_orm.descriptors import Relation
from attio_orm.errors import SchemaDriftError, SchemaDriftWarning
from attio_orm.models.notices import warn
from attio_orm.operations import Operation
from attio_orm.schema.records import kind_and_slug

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model
    from attio_orm.schema import AttributeSchema, ObjectSchema


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
    connection: Connection, model: type[Model], known: ObjectSchema
) -> Operation[list[Drift]]:
    """Every difference between a model and its object, in the order of the declaration."""
    found: list[Drift] = []
    for name, attribute in model._attributes.items():
        actual = known.attributes.get(attribute.slug)
        if actual is None:
            found.append(_missing(connection, model, name, attribute, known))
            continue
        if actual.is_archived:
            found.append(
                Drift("archived", name, "is archived: restore it in Attio, or delete the line.")
            )
            continue
        difference = _shape(name, attribute, actual)
        if difference is not None:
            found.append(difference)
        elif attribute.checked_options:
            titles = yield from connection.schema.options(model._object, attribute.slug)
            found += _options(name, attribute, list(titles))
        elif isinstance(attribute, Relation):
            found += _targets(name, attribute, actual)
    return found


def check_drift(
    connection: Connection, model: type[Model], known: ObjectSchema, how: str
) -> Operation[None]:
    """Warn of the differences, or raise ``SchemaDriftError``."""
    found = yield from compare(connection, model, known)
    if not found:
        return
    kind, slug = kind_and_slug(model._object)
    word = kind.removesuffix("s")
    lines = "\n".join(f"  {model.__name__}.{each}" for each in found)
    message = f"{model.__name__} and the {word} {slug!r} of {connection.base} differ:\n{lines}"
    if how == "raise":
        raise SchemaDriftError(message, found)
    warn(message, SchemaDriftWarning)


def report_absent(connection: Connection, model: type[Model], how: str) -> None:
    """Warn that the workspace lacks a declared model's object, or raise ``SchemaDriftError``."""
    if how == "ignore":
        return
    error = connection.schema.absent(model._object)
    found = Drift("object", "", f"{model.__name__} ({connection.base}): {error}")
    if how == "raise":
        raise SchemaDriftError(str(found), [found]) from error
    warn(str(found), SchemaDriftWarning)


def _missing(
    connection: Connection,
    model: type[Model],
    name: str,
    attribute: AnyAttribute,
    known: ObjectSchema,
) -> Drift:
    declared = {a.slug for a in model._attributes.values()}
    others = {
        slug: a for slug, a in known.attributes.items()
        if slug not in declared and not a.is_archived
    }  # fmt: skip
    same_kind = [
        s for s, a in others.items() if (a.type, a.is_multi) == (attribute.type, attribute.is_multi)
    ]
    from difflib import get_close_matches  # only here, as it takes a while to import

    close = get_close_matches(attribute.slug, same_kind, n=1, cutoff=0.6)
    kind = type(attribute).__name__
    make = "create it in Attio"
    if connection.sandbox is not None:
        make = f"make it with connection.sandbox.define({model.__name__})"
    if close:
        return Drift(
            "renamed",
            name,
            f"there is no attribute {attribute.slug!r}; it may have been renamed to {close[0]!r}: "
            f'write {name}: {kind} = {kind}("{close[0]}").',
        )
    return Drift(
        "missing",
        name,
        f"there is no attribute {attribute.slug!r}: {make}, or delete the line.",
    )


def _shape(name: str, attribute: AnyAttribute, actual: AttributeSchema) -> Drift | None:
    from attio_orm.attributes import attribute_for

    better = type(attribute_for(actual.type, multi=actual.is_multi)).__name__
    if attribute.type != actual.type:
        return Drift(
            "retyped",
            name,
            f"is declared {type(attribute).__name__} and is of type {actual.type!r}: write "
            f"{name}: {better}.",
        )
    if attribute.is_multi != actual.is_multi:
        many = "several values" if actual.is_multi else "one value"
        return Drift("cardinality", name, f"holds {many} in the workspace: write {name}: {better}.")
    return None


def _options(name: str, attribute: AnyAttribute, titles: list[str]) -> list[Drift]:
    gone = [title for title in attribute.options if title not in titles]
    new = [title for title in titles if title not in attribute.options]
    parts: list[str] = []
    if gone:
        parts.append(f"no longer has {', '.join(map(repr, gone))}")
    if new:
        parts.append(f"also has {', '.join(map(repr, new))}")
    if not parts:
        return []
    listed = ", ".join(f'"{title}"' for title in titles)
    kind = type(attribute).__name__
    edit = (
        f"{name}: {kind}[Literal[{listed}]]"
        if attribute.type == "status"
        else f"{name}: {kind} = {kind}(options=[{listed}])"
    )
    return [
        Drift(
            "options",
            name,
            f"{' and '.join(parts)}: write {edit}.",
        )
    ]


def _targets(name: str, relation: Any, actual: AttributeSchema) -> list[Drift]:
    declared = set(relation.allowed_objects)
    if not declared or not actual.allowed_objects or declared <= set(actual.allowed_objects):
        return []
    return [
        Drift(
            "target",
            name,
            f"refers to {', '.join(sorted(declared))} in the class and to "
            f"{', '.join(actual.allowed_objects)} in the workspace: correct the annotation.",
        )
    ]
