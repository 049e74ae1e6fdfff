"""``explain()`` tells the requests without sending any."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attio_orm import (
    Company,
    Deal,
    Include,
    Model,
    Person,
    Plan,
    PlannedRequest,
    Q,
    QuerySet,
    UnknownAttributeError,
)
from attio_orm.testing import SandboxHandle, assert_num_requests

QUERIES: list[QuerySet[Any]] = [
    Person.objects.all(),
    Person.objects.all()[:7],
    Person.objects.all()[5:600],
    Person.objects.all()[600:],
    Person.objects.reverse(),
    Person.objects.filter(job_title__contains="VP", company__name="Acme").order_by("-name"),
    Person.objects.filter(Q(job_title="CFO") | ~Q(email_addresses__email_domain="x.example.com")),
    Person.objects.exclude(company=None).order_by("company__name")[20:30],
    Person.objects.filter(id__in=["00000000-0000-4000-8000-000000000000"]),
    Deal.objects.filter(stage="Won 🎉", value__gte=1_000).order_by("value", "-created_at"),
]


@pytest.mark.parametrize("queryset", QUERIES, ids=repr)
def test_the_first_page_is_exactly_what_is_sent(
    crm: SandboxHandle, queryset: QuerySet[Any]
) -> None:
    with assert_num_requests(0):
        plan = queryset.all().explain()
    crm.requests.clear()
    list(queryset.all())
    first = crm.requests[0]
    assert plan[0] == PlannedRequest(first.method, first.path, None, first.json, "read", exact=True)
    assert not any(each.exact for each in plan[1:])


def test_later_pages_and_includes_are_described(crm: SandboxHandle) -> None:
    won = Include("associated_deals", Deal.objects.filter(stage="Won 🎉"), to_attr="won")
    with assert_num_requests(0):
        plan = Person.objects.includes("company", won, "company").explain()
    assert isinstance(plan, Plan)
    assert [each.purpose for each in plan] == [
        "read",
        "each further page of 500",
        "includes company: one for each target object and 500 ids",
        "includes associated_deals: one for each target object and 500 ids",
    ]
    assert len(Person.objects[:500].explain()) == 1
    assert len(Person.objects[:501].explain()) == 2
    assert plan[0].json["limit"] == 500
    assert [each.method for each in plan[:2]] == ["POST", "POST"]


def test_what_would_be_asked_first_is_told(crm: SandboxHandle) -> None:
    class Contact(Model, object="people"):
        pass

    with assert_num_requests(0):
        plan = Contact.objects.filter(job_title="CFO").explain()
        assert [each.purpose for each in plan[:3]] == [
            "introspect",
            "introspect",
            "read; 'job_title' is not declared, and whether people has it is not known yet",
        ]
        assert [each.path for each in plan[:2]] == ["/v2/objects", "/v2/objects/people/attributes"]
        assert (plan[2].json, plan[2].exact) == (None, False)
        plan = Deal.objects.filter(owner="owner@sandbox.example").explain()
        assert plan[0].path == "/v2/workspace_members"
        assert "(read; the id of a member is not known yet)" in str(plan[1])
        acme = Company.objects.filter(name="Acme")
        plan = Person.objects.filter(company__in=acme).explain()
        assert plan[0].path == "/v2/objects/companies/records/query"
        assert plan[2].path == "/v2/objects/people/records/query"
        assert plan[2].purpose == "read; company__in takes the records of the query before"
    assert list(acme)
    with assert_num_requests(0):
        plan = Person.objects.filter(company__in=acme).explain()
        assert plan[0].exact
        assert len(plan) == 2


def test_nothing_to_send(attio_sandbox: SandboxHandle) -> None:
    for queryset in (
        Person.objects.none(),
        Person.objects.filter(id__in=[]),
        Person.objects.filter(job_title="CFO", name__in=()),
        Person.objects[5:5],
    ):
        plan = queryset.explain()
        assert list(plan) == []
        assert str(plan) == "(no request)"


def test_a_mistake_is_told_too(attio_sandbox: SandboxHandle) -> None:
    misspelt = Person.objects.filter(company__nmae="x")
    assert "/v2/objects/companies/attributes" in [each.path for each in misspelt.explain()]
    attio_sandbox.connection.schema.fetch("companies")
    with assert_num_requests(0), pytest.raises(UnknownAttributeError, match="Did you mean 'name'"):
        misspelt.explain()


def test_long_lists_are_cut_where_a_plan_is_printed(crm: SandboxHandle) -> None:
    plan = Person.objects.filter(job_title__in=[f"Title {n}" for n in range(40)]).explain()
    assert [
        line.strip() for line in str(plan).splitlines() if "Title 9" in line or "more" in line
    ] == ['"Title 9",', '"... 30 more"']
    assert len(plan[0].json["filter"]["job_title"]["$in"]) == 40


def test_a_plan_reads_well(crm: SandboxHandle) -> None:
    plan = Person.objects.filter(job_title="CFO").explain()
    lines = str(plan).splitlines()
    assert lines[0] == "POST /v2/objects/people/records/query"
    assert json.loads("\n".join(lines[1:-1])) == plan[0].json
    assert lines[2] == '    "filter": {"job_title": {"$eq": "CFO"}},'
    assert lines[-1] == "POST /v2/objects/people/records/query  (each further page of 500)"
    assert repr(plan) == f"<Plan of 2 requests>\n{plan}"
    assert plan[0:1] == [plan[0]]


@pytest.mark.parametrize("queryset", [*QUERIES, Company.objects.includes("team")], ids=repr)
def test_what_people_read_fits_a_terminal(crm: SandboxHandle, queryset: QuerySet[Any]) -> None:
    for text in (repr(queryset.all()), str(queryset.explain())):
        assert max(map(len, text.splitlines())) <= 80


def test_long_texts_and_purposes_are_cut_and_wrapped(crm: SandboxHandle) -> None:
    plan = Person.objects.filter(job_title="x" * 300).includes("company").explain()
    assert plan[0].json["filter"] == {"job_title": {"$eq": "x" * 300}}
    lines = str(plan).splitlines()
    assert max(map(len, lines)) == 80
    assert sum(line.endswith("xxx...") for line in lines) == 1
    assert lines[-2:] == [
        "POST /v2/objects/{target}/records/query",
        "  (includes company: one for each target object and 500 ids)",
    ]
    queryset = Person.objects.filter(job_title="a", name="b").order_by("-created_at")[:123]
    assert repr(queryset) == (
        "<QuerySet of Person, not evaluated: Q(job_title='a') & Q(name='b'), by\n"
        "  -created_at, [:123]>"
    )
