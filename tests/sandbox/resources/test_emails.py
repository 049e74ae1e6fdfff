"""Questions for e-mails that are wrong, or that nothing answers."""

from __future__ import annotations

import pytest

from tests.sandbox.client import GHOST, Client

EMAILS = "/v2/emails"


@pytest.mark.parametrize(
    "params",
    [
        {"participants": "ada@acme.example.com,kim@acme.example.com"},
        {"domain": "acme.test", "participants": "", "limit": "50"},
        {"linked_object": "people", "linked_record_ids": f"{GHOST},{GHOST}"},
        {"domain": "acme.test", "sent_after": "2026-01-01T00:00:00Z", "sent_before": "2026-02-01"},
    ],
)
def test_there_are_none(api: Client, params: dict[str, str]) -> None:
    answer = api.send("GET", EMAILS, **params)
    assert (answer.status, answer.json) == (200, {"data": [], "pagination": {"next_cursor": None}})


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"domain": "acme.test", "limit": "51"}, ["limit"]),
        ({"domain": "acme.test", "cursor": "next"}, ["cursor"]),
        ({"domain": "acme.test", "sent_after": "soon"}, ["sent_after"]),
        ({"linked_object": "people"}, ["linked_record_ids"]),
        ({"linked_record_ids": GHOST}, ["linked_object"]),
        ({"linked_object": "people", "linked_record_ids": f"{GHOST},ada"}, ["linked_record_ids"]),
    ],
)
def test_wrong_questions(api: Client, params: dict[str, str], names: list[str]) -> None:
    answer = api.send("GET", EMAILS, **params)
    assert answer.code == "400 validation_type"
    assert [each["path"] for each in answer.json["validation_errors"]] == [names]


def test_a_question_needs_somebody(api: Client) -> None:
    answer = api.send("GET", EMAILS, participants="")
    assert answer.code == "400 validation_type"
    assert "participants or domain" in answer.json["message"]


def test_an_object_that_is_not_there(api: Client) -> None:
    answer = api.send("GET", EMAILS, linked_object="planets", linked_record_ids=GHOST)
    assert answer.code == "404 not_found"
