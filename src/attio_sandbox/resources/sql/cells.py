"""The values of a result as JSON has them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from attio_sandbox.bodies import is_list, is_map

_EXACT = 2**53  # up to here a number of JavaScript is exact


def cell(value: Any, kind: str) -> Any:
    """Give a value of a result; `kind` is the type of its column."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return msgspec.json.decode(value) if kind == "JSON" else value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else float(value)
    if isinstance(value, (float, Decimal)):
        return _number(float(value))
    return _other(value)


def _number(value: float) -> int | float | None:
    if not math.isfinite(value):
        return None  # JSON has none of these
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _other(value: Any) -> Any:
    if isinstance(value, datetime):
        # With nine digits, as all times of the API; a time without a zone has none here either.
        if value.tzinfo is None:
            return f"{value.isoformat(timespec='microseconds')}000"
        moment = value.astimezone(UTC).replace(tzinfo=None)
        return f"{moment.isoformat(timespec='microseconds')}000Z"
    if isinstance(value, date):
        return value.isoformat()
    if is_list(value):
        return [cell(each, "") for each in value]
    if is_map(value):
        return {str(name): cell(each, "") for name, each in value.items()}
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return str(value)  # a time of day, an interval, a UUID
