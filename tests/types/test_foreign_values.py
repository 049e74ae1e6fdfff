"""Values as data frames have them: numpy's scalars, and what stands for a missing value.

The classes are stand-ins, as neither library is needed for anything else.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from attio_orm import Company, Deal, Person, Q, ValidationError
from attio_orm.testing import SandboxHandle
from attio_orm.types.base import CODECS, codec_for
from attio_orm.values import Location, Money
from tests.colours import Colour
from tests.query.fakes import FakeResolver, compile_filter
from tests.types.specs import EUROS, SPEC


class Scalar:
    """As numpy's: no number to Python, and with what it holds behind ``item()``."""

    ndim = 0

    def __init__(self, kind: str, item: Any, text: str = "") -> None:
        self.dtype = SimpleNamespace(kind=kind)
        self._item = item
        self._text = text or str(item)

    def item(self) -> Any:
        return self._item

    def astype(self, unit: str) -> Scalar:
        assert unit == "datetime64[us]"
        return Scalar("M", dt.datetime(2026, 3, 1, 10))

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:  # without its address: the ids of tests are the same in each process
        return f"Scalar({self.dtype.kind!r}, {self._text})"


Scalar.__module__ = "numpy"


class NaTType(dt.datetime):
    """As pandas' NaT: a datetime whose methods raise."""

    def __new__(cls) -> NaTType:
        return super().__new__(cls, 1, 1, 1)

    def utcoffset(self) -> Any:
        raise ValueError("NaTType does not support utcoffset")

    def __repr__(self) -> str:
        return "NaT"


class NAType:
    """As pandas' NA, which no comparison says anything of."""

    def __eq__(self, other: object) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")

    def __repr__(self) -> str:
        return "<NA>"


THREE, TRUE = Scalar("i", 3), Scalar("b", True)
HALF = Scalar("f", 0.10000000149011612, "0.1")  # 0.1 in 32 bits
DAY = Scalar("M", dt.date(2026, 3, 1))
MISSING = [
    float("nan"),
    Decimal("NaN"),
    NaTType(),
    NAType(),
    Scalar("f", float("nan"), "nan"),
    Scalar("M", None, "NaT"),
]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", THREE, 3.0),
        ("number", HALF, 0.1),
        ("rating", THREE, 3),
        ("rating", Scalar("f", 3.0), 3),
        ("checkbox", TRUE, True),
        ("currency", THREE, Money(3, "EUR")),
        ("currency", HALF, Money("0.1", "EUR")),
        ("date", DAY, dt.date(2026, 3, 1)),
    ],
)
def test_numpys_scalars_are_what_they_hold(kind: str, value: Any, expected: Any) -> None:
    for taken in (codec_for(kind).coerce(value, EUROS), codec_for(kind).accept(value, EUROS)):
        assert taken == expected
        assert type(taken) is type(expected)


def test_their_rules_are_those_of_what_they_hold() -> None:
    with pytest.raises(ValidationError, match="no time zone"):
        codec_for("timestamp").coerce(Scalar("M", 1772359200000000000), SPEC)
    with pytest.raises(ValidationError, match="is a date, not a moment"):
        codec_for("timestamp").coerce(DAY, SPEC)
    with pytest.raises(ValidationError, match=r"True.* does not fit: give a number"):
        codec_for("number").coerce(TRUE, SPEC)
    with pytest.raises(ValidationError, match="not a valid rating"):
        codec_for("rating").coerce(Scalar("i", 9), SPEC)


def test_they_compare_and_calculate() -> None:
    money = Money(3, "EUR")
    assert money == THREE
    assert not money != THREE  # noqa: SIM202 - it is ``!=`` that is asked
    assert money <= THREE
    assert money + THREE == money * Scalar("i", 2) == 6  # type: ignore[operator]
    assert Location(latitude=HALF).latitude == "0.1"  # type: ignore[arg-type]


def test_they_filter() -> None:
    def people(**lookups: Any) -> Any:
        return compile_filter(Q(**lookups), FakeResolver("people"))

    assert people(score=THREE) == people(score=3)
    assert people(score__in=[THREE]) == people(score__in=[3])
    assert people(score__range=(THREE, Scalar("i", 4))) == people(score__range=(3, 4))
    assert people(vip=TRUE) == people(vip=True)
    assert people(created_at__lte=DAY) == people(created_at__lte=dt.date(2026, 3, 1))
    assert people(created_at__year=Scalar("i", 2026)) == people(created_at__year=2026)


@pytest.mark.parametrize("missing", MISSING, ids=repr)
@pytest.mark.parametrize("kind", [kind for kind in CODECS if kind != "interaction"])
def test_what_stands_for_a_missing_value_is_refused(kind: str, missing: Any) -> None:
    with pytest.raises(ValidationError, match="stands for a missing one: give None"):
        codec_for(kind).accept(missing, SPEC)


@pytest.mark.parametrize("missing", MISSING[:4], ids=repr)
async def test_every_way_in_names_the_attribute(
    attio_sandbox: SandboxHandle, colour: Colour, missing: Any
) -> None:
    for name in ("name", "foundation_date", "domains", "primary_location", "categories"):
        with pytest.raises(ValidationError, match=rf"^{name}: .* give None"):
            Company(**{name: missing})
        with pytest.raises(ValidationError, match=rf"^{name}: .* give None"):
            setattr(Company.ref("ba4af703-cd57-4d5c-960a-9321c94b23c4"), name, missing)
        with pytest.raises(ValidationError, match=rf"^{name}: "):
            await colour.call(Company.objects, "create", **{name: missing})
        report = await colour.call(
            Company.objects, "bulk_create", [{"name": "a", name: missing}, {"name": "b"}]
        )
        assert isinstance(report[0].error, ValidationError)
        assert str(report[0].error).startswith(f"{name}: ")
        assert len(report.created) == 1
    for lookup in ("created_at", "created_at__gte", "created_at__date", "created_at__in"):
        value = [missing] if lookup.endswith("in") else missing
        with pytest.raises(ValidationError, match=rf"^{lookup}"):
            await colour.items(Company.objects.filter(**{lookup: value}))
    with pytest.raises(ValidationError, match="owner: "):
        Deal(owner=missing)
    with pytest.raises(ValidationError, match="company: "):
        Person(company=missing)
