"""What was said in a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, overload

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.guards import is_dict, is_list
from attio_orm.types.checks import native, refuse


class Segment(Struct, frozen=True):
    """One thing that somebody said; ``start`` and ``end`` are seconds from the call's beginning.

    ``speaker`` is a name. ``email_address`` is sent where it is given; Attio never gives it back.
    """

    speech: str
    start: float
    end: float
    speaker: str
    email_address: str | None = None


class Transcript(Sequence[Segment]):
    """The segments of one call, in the order they were said; empty where there is none (yet).

    ``text`` is all of it as lines, as Attio writes them. Immutable.
    """

    __slots__ = ("_text", "segments")

    def __init__(self, segments: Iterable[Segment] = (), text: str | None = None) -> None:
        self.segments = tuple(segments)
        self._text = text

    @property
    def text(self) -> str:
        """The whole as text: Attio's own, or a line a segment, ``Ada: Hello``."""
        if self._text is not None:
            return self._text
        return "\n".join(f"{each.speaker}: {each.speech}" for each in self.segments)

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Segment]: ...
    def __getitem__(self, index: int | slice) -> Segment | Sequence[Segment]:
        return self.segments[index]

    def __len__(self) -> int:
        return len(self.segments)

    def __eq__(self, other: object) -> bool:
        return self.segments == other.segments if isinstance(other, Transcript) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.segments)

    def __repr__(self) -> str:
        return f"<Transcript of {len(self)} segments>"


def read_segment(wire: object) -> Segment:
    """A segment of an answer; what is not there is empty."""
    found: dict[str, Any] = wire if is_dict(wire) else {}
    speaker = found.get("speaker")
    return Segment(
        speech=str(found.get("speech") or ""),
        start=float(found.get("start_time") or 0.0),
        end=float(found.get("end_time") or 0.0),
        speaker=str(speaker.get("name") or "") if is_dict(speaker) else "",
    )


def read_transcript(wire: object) -> Transcript:
    """The transcript of a recording: ``{"segments": [...], "raw_transcript": ...}`` or ``None``."""
    found: dict[str, Any] = wire if is_dict(wire) else {}
    segments, text = found.get("segments"), found.get("raw_transcript")
    return Transcript(
        map(read_segment, segments if is_list(segments) else ()),
        text if isinstance(text, str) else None,
    )


def write_transcript(segments: Iterable[object]) -> list[dict[str, Any]]:
    """What Attio takes for segments: ``Segment``, a ``Transcript`` of them, or dicts by its names.

    Raises ``ValidationError`` that names the segment.
    """
    return [_write(segment, number) for number, segment in enumerate(segments, 1)]


def _write(segment: object, number: int) -> dict[str, Any]:
    if is_dict(segment):  # "start_time" too, as Attio calls it
        try:
            segment = Segment(
                speech=segment["speech"],
                start=segment["start"] if "start" in segment else segment["start_time"],
                end=segment["end"] if "end" in segment else segment["end_time"],
                **_speaker(segment),
            )
        except KeyError as missing:
            raise ValidationError(
                f"Segment {number} of the transcript has no {missing}: give speech, start and end "
                f"in seconds, and speaker."
            ) from None
    if not isinstance(segment, Segment):
        refuse(segment, f"segment {number} of a transcript is a Segment, or a dict of its fields.")
    start, end = native(segment.start), native(segment.end)
    for moment in (start, end):
        if not isinstance(moment, int | float) or isinstance(moment, bool) or not moment >= 0:
            refuse(moment, f"segment {number} starts and ends at seconds from 0 up.")
    if end < start:
        raise ValidationError(f"Segment {number} ends at {end} s before it starts at {start} s.")
    for text in (segment.speech, segment.speaker):
        if not isinstance(text, str):
            refuse(text, f"segment {number}: speech and speaker are texts.")
    speaker = {"name": segment.speaker}
    if segment.email_address is not None:
        speaker["email_address"] = segment.email_address
    return {"speech": segment.speech, "start_time": start, "end_time": end, "speaker": speaker}


def _speaker(segment: dict[str, Any]) -> dict[str, Any]:
    speaker, email = segment["speaker"], segment.get("email_address")
    if is_dict(speaker):  # as Attio has it
        return {"speaker": speaker["name"], "email_address": speaker.get("email_address", email)}
    return {"speaker": speaker, "email_address": email}
