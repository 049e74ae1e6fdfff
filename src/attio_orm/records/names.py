"""What a name means on a record: a declared attribute, one that the workspace has, or a mistake."""

from __future__ import annotations

from attio_orm import wording
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import loop_is_running
from attio_orm.effects import Operation, run
from attio_orm.errors import AttioError, UnknownAttributeError
from attio_orm.guards import is_dict, is_list
from attio_orm.records.base import Mapper, Record, mapper_of, object_of, state_of
from attio_orm.schema import ObjectSchema
from attio_orm.transport.decoding import plain
from attio_orm.types.base import AnyAttribute
from attio_orm.types.names_elsewhere import meant
from attio_orm.types.registry import attribute_for

# Names that belong to every instance, now or in a later version; a slug of that name is reached as
# person["notes"], or declared under another Python name.
RESERVED = frozenset({
    "notes", "tasks", "entries", "comments", "threads", "files", "meetings", "emails", "schema",
    "merge", "as_of", "write_history", "add_comment", "export_data", "erase",
    "amerge", "aas_of", "awrite_history", "aadd_comment", "aexport_data", "aerase",
})  # fmt: skip

# What every record has beside its attributes, and nobody sets.
GIVEN = frozenset({"id", "created_at", "web_url", "raw", "changes", "is_changed", "connection"})
_GIVEN_SLUGS = frozenset({"record_id", "created_at"})


def connection_of(record: Record) -> BaseConnection | None:
    """The record's connection; of a new or detached one the current connection, if any."""
    return state_of(record).connection or current.current_or_none()


def schema_of(record: Record) -> ObjectSchema | None:
    """What is known of the record's object in its workspace, without a request."""
    connection = connection_of(record)
    return connection.schema.get(mapper_of(type(record)).object) if connection else None


def attribute_of(record: Record, name: str) -> AnyAttribute | None:
    """The attribute of this Python name or slug, declared or known from the workspace."""
    mapper = mapper_of(type(record))
    found = mapper.by_name.get(name)
    if found is not None or mapper.strict:
        return found
    return _undeclared(record, name)


def declared_slugs(mapper: Mapper) -> frozenset[str]:
    """The slugs that a class speaks for; of every other one that a record has, its workspace."""
    return frozenset({each.slug for each in mapper.attributes.values()} | _GIVEN_SLUGS)


def other_attributes(record: Record) -> list[AnyAttribute]:
    """What the record has beside what its class declares, as far as the schema knows it."""
    mapper, state = mapper_of(type(record)), state_of(record)
    if mapper.strict or state.is_deferred:
        return []
    declared = declared_slugs(mapper)
    others = (attribute_of(record, slug) for slug in state.split() if slug not in declared)
    return [each for each in others if each is not None]


def all_attributes(record: Record) -> list[AnyAttribute]:
    """The declared attributes, then the others that the record has and the schema knows."""
    return [*mapper_of(type(record)).attributes.values(), *other_attributes(record)]


def attribute_at(record: Record, slug: str) -> AnyAttribute | None:
    """The attribute of this slug, or else of this Python name."""
    mapper = mapper_of(type(record))
    found = mapper.by_slug.get(slug)
    if found is None and not mapper.strict:
        found = _undeclared(record, slug)
    return found or mapper.attributes.get(slug)


def required_attribute(record: Record, name: str) -> AnyAttribute:
    """The attribute of this name or slug. Raises ``UnknownAttributeError``."""
    attribute = attribute_of(record, name) or attribute_since(record, name)
    if attribute is None:
        raise unknown_attribute(record, name)
    return attribute


# -- what the workspace may have by now -----------------------------------------------------------


def may_be_new(record: Record, name: str) -> bool:
    """Whether a name that is not known may be one of an attribute that was made since."""
    # with an underscore before them they are asked for by tools, and no slug begins so
    return not (mapper_of(type(record)).strict or name.startswith("_") or name in GIVEN)


def can_ask(record: Record) -> bool:
    """Whether a request may be sent right here, for the workspace to be looked at.

    Not where an event loop would stand still, nor for what an ``a``-method gave.
    """
    context, connection = state_of(record).context, connection_of(record)
    if connection is None or connection.transport.is_closed or loop_is_running():
        return False
    return context is None or not context.asynchronous


def looked_up(operation: Operation[object]) -> bool:
    """Carry out a look at the workspace; gives whether it succeeded."""
    try:
        run(operation)
    except AttioError:  # whoever saves meets it, and is told
        return False
    return True


def attribute_since(record: Record, name: str) -> AnyAttribute | None:
    """The attribute of a name that was not known, where the workspace has one by now.

    Asks for it, at most every 10 s, where that may be done here.
    """
    connection, object = connection_of(record), object_of(record)
    if connection is None or not may_be_new(record, name) or not can_ask(record):
        return None
    if connection.schema.get(object) is None and state_of(record).id is None:
        return None  # of a new record, saving it asks
    looked_up(connection.schema.look_again(object))
    return attribute_of(record, name)


def _undeclared(record: Record, name: str) -> AnyAttribute | None:
    model, connection = type(record), connection_of(record)
    if connection is not None:
        known = connection.schema.get(mapper_of(model).object)
        if known is not None and name in known.attributes:
            return undeclared_attribute(connection, model, name)
        if known is not None:
            return _held(connection, record, name)
    kinds = state_of(record).kinds
    if kinds is not None and name in kinds:
        kind, multi = kinds[name]
        return _named(attribute_for(kind, multi=multi), model, name)
    return None


def undeclared_attribute(
    connection: BaseConnection, model: type[Record], slug: str
) -> AnyAttribute | None:
    """The attribute for a slug that a class does not declare, from the connection's schema."""
    known = connection.schema.get(mapper_of(model).object)
    found = known.attributes.get(slug) if known is not None else None
    if found is None or found.is_archived:
        return None
    made: dict[tuple[type[Record], str], AnyAttribute] = connection.mapping.undeclared
    attribute = made.get((model, slug))
    # one for all records of a class, which the decoders know apart; anew where it was retyped
    if attribute is None or (attribute.type, attribute.is_multi) != (found.type, found.is_multi):
        attribute = attribute_for(found.type, multi=found.is_multi)
        attribute.read_only = attribute.read_only or not found.is_writable
        made[model, slug] = _named(attribute, model, slug)
    return attribute


def _held(connection: BaseConnection, record: Record, slug: str) -> AnyAttribute | None:
    """The attribute of values that a record came with, and that the schema does not know yet."""
    state, model = state_of(record), type(record)
    raw = None if state.values is None else state.split().get(slug)
    values: object = None if raw is None else plain(raw)
    if not is_list(values) or not values or not is_dict(values[0]):
        return None
    kind = values[0].get("attribute_type")
    if not isinstance(kind, str):
        return None
    made: dict[tuple[type[Record], str], AnyAttribute] = connection.mapping.undeclared
    attribute = made.get((model, slug))
    multi = len(values) > 1  # of one value nobody can tell
    if attribute is None or attribute.type != kind or (multi and not attribute.is_multi):
        attribute = made[model, slug] = _named(attribute_for(kind, multi=multi), model, slug)
    return attribute


def _named(attribute: AnyAttribute, model: type[Record], slug: str) -> AnyAttribute:
    attribute.bind(model, slug)
    if slug in RESERVED or slug in dir(model):
        attribute.key = f"[{slug}]"  # would hide a method in the instance's ``__dict__``
    return attribute


def types_of(mapper: Mapper, known: ObjectSchema | None) -> dict[str, str]:
    """The types of the attributes that can be used, by their names."""
    declared = {name: attribute.type for name, attribute in mapper.attributes.items()}
    if known is None or mapper.strict:
        return declared
    return declared | {
        slug: spec.type
        for slug, spec in known.attributes.items()
        if not spec.is_archived and slug not in mapper.by_slug
    }


def archived(model: type[Record], name: str) -> UnknownAttributeError:
    """The error for an attribute that is archived in the workspace."""
    return UnknownAttributeError(
        f"{model.__name__}.{name}: the attribute is archived in this workspace; restore it "
        f"in Attio, or stop using it."
    )


def unknown_attribute(record: Record, name: str) -> UnknownAttributeError:
    """The error for a name nobody knows, with close matches."""
    model, mapper = type(record), mapper_of(type(record))
    if name == "entries" and mapper.is_entry:
        return UnknownAttributeError(
            f"{record!r} is a list entry, and has no entries of its own: use "
            f'entry.parent.entries, or entry["entries"] for an attribute of this slug.'
        )
    known = schema_of(record)
    if name in RESERVED:
        return UnknownAttributeError(kept(mapper, known, name))
    if name == "objects":
        return UnknownAttributeError(
            f"The manager belongs to the class: use {model.__name__}.objects, not that of one "
            f"{model.__name__}."
        )
    names = set(mapper.attributes) | set(mapper.by_slug)
    if known is not None:
        found = known.attributes.get(name)
        if found is not None and found.is_archived:
            return archived(model, name)
        if not mapper.strict:
            names |= set(known.attributes)
    elsewhere = meant(name, types_of(mapper, known))
    if elsewhere:
        return UnknownAttributeError(
            f"{model.__name__} has no attribute {name!r}. {_meaning(mapper, elsewhere[0])}"
        )
    hint = f" {wording.did_you_mean(name, sorted(names))}".rstrip()
    why = " (the model is strict: declare it to use it)" if mapper.strict else ""
    if not hint and known is None and not mapper.strict and state_of(record).values is not None:
        hint = (
            " The record came without it: the workspace has no attribute of that slug, or has "
            "archived it."
        )
    if known is not None and not mapper.strict:
        hint += f" {wording.to_find(mapper.object)}"
    return UnknownAttributeError(f"{model.__name__} has no attribute {name!r}{why}.{hint}")


def _meaning(mapper: Mapper, names: tuple[str, ...]) -> str:
    """What to write on an instance for a name that stands for these."""
    first, last = names[0], names[-1]
    if first == "id":
        return "Use instance.id, which Attio gives."
    if len(names) == 1:
        return wording.meant([first]).rstrip()
    attribute = mapper.by_name.get(first)
    if attribute is not None and attribute.is_multi:
        return f"Use instance.{first}: each of them has its {last}."
    if last == "id":
        return f"Use instance.{first}, whose id is instance.{first}.id."
    return f"It is a part of {first}: read instance.{first}.{last}, and set the whole {first}."


def kept(mapper: Mapper, known: ObjectSchema | None, name: str) -> str:
    """Why a name cannot be used that every model has, now or later, and what to use instead."""
    text = f"{mapper.name}.{name} is a name kept for what every model has."
    if name == "comments":
        text += " instance.threads gives the threads that they are in."
    if known is None or name in known.attributes:
        text += f' An attribute of the workspace with this slug is reached as instance["{name}"].'
    return text
