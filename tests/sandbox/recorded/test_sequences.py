"""facts.md 2.5 and 15: addresses that no sequence may write to any more."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, with_token
from tests.sandbox.helpers import NOW, path_of

UNSUBSCRIBED = "/v2/sequences/unsubscribed_emails"
ADA, BOB = "ada@acme.example.com", "bob@acme.example.com"


def body(*addresses: Any) -> dict[str, Any]:
    return {"data": {"email_addresses": list(addresses)}}


def test_addresses_are_unsubscribed(api: Client) -> None:
    """facts.md 2.5: the answer has the addresses and since when they are there."""
    assert api.data("POST", UNSUBSCRIBED, body(ADA, BOB)) == [
        {"email_address": ADA, "created_at": NOW},
        {"email_address": BOB, "created_at": NOW},
    ]


def test_it_may_be_repeated(api: Client, clock: Clock) -> None:
    """facts.md 2.5: addresses already there are ignored. That they are answered is a choice."""
    api.data("POST", UNSUBSCRIBED, body(ADA))
    clock.move(60)
    found = api.data("POST", UNSUBSCRIBED, body(BOB, "Ada@ACME.example.com", BOB))
    assert found == [
        {"email_address": BOB, "created_at": "2026-02-03T10:12:12.520000000Z"},
        {"email_address": ADA, "created_at": NOW},
    ]


def test_one_to_a_thousand(api: Client) -> None:
    """facts.md 2: 1..1000 addresses."""
    crowd = [f"guest{number}@acme.example.com" for number in range(1000)]
    assert len(api.data("POST", UNSUBSCRIBED, body(*crowd))) == 1000
    for sent in (body(), body(*crowd, ADA)):
        assert path_of(api.send("POST", UNSUBSCRIBED, sent)) == ["data", "email_addresses"]


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({}, ["data"]),
        ({"data": {}}, ["data", "email_addresses"]),
        ({"data": {"email_addresses": ADA}}, ["data", "email_addresses"]),
        ({"data": {"email_addresses": None}}, ["data", "email_addresses"]),
        (body(ADA, 5), ["data", "email_addresses", 1]),
        (body(ADA, None), ["data", "email_addresses", 1]),
        (body("nobody", ADA), ["data", "email_addresses", 0]),
        (body(""), ["data", "email_addresses", 0]),
    ],
)
def test_bad_addresses(api: Client, clock: Clock, sent: Any, path: list[Any]) -> None:
    assert path_of(api.send("POST", UNSUBSCRIBED, sent)) == path
    clock.move(60)
    (ada,) = api.data("POST", UNSUBSCRIBED, body(ADA))
    assert ada["created_at"] != NOW, "nothing of a refused request is kept"


def test_unknown_members_are_ignored(api: Client) -> None:
    """facts.md 16, Strictness of bodies."""
    data = {"email_addresses": [ADA], "reason": "asked"}
    assert len(api.data("POST", UNSUBSCRIBED, {"data": data, "more": 1})) == 1


def test_scopes_and_levels(ws: Workspace) -> None:
    """facts.md 2: sequence_unsubscribe:read-write, of either level of token."""
    reader = with_token(ws, ws.access.add_token(["sequence_unsubscribe:read"]))
    assert reader.send("POST", UNSUBSCRIBED, body(ADA)).code == "403 unauthorized"
    owner = ws.look_up("/v2/workspace_members")[0]["email_address"]
    scopes = ["sequence_unsubscribe:read-write"]
    user = with_token(ws, ws.access.add_token(scopes, level="user", member=owner))
    assert user.send("POST", UNSUBSCRIBED, body(ADA)).status == 200
    assert user.send("GET", UNSUBSCRIBED).code == "404 not_found", "nothing else is in the API"
