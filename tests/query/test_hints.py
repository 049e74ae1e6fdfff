"""What the messages of queries say to write: done, it finds what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from attio_orm import (
    Company,
    Connection,
    Deal,
    Person,
    Q,
    UnknownAttributeError,
    UnsupportedLookup,
    connect,
)
from tests.colours import Colour

Names = Callable[[], list[str]]


@pytest.fixture
def few(connection: Connection) -> None:
    acme = Company.objects.create(name="Acme", domains=["acme.com"])
    rows: list[dict[str, object]] = [
        {"name": "Byron, Ada", "job_title": "CEO", "company": acme},
        {"name": "Babbage, Charles", "job_title": "ceo", "email_addresses": ["c@Acme.com"]},
        {"name": "Somerville, Mary", "job_title": "The CEO", "company": acme},
        {"name": "Nobody, Ann"},
    ]
    Person.objects.bulk_create(rows).raise_for_errors()
    for name, stage in (("One", "Lead"), ("Two", "Lost")):
        Deal.objects.create(
            name=name, stage=stage, owner="owner@sandbox.example", associated_company=acme, value=5
        )


def people(*conditions: Q, **lookups: Any) -> list[str]:
    """The first names of those who match."""
    found = Person.objects.filter(*conditions, **lookups)
    return sorted(person.name.first_name for person in found if person.name)


def deals(**lookups: Any) -> list[str | None]:
    return sorted(deal.name or "" for deal in Deal.objects.filter(**lookups))


# the lookups that are refused, what the message says to write, that done, and who is meant
CASES: list[tuple[Callable[[], object], str, Callable[[], object], list[str]]] = [
    (
        lambda: people(job_title__icontains="ceo"),
        "Write job_title__contains.",
        lambda: people(job_title__contains="ceo"),
        ["Ada", "Charles", "Mary"],
    ),
    (
        lambda: people(job_title__iexact="ceo"),
        "job_title__contains=... finds these records among others: compare the values in Python",
        lambda: sorted(
            person.name.first_name
            for person in Person.objects.filter(job_title__contains="ceo")
            if person.name and (person.job_title or "").casefold() == "ceo"
        ),
        ["Ada", "Charles"],
    ),
    (
        lambda: people(job_title__istartswith="the"),
        "Write job_title__startswith.",
        lambda: people(job_title__startswith="the"),
        ["Mary"],
    ),
    (
        lambda: people(job_title__is_null=True),
        "Write job_title__isnull.",
        lambda: people(job_title__isnull=True),
        ["Ann"],
    ),
    (
        lambda: people(job_title__exists=True),
        "Write job_title__isnull, which asks the opposite: False for True.",
        lambda: people(job_title__isnull=False),
        ["Ada", "Charles", "Mary"],
    ),
    (
        lambda: people(company__exists=False),
        "Write company__isnull, which asks the opposite: False for True.",
        lambda: people(company__isnull=True),
        ["Ann", "Charles"],
    ),
    (
        lambda: people(job_title__not_in=["CEO"]),
        "Write ~Q(job_title__in=...), or exclude(...).",
        lambda: people(~Q(job_title__in=["CEO"])),
        ["Ann", "Charles", "Mary"],
    ),
    (
        lambda: people(first_name__in=["Ada"]),
        "Write name__first_name__in=... instead.",
        lambda: people(name__first_name__in=["Ada"]),
        ["Ada"],
    ),
    (
        lambda: people(email_domain="acme.com"),
        "Write email_addresses__email_domain=... instead.",
        lambda: people(email_addresses__email_domain="acme.com"),
        ["Charles"],
    ),
    (
        lambda: people(company_id=str(Company.objects.get().id)),
        "Write company__id=... instead.",
        lambda: people(company__id=str(Company.objects.get().id)),
        ["Ada", "Mary"],
    ),
    (
        lambda: people(company__pk__in=[]),
        "Write company__id__in=... instead.",
        lambda: people(company__id__in=[str(Company.objects.get().id)]),
        ["Ada", "Mary"],
    ),
    (
        lambda: people(company__icontains="ACM"),
        "Write company__name__contains.",
        lambda: people(company__name__contains="ACM"),
        ["Ada", "Mary"],
    ),
    (
        lambda: deals(status="Lead"),
        "Write stage=... instead.",
        lambda: deals(stage="Lead"),
        ["One"],
    ),
    (
        lambda: deals(stage__iexact="Lead"),
        "Write stage__exact.",
        lambda: deals(stage__exact="Lead"),
        ["One"],
    ),
    (
        lambda: deals(value__between=(1, 9)),
        "Write value__range.",
        lambda: deals(value__range=(1, 9)),
        ["One", "Two"],
    ),
    (
        lambda: deals(associated_company_id="x"),
        "Write associated_company__id=... instead.",
        lambda: deals(associated_company__id=str(Company.objects.get().id)),
        ["One", "Two"],
    ),
]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_what_is_said_finds_who_was_meant(case: Any) -> None:
    wrong, said, right, meant = case
    with pytest.raises((UnsupportedLookup, UnknownAttributeError)) as caught:
        wrong()
    assert said in str(caught.value)
    assert right() == meant


@pytest.mark.parametrize("method", ["get", "get_or_none", "find_by"])
async def test_an_id_by_another_name_or_by_itself(
    connection: Connection, colour: Colour, method: str
) -> None:
    ada = Person.objects.create(name="Ada")
    with pytest.raises(UnknownAttributeError, match=r"Write id=\.\.\. instead\.$"):
        await colour.call(Person.objects, method, pk=ada.id)
    for given in (ada.id, UUID(ada.id)):
        with pytest.raises(TypeError, match=rf"for the record of this id write id='{ada.id}'"):
            await colour.call(Person.objects, method, given)
    assert await colour.call(Person.objects, method, id=ada.id) is ada


def test_orders_and_values_by_other_names(connection: Connection) -> None:
    ada = Person.objects.create(name="Byron, Ada")
    with pytest.raises(UnknownAttributeError, match=r"Write name__first_name instead\.$"):
        Person.objects.order_by("-first_name").first()
    assert Person.objects.order_by("-name__first_name").first() is ada
    with pytest.raises(UnknownAttributeError, match=r"Write id instead\.$"):
        Person.objects.values("pk")
    assert Person.objects.values("id") == [{"id": ada.id}]


def test_a_text_that_is_no_condition(connection: Connection) -> None:
    ada = Person.objects.create(name="Ada")
    with pytest.raises(TypeError, match=r"say of which attribute: name='Ada'"):
        Person.objects.filter("Ada")  # type: ignore[arg-type]
    assert Person.objects.filter(name="Ada").get() is ada


def test_a_connection_by_name(connection: Connection) -> None:
    """As Django names its databases."""
    for owner in (Person.objects, Person.objects.all()):
        with pytest.raises(TypeError, match=r"takes a connection itself, .* not 'default'\. Leave"):
            owner.using("default")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="takes a connection itself"):
            owner.using(object())  # type: ignore[arg-type]
    with connect("sandbox://") as other:
        Person.objects.using(other).create(name="Ada")
        assert Person.objects.using(connection).count() == 0
        assert Person.objects.count() == 1
