from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal
from typing import Any

import pytest

from attio_orm import Q
from attio_orm import expressions as x
from attio_orm.conditions.expressions import Order
from attio_orm.types.base import CODECS

title = x.TextExpr(("job_title",))
name = x.NameExpr(("name",))
value = x.CurrencyExpr(("associated_deals", "value"))
stage: x.StatusExpr[str] = x.StatusExpr(("stage",))


@pytest.mark.parametrize(
    ("expression", "keyword"),
    [
        (title == "VP", Q(job_title="VP")),
        (title == None, Q(job_title=None)),  # noqa: E711 - it is the form under test
        (title != "VP", Q(job_title__not="VP")),
        (title.contains("VP"), Q(job_title__contains="VP")),
        (title.startswith("VP"), Q(job_title__startswith="VP")),
        (title.endswith("VP"), Q(job_title__endswith="VP")),
        (title.in_(["a", None]), Q(job_title__in=["a", None])),
        (title.in_(t for t in "ab"), Q(job_title__in=["a", "b"])),
        (title.is_null(), Q(job_title__isnull=True)),
        (title.is_null(False), Q(job_title__isnull=False)),
        (value > 5, Q(associated_deals__value__gt=5)),
        (value >= Decimal(5), Q(associated_deals__value__gte=5)),
        (value < 5, Q(associated_deals__value__lt=5)),
        (value <= 5.5, Q(associated_deals__value__lte=5.5)),
        (value.between(1, 2), Q(associated_deals__value__range=(1, 2))),
        (name == "Ada Byron", Q(name="Ada Byron")),
        (name.first_name == "Ada", Q(name__first_name="Ada")),
        (name.last_name.contains("B"), Q(name__last_name__contains="B")),
        (name.full_name != "Ada", Q(name__full_name__not="Ada")),
        (stage.active_from >= dt.date(2026, 1, 1), Q(stage__active_from__gte=dt.date(2026, 1, 1))),
        (x.IdExpr(("company", "id")) == "u", Q(company__id="u")),
        (x.IdExpr(("id",)).in_(["u"]), Q(id__in=["u"])),
        (x.TextExpr(("company", "range")) == "x", Q(company__range__exact="x")),
        (x.TextExpr(("range",)) == "x", Q(range="x")),
    ],
)
def test_an_expression_is_its_keyword_form(expression: Any, keyword: Q) -> None:
    assert isinstance(expression, Q)
    assert expression == keyword


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        (x.EmailExpr(("e",)), ["email_domain", "email_root_domain", "email_local_specifier"]),
        (x.DomainExpr(("e",)), ["root_domain"]),
        (x.PhoneExpr(("e",)), ["country_code"]),
        (
            x.LocationExpr(("e",)),
            ["line_1", "line_2", "line_3", "line_4", "locality", "region", "postcode"],
        ),
        (x.LocationExpr(("e",)), ["country_code"]),
        (x.SelectExpr(("e",)), ["active_from"]),
        (x.InteractionExpr(("e",)), ["interaction_type", "interacted_at", "owner_member_id"]),
    ],
)
def test_parts_are_what_the_table_of_lookups_has(expression: Any, parts: list[str]) -> None:
    kinds = {
        x.EmailExpr: "email-address",
        x.DomainExpr: "domain",
        x.PhoneExpr: "phone-number",
        x.LocationExpr: "location",
        x.SelectExpr: "select",
        x.InteractionExpr: "interaction",
    }
    for part in parts:
        assert part in CODECS[kinds[type(expression)]].lookups.parts
        assert (getattr(expression, part) == "v") == Q(**{f"e__{part}": "v"})


def test_what_attio_lacks_still_makes_a_condition_for_the_compiler_to_explain() -> None:
    untyped: Any = x.CheckboxExpr(("vip",))
    assert untyped.contains("x") == Q(vip__contains="x")
    assert (untyped < 1) == Q(vip__lt=1)
    assert untyped.between(0, 1) == Q(vip__range=(0, 1))


def test_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match=r"job_title is neither true nor false.*job_title == value"):
        bool(title)
    with pytest.raises(TypeError, match="between"):
        _ = 1 < value < 5
    with pytest.raises(TypeError, match=r"job_title\.contains"):
        _ = "VP" in title
    with pytest.raises(TypeError, match="has no items"):
        list(title)


def test_forgotten_parentheses_are_named() -> None:
    untyped: Any = title
    for attempt in (
        lambda: untyped == "a" & untyped,
        lambda: untyped | "a",
        lambda: Q(a=1) & untyped,
        lambda: untyped & Q(a=1),
    ):
        with pytest.raises(TypeError, match=r"parentheses around|compare it"):
            attempt()


@pytest.mark.parametrize("lookup", ["exact", "not", "in", "range"])
def test_attributes_are_not_compared_with_each_other(lookup: str) -> None:
    with pytest.raises(TypeError, match="not with another attribute: job_title with name"):
        _ = {
            "exact": lambda: title == name,
            "not": lambda: title != name,
            "in": lambda: title.in_(name),
            "range": lambda: title._condition("range", name),
        }[lookup]()


def test_expressions_can_be_keys() -> None:
    assert {title: 1}[title] == 1
    assert repr(x.TextExpr(("company", "name"))) == "company.name"
    assert pickle.loads(pickle.dumps(name)).path == ("name",)


def test_orders() -> None:
    assert name.last_name.desc() == Order("name__last_name", descending=True)
    assert name.asc() == Order("name") == Order.parse("name")
    assert Order.parse("-name__last_name") == name.last_name.desc()
    assert str(name.desc()) == "-name"
    assert str(name.asc()) == "name"
    assert name.desc().reversed() == name.asc()
    assert name.asc().reversed() == name.desc()
