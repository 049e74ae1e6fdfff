from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.errors import ValidationError
from attio_orm.values import Money, codec_for
from tests.values.specs import EUROS, SPEC, read
from tests.values.strategies import AMOUNT

CODEC = codec_for("currency")
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
CODES = st.sampled_from([None, "EUR", "USD"])


@given(AMOUNT, AMOUNT | st.integers(), CODES)
def test_money_compares_with_numbers_by_its_amount(amount: Decimal, other: Any, code: Any) -> None:
    money = Money(amount, code)
    assert (money == other, money != other) == (amount == other, amount != other)
    assert (money < other, money <= other) == (amount < other, amount <= other)
    assert (money > other, money >= other) == (amount > other, amount >= other)
    assert (other < money, other == money) == (other < amount, other == amount)


@given(st.integers() | AMOUNT)
def test_equal_money_and_numbers_hash_alike(amount: Any) -> None:
    money = Money(amount, "EUR")
    assert money == amount
    assert hash(money) == hash(amount) == hash(Money(amount)) == hash(Money(amount, "USD"))


@given(FLOATS)
def test_a_float_counts_as_the_decimal_it_prints_as(amount: float) -> None:
    assert Money(amount) == amount
    assert Money(amount).amount == Decimal(repr(amount))
    assert float(Money(amount)) == amount


@given(AMOUNT, AMOUNT)
def test_two_currencies_are_never_equal_nor_ordered(one: Decimal, two: Decimal) -> None:
    euros, dollars = Money(one, "EUR"), Money(two, "USD")
    assert euros != dollars
    assert Money(one, "EUR") != Money(one, "USD")
    for compare in (
        lambda: euros < dollars,
        lambda: euros <= dollars,
        lambda: euros > dollars,
        lambda: euros >= dollars,
    ):
        with pytest.raises(TypeError, match=r"EUR and .* USD have no order"):
            compare()


@given(AMOUNT, AMOUNT, st.sampled_from([None, "EUR"]))
def test_one_currency_orders_by_amount(one: Decimal, two: Decimal, code: str | None) -> None:
    assert (Money(one, code) < Money(two, "EUR")) is (one < two)
    assert (Money(one, "EUR") == Money(two, "EUR")) is (one == two)
    assert sorted([Money(one, "EUR"), Money(two, "EUR")])[0].amount == min(one, two)


def test_money_is_no_text_and_has_no_order_with_text() -> None:
    assert Money(5) != "5"
    assert Money(1) == True  # noqa: E712 - as 1 == True in Python
    for wrong in ("5", None, object()):
        with pytest.raises(TypeError, match="not supported"):
            _ = Money(5) < wrong  # type: ignore[operator]
        with pytest.raises(TypeError, match="not supported"):
            _ = Money(5) >= wrong  # type: ignore[operator]


def test_money_is_immutable_and_pickles() -> None:
    money = Money("1250.50", "EUR")
    with pytest.raises(AttributeError, match="immutable"):
        money.amount = Decimal(1)  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        del money.currency
    for made in (copy.copy(money), copy.deepcopy(money), pickle.loads(pickle.dumps(money))):
        assert made == money
        assert made.currency == "EUR"


def test_money_shows_its_currency() -> None:
    assert str(Money("1250.50", "EUR")) == "1250.50 EUR"
    assert str(Money(Decimal("1E+3"))) == "1000"
    assert repr(Money("1250.50", "EUR")) == "Money('1250.50', 'EUR')"
    assert repr(Money(5)) == "Money('5')"


@pytest.mark.parametrize(
    "wrong", [True, "five", "", None, float("nan"), "NaN", Decimal("-Infinity")]
)
def test_what_is_no_amount_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"number|amount"):
        Money(wrong)
    with pytest.raises(ValidationError, match=r"number|amount"):
        CODEC.coerce(wrong, EUROS)
    with pytest.raises(ValidationError, match=r"number|amount"):
        CODEC.filter_value(None, wrong, EUROS)


@pytest.mark.parametrize(
    ("given_", "written"),
    [
        (0.1, 0.1),
        (0.1 + 0.2, 0.3),
        (1250, 1250),
        ("1250.50", 1250.5),
        (Decimal("0.0001"), 0.0001),
        (Decimal("1E+3"), 1000),
        (99999999999.9999, 99999999999.9999),
        (Money(Decimal("19.99"), "EUR"), 19.99),
        (Money(5), 5),
        ({"amount": 19.99, "currency": "EUR"}, 19.99),
        ({"amount": "3"}, 3),
    ],
)
def test_amounts_are_written_without_noise(given_: Any, written: Any) -> None:
    money = CODEC.coerce(given_, EUROS)
    assert repr(CODEC.write(money)) == repr(written)
    assert money.currency == "EUR"


@pytest.mark.parametrize("wrong", [1.23456, Decimal("0.00001"), "0.12345", 1e-9])
def test_more_than_four_decimals_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"4 decimals.*round"):
        CODEC.coerce(wrong, EUROS)


@pytest.mark.parametrize("wrong", [2**53 + 1, Decimal("12345678901234567.8901"), 10**400])
def test_amounts_that_would_lose_digits_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="more digits"):
        CODEC.coerce(wrong, EUROS)


def test_another_currency_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"USD.*EUR.*convert"):
        CODEC.coerce(Money(5, "USD"), EUROS)
    with pytest.raises(ValidationError, match=r"USD.*EUR.*convert"):
        CODEC.coerce({"amount": 5, "currency": "USD"}, EUROS)
    with pytest.raises(ValidationError, match=r"USD.*EUR.*convert"):
        CODEC.filter_value(None, Money(5, "USD"), EUROS)
    with pytest.raises(ValidationError, match="currency code"):
        CODEC.coerce({"amount": 5, "currency": 7}, EUROS)
    assert CODEC.coerce(Money(5, "USD"), SPEC).currency == "USD"


def test_filters_take_numbers_and_money() -> None:
    assert CODEC.filter_value(None, Money("10.5", "EUR"), EUROS) == 10.5
    assert CODEC.filter_value("currency_value", 10_000, EUROS) == 10_000
    assert CODEC.filter_value(None, "0.1", EUROS) == 0.1


def test_amounts_are_read_as_numbers_and_as_text() -> None:
    assert read(CODEC, currency_value=0.1, currency_code="EUR") == Money("0.1", "EUR")
    assert read(CODEC, currency_value="499.00", currency_code=None).amount == 499
    assert read(CODEC, currency_value=None) is None
