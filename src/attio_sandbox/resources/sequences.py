"""Sequences: all that the API has of them is who may not be written to any more."""

from __future__ import annotations

from typing import Any

from attio_sandbox.bodies import Listing, Shape, Text, wrapped
from attio_sandbox.errors import Refusal, bad_body
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call, Resource, Route
from attio_sandbox.values import TYPES

TABLES = """
CREATE TABLE unsubscribed_emails (
    address TEXT PRIMARY KEY, created_at TEXT NOT NULL) WITHOUT ROWID;
"""
MAX_ADDRESSES = 1000  # facts.md 2
_UNSUBSCRIBE = wrapped(Shape({"email_addresses": Listing(Text(), minimum=1)}))


def unsubscribe(call: Call) -> bytes:
    """Answer POST /v2/sequences/unsubscribed_emails.

    It may be repeated: who is there already stays as of the first time. The answer has each
    address of the request once.
    """
    given = call.checked(_UNSUBSCRIBE)["data"]["email_addresses"]
    if len(given) > MAX_ADDRESSES:
        message = f"Array must contain at most {MAX_ADDRESSES} element(s)"
        raise bad_body(message, ("data", "email_addresses"), "too_big")
    addresses = [_read_address(call, text, index) for index, text in enumerate(given)]
    found: list[dict[str, Any]] = []
    for address in dict.fromkeys(addresses):
        call.database.run(
            "INSERT OR IGNORE INTO unsubscribed_emails VALUES (?, ?)", (address, call.now)
        )
        (since,) = call.database.row(
            "SELECT created_at FROM unsubscribed_emails WHERE address = ?", (address,)
        )
        found.append({"email_address": address, "created_at": since})
    return json_body({"data": found})


def _read_address(call: Call, text: str, index: int) -> str:
    """Give an address as Attio keeps those of people; raises the 400 of one that is none."""
    attribute = call.schema.object("people").attribute("email_addresses")
    path = ("data", "email_addresses", index)
    try:
        value = TYPES["email-address"].read(text, attribute, call.changes())
    except Refusal as refusal:
        raise bad_body("Invalid email", path, "invalid_string") from refusal
    assert value is not None
    assert isinstance(value.key, str)
    return value.key


RESOURCE = Resource(
    routes=(
        Route(
            "POST",
            "/v2/sequences/unsubscribed_emails",
            unsubscribe,
            writes=True,
            scopes=("sequence_unsubscribe:read-write",),
        ),
    ),
    tables=TABLES,
)
