"""Meetings, and the recordings of calls in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar

from attio_orm.api import call_recordings, meetings
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import in_task
from attio_orm.effects import Operation, arun, async_twin, run, sync_method
from attio_orm.errors import (
    InvalidResponseError,
    NotLoadedError,
    ReadOnlyAttributeError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.guards import is_list
from attio_orm.pickles import public_in
from attio_orm.records.base import Record
from attio_orm.records.changes import Change
from attio_orm.resources import loading, saving
from attio_orm.resources.base import Resource, reference, take_in
from attio_orm.resources.fields import (
    STRING,
    Field,
    Json,
    by_reference,
    dump_record,
    record_of,
    reference_of,
    text_of,
    truth,
)
from attio_orm.resources.meeting_times import MeetingTime, check_order, read_time, write_time
from attio_orm.resources.participants import (
    Participant,
    dump_participant,
    participant,
    read_participant,
    write_participant,
)
from attio_orm.resources.places import addresses, links, read_link
from attio_orm.resources.queries import (
    Asked,
    Listing,
    ManagerOf,
    Methods,
    ResourceManager,
    ResourceQuerySet,
    everything,
    read_on,
)
from attio_orm.resources.related import Related
from attio_orm.resources.transcripts import Transcript, read_transcript, write_transcript
from attio_orm.transport import Settle
from attio_orm.transport.dry_run import NotSent
from attio_orm.types.checks import as_uuid
from attio_orm.types.dates import aware
from attio_orm.types.timestamps import format_timestamp
from attio_orm.wording import show

_PAGE = 200
_MOST_PARTICIPANTS, _MOST_LINKS = 500, 50


def _read_time(value: Any, _: Resource) -> MeetingTime | None:
    return read_time(value)


def _as_it_is(value: Any) -> Any:
    return value  # whether it is a moment or a day goes by is_all_day, which may be set later


class _MeetingMethods(Methods["Meeting"]):
    """What makes meetings, the same of the manager and of what ``using()`` gives."""

    @sync_method
    def create(  # type: ignore[override]
        self,
        *,
        title: str,
        start: MeetingTime,
        end: MeetingTime,
        participants: Iterable[object],
        description: str = "",
        is_all_day: bool = False,
        linked_records: Iterable[Record] = (),
    ) -> Operation[Meeting]:
        """Make a meeting: a new one each time, also beside an equal one.

        ``start`` and ``end`` are datetimes with a zone, or dates with ``is_all_day``, whose end is
        the day after the last. ``participants`` (1 to 500) are e-mail addresses, members or
        ``Participant``; Attio makes the people that it does not know. 50 links at most. Raises
        ``ValidationError``, and ``OutcomeUnknownError`` where no answer came.
        """
        return self._create(
            {
                "title": title, "start": start, "end": end, "participants": participants,
                "description": description, "is_all_day": is_all_day,
                "linked_records": linked_records,
            }
        )  # fmt: skip

    acreate = async_twin(create)  # type: ignore[arg-type]

    @sync_method
    def find_or_create(
        self,
        *,
        title: str,
        start: MeetingTime,
        end: MeetingTime,
        participants: Iterable[object],
        description: str = "",
        is_all_day: bool = False,
        linked_records: Iterable[Record] = (),
    ) -> Operation[tuple[Meeting, bool]]:
        """The meeting of this title, start and participants, and ``False``; else a new one.

        It is looked for first, as Attio makes a new one each time. Two callers at once can make
        two: nothing in Attio stops the second. Of several that are there it gives the oldest.
        """
        made = Meeting(
            title=title, start=start, end=end, participants=participants,
            description=description, is_all_day=is_all_day, linked_records=linked_records,
        )  # fmt: skip
        return self._start().bounded(self._find_or_create(made))

    afind_or_create = async_twin(find_or_create)

    def _find_or_create(self, made: Meeting) -> Operation[tuple[Meeting, bool]]:
        made._check()  # pyright: ignore[reportPrivateUsage]
        connection = self._start().connection
        wanted = {each.key for each in made.participants}
        emails = [each.email_address for each in made.participants if each.email_address]
        begin = _moment(made.start)
        found = self.filter(ends_from=begin, starts_before=begin + timedelta(seconds=1))
        if emails:
            found = found.filter(participants=emails)
        there = yield from everything(Meeting, found.query)
        equal = [
            each
            for each in there
            if each.title == made.title
            and _moment(each.start) == begin
            and each.is_all_day == made.is_all_day
            and {one.key for one in each.participants} == wanted
        ]
        if equal:
            return min(
                equal, key=lambda each: (str(each.raw.get("created_at")), str(each.id))
            ), False
        yield from saving.save(made, connection=connection)
        return made, True


class MeetingQuerySet(  # pyright: ignore[reportIncompatibleMethodOverride]
    _MeetingMethods, ResourceQuerySet["Meeting"]
):
    """``Meeting.objects.using(...)``: what makes meetings is here, too."""


class MeetingManager(  # pyright: ignore[reportIncompatibleMethodOverride]
    _MeetingMethods, ResourceManager["Meeting"]
):
    """``Meeting.objects``."""

    def using(
        self,
        source: BaseConnection | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_attempts: int | None = None,
    ) -> MeetingQuerySet:
        """Meetings on this connection instead of the current one, or with limits of its own."""
        found = super().using(source, timeout=timeout, deadline=deadline, max_attempts=max_attempts)
        return MeetingQuerySet(found.model, found.query)


class _MeetingManagerOf(ManagerOf):
    def __get__(self, instance: Any, owner: Any) -> Any:
        super().__get__(instance, owner)  # refuses an instance
        return MeetingManager(owner)


class Meeting(Resource):
    """A meeting, of a calendar that is synced or made through the API.

    ``start`` and ``end`` are datetimes in the meeting's zone, or dates of whole days, of which the
    end is the day after the last. Only ``linked_records`` can be changed. Found by one of
    ``linked_record=`` and ``participants=`` (addresses), with ``ends_from=`` (inclusive) and
    ``starts_before=`` (exclusive); sorted by ``start``. See
    https://docs.attio.com/rest-api/endpoint-reference/meetings/list-meetings.
    """

    objects: ClassVar[MeetingManager] = _MeetingManagerOf()  # type: ignore[assignment]

    _key = "meeting_id"
    _noun = "meeting"
    _listing = Listing(
        "cursor",
        _PAGE,
        lookups={
            "linked_record": record_of,
            "participants": addresses,
            "ends_from": aware,
            "starts_before": aware,
        },
        orders=("start",),
        alone=("linked_record", "participants"),
    )

    title: Field[str, str] = Field(
        "title", written="once", accept=text_of("title", 1_000), schema=STRING
    )
    description: Field[str, str] = Field(
        "description", written="once", accept=text_of("description", 10_000), schema=STRING
    )
    start: Field[MeetingTime, MeetingTime] = Field(
        "start", read=_read_time, written="once", accept=_as_it_is, schema=STRING
    )
    end: Field[MeetingTime, MeetingTime] = Field(
        "end", read=_read_time, written="once", accept=_as_it_is, schema=STRING
    )
    is_all_day: Field[bool, bool] = Field(
        "is_all_day", written="once", accept=truth, schema={"type": "boolean"}
    )
    participants: Field[list[Participant], Iterable[object]] = Field(
        "participants",
        read=read_participant,
        written="once",
        accept=participant,
        key=lambda value: value.key,
        dump=dump_participant,
        is_several=True,
        schema={"type": "object"},
    )
    linked_records: Field[list[Record], Iterable[Record]] = Field(
        "linked_records",
        read=read_link,
        written="always",
        accept=record_of,
        key=by_reference,
        dump=dump_record,
        is_several=True,
        schema=STRING,
    )

    @property
    def recordings(self) -> Recordings:
        """The recordings of its call; reading this sends nothing."""
        return Recordings(self)

    @sync_method
    def link(self, *records: Record) -> Operation[None]:
        """Link records to it, beside those that are: one PATCH; none where all are linked."""
        yield from self._loaded_now()
        self.linked_records = [*self.linked_records, *records]
        yield from saving.save(self)

    alink = async_twin(link)

    @sync_method
    def unlink(self, *records: Record) -> Operation[None]:
        """Take away these links: one GET and one PUT, as Attio can only replace all of them."""
        yield from self._loaded_now()
        gone = {by_reference(record_of(each)) for each in records}
        self.linked_records = [
            each for each in self.linked_records if by_reference(each) not in gone
        ]
        yield from saving.save(self)

    aunlink = async_twin(unlink)

    def _loaded_now(self) -> Operation[None]:
        if self._state.raw is None and self.id is not None:
            yield from loading.refresh(self)

    def _check(self) -> None:
        if self.id is not None:
            return
        given = self._state.values
        for name in ("title", "start", "end", "participants"):
            if given.get(name) is None:
                raise ValidationError(f"A meeting needs its {name}: give it.", attribute=name)
        is_all_day = bool(given.get("is_all_day"))
        for name in ("start", "end"):
            write_time(given[name], is_all_day=is_all_day, name=name)
        check_order(given["start"], given["end"])
        for name, least, most in (
            ("participants", 1, _MOST_PARTICIPANTS),
            ("linked_records", 0, _MOST_LINKS),
        ):
            count = len(given.get(name, ()))
            if not least <= count <= most:
                raise ValidationError(
                    f"A meeting has {count} {name.replace('_', ' ')}, and Attio takes {least} to "
                    f"{most}.",
                    attribute=name,
                )

    @classmethod
    def _get(cls, connection: BaseConnection, id: str, scope: Mapping[str, Any]) -> Operation[Json]:
        return meetings.get(connection.transport, id)

    @classmethod
    def _page(
        cls, connection: BaseConnection, asked: Asked
    ) -> Operation[tuple[list[Json], str | None]]:
        filters = asked.filters
        linked = reference_of(filters["linked_record"]) if "linked_record" in filters else None
        moments = {
            name: format_timestamp(filters[name])
            for name in ("ends_from", "starts_before")
            if name in filters
        }
        order = {None: None, "start": "start_asc", "-start": "start_desc"}[asked.order]
        return meetings.list_(
            connection.transport,
            linked_object=None if linked is None else linked.object,
            linked_record_id=None if linked is None else linked.id,
            participants=",".join(filters.get("participants", ())) or None,
            sort=order,
            limit=asked.limit,
            cursor=asked.cursor,
            **moments,
        )

    def _insert(self, connection: BaseConnection) -> Operation[Json]:
        given = self._state.values
        is_all_day = bool(given.get("is_all_day"))
        sent: dict[str, Any] = {
            "title": given["title"],
            "description": given.get("description", ""),
            "start": write_time(given["start"], is_all_day=is_all_day, name="start"),
            "end": write_time(given["end"], is_all_day=is_all_day, name="end"),
            "is_all_day": is_all_day,
            "participants": [write_participant(each) for each in given["participants"]],
        }
        if given.get("linked_records"):
            sent["linked_records"] = links(given["linked_records"])
        return meetings.create(connection.transport, sent)

    def _update(
        self, connection: BaseConnection, changes: Mapping[str, Change], settle: Settle
    ) -> Operation[Json]:
        others = [name for name in changes if name != "linked_records"]
        if others:  # a list that was changed in place
            raise ReadOnlyAttributeError(
                f"Meeting.{others[0]} cannot be changed once the meeting is there: Attio changes "
                f"its linked records alone.",
                attribute=others[0],
            )
        transport, id = connection.transport, str(self.id)
        added, removed = _difference(changes["linked_records"])
        if not removed:
            sent = links(added.values())
            return (yield from meetings.update(transport, id, linked_records=sent, settle=settle))
        row = yield from loading.fetch(Meeting, id, connection, {})  # PUT replaces all of them
        sent = self._merge(row, changes)["data"]["linked_records"]
        return (yield from meetings.overwrite(transport, id, linked_records=sent, settle=settle))

    def _merge(self, row: Json, changes: Mapping[str, Change]) -> Json:
        added, removed = _difference(changes["linked_records"])
        field: Field[Any, Any] = type(self).linked_records
        there = field.item_keys(field.of(row, self)) if removed else {}
        kept = {key: each for key, each in there.items() if key not in removed}
        return {"data": {"linked_records": links({**kept, **added}.values())}}

    def _remove(self, connection: BaseConnection) -> Operation[None]:
        return meetings.delete(connection.transport, str(self.id))


def _difference(change: Change) -> tuple[dict[Any, Any], set[Any]]:
    """The records that a change adds, by what they are compared by, and what it removes."""
    before, after = ({by_reference(each): each for each in one} for one in change)
    added = {key: each for key, each in after.items() if key not in before}
    return added, before.keys() - after.keys()


def _moment(value: MeetingTime) -> datetime:
    """A start as Attio compares it: of a day its first moment, in UTC as no other zone is sent."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.combine(value, time(), UTC)


class MeetingsOf(Related[Meeting]):
    """The meetings that a record is linked to; one that is made here is linked to it."""

    __slots__ = ()

    @sync_method
    def create(
        self,
        *,
        title: str,
        start: MeetingTime,
        end: MeetingTime,
        participants: Iterable[object],
        description: str = "",
        is_all_day: bool = False,
        linked_records: Iterable[Record] = (),
    ) -> Operation[Meeting]:
        """Make a meeting that the record is linked to, beside ``linked_records``.

        The rest is as for ``Meeting.objects.create()``.
        """
        return self._create(
            {
                "title": title, "start": start, "end": end, "participants": participants,
                "description": description, "is_all_day": is_all_day,
                "linked_records": [self._record, *linked_records],
            }
        )  # fmt: skip

    acreate = async_twin(create)


def meetings_of(record: Record) -> MeetingsOf:
    """The meetings that a record is linked to."""
    return MeetingsOf(record, Meeting, "linked_record", {"linked_records": ()})


# -- recordings -----------------------------------------------------------------------------------


def _meeting_id(value: Any) -> str:
    found = as_uuid(value.id if isinstance(value, Meeting) else value)
    if found is None:
        raise ValidationError(f"{show(value)} is not a meeting: give a saved Meeting, or its id.")
    return found


class _MeetingField(Field["Meeting", "Meeting | str"]):
    """The meeting of a recording, by the recording's own ids."""

    def of(self, raw: Json, instance: Resource) -> Any:
        ids: Any = raw.get("id")
        found = ids.get("meeting_id") if isinstance(ids, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        state = instance._state  # pyright: ignore[reportPrivateUsage]
        if not isinstance(found, str):
            return None
        return reference(
            Meeting, found, state.connection, state.session, asynchronous=state.asynchronous
        )


class CallRecording(Resource):
    """The recording of a call. Cannot be changed; found by its ``meeting=``, by its id too.

    ``status`` is processing, completed or failed. See
    https://docs.attio.com/rest-api/endpoint-reference/call-recordings/list-call-recordings.
    """

    _key = "call_recording_id"
    _noun = "call recording"
    _listing = Listing("cursor", _PAGE, lookups={"meeting": _meeting_id}, needs=("meeting",))
    _given: tuple[list[Json] | None, str | None] = None, None  # transcript and video, to be sent

    meeting: Field[Meeting, Meeting | str] = _MeetingField(
        "meeting", written="once", accept=lambda value: Meeting.ref(_meeting_id(value)),
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
        self._given = None if transcript is None else write_transcript(transcript), video_url

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
        return self._loaded().get("video_url")

    @sync_method
    def transcript(self) -> Operation[Transcript]:
        """What was said: one request, unless it came with the recording. Empty where there is none.

        See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/get-call-recording.
        """
        if (self._state.raw or {}).get("transcript") is None:
            yield from self._whole()
        return read_transcript(self._loaded().get("transcript"))

    atranscript = async_twin(transcript)

    def _whole(self) -> Operation[None]:
        """Read it by its id, which alone brings transcript and video."""
        if self.id is None:
            raise ValidationError("This CallRecording is not saved yet: save it first.")
        connection, _ = loading.place_of(self)
        meeting_id = _meeting_id(self._state.scope.get("meeting") or self.meeting)
        row = yield from loading.fetch(CallRecording, self.id, connection, {"meeting": meeting_id})
        if "transcript" not in row:  # a server of before August 2026
            row["transcript"] = yield from _in_parts(connection, meeting_id, self.id)
        row.setdefault("video_url", None)
        take_in(self, row)

    def model_dump(self) -> dict[str, Any]:
        """``id``, ``created_at`` and the fields; ``video_url`` where it is known."""
        return {**super().model_dump(), "video_url": (self._state.raw or {}).get("video_url")}

    @classmethod
    def _get(cls, connection: BaseConnection, id: str, scope: Mapping[str, Any]) -> Operation[Json]:
        if "meeting" not in scope:
            raise UnsupportedLookup(
                "Attio gives a recording by its id and its meeting's: get(id=..., meeting=...)."
            )
        return call_recordings.get(connection.transport, scope["meeting"], id)

    @classmethod
    def _page(
        cls, connection: BaseConnection, asked: Asked
    ) -> Operation[tuple[list[Json], str | None]]:
        return call_recordings.list_(
            connection.transport, asked.filters["meeting"], limit=asked.limit, cursor=asked.cursor
        )

    def _insert(self, connection: BaseConnection) -> Operation[Json]:
        meeting_id = _meeting_id(self._state.values["meeting"])
        transcript, video_url = self._given
        sent: Json = {} if transcript is None else {"transcript": transcript}
        if video_url is not None:
            sent["video_url"] = video_url
        row = yield from call_recordings.create(connection.transport, meeting_id, sent)
        if not isinstance(row, NotSent):
            self._state.scope = {"meeting": meeting_id}
        return row

    def _remove(self, connection: BaseConnection) -> Operation[None]:
        meeting_id = _meeting_id(self._state.scope.get("meeting") or self.meeting)
        return call_recordings.delete(connection.transport, meeting_id, str(self.id))


def _check_video(url: object) -> None:
    from urllib.parse import urlsplit  # few programs add recordings

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


class Recordings:
    """The recordings of one meeting."""

    __slots__ = ("_meeting",)

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting

    def _all(self) -> Operation[list[CallRecording]]:
        found: ResourceManager[CallRecording] = CallRecording.objects
        queryset = read_on(found.filter(meeting=self._meeting), self._meeting.connection)
        state = self._meeting._state  # pyright: ignore[reportPrivateUsage]
        return everything(CallRecording, queryset.query, state.session)

    @sync_method
    def all(self) -> Operation[list[CallRecording]]:
        """All of them, the oldest first. Raises ``ValidationError`` for a new meeting."""
        return self._all()

    aall = async_twin(all)

    @sync_method
    def count(self) -> Operation[int]:
        """How many there are: they are read, as Attio has no count."""
        return len((yield from self._all()))

    acount = async_twin(count)

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
        state = self._meeting._state  # pyright: ignore[reportPrivateUsage]
        yield from saving.save(made, connection=state.connection, session=state.session)
        return made

    acreate = async_twin(create)

    def __iter__(self) -> Iterator[CallRecording]:
        return iter(run(self._all(), "Iterating", "async for"))

    async def __aiter__(self) -> AsyncIterator[CallRecording]:
        for each in await arun(self._all()):
            yield each

    def __repr__(self) -> str:
        return f"<recordings of {self._meeting!r}: use .all()>"


public_in("attio_orm", Meeting, CallRecording)
