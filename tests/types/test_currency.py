from __future__ import annotations

import copy
import pickle
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.errors import ValidationError
from attio_orm.types.base import codec_for
from attio_orm.values import Money
from tests.types.specs import EUROS, SPEC, read
from tests.types.strategies import AMOUNT

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


# -- sums -----------------------------------------------------------------------------------------


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


# -- products and quotients -----------------------------------------------------------------------

FACTORS = st.integers(-1000, 1000) | st.decimals(-1000, 1000, places=2)


@given(AMOUNT, FACTORS, CODES)
def test_a_number_multiplies_and_divides(amount: Decimal, number: Any, code: Any) -> None:
    money = Money(amount, code)
    for product in (money * number, number * money):
        assert isinstance(product, Money)
        assert (product.amount, product.currency) == (amount * number, code)
    if number:
        quotient = money / number
        assert isinstance(quotient, Money)
        assert (quotient.amount, quotient.currency) == (amount / number, code)
        assert Money(number, code) / Money(number) == 1


@given(AMOUNT, AMOUNT, st.integers(-4, 4), CODES)
def test_it_has_the_arithmetic_of_its_amount(
    amount: Decimal, other: Decimal, digits: int, code: Any
) -> None:
    money = Money(amount, code)
    assert bool(money) is bool(amount)
    assert int(money) == int(amount)
    for made, expected in (
        (abs(money), abs(amount)),
        (+money, amount),
        (-money, -amount),
        (round(money, digits), round(amount, digits)),
        (round(money), round(amount)),
        (other - money, other - amount),
    ):
        assert isinstance(made, Money)
        assert (made.amount, made.currency) == (expected, code)


def test_a_ratio_is_a_plain_number() -> None:
    ratio = Money(1, "EUR") / Money(4)
    assert ratio == Decimal("0.25")
    assert type(ratio) is Decimal
    with pytest.raises(TypeError, match=r"EUR and .* USD cannot be divided: convert"):
        _ = Money(1, "EUR") / Money(1, "USD")


def test_what_is_not_money_stays_refused() -> None:
    euros: Any = Money(2, "EUR")
    for attempt in (
        lambda: euros * Money(2, "EUR"),
        lambda: euros * "2",
        lambda: 2 / euros,
        lambda: euros / "2",
        lambda: euros * None,
    ):
        with pytest.raises(TypeError, match=r"unsupported operand|can't multiply"):
            attempt()
    for zero in (0, Decimal(0), 0.0, Money(0)):
        with pytest.raises(ZeroDivisionError):
            _ = euros / zero
        with pytest.raises(ZeroDivisionError):
            _ = Money(0) / zero
    with pytest.raises(ValidationError, match="cannot be kept"):
        _ = euros * float("inf")


def test_a_float_multiplies_as_the_decimal_it_prints_as() -> None:
    assert (Money(3) * 0.1).amount == Decimal("0.3")
    assert CODEC.coerce(round(Money(10, "EUR") / 3, 2), EUROS) == Decimal("3.33")
    with pytest.raises(ValidationError, match=r"4 decimals.*round\(value, 4\)"):
        CODEC.coerce(Money(10, "EUR") / 3, EUROS)


@pytest.mark.parametrize(
    "beyond",
    [Decimal("1E+400"), 10**400, "1E+400", Money(Decimal("1E+400"))],
    ids=["decimal", "int", "text", "money"],
)
def test_an_amount_beyond_a_double_is_refused_and_never_null(beyond: Any) -> None:
    for amount in (beyond, Money(Decimal("-1E+400"))):
        with pytest.raises(ValidationError, match="64-bit"):
            CODEC.coerce(amount, EUROS)
        with pytest.raises(ValidationError, match="64-bit"):
            CODEC.filter_value(None, amount, EUROS)
    with pytest.raises(ValidationError, match="64-bit"):
        CODEC.write(Money(Decimal("1E+400")))
    assert CODEC.dump(Money(Decimal("1E+400"))) == {"amount": "1E+400", "currency": None}


def test_a_decimal_context_of_the_program_refuses_no_amount() -> None:
    with localcontext(Context(prec=4)):
        accepted = CODEC.coerce(Decimal("123456.78"), EUROS)
        assert CODEC.write(accepted) == 123456.78
