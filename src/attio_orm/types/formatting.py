"""Values as people of a place read them: by the rules of the Unicode CLDR, which babel has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from attio_orm.guards import is_several
from attio_orm.types.checks import native
from attio_orm.types.currency import Money
from attio_orm.types.locales import format_amount, format_number, parsed_locale


def format_value(value: object, locale: str) -> str:
    """A value of an attribute as people of that locale read it: ``"1.234,5"`` in ``"de_DE"``.

    Amounts of money, numbers, dates and moments (in the zone that they have) are written by the
    rules of the locale, several values as its lists; texts stay as they are; no value is ``""``.
    Raises ``ValidationError`` for a locale that does not exist, and ``ImportError`` without the
    extra ``format``.
    """
    return _formatted(value, parsed_locale(locale))


def _formatted(value: object, locale: Any) -> str:
    from babel import dates, lists

    value = native(value)
    if value is None:
        return ""
    if isinstance(value, Money):
        return format_amount(value.amount, value.currency, locale)
    if isinstance(value, str | bool):  # a checkbox has no words of its own in a locale
        return str(value)
    if isinstance(value, int | float | Decimal):
        number = Decimal(repr(value)) if isinstance(value, float) else value
        return format_number(number, locale)
    if isinstance(value, datetime):  # before dates, as each is one too
        return dates.format_datetime(value, tzinfo=value.tzinfo, locale=locale)
    if isinstance(value, date):
        return dates.format_date(value, locale=locale)
    if is_several(value):
        several: Iterable[object] = value
        return lists.format_list([_formatted(each, locale) for each in several], locale=locale)
    return str(value)
