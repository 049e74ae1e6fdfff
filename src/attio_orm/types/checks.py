"""Checks of what users give, which the codecs of all types share."""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn

from attio_orm.errors import ValidationError
from attio_orm.guards import is_list, is_mapping
from attio_orm.wording import show, unseen

_UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


def refuse(value: object, advice: str) -> NoReturn:
    """Raise ``ValidationError`` for a value that does not fit, with what would be right."""
    raise ValidationError(f"{show(value)} ({type(value).__name__}) does not fit: {advice}")


def refuse_missing(value: object) -> None:
    """Raise ``ValidationError`` for what data frames have in place of no value."""
    # by their names, as pandas is nothing that this library imports
    missing = type(value).__name__ in {"NaTType", "NAType"}
    if isinstance(value, float):
        missing = value != value
    elif isinstance(value, Decimal):
        missing = value.is_nan()
    if missing or (is_foreign_scalar(value) and str(value) in {"nan", "NaT"}):
        raise ValidationError(
            f"{show(value)} is not a value, but stands for a missing one: give None for no value, "
            f"or leave it out."
        )


def is_foreign_scalar(value: object) -> bool:
    """Whether the value is one of numpy's scalars, or a number in an array without dimensions."""
    return type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0


def native(value: Any) -> Any:
    """The Python value in a scalar of numpy's; all else as it is."""
    if not is_foreign_scalar(value):
        return value
    kind = value.dtype.kind
    if kind == "M" and isinstance(value.item(), int):  # nanoseconds, for which Python has no room
        value = value.astype("datetime64[us]")
    found = value.item()
    # a float of 32 bits counts as the decimal that it prints as, like any other float
    return float(str(value)) if kind == "f" and isinstance(found, float) else found


def refuse_unseen(text: str, noun: str) -> None:
    """Raise ``ValidationError`` for a character that nobody sees, as comes along with a copy."""
    at = unseen(text)
    if at is not None:
        raise ValidationError(
            f"{show(text)} is not a valid {noun}: the character at position {at} is an invisible "
            f"one (U+{ord(text[at]):04X}). Remove it."
        )


def members(value: object, allowed: tuple[str, ...], advice: str) -> dict[str, Any] | None:
    """The members of a mapping, all of which must be in ``allowed``; ``None`` for anything else."""
    if not is_mapping(value):
        return None
    unknown = [name for name in value if name not in allowed]
    if unknown:
        names = ", ".join(show(name) for name in unknown)
        raise ValidationError(f"Unknown member {names}: {advice}")
    return dict(value)


@cache
def _uuid() -> re.Pattern[str]:
    # at its first use, as that takes a while: asking ``re`` for it each time takes half of a check
    return re.compile(_UUID)


def as_uuid(value: object) -> str | None:
    """The UUID in a ``str`` or a ``uuid.UUID``, in lower case; ``None`` where it is not one."""
    # by its name, which serves the UUID classes of database drivers too
    kind, text = type(value), value
    if kind.__name__ == "UUID":
        text = str(value)
        if kind.__module__ == "uuid":
            return text  # written so already
    if isinstance(text, str) and _uuid().fullmatch(text):
        return str.__str__(text).lower()  # as Attio sends ids: these are compared as text
    return None


def freeze(data: object) -> Hashable:
    """JSON data as something with a hash: equal for equal data, whatever the order of members."""
    if is_mapping(data):
        return frozenset((name, freeze(each)) for name, each in data.items())
    if is_list(data):
        return tuple(freeze(each) for each in data)
    return data
