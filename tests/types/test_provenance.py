"""Values know since when they are so, and who set them, and are otherwise what they were."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from attio_orm.types.base import codec_for, reader
from attio_orm.values import Actor, Location, Money, Option, PersonalName, PhoneNumber, RawValue
from tests.types.specs import ADA, BOB, META, SPEC, answer, option, read, status

MOMENT = dt.datetime(2026, 2, 3, 10, 11, 12, 600_000, tzinfo=dt.UTC)
PLACE = dict.fromkeys(Location.__match_args__) | {"locality": "London"}
NAME = {"first_name": "Ada", "last_name": "Byron", "full_name": "Ada Byron"}

WIRES: dict[str, dict[str, Any]] = {
    "currency": {"currency_value": 12.5, "currency_code": "EUR"},
    "select": {"option": option("High")},
    "status": {"status": status("Lead")},
    "actor-reference": {"referenced_actor_type": "workspace-member", "referenced_actor_id": BOB},
    "location": PLACE,
    "domain": {"domain": "acme.dev", "root_domain": "acme.dev"},
    "email-address": answer("email-address", "Ada@acme.dev"),
    "phone-number": answer("phone-number", "+12025550123"),
    "personal-name": NAME,
}
MADE: dict[str, Any] = {
    "currency": Money("12.5", "EUR"),
    "select": Option("High"),
    "status": "Lead",
    "actor-reference": Actor("workspace-member", BOB),
    "location": Location(locality="London"),
    "domain": "acme.dev",
    "email-address": "ada@acme.dev",
    "phone-number": PhoneNumber("+12025550123"),
    "personal-name": PersonalName("Ada", "Byron"),
}


def given(kind: str, **other: Any) -> Any:
    return read(codec_for(kind), **{**WIRES[kind], **other})


@pytest.mark.parametrize("kind", WIRES)
def test_what_attio_gave_knows_since_when_it_is_so_and_who_set_it(kind: str) -> None:
    value = given(kind)
    assert value.active_from == MOMENT
    assert value.set_by == Actor("api-token", ADA)


@pytest.mark.parametrize("kind", WIRES)
def test_what_a_program_made_knows_neither(kind: str) -> None:
    made = codec_for(kind).coerce(MADE[kind], SPEC)
    assert (made.active_from, made.set_by) == (None, None)
    assert made == given(kind)


@pytest.mark.parametrize("kind", WIRES)
def test_it_is_not_part_of_the_value(kind: str) -> None:
    codec = codec_for(kind)
    one = given(kind)
    another = read(codec, **WIRES[kind], active_from="2020-01-01T00:00:00.000000000Z")
    assert one == another
    assert hash(one) == hash(another)
    assert codec.key(one) == codec.key(another)
    assert codec.dump(one) == codec.dump(another)
    assert repr(one) == repr(another)
    assert another.active_from.year == 2020


@pytest.mark.parametrize("kind", WIRES)
def test_copies_and_pickles_know_it_too(kind: str) -> None:
    value = given(kind)
    for made in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert made == value
        assert (made.active_from, made.set_by) == (value.active_from, value.set_by)


@pytest.mark.parametrize("kind", WIRES)
@pytest.mark.parametrize(
    ("odd", "moment"),
    [
        ({"active_from": None, "created_by_actor": None}, None),
        ({"active_from": "yesterday"}, None),
        ({"active_from": 7}, None),
        ({"created_by_actor": "me"}, None),
        ({"created_by_actor": {"type": None, "id": None}}, MOMENT),
    ],
    ids=["null", "text", "number", "actor", "nobody"],
)
def test_what_is_odd_about_it_costs_no_value(
    kind: str, odd: dict[str, Any], moment: dt.datetime | None
) -> None:
    wire = {**META, **WIRES[kind], **odd, "attribute_type": kind}
    (value,) = reader(codec_for(kind))(Raw(msgspec.json.encode([wire])))
    assert not isinstance(value, RawValue)
    assert value == given(kind)
    assert value.active_from == moment
    if "created_by_actor" in odd:
        assert value.set_by is None


def test_a_moment_is_cut_to_microseconds() -> None:
    found = given("status", active_from="2026-02-03T10:11:12.123456789Z").active_from
    assert found == dt.datetime(2026, 2, 3, 10, 11, 12, 123_456, tzinfo=dt.UTC)


def test_replacing_a_part_makes_a_value_that_nobody_gave() -> None:
    for kind, parts in (("location", {"locality": "Paris"}), ("actor-reference", {"id": ADA})):
        made = given(kind).replace(**parts)
        assert (made.active_from, made.set_by) == (None, None)


@pytest.mark.parametrize("value", [Location("a"), Actor("system")], ids=["location", "actor"])
def test_values_never_change(value: Any) -> None:
    name = value.__match_args__[0]
    with pytest.raises(AttributeError, match="immutable"):
        setattr(value, name, "x")
    with pytest.raises(AttributeError, match="immutable"):
        delattr(value, name)
