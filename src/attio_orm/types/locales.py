"""Numbers and amounts of money by the rules of a locale, which babel has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attio_orm.errors import ValidationError
from attio_orm.wording import show


def parsed_locale(name: str) -> Any:
    """The locale of a name. Raises ``ValidationError``, and ``ImportError`` without babel."""
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        raise ImportError(
            'Formatting for a locale takes babel: pip install "attio-orm[format]".'
        ) from None
    try:
        return Locale.parse(name, sep="-" if "-" in name else "_")
    except (ValueError, TypeError, UnknownLocaleError):
        raise ValidationError(
            f"{show(name)} is not a locale: give a language, or a language and a country, e.g. "
            f'"en_GB" or "de".'
        ) from None


def format_number(number: Decimal | int, locale: Any) -> str:
    """A number; nothing is rounded away."""
    from babel import numbers

    return numbers.format_decimal(number, locale=locale, decimal_quantization=False)


def format_amount(amount: Decimal, currency: str | None, locale: Any) -> str:
    """An amount of money; one without a currency as a number."""
    from babel import numbers

    if currency is None:
        return format_number(amount, locale)
    # the digits of the currency, and more where the amount has more: nothing is rounded away
    usual = numbers.get_currency_precision(currency)
    digits = amount.as_tuple().exponent
    is_finer = (
        isinstance(digits, int) and -digits > usual and amount % 1 != round(amount % 1, usual)
    )
    return numbers.format_currency(
        amount, currency, locale=locale, decimal_quantization=not is_finer
    )
