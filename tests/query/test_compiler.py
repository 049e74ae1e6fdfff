from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any
from uuid import UUID

import msgspec
import pytest

from attio_orm import Q
from attio_orm.conditions.expressions import Order, TextExpr
from attio_orm.conditions.tree import MAX_DEPTH
from attio_orm.errors import UnknownAttributeError, UnsupportedLookup, ValidationError
from attio_orm.query.compiler import NOTHING, NeedsMembers
from attio_orm.schema import Member
from attio_orm.types.names import NameExpr
from attio_orm.types.references import HasReference, IdExpr
from attio_orm.values import Actor, Money, PersonalName, Reference, ReferenceMatch
from tests.query.fakes import (
    DEALS,
    PEOPLE,
    FakeResolver,
    Instance,
    compile_filter,
    compile_sorts,
    uid,
)

ACME = uid(1)
KIM = uid(9)
MEMBERS = [Member(KIM, "kim@acme.example.com")]


def people(*args: Q, **lookups: Any) -> Any:
    return compile_filter(Q(*args, **lookups), PEOPLE, members=MEMBERS)


def deals(**lookups: Any) -> Any:
    return compile_filter(Q(**lookups), DEALS, members=MEMBERS)


def reference(id: Any, object: str = "companies") -> dict[str, Any]:
    return {"target_object": object, "target_record_id": id}


def at(*path: str, **constraints: Any) -> dict[str, Any]:
    return {"path": [step.split(".") for step in path], "constraints": constraints}


NOT_EMPTY = {"$not_empty": True}


# -- the form of each lookup -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lookups", "expected"),
    [
        ({}, {}),
        ({"job_title": "VP"}, {"job_title": {"$eq": "VP"}}),
        ({"title": "VP"}, {"job_title": {"$eq": "VP"}}),
        ({"job_title__exact": "VP"}, {"job_title": {"$eq": "VP"}}),
        ({"job_title__not": "VP"}, {"$not": {"job_title": {"$eq": "VP"}}}),
        ({"job_title__contains": "VP"}, {"job_title": {"$contains": "VP"}}),
        ({"job_title__startswith": "VP"}, {"job_title": {"$starts_with": "VP"}}),
        ({"job_title__endswith": "VP"}, {"job_title": {"$ends_with": "VP"}}),
        ({"job_title__in": ["a", "b", "a"]}, {"job_title": {"$in": ["a", "b"]}}),
        ({"job_title__in": ["a", "a"]}, {"job_title": {"$eq": "a"}}),
        ({"job_title__isnull": False}, {"job_title": NOT_EMPTY}),
        ({"job_title__isnull": True}, {"$not": {"job_title": NOT_EMPTY}}),
        ({"job_title": None}, {"$not": {"job_title": NOT_EMPTY}}),
        ({"job_title__not": None}, {"job_title": NOT_EMPTY}),
        ({"job_title__in": [None]}, {"$not": {"job_title": NOT_EMPTY}}),
        (
            {"job_title__in": ["a", None]},
            {"$or": [{"job_title": {"$eq": "a"}}, {"$not": {"job_title": NOT_EMPTY}}]},
        ),
        ({"score__gt": 3}, {"score": {"$gt": 3}}),
        ({"score__lte": 3.5}, {"score": {"$lte": 3.5}}),
        ({"score__range": (1, 2)}, {"score": {"$gte": 1, "$lte": 2}}),
        ({"score__in": [1, 2]}, {"$or": [{"score": {"$eq": 1}}, {"score": {"$eq": 2}}]}),
        ({"vip": False}, {"vip": {"$eq": False}}),
        ({"born__lt": dt.date(1990, 1, 2)}, {"born": {"$lt": "1990-01-02"}}),
        ({"name": PersonalName("Ada", "Byron")}, {"name": {"$eq": "Ada Byron"}}),
        ({"name__last_name": "Byron"}, {"name": {"last_name": {"$eq": "Byron"}}}),
        ({"name__first_name__in": ["A"]}, {"name": {"first_name": {"$eq": "A"}}}),
        ({"name__last_name__isnull": True}, {"$not": {"name": {"last_name": NOT_EMPTY}}}),
        (
            {"email_addresses": "Kim@Acme.example.com"},
            {"email_addresses": {"$eq": "kim@acme.example.com"}},
        ),
        ({"email_addresses__contains": "KIM"}, {"email_addresses": {"$contains": "kim"}}),
        (
            {"email_addresses__email_domain": "acme.example.com"},
            {"email_addresses": {"email_domain": {"$eq": "acme.example.com"}}},
        ),
        ({"phone_numbers__startswith": "+44 20"}, {"phone_numbers": {"$starts_with": "+4420"}}),
        ({"phone_numbers__country_code": "GB"}, {"phone_numbers": {"country_code": {"$eq": "GB"}}}),
        (
            {"primary_location__country_code": "GB"},
            {"primary_location": {"country_code": {"$eq": "GB"}}},
        ),
        (
            {"primary_location__locality__contains": "don"},
            {"primary_location": {"locality": {"$contains": "don"}}},
        ),
        ({"primary_location__isnull": False}, {"primary_location": NOT_EMPTY}),
        ({"primary_location": None}, {"$not": {"primary_location": NOT_EMPTY}}),
        ({"tags__in": ["x", "y"]}, {"$or": [{"tags": {"$eq": "x"}}, {"tags": {"$eq": "y"}}]}),
        (
            {"tags__active_from__gte": dt.date(2026, 1, 1)},
            {"tags": {"active_from": {"$gte": "2026-01-01"}}},
        ),
        ({"tags__active_from__isnull": True}, {"$not": {"tags": NOT_EMPTY}}),
        ({"last_call__interaction_type": "email"}, None),
        ({"aura__isnull": True}, {"$not": {"aura": NOT_EMPTY}}),
        ({"in": "x"}, {"in": {"$eq": "x"}}),
        ({"odd": "x"}, {"odd": {"$eq": "x"}}),
        ({"odd__contains": "x"}, {"odd": {"$contains": "x"}}),
        ({"odd__name": "x"}, {"odd__name": {"$eq": "x"}}),
        ({"odd__name__contains": "x"}, {"odd__name": {"$contains": "x"}}),
        ({"id": ACME}, {"record_id": {"$eq": ACME}}),
        ({"id": Instance("people", ACME)}, {"record_id": {"$eq": ACME}}),
        ({"id": UUID(ACME)}, {"record_id": {"$eq": ACME}}),
        ({"id": ACME.upper()}, {"record_id": {"$eq": ACME}}),
        ({"record_id": ACME}, {"record_id": {"$eq": ACME}}),
        ({"id__not": ACME}, {"$not": {"record_id": {"$eq": ACME}}}),
        ({"id__in": [ACME, KIM, None]}, {"record_id": {"$in": [ACME, KIM]}}),
        ({"id__isnull": False}, {}),
        ({"company": ACME}, {"company": reference({"$eq": ACME})}),
        ({"company": Instance("companies", ACME)}, {"company": reference({"$eq": ACME})}),
        ({"company": Reference("companies", ACME)}, {"company": reference({"$eq": ACME})}),
        ({"company__id": UUID(ACME)}, {"company": reference({"$eq": ACME})}),
        ({"company__id__not": ACME}, {"$not": {"company": reference({"$eq": ACME})}}),
        ({"company__in": [ACME, KIM]}, {"company": reference({"$in": [ACME, KIM]})}),
        ({"company__id__in": [ACME]}, {"company": reference({"$eq": ACME})}),
        ({"company__isnull": True}, {"$not": {"company": NOT_EMPTY}}),
        ({"company__id__isnull": False}, {"company": NOT_EMPTY}),
        ({"company": None}, {"$not": {"company": NOT_EMPTY}}),
        ({"related": ACME}, {"related": {"target_record_id": {"$eq": ACME}}}),
        (
            {"related__in": [Instance("people", KIM), ACME, Instance("people", ACME)]},
            {
                "$or": [
                    {"related": reference({"$in": [KIM, ACME]}, "people")},
                    {"related": {"target_record_id": {"$eq": ACME}}},
                ]
            },
        ),
        ({"related__target_object": "people"}, {"related": {"target_object": {"$eq": "people"}}}),
        ({"anything": Instance("deals", KIM)}, {"anything": reference({"$eq": KIM}, "deals")}),
        ({"company__name": "Acme"}, at("people.company", "companies.name", value={"$eq": "Acme"})),
        (
            {"company__name__in": ["a", "b"]},
            at("people.company", "companies.name", value={"$in": ["a", "b"]}),
        ),
        (
            {"company__range__exact": "x"},
            at("people.company", "companies.range", value={"$eq": "x"}),
        ),
        (
            {"company__domains__root_domain": "Acme.test"},
            at("people.company", "companies.domains", root_domain={"$eq": "acme.test"}),
        ),
        (
            {"company__primary_location__country_code": "GB"},
            at("people.company", "companies.primary_location", country_code={"$eq": "GB"}),
        ),
        (
            {"company__primary_location__isnull": False},
            at("people.company", "companies.primary_location", **NOT_EMPTY),
        ),
        (
            {"company__last_call__isnull": False},
            at("people.company", "companies.last_call", interaction_type=NOT_EMPTY),
        ),
        (
            {"company__owner__isnull": True},
            {"$not": at("people.company", "companies.owner", **NOT_EMPTY)},
        ),
        (
            {"company__name__isnull": True},
            {"$not": at("people.company", "companies.name", value=NOT_EMPTY)},
        ),
        (
            {"company__record_id": ACME},
            at("people.company", "companies.record_id", value={"$eq": ACME}),
        ),
        (
            {"associated_deals__associated_company": ACME},
            at(
                "people.associated_deals",
                "deals.associated_company",
                target_object="companies",
                target_record_id={"$eq": ACME},
            ),
        ),
        (
            {"associated_deals__associated_company__isnull": False},
            at("people.associated_deals", "deals.associated_company", target_record_id=NOT_EMPTY),
        ),
        (
            {"manager__manager__manager__company__name": "x"},
            at(
                "people.manager",
                "people.manager",
                "people.manager",
                "people.company",
                "companies.name",
                value={"$eq": "x"},
            ),
        ),
        (
            {"associated_deals__value__range": [1, Money(2, "EUR")]},
            at("people.associated_deals", "deals.value", currency_value={"$gte": 1, "$lte": 2}),
        ),
    ],
)
def test_lookups(lookups: dict[str, Any], expected: dict[str, Any] | None) -> None:
    if expected is None:
        expected = {"last_call": {"interaction_type": {"$eq": "email"}}}
    compiled = people(**lookups)
    assert compiled == expected
    assert json.loads(msgspec.json.encode(compiled)) == expected


def test_timestamps_are_full_and_utc() -> None:
    moment = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    text = people(created_at__gte=moment)["created_at"]["$gte"]
    assert text.startswith("2026-01-01T10:00:00")
    assert text.endswith("Z")
    with pytest.raises(ValidationError, match="created_at__gte"):
        people(created_at__gte=dt.datetime(2026, 1, 1))


def test_conditions_are_joined_in_their_order() -> None:
    a, b, c = {"score": {"$eq": 1}}, {"score": {"$eq": 2}}, {"job_title": {"$eq": "x"}}
    one, two, x = Q(score=1), Q(score=2), Q(job_title="x")
    assert people(one, x) == {"$and": [a, c]}
    assert people((one | two) & x) == {"$and": [{"$or": [a, b]}, c]}
    assert people(one & x | two) == {"$or": [{"$and": [a, c]}, b]}
    assert people(Q(score__in=[1, 2]) | x) == {"$or": [a, b, c]}
    assert people(~(one | two | x)) == {"$and": [{"$not": a}, {"$not": b}, {"$not": c}]}
    assert people(~(one & ~x)) == {"$or": [{"$not": a}, c]}
    assert people(~Q(score__in=[1, 2])) == {"$and": [{"$not": a}, {"$not": b}]}
    assert people(~Q(score__not=1)) == a


def test_a_negated_range_negates_its_bounds() -> None:
    assert people(~Q(score__range=(1, 2))) == {
        "$or": [{"$not": {"score": {"$gte": 1}}}, {"$not": {"score": {"$lte": 2}}}]
    }
    # Of several values, one has to lie between: the bounds cannot be parted.
    both = at("people.associated_deals", "deals.value", currency_value={"$gte": 1, "$lte": 2})
    assert people(~Q(associated_deals__value__range=(1, 2))) == {"$not": both}


def test_actors() -> None:
    by_id = {"referenced_actor_type": "workspace-member", "referenced_actor_id": KIM}
    assert deals(owner=KIM) == {"owner": by_id}
    assert deals(owner="Kim@acme.example.com") == {"owner": by_id}
    assert deals(owner__not=Actor("workspace-member", KIM)) == {"$not": {"owner": by_id}}
    token = {"referenced_actor_type": "api-token", "referenced_actor_id": ACME}
    assert people(created_by__in=[Actor("api-token", ACME), "kim@acme.example.com"]) == {
        "$or": [{"created_by": token}, {"created_by": by_id}]
    }
    assert people(company__owner=KIM) == at("people.company", "companies.owner", **by_id)
    with pytest.raises(NeedsMembers):
        compile_filter(Q(owner="kim@acme.example.com"), DEALS)
    assert compile_filter(Q(owner=KIM), DEALS) == {"owner": by_id}
    with pytest.raises(
        ValidationError, match=r"no member .* Did you mean 'kim@acme\.example\.com'"
    ):
        deals(owner="kim@acme.exmple.com")
    with pytest.raises(ValidationError, match=r"^created_by: .*has no id"):
        people(created_by=Actor("system"))
    with pytest.raises(ValidationError, match=r"owner: .*'kim' is not a member"):
        deals(owner="kim")
    with pytest.raises(UnsupportedLookup, match=r"'owner' \(actor-reference\) with 'contains'"):
        deals(owner__contains="kim")


def test_options_are_checked_where_they_are_known() -> None:
    assert deals(stage="Won 🎉") == {"stage": {"$eq": "Won 🎉"}}
    assert deals(stage__in=[KIM.upper()]) == {"stage": {"$eq": KIM}}
    with pytest.raises(ValidationError, match=r"stage: 'Wonn' is not one of the options.*Won 🎉"):
        deals(stage="Wonn")
    with pytest.raises(ValidationError, match=r"stage__in: "):
        deals(stage__in=["Lead", "Wonn"])
    assert deals(stage__active_from__lte="2026-01-01") == {
        "stage": {"active_from": {"$lt": "2026-01-02"}}
    }


# -- nothing and everything ------------------------------------------------------------------------


def test_what_cannot_match_needs_no_request() -> None:
    never, x = Q(job_title__in=[]), Q(score=1)
    assert people(never) is NOTHING
    assert people(never & x) is NOTHING
    assert people(never | x) == {"score": {"$eq": 1}}
    assert people((x & never) | x) == {"score": {"$eq": 1}}
    assert people(~((x & never) | x)) == {"$not": {"score": {"$eq": 1}}}
    assert people(~never) == {}
    assert people(~never & x) == {"score": {"$eq": 1}}
    assert people(~never | x) == {}
    assert people(~(never | x)) == {"$not": {"score": {"$eq": 1}}}
    assert people(id__in=[None]) is NOTHING
    assert people(id=None) is NOTHING
    assert people(~Q(id=None)) == {}
    assert people(company__in=iter(())) is NOTHING
    assert people(Q(), ~Q()) == {}
    assert people(x | Q.raw({})) == {}
    assert people(~Q.raw({})) is NOTHING
    assert people(~Q.raw({"$or": [{}, {"score": 1}]})) is NOTHING
    assert people(~Q.raw({"$not": {}})) == {}
    assert people((x & Q.raw({})) | never) == {"score": {"$eq": 1}}


def test_an_empty_in_is_checked_all_the_same() -> None:
    with pytest.raises(UnsupportedLookup):
        people(primary_location__in=[])
    with pytest.raises(UnknownAttributeError):
        people(job_titel__in=[])


def test_five_thousand_ids_go_in_chunks() -> None:
    ids = [uid(n) for n in range(5_000)]
    for lookups, pick in [
        ({"id__in": ids + ids}, lambda each: each["record_id"]),
        ({"company__in": ids}, lambda each: each["company"]["target_record_id"]),
        ({"company__name__in": ids}, lambda each: each["constraints"]["value"]),
    ]:
        chunks = [pick(each)["$in"] for each in people(**lookups)["$or"]]
        assert [len(chunk) for chunk in chunks] == [500] * 10
        assert [id for chunk in chunks for id in chunk] == ids
    assert people(id__in=ids[:501]) == {
        "$or": [{"record_id": {"$in": ids[:500]}}, {"record_id": {"$eq": ids[500]}}]
    }
    negated = people(~Q(id__in=ids))
    assert [set(each) for each in negated["$and"]] == [{"$not"}] * 10


def test_a_workspace_without_in_for_record_ids() -> None:
    ids = [uid(n) for n in range(3)]
    compiled = compile_filter(Q(id__in=ids, company__in=ids), PEOPLE, record_id_in=False)
    assert compiled == {
        "$and": [
            {"$or": [{"record_id": {"$eq": each}} for each in ids]},
            {"company": reference({"$in": ids})},
        ]
    }


# -- raw filters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "negated"),
    [
        ({"name": "x"}, {"$not": {"name": "x"}}),
        ({"a": 1, "b": 2}, {"$or": [{"$not": {"a": 1}}, {"$not": {"b": 2}}]}),
        ({"$and": [{"a": 1}, {"b": 2}]}, {"$or": [{"$not": {"a": 1}}, {"$not": {"b": 2}}]}),
        ({"$or": [{"a": 1}, {"b": 2}]}, {"$and": [{"$not": {"a": 1}}, {"$not": {"b": 2}}]}),
        ({"$not": {"a": 1}}, {"a": 1}),
        # what is no list of filters is Attio's to refuse
        ({"$and": ["x"]}, {"$not": {"$and": ["x"]}}),
        ({"$or": [{"a": 1}, 5]}, {"$not": {"$or": [{"a": 1}, 5]}}),
        ({"$or": [{"$and": [None]}]}, {"$not": {"$and": [None]}}),
        ({"$not": {"$or": [{"a": 1}, {"b": 2}]}}, {"$or": [{"a": 1}, {"b": 2}]}),
        ({"a": {"$gt": 1, "$lt": 5}}, {"$not": {"a": {"$gt": 1, "$lt": 5}}}),
        (
            {"path": [["p", "a"], ["q", "b"]], "constraints": {"value": 1}},
            {"$not": {"path": [["p", "a"], ["q", "b"]], "constraints": {"value": 1}}},
        ),
    ],
)
def test_raw_filters(raw: dict[str, Any], negated: dict[str, Any]) -> None:
    assert people(Q.raw(raw)) == raw
    assert people(~Q.raw(raw)) == negated
    assert people(~~Q.raw(raw)) == raw
    assert people(Q.raw(raw), score=1) == {"$and": [raw, {"score": {"$eq": 1}}]}


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lookups", "message"),
    [
        ({"id": "abc"}, r"^id: 'abc' does not fit: an id is a UUID"),
        ({"id": 5}, r"^id: 5 does not fit: an id is a UUID"),
        ({"id__in": [ACME, "abc"]}, r"^id__in: 'abc'"),
        ({"id": Instance("companies", ACME)}, r"a record of people is needed, not of companies"),
        ({"company": "Acme"}, r"^company: 'Acme' .*instance.*company__name='Acme'"),
        ({"related": "Acme"}, r"^related: 'Acme' .*a record's id \(a UUID\)\.$"),
        ({"company__id": "Acme"}, r"^company__id: 'Acme'"),
        ({"company": 5}, r"^company: 5 \(int\)"),
        (
            {"company": Instance("people", KIM)},
            r"^company: .*'company' refers to a Company \(companies\), and this is a record of 'pe",
        ),
        ({"company__in": [Instance("deals", KIM)]}, r"refers to a Company \(companies\)"),
        ({"related": Instance("deals", KIM)}, r"refers to people or companies"),
        ({"company": Instance}, r"give an instance, not the class"),
        ({"company": ReferenceMatch("companies", "domains", "a.test")}, r"company__domains="),
        ({"job_title__in": "VP"}, r"^job_title__in: 'VP' .*a list of values"),
        ({"job_title__in": b"VP"}, r"a list of values"),
        ({"job_title__in": {"a": 1}}, r"a list of values"),
        ({"job_title__in": 5}, r"a list of values"),
        ({"job_title__in": [["a"]]}, r"^job_title__in: \['a'\] .*one value\.$"),
        ({"job_title": ["a"]}, r"^job_title: .*one value; for several use job_title__in\.$"),
        ({"job_title__not": {"a"}}, r"for several use job_title__in"),
        ({"job_title": 5}, r"^job_title: 5"),
        ({"job_title__contains": 5}, r"^job_title__contains: 5"),
        ({"job_title__contains": None}, r"needs a text; use isnull for none"),
        ({"email_addresses__contains": 5}, r"^email_addresses__contains: 5"),
        ({"score": "many"}, r"^score: 'many'"),
        ({"score__gt": None}, r"^score__gt: None .*gt needs a value; use isnull"),
        ({"score__gt": float("nan")}, r"^score__gt: "),
        ({"score__range": (1,)}, r"exactly two values, and got 1"),
        ({"score__range": (1, 2, 3)}, r"exactly two values, and got 3"),
        ({"score__range": "12"}, r"takes a pair"),
        ({"score__range": 5}, r"takes a pair"),
        ({"score__range": (1, None)}, r"use gte or lte"),
        ({"score__range": ([1], 2)}, r"one value"),
        ({"score__isnull": 1}, r"isnull takes True or False"),
        ({"score__isnull": None}, r"isnull takes True or False"),
        ({"vip": "yes"}, r"^vip: 'yes'"),
        ({"born": dt.datetime(2026, 1, 1)}, r"^born: "),
        ({"job_title": Q(score=1)}, r"with a value, not with another"),
        ({"job_title": TextExpr(("name",))}, r"with a value, not with another"),
        ({"primary_location__country_code": "Atlantis"}, r"^primary_location__country_code: "),
        ({"associated_deals__value": Money(5, "USD")}, r"cannot be compared with EUR"),
    ],
)
def test_values_that_cannot_be_compared(lookups: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        people(**lookups)
    (problem,) = caught.value.problems
    assert problem.attribute == next(iter(lookups))


def test_an_unsaved_instance_says_so_itself() -> None:
    class Unsaved(HasReference):
        def _reference(self) -> Reference:
            raise ValidationError("Company(...) is not saved yet: save it first.")

    with pytest.raises(ValidationError, match=r"^company: .*save it first"):
        people(company=Unsaved())


def test_the_error_has_the_value() -> None:
    with pytest.raises(ValidationError) as caught:
        people(score__in=[1, "x"])
    assert caught.value.problems[0].value == "x"


# -- size ------------------------------------------------------------------------------------------


def test_ten_thousand_terms() -> None:
    q = Q()
    for n in range(10_000):
        q |= Q(score=n)
    assert people(~q) == {"$and": [{"$not": {"score": {"$eq": n}}} for n in range(10_000)]}
    assert len(msgspec.json.encode(people(q))) > 100_000


def test_work_grows_with_the_number_of_terms() -> None:
    def calls(terms: int) -> int:
        q = Q()
        for n in range(terms):
            q |= Q(score=n)
        count = 0

        def counted(frame: object, event: str, arg: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            people(~q)
        finally:
            sys.setprofile(before)
        return count

    assert calls(4_000) < 4.5 * calls(1_000)


@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_too_many_levels_are_an_error_and_no_overflow(levels: int) -> None:
    q = Q(score=0)
    for n in range(levels):
        q = ~(q & Q(score=n))
    with pytest.raises(ValidationError, match="nests more than 100 levels"):
        people(q)


def test_too_many_levels_of_a_raw_filter_are_an_error_too() -> None:
    raw: dict[str, Any] = {"score": 1}
    for _ in range(60):
        raw = {"$and": [{"$or": [raw, {"score": 2}]}]}
    assert people(Q.raw(raw)) == raw
    with pytest.raises(ValidationError, match="nests more than 100 levels"):
        people(~Q.raw(raw))


def test_as_many_levels_as_are_allowed_can_be_sent() -> None:
    q = Q(score=0)
    for n in range(MAX_DEPTH):
        q = q & Q(score=n) if n % 2 else q | Q(score=n)
    assert json.loads(msgspec.json.encode(people(q))) == people(q)


def test_negations_alone_have_no_limit() -> None:
    q = Q(score=0)
    for _ in range(1_000):
        q = ~(~q & Q())
    assert people(q) == {"score": {"$eq": 0}}


def test_names_are_looked_up_once_and_no_longer_than_needed() -> None:
    resolver = FakeResolver("people")
    compile_filter(Q(job_title__contains="a") | Q(job_title__contains="b"), resolver)
    compile_filter(Q(name__last_name__contains="a"), resolver)
    assert resolver.asked == ["job_title", "name"]


# -- checking without values -----------------------------------------------------------------------


# -- sorts -----------------------------------------------------------------------------------------


def test_sorts() -> None:
    assert compile_sorts(
        [
            "-created_at",
            "title",
            "name__last_name",
            NameExpr(("name",)).first_name.desc(),
            "company__name",
            "-company__primary_location__country_code",
            IdExpr(("id",)).asc(),
            "company__id",
            "company__funding",
        ],
        PEOPLE,
    ) == [
        {"direction": "desc", "attribute": "created_at"},
        {"direction": "asc", "attribute": "job_title"},
        {"direction": "asc", "attribute": "name", "field": "last_name"},
        {"direction": "desc", "attribute": "name", "field": "first_name"},
        {"direction": "asc", "path": [["people", "company"], ["companies", "name"]]},
        {
            "direction": "desc",
            "path": [["people", "company"], ["companies", "primary_location"]],
            "field": "country_code",
        },
        {"direction": "asc", "attribute": "record_id"},
        {"direction": "asc", "attribute": "company", "field": "target_record_id"},
        {"direction": "asc", "path": [["people", "company"], ["companies", "funding"]]},
    ]
    assert compile_sorts([], PEOPLE) == []


@pytest.mark.parametrize(
    ("order", "error", "message"),
    [
        ("nam", UnknownAttributeError, "Did you mean 'name'"),
        ("--name", UnknownAttributeError, "'-name'"),
        ("+name", UnknownAttributeError, r"'\+name'"),
        ("", UnknownAttributeError, "''"),
        ("fax", UnknownAttributeError, "archived"),
        ("?", UnsupportedLookup, "at random"),
        ("company", UnsupportedLookup, "company__name"),
        ("created_by", UnsupportedLookup, "Sort by another attribute"),
        ("aura", UnsupportedLookup, r"'aura' \(hologram\) has no order"),
        ("primary_location", UnsupportedLookup, "primary_location__locality"),
        ("-last_call", UnsupportedLookup, "last_call__interacted_at"),
        ("job_title__contains", UnsupportedLookup, r"'contains' is a lookup\. Write 'job_title'"),
        ("job_title__exact", UnsupportedLookup, "'exact' is a lookup"),
        ("name__lastname", UnsupportedLookup, "Did you mean 'last_name'"),
    ],
)
def test_orders_that_cannot_be(order: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        compile_sorts([order], PEOPLE)


def test_an_order_is_a_sort() -> None:
    assert compile_sorts([Order("score", descending=True)], PEOPLE) == [
        {"direction": "desc", "attribute": "score"}
    ]
