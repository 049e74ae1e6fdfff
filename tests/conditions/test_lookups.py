from __future__ import annotations

import re
from typing import Any

import pytest

from attio_orm import Q
from attio_orm.conditions.lookups import (
    LOOKUPS,
    LOOKUPS_ELSEWHERE,
    NEGATED_ELSEWHERE,
    ONLY_ELSEWHERE,
    OPERATORS,
)
from attio_orm.conditions.paths import resolve
from attio_orm.errors import UnknownAttributeError, UnsupportedLookup
from attio_orm.types.base import CODECS, codec_for
from tests.query.evaluator import DEFAULTS
from tests.query.evaluator import OPERATORS as DOCUMENTED
from tests.query.fakes import SCHEMA, FakeResolver, compile_filter

TYPES = {kind: codec.lookups for kind, codec in CODECS.items()}

EQUAL = "exact not in"
MATCH = "contains startswith endswith"
SIZE = "gt gte lt lte range"
DAYS = "month quarter year"

# Attio's documentation, attribute type by attribute type.
TAKES = {
    "text": f"{EQUAL} {MATCH} isnull",
    "number": f"{EQUAL} {SIZE} isnull",
    "rating": f"{EQUAL} {SIZE} isnull",
    "currency": f"{EQUAL} {SIZE} isnull",
    "date": f"{EQUAL} {SIZE} {DAYS} isnull",
    "timestamp": f"{EQUAL} {SIZE} date {DAYS} isnull",
    "checkbox": f"{EQUAL} isnull",
    "domain": f"{EQUAL} {MATCH} isnull",
    "email-address": f"{EQUAL} {MATCH} isnull",
    "personal-name": f"{EQUAL} {MATCH} isnull",
    "phone-number": f"{EQUAL} {MATCH} isnull",
    "location": "isnull",
    "select": f"{EQUAL} isnull",
    "status": f"{EQUAL} isnull",
    "actor-reference": f"{EQUAL} isnull",
    "record-reference": f"{EQUAL} isnull",
    "interaction": "isnull",
}


def test_every_attribute_type_that_has_values_has_lookups() -> None:
    assert set(TYPES) == set(CODECS) == set(TAKES)


@pytest.mark.parametrize("kind", TAKES)
def test_the_lookups_of_each_type(kind: str) -> None:
    assert TYPES[kind].lookups[None] == TAKES[kind].split()


@pytest.mark.parametrize(
    ("kind", "part", "expected"),
    [
        ("domain", "root_domain", f"{EQUAL} {MATCH} isnull"),
        ("email-address", "email_root_domain", f"{EQUAL} {MATCH} isnull"),
        ("personal-name", "first_name", f"{EQUAL} {MATCH} isnull"),
        ("phone-number", "country_code", f"{EQUAL} isnull"),
        ("location", "postcode", f"{EQUAL} {MATCH} isnull"),
        ("location", "country_code", f"{EQUAL} startswith isnull"),
        ("select", "active_from", f"{EQUAL} {SIZE} date {DAYS} isnull"),
        ("status", "active_from", f"{EQUAL} {SIZE} date {DAYS} isnull"),
        ("interaction", "interacted_at", f"{EQUAL} {SIZE} date {DAYS} isnull"),
        ("interaction", "interaction_type", f"{EQUAL} isnull"),
        ("record-reference", "target_object", f"{EQUAL} isnull"),
    ],
)
def test_the_lookups_of_parts(kind: str, part: str, expected: str) -> None:
    assert part in TYPES[kind].parts
    assert TYPES[kind].lookups[part] == expected.split()


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_no_operator_is_used_that_is_not_documented(kind: str) -> None:
    for part, operators in DOCUMENTED[kind].items():
        if part in TYPES[kind].properties:
            assert TYPES[kind].properties[part] == operators
    if kind in DEFAULTS:
        assert TYPES[kind].default == DEFAULTS[kind]


def test_latitude_and_longitude_cannot_be_filtered() -> None:
    assert not {"latitude", "longitude"} & set(TYPES["location"].properties)


HABITS = sorted([*LOOKUPS_ELSEWHERE, *NEGATED_ELSEWHERE, *ONLY_ELSEWHERE])


def test_habits_lead_to_lookups_and_hide_none() -> None:
    assert {*LOOKUPS_ELSEWHERE.values(), *NEGATED_ELSEWHERE.values()} <= set(LOOKUPS)
    assert not set(HABITS) & set(LOOKUPS)
    assert len(HABITS) == len(set(HABITS))
    assert set(OPERATORS) < set(LOOKUPS)


# every attribute of the fake people, and every part of one
PATHS = [
    "__".join((spec.slug, *part))
    for spec in SCHEMA["people"]
    if not spec.is_archived and spec.slug not in ("odd__name", "in")
    for part in [(), *((each,) for each in codec_for(spec.type).lookups.parts)]
]


@pytest.mark.parametrize("habit", [*HABITS, *(f"not_{each}" for each in [*LOOKUPS, *HABITS])])
def test_what_a_hint_says_to_write_is_not_refused(habit: str) -> None:
    for path in PATHS:
        with pytest.raises((UnsupportedLookup, UnknownAttributeError)) as caught:
            resolve(f"{path}__{habit}", FakeResolver("people"))
        said = str(caught.value)
        advised = re.findall(r"(?:Write |~Q\(|\. )(\w+__\w+)(?=[.,=])", said)
        advised += [f"{path}__{each}" for each in re.findall(r"Did you mean '(\w+)'", said)]
        for each in advised:
            found = resolve(each, FakeResolver("people"))
            assert found.lookup in found.table.lookups[found.part], f"{said} {each} is refused."


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "job_title__contain",
            r"'contain' is not a lookup of 'job_title' \(text\)\. Did you mean ",
        ),
        ("job_title__contain", r"'contains'.*It takes exact, not, in, contains, .*isnull\.$"),
        ("job_title__icontains", r"Write job_title__contains\. It takes"),
        ("job_title__is_null", r"Write job_title__isnull\."),
        ("job_title__is__null", r"'is__null' is not a lookup.*Write job_title__isnull\."),
        ("job_title__starts_with", r"Write job_title__startswith\."),
        ("job_title__not_in", r"Write ~Q\(job_title__in=\.\.\.\), or exclude"),
        ("job_title__not__icontains", r"Write ~Q\(job_title__contains=\.\.\.\)"),
        ("job_title__iexact", r"no exact comparison without regard to case\. job_title__contains="),
        ("job_title__not_iexact", r"compare the values in Python\. It takes"),
        ("score__iexact", r"Write score__exact\. It takes"),
        ("job_title__regex", r"no patterns\. Narrow by job_title__contains="),
        ("score__regex", r"of 'score' \(number\)\. It takes"),
        ("score__icontains", r"of 'score' \(number\)\. It takes"),
        ("job_title__exists", r"Write job_title__isnull, which asks the opposite"),
        ("job_title__not_xyz", r"'not_xyz' is not a lookup"),
        ("job_title__zzzzzz", r"of 'job_title' \(text\)\. It takes"),
        ("job_title__contains__x", r"'contains__x' is not a lookup"),
        ("score__gt__lt", r"'gt__lt' is not a lookup of 'score' \(number\)"),
        ("name__lastname", r"a lookup or a part of 'name'.*Did you mean 'last_name'.*name__last_n"),
        ("name__last_name__contain", r"of 'last_name' of 'name' \(personal-name\).*'contains'"),
        ("id__gt__x", r"'gt__x' is not a lookup of 'id' \(record id\)"),
        ("id__contain", r"It takes exact, not, in, isnull\.$"),
        ("company__id__contain", r"'contain' is not a lookup of 'target_record_id' of 'company'"),
        ("company__name__contain", r"company__name__contain: .* of 'name' \(text\)"),
        ("related__name", r"people or companies, so .* before 'name': related__people__name\.$"),
        ("anything__name", r"records of any object, so that .*: anything__companies__name\.$"),
        ("related__company__name", r"before 'company': .* Did you mean 'companies'\?$"),
        ("related__companies", r"'companies' is an object.*related__companies__name.*target_obj"),
        ("related__companies__in", r"related__companies__in: 'companies' is an object"),
        (
            "manager__manager__manager__manager__company__name",
            r"at most 4 relations in one lookup.*__in",
        ),
    ],
)
def test_what_is_no_lookup(path: str, message: str) -> None:
    with pytest.raises(UnsupportedLookup, match=message):
        resolve(path, FakeResolver("people"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "job_title__gt",
            r"cannot compare 'job_title' \(text\) with 'gt'\. It takes exact, not, in",
        ),
        ("score__contains", r"'score' \(number\) with 'contains'\. It takes .* range, isnull\.$"),
        ("vip__gt", r"It takes exact, not, in, isnull\.$"),
        ("tags__contains", r"'tags' \(select\) with 'contains'.*tags__active_from"),
        (
            "tags__active_from__contains",
            r"'active_from' of 'tags' \(select\) with 'contains'\. It takes exact, not, in, gt",
        ),
        ("job_title__year", r"cannot compare 'job_title' \(text\) with 'year'"),
        ("born__date", r"'born' \(date\) with 'date'\. It takes .*range, month, quarter, year"),
        ("primary_location", r"takes isnull\. Name a part of it: primary_location__line_1, "),
        ("primary_location__in", r"primary_location__country_code\.$"),
        (
            "primary_location__country_code__contains",
            r"It takes exact, not, in, startswith, isnull",
        ),
        ("last_call__gt", r"last_call__interacted_at"),
        ("id__gt", r"'id' \(record id\) with 'gt'\. It takes exact, not, in, isnull\.$"),
        ("record_id__contains", r"'id' \(record id\) with 'contains'"),
        ("company__contains", r"'company' \(record-reference\).*: company__name\.$"),
        ("company__id__gt", r"It takes exact, not, in, isnull\.$"),
        ("related__gt", r"Or name an attribute of the record: related__people__name\.$"),
        ("associated_deals__stage__gt", r"'stage' \(status\) with 'gt'.*deals__stage__active_from"),
        ("created_by__gt", r"'created_by' \(actor-reference\) with 'gt'.*isnull\. Or name a part"),
        ("aura", r"'aura' \(hologram\) with 'exact'\. It takes isnull\.$"),
        ("name__gt", r"Or name a part of it: name__first_name, name__last_name\.$"),
    ],
)
def test_what_attio_cannot_compare(path: str, message: str) -> None:
    with pytest.raises(UnsupportedLookup, match=message):
        compile_filter(Q(**{path: "x"}), FakeResolver("people"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "job_titel",
            r"^Person \(people\) has no attribute 'job_titel'\. Did you mean 'job_title'",
        ),
        ("nope", r"It has: record_id, created_at"),
        ("job_titel__contains", r"^job_titel__contains: Person \(people\) has no attribute"),
        ("company__nam", r"^company__nam: Company \(companies\) has no attribute 'nam'\. Did you "),
        ("company__nam__contains", r"Company \(companies\) has no attribute 'nam'"),
        ("company__isnul", r"Did you mean 'isnull'"),
        ("first_name", r"has no attribute 'first_name'\. Write name__first_name=\.\.\. instead\.$"),
        ("first_name__contains", r"Write name__first_name__contains=\.\.\. instead\.$"),
        ("company__manager__first_name", r"no attribute 'manager'"),
        ("manager__first_name__in", r"Write manager__name__first_name__in=\.\.\. instead\.$"),
        ("country_code", r"phone_numbers__country_code=... or primary_location__country_code="),
        ("email_address__in", r"Write email_addresses__in=\.\.\. instead\.$"),
        ("pk", r"Write id=\.\.\. instead\.$"),
        ("pk__in", r"Write id__in=\.\.\. instead\.$"),
        ("company_id", r"Write company__id=\.\.\. instead\.$"),
        ("company__pk", r"Write company__id=\.\.\. instead\.$"),
        ("company__eq", r"Write company__exact\."),
        ("company__icontains", r"Write company__name__contains\."),
        ("company__iexact", r"no attribute 'iexact'\. It has:"),
        ("fax", r"^fax: the attribute 'fax' of people is archived"),
        ("fax__contains", r"archived.*Restore it"),
        ("", r"no attribute ''"),
        ("__contains", r"no attribute ''"),
    ],
)
def test_unknown_and_archived_attributes(path: str, message: str) -> None:
    with pytest.raises(UnknownAttributeError, match=message) as caught:
        resolve(path, FakeResolver("people"))
    assert isinstance(caught.value, AttributeError)


def test_names_too_many_to_list() -> None:
    class Wide(FakeResolver):
        def attribute(self, name: str) -> Any:
            return None

        def names(self) -> list[str]:
            return [f"attribute_{n}" for n in range(500)]

    with pytest.raises(UnknownAttributeError) as caught:
        resolve("zzz", Wide("people"))
    assert "attribute_19 and more." in str(caught.value)
    assert len(str(caught.value)) < 600


def test_the_example_of_an_attribute_is_one_that_there_is() -> None:
    class Nameless(FakeResolver):
        def names(self) -> list[str]:
            return ["domains", "team"]

    class Root(FakeResolver):
        def attribute(self, name: str) -> Any:
            found = super().attribute(name)
            if found is None:
                return None
            return type(found)(
                found.slug, found.type, False, found.spec, found.lookups, lambda: Nameless("people")
            )

    with pytest.raises(UnsupportedLookup, match=r"of the record: company__domains\.$"):
        compile_filter(Q(company__gt="x"), Root("people"))


def test_many_values_are_noticed_anywhere_on_the_way() -> None:
    people = FakeResolver("people")
    assert resolve("associated_deals__value", people).many
    assert resolve("company__team__manager__score", people).many
    assert resolve("email_addresses", people).many
    assert not resolve("manager__manager__score", people).many
    assert not resolve("id", people).many
