from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.errors import ValidationError
from attio_orm.types.base import codec_for
from tests.types.specs import SPEC, read

NUMBER, RATING, CHECKBOX = codec_for("number"), codec_for("rating"), codec_for("checkbox")


@pytest.mark.parametrize("kind", ["number", "rating", "currency"])
@pytest.mark.parametrize("wrong", [True, False, "12", float("inf"), float("nan"), 1j, None, []])
def test_what_is_no_number_is_refused(kind: str, wrong: Any) -> None:
    if (kind, wrong) == ("currency", "12"):
        return
    codec = codec_for(kind)
    with pytest.raises(ValidationError, match=r"number|amount"):
        codec.coerce(wrong, SPEC)
    with pytest.raises(ValidationError, match=r"number|amount"):
        codec.filter_value(None, wrong, SPEC)


def test_numbers_are_floats_and_written_short() -> None:
    for value in (14, 14.0, Decimal(14), Fraction(14)):
        number = NUMBER.coerce(value, SPEC)
        assert type(number) is float
        assert repr(NUMBER.write(number)) == "14"
    assert NUMBER.write(NUMBER.coerce(0.1, SPEC)) == 0.1
    assert NUMBER.write(NUMBER.coerce(1e300, SPEC)) == 1e300
    assert NUMBER.filter_value(None, 3.0, SPEC) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        2**53 + 1, 10**400, Decimal(2**53 + 1), Decimal("1E+400"), Decimal("1E+999999"),
        Fraction(2**53 + 1), Fraction(10**400),
    ],
    ids=["int", "huge", "decimal", "E400", "E999999", "fraction", "huge-fraction"],
)  # fmt: skip
def test_numbers_beyond_64_bits_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="64-bit"):
        NUMBER.coerce(wrong, SPEC)
    with pytest.raises(ValidationError, match="64-bit"):
        NUMBER.filter_value(None, wrong, SPEC)
    with pytest.raises(ValidationError, match="0 to 5"):
        RATING.coerce(wrong, SPEC)


def test_a_fraction_beyond_any_float_is_refused() -> None:
    beyond = Fraction(10**400, 3)
    with pytest.raises(ValidationError, match="cannot be kept"):
        NUMBER.coerce(beyond, SPEC)
    # digits of a fraction that a double has no room for are no mistake: 1/3 is what was meant
    assert NUMBER.coerce(Decimal(1) / Decimal(3), SPEC) == 1 / 3


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_ratings_are_whole_numbers_from_0_to_5(value: Any) -> None:
    if value in range(6):
        rating = RATING.coerce(value, SPEC)
        assert rating == value
        assert type(rating) is int
        assert RATING.write(rating) == value
    else:
        with pytest.raises(ValidationError, match="0 to 5"):
            RATING.coerce(value, SPEC)


def test_ratings_read_as_whole_numbers() -> None:
    assert repr(read(RATING, value=3)) == "3"
    assert repr(read(RATING, value=3.0)) == "3"
    assert RATING.filter_value(None, 3.5, SPEC) == 3.5


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("true", True), ("false", False)])
def test_checkboxes(value: Any, expected: bool) -> None:
    assert CHECKBOX.coerce(value, SPEC) is expected
    assert CHECKBOX.filter_value(None, value, SPEC) is expected
    assert CHECKBOX.write(expected) is expected


@pytest.mark.parametrize("wrong", [1, 0, "yes", "True", None, 1.0])
def test_what_is_no_checkbox_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="True or False"):
        CHECKBOX.coerce(wrong, SPEC)
