"""Create, update and delete of one record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from attio_orm import hydration, signals
from attio_orm.errors import (
    InvalidRequestError,
    NotFoundError,
    Problem,
    UniquenessConflictError,
    ValidationError,
)
from attio_orm.models import conflicts, loading, opposites, relations, writing
from attio_orm.models.changes import (
    base_of,
    changed,
    changes,
    edit_of,
    frozen,
    items,
    local_values,
    named,
    seen_since,
)
from attio_orm.models.planner import Edit, Write, plan, whole
from attio_orm.models.state import Touched
from attio_orm.models.targets import target_of
from attio_orm.operations import Operation, check, emit
from attio_orm.plans import NOT_SENT, NotSent, describing, dry_run_of
from attio_orm.values import Actor, Reference, ReferenceMatch

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model
    from attio_orm.models.state import Batch
    from attio_orm.schema import Member


Made: TypeAlias = dict[ReferenceMatch, Any]
"""What ``by(..., create=...)`` made, by the match."""


def save(
    instance: Model,
    *,
    fields: Iterable[str] | None = None,
    on_conflict: str = "overwrite",
    force: bool = False,
    made: Made | None = None,
) -> Operation[None]:
    """Create the record, or send what changed. Nothing changed: nothing sent, no signal.

    ``made`` is what one operation that saves several records has made for them so far.
    """
    if on_conflict not in {"overwrite", "raise"}:
        raise ValidationError(
            f'on_conflict takes "overwrite" or "raise", not {on_conflict!r}.', attribute=None
        )
    state, model = instance._state, type(instance)
    names = None if fields is None else _names(fields)
    if state.deleted:
        raise loading.gone(instance)
    creating = state.id is None
    sure = creating or force or bool(state.extra)
    if not sure and not changed(instance, names):
        return
    yield from check_receivers(model)
    yield from settle_members(instance)
    if not sure and not changed(instance, names):
        return
    batch = yield from loading.batch_for(instance)
    connection = batch.connection
    yield from connection.ready(model, writing=True)
    writing.settle_extra(instance)
    payload = {"instance": instance, "created": creating, "connection": connection}
    if signals.pre_save.receivers:
        yield from emit(signals.pre_save, model, **payload, changes=changes(instance))
    yield from check_values(instance, batch, names, creating=creating)
    if on_conflict == "raise" and not creating:  # before anything is made for it
        edits = _edits(instance, batch, names, force=force)
        yield from conflicts.refuse_stale(instance, batch, edits, force=force)
    yield from make_matches(instance, batch, names, made)
    before = changes(instance) if signals.post_save.receivers else {}
    try:
        if creating:
            sent = yield from _create(instance, batch, names)
        else:
            sent = yield from _update(instance, batch, names, force=force)
    except UniquenessConflictError as error:
        conflicts.explain_conflict(error, instance, batch)
        raise
    except InvalidRequestError as error:
        conflicts.explain_missing(error, instance)
        raise
    if sent:
        yield from emit(signals.post_save, model, **payload, changes=before)


def check_receivers(model: type[Model]) -> Operation[None]:
    """Raise ``AsyncReceiverError`` under a sync method, before anything is sent for a save."""
    yield from check(signals.pre_save, model)
    yield from check(signals.post_save, model)


def settle_members(instance: Model) -> Operation[None]:
    """Take e-mails of members for their ids where there was a member before.

    So that the same member again is no change. The members are asked for once a connection.
    """
    batch = instance._state.batch
    if batch is None or instance._state.id is None:
        return
    for key, touched in (instance._state.touched or {}).items():
        attribute = touched.attribute
        if attribute.type != "actor-reference" or not isinstance(touched.base, hydration.Raw):
            continue
        values = local_values(instance, attribute)
        by_email = [each for each in values if isinstance(each, Actor) and each.id is None]
        if not by_email or not attribute.read(touched.base):
            continue
        members: tuple[Member, ...] = yield from batch.connection.schema.members()
        ids = {member.email.casefold(): member.id for member in members}
        settled = [
            Actor(each.type, ids.get((each.email or "").casefold()), each.email)
            if each in by_email
            else each
            for each in values
        ]
        if all(each.id is not None for each in settled):
            instance.__dict__[key] = (
                instance._tracked(attribute, settled) if attribute.is_multi else settled[0]
            )


def _names(fields: Iterable[str]) -> list[str]:
    if isinstance(fields, str):
        raise ValidationError(f"fields takes a list of names: fields=[{fields!r}].")
    return list(fields)


def check_values(
    instance: Model, batch: Batch, names: Sequence[str] | None, *, creating: bool
) -> Operation[None]:
    """Check what is about to be sent against the workspace; for a new record, that it is complete.

    Raises ``ValidationError``.
    """
    schema = batch.connection.schema
    problems: list[Problem] = []
    wanted = None if names is None else {named(instance, name).key for name in names}
    for key, touched in list((instance._state.touched or {}).items()):
        attribute = touched.attribute
        if wanted is not None and key not in wanted:
            continue
        if attribute.type in {"select", "status"}:
            titles = yield from schema.choices(instance._object, attribute.slug)
            given = {str(each) for each in local_values(instance, attribute)}
            known = {each.title for each in titles} | {each.id for each in titles}
            if given - known:  # an option made since the titles were read
                yield from schema.choices(instance._object, attribute.slug, refresh=True)
        try:
            value = frozen(attribute, local_values(instance, attribute))
            writing.accept(instance, attribute, value, writing.spec_of(instance, attribute))
            relations.refuse_foreign(batch.connection, local_values(instance, attribute))
        except ValidationError as error:
            problems += writing.prefixed(error, attribute.name, None).problems
    if creating:
        known_object = schema.get(instance._object)
        for spec in known_object.attributes.values() if known_object is not None else ():
            if spec.is_required and spec.is_writable and spec.default_value is None:
                attribute_ = instance._attribute(spec.slug)
                if attribute_ is None:
                    continue
                if not local_values(instance, attribute_):
                    missing = "is required, and has no value: give one."
                    problems.append(Problem(attribute_.name, missing))
                elif wanted is not None and attribute_.key not in wanted:
                    missing = "is required of a new record: name it in fields=[...] too."
                    problems.append(Problem(attribute_.name, missing))
    if problems:
        raise ValidationError(problems)


def make_matches(
    instance: Model, batch: Batch, names: Sequence[str] | None, known: Made | None = None
) -> Operation[None]:
    """Make what ``Company.by(..., create=...)`` refers to, and refer to the records themselves.

    What is ``known`` is made already; what is made here is added to it.
    """
    known = {} if known is None else known
    wanted = None if names is None else {named(instance, name).key for name in names}
    for key, touched in list((instance._state.touched or {}).items()):
        relation = touched.attribute
        if relation.type != "record-reference" or (wanted is not None and key not in wanted):
            continue
        values = local_values(instance, relation)
        if not any(isinstance(v, ReferenceMatch) and v.create is not None for v in values):
            continue
        made: list[Any] = []
        for value in values:
            if isinstance(value, ReferenceMatch) and value.create is not None:
                if value not in known:
                    known[value] = yield from _made(batch, value, value.create)
                value = known[value]
            made.append(value)
        instance.__dict__[key] = instance._tracked(relation, made) if relation.is_multi else made[0]


def _made(batch: Batch, value: ReferenceMatch, values: dict[str, Any]) -> Operation[Any]:
    from attio_orm.models import collections
    from attio_orm.query.query import Query

    model = relations.model_of(Reference(value.object, ""), None, batch.connection)
    query = Query(model, connection=batch.connection)
    found = yield from collections.upsert(query, value.attribute, values)
    return found if found.id is not None else value  # a dry run makes nothing


def _create(instance: Model, batch: Batch, names: Sequence[str] | None) -> Operation[bool]:
    edits = changed(instance, names)
    values = {edit.slug: value_of(edit) for edit in edits if edit.local}
    with noting(instance, batch, values):
        row = yield from target_of(instance._object).create(batch.connection.transport, values)
    if row is NOT_SENT:
        return False
    _absorb(instance, row, batch, edits)
    return True


def noting(
    instance: Model, batch: Batch, slugs: Collection[str] | None = None
) -> AbstractContextManager[None]:
    """In a dry run: say which record, and which changes of it, the write inside is about."""
    if dry_run_of(batch.connection) is None:
        return nullcontext()
    known = changes(instance).items() if slugs is not None else ()
    told = [
        (name, change.old, change.new)
        for name, change in known
        if named(instance, name).slug in (slugs or ())
    ]
    return describing(repr(instance), told)


def value_of(edit: Edit) -> Any:
    """The whole value of an edit, as a create sends it."""
    values = [item.json for item in edit.local]
    return values if edit.multi else values[0]


def _update(
    instance: Model, batch: Batch, names: Sequence[str] | None, *, force: bool
) -> Operation[bool]:
    edits = _edits(instance, batch, names, force=force)
    for number, write in enumerate(plan(edits, force=force)):
        sent = [edit for edit in edits if edit.slug in write.values]
        if number:  # the first answer has what others added meanwhile
            sent = [seen_since(instance, edit) for edit in sent]
            write = Write(write.method, {edit.slug: whole(edit) for edit in sent})
        row = yield from _send(instance, batch, write)
        if isinstance(row, NotSent):
            continue
        _absorb(instance, row, batch, sent)
    return dry_run_of(batch.connection) is None


def _edits(
    instance: Model, batch: Batch, names: Sequence[str] | None, *, force: bool
) -> list[Edit]:
    return _all_edits(instance, batch, names) if force else changed(instance, names)


def _is_own(instance: Model, attribute: AnyAttribute, spec: Any) -> bool:
    """Whether what was loaded is of the attribute's own type, so that it can be written back."""
    loaded = frozen(attribute, local_values(instance, attribute))
    try:
        writing.accept(instance, attribute, loaded, spec)
    except ValidationError:
        return False
    return True


def _all_edits(instance: Model, batch: Batch, names: Sequence[str] | None) -> list[Edit]:
    state = instance._state
    slugs = dict.fromkeys(
        [*instance._split(), *(t.attribute.slug for t in (state.touched or {}).values())]
    )
    wanted = None if names is None else {named(instance, name).slug for name in names}
    found: list[Edit] = []
    for slug in slugs:
        attribute = instance._by_slug.get(slug) or instance._attribute(slug)
        if attribute is None or (wanted is not None and slug not in wanted):
            continue
        spec = writing.spec_of(instance, attribute)
        if spec.is_writable and attribute.is_writable and not attribute.create_only:
            edit = edit_of(instance, attribute, base_of(instance, attribute))
            touched = attribute.key in (state.touched or {})
            if touched or (edit.local and _is_own(instance, attribute, spec)):
                found.append(edit)
    return found


def _send(instance: Model, batch: Batch, write: Write) -> Operation[hydration.Row | NotSent]:
    target, record_id = target_of(instance._object), instance._state.id
    assert record_id is not None
    try:
        with noting(instance, batch, write.values):
            row: hydration.Row | NotSent = yield from target.change(
                batch.connection.transport, record_id, write.values, write.method
            )
    except NotFoundError as error:
        if batch.session is not None:
            batch.session.expunge(instance)
        raise loading.gone(instance) from error
    return row


def _absorb(instance: Model, row: hydration.Row, batch: Batch, sent: Sequence[Edit]) -> None:
    """Take the answer of a write; what the user changed meanwhile stays changed."""
    state = instance._state
    settled: list[str] = []
    moved: list[AnyAttribute] = []
    by_slug = {edit.slug: edit for edit in sent}
    for key, touched in (state.touched or {}).items():
        edit = by_slug.get(touched.attribute.slug)
        if edit is None:
            continue
        now = items(touched.attribute, local_values(instance, touched.attribute))
        if [item.key for item in now] == [item.key for item in edit.local]:
            settled.append(key)
        else:
            moved.append(touched.attribute)
    loading.absorb(instance, row, batch, saved=settled)
    opposites.forget(instance, batch, sent)
    for attribute in moved:
        touched_now = state.touched = state.touched or {}
        touched_now[attribute.key] = Touched(attribute, instance._split().get(attribute.slug))


def delete(instance: Model) -> Operation[None]:
    """Delete the record; a second time, or where somebody else did, is silent."""
    state, model = instance._state, type(instance)
    if state.id is None:
        raise ValidationError(
            f"This {model.__name__} is not saved, so there is nothing to delete in Attio: leave it."
        )
    if state.deleted:
        return
    yield from check_delete_receivers(model)
    batch = yield from loading.batch_for(instance)
    payload = {"instance": instance, "connection": batch.connection}
    yield from emit(signals.pre_delete, model, **payload)
    with suppress(NotFoundError), noting(instance, batch):
        yield from target_of(instance._object).delete(batch.connection.transport, state.id)
    if dry_run_of(batch.connection) is not None:
        return
    state.deleted = True
    opposites.forget_deleted(instance, batch)
    if batch.session is not None:
        batch.session.expunge(instance)
    yield from emit(signals.post_delete, model, **payload)


def check_delete_receivers(model: type[Model]) -> Operation[None]:
    """Raise ``AsyncReceiverError`` under a sync method, before anything is sent for a delete."""
    yield from check(signals.pre_delete, model)
    yield from check(signals.post_delete, model)
