"""Meetings: list, find or create, get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attio_sandbox.bodies import (
    UUID,
    Flag,
    Listing,
    Nullable,
    OneOf,
    Shape,
    Text,
    Variants,
    wrapped,
)
from attio_sandbox.errors import Refusal, bad_body, bad_param, invalid, value_not_found
from attio_sandbox.records.rendering import actor_document, json_body
from attio_sandbox.requests import Call
from attio_sandbox.requests.paging import (
    cursor_body,
    next_cursor,
    read_choice,
    read_cursor,
    read_pair,
    read_window,
)
from attio_sandbox.requests.routes import twice_spelled
from attio_sandbox.resources.meetings.participants import find_or_create, read_emails
from attio_sandbox.resources.meetings.times import Point, point_document, read_point, reference_text
from attio_sandbox.timestamps import find_zone, read_timestamp, to_local

_POINT = Variants(
    Shape({"datetime": Text()}, {"timezone": Nullable(Text())}, strict=True),
    Shape({"date": Text()}, strict=True),
)
_PARTICIPANT = Shape(
    {
        "email_address": Text(),
        "is_organizer": Variants(Flag(), OneOf("true", "false")),
        "status": OneOf("accepted", "tentative", "declined", "pending"),
    }
)
_REFERENCE = Variants(
    Text(minimum=1),
    Shape(
        {"ical_uid": Text(), "provider": OneOf("google", "microsoft"), "is_recurring": Flag()},
        {"original_start_time": Text()},
    ),
)
_CREATE = wrapped(
    Shape(
        {
            "title": Text(maximum=1000),
            "description": Text(maximum=10_000),
            "start": _POINT,
            "end": _POINT,
            "is_all_day": Flag(),
            "participants": Listing(_PARTICIPANT),
        },
        {
            # Required in March 2026; clients made from newer descriptions do not know it.
            "external_ref": _REFERENCE,
            "linked_records": Listing(Shape({"object": Text(), "record_id": UUID})),
        },
    )
)
MAX_PARTICIPANTS, MAX_LINKS = 500, 50  # facts.md 8
_SELECT = (
    "SELECT num, id, title, description, is_all_day, starts, start_zone, ends, end_zone, actor,"
    " created_at FROM meetings"
)
# The start of a day is compared with a time of the zone that the caller looks from.
_MIDNIGHT = "T00:00:00.000000"

_Row = tuple[int, str, str, str, int, str, str | None, str, str | None, int, str]


def _documents(call: Call, rows: Sequence[_Row]) -> list[dict[str, Any]]:
    schema = call.schema
    participants: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    links: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    marks = ", ".join("?" * len(rows))
    numbers = [row[0] for row in rows]
    for meeting, email, is_organizer, status in call.database.rows(
        "SELECT meeting, email, is_organizer, status FROM participants"
        f" WHERE meeting IN ({marks}) ORDER BY meeting, position",
        numbers,
    ):
        shown = {"status": status, "is_organizer": bool(is_organizer), "email_address": email}
        # A name is of somebody without an address, whom nothing here can add.
        participants[meeting].append({**shown, "name": None})
    for meeting, object_num, key in call.database.rows(
        "SELECT meeting, object, id FROM meeting_links JOIN records ON num = record"
        f" WHERE meeting IN ({marks}) ORDER BY meeting, position",
        numbers,
    ):
        object_ = schema.objects_by_num[object_num]
        link = {"object_slug": object_.slug, "object_id": object_.id, "record_id": key}
        links[meeting].append(link)
    return [
        {
            "id": {"workspace_id": schema.workspace_id, "meeting_id": key},
            "title": title,
            "description": description,
            "is_all_day": bool(is_all_day),
            "start": point_document(Point(starts, start_zone), bool(is_all_day)),
            "end": point_document(Point(ends, end_zone), bool(is_all_day)),
            "participants": participants[num],
            "linked_records": links[num],
            "created_at": created_at,
            "created_by_actor": actor_document(schema, actor),
        }
        for (
            num, key, title, description, is_all_day, starts, start_zone, ends, end_zone, actor,
            created_at,
        ) in rows
    ]  # fmt: skip


def list_meetings(call: Call) -> bytes:
    """Answer GET /v2/meetings."""
    params = call.params
    limit, _ = read_window(call, 50, 200)
    is_up = read_choice(params, "sort", ("start_asc", "start_desc"), "start_asc") == "start_asc"
    conditions, values = _conditions(call)
    after = read_cursor(params, str, int)
    if after is not None:
        conditions.append(f"(starts, num) {'>' if is_up else '<'} (?, ?)")
        values += after
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "starts, num" if is_up else "starts DESC, num DESC"
    rows: list[_Row] = call.database.rows(
        f"{_SELECT}{where} ORDER BY {order} LIMIT ?", (*values, limit + 1)
    )
    return cursor_body(_documents(call, rows[:limit]), next_cursor(rows, limit, 5, 0))


def _conditions(call: Call) -> tuple[list[str], list[Any]]:
    params = call.params
    conditions: list[str] = []
    values: list[Any] = []
    linked = read_pair(params, "linked_object", "linked_record_id")
    if linked is not None:
        parent = call.find_record(*linked)
        conditions.append("num IN (SELECT meeting FROM meeting_links WHERE record = ?)")
        values.append(parent.num)
    emails = [part.strip().lower() for part in params.get("participants", "").split(",")]
    emails = [email for email in emails if email]
    if emails:
        # As one JSON array, because the variables of a statement have a limit.
        conditions.append(
            "num IN (SELECT meeting FROM participants"
            " WHERE email IN (SELECT value FROM json_each(?)))"
        )
        values.append(json_body(emails).decode())
    zone = find_zone(params.get("timezone", "UTC"))
    if zone is None:  # Attio takes one for UTC in a body only
        raise bad_param("Invalid timezone", "timezone", "invalid_string")
    for name, column, operator in (("ends_from", "ends", ">="), ("starts_before", "starts", "<")):
        text = params.get(name)
        if text in (None, "", "null"):
            continue
        moment = read_timestamp(text or "")
        if moment is None:
            raise bad_param("Invalid date", name, "invalid_date")
        local = to_local(moment, zone).replace(tzinfo=None).isoformat(timespec="microseconds")
        conditions.append(
            f"CASE WHEN is_all_day THEN {column} || '{_MIDNIGHT}' {operator} ?"
            f" ELSE {column} {operator} ? END"
        )
        values += [local, moment]
    return conditions, values


@twice_spelled
def find_or_create_meeting(call: Call) -> bytes:
    """Answer POST /v2/meetings: the meeting of that `external_ref`, else a new one.

    Without an `external_ref` it is a new one each time.
    """
    data = call.checked(_CREATE)["data"]
    is_all_day = data["is_all_day"]
    start, end = (read_point(data[name], is_all_day, name) for name in ("start", "end"))
    if end.text < start.text or (is_all_day and end.text == start.text):
        message = "A meeting cannot end before it starts"
        if is_all_day:
            message = "An all-day meeting ends on a day after it starts: its end is exclusive"
        raise bad_body(message, ("data", "end"), "invalid_date")
    participants = data["participants"]
    if not participants:
        raise invalid("No participants were provided.")
    _check_size(participants, "participants", MAX_PARTICIPANTS)
    _check_size(data.get("linked_records", ()), "linked_records", MAX_LINKS)
    emails = read_emails(call, participants)  # all is checked before anything is written
    links = _find_links(call, data.get("linked_records", ()))
    given = data.get("external_ref")
    external_ref = call.ids.new() if given is None else reference_text(given)
    row = call.database.row(f"{_SELECT} WHERE external_ref = ?", (external_ref,))
    if row is None:
        num = call.database.insert(
            "meetings",
            id=call.ids.new(),
            external_ref=external_ref,
            title=data["title"],
            description=data["description"],
            is_all_day=is_all_day,
            starts=start.text,
            start_zone=start.zone,
            ends=end.text,
            end_zone=end.zone,
            actor=call.actor,
            created_at=call.now,
        )
        call.database.run_many(
            "INSERT INTO participants VALUES (?, ?, ?, ?, ?)",
            [
                (num, place, email.key, one["is_organizer"] in (True, "true"), one["status"])
                for place, (one, email) in enumerate(zip(participants, emails, strict=True))
            ],
        )
        records = dict.fromkeys([*links, *find_or_create(call, emails)])  # who is both, once
        call.database.run_many(
            "INSERT INTO meeting_links VALUES (?, ?, ?)",
            [(num, place, record) for place, record in enumerate(records)],
        )
        row = call.database.row(f"{_SELECT} WHERE num = ?", (num,))
    return json_body({"data": _documents(call, [row])[0]})


def _check_size(items: Sequence[Any], name: str, maximum: int) -> None:
    if len(items) > maximum:
        message = f"Array must contain at most {maximum} element(s)"
        raise bad_body(message, ("data", name), "too_big")


def _find_links(call: Call, raw: Sequence[dict[str, str]]) -> list[int]:
    try:
        return [call.find_record(item["object"], item["record_id"]).num for item in raw]
    except Refusal as refusal:
        raise value_not_found(refusal.message) from refusal


def get_meeting(call: Call) -> bytes:
    """Answer GET /v2/meetings/{meeting_id}."""
    key = call.uuid("meeting_id")
    missing = f'Meeting with ID "{key}" was not found.'
    row = call.one(f"{_SELECT} WHERE id = ?", (key,), missing)
    return json_body({"data": _documents(call, [row])[0]})
