"""Values as people of a place read them."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from attio_orm import ValidationError
from attio_orm.values import Money, Option, format_value


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money("1250.5", "GBP"), "en_GB", "£1,250.50"),
        (Money("1250.5", "EUR"), "de-DE", "1.250,50 €"),
        (Money("-3", "USD"), "en_US", "-$3.00"),
        (Money("0.1234", "EUR"), "de", "0,1234 €"),  # nothing is rounded away
        (Money("12", "JPY"), "en", "¥12"),
        (Money("12.5"), "de", "12,5"),
    ],
    ids=str,
)
def test_money(money: Money, locale: str, text: str) -> None:
    assert money.format(locale).replace("\N{NO-BREAK SPACE}", " ") == text
    assert format_value(money, locale) == money.format(locale)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.125, "1.234.567,125"),
        (10**20, "100.000.000.000.000.000.000"),
        (Decimal("0.5"), "0,5"),
        (date(2026, 3, 1), "01.03.2026"),
        (datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "01.03.2026, 23:30:00"),
        (Option("Won"), "Won"),
        (["a", "b", Money(2, "EUR")], "a, b und 2,00\N{NO-BREAK SPACE}€"),
        ([], ""),
        (None, ""),
        (True, "True"),
    ],
    ids=str,
)
def test_other_values(value: Any, text: str) -> None:
    assert format_value(value, "de") == text


def test_the_locale_is_british_unless_told() -> None:
    assert Money(1, "GBP").format() == "£1.00"


def test_no_locale() -> None:
    for name in ("klingon", "", "../etc/passwd"):
        with pytest.raises(ValidationError, match='"en_GB" or "de"'):
            Money(1).format(name)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(ImportError, match=r'pip install "attio-orm\[format\]"'):
        Money(1).format()
