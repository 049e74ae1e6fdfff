"""Sequences: all that the API has of them is who may not be written to any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_sandbox.bodies import Listing, Shape, Text, wrapped
from attio_sandbox.errors import BODY_MESSAGE, Issue, Refusal, invalid
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call, Resource, Route
from attio_sandbox.values import TYPES

TABLES = """
CREATE TABLE unsubscribed_emails (
    address TEXT PRIMARY KEY, created_at TEXT NOT NULL) WITHOUT ROWID;
"""
MAX_ADDRESSES = 1000  # facts.md 2
_UNSUBSCRIBE = wrapped(
    Shape({"email_addresses": Listing(Text(), minimum=1, maximum=MAX_ADDRESSES)})
)


def unsubscribe(call: Call) -> bytes:
    """Answer POST /v2/sequences/unsubscribed_emails.

    It may be repeated: who is there already stays as of the first time. The answer has each
    address of the request once.
    """
    given = call.checked(_UNSUBSCRIBE)["data"]["email_addresses"]
    addresses = _read_addresses(call, given)
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


def _read_addresses(call: Call, given: Sequence[str]) -> list[str]:
    """Give addresses as Attio keeps those of people; raises the 400 of all others."""
    attribute = call.schema.object("people").attribute("email_addresses")
    changes, found, issues = call.changes(), list[str](), list[Issue]()
    for index, text in enumerate(given):
        try:
            value = TYPES["email-address"].read(text, attribute, changes)
        except Refusal:
            path = ("data", "email_addresses", index)
            issues.append(Issue("invalid_string", path, "Invalid email"))
            continue
        assert value is not None
        assert isinstance(value.key, str)
        found.append(value.key)
    if issues:
        raise invalid(BODY_MESSAGE, issues)
    return found


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
