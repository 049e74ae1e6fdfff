"""Meetings, their links and the recordings of their calls."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from attio_orm import (
    BadRequestError,
    CallRecording,
    Company,
    DeadlineExceededError,
    Meeting,
    NotLoadedError,
    OutcomeUnknownError,
    Participant,
    Person,
    ReadOnlyAttributeError,
    Segment,
    UnsupportedLookup,
    ValidationError,
    connect,
)
from attio_orm.testing import assert_num_requests
from attio_orm.values import Actor
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("no_waits")
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 12, 1, 10, tzinfo=BERLIN)
END = START + timedelta(hours=1)
ADA = "ada@lovelace.example.com"


@pytest.fixture
def sandbox(attio_sandbox: Any) -> Any:
    attio_sandbox.connection.schema.fetch("people")
    return attio_sandbox


def kick_off(**values: Any) -> dict[str, Any]:
    given = {"title": "Kick-off", "start": START, "end": END, "participants": [ADA]}
    return {**given, **values}


def methods(sandbox: Any) -> list[str]:
    return [each.method for each in sandbox.requests if "/meetings" in each.path]


async def test_a_meeting_is_made_and_found(sandbox: Any, colour: Colour) -> None:
    bob = Participant(name="Bob", status="accepted", is_organizer=True)
    acme = Company.objects.create(name="Acme")
    given = kick_off(participants=[ADA, bob, ADA], linked_records=[acme])
    made = await colour.call(Meeting.objects, "create", **given)
    assert (made.title, made.description, made.is_all_day) == ("Kick-off", "", False)
    assert (made.start, made.start.tzinfo, made.end) == (START, BERLIN, END)
    assert made.participants == [Participant(email_address=ADA), bob]
    (ada,) = Person.objects.all()  # whom Attio made of the address
    assert made.linked_records == [acme, ada]
    for found in (
        ada.meetings,
        Meeting.objects.filter(participants=ADA),
        Meeting.objects.filter(linked_record=acme, ends_from=END, starts_before=END),
    ):
        assert await colour.items(found) == [made]
    assert await colour.items(Meeting.objects.filter(starts_before=START)) == []
    assert await colour.items(Meeting.objects.filter(ends_from=END + timedelta(seconds=1))) == []
    await colour.call(made, "delete")
    assert await colour.call(Meeting.objects, "get_or_none", id=made.id) is None


async def test_meetings_of_whole_days_are_dates_and_sorted_by_start(
    sandbox: Any, colour: Colour
) -> None:
    first = await colour.call(Meeting.objects, "create", **kick_off())
    days = kick_off(start=date(2026, 12, 2), end=date(2026, 12, 4), is_all_day=True)
    second = await colour.call(Meeting.objects, "create", **days)
    assert (second.start, second.end) == (date(2026, 12, 2), date(2026, 12, 4))
    assert not isinstance(second.start, datetime)
    assert await colour.items(Meeting.objects.order_by("-start")) == [second, first]
    assert await colour.call(Meeting.objects.order_by("start"), "first") == first
    assert await colour.items(Meeting.objects.order_by("start")[1:2]) == [second]
    found, created = await colour.call(Meeting.objects, "find_or_create", **days)
    assert (found, created) == (second, False)


async def test_find_or_create_looks_before_it_makes_one(sandbox: Any, colour: Colour) -> None:
    for number, given in enumerate(
        (
            kick_off(),
            kick_off(title="Another"),
            kick_off(start=START + timedelta(minutes=1)),
            kick_off(participants=[ADA, "bob@acme.example.com"]),
        ),
        1,
    ):
        with assert_num_requests(2):
            made, created = await colour.call(Meeting.objects, "find_or_create", **given)
        assert created
        moved = {**given, "start": given["start"].astimezone(UTC)}  # the same moment
        with assert_num_requests(1):
            found, created = await colour.call(Meeting.objects, "find_or_create", **moved)
        assert (found, created) == (made, False)
        assert await colour.call(Meeting.objects, "count") == number


async def test_find_or_create_on_another_connection_than_the_current_one(
    sandbox: Any, colour: Colour
) -> None:
    other = connect("sandbox://")
    with sandbox.connection.active():
        there = Meeting.objects.using(other, deadline=60)
        made, created = await colour.call(there, "find_or_create", **kick_off())
        found, again = await colour.call(there, "find_or_create", **kick_off())
        assert (found, created, again) == (made, True, False)
        assert made.connection is other
        assert await colour.call(Meeting.objects, "count") == 0
        late = Meeting.objects.using(other, deadline=1e-9)
        with pytest.raises(DeadlineExceededError):
            await colour.call(late, "find_or_create", **kick_off())
    other.close()


async def test_links_are_added_by_one_patch_and_taken_away_by_a_put(
    sandbox: Any, colour: Colour
) -> None:
    acme, beta, core = (Company.objects.create(name=name) for name in ("A", "B", "C"))
    meeting = await colour.call(
        Meeting.objects, "create", **kick_off(participants=[Participant(name="Bob")])
    )
    sandbox.requests.clear()
    await colour.call(meeting, "link", acme, beta)
    await colour.call(meeting, "link", acme)  # which is there
    assert methods(sandbox) == ["PATCH"]
    # somebody else links another one meanwhile: that stays
    link = {"object": "companies", "record_id": core.id}
    sandbox.connection.api.meetings.update(meeting.id, linked_records=[link])
    sandbox.requests.clear()
    await colour.call(meeting, "unlink", acme)
    assert methods(sandbox) == ["GET", "PUT"]
    assert meeting.linked_records == [beta, core]
    assert not meeting.is_changed
    meeting.linked_records.append(acme)  # both at once
    meeting.linked_records.remove(core)
    await colour.call(meeting, "save")
    await colour.call(meeting, "refresh")
    assert meeting.linked_records == [beta, acme]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
@pytest.mark.parametrize("verb", ["link", "unlink"])
async def test_a_change_of_links_without_an_answer_is_read_before_it_is_sent_again(
    sandbox: Any, colour: Colour, fault: str, verb: str
) -> None:
    acme, core = (Company.objects.create(name=name) for name in ("A", "C"))
    others = [Participant(name="Bob")]
    meeting = await colour.call(
        Meeting.objects, "create", **kick_off(participants=others, linked_records=[acme])
    )
    method = "PATCH" if verb == "link" else "PUT"
    sandbox.fail_next(fault, match=f"{method} /v2/meetings")
    sandbox.requests.clear()
    await colour.call(meeting, verb, core if verb == "link" else acme)
    before = [] if verb == "link" else ["GET"]
    # what was never sent is sent without a look
    again = [method] if fault == "drop_before" else ["GET"]
    assert methods(sandbox)[-len(again) :] == again
    assert methods(sandbox)[: len(before) + 1] == [*before, method]
    assert methods(sandbox).count(method) == (2 if fault == "drop_before" else 1)
    assert meeting.linked_records == ([acme, core] if verb == "link" else [])


async def test_a_create_without_an_answer_is_not_repeated(sandbox: Any, colour: Colour) -> None:
    sandbox.fail_next("drop_after", match="POST /v2/meetings")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(Meeting.objects, "create", **kick_off())
    assert await colour.call(Meeting.objects, "count") == 1
    # the way to find out
    _, created = await colour.call(Meeting.objects, "find_or_create", **kick_off())
    assert not created


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"participants": ["Bob"]}, r"Participant\(name='Bob'\)"),
        ({"participants": [Actor("app", "0" * 8 + "-0000-4000-8000-" + "0" * 12)]}, "not a member"),
        ({"participants": []}, "has 0 participants, and Attio takes 1 to 500"),
        ({"participants": [f"{n}@acme.example.com" for n in range(501)]}, "has 501 participants"),
        ({"start": datetime(2026, 12, 1, 10)}, "start needs a time zone"),
        ({"end": START - timedelta(minutes=1)}, "before it starts"),
        ({"is_all_day": True}, "whole days is a date"),
        ({"title": "x" * 1001}, "1,001 characters, and Attio takes 1,000"),
    ],
    ids=["no address", "app", "nobody", "crowd", "naive", "backwards", "moment", "title"],
)
def test_what_attio_would_refuse_is_not_sent(
    sandbox: Any, values: dict[str, Any], message: str
) -> None:
    sandbox.requests.clear()
    with pytest.raises(ValidationError, match=message):
        Meeting.objects.create(**kick_off(**values))
    assert methods(sandbox) == []


def test_what_attio_does_not_have_is_refused(sandbox: Any) -> None:
    made = Meeting.objects.create(**kick_off())
    (ada,) = Person.objects.all()
    with assert_num_requests(0):
        with pytest.raises(UnsupportedLookup, match="cannot be given together"):
            Meeting.objects.filter(linked_record=ada, participants=ADA)
        with pytest.raises(UnsupportedLookup, match=r"sorted by start \(or -start\)"):
            Meeting.objects.order_by("created_at")
        with pytest.raises(ReadOnlyAttributeError, match="cannot be changed"):
            made.title = "Another"
        made.participants.append(Participant(name="Bob"))
        with pytest.raises(ReadOnlyAttributeError, match="linked records alone"):
            made.save()
    key = sandbox.workspace.setup.add_synced_meeting(
        "Synced", "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z", [ADA]
    )
    with pytest.raises(BadRequestError, match="calendar sync"):
        Meeting.objects.get(id=key).delete()


# -- recordings -----------------------------------------------------------------------------------


SPOKEN = [Segment("Hello", 0.0, 1.5, "Ada"), Segment("Hi", 61.5, 63.0, "Bob")]


async def test_a_recording_has_a_transcript(sandbox: Any, colour: Colour) -> None:
    meeting = await colour.call(Meeting.objects, "create", **kick_off())
    made = await colour.call(meeting.recordings, "create", transcript=SPOKEN)
    assert (made.status, made.meeting) == ("processing", meeting)
    with assert_num_requests(1):
        transcript = await colour.call(made, "transcript")
        assert list(transcript) == SPOKEN
        assert transcript.text == "[00:00] Ada: Hello\n[01:01] Bob: Hi"
        assert made.video_url is None
        await colour.call(made, "transcript")  # it is there
    sandbox.clock.move(10)
    await colour.call(made, "refresh")
    assert made.status == "completed"
    assert await colour.items(meeting.recordings) == [made]
    assert await colour.call(CallRecording.objects, "get", id=made.id, meeting=meeting) is made
    with assert_num_requests(0), pytest.raises(UnsupportedLookup, match=r"get\(id=..., meeting="):
        await colour.call(CallRecording.objects, "get", id=made.id)
    await colour.call(made, "delete")
    assert await colour.call(meeting.recordings, "count") == 0


def test_a_server_of_before_gives_the_transcript_in_parts(sandbox: Any) -> None:
    meeting = Meeting.objects.create(**kick_off())
    long = [Segment(str(number), number, number + 1, "Ada") for number in range(250)]
    made = meeting.recordings.create(transcript=long)
    sandbox.reply_next({"data": made.raw}, match=lambda method, path: path.endswith(str(made.id)))
    with assert_num_requests(4):  # 100 segments a part, as this sandbox gives them
        assert [each.speech for each in made.transcript()] == [each.speech for each in long]


async def test_a_video_is_not_asked_for_inside_an_event_loop(sandbox: Any) -> None:
    meeting = await Meeting.objects.acreate(**kick_off())
    made = await meeting.recordings.acreate(video_url="https://acme.example.com/call.mp4")
    with pytest.raises(NotLoadedError, match="arefresh"):
        _ = made.video_url
    assert made.model_dump()["video_url"] is None  # what is not known is not asked for
    await made.arefresh()
    assert made.video_url is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "needs a transcript, a video_url, or both"),
        ({"video_url": "http://acme.example.com/call.mp4"}, "https address of an .mp4"),
        ({"video_url": "https://acme.example.com/call.avi"}, "https address of an .mp4"),
        ({"transcript": [Segment("a", 2.0, 1.0, "Ada")]}, "Segment 1 ends at 1.0 s"),
    ],
    ids=["nothing", "http", "avi", "backwards"],
)
def test_a_recording_that_attio_would_refuse_is_not_sent(
    sandbox: Any, values: dict[str, Any], message: str
) -> None:
    meeting = Meeting.objects.create(**kick_off())
    with assert_num_requests(0), pytest.raises(ValidationError, match=message):
        meeting.recordings.create(**values)


async def test_a_meeting_of_a_record_is_linked_to_it(sandbox: Any, colour: Colour) -> None:
    acme = Company.objects.create(name="Acme")
    beta = Company.objects.create(name="Beta")
    given = kick_off(participants=[Participant(name="Bob")], linked_records=[beta])
    made = await colour.call(acme.meetings, "create", **given)
    assert made.linked_records == [acme, beta]
    assert await colour.items(acme.meetings.filter(starts_before=END)) == [made]
    assert await colour.call(beta.meetings, "count") == 1
