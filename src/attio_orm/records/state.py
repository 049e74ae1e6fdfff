"""A record's state: its raw values, the lists made of them, and its unsaved changes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from msgspec import Raw, Struct
from msgspec.structs import replace

from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session
from attio_orm.errors import NotLoadedError, ValidationError
from attio_orm.records import rows
from attio_orm.records.base import Record, identify, mapper_of, state_of
from attio_orm.records.names import required_attribute
from attio_orm.types.actors import ACTOR, bind
from attio_orm.types.base import AnyAttribute, Codec, JsonValue, codec_for
from attio_orm.types.lists import ValueList
from attio_orm.types.references import REFERENCE, HasReference, reference_to

if TYPE_CHECKING:
    from attio_orm.records.loading import LoadContext


_extend = list[Any].extend


NAMING: Final = frozenset({ACTOR, "interaction"})
"""The types whose values name actors."""


class AttributeList(ValueList[Any, Any]):
    """A record's list: checks what comes in, and tells the record of its changes."""

    __slots__ = ("_attribute", "_is_own", "_owner")

    def __init__(self, items: Iterable[object], record: Record, attribute: AnyAttribute) -> None:
        # without the ``__init__`` of its bases, which takes as long again: most lists of a page are
        # made and never changed
        _extend(self, items)
        self._keys = None
        self._attribute = attribute
        # weakly, or no record that has a list would go before the garbage collector comes
        self._owner = state_of(record).ref or weakref.ref(record)
        self._is_own = False
        if len(self) > 1:
            self._drop_repeats()

    @property
    def _key(self) -> Callable[[Any], Hashable]:
        return key_of(self._attribute)

    def _coerce(self, value: object) -> Any:
        record = self._owner()
        if record is None:
            return value
        # by its class: a checker of its own would make each list larger, and most never change
        return mapper_of(type(record)).accept_item(record, self._attribute, value)

    def _on_change(self) -> None:
        record, attribute = self._owner(), self._attribute
        if record is None or self._is_own:
            return
        # a reload made another list: what is done to this one would be lost without a word
        if record.__dict__.get(attribute.key) is not self:
            raise NotLoadedError(
                f"This list was read before {record!r} was loaded anew, and is no longer its "
                f"{attribute.name}: read {attribute.name} again, and change what that gives."
            )
        state_of(record).touch(record, attribute)

    def let_go(self) -> None:
        """Be a list of its own from now on, whose changes nobody is told of."""
        self._is_own = True


def key_of(attribute: AnyAttribute) -> Callable[[Any], Hashable]:
    """What tells two values of an attribute apart."""
    return identify if attribute.type == REFERENCE else _key_of(attribute.type)


@lru_cache(maxsize=256)
def _key_of(kind: str) -> Callable[[Any], Hashable]:
    key: Callable[[Any], Hashable] = codec_for(kind).key

    def identity(value: object) -> Hashable:
        try:
            return key(value)
        except (TypeError, AttributeError):  # it was read in another type than the attribute's
            return f"{type(value)}", repr(value)

    return identity


class UnknownBase(Enum):
    """The type of ``UNKNOWN_BASE``."""

    UNKNOWN_BASE = "the record was never loaded"


UNKNOWN_BASE: Final = UnknownBase.UNKNOWN_BASE

Base: TypeAlias = Raw | UnknownBase | None
"""What an attribute was loaded with: raw values, ``None`` for no value at all, or not known."""


class PendingChange:
    """A change not saved yet: the attribute, and its raw value when the change began."""

    __slots__ = ("attribute", "base")

    # not a tuple: declared in a class body, an attribute is a descriptor to type checkers
    def __init__(self, attribute: AnyAttribute, base: Base) -> None:
        self.attribute = attribute
        self.base = base


class PlainParts(Struct):
    """What a dump found out of a record's ``parts``, and need not find out of the same ones again.

    ``is_declared`` says that its class declares all of them; ``ids`` are those that the relations
    refer to, by slug, where these are not loaded.
    """

    parts: dict[str, Raw]
    is_declared: bool
    ids: dict[str, list[str]] = {}


class RecordState(Struct):
    """One record's identity, raw values and unsaved changes.

    ``parts`` are the newest raw values by slug, ``pending`` the changes by the attribute's key.
    """

    id: str | None = None
    created_at: str = ""  # Attio's own text: most are never read, and need no parsing
    web_url: str | None = None
    values: Raw | None = None
    context: LoadContext | None = None
    parts: dict[str, Raw] | None = None  # made when first needed: row decoders need none
    pending: dict[str, PendingChange] | None = None  # not a dict for each record: few are changed
    deleted: bool = False
    as_of: float = 0.0  # an answer that was asked for before may be older than what is known
    ref: weakref.ref[Record] | None = None  # the session's, which all lists of the record share
    extra: dict[str, object] | None = None  # set before the schema was known: checked when it is
    kinds: dict[str, tuple[str, bool]] | None = None  # of a pickle, which has no schema to ask
    stale: set[str] | None = None  # relations changed from their other side; ``parts`` knows how
    loader: Callable[[], None] | None = None  # of what ``ref()`` made
    plain_parts: PlainParts | None = None  # of what was dumped before
    # of a create that was sent and not answered: its unique values as JSON, by slug
    unanswered: dict[str, list[Any]] | None = None

    @property
    def is_deferred(self) -> bool:
        """Whether the record has an id and was never loaded."""
        return self.values is None and self.id is not None

    @property
    def connection(self) -> BaseConnection | None:
        """The connection the record came from."""
        return self.context.connection if self.context is not None else None

    @property
    def session(self) -> Session | None:
        """The session the record belongs to."""
        return self.context.session if self.context is not None else None

    @property
    def changed(self) -> Mapping[str, PendingChange]:
        """The pending changes by key; empty where there are none."""
        return self.pending or {}

    # -- reading ----------------------------------------------------------------------------------

    def split(self) -> dict[str, Raw]:
        """The raw values by slug; loads a record made by ``ref()`` that was never loaded."""
        if self.parts is None:
            if self.loader is not None and self.is_deferred:
                self.loader()
            if self.parts is None:
                self.parts = rows.split(self.values)
        return self.parts

    def read(self, record: Record, attribute: AnyAttribute) -> Any:
        """The value of an attribute at its first read; from then on it is in ``__dict__``."""
        context, parts = self.context, self.parts
        if parts is None:
            if context is not None and self.values is not None:
                decoder = context.decoder  # once: another thread may put the next one in its place
                if attribute in decoder.attributes and decoder.fill(record, self.values):
                    return record.__dict__[attribute.key]
            parts = self.split()
        if context is not None and attribute.joins:
            context.note(attribute)
        values = read_values(record, attribute, parts.get(attribute.slug))
        value = as_held(record, attribute, values)
        record.__dict__[attribute.key] = value
        return value

    def is_stale(self, slug: str) -> bool:
        """Whether a write of another record has changed this relation since it was read."""
        return self.stale is not None and slug in self.stale

    # -- changing ---------------------------------------------------------------------------------

    def base_of(self, attribute: AnyAttribute) -> Base:
        """What an attribute was loaded with: when its change began, or as it is now."""
        pending = self.changed.get(attribute.key)
        return pending.base if pending is not None else self.split().get(attribute.slug)

    def touch(self, record: Record, attribute: AnyAttribute) -> None:
        """Note that the user is about to change an attribute, and what it was."""
        if self.pending is not None and attribute.key in self.pending:
            return  # the base stays that of the first change: a save compares with what was loaded
        # what ref() made is not loaded for an assignment: it is written without being read
        unread = self.is_deferred and self.parts is None
        base: Base = UNKNOWN_BASE if unread else self.split().get(attribute.slug)
        self.note_change(attribute, base)
        if self.context is not None:  # or an explicit session might drop it with the change
            self.context.session.hold(record)

    def note_change(self, attribute: AnyAttribute, base: Base) -> None:
        """What the record holds of an attribute is a change of what was loaded, which is this."""
        if self.pending is None:
            self.pending = {}
        self.pending[attribute.key] = PendingChange(attribute, base)

    def note_unanswered(self, sent: dict[str, list[Any]] | None) -> None:
        """What a create sent that nobody answered, by slug; ``None`` once it is known."""
        self.unanswered = sent

    def settle(self, record: Record, keys: Iterable[str]) -> None:
        """These attributes have nothing unsaved any more."""
        if not self.pending:
            return
        for key in keys:
            self.pending.pop(key, None)
        if not self.pending:
            self.pending = None
            if self.context is not None:
                self.context.session.release(record)

    def mark_deleted(self) -> None:
        """The record is no longer in the workspace."""
        self.deleted = True

    def attach(self, context: LoadContext) -> None:
        """The record belongs to this connection and session from now on."""
        self.context = context


class Item(Struct, frozen=True):
    """One value: what tells it apart, and its form in a write."""

    key: Hashable
    json: JsonValue


class Edit(Struct, frozen=True):
    """One changed attribute. ``base`` is ``None`` where what was there is not known.

    ``now`` is what Attio was last seen to hold, where that is newer than ``base``.
    """

    slug: str
    multi: bool
    base: Sequence[Item] | None
    local: Sequence[Item]
    now: Sequence[Item] | None = None


def is_changed(edit: Edit) -> bool:
    """Whether the attribute differs from what was loaded."""
    base, local = edit.base, edit.local
    return base is None or [item.key for item in base] != [item.key for item in local]


def edit_of(record: Record, attribute: AnyAttribute, base: Base) -> Edit:
    """One attribute as it was (``base``) and as the record holds it."""
    known = None if isinstance(base, UnknownBase) else items(attribute, attribute.read(base))
    local = items(attribute, local_values(record, attribute))
    return Edit(attribute.slug, attribute.is_multi, known, local, _now(record, attribute, base))


def seen_since(record: Record, key: str, edit: Edit) -> Edit:
    """The same edit, with what the newest answer says of its attribute, whose key this is."""
    pending = state_of(record).changed.get(key)
    if pending is None:
        return edit
    return replace(edit, now=_now(record, pending.attribute, pending.base))


def _now(record: Record, attribute: AnyAttribute, base: Base) -> list[Item] | None:
    state = state_of(record)
    if not attribute.is_multi or base is UNKNOWN_BASE or state.values is None:
        return None
    raw = state.split().get(attribute.slug)
    # the record may have been read again since the change began: then others' additions are known
    return None if raw == base else items(attribute, attribute.read(raw))


def local_values(record: Record, attribute: AnyAttribute) -> list[Any]:
    """What the record holds for an attribute now, as a list."""
    if attribute.key in record.__dict__:
        return several(record.__dict__[attribute.key])
    return read_values(record, attribute, state_of(record).split().get(attribute.slug))


def read_values(record: Record, attribute: AnyAttribute, raw: Raw | None) -> list[Any]:
    """All values in one attribute's raw values; actors among them know who is a member."""
    found = attribute.read(raw)
    if attribute.type in NAMING:
        know_owners(record, found)
    return found


def know_owners(record: Record, values: Iterable[object]) -> None:
    """Let actors that were read of a record look members up by its connection."""
    context = state_of(record).context
    if context is not None:
        bind(values, context.owners)


def several(value: list[Any] | object) -> list[Any]:
    """What a record holds for an attribute as a list: of one, of several, or of none."""
    if value is None:
        return []
    return [*value] if isinstance(value, list) else [value]


def as_held(record: Record, attribute: AnyAttribute, values: Sequence[object]) -> Any:
    """The values as a record holds them: one value, or a list that tells it of its changes."""
    if attribute.is_multi:
        return AttributeList(values, record, attribute)
    return values[0] if values else None


def hold(record: Record, attribute: AnyAttribute, values: Sequence[object]) -> None:
    """Let a record hold these values, whatever it held; a change that is noted stays noted."""
    record.__dict__[attribute.key] = as_held(record, attribute, values)


def one_or_list(attribute: AnyAttribute, values: Sequence[object]) -> Any:
    """The values as one value or a list, whatever the attribute holds."""
    if attribute.is_multi:
        return list(values)
    return values[0] if values else None


def items(attribute: AnyAttribute, values: Iterable[object]) -> list[Item]:
    """Python values with what tells them apart and what is written for them."""
    codec = codec_for(attribute.type)
    if attribute.type == REFERENCE:
        return [Item(identify(each), codec.write(_as_reference(each))) for each in values]
    identity = key_of(attribute)
    return [Item(identity(each), _json(codec, each)) for each in values if each is not None]


# In place of the JSON of what can be compared and not written (a read-only kind, a value of another
# type than the attribute's): no encoder takes it, so that it can never be sent as something else.
UNWRITABLE = cast("JsonValue", object())


def _json(codec: Codec[Any], value: object) -> JsonValue:
    try:
        return codec.write(value)
    except (ValidationError, TypeError, AttributeError):
        return UNWRITABLE


def _as_reference(value: object) -> object:
    return reference_to(value) if isinstance(value, HasReference) else value


def keys_of(record: Record, names: Iterable[str] | None) -> set[str] | None:
    """The keys of named attributes (Python names or slugs); ``None`` for all of them."""
    return None if names is None else {required_attribute(record, name).key for name in names}


def changed(record: Record, keys: Collection[str] | None = None) -> dict[str, Edit]:
    """The edits that saving would send by the attribute's key, limited to these keys."""
    found: dict[str, Edit] = {}
    for key, pending in list(state_of(record).changed.items()):
        if keys is None or key in keys:
            edit = edit_of(record, pending.attribute, pending.base)
            if is_changed(edit):
                found[key] = edit
    return found
