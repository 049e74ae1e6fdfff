"""What tests of several resources share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attio_sandbox import Workspace
from attio_sandbox.resources.webhooks.messages import WebhookDelivery
from tests.sandbox.client import Client, record_id

OWNER = "owner@sandbox.example"
# The time of the clock of `ws`, as Attio writes it.
NOW = "2026-02-03T10:11:12.520000000Z"
EMPTY = (
    "You passed an empty payload. Please ensure you are updating at least one property in your "
    "request."
)
HOSTILE = (
    "'; DROP TABLE notes; --",
    '<script>alert("1")</script>',
    "🎉 ünïcode \u202e",
    "a\r\nb\tc",
    " ",
)
# A place in full.
LOCATION = {
    "line_1": "1 Infinite Loop", "line_2": None, "line_3": None, "line_4": None,
    "locality": "Cupertino", "region": "CA", "postcode": "95014", "country_code": "US",
    "latitude": "37.331741", "longitude": "-122.0303329999",
}  # fmt: skip
UNSTORABLE = ("a\x00b", "\ud800")


class Told:
    """A webhook that is told of all events of some types; `events` are those so far."""

    def __init__(self, ws: Workspace, *types: str) -> None:
        target = f"https://hook-{types[0].replace('.', '-')}.test/hook"
        wanted = [{"event_type": type, "filter": None} for type in types]
        Client(ws).data(
            "POST", "/v2/webhooks", {"data": {"target_url": target, "subscriptions": wanted}}
        )
        self.events: list[dict[str, Any]] = []
        ws.receive(target, self._note)

    def _note(self, delivery: WebhookDelivery) -> int:
        self.events.append(delivery.event)
        return 200

    def take(self) -> list[dict[str, Any]]:
        found, self.events[:] = list(self.events), []
        return found


def attributes(slug: str) -> str:
    """The path of the attributes of an object."""
    return f"/v2/objects/{slug}/attributes"


def refs(slug: str, *keys: str) -> list[dict[str, str]]:
    """Values of a record reference."""
    return [{"target_object": slug, "target_record_id": key} for key in keys]


def person(api: Client, email: str = "ada@acme.example.com") -> str:
    return record_id(api.create("people", email_addresses=[email]))


def member_id(api: Client) -> str:
    key: str = api.data("GET", "/v2/workspace_members")[0]["id"]["workspace_member_id"]
    return key


def object_id(api: Client, slug: str) -> str:
    key: str = api.data("GET", f"/v2/objects/{slug}")["id"]["object_id"]
    return key


def all_pages(api: Client, path: str, **params: str) -> list[list[Any]]:
    """The pages of a list with a cursor."""
    pages: list[list[Any]] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        answer = api.send("GET", path, **params, **more)
        assert answer.status == 200, answer.json
        pages.append(answer.json["data"])
        cursor = answer.json["pagination"]["next_cursor"]
        if cursor is None:
            return pages


def path_of(answer: Any) -> list[Any]:
    """The path of the first validation error of a 400."""
    assert answer.code == "400 validation_type", answer.json
    found: list[Any] = answer.json["validation_errors"][0]["path"]
    return found


def check_limits(
    call: Callable[..., Any], maximum: int, *, offset: bool = True, **params: str
) -> None:
    """A list takes limits from 1 to its maximum, and refuses all others."""
    for limit in ("0", "-1", str(maximum + 1), "ten", "1.5", "1" * 20, ""):
        assert path_of(call(limit=limit, **params)) == ["limit"], limit
    assert call(limit=str(maximum), **params).status == 200
    if offset:
        for value in ("-1", "x"):
            assert path_of(call(offset=value, **params)) == ["offset"], value
        assert call(offset="1000000", **params).json["data"] == []
