"""Numbers and money as text: every digit that there is, and none that there is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from attio_sandbox.server.pages.amounts import money, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.5, "-0.5"),
        (1234567, "1,234,567"),
        (1234567.25, "1,234,567.25"),
        (99_999_999_999.99, "99,999,999,999.99"),
        (0.1, "0.1"),
        (2**62, "4,611,686,018,427,387,904"),
        (1e20, "100,000,000,000,000,000,000"),
        (1e300, "1e+300"),
        (1.5e-9, "1.5e-09"),
        (Decimal("12.3400"), "12.34"),
        ("text", "text"),
        (True, "True"),
    ],
)
def test_numbers(value: Any, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (1250.5, "USD", "1,250.50 USD"),
        (1250, "EUR", "1,250.00 EUR"),
        (0, "USD", "0.00 USD"),
        (-3, "GBP", "-3.00 GBP"),
        (1.2345, "USD", "1.2345 USD"),
        (1250, "JPY", "1,250 JPY"),
        (1250.5, "JPY", "1,250.5 JPY"),
        (99_999_999_999.99, "USD", "99,999,999,999.99 USD"),
        (Decimal("8053348.15"), "USD", "8,053,348.15 USD"),
        ("499.00", "EUR", "499.00 EUR"),
        ("much", "EUR", "much EUR"),
        (1.5, None, "1.5"),
        (1e25, "USD", "1e+25 USD"),
    ],
)
def test_money(value: Any, currency: str | None, text: str) -> None:
    assert money(value, currency) == text
