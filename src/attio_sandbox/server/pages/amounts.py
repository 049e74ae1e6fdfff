"""Numbers and money as people read them, and exactly as they are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

# Of the currencies that Attio has, those that are written without decimals.
_WHOLE = frozenset({"CLP", "ISK", "JPY", "KRW", "RWF", "XPF"})
# Beyond these a number is shown as JSON has it, not with hundreds of zeros.
_LARGEST, _SMALLEST = Decimal(10) ** 21, Decimal("0.000001")


def number(value: Any) -> str:
    """Give a number with all its digits, in groups of three: `99,999,999,999.99`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return str(value)
    exact = _exact(value)
    if exact and not _SMALLEST <= abs(exact) < _LARGEST:
        return str(value).lower()  # one spelling for floats and decimals: 1e+25
    text = f"{exact:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Any, currency: str | None) -> str:
    """Give an amount with its currency and its decimals, more where it has more: `1,250.50 USD`."""
    try:
        exact = _exact(value)
    except ArithmeticError:
        return f"{value} {currency or ''}".rstrip()
    text = number(exact)
    if abs(exact) < _LARGEST:
        whole, _, decimals = text.partition(".")
        wanted = 0 if currency is None or currency in _WHOLE else 2
        decimals = decimals.ljust(wanted, "0")
        text = f"{whole}.{decimals}" if decimals else whole
    return f"{text} {currency or ''}".rstrip()


def _exact(value: Any) -> Decimal:
    # By its text: the nearest binary fraction of 0.1 is not what was sent.
    return value if isinstance(value, Decimal) else Decimal(str(value))
