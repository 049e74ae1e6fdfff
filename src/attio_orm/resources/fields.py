"""``Field``: one thing that a resource has, read from Attio's answer and checked when it is set."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, Final, Generic, Literal, Self, TypeAlias, TypeVar, overload

from attio_orm.errors import InvalidResponseError, ReadOnlyAttributeError, ValidationError
from attio_orm.guards import is_list, is_mapping, is_several
from attio_orm.records.owners import owners_of
from attio_orm.resources.state import HasState, Json, resource_state
from attio_orm.types.actors import Actor, actor_from, as_actor, as_parts, know_members
from attio_orm.types.checks import refuse_unseen
from attio_orm.types.dates import aware
from attio_orm.types.references import HasReference, Reference, reference_to
from attio_orm.types.timestamps import parse_timestamp
from attio_orm.wording import show

R = TypeVar("R")
W = TypeVar("W")

Written: TypeAlias = Literal["never", "once", "always"]
"""Whether Attio takes a field: never, when the resource is made, or at any time."""


class Field(Generic[R, W]):
    """One field of a resource; ``R`` is what reading gives, ``W`` what may be set.

    ``member`` is its name in Attio's answers. ``read(member's value, resource)`` makes of it what
    users see, ``accept(value)`` of what they set, ``key(value)`` what two values are compared by,
    ``dump(value)`` plain JSON data. A field that ``is_several`` is a list, which may be changed in
    place: each item is accepted, compared and dumped by itself.
    """

    name = ""

    def __init__(
        self,
        member: str,
        *,
        read: Callable[[Any, Any], Any] | None = None,
        written: Written = "never",
        accept: Callable[[Any], Any] | None = None,
        key: Callable[[Any], Hashable] | None = None,
        dump: Callable[[Any], Any] | None = None,
        is_several: bool = False,
        schema: Json | None = None,
    ) -> None:
        self.member = member
        self.written: Written = written
        self.is_several = is_several
        self.schema: Json = schema or {}
        self._read = read
        self._accept = accept
        self._key = key
        self._dump = dump

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: HasState, owner: type[Any]) -> R: ...
    def __get__(self, instance: HasState | None, owner: type[Any]) -> Self | R:
        if instance is None:
            return self
        state = resource_state(instance)
        values = state.values
        if self.name not in values:
            found: R = self.loaded(instance)
            if not self.is_several or self.written == "never":
                return found
            values[self.name] = found  # which may be changed in place from now on
        kept: R = values[self.name]
        return kept

    def __set__(self, instance: HasState, value: W) -> None:
        state = resource_state(instance)
        kind = type(instance).__name__
        if self.written == "never":
            raise ReadOnlyAttributeError(
                f"{kind}.{self.name} is set by Attio and cannot be written.", attribute=self.name
            )
        if self.written == "once" and state.id is not None:
            raise ReadOnlyAttributeError(
                f"{kind}.{self.name} cannot be changed once the {kind} is there: Attio has no "
                f"update of it. Delete this one and create another.",
                attribute=self.name,
            )
        state.values[self.name] = self.accepted(value)
        if state.session is not None:
            state.session.hold(instance)  # alive until it is saved

    def accepted(self, value: object) -> Any:
        """The value, or each of its items, as it is kept. Raises ``ValidationError``."""
        accept = self._accept or _as_it_is
        try:
            if not self.is_several:
                return accept(value)
            if value is None:
                return []
            items = value if is_several(value) else [value]
            found = {self._key_of(each): each for each in map(accept, items)}
            return list(found.values())
        except ValidationError as error:
            raise ValidationError(str(error), attribute=self.name) from None

    def loaded(self, instance: HasState) -> Any:
        """What Attio last told of it; a new resource has none."""
        return self.of(instance.raw, instance)

    def of(self, raw: Json, instance: HasState) -> Any:
        """Its value in an answer."""
        value = raw.get(self.member)
        read = self._read
        try:
            if self.is_several:
                items: list[Any] = value if is_list(value) else []
                found = items if read is None else [read(each, instance) for each in items]
                return [each for each in found if each is not None]
            return value if read is None or value is None else read(value, instance)
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidResponseError(
                f"The {self.member} of a {type(instance).__name__} is not what Attio sends "
                f"({show(value)}): ask what stands between here and Attio."
            ) from error

    def _key_of(self, value: Any) -> Hashable:
        return value if self._key is None or value is None else self._key(value)

    def key(self, value: Any) -> Hashable:
        """What two values are compared by; of several, in any order."""
        return frozenset(map(self._key_of, value)) if self.is_several else self._key_of(value)

    def item_keys(self, value: Any) -> dict[Hashable, Any]:
        """The items of several, by what they are compared by."""
        return {self._key_of(each): each for each in value}

    def dumped(self, value: Any) -> Any:
        """Plain data."""
        dump = self._dump
        if value is None:
            return None
        if self.is_several:
            return [each if dump is None else dump(each) for each in value]
        return value if dump is None else dump(value)


def _as_it_is(value: Any) -> Any:
    return value


# -- what fields read and take --------------------------------------------------------------------

STRING: Final = {"type": "string"}
MOMENT: Final = {"type": "string", "format": "date-time"}


def text_of(what: str, most: int | None = None, *, empty: bool = True) -> Callable[[Any], str]:
    """What accepts a text, of at most so many characters."""

    def accept(value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"{show(value)} is not a text: give the {what} as a str.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValidationError(f"The {what} is not valid Unicode: {value!a:.60}.") from None
        if not empty and not value.strip():
            raise ValidationError(f"The {what} is empty: give one.")
        if most is not None and len(value) > most:
            raise ValidationError(
                f"The {what} has {len(value):,} characters, and Attio takes {most:,} at most: "
                f"shorten it."
            )
        return str(value)

    return accept


def truth(value: Any) -> bool:
    """What accepts ``True`` or ``False``."""
    if not isinstance(value, bool):
        raise ValidationError(f"{show(value)} is neither True nor False: give one of these.")
    return value


def read_moment(value: Any, instance: HasState) -> datetime:
    """A moment of an answer, in UTC."""
    return parse_timestamp(value)


def moment(value: Any) -> datetime | None:
    """What accepts an aware moment, or ``None``."""
    return None if value is None else aware(value)


def by_milliseconds(value: datetime) -> Hashable:
    """What moments are compared by: Attio keeps milliseconds."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def read_actor(value: Any, instance: HasState) -> Actor | None:
    """An actor of an answer, in either of the two forms that Attio has of them."""
    if not is_mapping(value):
        return None
    kind = value.get("type", value.get("referenced_actor_type"))
    actor_id = value.get("id", value.get("referenced_actor_id"))
    if kind is None and actor_id is None:
        return None
    found = actor_from(kind or "workspace-member", actor_id)
    state = resource_state(instance)
    if state.connection is not None:
        know_members(found, owners_of(state.connection, asynchronous=state.asynchronous))
    return found


def member(value: Any) -> Actor:
    """What accepts a workspace member: an actor, an e-mail address, an id, or a ``Member``."""
    actor = as_actor(getattr(value, "actor", value))
    if actor.type != "workspace-member":
        raise ValidationError(f"{actor!r} is not a workspace member, and Attio takes only members.")
    return actor


def dump_actor(value: Actor) -> dict[str, Any]:
    """An actor as JSON has it."""
    return dict(as_parts(value))


def record_of(value: Any) -> HasReference:
    """What accepts a saved record, or a ``Reference`` to one."""
    if isinstance(value, Reference):
        # it is what users set; what they read is the record
        return value  # type: ignore[return-value]
    if not isinstance(value, HasReference):
        raise ValidationError(f"{show(value)} is not a record: give an instance of a model.")
    reference = reference_to(value)
    if "/" in reference.object:
        raise ValidationError(f"{show(value)} is a list entry: give its parent, the record.")
    return value


def by_reference(value: Any) -> Hashable:
    """What records are compared by: object and id."""
    found = value if isinstance(value, Reference) else reference_to(value)
    return found.object, found.id


def reference_of(value: Any) -> Reference:
    """Which record is meant."""
    return value if isinstance(value, Reference) else reference_to(record_of(value))


def dump_record(value: Any) -> str:
    """A record as JSON has it: its id."""
    return reference_of(value).id


def line(value: str, what: str) -> str:
    """A text without what nobody sees, such as an e-mail address or a domain."""
    refuse_unseen(value, what)
    return value.strip()
