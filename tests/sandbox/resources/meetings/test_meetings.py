"""Meetings: found or made, their times and zones, lists with filters and a cursor, guests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox import Workspace
from attio_sandbox.requests.paging import write_cursor
from tests.sandbox.client import GHOST, Client, plain, record_id
from tests.sandbox.helpers import HOSTILE, Told, all_pages, check_limits, object_id, path_of, person
from tests.sandbox.resources.meetings.calendar import MEETINGS, body, days, guest, make, timed


def test_a_meeting(api: Client, ws: Workspace) -> None:
    ada = person(api)
    acme = record_id(api.create("companies", name="Acme", domains=["acme.example.com"]))
    deal = record_id(api.create("deals", name="Big", stage="Lead", owner="owner@sandbox.example"))
    link = {"object": "deals", "record_id": deal}
    times = timed("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "America/New_York")
    meeting = make(api, linked_records=[link], **times)
    assert meeting == {
        "id": {"workspace_id": ws.workspace_id, "meeting_id": meeting["id"]["meeting_id"]},
        "title": "Review",
        "description": "",
        "is_all_day": False,
        "start": {"datetime": "2026-03-01T05:00:00.000-05:00", "timezone": "America/New_York"},
        "end": {"datetime": "2026-03-01T06:00:00.000-05:00", "timezone": "America/New_York"},
        "participants": [
            {
                "status": "accepted",
                "is_organizer": True,
                "email_address": "ada@acme.example.com",
                "name": None,
            }
        ],
        "linked_records": [
            {"object_slug": slug, "object_id": object_id(api, slug), "record_id": key}
            for slug, key in (("deals", deal), ("people", ada), ("companies", acme))
        ],
        "created_at": "2026-02-03T10:11:12.520000000Z",
        "created_by_actor": meeting["created_by_actor"],
    }
    assert api.data("GET", f"{MEETINGS}/{meeting['id']['meeting_id']}") == meeting
    assert api.data("GET", MEETINGS) == [meeting]


def test_a_meeting_is_found_by_its_reference(api: Client) -> None:
    event = {"ical_uid": "a", "provider": "google", "is_recurring": False}
    again = {"ical_uid": "a", "provider": "google", "is_recurring": True}
    at = {"original_start_time": "2026-03-01T10:00:00+01:00"}
    same = {"original_start_time": "2026-03-01T09:00:00Z"}
    found: list[str] = []
    for ref in ("a", event, {**event, "provider": "microsoft"}, again, {**again, **at}):
        first = make(api, external_ref=ref)
        assert make(api, external_ref=ref, title="Other") == first
        found.append(first["id"]["meeting_id"])
    # An event is the same one, whether it says that it is one of a series or not.
    assert found[3] == found[1]
    assert len(set(found)) == 4
    last = make(api, external_ref={**again, **same})
    assert last["id"]["meeting_id"] == found[-1]
    without = body()
    del without["data"]["external_ref"]
    new = {api.data("POST", MEETINGS, without)["id"]["meeting_id"] for _ in range(2)}
    assert len(new) == 2
    assert new.isdisjoint(found)
    bad = {**again, "original_start_time": "x"}
    path = path_of(api.send("POST", MEETINGS, body(external_ref=bad)))
    assert path == ["data", "external_ref", "original_start_time"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (("2026-03-01T10:00:00.5Z", None), ("2026-03-01T10:00:00.500Z", None)),
        (("2026-03-01T10:00:00+02:00", None), ("2026-03-01T08:00:00.000Z", None)),
        (("2026-03-01T10:00:00", None), ("2026-03-01T10:00:00.000Z", None)),
        (
            ("2026-07-01T10:00:00", "Europe/Paris"),
            ("2026-07-01T10:00:00.000+02:00", "Europe/Paris"),
        ),
        (
            ("2026-07-01T10:00:00Z", "Europe/Paris"),
            ("2026-07-01T12:00:00.000+02:00", "Europe/Paris"),
        ),
        (("2026-03-01T10:00:00", "Mars/Crater"), ("2026-03-01T10:00:00.000Z", "UTC")),
        (("2026-03-01T10:00:00", "../../etc/passwd"), ("2026-03-01T10:00:00.000Z", "UTC")),
        (("2026-03-01T10:00:00", "America"), ("2026-03-01T10:00:00.000Z", "UTC")),
        (("9999-12-31T23:30:00Z", "Asia/Tokyo"), ("9999-12-31T23:30:00.000Z", "Asia/Tokyo")),
    ],
)
def test_times(api: Client, sent: tuple[str, str | None], shown: tuple[str, str | None]) -> None:
    point = {"datetime": sent[0], "timezone": sent[1]}
    meeting = make(api, start=point, end=point)
    assert meeting["start"] == {"datetime": shown[0], "timezone": shown[1]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        (days("2026-03-01", "2026-03-02") | {"is_all_day": False}, ["start"]),
        ({"is_all_day": True}, ["start"]),
        (timed("soon", "later"), ["start", "datetime"]),
        (timed("2026-03-01", "2026-03-02"), ["start", "datetime"]),
        (timed("0001-01-01T00:00:00", "2026-03-02", "Asia/Tokyo"), ["start", "datetime"]),
        (timed("2026-03-01T10:00:00Z", "2026-03-01T09:59:59Z"), ["end"]),
        (days("2026-03-01", "March"), ["end", "date"]),
        (days("2026-03-01", "2026-03-01"), ["end"]),
        ({"start": {"datetime": "2026-03-01T10:00Z", "date": "2026-03-01"}}, ["start"]),
        ({"title": "x" * 1001}, ["title"]),
        ({"description": "x" * 10_001}, ["description"]),
        ({"title": "a\x00"}, ["title"]),
        ({"external_ref": ""}, ["external_ref"]),
        ({"external_ref": {"ical_uid": "a"}}, ["external_ref"]),
        ({"participants": [guest("nobody")]}, ["participants", 0, "email_address"]),
        ({"participants": [guest(status="maybe")]}, ["participants", 0, "status"]),
        ({"participants": [guest(is_organizer="yes")]}, ["participants", 0, "is_organizer"]),
        ({"participants": [guest()] * 501}, ["participants"]),
        ({"linked_records": [{"object": "people", "record_id": GHOST}] * 51}, ["linked_records"]),
    ],
)
def test_bad_meetings(api: Client, changes: dict[str, Any], path: list[Any]) -> None:
    answer = api.send("POST", MEETINGS, body(**changes))
    assert path_of(answer) == ["data", *path]
    assert answer.json["statusCode"] == 400
    assert api.data("GET", MEETINGS) == api.query("people") == []


def test_meetings_of_nothing(api: Client) -> None:
    answer = api.send("POST", MEETINGS, body(participants=[]))
    assert (answer.code, answer.json["message"]) == (
        "400 validation_type",
        "No participants were provided.",
    )
    link = {"object": "people", "record_id": GHOST}
    assert api.send("POST", MEETINGS, body(linked_records=[link])).code == "400 value_not_found"
    answer = api.send("GET", f"{MEETINGS}/{GHOST}")
    assert answer.json["message"] == f'Meeting with ID "{GHOST}" was not found.'


def test_guests_become_people_and_companies(api: Client, ws: Workspace) -> None:
    told = Told(ws, "record.created", "record.updated")
    ws.reserved_emails = True  # each of these names is a root of its own
    old = record_id(api.create("companies", domains=["known.test"]))
    other = record_id(api.create("companies", domains=["other.test"]))
    eve = record_id(api.create("people", email_addresses=["eve@known.test"], company="other.test"))
    told.take()
    emails = ["Ada@Acme.test", "bob@mail.acme.test", "cy@gmail.com", "dan@known.test",
              "eve@known.test"]  # fmt: skip
    meeting = make(api, participants=[guest(email) for email in emails])
    shown = [each["email_address"] for each in meeting["participants"]]
    assert shown == [email.lower() for email in emails]
    companies = {
        plain(company["values"]["domains"])[0]: record_id(company)
        for company in api.query("companies")
    }
    people = {
        plain(each["values"]["email_addresses"])[0]: (
            record_id(each), plain(each["values"]["company"])
        )
        for each in api.query("people")
    }  # fmt: skip
    acme = companies["acme.test"]
    assert companies == {"acme.test": acme, "known.test": old, "other.test": other}
    assert {email: company for email, (_, company) in people.items()} == {
        "ada@acme.test": [acme],
        "bob@mail.acme.test": [acme],
        "cy@gmail.com": [],
        "dan@known.test": [old],
        "eve@known.test": [other],
    }
    linked = [each["record_id"] for each in meeting["linked_records"]]
    wanted = [people[email.lower()][0] for email in emails]
    assert linked == [*wanted, acme, old, other]
    assert wanted[-1] == eve
    made = [e["id"]["record_id"] for e in told.take() if e["event_type"] == "record.created"]
    assert sorted(made) == sorted([*wanted[:-1], acme])
    make(api, external_ref="two", participants=[guest(email) for email in emails])
    assert told.take() == []


def test_guests_who_cannot_be_people(api: Client, ws: Workspace) -> None:
    """A workspace that demands more of a person has meetings all the same."""
    told = Told(ws, "record.created")
    ws.define_attribute("companies", api_slug="vat", type="text", is_required=True)
    meeting = make(api)
    assert [each["object_slug"] for each in meeting["linked_records"]] == ["people"]
    ws.define_attribute("people", api_slug="badge", type="text", is_required=True)
    meeting = make(api, external_ref="two", participants=[guest("bob@acme.example.com")])
    assert meeting["linked_records"] == []
    assert len(meeting["participants"]) == len(api.query("people")) == len(told.take()) == 1


@pytest.fixture
def calendar(api: Client) -> Client:
    """Four meetings: a timed one in the morning and one at night, and two that last days."""
    for name, changes in (
        ("night", timed("2026-03-02T23:00:00Z", "2026-03-03T01:00:00Z")),
        ("morning", timed("2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z")),
        ("second", days("2026-03-02", "2026-03-03")),
        ("fourth", days("2026-03-04", "2026-03-06")),
    ):
        make(
            api,
            title=name,
            external_ref=name,
            participants=[guest(f"{name}@acme.example.com")],
            **changes,
        )
    return api


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, "morning second night fourth"),
        ({"sort": "start_desc"}, "fourth night second morning"),
        ({"ends_from": "2026-03-01T09:00:00Z"}, "morning second night fourth"),
        ({"ends_from": "2026-03-01T09:00:00.001Z"}, "second night fourth"),
        ({"ends_from": "2026-03-03"}, "second night fourth"),
        ({"ends_from": "2026-03-03T00:00:01Z"}, "night fourth"),
        # In New York the third of March begins five hours later.
        ({"ends_from": "2026-03-03T00:00:01Z", "timezone": "America/New_York"},
         "second night fourth"),
        ({"starts_before": "2026-03-02T23:00:00Z"}, "morning second"),
        ({"starts_before": "2026-03-02T23:00:00.001Z"}, "morning second night"),
        ({"starts_before": "2026-03-02T00:00:00Z"}, "morning"),
        ({"starts_before": "2026-03-02T01:00:00+02:00", "timezone": "Europe/Helsinki"},
         "morning second"),
        ({"starts_before": "2026-03-02", "ends_from": "2026-03-02", "timezone": "UTC"}, ""),
        ({"ends_from": "", "starts_before": "null"}, "morning second night fourth"),
        ({"participants": "night@acme.example.com, MORNING@acme.example.com,"}, "morning night"),
        ({"participants": "x@acme.example.com"}, ""),
        ({"participants": " , "}, "morning second night fourth"),
    ],
)  # fmt: skip
def test_lists(calendar: Client, params: dict[str, str], wanted: str) -> None:
    found = [meeting["title"] for meeting in calendar.data("GET", MEETINGS, **params)]
    assert " ".join(found) == wanted


def test_pages(calendar: Client) -> None:
    for sort in ("start_asc", "start_desc"):
        whole = calendar.data("GET", MEETINGS, sort=sort)
        for limit in range(1, 6):
            pages = all_pages(calendar, MEETINGS, sort=sort, limit=str(limit))
            assert [meeting for page in pages for meeting in page] == whole
            assert all(len(page) == limit for page in pages[:-1])
    check_limits(lambda **p: calendar.send("GET", MEETINGS, **p), 200, offset=False)


def test_lists_of_a_record(calendar: Client) -> None:
    (fourth,) = calendar.query("people", {"email_addresses": "fourth@acme.example.com"})
    (acme,) = calendar.query("companies")
    for slug, record, wanted in (("people", fourth, 1), ("companies", acme, 4)):
        of = {"linked_object": slug, "linked_record_id": record_id(record)}
        assert len(calendar.data("GET", MEETINGS, **of)) == wanted
    calendar.send("DELETE", f"/v2/objects/companies/records/{record_id(acme)}")
    assert all(len(m["linked_records"]) == 1 for m in calendar.data("GET", MEETINGS))
    ghost = {"linked_object": "people", "linked_record_id": GHOST}
    assert calendar.send("GET", MEETINGS, **ghost).code == "404 not_found"


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"sort": "end_asc"}, "sort"),
        ({"ends_from": "soon"}, "ends_from"),
        ({"starts_before": "2026-13-01"}, "starts_before"),
        ({"linked_object": "people"}, "linked_record_id"),
        ({"participants": "\x00"}, "participants"),
        ({"timezone": "Mars/X"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": write_cursor([1])}, "cursor"),
        ({"cursor": write_cursor(["a", True])}, "cursor"),
        ({"cursor": write_cursor([1, "a"])}, "cursor"),
        ({"cursor": write_cursor(["a", 2**63])}, "cursor"),
    ],
)
def test_bad_parameters(api: Client, params: dict[str, str], path: str) -> None:
    assert path_of(api.send("GET", MEETINGS, **params)) == [path]


@given(st.text(max_size=30))
def test_any_time_zone_or_cursor_has_an_answer(text: str) -> None:
    workspace = Workspace()
    api = Client(workspace)
    assert api.send("GET", MEETINGS, ends_from="2026", timezone=text).status in (200, 400)
    assert api.send("GET", MEETINGS, cursor=text).status == 400
    workspace.close()


def test_any_text_is_kept(api: Client) -> None:
    for text in HOSTILE:
        meeting = make(api, title=text, description=text, external_ref=text)
        assert (meeting["title"], meeting["description"]) == (text, text)
    assert len(api.data("GET", MEETINGS)) == len(HOSTILE)
    assert api.send("POST", MEETINGS, body(external_ref="x" * 10_000_000)).status == 200


def test_a_note_of_a_meeting(api: Client) -> None:
    key = make(api)["id"]["meeting_id"]
    data = {
        "parent_object": "people",
        "parent_record_id": person(api, "z@z.example.com"),
        "title": "T",
    }
    text = {"format": "plaintext", "content": "x", "meeting_id": key.upper()}
    assert api.data("POST", "/v2/notes", {"data": data | text})["meeting_id"] == key
