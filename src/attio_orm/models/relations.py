"""References between records: what is loaded, what loads together, what it points at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs

from attio_orm import context, hydration
from attio_orm.errors import NotLoadedError, UnknownAttributeError, ValidationError
from attio_orm.identity import in_task, session_of
from attio_orm.models import lazy_loads
from attio_orm.models.loading import deferred_in
from attio_orm.models.registry import registry
from attio_orm.operations import Operation, run
from attio_orm.query.paths import did_you_mean
from attio_orm.values import Reference, ReferenceMatch, codec_for

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.descriptors import Relation
    from attio_orm.models.model import Model


def identify(value: Any) -> tuple[str, str] | Any:
    """The object and id of an instance (or reference); a match stands for itself."""
    if isinstance(value, Reference):
        return value.object, value.id
    if isinstance(value, ReferenceMatch):
        return value
    return value._object, value._state.id


def model_of(reference: Reference, relation: Any, connection: Connection | None) -> type[Model]:
    """The class whose instance a reference gives: the declared target, else the object's model."""
    for model in relation.models() if hasattr(relation, "models") else ():
        if model._object == reference.object:
            return model  # type: ignore[no-any-return]
    if connection is not None:
        return connection.model(reference.object)
    found = registry.for_object(reference.object)
    if found is None:
        raise UnknownAttributeError(
            f"No model is declared for the object {reference.object!r}, which this reference "
            f"points at: declare one, or connect and use connection.model({reference.object!r})."
        )
    return found


def references(instance: Model, relation: Any) -> list[Reference]:
    """What the loaded values refer to."""
    state = instance._state
    if state.parts is None and state.values is not None:
        found = hydration.references(state.values, relation.slug)
        if found is not None:  # the other values stay as they are, for a habit to read
            return found
    raw = instance._split().get(relation.slug)
    return relation.read(raw) if raw is not None else []


def is_stale(instance: Model, relation: Any) -> bool:
    """Whether a write of another record has changed this relation since the record was read."""
    stale = instance._state.stale
    return stale is not None and relation.slug in stale


def related(instance: Model, relation: Relation[Any, Any, Any]) -> Any:
    """The value of a relation at its first read: from the session, else loaded with its peers."""
    found = None
    if not is_stale(instance, relation):
        wanted = references(instance, relation)
        if not wanted:
            return _store(instance, relation, [])
        found = _live(instance, relation, wanted)
    if found is None:
        _may_load(instance, relation)
        batch = instance._state.batch
        assert batch is not None
        owners = _peers(instance, relation) if batch.mode == "peers" else [instance]
        lazy_loads.note(instance, relation, len(owners))
        from attio_orm.query.including import load_relation

        run(load_relation(batch.connection, batch.session, owners, relation))
        if relation.key in instance.__dict__:
            value = instance.__dict__[relation.key]
            return _checked(instance, relation, value)
        found = []
    return _store(instance, relation, found)


def _live(
    instance: Model, relation: Relation[Any, Any, Any], wanted: Sequence[Reference]
) -> list[Model] | None:
    batch = instance._state.batch
    session = batch.session if batch is not None else None
    if session is None or batch is None:
        return None
    found: list[Model] = []
    for reference in wanted:
        live = session.get(model_of(reference, relation, batch.connection), reference.id)
        if live is None or live._is_deferred:
            return None
        found.append(live)
    return found


def _store(instance: Model, relation: Any, found: Sequence[Any]) -> Any:
    if relation.is_multi:
        value: Any = instance._tracked(relation, found)
    elif found:
        value = found[0]
    else:
        value = _checked(instance, relation, None)
    instance.__dict__[relation.key] = value
    return value


def store(instance: Model, relation: Any, found: Sequence[Any]) -> None:
    """Let the owner hold the related instances it was loaded with."""
    from attio_orm.attributes import One

    if not found and isinstance(relation, One):
        return  # reading it raises, each time
    _drop_gone(instance, relation, found)
    if relation.is_multi:
        instance.__dict__[relation.key] = instance._tracked(relation, found)
    else:
        instance.__dict__[relation.key] = found[0] if found else None


def _drop_gone(owner: Model, relation: Any, found: Sequence[Any]) -> None:
    # what is gone was taken out by nobody here: a later change of the relation must not say so
    known = references(owner, relation)
    if len(found) == len(known):
        return
    held = {each._state.id for each in found}
    gone = {each.id for each in known if each.id not in held}
    parts = owner._split()
    wires = [
        wire
        for wire in hydration.plain(parts[relation.slug])
        if wire.get("target_record_id") not in gone
    ]
    owner._state.parts = {**parts, relation.slug: hydration.encode_values(wires)}


def _checked(instance: Model, relation: Any, value: Any) -> Any:
    from attio_orm.attributes import One

    if value is None and isinstance(relation, One):
        targets = relation.models()
        error = targets[0].DoesNotExist if targets else instance.DoesNotExist
        instance.__dict__.pop(relation.key, None)
        raise error(
            f"{instance!r} has no {relation.name}. Declare it Maybe[...] where it may be empty."
        )
    return value


def _peers(instance: Model, relation: Any) -> list[Model]:
    batch = instance._state.batch
    assert batch is not None
    found = [instance]
    stale = is_stale(instance, relation)
    for ref in batch.peers:
        peer = ref()
        if (
            peer is not None
            and peer is not instance
            and type(peer) is type(instance)
            and relation.key not in peer.__dict__
            and not peer._is_deferred
            and is_stale(peer, relation) is stale
        ):
            found.append(peer)
    return found


def _may_load(instance: Model, relation: Any) -> None:
    batch = instance._state.batch
    name = relation.name
    if batch is None:
        raise NotLoadedError(
            f"{instance!r} is detached, and its {name} was not loaded: fetch it anew from a "
            f'connection, with includes("{name}").'
        )
    path = name if batch.path is None else f"{batch.path}__{name}"
    is_async = batch.asynchronous or in_task()
    if is_stale(instance, relation) and (is_async or batch.mode == "raise"):
        load = f'await instance.aload("{name}")' if is_async else f'instance.load("{name}")'
        raise NotLoadedError(
            f"{instance!r}.{name} was loaded, and a save here has changed it since: call `{load}` "
            f"before reading it again."
        )
    if is_async:
        raise NotLoadedError(
            f'{instance!r}.{name} is not loaded: add includes("{path}") to the query, or '
            f'`await instance.aload("{name}")` before reading it.'
        )
    if batch.mode == "raise":
        raise NotLoadedError(
            f"{instance!r}.{name} is not loaded, and the query says FetchMode.RAISE: add "
            f'includes("{path}") to it.'
        )


def load(instance: Model, paths: Iterable[str]) -> Operation[None]:
    """Load relations of one instance, by the paths of ``includes()``."""
    from attio_orm.models.loading import batch_for, refresh
    from attio_orm.query.including import check_includes, include_all, parse_includes

    batch = instance._state.batch
    if batch is None:
        batch = yield from batch_for(instance)
    if instance._is_deferred:
        yield from refresh(instance, keep_changes=True)
    tree = parse_includes(tuple(paths))
    yield from check_includes(batch.connection, type(instance), tree)
    yield from include_all(batch.connection, batch.session, [instance], tree)


def reference_to(instance: Model) -> Reference:
    """The reference to a saved instance. Raises ``ValidationError`` for an unsaved one."""
    record_id = instance._state.id
    if record_id is None:
        raise ValidationError(
            f"This {type(instance).__name__} is not saved yet, so nothing can refer to it: save it "
            f"first."
        )
    return Reference(instance._object, record_id)


def accept(instance: Model, relation: Any, value: Any, spec: Any) -> Any:
    """What a relation is assigned, as an instance (or a match). Raises ``ValidationError``."""
    from attio_orm.models.model import Model

    if isinstance(value, Model):
        if instance.connection is not None:
            refuse_foreign(instance.connection, [value])
        reference = reference_to(value)
        codec_for("record-reference").coerce(reference, spec)
        return value
    checked = codec_for("record-reference").coerce(value, spec)
    if isinstance(checked, ReferenceMatch):
        if relation.create_only and checked.create is None:
            raise ValidationError(
                "An entry is about one record, which Attio takes by its id: give the record, such "
                "as Company.objects.get(...), or a match with create=..."
            )
        return checked
    connection = instance.connection or context.current_or_none()
    batch = instance._state.batch
    session = batch.session if batch is not None else None
    if session is None and connection is not None:
        session = session_of(connection)
    return deferred_in(model_of(checked, relation, connection), checked.id, connection, session)


def refuse_foreign(connection: Connection, values: Iterable[Any]) -> None:
    """Raise ``ValidationError`` for an instance of another connection among the values."""
    for value in values:
        is_record = hasattr(value, "_state") and not isinstance(value, type)
        theirs: Any = getattr(value, "connection", None) if is_record else None
        if theirs is not None and theirs is not connection:
            raise ValidationError(
                f"{value!r} belongs to another connection ({theirs!r}): fetch the record of this "
                f"workspace instead."
            )


def match(
    model: type[Model], given: dict[str, Any], create: Mapping[str, Any] | bool = False
) -> ReferenceMatch:
    """``Company.by(domains="acme.com")``; with ``create`` the values of one to make first."""
    if len(given) != 1:
        raise ValidationError(
            f"{model.__name__}.by() takes exactly one attribute and its value, e.g. "
            f'{model.__name__}.by(domains="acme.com").'
        )
    ((name, value),) = given.items()
    attribute = model._attributes.get(name) or model._by_slug.get(name)
    spec: Any = attribute
    connection = context.current_or_none()
    if connection is not None and (known := connection.schema.get(model._object)) is not None:
        spec = known.attributes.get(attribute.slug if attribute else name, spec)
    if spec is None:
        raise UnknownAttributeError(
            f"{model.__name__} has no attribute {name!r} to match by. "
            f"{did_you_mean(name, model._attributes)}Name a unique one, e.g. "
            f'Company.by(domains="acme.com").'
        )
    codec = codec_for(spec.type)
    if codec.type not in {"domain", "email-address", "number", "phone-number", "text"}:
        raise ValidationError(
            f"{model.__name__}.by({name}=...): Attio matches references by text, number, domain, "
            f"e-mail and phone attributes only, and {name!r} is of type {codec.type!r}. Give the "
            f"record or its id instead."
        )
    found = ReferenceMatch(
        model._object, spec.slug, codec.write(codec.coerce(value, spec)), spec.type
    )
    if create is False:
        return found
    values = dict(create) if isinstance(create, Mapping) else {}
    return structs.replace(found, create={**values, name: [value] if spec.is_multi else value})


def raw_references(instance: Model, relation: Any) -> list[Reference]:
    """What a loaded instance refers to; nothing for one that ``ref()`` made, which is not read."""
    return references(instance, relation) if not instance._is_deferred else []
