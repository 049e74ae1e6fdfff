"""Attio's own form of a value is taken wherever a value is: as it was read, or as written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm import Company, Deal, ListEntry, Person, ValidationError
from attio_orm.attributes import Checkbox, Date, Number, Rating, Select, Timestamp
from attio_orm.testing import SandboxHandle
from attio_orm.types.base import codec_for
from attio_orm.values import Actor, Money, Option, Reference, ReferenceMatch
from tests.colours import Colour
from tests.types.specs import ADA, COMPANY, META, SPEC, Spec, answer
from tests.types.strategies import VALUES

SPECS = replace(COMPANY, currency="EUR")
KINDED = st.sampled_from(sorted(VALUES)).flatmap(
    lambda kind: st.tuples(st.just(kind), VALUES[kind])
)


@given(KINDED)
def test_what_attio_answers_can_be_assigned(case: tuple[str, Any]) -> None:
    kind, value = case
    codec = codec_for(kind)
    mine = codec.coerce(value, SPECS)
    wire = json.loads(json.dumps(answer(kind, codec.write(mine))))
    whole = {**META, **wire, "attribute_type": kind}
    for form in (wire, whole, [whole]):
        taken = codec.accept(form, SPECS)
        assert type(taken) is type(mine)
        assert codec.key(taken) == codec.key(mine)
        assert codec.write(taken) == codec.write(mine)


@given(KINDED)
def test_a_value_in_its_python_form_is_taken_as_before(case: tuple[str, Any]) -> None:
    kind, value = case
    codec = codec_for(kind)
    assert codec.key(codec.accept(value, SPECS)) == codec.key(codec.coerce(value, SPECS))


@pytest.mark.parametrize(
    ("kind", "form", "expected"),
    [
        ("text", {"value": "Ships pumps"}, "Ships pumps"),
        ("number", {"value": 14}, 14.0),
        ("rating", {"value": 3}, 3),
        ("checkbox", {"value": "true"}, True),
        ("currency", {"currency_value": "499.00"}, Money(499, "EUR")),
        ("currency", {"currency_value": 1250.5, "currency_code": "EUR"}, Money("1250.5", "EUR")),
        ("select", {"option": "High"}, "High"),
        ("select", {"option": {"title": "High", "id": {"option_id": ADA}}}, "High"),
        ("select", {"option": {"id": {"option_id": ADA}}}, ADA),
        ("status", {"status": ADA}, ADA),
        ("domain", {"domain": "shop.acme.dev"}, "shop.acme.dev"),
        ("email-address", {"email_address": "Kim@acme.dev"}, "kim@acme.dev"),
        ("phone-number", {"original_phone_number": "+1 972 555 0123"}, "+19725550123"),
        (
            "phone-number",
            {"original_phone_number": "972 555 0123", "country_code": "US"},
            "972 555 0123",
        ),
        ("personal-name", {"first_name": "Ada", "last_name": "Byron"}, "Ada Byron"),
        ("actor-reference", {"workspace_member_email_address": "Kim@acme.dev"},
         Actor("workspace-member", None, "kim@acme.dev")),
        ("record-reference", {"target_object": "companies", "target_record_id": ADA},
         Reference("companies", ADA)),
        ("record-reference", {"target_object": "companies", "domains": [{"domain": "acme.dev"}]},
         ReferenceMatch("companies", "domains", "acme.dev", "domain")),
        ("record-reference", {"target_object": "companies", "code": {"value": 7}},
         ReferenceMatch("companies", "code", 7, "number")),
    ],
)  # fmt: skip
def test_the_forms_that_attio_takes(kind: str, form: Any, expected: Any) -> None:
    assert codec_for(kind).accept(form, SPECS) == expected


def test_parts_are_kept() -> None:
    chosen = codec_for("status").accept(
        {"status": {"title": "Lead", "id": {"status_id": ADA}}}, SPEC
    )
    assert (chosen.title, chosen.id) == ("Lead", ADA)
    email = codec_for("email-address").accept(
        {"original_email_address": "Kim@acme.dev", "email_address": "kim@acme.dev"}, SPEC
    )
    assert email.original_email_address == "Kim@acme.dev"
    phone = codec_for("phone-number").accept(
        {"phone_number": "+442079460000", "country_code": "GB", "original_phone_number": "020"},
        SPEC,
    )
    assert (phone, phone.country_code) == ("+442079460000", "GB")


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("text", {"value": "x", "other": 1}),
        ("text", {}),
        ("number", {"value": "three"}),
        ("number", {"value": {"value": {"value": 3}}}),
        ("rating", {"value": 9}),
        ("currency", {"currency_value": 5, "currency_code": "USD"}),
        ("currency", {"currency_code": "EUR"}),
        ("select", {"option": None}),
        ("select", {"option": {}}),
        ("select", {"option": "High", "status": "High"}),
        ("domain", {"root_domain": "acme.dev"}),
        ("domain", {"domain": "no domain"}),
        ("email-address", {"email_address": "nobody"}),
        ("email-address", {"email_domain": "acme.dev"}),
        ("phone-number", {"country_code": "GB"}),
        ("phone-number", {"phone_number": "12"}),
        ("personal-name", {"full_name": ""}),
        ("location", {"line_1": 5}),
        ("actor-reference", {"referenced_actor_type": "system", "referenced_actor_id": None}),
        ("record-reference", {"target_object": "people", "target_record_id": ADA}),
        ("record-reference", {"target_object": "companies", "target_record_id": "x"}),
        ("record-reference", {"target_object": "companies"}),
        ("record-reference", {"target_object": "companies", "domains": ["acme.dev"]}),
        ("timestamp", {"value": "2026-03-01"}),
        ("date", {"value": None}),
    ],
)
def test_what_is_checked_is_checked_in_attios_form_too(kind: str, wrong: Any) -> None:
    with pytest.raises(ValidationError):
        codec_for(kind).accept(wrong, SPECS)
    with pytest.raises(ValidationError):
        codec_for(kind).accept([wrong, wrong], SPECS)


def test_a_list_of_one_is_one_value_only_where_there_can_be_one() -> None:
    email = codec_for("email-address")
    form = [{"email_address": "kim@acme.dev"}]
    assert email.accept(form, SPEC) == "kim@acme.dev"
    with pytest.raises(ValidationError, match="e-mail address"):
        email.accept(form, Spec(is_multi=True))
    with pytest.raises(ValidationError, match="give a str"):
        codec_for("text").accept(["x"], SPEC)


class Gauge(Company):
    """A company with an attribute of each plain type."""

    a_number: Number
    a_rating: Rating
    a_checkbox: Checkbox
    a_date: Date
    a_timestamp: Timestamp
    size: Select[Literal["Big", "Small"]]


class Queue(ListEntry, list="queue", parent=Company):
    a_rating: Rating


FORMS: dict[str, tuple[Any, Any]] = {
    "name": ({"value": "Acme"}, "Acme"),
    "domains": ([{"domain": "acme.dev"}], ["acme.dev"]),
    "a_number": ([{"value": 3, "attribute_type": "number"}], 3.0),
    "a_rating": ({"value": 3}, 3),
    "a_checkbox": ({"value": True}, True),
    "a_date": ({"value": "2026-03-01"}, "2026-03-01"),
    "size": ({"option": "Big"}, "Big"),
}


async def test_every_way_in_takes_them(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    attio_sandbox.define(Gauge, Queue)
    given_ = {name: form for name, (form, _) in FORMS.items()}
    made = [await colour.call(Gauge.objects, "create", **given_)]
    made += (await colour.call(Gauge.objects, "bulk_create", [{"name": {"value": "Bolt"}}])).created
    by_hand = Gauge(name="x")
    for name, form in given_.items():
        if name != "domains":
            by_hand[name] = form
    by_hand.domains = [{"domain": "bolt.dev"}]  # type: ignore[list-item]
    by_hand.domains.append({"domain": "bolts.dev"})  # type: ignore[arg-type]
    await colour.call(by_hand, "save")
    for record in (made[0], by_hand):
        await colour.call(record, "refresh")
        for name in ("a_number", "a_rating", "a_checkbox", "size"):
            assert record[name] == FORMS[name][1]
    assert made[1].name == "Bolt"
    assert made[0].domains == ["acme.dev"]
    assert sorted(by_hand.domains) == ["bolt.dev", "bolts.dev"]
    entry = await colour.call(Queue.objects, "create", parent=made[0], a_rating={"value": 4})
    assert entry.a_rating == 4


async def test_what_one_record_has_can_be_given_to_another(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    acme = Company.objects.create(name="Acme", domains=["acme.dev"])
    ada = Person.objects.create(
        name="Byron, Ada", email_addresses=["Ada@acme.dev"], phone_numbers=["+12025550123"],
        job_title="Founder", company=acme,
    )  # fmt: skip
    raw = ada.raw
    assert raw["description"] == []
    names = ("name", "job_title", "company", "phone_numbers", "description", "primary_location")
    other = await colour.call(Person.objects, "create", **{name: raw[name] for name in names})
    await colour.call(other, "refresh")
    assert (other.name, other.job_title) == ("Ada Byron", "Founder")
    assert (other.description, other.primary_location) == (None, None)
    other["job_title"] = raw["description"]
    await colour.call(other, "save")
    assert other.job_title is None
    assert (await colour.call(Company.objects, "get", team=other)).id == acme.id
    assert other.phone_numbers == ["+12025550123"]
    deal = Deal.objects.create(name="x", stage="Lead", owner="owner@sandbox.example", value=5)
    again = await colour.call(
        Deal.objects, "create", **{n: deal.raw[n] for n in ("name", "stage", "owner", "value")}
    )
    assert (again.stage, again.value, again.owner) == ("Lead", 5, deal.owner)
    assert isinstance(again.stage, Option)
