"""facts.md 8 and 15: meetings that are always made anew, their guests, links, and recordings."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client, record_id, with_token
from tests.sandbox.helpers import NOW, Told, object_id, path_of

MEETINGS = "/v2/meetings"
ADA = "ada@acme.example.com"


def guest(**changes: Any) -> dict[str, Any]:
    return {"is_organizer": True, "status": "accepted", **changes}


def body(**changes: Any) -> dict[str, Any]:
    data = {
        "title": "Review",
        "description": "",
        "start": {"datetime": "2026-03-01T10:00:00Z"},
        "end": {"datetime": "2026-03-01T11:00:00Z"},
        "is_all_day": False,
        "participants": [guest(name="Kim")],
    }
    return {"data": data | changes}


def make(api: Client, **changes: Any) -> Any:
    return api.data("POST", MEETINGS, body(**changes))


def one(meeting: Any) -> str:
    return f"{MEETINGS}/{meeting['id']['meeting_id']}"


def links_of(meeting: Any) -> list[str]:
    return [link["record_id"] for link in meeting["linked_records"]]


def to(slug: str, *keys: str) -> dict[str, Any]:
    links = [{"object": slug, "record_id": key} for key in keys]
    return {"data": {"linked_records": links}}


@pytest.fixture
def people(api: Client) -> list[str]:
    return [record_id(api.create("people", name=f"Ada {name}")) for name in ("One", "Two", "Three")]


def test_every_call_makes_a_new_one(ws: Workspace, api: Client) -> None:
    """facts.md 15: POST always creates, and knows no `external_ref`."""
    event = {"ical_uid": "a", "provider": "google", "is_recurring": False}
    for reference in ("a", "a", event, event, "", None, 5, {"ical_uid": 5}):
        make(api, external_ref=reference)
    make(api)
    assert len(api.data("GET", MEETINGS)) == 9
    ws.setup.add_synced_meeting("Review", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", [ADA])
    make(api, participants=[guest(email_address=ADA)])
    assert len(api.data("GET", MEETINGS)) == 11, "beside one that calendar sync made"
    assert len(api.query("people")) == 1


def test_a_guest_by_name(ws: Workspace, api: Client) -> None:
    """facts.md 15: `email_address` or `name`; with a name no person and no company is made."""
    told = Told(ws, "record.created")
    meeting = make(api, participants=[guest(name="Kim"), guest(email_address=ADA, name="Ada")])
    assert meeting["participants"] == [
        {"status": "accepted", "is_organizer": True, "email_address": None, "name": "Kim"},
        {"status": "accepted", "is_organizer": True, "email_address": ADA, "name": None},
    ]
    (ada,) = api.query("people")
    assert links_of(meeting) == [record_id(ada)]
    assert len(told.take()) == 2  # Ada and her company
    assert api.data("GET", MEETINGS, participants=ADA) == [api.data("GET", one(meeting))]
    assert api.data("GET", MEETINGS, participants="Kim") == []


@pytest.mark.parametrize(
    ("participant", "path"),
    [
        (guest(), []),
        (guest(name=""), ["name"]),
        (guest(name=None), ["name"]),
        (guest(email_address=None, name="Kim"), ["email_address"]),
        (guest(email_address="", name="Kim"), ["email_address"]),
        ({"name": "Kim", "is_organizer": True}, ["status"]),
    ],
)
def test_who_is_no_guest(api: Client, participant: dict[str, Any], path: list[str]) -> None:
    """facts.md 8: a participant has an address or, without one, a name."""
    answer = api.send("POST", MEETINGS, body(participants=[participant]))
    assert path_of(answer) == ["data", "participants", 0, *path]
    assert api.data("GET", MEETINGS) == []


def test_one_to_five_hundred_guests(api: Client) -> None:
    """facts.md 8: participants >=1, <=500."""
    crowd = [guest(name=f"Guest {number}") for number in range(500)]
    assert len(make(api, participants=crowd)["participants"]) == 500
    answer = api.send("POST", MEETINGS, body(participants=[*crowd, guest(name="One more")]))
    assert path_of(answer) == ["data", "participants"]
    answer = api.send("POST", MEETINGS, body(participants=[]))
    assert answer.code == "400 validation_type"
    assert len(api.data("GET", MEETINGS)) == 1


def test_companies_are_linked_a_moment_later(api: Client, clock: Clock) -> None:
    """facts.md 8: companies of participants are linked a moment later, their people at once."""
    meeting = make(api, participants=[guest(email_address=ADA)])
    (ada,), (company,) = api.query("people"), api.query("companies")
    of = {"linked_object": "companies", "linked_record_id": record_id(company)}
    assert links_of(meeting) == [record_id(ada)]
    assert links_of(api.data("GET", one(meeting))) == [record_id(ada)]
    assert api.data("GET", MEETINGS, **of) == []
    clock.move(1)
    later = api.data("GET", one(meeting))
    assert links_of(later) == [record_id(ada), record_id(company)]
    assert api.data("GET", MEETINGS, **of) == [later]


def test_a_company_that_is_linked_by_hand_does_not_wait(api: Client) -> None:
    company = record_id(api.create("companies", domains=["example.com"]))
    link = to("companies", company)["data"]
    meeting = make(api, participants=[guest(email_address=ADA)], **link)
    assert links_of(meeting)[0] == company
    other = make(api, participants=[guest(email_address=ADA)])
    assert company not in links_of(other)
    assert company in links_of(api.data("PATCH", one(other), to("companies", company)))


def test_either_of_the_two_filters_is_enough(api: Client, people: list[str]) -> None:
    """facts.md 8: participants and linked record together are OR-ed."""
    make(api, title="linked", **to("people", people[0])["data"])
    make(api, title="guest", participants=[guest(email_address=ADA)])
    make(api, title="neither")
    of = {"linked_object": "people", "linked_record_id": people[0]}
    found = api.data("GET", MEETINGS, participants=ADA, **of)
    assert [meeting["title"] for meeting in found] == ["linked", "guest"]
    late = {"starts_before": "2026-01-01T00:00:00Z"}
    assert api.data("GET", MEETINGS, participants=ADA, **of, **late) == []


def test_patch_adds_links_and_put_replaces_them(api: Client, people: list[str]) -> None:
    """facts.md 8: PATCH adds, PUT replaces, [] removes all, also those that Attio made."""
    one_, two, three = people
    meeting = make(api, participants=[guest(email_address=ADA)], **to("people", one_)["data"])
    (ada,) = (key for key in links_of(meeting) if key != one_)
    added = api.data("PATCH", one(meeting), to("people", two, one_, two))
    assert links_of(added) == [one_, ada, two]
    assert added == meeting | {"linked_records": added["linked_records"]}
    assert added["linked_records"][2] == {
        "object_slug": "people", "object_id": object_id(api, "people"), "record_id": two,
    }  # fmt: skip
    assert api.data("PATCH", one(meeting), to("people")) == added
    replaced = api.data("PUT", one(meeting), to("people", three, two))
    assert links_of(replaced) == [three, two]
    assert api.data("GET", one(meeting)) == replaced
    assert links_of(api.data("PUT", one(meeting), to("people"))) == []
    assert len(api.query("people")) == 4, "links go, records stay"


def test_removed_companies_do_not_come_a_moment_later(api: Client, clock: Clock) -> None:
    meeting = make(api, participants=[guest(email_address=ADA)])
    api.data("PUT", one(meeting), to("people"))
    clock.move(60)
    assert links_of(api.data("GET", one(meeting))) == []


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_nothing_else_can_be_changed(api: Client, people: list[str], method: str) -> None:
    """facts.md 8: only links. Other members are unknown, and ignored (facts.md 16, Strictness)."""
    meeting = make(api, **to("people", people[0])["data"])
    sent = {"data": {**to("people", people[0])["data"], "title": "Other", "start": 5}}
    assert api.data(method, one(meeting), sent) == meeting


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_bad_links(api: Client, people: list[str], method: str) -> None:
    """facts.md 2: PATCH and PUT answer 400 validation_type or value_not_found, and 404."""
    meeting = make(api, **to("people", people[0])["data"])
    path = one(meeting)
    for sent, where in (
        ({"data": {}}, ["data", "linked_records"]),
        ({"data": {"title": "Other"}}, ["data", "linked_records"]),
        ({}, ["data"]),
        ({"data": {"linked_records": None}}, ["data", "linked_records"]),
        (to("people", "x"), ["data", "linked_records", 0, "record_id"]),
        (to("people", *people * 17), ["data", "linked_records"]),  # 51
    ):
        assert path_of(api.send(method, path, sent)) == where
    for sent in (to("people", people[1], GHOST), to("companies", people[0]), to("ghosts", GHOST)):
        assert api.send(method, path, sent).code == "400 value_not_found"
    missing = api.send(method, f"{MEETINGS}/{GHOST}", to("people"))
    assert missing.code == "404 not_found"
    assert missing.json["message"] == f'Meeting with ID "{GHOST}" was not found.'
    assert api.send(method, f"{MEETINGS}/x", to("people")).code == "400 validation_type"
    assert api.data("GET", path) == meeting


def test_delete(ws: Workspace, api: Client, people: list[str]) -> None:
    """facts.md 15: DELETE of a meeting."""
    meeting = make(api, **to("people", people[0])["data"])
    calls = f"{one(meeting)}/call_recordings"
    said = {"speech": "Hi", "start_time": 0, "end_time": 1, "speaker": {"name": "Kim"}}
    api.data("POST", calls, {"data": {"transcript": [said]}})
    note = {"parent_object": "people", "parent_record_id": people[0], "title": "T"}
    text = {"format": "plaintext", "content": "x", "meeting_id": meeting["id"]["meeting_id"]}
    api.data("POST", "/v2/notes", {"data": note | text})
    assert api.send("DELETE", one(meeting)) == (200, {})
    for method, path in (("GET", one(meeting)), ("DELETE", one(meeting)), ("GET", calls)):
        assert api.send(method, path).code == "404 not_found"
    make(api, title="Another")
    (kept,) = api.data("GET", "/v2/notes")
    assert kept["meeting_id"] is None
    assert api.data("GET", MEETINGS)[0]["linked_records"] == []
    writer = with_token(ws, ws.access.add_token(["meeting:read-write"]))
    (another,) = api.data("GET", MEETINGS)
    assert writer.send("PUT", one(another), to("people")).code == "403 unauthorized"
    assert writer.send("DELETE", one(another)).status == 200


def test_a_meeting_that_calendar_sync_made_stays(ws: Workspace, api: Client) -> None:
    """facts.md 8: 400 system_edit_unauthorized; its links can be changed all the same."""
    key = ws.setup.add_synced_meeting(
        "Review", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", [ADA, "bob@acme.example.com"]
    )
    path = f"{MEETINGS}/{key}"
    synced = api.data("GET", path)
    assert synced["created_by_actor"] == {"type": "system", "id": None}
    assert synced["created_at"] == NOW
    assert [each["is_organizer"] for each in synced["participants"]] == [True, False]
    answer = api.send("DELETE", path)
    assert answer.code == "400 system_edit_unauthorized"
    assert api.data("GET", path) == synced
    assert links_of(api.data("PUT", path, to("people"))) == []
    whole = ws.setup.add_synced_meeting("Offsite", "2026-03-01", "2026-03-03", [ADA])
    assert api.data("GET", f"{MEETINGS}/{whole}")["end"] == {"date": "2026-03-03"}
    for start, end, guests in (
        ("2026-03-01", "2026-03-01", [ADA]),
        ("soon", "later", [ADA]),
        ("2026-03-01", "2026-03-02", []),
        ("2026-03-01", "2026-03-02", ["nobody"]),
    ):
        with pytest.raises(ValueError, match="Meeting 'Bad'"):
            ws.setup.add_synced_meeting("Bad", start, end, guests)


def test_a_recording_by_its_transcript(api: Client) -> None:
    """facts.md 15: `video_url?` and `transcript?` on create; both on the read of one."""
    path = f"{one(make(api))}/call_recordings"
    said = {"speech": "Hi", "start_time": 0, "end_time": 1.5, "speaker": {"name": "Kim"}}
    made = api.data("POST", path, {"data": {"transcript": [said]}})
    assert made.keys() == {"id", "status", "web_url", "created_by_actor", "created_at"}
    found = api.data("GET", f"{path}/{made['id']['call_recording_id']}")
    assert found["transcript"] == {"segments": [said], "raw_transcript": "[00:00] Kim: Hi"}
    assert found["video_url"] is None
    film = api.data("POST", path, {"data": {"video_url": "https://videos.example.com/a.mp4"}})
    found = api.data("GET", f"{path}/{film['id']['call_recording_id']}")
    # Only recordings of Attio's own recorder have an address (facts.md 8).
    assert (found["transcript"], found["video_url"]) == (None, None)
    assert path_of(api.send("POST", path, {"data": {}})) == ["data", "video_url"]


@pytest.mark.parametrize(("route", "status"), [("call_recordings", 404), ("upload", 400)])
def test_one_a_second(route: str, status: int) -> None:
    """facts.md 10: call recording create and file upload 1/s; what is wrong counts as well."""
    path = {"call_recordings": f"{MEETINGS}/{GHOST}/call_recordings", "upload": "/v2/files/upload"}[
        route
    ]
    workspace = Workspace(limits="attio")
    workspace.clock.freeze()
    api = Client(workspace)
    video = {"data": {"video_url": "https://videos.example.com/a.mp4"}}
    assert [api.send("POST", path, video).status for _ in range(2)] == [status, 429]
    workspace.clock.move(1)
    assert api.send("POST", path, video).status == status
    workspace.close()
