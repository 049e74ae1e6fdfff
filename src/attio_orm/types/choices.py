"""Options of selects, and statuses."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ForwardRef, Generic, Literal, Self, get_args, get_origin

from msgspec import Struct

from attio_orm.conditions.expressions import Expr, Part
from attio_orm.conditions.lookups import EQUAL, ORDERED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.guards import is_mapping
from attio_orm.types.base import STRING, Attribute, AttributeSpec, Codec, JsonValue, Several, Titles
from attio_orm.types.checks import as_uuid
from attio_orm.types.dates import TimestampExpr, entered_to_compare
from attio_orm.types.lists import ValueList
from attio_orm.types.provenance import ValueWire
from attio_orm.types.text import TextWithParts, clean_line, plain
from attio_orm.wording import close_matches, meant, show

if TYPE_CHECKING:  # a type variable's default is known to Python 3.13 and later
    from typing_extensions import TypeVar

    L = TypeVar("L", bound=str, default=str)
else:
    from typing import TypeVar

    L = TypeVar("L", bound=str)

E = TypeVar("E")
R = TypeVar("R")
W = TypeVar("W")

_LISTED = 20


class OptionIdWire(Struct, gc=False):
    """The id of an option or a status; one of the two members is there."""

    option_id: str | None = None
    status_id: str | None = None


class ChoiceWire(ValueWire, gc=False):
    """An option or a status as Attio sends it; what stands around it is put in when it is read."""

    id: OptionIdWire | None = None
    title: str | None = None
    is_archived: bool | None = None
    celebration_enabled: bool | None = None
    target_time_in_status: str | None = None


class OptionWire(ValueWire, gc=False, tag_field="attribute_type", tag="select"):
    """A select's value as Attio sends it; some answers have the option's id alone."""

    option: ChoiceWire | str | None = None


class StatusWire(ValueWire, gc=False, tag_field="attribute_type", tag="status"):
    """A status's value as Attio sends it."""

    status: ChoiceWire | str | None = None


class Option(TextWithParts):
    """One option of a select: the ``str`` is its title; ``id``, ``title`` and ``is_archived``."""

    __slots__ = ()

    shape = ChoiceWire
    wire: ChoiceWire

    def __new__(cls, title: str, *, id: str | None = None) -> Self:
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

    @property
    def celebration_enabled(self) -> bool:
        """Whether Attio celebrates a record that gets here."""
        return bool(self.wire.celebration_enabled)

    @property
    def target_time_in_status(self) -> str | None:
        """How long a record should stay at most, as an ISO 8601 duration (``"P7D"``)."""
        return self.wire.target_time_in_status


AnyOption = TypeVar("AnyOption", bound=Option)

# A workspace with more options than this has them kept anew now and then; it never fails.
_MOST_SEEN = 4_096


_new = str.__new__


class ChoiceCodec(Codec[AnyOption]):
    """What selects and statuses have in common."""

    kind: type[AnyOption]
    noun: str
    json_schema = STRING
    dumped_as_text = True

    def __init__(self) -> None:
        self._seen: dict[str, ChoiceWire] = {}

    def choose(self, choice: ChoiceWire | str | None, value: ValueWire) -> AnyOption | None:
        """The option that Attio sends, with its title or its id alone, and the value it came in."""
        if choice is None:
            return None
        if isinstance(choice, str):
            choice = ChoiceWire(OptionIdWire(choice, choice))
        choice.active_from, choice.created_by_actor = value.active_from, value.created_by_actor
        ids = choice.id
        choice_id = None if ids is None else ids.option_id or ids.status_id
        title = choice_id if choice.title is None else choice.title
        if title is None:
            return None
        if choice_id is not None:
            # a workspace has few options and many records: they share the texts
            known = self._seen.get(choice_id)
            if known is not None and known.title == title:  # else it was renamed since
                choice.id, choice.title = known.id, known.title
            else:
                if len(self._seen) >= _MOST_SEEN:
                    self._seen.clear()
                # of two threads that come first each puts one, and either will do
                self._seen[choice_id] = choice
        # without ``from_wire``, which would be one more call for every value
        made = _new(self.kind, title)
        made.wire = choice
        return made

    def unwrap(self, given: dict[Any, Any]) -> object:
        """The title, or the id, in ``{"status": "Lead"}`` or ``{"option": {"title": ...}}``."""
        name = self.lookups.default
        if set(given) != {name}:
            return given
        choice = given[name]
        if not is_mapping(choice):
            return choice
        ids, title = choice.get("id"), choice.get("title")
        choice_id: Any = None
        if is_mapping(ids):
            choice_id = ids.get("option_id") or ids.get("status_id")
        return self.kind(title, id=choice_id) if isinstance(title, str) else choice_id

    def coerce(self, value: object, attr: AttributeSpec) -> AnyOption:
        """The title or the id as a ``str``, or an ``Option``; ``check_choice`` knows the titles."""
        advice = f"give the title of {self.noun}, as a str."
        text = clean_line(value, advice)
        if type(value) is self.kind:
            return value
        return self.kind(text, id=value.id if isinstance(value, Option) else as_uuid(text))

    def write(self, value: AnyOption) -> JsonValue:
        return plain(value)

    def key(self, value: AnyOption) -> str:
        return plain(value)

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The title or id; for ``active_from`` a date or a moment."""
        if prop == "active_from":
            return entered_to_compare(value)
        return clean_line(value, f"compare with the title of {self.noun}, as a str.")


class SelectCodec(ChoiceCodec[Option]):
    """Options of a select, as ``Option``."""

    type = "select"
    shape = OptionWire
    lookups = TypeLookups(
        "option", {"option": EQUAL, "active_from": ORDERED}, moments=("active_from",)
    )
    kind = value_class = Option
    noun = "an option"

    def read(self, wire: OptionWire) -> Option | None:
        return self.choose(wire.option, wire)


class StatusCodec(ChoiceCodec[StatusValue]):
    """Statuses, as ``StatusValue``."""

    type = "status"
    shape = StatusWire
    lookups = TypeLookups(
        "status", {"status": EQUAL, "active_from": ORDERED}, moments=("active_from",)
    )
    kind = value_class = StatusValue
    noun = "a status"

    def read(self, wire: StatusWire) -> StatusValue | None:
        return self.choose(wire.status, wire)


def find_choice(value: str, titles: Titles) -> str | None:
    """The title among ``titles`` that a title or an id stands for; ``None`` where it is not there.

    The exact title, else the only one that differs in case. ``titles`` may map each title to its
    id; without ids, any UUID stands for itself.
    """
    text = plain(value)
    if text in titles:
        return text
    uuid = as_uuid(text)
    if uuid:
        if not is_mapping(titles):
            return uuid  # Attio takes ids as well, and knows them
        return next((plain(title) for title, each in titles.items() if as_uuid(each) == uuid), None)
    folded = text.casefold()
    same = [title for title in titles if title.casefold() == folded]
    return plain(same[0]) if len(same) == 1 else None


def check_choice(value: str, titles: Titles) -> str:
    """The title to write for a choice given by title or id: ``find_choice()``, which is to find it.

    Raises ``ValidationError`` that names the nearest titles.
    """
    found = find_choice(value, titles)
    if found is not None:
        return found
    text, known = plain(value), list(titles)
    # ``difflib`` minds the case, and finds no likeness between "vip" and "VIP"
    folded: dict[str, list[str]] = {}
    for title in known:
        folded.setdefault(title.casefold(), []).append(title)
    near = close_matches(text.casefold(), folded, cutoff=0.5)
    hint = meant([title for each in near for title in folded[each]], show)
    hint = hint.replace("Did", "did", 1)  # it goes on after a colon
    listed = ", ".join(show(title) for title in known[:_LISTED]) or "none"
    more = ", ..." if len(known) > _LISTED else ""
    raise ValidationError(
        f"{show(text)} is not one of the options: {hint}There are {listed}{more}. "
        f"New ones are added in Attio, or by connection.schema; connection.schema.forget() lets "
        f"them be read anew."
    )


class SelectExpr(Expr[L]):
    """A select, compared by an option's title or id; of several options, any."""

    active_from = Part(TimestampExpr)
    """When the present option was chosen; a date means that whole day."""


class StatusExpr(SelectExpr[L]):
    """A status, compared by its title or id."""


def _titles_in(argument: object) -> tuple[str, ...] | None:
    """The titles that an annotation lists; ``None`` where it lists none (``str``)."""
    if get_origin(argument) is Literal:
        return tuple(str(each) for each in get_args(argument))
    if isinstance(argument, str | ForwardRef):
        raise TypeError(
            f"lists its titles by {argument!r}, which cannot be resolved: import what it names "
            f"(not under TYPE_CHECKING alone), and declare it above this class."
        )
    if not (isinstance(argument, type) and issubclass(argument, Enum)):
        return None
    titles = tuple(plain(member) for member in argument if isinstance(member, str))
    # values are read as text: a member of another type would never be equal to what it stands for
    if len(titles) < len(argument):
        name = argument.__name__
        raise TypeError(
            f"takes its titles from {name}, whose members are not text, so that none would equal "
            f"a title that is read: derive it from enum.StrEnum, as in class {name}(StrEnum)."
        )
    return titles


class ChoiceAttribute(Attribute[E, R, W]):
    """What selects and statuses have in common."""

    def parametrize(self, arguments: tuple[object, ...]) -> None:
        """Take the option titles of a ``Literal`` or an enum. Raises ``TypeError``."""
        for argument in arguments:
            titles = _titles_in(argument)
            if titles is not None:
                self.options, self.checked_options = titles, True

    def accept(self, value: object, spec: AttributeSpec, titles: Titles | None = None) -> Any:
        """The option or status, which has to be one of ``titles`` where these are known."""
        accepted = self.codec.accept(value, spec)
        if titles is None:
            return accepted
        title = check_choice(accepted, titles)
        known = titles.get(title) if is_mapping(titles) else None
        if title == accepted and (known is None or known == accepted.id):
            return accepted  # as it was read, with all that Attio said of it
        # as the title stands now, where an id was given or another case, and with its id
        return type(accepted)(title, id=known or accepted.id)


class StatusAttribute(ChoiceAttribute[StatusExpr[L], L | None, L | None], Generic[L]):
    """A status, as its title; ``Status[Literal["Lead", "Won"]]`` or ``Status[Stage]`` types them.

    ``Stage`` is a ``StrEnum`` whose values are the titles. What is read is equal to the member, and
    ``Stage(deal.stage)`` is the member itself.

    See https://docs.attio.com/docs/attribute-types/attribute-types-status.
    """

    codec = StatusCodec()
    expression = StatusExpr


class SelectAttribute(ChoiceAttribute[SelectExpr[L], Option | None, L | None], Generic[L]):
    """One option of a select, as its title.

    See https://docs.attio.com/docs/attribute-types/attribute-types-select.
    """

    codec = SelectCodec()
    expression = SelectExpr


class MultiSelectAttribute(
    ChoiceAttribute[SelectExpr[L], ValueList[Option, L], Several[L] | list[Option]], Generic[L]
):
    """Options of a select with several values, as a list of titles without repeats."""

    codec = SelectAttribute.codec
    multi = True
    expression = SelectExpr


ATTRIBUTES = (StatusAttribute, SelectAttribute, MultiSelectAttribute)
