"""Text, and the base of the values that are text with parts."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import Struct

from attio_orm.conditions.expressions import TextExpr
from attio_orm.conditions.lookups import EQUAL, MATCHED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.pickles import pickled_as
from attio_orm.types.base import STRING, Attribute, AttributeSpec, Codec, JsonValue
from attio_orm.types.checks import refuse
from attio_orm.types.provenance import Provenance, ValueWire
from attio_orm.types.pydantic_hooks import PydanticValue
from attio_orm.wording import show

S = TypeVar("S", bound="TextWithParts")


def plain(value: str) -> str:
    """The text of a ``str`` subclass as an exact ``str``."""
    return str.__str__(value)  # not ``str()``: a subclass may show itself as something else


def clean_text(value: object, advice: str) -> str:
    """The value as an exact ``str`` that JSON and Attio can carry."""
    if not isinstance(value, str):
        refuse(value, advice)
    text = plain(value)
    if "\0" in text:
        raise ValidationError(f"{show(text)} contains a NUL character: remove it.")
    if not text.isascii():  # a flag tells, so that only other texts are encoded to find out
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


class TextWithParts(PydanticValue, Provenance, str):
    """A ``str`` that remembers what it is made of. Immutable; equal to the plain text."""

    __slots__ = ("wire",)

    shape: ClassVar[Any]  # the struct that ``wire`` is
    wire: Any  # a struct and not attributes: most parts are never read

    @classmethod
    def from_wire(cls: type[S], text: str, wire: object) -> S:
        """An instance from what Attio sent; nothing is checked."""
        self = str.__new__(cls, text)
        self.wire = wire
        return self

    @property
    def _came_as(self) -> ValueWire | None:
        wire: ValueWire | None = self.wire
        return wire

    def __reduce__(self) -> tuple[object, ...]:
        # as JSON, which a later version's struct can read though its members may be others
        return restore, (type(self), str.__str__(self), msgspec.json.encode(self.wire))

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return self.__reduce__()

    def __copy__(self: S) -> S:  # as it never changes
        return self

    def __deepcopy__(self: S, memo: object) -> S:
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"

    def __str__(self) -> str:
        return str.__str__(self)


@pickled_as("text")
def restore(cls: type[S], text: str, wire: object) -> S:
    """The value that a pickle holds; those made before 0.2 hold the struct, not its JSON."""
    if isinstance(wire, bytes):
        wire = msgspec.json.decode(wire, type=cls.shape)
    return cls.from_wire(text, wire)


_MOST_BYTES = 10 * 1024 * 1024


class TextWire(Struct, gc=False, tag_field="attribute_type", tag="text"):
    """A text value as Attio sends it."""

    value: str | None = None


class PartsCodec(Codec[S]):
    """What the codecs of text with parts share; ``texts`` are the members that may hold the text.

    The first of them that has any is it. The text is compared in lower case, as Attio keeps it.
    """

    json_schema = STRING
    text: ClassVar[Any]
    texts: ClassVar[tuple[str, ...]]

    def read(self, wire: Any) -> S | None:
        for name in self.texts:
            text = getattr(wire, name)
            if text:
                # without ``from_wire``, which would be one more call for every value
                made: S = str.__new__(self.text, text)
                made.wire = wire
                return made
        return None

    def write(self, value: S) -> JsonValue:
        return plain(value)

    def key(self, value: S) -> Hashable:
        return value.lower()


class TextCodec(Codec[str]):
    """Text, as ``str``; at most 10 MB."""

    type = "text"
    json_schema = STRING
    shape = TextWire
    lookups = TypeLookups("value", {"value": EQUAL | MATCHED | {"$in"}})
    member = "value"
    json_class = str

    def read(self, wire: TextWire) -> str | None:
        return wire.value

    def coerce(self, value: object, attr: AttributeSpec) -> str:
        """Any ``str`` that UTF-8 can carry."""
        text = clean_text(value, "give a str, e.g. str(value).")
        # UTF-8 takes four bytes a character at the most: shorter texts need not be encoded
        if len(text) > _MOST_BYTES // 4 and len(text.encode()) > _MOST_BYTES:
            raise ValidationError("The text is longer than the 10 MB that Attio keeps: shorten it.")
        return text

    def write(self, value: str) -> JsonValue:
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The text to compare with."""
        return clean_text(value, "compare a text with a str.")


class TextAttribute(Attribute[TextExpr, str | None, str | None]):
    """Text, as ``str``. See https://docs.attio.com/docs/attribute-types/attribute-types-text."""

    codec = TextCodec()
    expression = TextExpr


ATTRIBUTES = (TextAttribute,)
