"""Plain text."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_text

_MOST_BYTES = 10 * 1024 * 1024


class TextWire(Struct, gc=False, tag_field="attribute_type", tag="text"):
    """A text value as Attio sends it."""

    value: str | None = None


class TextCodec(Codec[str]):
    """Text, as ``str``; at most 10 MB.

    https://docs.attio.com/docs/attribute-types/attribute-types-text
    """

    type = "text"
    shape = TextWire
    member = "value"

    def read(self, wire: TextWire) -> str | None:
        """The text."""
        return wire.value

    def coerce(self, value: object, attr: AttributeSpec) -> str:
        """Any ``str`` that UTF-8 can carry."""
        text = clean_text(value, "give a str, e.g. str(value).")
        if len(text) > _MOST_BYTES // 4 and len(text.encode()) > _MOST_BYTES:
            raise ValidationError("The text is longer than the 10 MB that Attio keeps: shorten it.")
        return text

    def write(self, value: str) -> Any:
        """The text itself."""
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The text to compare with."""
        return clean_text(value, "compare a text with a str.")
