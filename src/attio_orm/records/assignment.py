"""What users assign: found by name, checked, turned into the attribute's Python value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import loop_is_running, session_of
from attio_orm.effects import Operation
from attio_orm.errors import Problem, ReadOnlyAttributeError, UnknownAttributeError, ValidationError
from attio_orm.guards import is_several
from attio_orm.records.base import Record, mapper_of, object_of, state_of
from attio_orm.records.deferred_loading import deferred_in
from attio_orm.records.names import (
    GIVEN,
    RESERVED,
    archived,
    attribute_of,
    attribute_since,
    can_ask,
    connection_of,
    looked_up,
    may_be_new,
    schema_of,
    unknown_attribute,
)
from attio_orm.records.relations import model_of
from attio_orm.records.state import AttributeList, edit_of, hold, is_changed, local_values
from attio_orm.types.actors import Actor
from attio_orm.types.base import CHOICES, AnyAttribute, AttributeSchema, AttributeSpec, codec_for
from attio_orm.types.checks import refuse_missing
from attio_orm.types.choices import find_choice
from attio_orm.types.references import REFERENCE, ReferenceAttribute, ReferenceMatch, reference_to
from attio_orm.types.text import plain
from attio_orm.wording import show


def spec_of(record: Record, attribute: AnyAttribute) -> AttributeSchema | AnyAttribute:
    """What is known of an attribute: the workspace's own schema, else what the class declares."""
    known = schema_of(record)
    found = known.attributes.get(attribute.slug) if known is not None else None
    return attribute if found is None else found


def assign(record: Record, attribute: AnyAttribute, value: object) -> None:
    """Set one attribute. Raises ``ValidationError`` or ``ReadOnlyAttributeError``."""
    _put(record, attribute, accept(record, attribute, value))  # a refused value changes nothing


def _put(record: Record, attribute: AnyAttribute, checked: Any) -> None:
    state_of(record).touch(record, attribute)
    replaced = record.__dict__.get(attribute.key)
    if isinstance(replaced, AttributeList):
        replaced.let_go()  # whoever holds it may change it for themselves
    record.__dict__[attribute.key] = checked


def refuse_read_only(
    record: Record, attribute: AnyAttribute, spec: AttributeSpec | None = None
) -> None:
    """Raise ``ReadOnlyAttributeError`` for what Attio computes itself.

    And ``UnknownAttributeError`` for what is archived in the workspace.
    """
    model = type(record).__name__
    spec = spec_of(record, attribute) if spec is None else spec
    if isinstance(spec, AttributeSchema) and spec.is_archived:
        raise archived(type(record), attribute.name)
    if attribute.create_only and state_of(record).id is not None:
        raise ReadOnlyAttributeError(
            f"{model}.{attribute.name} stays what it was when the entry was made: Attio cannot "
            f"change it. Make an entry for the other record, and delete this one."
        )
    if not spec.is_writable or not attribute.is_writable:
        raise ReadOnlyAttributeError(
            f"{model}.{attribute.name} is computed by Attio and cannot be written: leave it out."
        )


def accept(
    record: Record,
    attribute: AnyAttribute,
    value: object,
    spec: AttributeSpec | None = None,
    *,
    final: bool = False,
) -> Any:
    """The Python value for what is assigned: one value, ``None``, or a tracked list.

    ``spec`` is what the workspace says of the attribute, where the caller knows it. ``final``: what
    is not known was looked up, and is refused.
    """
    spec = spec_of(record, attribute) if spec is None else spec
    refuse_read_only(record, attribute, spec)
    if attribute.is_multi:
        if value is None:
            return AttributeList((), record, attribute)
        if not is_several(value):
            try:
                refuse_missing(value)
            except ValidationError as error:
                raise prefixed(error, attribute.name, value) from None
            raise ValidationError(
                f"takes a list of values, not {type(value).__name__}: give [{value!r}], or append "
                f"to what is there.",
                attribute=attribute.name,
            )
        items = [_accept_one(record, attribute, each, spec, final=final) for each in value]
        return AttributeList(items, record, attribute)
    if value is None or _is_empty(value):
        return None
    return _accept_one(record, attribute, value, spec, final=final)


def _is_empty(value: object) -> bool:
    # how Attio says of one value that there is none
    return isinstance(value, list) and not value


def accept_item(record: Record, attribute: AnyAttribute, value: object) -> Any:
    """One value that comes into a record's list later."""
    spec = spec_of(record, attribute)
    if not spec.is_writable or not attribute.is_writable:
        raise ReadOnlyAttributeError(
            f"{type(record).__name__}.{attribute.name} is computed by Attio: it is read-only."
        )
    return _accept_one(record, attribute, value, spec)


def _accept_one(
    record: Record,
    attribute: AnyAttribute,
    value: object,
    spec: AttributeSpec,
    *,
    final: bool = False,
) -> Any:
    try:
        if isinstance(attribute, ReferenceAttribute):
            return _accept_related(record, attribute, value, spec)
        if attribute.type in CHOICES:
            return _accept_choice(record, attribute, value, spec, final=final)
        accepted = attribute.accept(value, spec)
    except ValidationError as error:
        raise prefixed(error, attribute.name, value) from None
    if isinstance(accepted, Actor) and accepted.id is None and accepted.email is not None:
        return _identified(record, accepted, accepted.email)
    return accepted


def _identified(record: Record, actor: Actor, email: str) -> Actor:
    """A member that was given by e-mail, with the id where that is known: so Attio will answer."""
    connection = connection_of(record)
    if connection is None:
        return actor
    member = connection.schema.member_by_email(email)
    return actor if member is None else actor.replace(id=member.id)


def _accept_choice(
    record: Record, attribute: AnyAttribute, value: object, spec: AttributeSpec, *, final: bool
) -> Any:
    """The option or status; one that is not known is looked up once more before it is refused."""
    titles, object = _known_titles(record, attribute), object_of(record)
    if titles is None or final:
        return attribute.accept(value, spec, titles)
    accepted = attribute.accept(value, spec)
    connection = connection_of(record)
    is_gone = connection is None or connection.transport.is_closed
    if connection is None or is_gone or find_choice(accepted, titles) is not None:
        return attribute.accept(accepted, spec, titles)
    if not can_ask(record) or not looked_up(connection.schema.look_again(object, attribute.slug)):
        # the save looks it up, and refuses it; where there is no such object yet, the class tells
        is_there = loop_is_running() or connection.schema.get(object) is not None
        return accepted if is_there else attribute.accept(accepted, spec, titles)
    return attribute.accept(accepted, spec, _known_titles(record, attribute))


def _known_titles(
    record: Record, attribute: AnyAttribute
) -> Sequence[str] | Mapping[str, str] | None:
    """The titles a select or status may take, where they are known without a request."""
    connection = connection_of(record)
    if connection is not None:
        known = connection.schema.known_choices(object_of(record), attribute.slug)
        if known is not None:
            return known
    if mapper_of(type(record)).is_activity:
        return None  # what the class declares may be old, and nothing tells: Attio checks them
    return attribute.options if attribute.checked_options else None


def _accept_related(
    record: Record, relation: ReferenceAttribute[Any, Any, Any], value: object, spec: AttributeSpec
) -> Any:
    """What a relation is assigned, as an instance (or a match). Raises ``ValidationError``."""
    codec, state = codec_for(REFERENCE), state_of(record)
    if isinstance(value, Record):
        if state.connection is not None:
            refuse_foreign(state.connection, [value])
        codec.coerce(reference_to(value), spec)
        return value  # the instance itself: reading the relation gives what was assigned
    checked = codec.accept(value, spec)
    if isinstance(checked, ReferenceMatch):
        if relation.create_only and checked.create is None:
            raise ValidationError(
                "An entry is about one record, which Attio takes by its id: give the record, such "
                "as Company.objects.get(...), or a match with create=..."
            )
        return checked
    connection = connection_of(record)
    session = state.session
    if session is None and connection is not None:
        session = session_of(connection)
    return deferred_in(model_of(checked, relation, connection), checked.id, connection, session)


def refuse_foreign(connection: BaseConnection, values: Iterable[object]) -> None:
    """Raise ``ValidationError`` for a record of another connection among the values."""
    for value in values:
        theirs = state_of(value).connection if isinstance(value, Record) else None
        if theirs is not None and theirs is not connection:  # its id means nothing there
            raise ValidationError(
                f"{value!r} belongs to another connection ({theirs!r}): fetch the record of this "
                f"workspace instead."
            )


def prefixed(error: ValidationError, name: str, value: object) -> ValidationError:
    """The same error, naming the attribute it is about."""
    problems = [
        problem if problem.attribute else Problem(name, problem.message, value)
        for problem in error.problems
    ]
    return type(error)(problems)


# -- names that a class does not declare ----------------------------------------------------------


def _given(record: Record, name: str) -> ReadOnlyAttributeError:
    model = type(record).__name__
    hint = f" {model}.ref(id) stands for the record of an id." if name == "id" else ""
    return ReadOnlyAttributeError(
        f"{model}.{name} cannot be set, as Attio or the library gives it: leave it out.{hint}"
    )


def _has(model: type[Record], name: str) -> bool:
    # not hasattr(): asked for a name it does not have, a class of models makes up an error
    return any(name in vars(each) for each in model.__mro__)


def is_own(record: Record, name: str) -> bool:
    """Whether a name that a record holds something under is its class's own, not an attribute."""
    if name in GIVEN or name in mapper_of(type(record)).attributes:
        return False
    return name.startswith("_") or _has(type(record), name)


def assign_undeclared(record: Record, name: str, value: object, base: type[Record]) -> None:
    """``record.name = value`` for a name the class does not declare as an attribute.

    ``base`` is the class whose names are those of every model.
    """
    if name in GIVEN:
        raise _given(record, name)
    if not name.startswith("_") and _has(base, name):
        raise UnknownAttributeError(
            f"{type(record).__name__}.{name} is a part of every model and cannot be set. For an "
            f'attribute of that slug write instance["{name}"] = ..., or declare it under another '
            f"name."
        )
    if name.startswith("_") or _has(type(record), name):
        object.__setattr__(record, name, value)
        return
    if name in RESERVED:
        raise unknown_attribute(record, name)
    attribute = attribute_of(record, name)
    if attribute is not None:
        assign(record, attribute, value)
        (state_of(record).extra or {}).pop(name, None)
    elif name in vars(record):
        raise ReadOnlyAttributeError(
            f"{record!r}.{name} holds what an Include(...) picked, and is read-only: change the "
            f"relation itself."
        )
    else:
        keep_for_later(record, name, value)


def keep_for_later(record: Record, name: str, value: object) -> None:
    """Keep a value nothing is known about yet; it is checked before it is sent.

    Raises ``UnknownAttributeError`` where the workspace cannot have an attribute of that name, and
    has not got one since.
    """
    attribute = _since(record, name)
    if attribute is None:
        _keep(record, name, value)
    else:
        assign(record, attribute, value)


def _keep(record: Record, name: str, value: object) -> None:
    state = state_of(record)
    if state.extra is None:
        state.extra = {}
    state.extra[name] = value


def _since(record: Record, name: str) -> AnyAttribute | None:
    """The attribute of a name that has one since; ``None`` where that is known later. Raises."""
    if _may_exist(record, name):
        return None
    attribute = attribute_since(record, name)
    if attribute is None:
        # where nothing can be asked for, the save does it
        asks_later = may_be_new(record, name) and name not in _NEVER and not can_ask(record)
        if connection_of(record) is None or not asks_later:
            raise unknown_attribute(record, name)
    return attribute


_NEVER = frozenset({"id", "record_id", "created_at", "web_url"})


def _may_exist(record: Record, name: str) -> bool:
    if mapper_of(type(record)).strict or name in _NEVER:
        return False
    state = state_of(record)
    if state.values is not None:
        return name in state.split()  # a record comes with every attribute that there was
    return schema_of(record) is None


def settle_extra(record: Record, connection: BaseConnection) -> Operation[None]:
    """Assign what was set before its attribute was known, which is looked up. Raises as that."""
    state = state_of(record)
    if not state.extra:
        return
    if any(attribute_of(record, name) is None for name in state.extra):
        yield from connection.schema.look_again(object_of(record))
    extra, state.extra = state.extra, None
    try:
        assign_all(record, extra)
        left: dict[str, Any] = state.extra or {}
        for unknown in left:  # the record has it, and the schema has it no longer
            raise unknown_attribute(record, unknown)
    except BaseException:
        state.extra = extra  # nothing that was set is lost by a save that failed
        raise


def settle_titles(record: Record, keys: Collection[str] | None) -> Operation[bool]:
    """Take titles of options and statuses as the workspace writes them; whether any was not so.

    Of the changed attributes, limited to these keys. Those that are not known are looked up.
    """
    connection, differ = connection_of(record), False
    for key, pending in list(state_of(record).changed.items()):
        attribute = pending.attribute
        if attribute.type not in CHOICES or connection is None or not (keys is None or key in keys):
            continue
        values = [each for each in local_values(record, attribute) if isinstance(each, str)]
        if not values or not is_changed(edit_of(record, attribute, pending.base)):
            continue
        yield from know_titles(connection, object_of(record), attribute.slug, values)
        titles = connection.schema.known_choices(object_of(record), attribute.slug) or {}
        found = [find_choice(each, titles) for each in values]
        if None not in found and found != [plain(each) for each in values]:
            spec = spec_of(record, attribute)
            hold(record, attribute, [attribute.accept(each, spec, titles) for each in values])
            differ = True
    return differ


def know_titles(
    connection: BaseConnection, object: str, slug: str, given: Iterable[str]
) -> Operation[None]:
    """Read the titles of a select or status; once more where one that is given is not there."""
    schema = connection.schema
    known = schema.known_choices(object, slug)
    yield from schema.choices(object, slug)
    titles = schema.known_choices(object, slug) or {}
    if any(find_choice(each, titles) is None for each in given):
        if known is None:  # read for this very title: that was the look
            schema.note_look(object, slug)
        else:
            yield from schema.look_again(object, slug)


def assign_all(record: Record, values: Mapping[str, object]) -> None:
    """Set several attributes, or none; raises one ``ValidationError`` with every problem."""
    problems: list[Problem] = []  # all of them: who corrects one should not meet the next
    checked: list[tuple[AnyAttribute | str, Any]] = []
    for name, value in values.items():
        try:
            attribute = attribute_of(record, name)
            if attribute is None and name in GIVEN:
                raise _given(record, name)
            if attribute is None:
                attribute = _since(record, name)
            if attribute is None:
                checked.append((name, value))
            else:
                checked.append((attribute, accept(record, attribute, value)))
        except ValidationError as error:
            if len(values) == 1:
                raise
            problems += prefixed(error, name, value).problems
    if problems:
        raise ValidationError(problems)
    for place, value in checked:
        if isinstance(place, str):
            _keep(record, place, value)
        else:
            _put(record, place, value)


def refuse_nameless(values: Mapping[Any, object]) -> None:
    """Raise ``ValidationError`` for keys that name nothing, as ``csv.DictReader`` makes them."""
    for name, value in values.items():
        if name is None:
            raise ValidationError(
                f"The row has more cells than there are names of columns: {show(value)}. Quote "
                f"what has the separator in it, name the columns, or drop these: row.pop(None)."
            )
        if not isinstance(name, str):
            raise ValidationError(
                f"{show(name)} is given as the name of an attribute: names are text."
            )
