"""Values as people of a place read them: by the rules of the Unicode CLDR, which babel has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from attio_orm.errors import ValidationError
from attio_orm.guards import is_several
from attio_orm.types.checks import native
from attio_orm.types.currency import Money
from attio_orm.wording import show


def format_value(value: object, locale: str) -> str:
    """A value of an attribute as people of that locale read it: ``"1.234,5"`` in ``"de_DE"``.

    Amounts of money, numbers, dates and moments (in the zone that they have) are written by the
    rules of the locale, several values as its lists; texts stay as they are; no value is ``""``.
    Raises ``ValidationError`` for a locale that does not exist, and ``ImportError`` without the
    extra ``format``.
    """
    return _formatted(value, _locale(locale))


def format_money(money: Money, locale: str) -> str:
    """An amount of money; one without a currency as a number."""
    return _amount(money, _locale(locale))


def _locale(name: str) -> Any:
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


def _formatted(value: object, locale: Any) -> str:
    from babel import dates, lists, numbers

    value = native(value)
    if value is None:
        return ""
    if isinstance(value, Money):
        return _amount(value, locale)
    if isinstance(value, str | bool):  # a checkbox has no words of its own in a locale
        return str(value)
    if isinstance(value, int | float | Decimal):
        number = Decimal(repr(value)) if isinstance(value, float) else value
        return numbers.format_decimal(number, locale=locale, decimal_quantization=False)
    if isinstance(value, datetime):  # before dates, as each is one too
        return dates.format_datetime(value, tzinfo=value.tzinfo, locale=locale)
    if isinstance(value, date):
        return dates.format_date(value, locale=locale)
    if is_several(value):
        several: Iterable[object] = value
        return lists.format_list([_formatted(each, locale) for each in several], locale=locale)
    return str(value)


def _amount(money: Money, locale: Any) -> str:
    from babel import numbers

    if money.currency is None:
        return _formatted(money.amount, locale)
    # the digits of the currency, and more where the amount has more: nothing is rounded away
    usual = numbers.get_currency_precision(money.currency)
    digits = money.amount.as_tuple().exponent
    is_finer = (
        isinstance(digits, int)
        and -digits > usual
        and money.amount % 1 != round(money.amount % 1, usual)
    )
    return numbers.format_currency(
        money.amount, money.currency, locale=locale, decimal_quantization=not is_finer
    )
