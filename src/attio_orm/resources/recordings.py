"""The recordings of calls in meetings, and what was said in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from attio_orm.api import call_recordings
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import in_task
from attio_orm.effects import Operation, async_twin, run, sync_method
from attio_orm.errors import (
    InvalidResponseError,
    NotLoadedError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.guards import is_dict, is_list
from attio_orm.pickles import public_in
from attio_orm.resources import loading, saving
from attio_orm.resources.endpoints import Asked, Endpoints, Listing, Page, Scope
from attio_orm.resources.fields import STRING, Field
from attio_orm.resources.instances import reference_beside, take_in
from attio_orm.resources.loops import Collection
from attio_orm.resources.meetings import Meeting
from attio_orm.resources.places import meeting_id
from attio_orm.resources.queries import ResourceManager, read_on
from attio_orm.resources.reading import everything
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import HasState, Json, resource_state
from attio_orm.resources.transcripts import Transcript, read_transcript, write_transcript
from attio_orm.transport.dry_run import NotSent
from attio_orm.wording import show


class _MeetingField(Field["Meeting", "Meeting | str"]):
    """The meeting of a recording, by the recording's own ids."""

    def of(self, raw: Json, instance: HasState) -> Any:
        ids = raw.get("id")
        found = ids.get("meeting_id") if is_dict(ids) else None
        return reference_beside(instance, Meeting, found) if isinstance(found, str) else None


class _CallRecordingEndpoints(Endpoints["CallRecording"]):
    key = "call_recording_id"
    noun = "call recording"
    listing = Listing("cursor", 200, lookups={"meeting": meeting_id}, needs=("meeting",))

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        if "meeting" not in scope:
            raise UnsupportedLookup(
                "Attio gives a recording by its id and its meeting's: get(id=..., meeting=...)."
            )
        return call_recordings.get(connection.transport, scope["meeting"], id)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        return call_recordings.list_(
            connection.transport, asked.filters["meeting"], limit=asked.limit, cursor=asked.cursor
        )

    def insert(self, connection: BaseConnection, recording: CallRecording) -> Operation[Json]:
        of = meeting_id(resource_state(recording).values["meeting"])
        transcript, video_url = resource_state(recording).beside["given"]
        sent: Json = {} if transcript is None else {"transcript": transcript}
        if video_url is not None:
            sent["video_url"] = video_url
        row = yield from call_recordings.create(connection.transport, of, sent)
        if not isinstance(row, NotSent):
            resource_state(recording).scope = {"meeting": of}
        return row

    def remove(self, connection: BaseConnection, recording: CallRecording) -> Operation[None]:
        of = meeting_id(resource_state(recording).scope.get("meeting") or recording.meeting)
        return call_recordings.delete(connection.transport, of, str(recording.id))


class CallRecording(Resource):
    """The recording of a call. Cannot be changed; found by its ``meeting=``, by its id too.

    ``status`` is processing, completed or failed. See
    https://docs.attio.com/rest-api/endpoint-reference/call-recordings/list-call-recordings.
    """

    _endpoints = _CallRecordingEndpoints()

    meeting: Field[Meeting, Meeting | str] = _MeetingField(
        "meeting", written="once", accept=lambda value: Meeting.ref(meeting_id(value)),
        dump=lambda value: value.id, schema=STRING,
    )  # fmt: skip
    status: Field[str, str] = Field("status", schema=STRING)
    web_url: Field[str, str] = Field("web_url", schema=STRING)

    def __init__(
        self,
        *,
        meeting: Meeting | str,
        transcript: Iterable[object] | None = None,
        video_url: str | None = None,
    ) -> None:
        """Raises ``ValidationError`` where neither is given, and for what Attio would refuse."""
        super().__init__(meeting=meeting)
        if transcript is None and video_url is None:
            raise ValidationError("A recording needs a transcript, a video_url, or both: give one.")
        if video_url is not None:
            _check_video(video_url)
        segments = None if transcript is None else write_transcript(transcript)
        self._state.beside["given"] = segments, video_url

    @property
    def video_url(self) -> str | None:
        """Where the video is, for an hour; ``None`` where Attio's own recorder did not make it.

        Lists do not have it: in sync code it is asked for when it is first read. Raises
        ``NotLoadedError`` after an ``a``-method, where ``await recording.arefresh()`` comes first.
        """
        state = self._state
        if state.id is not None and "video_url" not in (state.raw or {}):
            if state.asynchronous or in_task():
                raise NotLoadedError(
                    f"The video_url of {self!r} is not loaded, and asking for it here would block "
                    f"the event loop: `await recording.arefresh()` first."
                )
            run(self._whole(), "Reading video_url", "await arefresh() before")
        return self.raw.get("video_url")

    @sync_method
    def transcript(self) -> Operation[Transcript]:
        """What was said: one request, unless it came with the recording. Empty where there is none.

        See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/get-call-recording.
        """
        if (self._state.raw or {}).get("transcript") is None:
            yield from self._whole()
        return read_transcript(self.raw.get("transcript"))

    atranscript = async_twin(transcript)

    def _whole(self) -> Operation[None]:
        """Read it by its id, which alone brings transcript and video."""
        if self.id is None:
            raise ValidationError("This CallRecording is not saved yet: save it first.")
        connection, _ = loading.place_of(self)
        of = meeting_id(self._state.scope.get("meeting") or self.meeting)
        row = yield from loading.fetch(CallRecording, self.id, connection, {"meeting": of})
        if "transcript" not in row:  # a server of before August 2026
            row["transcript"] = yield from _in_parts(connection, of, self.id)
        row.setdefault("video_url", None)
        take_in(self, row)

    def model_dump(self) -> dict[str, Any]:
        """``id``, ``created_at`` and the fields; ``video_url`` where it is known."""
        return {**super().model_dump(), "video_url": (self._state.raw or {}).get("video_url")}


def _check_video(url: object) -> None:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        fits = parts is not None and parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        parts, fits = None, False
    if parts is None or not fits or not parts.path.lower().endswith(".mp4"):
        raise ValidationError(
            f"{show(url)} is not the address of a video: Attio takes an https address of an .mp4 "
            f"file, 1 GB at most.",
            attribute="video_url",
        )


def _in_parts(connection: BaseConnection, meeting_id: str, id: str) -> Operation[Json]:
    """The transcript by the endpoint that gives it in parts."""
    segments: list[Any] = []
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        part, cursor = yield from call_recordings.transcript(
            connection.transport, meeting_id, id, cursor=cursor
        )
        found = part.get("transcript")
        segments += found if is_list(found) else []
        if cursor is None:
            return {"segments": segments, "raw_transcript": part.get("raw_transcript")}
        if cursor in seen:
            raise InvalidResponseError(
                "A transcript came with a cursor that was followed before. Something between here "
                "and Attio (a cache, a proxy) repeats old answers; ask again without it."
            )
        seen.add(cursor)


class Recordings(Collection[CallRecording]):
    """The recordings of one meeting, the oldest first; a new meeting has none to be read."""

    __slots__ = ("_meeting",)

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting

    def _all(self) -> Operation[list[CallRecording]]:
        found: ResourceManager[CallRecording] = CallRecording.objects
        queryset = read_on(found.filter(meeting=self._meeting), self._meeting.connection)
        state = resource_state(self._meeting)
        return everything(CallRecording, queryset.query, state.session)

    @sync_method
    def create(
        self, *, transcript: Iterable[object] | None = None, video_url: str | None = None
    ) -> Operation[CallRecording]:
        """Add a recording of a transcript, a video, or both; Attio takes one a second.

        ``transcript`` is ``Segment``s or dicts of ``speech``, ``start``, ``end`` (seconds) and
        ``speaker``; ``video_url`` the https address of an .mp4 file. Raises ``ValidationError``,
        and ``OutcomeUnknownError`` where no answer came.
        """
        made = CallRecording(meeting=self._meeting, transcript=transcript, video_url=video_url)
        state = resource_state(self._meeting)
        yield from saving.save(made, connection=state.connection, session=state.session)
        return made

    acreate = async_twin(create)

    def __repr__(self) -> str:
        return f"<recordings of {self._meeting!r}: use .all()>"


def recordings_of(meeting: Meeting) -> Recordings:
    """``meeting.recordings``."""
    return Recordings(meeting)


public_in("attio_orm", CallRecording)
