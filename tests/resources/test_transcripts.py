"""Transcripts: what is read of Attio's answer, and what is sent."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm.errors import ValidationError
from attio_orm.resources.transcripts import Segment, Transcript, read_transcript, write_transcript

HELLO = Segment("Hello", 0.0, 1.5, "Ada")
REPLY = Segment("Hi Ada", 1.5, 2, "Bob", "bob@acme.example.com")
SENT: list[dict[str, Any]] = [
    {"speech": "Hello", "start_time": 0.0, "end_time": 1.5, "speaker": {"name": "Ada"}},
    {
        "speech": "Hi Ada",
        "start_time": 1.5,
        "end_time": 2,
        "speaker": {"name": "Bob", "email_address": "bob@acme.example.com"},
    },
]


def test_segments_are_sent_as_attio_calls_them_and_read_back() -> None:
    as_dicts = [
        {"speech": "Hello", "start": 0.0, "end": 1.5, "speaker": "Ada"},
        SENT[1],  # as Attio's own guide writes them
    ]
    assert write_transcript([HELLO, REPLY]) == write_transcript(as_dicts) == SENT
    found = read_transcript({"segments": SENT, "raw_transcript": "[00:00] Ada: Hello"})
    assert list(found) == [HELLO, Segment("Hi Ada", 1.5, 2.0, "Bob")]
    assert (found[1].speaker, found[:1], len(found)) == ("Bob", (HELLO,), 2)
    assert found.text == "[00:00] Ada: Hello"
    assert Transcript([HELLO, REPLY]).text == "Ada: Hello\nBob: Hi Ada"


def test_no_transcript_is_an_empty_one() -> None:
    for wire in (None, {}, {"segments": None}):
        found = read_transcript(wire)
        assert (list(found), found.text, bool(found)) == ([], "", False)


@pytest.mark.parametrize(
    ("segment", "message"),
    [
        ({"speech": "a", "start": 0}, "Segment 2 of the transcript has no 'end_time'"),
        (Segment("a", 2.0, 1.0, "Ada"), "Segment 2 ends at 1.0 s before it starts at 2.0 s"),
        (Segment("a", -1.0, 1.0, "Ada"), "segment 2 starts and ends at seconds from 0 up"),
        ("Hello", "segment 2 of a transcript is a Segment"),
    ],
    ids=["missing", "backwards", "negative", "text"],
)
def test_a_segment_that_does_not_fit_is_named(segment: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        write_transcript([HELLO, segment])
