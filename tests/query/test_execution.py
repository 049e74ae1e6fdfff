"""Lookups end to end: what a query finds is what Python picks out of all records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from attio_orm import (
    Company,
    Connection,
    Deal,
    InvalidRequestError,
    Maybe,
    Model,
    NotFoundError,
    Person,
    Q,
    QuerySet,
    UnknownAttributeError,
    UnsupportedLookup,
    User,
    ValidationError,
)
from attio_orm.attributes import Text
from attio_orm.records.base import mapper_of
from attio_orm.testing import SandboxHandle, assert_num_requests, sandbox
from tests.colours import Colour
from tests.seeds import copied


@dataclass
class Everything:
    connection: Connection
    people: list[Person]
    companies: list[Company]
    deals: list[Deal]
    users: list[User]


@pytest.fixture(scope="module")
def world(seeded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    """The seeded workspace, and all of it in memory."""
    with copied(seeded_file, tmp_path_factory.mktemp("read")) as handle:
        yield Everything(
            handle.connection,
            list(Person.objects.includes("company", "associated_deals")),
            list(Company.objects.includes("team")),
            list(Deal.objects.includes("associated_company", "associated_people__company")),
            list(User.objects.includes("person__company__team")),
        )


def named(value: object) -> str:
    """The name of a case; one that is the same in every process."""
    return "" if callable(value) else repr(value)[:50]


def low(text: str | None) -> str:
    return (text or "").casefold()


def has_domain(person: Person, domain: str) -> bool:
    return any(email.endswith(f"@{domain}") for email in person.email_addresses)


SPRING = datetime(2025, 3, 1, tzinfo=UTC)
AUTUMN = datetime(2025, 9, 1, tzinfo=UTC)

PEOPLE: list[tuple[Q, Callable[[Person], Any]]] = [
    (Q(job_title="CFO"), lambda p: p.job_title == "CFO"),
    (Q(job_title__not="CFO"), lambda p: p.job_title != "CFO"),
    (Q(job_title__contains="vp"), lambda p: "vp" in low(p.job_title)),
    (Q(job_title__startswith="Head of"), lambda p: low(p.job_title).startswith("head of")),
    (Q(job_title__endswith="Officer"), lambda p: low(p.job_title).endswith("officer")),
    (Q(job_title__in=["CFO", "Founder", "Nobody"]), lambda p: p.job_title in ("CFO", "Founder")),
    (Q(job_title=None), lambda p: p.job_title is None),
    (Q(job_title__isnull=True), lambda p: p.job_title is None),
    (Q(job_title__isnull=False), lambda p: p.job_title is not None),
    (~Q(job_title=None), lambda p: p.job_title is not None),
    (Q(name="Ada Lovelace"), lambda p: p.name == "Ada Lovelace"),
    (Q(name__last_name="García"), lambda p: p.name.last_name == "García"),
    (Q(name__first_name__contains="ø"), lambda p: "ø" in low(p.name.first_name)),
    (Q(email_addresses="ada@lovelace.dev"), lambda p: "ada@lovelace.dev" in p.email_addresses),
    (
        Q(email_addresses__email_domain="acme.example.com"),
        lambda p: has_domain(p, "acme.example.com"),
    ),
    (
        ~Q(email_addresses__email_domain="home.example.com"),
        lambda p: not has_domain(p, "home.example.com"),
    ),
    (Q(email_addresses__isnull=True), lambda p: not p.email_addresses),
    (
        Q(phone_numbers__startswith="+44"),
        lambda p: any(number.startswith("+44") for number in p.phone_numbers),
    ),
    (
        Q(primary_location__country_code="GB"),
        lambda p: p.primary_location and p.primary_location.country_code == "GB",
    ),
    (Q(primary_location=None), lambda p: p.primary_location is None),
    (Q(created_at__gte=SPRING, created_at__lt=AUTUMN), lambda p: SPRING <= p.created_at < AUTUMN),
    (Q(created_at__range=(SPRING, AUTUMN)), lambda p: SPRING <= p.created_at <= AUTUMN),
    (~Q(created_at__range=(SPRING, AUTUMN)), lambda p: not SPRING <= p.created_at <= AUTUMN),
    (Q(company__name="Acme"), lambda p: p.company and p.company.name == "Acme"),
    (~Q(company__name="Acme"), lambda p: not (p.company and p.company.name == "Acme")),
    (Q(company=None), lambda p: p.company is None),
    (Q(company__isnull=False), lambda p: p.company is not None),
    (
        Q(company__name__startswith="Nord") | Q(job_title="Founder"),
        lambda p: low(p.company and p.company.name).startswith("nord") or p.job_title == "Founder",
    ),
    (
        Q(company__categories="SAAS") & ~Q(job_title__contains="manager"),
        lambda p: (
            p.company and "SAAS" in p.company.categories and "manager" not in low(p.job_title)
        ),
    ),
    (
        Q(company__primary_location__country_code="DE"),
        lambda p: p.company and p.company.primary_location
        and p.company.primary_location.country_code == "DE",
    ),
    (
        Q(associated_deals__stage="Lost", associated_deals__value__gte=20_000),
        lambda p: any(d.stage == "Lost" for d in p.associated_deals)
        and any(d.value is not None and d.value >= 20_000 for d in p.associated_deals),
    ),
    (Q(associated_deals=None), lambda p: not p.associated_deals),
    (Q.raw({"job_title": {"$eq": "CFO"}}) | Q(job_title="Founder"),
     lambda p: p.job_title in ("CFO", "Founder")),
    (Person.job_title.contains("VP") & (Person.company.name == "Acme"),
     lambda p: "vp" in low(p.job_title) and p.company and p.company.name == "Acme"),
    (~(Q(job_title="CFO") | Q(company__name="Acme") & ~Q(name__first_name="Ada")),
     lambda p: not (p.job_title == "CFO" or (
         p.company and p.company.name == "Acme" and p.name.first_name != "Ada"))),
    (Q(job_title__in=[]), lambda p: False),
    (~Q(job_title__in=[]), lambda p: True),
    (Q(job_title__in=[]) | Q(job_title="CFO"), lambda p: p.job_title == "CFO"),
]  # fmt: skip

DEALS: list[tuple[Q, Callable[[Deal], Any]]] = [
    (Q(stage="Won 🎉"), lambda d: d.stage == "Won 🎉"),
    (Q(stage__in=["Lead", "Lost"]), lambda d: d.stage in ("Lead", "Lost")),
    (Q(stage__not="Lead"), lambda d: d.stage != "Lead"),
    (Q(value__gte=10_000), lambda d: d.value is not None and d.value >= 10_000),
    (Q(value__range=(5_000, 6_000)), lambda d: d.value is not None and 5_000 <= d.value <= 6_000),
    (Q(value=None), lambda d: d.value is None),
    (~Q(value__lt=10_000), lambda d: d.value is None or d.value >= 10_000),
    (Q(stage__active_from__gte=AUTUMN), lambda d: active_from(d) >= AUTUMN),
    (Q(stage__active_from__lte=SPRING), lambda d: active_from(d) <= SPRING),
    (
        Q(associated_people__company__name="Acme"),
        lambda d: any(p.company and p.company.name == "Acme" for p in d.associated_people),
    ),
    (
        Q(associated_people__company__team__job_title="CFO"),
        lambda d: any(
            p.company and any(q.job_title == "CFO" for q in p.company.team)
            for p in d.associated_people
        ),
    ),
]


def active_from(deal: Deal) -> datetime:
    return datetime.fromisoformat(deal.raw["stage"][0]["active_from"][:26] + "+00:00")


def ids(found: Any) -> list[str]:
    return [each.id for each in found]


@pytest.mark.parametrize(
    ("condition", "predicate"),
    PEOPLE,
    ids=lambda value: repr(value)[:50] if isinstance(value, Q) else "",
)
def test_people(world: Everything, condition: Q, predicate: Callable[[Person], Any]) -> None:
    expected = ids(person for person in world.people if predicate(person))
    assert ids(Person.objects.filter(condition)) == expected
    complement = ids(person for person in world.people if not predicate(person))
    assert ids(Person.objects.exclude(condition)) == complement
    assert Person.objects.filter(condition).count() == len(expected)


@pytest.mark.parametrize(
    ("condition", "predicate"),
    DEALS,
    ids=lambda value: repr(value)[:50] if isinstance(value, Q) else "",
)
def test_deals(world: Everything, condition: Q, predicate: Callable[[Deal], Any]) -> None:
    expected = ids(deal for deal in world.deals if predicate(deal))
    assert 0 < len(expected) < len(world.deals)
    assert ids(Deal.objects.filter(condition)) == expected
    assert len(Deal.objects.exclude(condition)) == len(world.deals) - len(expected)


def test_a_path_of_five_segments(world: Everything) -> None:
    """users > person > company > team > job_title."""
    expected = ids(
        user
        for user in world.users
        if user.person
        and user.person.company
        and any(mate.job_title == "CFO" for mate in user.person.company.team)
    )
    assert expected
    assert ids(User.objects.filter(person__company__team__job_title="CFO")) == expected
    with assert_num_requests(0), pytest.raises(UnsupportedLookup, match="at most 4 relations"):
        list(User.objects.filter(person__company__team__company__team__job_title="CFO"))


def test_records_as_values(world: Everything) -> None:
    acme = next(company for company in world.companies if company.name == "Acme")
    at_acme = ids(person for person in world.people if person.company is acme)
    others = [company for company in world.companies if company.name.startswith("Nord")]
    at_others = ids(p for p in world.people if p.company in others)
    assert at_acme
    assert at_others
    for condition in (
        {"company": acme},
        {"company": acme.id},
        {"company__id": acme.id},
        {"company__id": UUID(acme.id)},
        {"company__in": [acme]},
        {"company": Company.ref(acme.id or "")},
    ):
        assert ids(Person.objects.filter(**condition)) == at_acme
        assert len(Person.objects.exclude(**condition)) == len(world.people) - len(at_acme)
    assert ids(Person.objects.filter(company__in=others)) == at_others
    nordic = Company.objects.filter(name__startswith="Nord")
    with assert_num_requests(2):
        assert ids(Person.objects.filter(company__in=nordic)) == at_others
    with assert_num_requests(0):
        assert ids(Person.objects.filter(company__in=[])) == []


ORDERS: list[tuple[tuple[str, ...], Callable[[Any], Any]]] = [
    (("name__last_name", "name"), lambda p: (low(p.name.last_name), low(p.name.full_name))),
    (("-created_at",), lambda p: -p.created_at.timestamp()),
    (("company__name",), lambda p: (p.company is None, low(p.company and p.company.name))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "key"), ORDERS, ids=lambda value: repr(value)[:40] if isinstance(value, tuple) else ""
)
def test_orders(world: Everything, order: tuple[str, ...], key: Callable[[Any], Any]) -> None:
    found = list(Person.objects.order_by(*order))
    assert sorted(ids(found)) == sorted(ids(world.people))
    keys = [key(person) for person in found]
    assert keys == sorted(keys)


# -- ids -------------------------------------------------------------------------------------------


def test_ids(world: Everything) -> None:
    everybody = ids(world.people)
    some = everybody[10:20]
    assert ids(Person.objects.filter(id__in=some)) == some
    assert ids(Person.objects.filter(id__in=iter(some))) == some
    assert ids(Person.objects.exclude(id__in=some)) == everybody[:10] + everybody[20:]
    assert ids(Person.objects.filter(id__not=everybody[0])) == everybody[1:]
    with assert_num_requests(0):
        assert list(Person.objects.filter(id__in=[])) == []
        assert not Person.objects.filter(id__in=[]).exists()
        assert Person.objects.filter(id__in=[]).count() == 0
        assert Person.objects.filter(id__in=set()).first() is None
        assert not Person.objects.filter(job_title="CFO", name__in=[])


def test_five_thousand_ids(world: Everything) -> None:
    everybody = ids(world.people)
    many = [*everybody, *(str(uuid4()) for _ in range(2_000))]
    with assert_num_requests(len(everybody) // 500 + 1):
        assert ids(Person.objects.filter(id__in=many)) == everybody
    assert len(Person.objects.exclude(id__in=many)) == 0
    companies = [company.id for company in world.companies]
    found = Person.objects.filter(company__in=companies + many[-4_000:])
    assert len(found) == sum(person.company is not None for person in world.people)


async def test_five_thousand_titles(world: Everything) -> None:
    titles = [f"title {n}" for n in range(5_000)] + ["CFO"]
    found = [person async for person in Person.objects.filter(job_title__in=titles)]
    assert sorted(ids(found)) == sorted(ids(p for p in world.people if p.job_title == "CFO"))


# -- a workspace that refuses $in on record_id -----------------------------------------------------


def test_a_refusal_of_in_is_noticed_once(crm: SandboxHandle) -> None:
    everybody = Person.objects.pluck("id")
    crm.workspace.refuse_record_id_in = True
    crm.requests.clear()
    assert ids(Person.objects.filter(id__in=everybody[:20])) == everybody[:20]
    assert [each.status for each in crm.requests] == [400, 200]
    with assert_num_requests(1):
        assert ids(Person.objects.filter(id__in=everybody[5:9])) == everybody[5:9]
    with assert_num_requests(1):
        assert list(Person.objects.in_bulk(everybody[5:9])) == everybody[5:9]
    with assert_num_requests(2):
        assert len(Person.objects.search("lovelace")) > 0
    crm.requests.clear()
    people = list(Person.objects.includes("company"))
    assert ids(people) == everybody
    assert {each.status for each in crm.requests} == {200}
    assert not any("$in" in repr(each.json) for each in crm.requests)


def test_the_refusal_may_come_at_the_second_page(crm: SandboxHandle) -> None:
    """Keyset pages leave out by id what was read, so that the first page knows nothing of it."""
    everybody = Person.objects.pluck("id")
    crm.workspace.refuse_record_id_in = True
    crm.requests.clear()
    assert ids(Person.objects.all()) == everybody
    assert [each.status for each in crm.requests].count(400) == 1


def test_another_refusal_is_no_refusal_of_in(crm: SandboxHandle) -> None:
    with pytest.raises(InvalidRequestError):
        list(Person.objects.filter(Q.raw({"nmae": "x"}), id__in=[str(uuid4())]))
    assert crm.connection.takes_record_id_in


# -- what cannot be --------------------------------------------------------------------------------


def test_an_unknown_option_is_named(world: Everything) -> None:
    for queryset in (
        Deal.objects.filter(stage="Wonn"),
        Deal.objects.filter(stage__in=["Lead", "Wonn"]),
        Deal.objects.exclude(stage="Wonn"),
    ):
        with pytest.raises(ValidationError, match=r"'Wonn' is not one of .*'Lead'"):
            list(queryset)
    with pytest.raises(ValidationError, match=r"'SAS'.*'SAAS'"):
        Person.objects.filter(company__categories="SAS").exists()


def test_an_object_that_is_not_there_is_named(attio_sandbox: SandboxHandle) -> None:
    class Project(Model):
        name: Text

    class Invoice(Model, object="people_invoices"):
        pass

    for model in (Project, Invoice, attio_sandbox.connection.model("rockets")):
        for evaluate in (QuerySet.first, QuerySet.count, list):
            with pytest.raises(NotFoundError, match=f'has no object "{mapper_of(model).object}"'):
                evaluate(model.objects.all())
        with pytest.raises(NotFoundError, match="has no object"):
            model.objects.get(id=str(uuid4()))


def test_a_misspelt_attribute_is_found_through_relations(world: Everything) -> None:
    for path, close in [("company__nam", "name"), ("company__team__jobtitle", "job_title")]:
        with pytest.raises(UnknownAttributeError, match=f"Did you mean .*'{close}'"):
            list(Person.objects.filter(**{path: "x"}))


def test_an_undeclared_model_finds_by_slug(attio_sandbox: SandboxHandle) -> None:
    class Machine(Model):
        label: Text = Text("title")
        parent: Maybe[Machine]

    attio_sandbox.define(Machine)
    plain = attio_sandbox.connection.model("machines")
    root = Machine.objects.create(label="root")
    leaf = Machine.objects.create(label="leaf", parent=root)

    class Anything(Model, object="machines"):
        pass

    for model, name in [
        (Machine, "label"),
        (Machine, "title"),
        (Anything, "title"),
        (plain, "title"),
    ]:
        assert ids(model.objects.filter(**{name: "leaf"})) == [leaf.id]
        assert ids(model.objects.filter(**{f"parent__{name}": "root"})) == [leaf.id]
        assert ids(model.objects.filter(parent=None)) == [root.id]
        assert ids(model.objects.order_by(f"-{name}")) == [root.id, leaf.id]
    with pytest.raises(UnknownAttributeError):
        list(Anything.objects.filter(label="leaf"))


# -- what a filter has to ask for first ------------------------------------------------------------


async def test_a_member_is_looked_up_once(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    maya = attio_sandbox.add_member("maya@sandbox.example")
    for owner in ("owner@sandbox.example", "maya@sandbox.example"):
        attio_sandbox.workspace.load("deals", [{"name": owner, "stage": "Lead", "owner": owner}])
    mine = Deal.objects.filter(owner="Maya@Sandbox.example")
    with assert_num_requests(2) as sent:
        found = await colour.items(mine)
    assert sent[0] == "GET /v2/workspace_members"
    assert [deal.name for deal in found] == ["maya@sandbox.example"]
    with assert_num_requests(1):
        assert await colour.items(Deal.objects.exclude(owner=maya)) != found


async def test_a_queryset_as_a_value_goes_where_the_query_goes(colour: Colour) -> None:
    with sandbox() as one, sandbox() as two:
        (acme,) = one.workspace.load("companies", [{"name": "Acme"}])
        at_acme = {"target_object": "companies", "target_record_id": acme}
        one.workspace.load("people", [{"name": "Ada", "company": at_acme}])
        people = Person.objects.using(one.connection)
        with two.connection.active(), assert_num_requests(0, connection=two.connection):
            inner = Company.objects.filter(name="Acme")
            assert len(await colour.items(people.filter(company__in=inner))) == 1
