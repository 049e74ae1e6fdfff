"""Create, update and delete of one record: gather, check, plan, send, absorb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, ClassVar, TypeAlias, TypeGuard

from msgspec import Raw
from msgspec.structs import replace

from attio_orm import signals
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, call, check, emit
from attio_orm.errors import (
    AttioError,
    BadRequestError,
    ConnectionFailedError,
    NotFoundError,
    Problem,
    RequestTimeoutError,
    ValidationError,
)
from attio_orm.records.assignment import (
    accept,
    know_titles,
    prefixed,
    refuse_foreign,
    settle_extra,
    settle_titles,
    spec_of,
)
from attio_orm.records.back_references import forget, forget_deleted
from attio_orm.records.base import Record, mapper_of, object_of, set_state, state_of
from attio_orm.records.changes import changes
from attio_orm.records.loading import LoadContext, absorb, accepting, context_for, gone, not_known
from attio_orm.records.names import attribute_at, required_attribute, undeclared_attribute
from attio_orm.records.rows import Row, endpoint_of, split
from attio_orm.records.state import (
    Base,
    Edit,
    PendingChange,
    RecordState,
    changed,
    edit_of,
    hold,
    items,
    keys_of,
    local_values,
    one_or_list,
    seen_since,
    several,
)
from attio_orm.transport import MISSING, Again, dry_run
from attio_orm.transport.dry_run import NotSent, describing
from attio_orm.types.actors import Actor
from attio_orm.types.base import CHOICES, AnyAttribute, AttributeSchema
from attio_orm.types.references import REFERENCE, ReferenceMatch
from attio_orm.writes import conflicts, settling
from attio_orm.writes.creations import Creation
from attio_orm.writes.planner import (
    ChangeSet,
    Write,
    additions,
    merged,
    overwrites,
    plan,
    sent_by,
    whole,
)
from attio_orm.writes.traces import Sent

Make: TypeAlias = Callable[[LoadContext, ReferenceMatch], Operation[Record | ReferenceMatch]]
"""Makes what ``by(..., create=...)`` stands for. An upsert does, which is above all that is here:
so it is handed in. A dry run makes nothing, and leaves the match.
"""

Made: TypeAlias = dict[ReferenceMatch, Record | ReferenceMatch]
"""What ``by(..., create=...)`` made, by the match."""


def save(
    record: Record,
    *,
    make: Make,
    fields: Iterable[str] | None = None,
    on_conflict: str = "overwrite",
    force: bool = False,
    again: bool = False,
    known: ChangeSet | None = None,
    made: Made | None = None,
) -> Operation[None]:
    """Create the record, or send what changed. Nothing changed: nothing sent, no signal.

    ``again`` creates it where it is not known whether an earlier save did. ``known`` is the change
    set where it was gathered already. ``made`` is what one operation that saves several records has
    made for them so far.
    """
    if on_conflict not in {"overwrite", "raise"}:
        raise ValidationError(f'on_conflict takes "overwrite" or "raise", not {on_conflict!r}.')
    if isinstance(fields, str):
        raise ValidationError(f"fields takes a list of names: fields=[{fields!r}].")
    state = state_of(record)
    if state.deleted:
        raise gone(record)
    # nothing was ever set, which ``gather`` would find out as well
    if not (state.pending or state.extra or state.id is None or force or fields is not None):
        return
    with Creation(record) if state.id is None else nullcontext() as creation:
        if creation is not None:
            yield from creation.begin(again=again)
        yield from _carry_out(record, make, fields, on_conflict, force, known, made, creation)


def _carry_out(
    record: Record,
    make: Make,
    fields: Iterable[str] | None,
    on_conflict: str,
    force: bool,
    known: ChangeSet | None,
    made: Made | None,
    creation: Creation | None,
) -> Operation[None]:
    gathered = yield from gather(record, fields, force=force, known=known)
    if gathered is None:
        return
    context, change_set = gathered
    yield from check_changes(record, context, change_set)
    if on_conflict == "raise" and not change_set.creating:  # before anything is made for it
        yield from conflicts.refuse_stale(record, context, overwrites(change_set))
    # only now, when all else is known to be right: a save that is refused makes nothing
    change_set = yield from make_matches(record, context, change_set, make, made)
    before = changes(record) if signals.post_save.receivers else {}  # gone with the answer
    is_begun = False
    try:
        guarded = overwrites(change_set) if on_conflict == "raise" else ()
        for number, write in enumerate(plan(change_set)):
            if number:
                write = caught_up(record, change_set, write)
            sending = send(record, context, change_set, write, guarded)
            if creation is not None:
                sending = creation.watch(sending, context, change_set.edits.values())
            row = yield from sending
            # each answer is taken in before the next request leaves: if that fails, the rest stays
            # changed, and nothing that was written is sent again
            if not isinstance(row, NotSent):
                absorb_answer(record, context, row, sent_by(change_set, write))
                is_begun = True
                if creation is not None:
                    creation.end()  # it is there: what is saved from now on are changes of it
    except (ConnectionFailedError, RequestTimeoutError) as error:
        if is_begun:  # the first of two requests has arrived, whatever became of the second
            error.sent = True
        raise
    except BadRequestError as error:
        conflicts.explain(error, record, context, change_set.edits.values())
        raise
    if dry_run.under_way.get() and dry_run.dry_run_of(context.connection) is not None:
        return  # nothing is saved
    payload = {"instance": record, "created": change_set.creating, "changes": before}
    yield from emit(signals.post_save, type(record), connection=context.connection, **payload)


class Stock:
    """The ``save()`` and ``asave()`` of ``Model``, handed in by ``models/``, which stands above.

    Any other is of a class of the user's own.
    """

    save: ClassVar[Callable[..., object]]
    asave: ClassVar[Callable[..., Awaitable[object]]]


def save_as_its_class(record: Record, *, make: Make) -> Operation[None]:
    """Save by the class's own ``save()`` (or ``asave()``, by the colour) where it has one."""
    own: Any = record  # a model, as what is handed in above
    model: Any = type(record)
    if model.save is Stock.save and model.asave is Stock.asave:
        yield from save(record, make=make)
    else:
        yield from call(own.save, own.asave)


def check_receivers(model: type[Record], *, of_delete: bool = False) -> Operation[None]:
    """Raise ``AsyncReceiverError`` under a sync method, before anything is sent for a write."""
    yield from check(signals.pre_delete if of_delete else signals.pre_save, model)
    yield from check(signals.post_delete if of_delete else signals.post_save, model)


# -- gather ---------------------------------------------------------------------------------------


def gather(
    record: Record, fields: Iterable[str] | None, *, force: bool, known: ChangeSet | None
) -> Operation[tuple[LoadContext, ChangeSet] | None]:
    """Where a save goes and what it is to send; ``None`` where nothing changed.

    Whatever may still change the record has its turn first: members, the schema, the receivers.
    """
    state, model = state_of(record), type(record)
    names = None if fields is None else list(fields)
    change_set: ChangeSet | None = None
    # with an id and nothing set that is not known yet, what there is to send is known by now
    if not (state.id is None or force or state.extra):
        change_set = gather_changes(record, keys_of(record, names)) if known is None else known
        if not change_set.edits:
            return None
    yield from check_receivers(model)
    if (yield from settle_members(record)) and change_set is not None:
        change_set = gather_changes(record, change_set.keys)
        if not change_set.edits:
            return None  # the same member as before, given by e-mail
    context = yield from context_for(record)
    yield from context.connection.mapping.ready(model, writing=True)
    yield from settle_extra(record, context.connection)  # now that the schema is known
    if (yield from settle_titles(record, keys_of(record, names))):
        change_set = gather_changes(record, keys_of(record, names), force=force)
        if not (change_set.edits or change_set.creating):
            return None  # the same option as before, given in another case
    if signals.pre_save.receivers:
        payload = {"instance": record, "created": state.id is None, "changes": changes(record)}
        yield from emit(signals.pre_save, model, connection=context.connection, **payload)
        change_set = None  # a receiver may change values
    if change_set is None:
        change_set = gather_changes(record, keys_of(record, names), force=force)
    return context, change_set


def gather_changes(
    record: Record, keys: Collection[str] | None, *, force: bool = False
) -> ChangeSet:
    """The change set of a record as it is now, limited to the attributes of these keys."""
    creating = state_of(record).id is None
    edits = _all_edits(record, keys) if force and not creating else changed(record, keys)
    return ChangeSet(edits, keys, creating, force)


def _all_edits(record: Record, keys: Collection[str] | None) -> dict[str, Edit]:
    """Every writable attribute that was loaded or set, changed or not."""
    state = state_of(record)
    slugs = dict.fromkeys(
        [*state.split(), *(each.attribute.slug for each in state.changed.values())]
    )
    found: dict[str, Edit] = {}
    for slug in slugs:
        attribute = attribute_at(record, slug)
        if attribute is None or (keys is not None and attribute.key not in keys):
            continue
        if attribute.create_only or not attribute.is_writable:
            continue
        if spec_of(record, attribute).is_writable:
            edit = edit_of(record, attribute, state.base_of(attribute))
            touched = attribute.key in state.changed
            if touched or (edit.local and _is_own(record, attribute)):
                found[attribute.key] = edit
    return found


def _is_own(record: Record, attribute: AnyAttribute) -> bool:
    """Whether what was loaded is of the attribute's own type, so that it can be written back."""
    try:
        accept(record, attribute, one_or_list(attribute, local_values(record, attribute)))
    except ValidationError:
        return False
    return True


# -- check: against the class, and against the workspace ------------------------------------------


def validate(model: type[Record], values: Mapping[str, object]) -> Operation[None]:
    """Check values for a model against the class and, where connected, the workspace."""
    connection = current.current_or_none()
    if connection is not None:
        yield from connection.mapping.ready(model, writing=True)
        yield from load_choices(connection, model, values)
    probe: Record = model.__new__(model)
    set_state(probe, RecordState(parts={}))
    problems: list[Problem] = []
    for name, value in values.items():
        try:
            attribute = required_attribute(probe, name)
            accepted = accept(probe, attribute, value, final=True)
            spec = spec_of(probe, attribute)
            has_default = isinstance(spec, AttributeSchema) and spec.default_value is not None
            if not several(accepted) and spec.is_required and not has_default:
                problems.append(Problem(name, "is required: give a value.", value))
        except ValidationError as error:
            problems += prefixed(error, name, value).problems
        except AttioError as error:
            problems.append(Problem(name, str(error), value))
    if problems:
        raise ValidationError(problems)


def load_choices(
    connection: BaseConnection, model: type[Record], values: Mapping[str, object]
) -> Operation[None]:
    """Make known what these values name: attributes, and titles of options and statuses (cached).

    What is not known is looked up once more.
    """
    mapper = mapper_of(model)

    def attribute_of_(name: str) -> AnyAttribute | None:
        return mapper.by_name.get(name) or undeclared_attribute(connection, model, name)

    lacking = [each for each in values if attribute_of_(each) is None and not each.startswith("_")]
    if lacking and not mapper.strict:
        yield from connection.schema.look_again(mapper.object)
    for name, value in values.items():
        attribute = attribute_of_(name)
        if attribute is not None and attribute.type in CHOICES:
            given = [each for each in several(value) if isinstance(each, str)]
            yield from know_titles(connection, mapper.object, attribute.slug, given)


def settle_members(record: Record) -> Operation[bool]:
    """Take e-mails of members for their ids where there was a member before.

    Gives whether members were looked up, so that what is to be saved has to be gathered again.
    """
    # Attio takes an e-mail and answers with an id: without this, the same member is a change
    state = state_of(record)
    if state.connection is None or state.id is None or not _members_by_email(record):
        return False
    schema = state.connection.schema
    yield from schema.members()

    def identified(value: Any) -> Any:
        if not isinstance(value, Actor) or value.id is not None:
            return value
        member = schema.member_by_email(value.email or "")
        return value if member is None else Actor(value.type, member.id, value.email)

    # looked at anew: more may have been assigned while the members were on their way
    for attribute, values in _members_by_email(record):
        settled = [identified(each) for each in values]
        if all(each.id is not None for each in settled):
            hold(record, attribute, settled)
    return True


def _members_by_email(record: Record) -> list[tuple[AnyAttribute, list[Any]]]:
    """The changed attributes that had a member and now name one by e-mail, with their values."""
    found: list[tuple[AnyAttribute, list[Any]]] = []
    for pending in list(state_of(record).changed.values()):
        attribute = pending.attribute
        if attribute.type != "actor-reference" or not isinstance(pending.base, Raw):
            continue
        values = local_values(record, attribute)
        # a first member is a change in any case, and costs no look-up
        if any(isinstance(each, Actor) and each.id is None for each in values) and attribute.read(
            pending.base
        ):
            found.append((attribute, values))
    return found


def check_changes(record: Record, context: LoadContext, change_set: ChangeSet) -> Operation[None]:
    """Check what is about to be sent against the workspace; of a new record, that it is complete.

    Of one that may be there, that nothing required is emptied. Raises ``ValidationError``.
    """
    connection = context.connection
    known = connection.schema.get(object_of(record))
    specs: Mapping[str, AttributeSchema] = known.attributes if known is not None else {}
    problems: list[Problem] = []
    for key in change_set.edits:
        pending = state_of(record).changed.get(key)
        if pending is None:
            continue  # sent by force, as it was loaded
        attribute = pending.attribute
        values = local_values(record, attribute)
        if attribute.type in CHOICES:
            given = [each for each in values if isinstance(each, str)]
            yield from know_titles(connection, object_of(record), attribute.slug, given)
        try:
            spec = specs.get(attribute.slug)
            accept(record, attribute, one_or_list(attribute, values), spec, final=True)
            if attribute.type == REFERENCE:
                refuse_foreign(connection, values)
        except ValidationError as error:
            problems += prefixed(error, attribute.name, None).problems
    if change_set.creating:
        problems += _incomplete(record, specs, change_set.keys)
    else:
        problems += _emptied(record, specs, change_set)
    if problems:
        raise ValidationError(problems)


def _emptied(
    record: Record, specs: Mapping[str, AttributeSchema], change_set: ChangeSet
) -> list[Problem]:
    """What is required and would be sent empty: Attio refuses it, and names it by an id."""
    return [
        Problem(pending.attribute.name, "is required, and cannot be emptied: give a value.")
        for key, edit in change_set.edits.items()
        if not edit.local
        and (pending := state_of(record).changed.get(key)) is not None
        and (spec := specs.get(edit.slug)) is not None
        and spec.is_required
    ]


def _incomplete(
    record: Record, specs: Mapping[str, AttributeSchema], keys: Collection[str] | None
) -> list[Problem]:
    """What is required of a new record, and is not there or would not be sent."""
    problems: list[Problem] = []
    for spec in specs.values():
        if not spec.is_required or not spec.is_writable or spec.default_value is not None:
            continue  # what has a default, Attio fills in
        attribute = attribute_at(record, spec.slug)
        if attribute is None:
            continue  # the class is strict, and has no way to give it
        if not local_values(record, attribute):
            missing = "is required, and has no value: give one."
        elif keys is not None and attribute.key not in keys:
            missing = "is required of a new record: name it in fields=[...] too."
        else:
            continue
        problems.append(Problem(attribute.name, missing))
    return problems


# -- send and absorb ------------------------------------------------------------------------------


def caught_up(record: Record, change_set: ChangeSet, write: Write) -> Write:
    """The same write, with what the answer to the one before it says that others added."""
    edits = sent_by(change_set, write).items()
    values = {edit.slug: whole(seen_since(record, key, edit)) for key, edit in edits}
    return Write(write.method, values)


def send(
    record: Record,
    context: LoadContext,
    change_set: ChangeSet,
    write: Write,
    guarded: Collection[str] = (),
) -> Operation[Row | NotSent]:
    """The answer to one write of a change set.

    ``guarded`` are the slugs of what ``on_conflict="raise"`` is not to overwrite where others have:
    looked at once more before it is repeated.
    """
    endpoint, transport = endpoint_of(object_of(record)), context.connection.transport
    state, refuse = state_of(record), None
    with noting(record, write.values):
        if write.method == "POST":
            accept = accepting(context.connection, object_of(record))
            return (yield from endpoint.create(transport, write.values, accept))
        assert state.id is not None
        if guarded:
            slugs = [slug for slug in guarded if slug in write.values]
            refuse = partial(conflicts.refuse_changed, record, slugs)
            if state.values is not None:  # the answer of the write before this one has told
                refuse(state.split())
        # what it sends and what was loaded, as it is now: few writes are ever looked for
        edits, pending, loaded = (
            _as_sent(record, change_set, write),
            {**state.changed},
            state.values,
        )

        def sent() -> list[Sent]:
            return sent_as(record, write.method, edits, pending, loaded)

        def again(row: Row) -> Any:
            # a list that is sent whole is to leave what others are seen to have added by now
            nonlocal write, edits
            absorb(record, row, context)
            before, write = write, caught_up(record, change_set, write)
            if write.method != "PUT" or before == write:
                return MISSING
            edits = _as_sent(record, change_set, write)
            return Again(endpoint.changed(write.values))

        settle = settling.of_change(record, context, sent, again, refuse)
        try:
            return (
                yield from endpoint.change(transport, state.id, write.values, write.method, settle)
            )
        except NotFoundError as error:
            if not error.is_gone:
                raise
            context.session.expunge(record)  # or ``get(id=...)`` would go on to give it
            raise gone(record) from error


def _as_sent(record: Record, change_set: ChangeSet, write: Write) -> Mapping[str, Edit]:
    edits = sent_by(change_set, write)
    if write.method == "PATCH":
        return edits
    return {key: seen_since(record, key, edit) for key, edit in edits.items()}


def sent_as(
    record: Record,
    method: str,
    edits: Mapping[str, Edit],
    pending: Mapping[str, PendingChange],
    loaded: Raw | None,
) -> list[Sent]:
    """What a PATCH or PUT of these edits sends of each attribute, to be found in the record.

    ``pending`` are the changes, and ``loaded`` the values, as they were when it was sent.
    """
    found: list[Sent] = []
    for key, edit in edits.items():
        change = pending.get(key)
        if change is None:  # sent by force
            attribute: AnyAttribute = required_attribute(record, edit.slug)
            base: Base = split(loaded).get(edit.slug)
        else:
            attribute, base = change.attribute, change.base
        new = additions(edit) if method == "PATCH" else None
        # to Attio, an empty text is not a value
        keys = [item.key for item in (merged(edit) if new is None else new) if item.json != ""]
        found.append(Sent(attribute, keys, base, adds=new is not None))
    return found


def noting(record: Record, slugs: Collection[str] = ()) -> AbstractContextManager[None]:
    """In a dry run: say which record, and which changes of it, the write inside is about."""
    if not dry_run.under_way.get():
        return nullcontext()
    told = [
        (name, change.old, change.new)
        for name, change in changes(record).items()
        if required_attribute(record, name).slug in slugs
    ]
    return describing(repr(record), told)


def absorb_answer(record: Record, context: LoadContext, row: Row, sent: Mapping[str, Edit]) -> None:
    """Take the answer of a write; what the user changed meanwhile stays changed."""
    state = state_of(record)
    settled: list[str] = []
    moved: list[AnyAttribute] = []
    for key, edit in sent.items():
        pending = state.changed.get(key)
        if pending is None:
            continue
        now = items(pending.attribute, local_values(record, pending.attribute))
        if [item.key for item in now] == [item.key for item in edit.local]:
            settled.append(key)
        else:
            moved.append(pending.attribute)
    absorb(record, row, context, saved=settled)
    # most saves touch no relation, and need no look at the schema's pairs
    known, edits = mapper_of(type(record)).by_slug, sent.values()
    if any(each.slug not in known or known[each.slug].type == REFERENCE for each in edits):
        forget(record, context, edits)
    for attribute in moved:  # changed again while the request was under way
        state.note_change(attribute, state.split().get(attribute.slug))


# -- what by(..., create=...) stands for ----------------------------------------------------------


def _to_make(value: object) -> TypeGuard[ReferenceMatch]:
    return isinstance(value, ReferenceMatch) and value.create is not None


def makes(change_sets: Iterable[ChangeSet]) -> bool:
    """Whether there is something to be made before these are sent."""
    edits = (edit for each in change_sets for edit in each.edits.values())
    return any(_to_make(item.key) for edit in edits for item in edit.local)


def make_matches(
    record: Record,
    context: LoadContext,
    change_set: ChangeSet,
    make: Make,
    made: Made | None = None,
) -> Operation[ChangeSet]:
    """Make what ``Company.by(..., create=...)`` refers to, and refer to the records themselves.

    What is ``made`` already is taken from there; what is made here is added to it. Gives the change
    set that refers to what was made.
    """
    made = {} if made is None else made
    anew: dict[str, Edit] = {}
    for key, edit in change_set.edits.items():
        pending = state_of(record).changed.get(key)
        # what tells a match apart is the match itself
        if pending is None or not any(_to_make(item.key) for item in edit.local):
            continue
        values: list[object] = []
        for value in local_values(record, pending.attribute):
            if _to_make(value):
                if value not in made:
                    made[value] = yield from make(context, value)
                value = made[value]
            values.append(value)
        hold(record, pending.attribute, values)
        anew[key] = edit_of(record, pending.attribute, pending.base)
    return replace(change_set, edits={**change_set.edits, **anew}) if anew else change_set


# -- delete ---------------------------------------------------------------------------------------


def delete(record: Record) -> Operation[None]:
    """Delete the record; a second time, or where somebody else did, is silent."""
    state, model = state_of(record), type(record)
    if state.id is None:
        if state.unanswered is not None:
            raise not_known(record)
        raise ValidationError(
            f"This {model.__name__} is not saved, so there is nothing to delete in Attio: leave it."
        )
    if state.deleted:
        return
    yield from check_receivers(model, of_delete=True)
    context = yield from context_for(record)
    payload = {"instance": record, "connection": context.connection}
    yield from emit(signals.pre_delete, model, **payload)
    try:
        with noting(record):
            yield from endpoint_of(object_of(record)).delete(context.connection.transport, state.id)
    except NotFoundError as error:  # gone is what was wanted
        if not error.is_gone:
            raise
    if dry_run.dry_run_of(context.connection) is not None:
        return
    state.mark_deleted()
    forget_deleted(record, context)
    context.session.expunge(record)
    yield from emit(signals.post_delete, model, **payload)
