"""What every value class keeps to: equality, hashes, copies, pickles and JSON agree."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm import values
from attio_orm.types.base import codec_for
from attio_orm.values import (
    Actor,
    Domain,
    EmailAddress,
    Interaction,
    Location,
    Money,
    Option,
    PersonalName,
    PhoneNumber,
    RawValue,
    Reference,
    ReferenceMatch,
    StatusValue,
    TrackedList,
    ValueList,
    ValueMeta,
)
from tests.types.specs import ADA, BOB, Spec

# From few parts, so that two values that were made apart are often equal.
WORD = st.sampled_from(["Ada", "Byron"])
ID = st.sampled_from([ADA, BOB])
MEMBER = "workspace-member"
ACTOR = (
    st.builds(Actor, st.sampled_from([MEMBER, "api-token", "app"]), ID)
    | st.just(Actor("system"))
    | st.builds(Actor, st.just(MEMBER), st.none() | ID, st.sampled_from(["a@b.dev", "c@b.dev"]))
)
MOMENT = st.sampled_from([dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC) for day in (1, 2)])
PLAIN = st.sampled_from([0, 0.0, 1, True, "1", None])
DATA = st.dictionaries(st.sampled_from("ab"), PLAIN | st.lists(PLAIN, max_size=2), min_size=1)
PHONE = st.sampled_from(["+12025550123", "+1 202 555 0123", "+12025550124"])

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Actor": ACTOR,
    "Domain": st.sampled_from(["acme.dev", "ACME.dev", "http://bolt.dev/"]).map(Domain),
    "EmailAddress": st.sampled_from(["a@b.dev", "A@b.dev", "c@b.dev"]).map(EmailAddress),
    "Interaction": st.tuples(
        st.sampled_from(["email", "call"]), st.none() | MOMENT, st.none() | ACTOR
    ).map(lambda parts: Interaction(*parts)),
    "Location": st.builds(
        Location,
        line_1=WORD,
        country_code=st.none() | st.just("GB"),
        latitude=st.sampled_from([None, 1, 1.0, "1", "1.5"]),
    ),
    "Money": st.builds(
        Money, st.sampled_from([0, 1, Decimal("1.0"), "1.5"]), st.sampled_from([None, "EUR", "USD"])
    ),
    "Option": st.builds(Option, WORD, id=st.none() | ID),
    "PersonalName": st.builds(PersonalName, WORD, st.just("") | WORD),
    "PhoneNumber": PHONE.map(PhoneNumber)
    | st.just(PhoneNumber("020 7946 0000", country_code="GB")),
    "RawValue": st.tuples(st.sampled_from(["hologram", "aura"]), DATA).map(
        lambda parts: RawValue(*parts)
    ),
    "Reference": st.builds(Reference, st.sampled_from(["people", "companies"]), ID),
    "ReferenceMatch": st.tuples(
        st.just("people"), st.sampled_from(["name", "age"]), PLAIN | DATA
    ).map(lambda parts: ReferenceMatch(*parts)),
    "StatusValue": st.builds(StatusValue, WORD, id=st.none() | ID),
    "TrackedList": st.lists(WORD, max_size=2).map(TrackedList),
    "ValueList": st.lists(WORD, max_size=2).map(ValueList),
    "ValueMeta": st.builds(ValueMeta, WORD, st.none() | MOMENT, st.none() | ACTOR),
}
TYPES = {
    "Actor": "actor-reference",
    "Domain": "domain",
    "EmailAddress": "email-address",
    "Location": "location",
    "Money": "currency",
    "Option": "select",
    "PersonalName": "personal-name",
    "PhoneNumber": "phone-number",
    "Reference": "record-reference",
    "StatusValue": "status",
}


def test_no_value_class_is_left_out() -> None:
    assert {*VALUES, "format_value"} == set(values.__all__)  # which is a function


def agree(one: Any, two: Any) -> None:
    """Both operators, from both sides, and the hash of what can have one."""
    equal = one == two
    assert equal is not (one != two)
    assert (two == one) is equal
    assert (two != one) is not equal
    if equal and not isinstance(one, list):
        assert hash(one) == hash(two)
        assert len({one, two}) == 1
    assert (one == [two], one != [two]) == (False, True)


@pytest.mark.parametrize("name", VALUES)
@given(st.data())
def test_equal_is_never_unequal_and_hashes_alike(name: str, data: st.DataObject) -> None:
    one, two = data.draw(VALUES[name]), data.draw(VALUES[name])
    agree(one, two)
    agree(one, one)


@pytest.mark.parametrize("name", VALUES)
@given(st.data())
def test_copies_and_pickles_are_equal(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    pickles = [pickle.loads(pickle.dumps(value, version)) for version in range(2, 6)]
    for made in (copy.copy(value), copy.deepcopy(value), *pickles):
        assert isinstance(made, TrackedList if isinstance(value, list) else type(value))
        assert made == value
        agree(made, value)
        assert repr(made) == repr(value)


def through_json(value: Any, kind: str, spec: Spec) -> Any:
    codec = codec_for(kind)
    text = json.dumps(codec.dump(codec.coerce(value, spec)))
    return codec.accept(json.loads(text), spec)


@pytest.mark.parametrize("name", TYPES)
@given(st.data())
def test_json_gives_an_equal_value_back(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    spec = Spec(allowed_objects=(value.object,) if name == "Reference" else ())
    if name == "Actor" and value.type != MEMBER:
        value = Actor(MEMBER, value.id or ADA)  # of others Attio takes none back
    made = through_json(value, TYPES[name], spec)
    assert type(made) is type(value)
    assert made == value
    agree(made, value)


@given(VALUES["RawValue"])
def test_json_of_an_unknown_type_gives_an_equal_value_back(value: RawValue) -> None:
    agree(through_json(value, value.type, Spec()), value)
    assert through_json(value, value.type, Spec()) == value


@pytest.mark.parametrize(
    "value",
    [
        ReferenceMatch("people", "name", "Ada"),
        ReferenceMatch("people", "age", 7, "number"),
        ReferenceMatch("people", "domains", "acme.dev", "domain"),
        ReferenceMatch("people", "email_addresses", "a@b.dev", "email-address"),
        ReferenceMatch("people", "phone_numbers", "+12025550123", "phone-number"),
        ReferenceMatch(
            "people",
            "phone_numbers",
            {"original_phone_number": "020 7946", "country_code": "GB"},
            "phone-number",
        ),
    ],
)
def test_json_of_a_match_gives_an_equal_one_back(value: ReferenceMatch) -> None:
    made = through_json(value, "record-reference", Spec())
    assert made == value
    agree(made, value)


@given(VALUES["Interaction"])
def test_json_of_an_interaction_is_what_attio_sends(value: Interaction) -> None:
    codec = codec_for("interaction")
    dumped = json.loads(json.dumps(codec.dump(value)))
    made = codec.read(msgspec.convert(dumped, codec.shape))
    owner = value.owner_actor
    if owner is None or owner.id or owner.type == "system":  # an address alone is never read
        assert made == value
        agree(made, value)


def test_equal_actors_are_not_unequal() -> None:
    by_id, named = Actor(MEMBER, ADA), Actor(MEMBER, ADA, "a@b.dev")
    assert by_id == named
    assert not by_id != named  # noqa: SIM202 - it is ``!=`` that is asked
    assert by_id != Actor(MEMBER, BOB)
    assert by_id != ADA
    assert Actor("system") == Actor("system")
    assert Interaction("email", None, by_id) == Interaction("email", None, named)


@given(VALUES["Location"] | VALUES["Interaction"] | ACTOR)
def test_replace_changes_what_is_named_and_nothing_else(value: Any) -> None:
    names = type(value).__match_args__
    assert value.replace() == value
    for name in names[:2]:
        made = value.replace(**{name: "x"})
        assert type(made) is type(value)
        assert getattr(made, name) == "x"
        rest = [each for each in names if each != name]
        assert [getattr(made, each) for each in rest] == [getattr(value, each) for each in rest]
        assert made == value.replace(**{name: "x"})
    with pytest.raises(TypeError, match="nobody"):
        value.replace(nobody=1)


def test_coordinates_are_replaced_by_numbers_too() -> None:
    assert Location("a", latitude="1").replace(latitude=51.5007, line_1=None) == Location(
        latitude="51.5007"
    )
