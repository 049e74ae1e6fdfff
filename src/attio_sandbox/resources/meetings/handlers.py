"""Meetings: list, create, get, link to records, delete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
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
    check,
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
from attio_sandbox.resources.meetings.times import Point, point_document, read_point
from attio_sandbox.timestamps import find_zone, format_timestamp, read_timestamp, to_local

_POINT = Variants(
    Shape({"datetime": Text()}, {"timezone": Nullable(Text())}, strict=True),
    Shape({"date": Text()}, strict=True),
)
_PARTICIPANT = Shape(
    {
        "is_organizer": Variants(Flag(), OneOf("true", "false")),
        "status": OneOf("accepted", "tentative", "declined", "pending"),
    },
    {"email_address": Text(), "name": Text(minimum=1)},
)
_LINKS = Listing(Shape({"object": Text(), "record_id": UUID}))
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
        {"linked_records": _LINKS},
    )
)
_RELINK = wrapped(Shape({"linked_records": _LINKS}))
MAX_PARTICIPANTS, MAX_LINKS = 500, 50  # facts.md 8
COMPANIES_LATER = timedelta(seconds=1)  # on the clock of the workspace
_SELECT = (
    "SELECT num, id, title, description, is_all_day, starts, start_zone, ends, end_zone, actor,"
    " created_at FROM meetings"
)
_IS_SHOWN = (
    "NOT EXISTS (SELECT 1 FROM due_links WHERE due_links.meeting = meeting_links.meeting"
    " AND due_links.record = meeting_links.record AND due_at > ?)"
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
    for meeting, email, is_organizer, status, name in call.database.rows(
        "SELECT meeting, email, is_organizer, status, name FROM participants"
        " LEFT JOIN participant_names USING (meeting, position)"
        f" WHERE meeting IN ({marks}) ORDER BY meeting, position",
        numbers,
    ):
        shown = {"status": status, "is_organizer": bool(is_organizer)}
        participants[meeting].append({**shown, "email_address": email or None, "name": name})
    for meeting, object_num, key in call.database.rows(
        "SELECT meeting, object, id FROM meeting_links JOIN records ON num = record"
        f" WHERE meeting IN ({marks}) AND {_IS_SHOWN} ORDER BY meeting, position",
        [*numbers, call.now],
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
    of_whom: list[str] = []
    linked = read_pair(params, "linked_object", "linked_record_id")
    if linked is not None:
        parent = call.find_record(*linked)
        of_whom.append(
            f"num IN (SELECT meeting FROM meeting_links WHERE record = ? AND {_IS_SHOWN})"
        )
        values += [parent.num, call.now]
    emails = [part.strip().lower() for part in params.get("participants", "").split(",")]
    emails = [email for email in emails if email]
    if emails:
        # As one JSON array, because the variables of a statement have a limit.
        of_whom.append(
            "num IN (SELECT meeting FROM participants"
            " WHERE email IN (SELECT value FROM json_each(?)))"
        )
        values.append(json_body(emails).decode())
    if of_whom:
        conditions.append(f"({' OR '.join(of_whom)})")  # either is enough (facts.md 8)
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
def create_meeting(call: Call) -> bytes:
    """Answer POST /v2/meetings: a new one each time, also beside an equal one.

    What told meetings apart until the summer of 2026, `external_ref`, is ignored.
    """
    data = call.checked(_CREATE)["data"]
    num = store_meeting(call, data, call.actor)
    return json_body({"data": _documents(call, [_row(call, num)])[0]})


def add_synced_meeting(call: Call, body: dict[str, Any]) -> str:
    """Add a meeting as calendar sync does, from a body of POST /v2/meetings; give its id."""
    check(_CREATE, body)
    system = call.schema.actor_number("system")
    assert system is not None
    num = store_meeting(call, body["data"], system)
    call.database.insert("synced_meetings", meeting=num)
    return _row(call, num)[1]


def store_meeting(call: Call, data: dict[str, Any], actor: int) -> int:
    """Store a meeting with its participants and links, and give its number."""
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
    emails = read_emails(call, participants)  # all is checked before anything is written
    links = _find_links(call, data.get("linked_records", ()))
    num = call.database.insert(
        "meetings",
        id=call.ids.new(),
        external_ref=call.ids.new(),
        title=data["title"],
        description=data["description"],
        is_all_day=is_all_day,
        starts=start.text,
        start_zone=start.zone,
        ends=end.text,
        end_zone=end.zone,
        actor=actor,
        created_at=call.now,
    )
    call.database.run_many(
        "INSERT INTO participants VALUES (?, ?, ?, ?, ?)",
        [
            (num, place, email.key if email else "", one["is_organizer"] in (True, "true"),
             one["status"])
            for place, (one, email) in enumerate(zip(participants, emails, strict=True))
        ],
    )  # fmt: skip
    call.database.run_many(
        "INSERT INTO participant_names VALUES (?, ?, ?)",
        [(num, n, participants[n]["name"]) for n, email in enumerate(emails) if email is None],
    )
    people, companies = find_or_create(call, [email for email in emails if email])
    _add_links(call, num, [*links, *people])
    # Attio links them a moment after its answer (facts.md 8).
    due = format_timestamp(call.moment + COMPANIES_LATER)
    _add_links(call, num, companies, due)
    return num


def _add_links(call: Call, num: int, records: Sequence[int], due_at: str | None = None) -> None:
    """Link records to a meeting, each once; from `due_at` on, where it is given."""
    known = {
        record
        for (record,) in call.database.rows(
            "SELECT record FROM meeting_links WHERE meeting = ?", (num,)
        )
    }
    last = "SELECT coalesce(max(position), -1) FROM meeting_links WHERE meeting = ?"
    (position,) = call.database.row(last, (num,))
    if due_at is None:  # what is linked by name does not wait
        call.database.run_many(
            "DELETE FROM due_links WHERE meeting = ? AND record = ?",
            [(num, record) for record in records],
        )
    new = [record for record in dict.fromkeys(records) if record not in known]
    call.database.run_many(
        "INSERT INTO meeting_links VALUES (?, ?, ?)",
        [(num, place, record) for place, record in enumerate(new, position + 1)],
    )
    if due_at is not None:
        call.database.run_many(
            "INSERT OR REPLACE INTO due_links VALUES (?, ?, ?)",
            [(num, record, due_at) for record in new],
        )


def _check_size(items: Sequence[Any], name: str, maximum: int) -> None:
    if len(items) > maximum:
        message = f"Array must contain at most {maximum} element(s)"
        raise bad_body(message, ("data", name), "too_big")


def _find_links(call: Call, raw: Sequence[dict[str, str]]) -> list[int]:
    _check_size(raw, "linked_records", MAX_LINKS)
    try:
        return [call.find_record(item["object"], item["record_id"]).num for item in raw]
    except Refusal as refusal:
        raise value_not_found(refusal.message) from refusal


def get_meeting(call: Call) -> bytes:
    """Answer GET /v2/meetings/{meeting_id}."""
    return json_body({"data": _documents(call, [_find(call)])[0]})


def _find(call: Call) -> _Row:
    key = call.uuid("meeting_id")
    missing = f'Meeting with ID "{key}" was not found.'
    row: _Row = call.one(f"{_SELECT} WHERE id = ?", (key,), missing)
    return row


def _row(call: Call, num: int) -> _Row:
    row: _Row = call.database.row(f"{_SELECT} WHERE num = ?", (num,))
    return row


def add_links(call: Call) -> bytes:
    """Answer PATCH /v2/meetings/{meeting_id}: adds links; all else of a meeting stays."""
    row = _find(call)
    data = call.checked(_RELINK)["data"]
    _add_links(call, row[0], _find_links(call, data["linked_records"]))
    return json_body({"data": _documents(call, [row])[0]})


def replace_links(call: Call) -> bytes:
    """Answer PUT /v2/meetings/{meeting_id}: links are what is sent; [] removes Attio's own, too."""
    row = _find(call)
    data = call.checked(_RELINK)["data"]
    links = _find_links(call, data["linked_records"])
    for table in ("meeting_links", "due_links"):
        call.database.run(f"DELETE FROM {table} WHERE meeting = ?", (row[0],))
    _add_links(call, row[0], links)
    return json_body({"data": _documents(call, [row])[0]})


def delete_meeting(call: Call) -> bytes:
    """Answer DELETE /v2/meetings/{meeting_id}, which takes its recordings along.

    A note that was taken in it stays, and is of no meeting then. Attio documents no event.
    """
    num = _find(call)[0]
    if call.database.row("SELECT 1 FROM synced_meetings WHERE meeting = ?", (num,)) is not None:
        message = "A meeting that calendar sync made cannot be deleted."
        raise Refusal(400, "system_edit_unauthorized", message)
    call.database.run("UPDATE notes SET meeting = NULL WHERE meeting = ?", (num,))
    for table in ("participants", "participant_names", "meeting_links", "due_links", "recordings"):
        call.database.run(f"DELETE FROM {table} WHERE meeting = ?", (num,))
    call.database.run("DELETE FROM meetings WHERE num = ?", (num,))
    return b"{}"
