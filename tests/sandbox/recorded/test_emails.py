"""facts.md 8 and 15: e-mails, of which Attio gives who, when and the subject, never the content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id, with_token
from tests.sandbox.helpers import NOW, OWNER, object_id

EMAILS = "/v2/emails"
ADA = "ada@acme.example.com"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def subjects(api: Client, **params: str) -> list[str]:
    return [email["subject_line"] for email in api.data("GET", EMAILS, **params)]


def test_an_email(ws: Workspace, api: Client) -> None:
    """facts.md 8: ids of three parts, participants with their roles, links found at the request."""
    key = ws.setup.add_email(
        "Ada Lovelace <Ada@Acme.example.com>", [OWNER], subject="Engines", cc=["bob@b.example.com"]
    )
    (email,) = api.data("GET", EMAILS, participants=ADA)
    mailbox = email["id"]["mailbox_id"]
    assert email == {
        "id": {"workspace_id": ws.workspace_id, "mailbox_id": mailbox, "email_id": key},
        "sent_at": NOW,
        "direction": "inbound",
        "subject_line": "Engines",
        "participants": [
            {
                "role": "from",
                "email_address": ADA,
                "email_domain": "acme.example.com",
                "name": "Ada Lovelace",
            },
            {"role": "to", "email_address": OWNER, "email_domain": "sandbox.example", "name": None},
            {
                "role": "cc",
                "email_address": "bob@b.example.com",
                "email_domain": "b.example.com",
                "name": None,
            },
        ],
        "linked_records": [],
    }
    ada = record_id(api.create("people", email_addresses=[ADA]))
    acme = record_id(api.create("companies", domains=["acme.example.com"]))
    whole = record_id(api.create("companies", domains=["example.com"]))
    (email,) = api.data("GET", EMAILS, participants=ADA)
    assert email["linked_records"] == [
        {"object_slug": slug, "object_id": object_id(api, slug), "record_id": record}
        for slug, record in (("people", ada), ("companies", acme), ("companies", whole))
    ]


def test_mailboxes_and_directions(ws: Workspace, api: Client) -> None:
    kim = "kim@team.example.com"
    ws.setup.add_member(kim)
    ws.setup.add_email(kim, [ADA], subject="out", bcc=[OWNER], reply_to=["sales@team.example.com"])
    ws.setup.add_email(ADA, ["list@lists.example.com"], subject="in")
    ws.setup.add_email(ADA, [OWNER, kim], subject="hers", mailbox=kim)
    hers, inbound, out = api.data("GET", EMAILS, participants=ADA)
    assert [each["direction"] for each in (hers, inbound, out)] == [
        "inbound",
        "inbound",
        "outbound",
    ]
    boxes = [each["id"]["mailbox_id"] for each in (hers, inbound, out)]
    assert boxes[0] == boxes[2] != boxes[1]
    roles = [each["role"] for each in out["participants"]]
    assert roles == ["from", "reply-to", "to", "bcc"]


@pytest.fixture
def inbox(ws: Workspace) -> Workspace:
    """Ten e-mails, an hour apart: one of Ada, nine of others."""
    senders = [ADA] + [f"guest{number}@other.example.com" for number in range(9)]
    for number, sender in enumerate(senders):
        ws.setup.add_email(
            sender, [OWNER], subject=str(number), sent_at=NOON + timedelta(hours=number)
        )
    return ws


@pytest.mark.usefixtures("inbox")
def test_filters_are_or_ed_and_newest_first(api: Client) -> None:
    """facts.md 8: several filters are OR-ed; newest first."""
    assert subjects(api, participants=f" {ADA.upper()} ,guest3@other.example.com") == ["4", "0"]
    assert subjects(api, domain="other.example.com") == list("987654321")
    assert subjects(api, domain="acme.example.com", participants="guest8@other.example.com") == [
        "9", "0",
    ]  # fmt: skip
    ada = record_id(api.create("people", email_addresses=[ADA]))
    of = {"linked_object": "people", "linked_record_ids": ada.upper()}
    assert subjects(api, **of) == ["0"]
    assert subjects(api, **of, participants="guest0@other.example.com") == ["1", "0"]
    assert subjects(api, linked_object="companies", linked_record_ids=ada) == []
    between = {"sent_after": "2026-01-01T12:00:00Z", "sent_before": "2026-01-01T15:00:00Z"}
    assert subjects(api, domain="other.example.com,acme.example.com", **between) == ["2", "1"]


@pytest.mark.usefixtures("inbox")
def test_pages_may_be_short_or_empty(api: Client) -> None:
    """facts.md 8: a page may be short or EMPTY while `next_cursor` goes on."""
    sizes: list[int] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        answer = api.send("GET", EMAILS, participants=ADA, limit="4", **more)
        sizes.append(len(answer.json["data"]))
        cursor = answer.json["pagination"]["next_cursor"]
        if cursor is None:
            break
    assert sizes == [0, 0, 1]


@pytest.mark.usefixtures("inbox")
def test_the_own_workspace_is_ignored(ws: Workspace, api: Client) -> None:
    """facts.md 8: filters that name the own workspace are ignored; alone they are none."""
    assert subjects(api, participants=f"{OWNER},{ADA}") == ["0"]
    assert subjects(api, domain="sandbox.example", participants=ADA) == ["0"]
    for params in ({"participants": OWNER}, {"domain": "sandbox.example"}):
        assert api.send("GET", EMAILS, **params).code == "400 validation_type"
    ws.setup.add_member("kim@gmail.com")
    assert api.send("GET", EMAILS, domain="gmail.com").status == 200, "anybody may be there"


def test_automated_participants(ws: Workspace, api: Client) -> None:
    ws.setup.add_email("no-reply@acme.example.com", [OWNER], subject="robot")
    ws.setup.add_email(ADA, [OWNER], subject="Ada")
    of = {"domain": "acme.example.com"}
    assert subjects(api, **of) == ["Ada", "robot"]
    assert subjects(api, **of, exclude_automated_participants="false") == ["Ada", "robot"]
    assert subjects(api, **of, exclude_automated_participants="true") == ["Ada"]
    assert api.send("GET", EMAILS, **of, exclude_automated_participants="1").status == 400


def test_scopes(ws: Workspace) -> None:
    """facts.md 2: email:read, and reading of records and objects."""
    scopes = {"email:read", "record_permission:read", "object_configuration:read"}
    for missing in sorted(scopes):
        api = with_token(ws, ws.access.add_token(scopes - {missing}))
        answer = api.send("GET", EMAILS, domain="acme.example.com")
        assert answer.code == "403 unauthorized"
        assert f'"{missing}"' in answer.json["message"]
    assert subjects(with_token(ws, ws.access.add_token(scopes)), participants=ADA) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sender": "Ada"}, "'Ada' is not an e-mail address"),
        ({"sender": ""}, "is not an e-mail address"),
        ({"to": ["@acme.example.com"]}, "is not an e-mail address"),
        ({"sent_at": datetime(2026, 1, 1)}, "no time zone"),
        ({"mailbox": "nobody@team.example.com"}, "no member"),
    ],
)
def test_what_is_no_email(ws: Workspace, api: Client, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ws.setup.add_email(**{"sender": ADA, "to": [OWNER], **given})
    assert api.data("GET", EMAILS, participants=ADA) == []
