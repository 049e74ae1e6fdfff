"""Making meetings through the API."""

from __future__ import annotations

from typing import Any

from tests.sandbox.client import Client

MEETINGS = "/v2/meetings"


def guest(email: str = "ada@acme.example.com", **changes: Any) -> dict[str, Any]:
    return {"email_address": email, "is_organizer": True, "status": "accepted"} | changes


def body(**changes: Any) -> dict[str, Any]:
    data = {
        "title": "Review",
        "description": "",
        "start": {"datetime": "2026-03-01T10:00:00Z"},
        "end": {"datetime": "2026-03-01T11:00:00Z"},
        "is_all_day": False,
        "participants": [guest()],
        "external_ref": "one",
    }
    return {"data": data | changes}


def make(api: Client, **changes: Any) -> Any:
    return api.data("POST", MEETINGS, body(**changes))


def timed(start: str, end: str, zone: str | None = None) -> dict[str, Any]:
    more = {} if zone is None else {"timezone": zone}
    return {"start": {"datetime": start, **more}, "end": {"datetime": end, **more}}


def days(start: str, end: str) -> dict[str, Any]:
    return {"start": {"date": start}, "end": {"date": end}, "is_all_day": True}
