"""The operands of filters, read strictly as their property asks for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from attio_sandbox.bodies import is_number, kind_of
from attio_sandbox.errors import filter_error, value_not_found
from attio_sandbox.schema import Attribute, Schema
from attio_sandbox.timestamps import read_date, read_timestamp
from attio_sandbox.values.choices import unknown_option
from attio_sandbox.values.phones import clean_phone
from attio_sandbox.values.plain import as_number


def read_operand(kind: str, raw: Any, attribute: Attribute, schema: Schema) -> Any:
    """Give the operand as its column holds it; raises `filter_error` for one of another kind."""
    found = None
    with suppress(ValueError):  # of an amount that is not a number
        found = _read(kind, raw, attribute, schema)
    if found is None:
        shown = repr(raw) if isinstance(raw, (str, int, float)) else kind_of(raw)
        raise filter_error(
            f"Error in filter. {shown[:200]} is not a valid {kind} for attribute "
            f'"{attribute.slug}".'
        )
    return found


def _read(kind: str, raw: Any, attribute: Attribute, schema: Schema) -> Any:
    if isinstance(raw, bool):  # before numbers, as it is one
        return int(raw) if kind == "boolean" else None
    if not isinstance(raw, str):
        return as_number(raw) if kind in ("number", "amount") and is_number(raw) else None
    if kind == "option":
        option = attribute.find_option(raw)  # archived ones too: records may still have them
        if option is None:
            raise value_not_found(unknown_option(attribute, raw))
        return option.num
    if kind == "object":
        found = schema.find_object(raw)
        return None if found is None else found.num
    return _TEXTS[kind](raw) if kind in _TEXTS else None


_TEXTS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "lower": str.lower,
    "upper": str.upper,
    "id": str.lower,
    "record": str.lower,
    "phone": clean_phone,
    "amount": lambda text: as_number(float(text)),  # money alone may be text
    "date": partial(read_date, partial=False),
    "timestamp": partial(read_timestamp, partial=False),
    # A day alone is taken here and nowhere else in filters (facts.md 5.2).
    "since": lambda text: read_timestamp(text, partial=len(text) == len("YYYY-MM-DD")),
}
