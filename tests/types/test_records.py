"""References, actors, locations and interactions."""

from __future__ import annotations

import datetime as dt
import pickle
import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given

from attio_orm.errors import ReadOnlyAttributeError, ValidationError
from attio_orm.types.actors import as_actor
from attio_orm.types.base import codec_for
from attio_orm.types.references import HasReference
from attio_orm.values import Actor, Domain, Interaction, Location, Reference, ReferenceMatch
from tests.types.specs import ADA, BOB, COMPANY, SPEC, read, round_trip
from tests.types.strategies import LOCATION

REFERENCE, ACTOR = codec_for("record-reference"), codec_for("actor-reference")
LOCATIONS, INTERACTION = codec_for("location"), codec_for("interaction")
ACME = Reference("companies", BOB)
MATCH = ReferenceMatch("companies", "domains", "acme.com", "domain")


class Instance(HasReference):
    def __init__(self, object: str, id: str) -> None:
        self.reference = Reference(object, id)

    def _reference(self) -> Reference:
        return self.reference


# -- references ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        ACME,
        BOB,
        BOB.upper(),
        uuid.UUID(BOB),
        Instance("companies", BOB),
        Reference("companies", BOB.upper()),
    ],
)
def test_what_refers_to_a_record(value: Any) -> None:
    reference = REFERENCE.coerce(value, COMPANY)
    assert reference == ACME
    assert REFERENCE.key(reference) == ("companies", BOB)
    assert REFERENCE.write(reference) == {"target_object": "companies", "target_record_id": BOB}
    assert REFERENCE.filter_value("target_record_id", value, COMPANY) == BOB
    assert REFERENCE.dump(reference) == BOB


@pytest.mark.parametrize(
    ("match", "written"),
    [
        (MATCH, {"domain": "acme.com"}),
        (
            ReferenceMatch("companies", "domains", "a@b.c", "email-address"),
            {"email_address": "a@b.c"},
        ),
        (ReferenceMatch("companies", "domains", 7, "number"), {"value": 7}),
        (
            ReferenceMatch("companies", "domains", "+1972", "phone-number"),
            {"original_phone_number": "+1972"},
        ),
        (ReferenceMatch("companies", "domains", {"domain": "x.com"}), {"domain": "x.com"}),
    ],
)
def test_a_match_is_written_for_attio_to_find(match: ReferenceMatch, written: Any) -> None:
    assert REFERENCE.coerce(match, COMPANY) is match
    assert REFERENCE.write(match) == {"target_object": "companies", "domains": [written]}
    assert REFERENCE.dump(match) == REFERENCE.write(match)
    assert REFERENCE.key(match) == pickle.loads(pickle.dumps(match))
    assert len({match, pickle.loads(pickle.dumps(match))}) == 1


@pytest.mark.parametrize(
    "value",
    [Reference("people", ADA), Instance("people", ADA), ReferenceMatch("people", "name", "x")],
)
def test_a_record_of_the_wrong_object_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"'people' does not fit.*of companies"):
        REFERENCE.coerce(value, COMPANY)
    with pytest.raises(ValidationError, match=r"'people' can never match|cannot be compared"):
        REFERENCE.filter_value(None, value, COMPANY)
    assert REFERENCE.key(REFERENCE.coerce(value, SPEC))


@pytest.mark.parametrize("wrong", ["acme.com", "", 7, None, [ADA], Reference("companies", "7")])
def test_what_refers_to_nothing_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"saved instance|record id"):
        REFERENCE.coerce(wrong, COMPANY)
    with pytest.raises(ValidationError, match="UUID of a record"):
        REFERENCE.filter_value(None, wrong, COMPANY)


def test_an_id_needs_an_attribute_of_one_object() -> None:
    with pytest.raises(ValidationError, match=r"any object.*Reference\(object, id\)"):
        REFERENCE.coerce(BOB, SPEC)


def test_a_match_cannot_be_compared() -> None:
    with pytest.raises(ValidationError, match="company__domains="):
        REFERENCE.filter_value(None, MATCH, COMPANY)


def test_the_object_of_a_reference_can_be_compared() -> None:
    assert REFERENCE.filter_value("target_object", "people", SPEC) == "people"
    assert REFERENCE.filter_value("target_object", ACME, SPEC) == "companies"
    with pytest.raises(ValidationError, match="slug of an object"):
        REFERENCE.filter_value("target_object", 7, SPEC)


def test_references_are_immutable() -> None:
    with pytest.raises(AttributeError):
        ACME.id = ADA  # type: ignore[misc]
    assert read(REFERENCE, target_record_id=BOB) == Reference("", BOB)


# -- actors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "Kim@Acme.example.com",
        Actor("workspace-member", email="Kim@Acme.example.com"),
        {"type": "workspace-member", "id": None, "email": "kim@acme.example.com"},
    ],
)
def test_a_member_by_email_address(value: Any) -> None:
    mine, back = round_trip("actor-reference", value)
    assert ACTOR.write(mine) == {"workspace_member_email_address": "kim@acme.example.com"}
    assert ACTOR.filter_value(None, value, SPEC) == "kim@acme.example.com"
    assert back == Actor("workspace-member", BOB)
    assert mine != back
    assert ACTOR.dump(mine) == {
        "type": "workspace-member",
        "id": None,
        "email": "kim@acme.example.com",
    }


@pytest.mark.parametrize(
    "value", [BOB, BOB.upper(), Actor("workspace-member", BOB, "x@y.z"), {"id": BOB}]
)
def test_a_member_by_id(value: Any) -> None:
    mine, back = round_trip("actor-reference", value)
    assert mine == back
    assert hash(mine) == hash(back)
    assert mine != BOB
    assert ACTOR.write(mine) == {
        "referenced_actor_type": "workspace-member",
        "referenced_actor_id": BOB,
    }
    assert ACTOR.filter_value("referenced_actor_id", value, SPEC) == BOB


@pytest.mark.parametrize(
    "wrong",
    [
        "kim",
        "@x",
        "a b@c.d",
        "",
        7,
        None,
        {},
        Actor("workspace-member"),
        Actor("workspace-member", "7"),
    ],
)
def test_what_is_no_member_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"member|UUID"):
        ACTOR.coerce(wrong, SPEC)
    with pytest.raises(ValidationError, match=r"member|UUID"):
        ACTOR.filter_value(None, wrong, SPEC)


def test_only_members_can_be_written_but_others_can_be_compared() -> None:
    token = Actor("api-token", ADA)
    with pytest.raises(ValidationError, match=r"'api-token' cannot be written.*members only"):
        ACTOR.coerce(token, SPEC)
    assert as_actor(token) == token
    assert ACTOR.filter_value(None, token, SPEC) == ADA
    with pytest.raises(ValidationError, match="no id"):
        ACTOR.filter_value(None, Actor("system"), SPEC)


def test_actors_of_every_type_are_read() -> None:
    assert read(ACTOR, referenced_actor_type="system", referenced_actor_id=None) == Actor("system")
    assert read(ACTOR, referenced_actor_type="app", referenced_actor_id=ADA) == Actor("app", ADA)
    assert read(ACTOR, referenced_actor_id=ADA) == Actor("workspace-member", ADA)


# -- locations -------------------------------------------------------------------------------------


@given(LOCATION)
def test_locations_are_written_with_all_ten_parts(location: Location) -> None:
    mine, back = round_trip("location", location)
    assert back == mine
    assert list(LOCATIONS.write(mine)) == list(Location.__match_args__)
    assert len(LOCATIONS.write(mine)) == 10
    assert LOCATIONS.coerce(LOCATIONS.dump(mine), SPEC) == mine


@pytest.mark.parametrize(
    ("given_", "kept"),
    [(51.5007, "51.5007"), (0, "0"), (-0.0, "0"), (7, "7"), ("51.50", "51.50"), (1e-12, "0"),
     ("1.12345678901", "1.123456789"), (10.0, "10")],
)  # fmt: skip
def test_degrees_are_kept_as_text(given_: Any, kept: str) -> None:
    assert LOCATIONS.coerce(Location(latitude=given_), SPEC).latitude == kept


def test_an_address_as_text_is_written_as_it_is() -> None:
    assert LOCATIONS.write(LOCATIONS.coerce(" 1 Main St, Kyiv ", SPEC)) == "1 Main St, Kyiv"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Location(latitude="91"), "latitude '91' is not a valid angle"),
        (Location(longitude="181"), "from -180 to 180"),
        (Location(country_code="UK"), "not a valid country code"),
        (Location(locality=7), "locality is text"),  # type: ignore[arg-type]
        (Location(), "The location is empty"),
        ({"city": "Kyiv"}, "Unknown member 'city'.*locality"),
        ("", "Location, or an address"),
        (7, "Location, or an address"),
    ],
)
def test_what_is_no_location_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LOCATIONS.coerce(wrong, SPEC)


def test_degrees_must_be_numbers() -> None:
    with pytest.raises(ValidationError, match="latitude as degrees"):
        Location(latitude=True)  # type: ignore[arg-type]


def test_locations_in_filters_and_as_text() -> None:
    place = Location("1 Main St", locality="Kyiv", country_code="UA", latitude="50.45")
    assert str(place) == "1 Main St, Kyiv, UA"
    assert LOCATIONS.filter_value("country_code", "ua", SPEC) == "UA"
    assert LOCATIONS.filter_value("locality", "Ky", SPEC) == "Ky"
    assert LOCATIONS.coerce({"country_code": "ua"}, SPEC).country_code == "UA"
    with pytest.raises(AttributeError):
        place.locality = "Lviv"  # type: ignore[misc]


# -- interactions ----------------------------------------------------------------------------------

CALL = {
    "interaction_type": "call",
    "interacted_at": "2026-03-01T12:00:00.678999999Z",
    "owner_actor": {"type": "workspace-member", "id": BOB},
}
MOMENT = dt.datetime(2026, 3, 1, 12, 0, 0, 678999, tzinfo=dt.UTC)


def test_interactions_are_read() -> None:
    value = read(INTERACTION, **CALL)
    assert value == Interaction("call", MOMENT, Actor("workspace-member", BOB))
    assert INTERACTION.key(value) == pickle.loads(pickle.dumps(value))
    assert hash(value) == hash(read(INTERACTION, **CALL))
    assert read(INTERACTION, interaction_type="call") == Interaction("call")
    assert read(INTERACTION, interacted_at=CALL["interacted_at"], owner_actor={}) == Interaction(
        None, MOMENT
    )


@pytest.mark.parametrize(
    "kind",
    ["email", "calendar-event", "meeting", "activity", "call", "chat-thread", "in-person-meeting"],
)
def test_kinds_of_interactions_new_and_old(kind: str) -> None:
    """facts.md 15: four of them since autumn 2026; values of those before are still there."""
    assert read(INTERACTION, **CALL | {"interaction_type": kind}).interaction_type == kind
    assert INTERACTION.filter_value("interaction_type", kind, SPEC) == kind


def test_interactions_are_read_only() -> None:
    value = read(INTERACTION, **CALL)
    with pytest.raises(ReadOnlyAttributeError, match="computed by Attio"):
        INTERACTION.coerce(value, SPEC)
    with pytest.raises(ReadOnlyAttributeError, match="computed by Attio"):
        INTERACTION.write(value)


def test_interactions_dump_as_plain_json() -> None:
    dumped = INTERACTION.dump(read(INTERACTION, **CALL))
    assert dumped == {**CALL, "interacted_at": "2026-03-01T12:00:00.678999Z"}
    assert msgspec.json.decode(msgspec.json.encode(dumped)) == dumped
    assert INTERACTION.dump(Interaction("call")) == {
        "interaction_type": "call",
        "interacted_at": None,
        "owner_actor": None,
    }


def test_interactions_in_filters() -> None:
    assert INTERACTION.filter_value("interaction_type", "call", SPEC) == "call"
    assert INTERACTION.filter_value("interacted_at", MOMENT, SPEC) == "2026-03-01T12:00:00.678999Z"
    for member in (BOB, Actor("workspace-member", BOB)):
        assert INTERACTION.filter_value("owner_member_id", member, SPEC) == BOB
    with pytest.raises(ValidationError, match="id of a workspace member"):
        INTERACTION.filter_value("owner_member_id", "kim@acme.example.com", SPEC)


def test_matches_of_texts_with_parts_are_plain() -> None:
    match = ReferenceMatch("companies", "domains", str(Domain("acme.com")), "domain")
    assert match == MATCH
