"""What may have changed since: looked up once more, at most every ten seconds; read anew by age."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from attio_orm.effects import gather, run
from attio_orm.errors import APIError, NotFoundError
from attio_orm.schema import Member, workspace
from attio_orm.transport import Request
from tests.colours import Drive
from tests.schema.fakes import FakeWorkspace, an_object, attribute, option, reference

PEOPLE = "/v2/objects/people/attributes?show_archived=true"
LEVELS = "/v2/objects/people/attributes/level/options?show_archived=true"


@pytest.fixture
def time_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now, moved = workspace.now, [0.0]
    monkeypatch.setattr(workspace, "now", lambda: now() + moved[0])

    def move(seconds: float) -> None:
        moved[0] += seconds

    return move


@pytest.fixture
def known(fake: FakeWorkspace) -> FakeWorkspace:
    run(fake.schema.ensure("people"))
    run(fake.schema.choices("people", "level"))
    run(fake.schema.members())
    assert fake.sent
    return fake


def test_attributes_made_since(known: FakeWorkspace, drive: Drive) -> None:
    known.attributes["people"].append(attribute("shoe_size", "number"))
    assert "shoe_size" not in known.schema["people"].attributes
    assert drive(known.schema.look_again("people")) is True
    assert "shoe_size" in known.schema["people"].attributes
    assert known.sent == [PEOPLE]


def test_options_and_members_made_since(known: FakeWorkspace, drive: Drive) -> None:
    schema = known.schema
    known.choices["level"].append(option("Chief"))
    known.members.append({"id": {"workspace_member_id": "m2"}, "email_address": "Bob@X.co"})
    assert drive(schema.look_again("people", "level"))
    assert "Chief" in (schema.known_choices("people", "level") or {})
    assert drive(schema.look_for_members())
    ada = Member("m1", "ada@lovelace.dev", "Ada", "Lovelace", "admin")
    assert schema.known_members() == (ada, Member("m2", "Bob@X.co"))
    assert known.sent == [LEVELS, "/v2/workspace_members"]


def test_the_first_reading_is_not_a_second_look(fake: FakeWorkspace, drive: Drive) -> None:
    assert drive(fake.schema.look_again("people", "level"))
    assert fake.schema.known_choices("people", "level") is not None
    assert fake.schema.known_members() is None
    assert fake.sent_counts[LEVELS] == 1


def test_at_most_once_in_ten_seconds(
    known: FakeWorkspace, drive: Drive, time_passes: Callable[[float], None]
) -> None:
    schema = known.schema
    looks: list[Callable[[], Any]] = [
        lambda: schema.look_again("people"),
        lambda: schema.look_again("people", "level"),
        schema.look_for_members,
    ]
    for look in looks:
        assert (drive(look()), drive(look())) == (True, False)
        assert len(known.sent) == 1
    time_passes(9.9)
    assert [drive(look()) for look in looks] == [False, False, False]
    time_passes(0.2)
    assert [drive(look()) for look in looks] == [True, True, True]


@pytest.mark.parametrize(
    ("method", "path", "is_one"),
    [
        ("POST", "/v2/objects", True),
        ("PATCH", "/v2/objects/people", True),
        ("POST", "/v2/lists?x=1", True),
        ("POST", "/v2/objects/people/attributes", True),
        ("PATCH", "/v2/lists/sales/attributes/stage", True),
        ("POST", "/v2/objects/people/attributes/level/options", True),
        ("PATCH", "/v2/objects/people/attributes/level/statuses/New", True),
        ("PATCH", "/scim/v2/Users/1", True),
        ("POST", "/v2/objects/people/records", False),
        ("PUT", "/v2/lists/sales/entries", False),
        ("PUT", "/v2/objects/people/records/1/attributes/name/values", False),
        ("POST", "/v2/notes", False),
    ],
)
def test_at_once_after_a_schema_write(
    known: FakeWorkspace, drive: Drive, method: str, path: str, is_one: bool
) -> None:
    drive(known.schema.look_again("people"))
    with suppress(APIError):  # whatever is answered: it may have been carried out
        drive(known.transport.send(Request(method, path, json={}, purpose="write")))
    drive(known.transport.send(Request("GET", "/v2/objects")))
    assert drive(known.schema.look_again("people")) is is_one
    assert drive(known.schema.look_again("people")) is False


def test_forgetting_makes_it_due(known: FakeWorkspace) -> None:
    run(known.schema.look_again("people"))
    known.schema.forget("people")
    assert run(known.schema.look_again("people"))


def test_a_reference_to_an_object_made_since_is_known_by_its_slug(
    known: FakeWorkspace, drive: Drive
) -> None:
    known.objects.append(an_object("ships", "Ship", "Ships"))
    config = reference("object-ships")
    known.attributes["people"].append(attribute("ship", "record-reference", config=config))
    drive(known.schema.look_again("people"))
    assert known.schema["people"].attributes["ship"].allowed_objects == ("ships",)
    assert known.sent == [PEOPLE, "/v2/objects", PEOPLE]


def test_who_comes_meanwhile_waits_for_the_same_look(known: FakeWorkspace) -> None:
    known.attributes["people"].append(attribute("shoe_size", "number"))
    start, workers = threading.Barrier(8), 8

    def work(_: int) -> bool:
        start.wait()
        run(known.schema.look_again("people"))
        return "shoe_size" in known.schema["people"].attributes

    known.backend.pause = 0.02
    with ThreadPoolExecutor(workers) as pool:
        assert all(pool.map(work, range(workers)))
    assert known.sent == [PEOPLE]


def test_side_by_side_it_is_one_look(known: FakeWorkspace, drive: Drive) -> None:
    known.backend.pause = 0.02
    drive(gather([known.schema.look_again("people") for _ in range(8)]))
    assert known.sent == [PEOPLE]


def test_an_object_that_is_not_there_is_said_to_be_so(fake: FakeWorkspace, drive: Drive) -> None:
    with pytest.raises(NotFoundError, match='no object "ships"'):
        drive(fake.schema.look_again("ships"))


def test_what_records_have_and_attio_does_not_list_is_looked_for_once(
    known: FakeWorkspace, drive: Drive, time_passes: Callable[[float], None]
) -> None:
    schema = known.schema
    known.attributes["people"].append(attribute("shoe_size", "number"))
    drive(schema.look_for("people", ["name", "shoe_size"]))
    assert "shoe_size" in schema["people"].attributes
    time_passes(60)
    drive(schema.look_for("people", ["name", "shoe_size"]))
    assert known.sent == [PEOPLE]
    for _ in range(2):
        drive(schema.look_for("people", ["hidden"]))
        time_passes(60)
    assert known.sent == [PEOPLE]
    known.attributes.pop("people")
    drive(schema.look_for("people", ["other"]))  # fails, and what was read is there all the same
    assert known.sent == [PEOPLE]


def test_what_is_listed_first(fake: FakeWorkspace) -> None:
    schema = fake.schema
    assert (schema.to_list("people"), schema.to_list("lists/sales")) == (
        ["objects"],
        ["lists", "objects"],
    )
    run(schema.ensure("people"))
    assert (schema.to_list("people"), schema.to_list("ships")) == ([], ["objects"])
    assert (schema.to_list("companies"), schema.to_list("lists/sales")) == ([], ["lists"])


# -- by age --------------------------------------------------------------------------------------


def test_everything_is_read_anew_after_a_while(
    known: FakeWorkspace, drive: Drive, time_passes: Callable[[float], None]
) -> None:
    schema = known.schema
    run(schema.ensure("lists/sales"))
    assert not schema.is_old
    assert drive(schema.renew()) is False
    known.attributes["people"].append(attribute("shoe_size", "number"))
    assert known.sent
    time_passes(3599)
    assert not schema.is_old
    time_passes(2)
    assert schema.is_old
    assert drive(schema.renew()) is True
    assert "shoe_size" in schema["people"].attributes
    assert sorted(known.sent) == [
        "/v2/lists",
        "/v2/lists/sales/attributes?show_archived=true",
        "/v2/objects",
        PEOPLE,
    ]
    assert not schema.is_old
    assert drive(schema.renew()) is False
    assert schema.known_choices("people", "level") is None
    assert schema.known_members() is None


def test_what_cannot_be_read_anew_serves_some_seconds_more(
    known: FakeWorkspace, drive: Drive, time_passes: Callable[[float], None]
) -> None:
    attributes = known.attributes.pop("people")
    time_passes(3601)
    assert drive(known.schema.renew()) is False
    assert "name" in known.schema["people"].attributes
    assert not known.schema.is_old
    known.attributes["people"] = attributes
    time_passes(11)
    assert known.schema.is_old
    assert drive(known.schema.renew()) is True


def test_without_a_time_to_live_nothing_grows_old(
    known: FakeWorkspace, time_passes: Callable[[float], None]
) -> None:
    known.schema.ttl = None
    time_passes(1e9)
    assert not known.schema.is_old


def test_what_was_forgotten_while_it_is_read_anew_stays_so(
    known: FakeWorkspace, time_passes: Callable[[float], None]
) -> None:
    time_passes(3601)
    answer = known.backend.answer

    def forgetful(method: str, path: str, body: Any) -> Any:
        known.schema.forget()
        return answer(method, path, body)

    known.backend.answer = forgetful
    run(known.schema.renew())
    assert "people" not in known.schema


# -- ids -----------------------------------------------------------------------------------------


def test_the_id_that_a_slug_first_had(known: FakeWorkspace) -> None:
    schema = known.schema
    assert schema.former_id("people", "level") == "id-level"
    known.attributes["people"] = [
        attribute("rank", "select", id={"attribute_id": "id-level"}),
        attribute("level", id={"attribute_id": "another"}),
    ]
    run(schema.look_again("people"))
    assert schema.former_id("people", "level") == "id-level"
    schema.forget()
    assert schema.former_id("people", "level") == "id-level"
    assert schema.former_id("people", "rank") == "id-level"
    assert schema.former_id("people", "nothing") is None
