"""What every attribute type's codec offers, and the checks that several of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeAlias, TypeGuard, TypeVar

from attio_orm.errors import ValidationError

T = TypeVar("T")

AnyClass: TypeAlias = type[Any]  # ``type`` is the name of an attribute of a codec

_SHOWN = 60


class AttributeSpec(Protocol):
    """What a codec may ask about the attribute a value is meant for."""

    @property
    def slug(self) -> str:
        """Attio's name of the attribute."""
        ...

    @property
    def type(self) -> str:
        """Attio's attribute type, e.g. ``"personal-name"``."""
        ...

    @property
    def is_multi(self) -> bool:
        """Whether the attribute holds several values."""
        ...

    @property
    def is_writable(self) -> bool:
        """Whether values can be written at all."""
        ...

    @property
    def is_required(self) -> bool:
        """Whether a record must have a value."""
        ...

    @property
    def currency(self) -> str | None:
        """The currency code of a currency attribute, where it is known."""
        ...

    @property
    def allowed_objects(self) -> tuple[str, ...]:
        """The object slugs a reference may point at; empty for any."""
        ...


class Codec(ABC, Generic[T]):
    """How the values of one attribute type are read, assigned, written, compared and filtered.

    Stateless: one instance serves every attribute of the type, in any thread. ``shape`` is what one
    value object of an answer is decoded into; members that are not needed are not in it. ``member``
    is the one of ``shape`` that ``read`` gives as it is, where it does no more than that; with
    ``text`` it is made into that class of text, which remembers the rest in its ``wire``.
    """

    type: str
    shape: Any
    member: ClassVar[str | None] = None
    text: ClassVar[AnyClass | None] = None

    @abstractmethod
    def read(self, wire: Any) -> T | None:
        """The Python value of one decoded ``shape``; ``None`` where it holds nothing.

        Raises ``ValueError`` for a text that the type cannot have; the caller keeps such a value
        raw.
        """

    @abstractmethod
    def coerce(self, value: object, attr: AttributeSpec) -> T:
        """The Python value for what a user assigns. Raises ``ValidationError``."""

    @abstractmethod
    def write(self, value: T) -> Any:
        """The JSON of one value in a write body; ``value`` is one that ``coerce`` gave."""

    def key(self, value: T) -> Hashable:
        """What makes two values the same one: for lists without repeats and change tracking."""
        return value

    @abstractmethod
    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The JSON of a lookup's right-hand side, for one property of the value.

        ``None`` is the type's default property. Raises ``ValidationError`` for a wrong type.
        """

    def dump(self, value: T) -> Any:
        """The value as plain JSON data, which ``coerce`` takes back."""
        return self.write(value)


def show(value: object) -> str:
    """The value as an error message shows it: its repr, cut short."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def refuse(value: object, advice: str) -> NoReturn:
    """Raise ``ValidationError`` for a value that does not fit, with what would be right."""
    raise ValidationError(f"{show(value)} ({type(value).__name__}) does not fit: {advice}")


def plain(value: str) -> str:
    """The text of a ``str`` subclass as an exact ``str``."""
    return str.__str__(value)


def clean_text(value: object, advice: str) -> str:
    """The value as an exact ``str`` that JSON and Attio can carry."""
    if not isinstance(value, str):
        refuse(value, advice)
    text = plain(value)
    if "\0" in text:
        raise ValidationError(f"{show(text)} contains a NUL character: remove it.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValidationError(
                f"{show(text)} contains half of a surrogate pair at position {error.start}, which "
                f"UTF-8 cannot carry: decode the text properly, or remove it."
            ) from None
    return text


def clean_line(value: object, advice: str) -> str:
    """Like ``clean_text``, without the space around it; empty text is refused."""
    text = clean_text(value, advice).strip()
    if not text:
        raise ValidationError(f"The text is empty: {advice}")
    return text


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether the value is a mapping."""
    return isinstance(value, Mapping)


def members(value: object, allowed: tuple[str, ...], advice: str) -> dict[str, Any] | None:
    """The members of a mapping, all of which must be in ``allowed``; ``None`` for anything else."""
    if not is_mapping(value):
        return None
    unknown = [name for name in value if name not in allowed]
    if unknown:
        names = ", ".join(show(name) for name in unknown)
        raise ValidationError(f"Unknown member {names}: {advice}")
    return dict(value)
