"""Options of selects, and statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, is_mapping, plain, show
from attio_orm.values.dates import entered_to_compare
from attio_orm.values.parts import TextWithParts
from attio_orm.values.references import as_uuid

_LISTED = 20


class OptionIdWire(Struct, gc=False):
    """The id of an option or a status; one of the two members is there."""

    option_id: str | None = None
    status_id: str | None = None


class ChoiceWire(Struct, gc=False):
    """An option or a status as Attio sends it, without the value around it."""

    id: OptionIdWire | None = None
    title: str | None = None
    is_archived: bool | None = None
    celebration_enabled: bool | None = None
    target_time_in_status: str | None = None


class OptionWire(Struct, gc=False, tag_field="attribute_type", tag="select"):
    """A select's value as Attio sends it; some answers have the option's id alone."""

    option: ChoiceWire | str | None = None


class StatusWire(Struct, gc=False, tag_field="attribute_type", tag="status"):
    """A status's value as Attio sends it."""

    status: ChoiceWire | str | None = None


class Option(TextWithParts):
    """One option of a select: the ``str`` is its title; ``id``, ``title`` and ``is_archived``."""

    __slots__ = ()

    wire: ChoiceWire

    def __new__(cls, title: str, *, id: str | None = None) -> Option:
        """Make an option from its title, and its id where that is known."""
        text = str.__str__(title)
        return cls.from_wire(text, ChoiceWire(OptionIdWire(id, id), text))

    @property
    def id(self) -> str | None:
        """The option's id; ``None`` where only the title is known."""
        found = self.wire.id
        return None if found is None else found.option_id or found.status_id

    # the field's own word, which ``str`` has for something that nobody does with an option
    @property
    def title(self) -> str:  # type: ignore[override]
        """The option's title, as an exact ``str``."""
        return str.__str__(self)

    @property
    def is_archived(self) -> bool:
        """Whether the option was archived when the value was read."""
        return bool(self.wire.is_archived)


class StatusValue(Option):
    """A status: an ``Option`` that also says how it is celebrated and how long it should last."""

    __slots__ = ()

    def __new__(cls, title: str, *, id: str | None = None) -> StatusValue:
        """Make a status from its title, and its id where that is known."""
        text = str.__str__(title)
        return cls.from_wire(text, ChoiceWire(OptionIdWire(id, id), text))

    @property
    def celebration_enabled(self) -> bool:
        """Whether Attio celebrates a record that gets here."""
        return bool(self.wire.celebration_enabled)

    @property
    def target_time_in_status(self) -> str | None:
        """How long a record should stay at most, as an ISO 8601 duration (``"P7D"``)."""
        return self.wire.target_time_in_status


AnyOption = TypeVar("AnyOption", bound=Option)


_MOST_SEEN = 4_096


def _choose(
    kind: type[AnyOption], choice: ChoiceWire | str | None, seen: dict[str, AnyOption]
) -> AnyOption | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        return kind.from_wire(choice, ChoiceWire(OptionIdWire(choice, choice)))
    ids = choice.id
    choice_id = None if ids is None else ids.option_id or ids.status_id
    title = choice.title
    if title is None:
        title = choice_id
        if title is None:
            return None
    if choice_id is None:
        return kind.from_wire(title, choice)
    # a workspace has few options and many records: they share one immutable object
    known = seen.get(choice_id)
    if known is not None and known.wire == choice:
        return known
    if len(seen) >= _MOST_SEEN:
        seen.clear()
    made = seen[choice_id] = kind.from_wire(title, choice)
    return made


class _ChoiceCodec(Codec[AnyOption]):
    kind: type[AnyOption]
    noun: str

    def __init__(self) -> None:
        self._seen: dict[str, AnyOption] = {}

    def coerce(self, value: object, attr: AttributeSpec) -> AnyOption:
        """The title or the id as a ``str``, or an ``Option``; ``check_choice`` knows the titles."""
        advice = f"give the title of {self.noun}, as a str."
        text = clean_line(value, advice)
        if type(value) is self.kind:
            return value
        return self.kind(text, id=value.id if isinstance(value, Option) else as_uuid(text))

    def write(self, value: AnyOption) -> Any:
        """The title."""
        return plain(value)

    def key(self, value: AnyOption) -> str:
        """The title."""
        return plain(value)

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The title or id; for ``active_from`` a date or a moment."""
        if prop == "active_from":
            return entered_to_compare(value)
        return clean_line(value, f"compare with the title of {self.noun}, as a str.")


class SelectCodec(_ChoiceCodec[Option]):
    """Options of a select, as ``Option``.

    https://docs.attio.com/docs/attribute-types/attribute-types-select
    """

    type = "select"
    shape = OptionWire
    kind = Option
    noun = "an option"

    def read(self, wire: OptionWire) -> Option | None:
        """The option."""
        return _choose(Option, wire.option, self._seen)


class StatusCodec(_ChoiceCodec[StatusValue]):
    """Statuses, as ``StatusValue``.

    https://docs.attio.com/docs/attribute-types/attribute-types-status
    """

    type = "status"
    shape = StatusWire
    kind = StatusValue
    noun = "a status"

    def read(self, wire: StatusWire) -> StatusValue | None:
        """The status."""
        return _choose(StatusValue, wire.status, self._seen)


def check_choice(value: str, titles: Iterable[str] | Mapping[str, str]) -> str:
    """The title to write for a choice given by title or id, where it is one of ``titles``.

    ``titles`` may map each title to its id; without ids, any UUID is let through as it is. Raises
    ``ValidationError`` that names the nearest titles.
    """
    text = plain(value)
    known = list(titles)
    if text in known:
        return text
    uuid = as_uuid(text)
    if uuid:
        if not is_mapping(titles):
            return uuid
        for title, each in titles.items():
            if as_uuid(each) == uuid:
                return plain(title)
    from difflib import get_close_matches

    folded = {title.casefold(): title for title in known}
    near = [folded[each] for each in get_close_matches(text.casefold(), folded, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(map(show, near))}? " if near else ""
    listed = ", ".join(show(title) for title in known[:_LISTED]) or "none"
    more = ", ..." if len(known) > _LISTED else ""
    raise ValidationError(
        f"{show(text)} is not one of the options: {hint}There are {listed}{more}. "
        f"New ones are added in Attio, or by connection.api."
    )
