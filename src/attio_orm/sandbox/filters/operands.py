"""The operands of filters, read strictly as their property asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attio_orm.sandbox.bodies import is_number, kind_of
from attio_orm.sandbox.errors import filter_error, value_not_found
from attio_orm.sandbox.schema import Attribute, Schema
from attio_orm.sandbox.timestamps import read_date, read_timestamp
from attio_orm.sandbox.values.choices import unknown_option
from attio_orm.sandbox.values.phones import clean_phone
from attio_orm.sandbox.values.plain import as_number


def read_operand(kind: str, raw: Any, attribute: Attribute, schema: Schema) -> Any:
    """Give the operand as its column holds it; raises `filter_error` for one of another kind."""
    try:
        found = _READERS[kind](raw, attribute, schema)
    except ValueError:
        found = None
    if found is None:
        shown = repr(raw) if isinstance(raw, (str, int, float)) else kind_of(raw)
        raise filter_error(
            f"Error in filter. {shown[:200]} is not a valid {kind} for attribute "
            f'"{attribute.slug}".'
        )
    return found


def _text(raw: Any) -> str | None:
    return raw if isinstance(raw, str) else None


def _number(raw: Any) -> int | float | None:
    return as_number(raw) if is_number(raw) else None


def _amount(raw: Any) -> int | float | None:
    return as_number(float(raw)) if isinstance(raw, str) else _number(raw)


def _boolean(raw: Any) -> int | None:
    return int(raw) if isinstance(raw, bool) else None


def _since(raw: Any) -> str | None:
    if not isinstance(raw, str):
        return None
    return read_timestamp(raw, partial=len(raw) == len("YYYY-MM-DD"))


def _option(raw: Any, attribute: Attribute) -> int | None:
    if not isinstance(raw, str):
        return None
    option = attribute.find_option(raw)
    if option is None:
        raise value_not_found(unknown_option(attribute, raw))
    return option.num


def _object(raw: Any, schema: Schema) -> int | None:
    found = schema.find_object(raw) if isinstance(raw, str) else None
    return None if found is None else found.num


_READERS: dict[str, Callable[[Any, Attribute, Schema], Any]] = {
    "text": lambda raw, attribute, schema: _text(raw),
    "lower": lambda raw, attribute, schema: _text(raw) and raw.lower(),
    "upper": lambda raw, attribute, schema: _text(raw) and raw.upper(),
    "id": lambda raw, attribute, schema: _text(raw) and raw.lower(),
    "record": lambda raw, attribute, schema: _text(raw) and raw.lower(),
    "phone": lambda raw, attribute, schema: _text(raw) and clean_phone(raw),
    "number": lambda raw, attribute, schema: _number(raw),
    "amount": lambda raw, attribute, schema: _amount(raw),
    "boolean": lambda raw, attribute, schema: _boolean(raw),
    "date": lambda raw, attribute, schema: (
        read_date(raw, partial=False) if isinstance(raw, str) else None
    ),
    "timestamp": lambda raw, attribute, schema: (
        read_timestamp(raw, partial=False) if isinstance(raw, str) else None
    ),
    "since": lambda raw, attribute, schema: _since(raw),
    "option": lambda raw, attribute, schema: _option(raw, attribute),
    "object": lambda raw, attribute, schema: _object(raw, schema),
}
