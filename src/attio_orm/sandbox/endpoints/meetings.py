"""Meetings: list, find or create, get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attio_orm.sandbox.activities.calendar import (
    Point,
    point_document,
    read_point,
    reference_text,
)
from attio_orm.sandbox.activities.guests import invite, read_emails
from attio_orm.sandbox.activities.moments import find_zone, to_local
from attio_orm.sandbox.activities.paging import (
    bad_param,
    cursor_body,
    read_choice,
    read_cursor,
    read_pair,
    read_window,
    write_cursor,
)
from attio_orm.sandbox.activities.parents import find_parent
from attio_orm.sandbox.activities.refusals import spelled_in_camel_case
from attio_orm.sandbox.bodies import (
    UUID_FORM,
    Flag,
    Listing,
    Nullable,
    OneOf,
    Shape,
    Text,
    Variants,
    wrapped,
)
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import (
    BODY_MESSAGE,
    Issue,
    Refusal,
    invalid,
    not_found,
    value_not_found,
)
from attio_orm.sandbox.rendering import actor_document, json_body
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.timestamps import read_timestamp

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
        {
            "ical_uid": Text(),
            "provider": OneOf("google", "microsoft"),
            "is_recurring": Flag(),
        },
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
            "linked_records": Listing(
                Shape({"object": Text(), "record_id": Text(pattern=UUID_FORM)})
            ),
        },
    )
)
MAX_PARTICIPANTS, MAX_LINKS = 500, 50
_SELECT = (
    "SELECT num, id, title, description, is_all_day, starts, start_zone, ends, end_zone, actor,"
    " created_at FROM meetings"
)
# The start of a day is compared with a time of the zone that the caller looks from.
_MIDNIGHT = "T00:00:00.000000"

_Row = tuple[int, str, str, str, int, str, str | None, str, str | None, int, str]


def _documents(call: Call, rows: Sequence[_Row]) -> list[dict[str, Any]]:
    schema = call.schema
    guests: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    links: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    marks = ", ".join("?" * len(rows))
    numbers = [row[0] for row in rows]
    for meeting, email, is_organizer, status in call.database.rows(
        "SELECT meeting, email, is_organizer, status FROM participants"
        f" WHERE meeting IN ({marks}) ORDER BY meeting, position",
        numbers,
    ):
        guests[meeting].append(
            {
                "status": status,
                "is_organizer": bool(is_organizer),
                "email_address": email,
                "name": None,
            }
        )
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
            "participants": guests[num],
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
    shown = rows[:limit]
    cursor = write_cursor([shown[-1][5], shown[-1][0]]) if len(rows) > limit else None
    return cursor_body(_documents(call, shown), cursor)


def _conditions(call: Call) -> tuple[list[str], list[Any]]:
    params = call.params
    conditions: list[str] = []
    values: list[Any] = []
    linked = read_pair(params, "linked_object", "linked_record_id")
    if linked is not None:
        parent = find_parent(call.database, call.schema, *linked)
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


@spelled_in_camel_case
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
        raise invalid(BODY_MESSAGE, [Issue("invalid_date", ("data", "end"), message)])
    participants = data["participants"]
    if not participants:
        raise invalid("No participants were provided.")
    _check_size(participants, "participants", MAX_PARTICIPANTS)
    _check_size(data.get("linked_records", ()), "linked_records", MAX_LINKS)
    emails = read_emails(call, participants)
    links = _find_links(call, data.get("linked_records", ()))
    given = data.get("external_ref")
    external_ref = call.ids.new() if given is None else reference_text(given)
    row = call.database.row(f"{_SELECT} WHERE external_ref = ?", (external_ref,))
    if row is None:
        num = call.database.insert(
            "INSERT INTO meetings (id, external_ref, title, description, is_all_day, starts,"
            " start_zone, ends, end_zone, actor, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                call.ids.new(), external_ref, data["title"], data["description"], is_all_day,
                *start, *end, call.actor, call.now,
            ),
        )  # fmt: skip
        call.database.run_many(
            "INSERT INTO participants VALUES (?, ?, ?, ?, ?)",
            [
                (num, place, email.key, one["is_organizer"] in (True, "true"), one["status"])
                for place, (one, email) in enumerate(zip(participants, emails, strict=True))
            ],
        )
        records = dict.fromkeys([*links, *invite(call, emails)])
        call.database.run_many(
            "INSERT INTO meeting_links VALUES (?, ?, ?)",
            [(num, place, record) for place, record in enumerate(records)],
        )
        row = call.database.row(f"{_SELECT} WHERE num = ?", (num,))
    return json_body({"data": _documents(call, [row])[0]})


def _check_size(items: Sequence[Any], name: str, maximum: int) -> None:
    if len(items) > maximum:
        message = f"Array must contain at most {maximum} element(s)"
        raise invalid(BODY_MESSAGE, [Issue("too_big", ("data", name), message)])


def _find_links(call: Call, raw: Sequence[dict[str, str]]) -> list[int]:
    try:
        return [
            find_parent(call.database, call.schema, item["object"], item["record_id"]).num
            for item in raw
        ]
    except Refusal as refusal:
        raise value_not_found(refusal.message) from refusal


def get_meeting(call: Call) -> bytes:
    """Answer GET /v2/meetings/{meeting_id}."""
    key = call.uuid("meeting_id")
    row = call.database.row(f"{_SELECT} WHERE id = ?", (key,))
    if row is None:
        raise not_found(f'Meeting with ID "{key}" was not found.')
    return json_body({"data": _documents(call, [row])[0]})


_READ = ("meeting:read", "record_permission:read")
_WRITE = ("meeting:read-write", "record_permission:read")
ROUTES = (
    Route("GET", "/v2/meetings", list_meetings, scopes=_READ),
    Route("POST", "/v2/meetings", find_or_create_meeting, writes=True, scopes=_WRITE),
    Route("GET", "/v2/meetings/{meeting_id}", get_meeting, scopes=_READ),
)
