"""Amounts of money added up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from attio_orm.values import Money


def test_amounts_of_one_currency_add_up() -> None:
    amounts = [Money("10.50", "EUR"), Money(2, "EUR"), Money("0.25", "EUR")]
    total = sum(amounts)
    assert total == Money("12.75", "EUR")
    assert isinstance(total, Money)
    assert total.currency == "EUR"
    assert Money(5, "EUR") - Money(7, "EUR") == Money(-2, "EUR") == -Money(2, "EUR")


def test_plain_numbers_take_the_currency() -> None:
    assert (Money(5, "EUR") + 0.1, Money(5, "EUR") - Decimal(1)) == (Decimal("5.1"), 4)
    assert (1 + Money(5, "EUR")).currency == "EUR"
    assert (Money(5) + Money(1, "EUR")).currency == "EUR"


def test_two_currencies_are_never_mixed() -> None:
    with pytest.raises(TypeError, match="convert one currency"):
        sum([Money(1, "EUR"), Money(1, "USD")])
    with pytest.raises(TypeError, match="convert one currency"):
        _ = Money(1, "EUR") - Money(1, "USD")
    with pytest.raises(TypeError):
        _ = Money(1, "EUR") + "1"  # type: ignore[operator]


def test_it_formats_as_its_amount() -> None:
    assert f"{Money('1234.5', 'EUR'):,.2f}" == "1,234.50"
    assert f"{Money('1234.5', 'EUR')}" == "1234.5 EUR"
