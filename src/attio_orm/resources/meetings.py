"""Meetings: when, with whom, about which records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from attio_orm.api import meetings
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import ReadOnlyAttributeError, ValidationError
from attio_orm.extensions import Extension
from attio_orm.pickles import public_in
from attio_orm.records.base import Record
from attio_orm.records.changes import Change
from attio_orm.resources import loading, saving
from attio_orm.resources.base import endpoints_of
from attio_orm.resources.endpoints import Asked, Changes, Endpoints, Listing, Page, Scope
from attio_orm.resources.fields import (
    STRING,
    Field,
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
from attio_orm.resources.queries import ManagerOf, Methods, ResourceManager, ResourceQuerySet
from attio_orm.resources.reading import everything
from attio_orm.resources.related import Related
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import Json, resource_state
from attio_orm.transport import Settle
from attio_orm.types.dates import aware
from attio_orm.types.timestamps import format_timestamp

if TYPE_CHECKING:
    from attio_orm.resources.recordings import Recordings

_PAGE = 200
_MOST_PARTICIPANTS, _MOST_LINKS = 500, 50


def _read_time(value: Any, _: Resource) -> MeetingTime | None:
    return read_time(value)


def _as_it_is(value: Any) -> Any:
    return value  # whether it is a moment or a day goes by is_all_day, which may be set later


class _MeetingMethods(Methods["Meeting"]):
    """What makes meetings, the same of the manager and of what ``using()`` gives."""

    # what Attio takes of a new meeting is said by name, where others take any field
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

    acreate = async_twin(create)  # type: ignore[arg-type]  # for the same reason

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
        endpoints_of(Meeting).check(made)
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


class _MeetingEndpoints(Endpoints["Meeting"]):
    key = "meeting_id"
    noun = "meeting"
    listing = Listing(
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

    def check(self, meeting: Meeting) -> None:
        if meeting.id is not None:
            return
        given = resource_state(meeting).values
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

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        return meetings.get(connection.transport, id)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
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

    def insert(self, connection: BaseConnection, meeting: Meeting) -> Operation[Json]:
        given = resource_state(meeting).values
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

    def update(
        self, connection: BaseConnection, meeting: Meeting, changes: Changes, settle: Settle
    ) -> Operation[Json]:
        others = [name for name in changes if name != "linked_records"]
        if others:  # a list that was changed in place
            raise ReadOnlyAttributeError(
                f"Meeting.{others[0]} cannot be changed once the meeting is there: Attio changes "
                f"its linked records alone.",
                attribute=others[0],
            )
        transport, id = connection.transport, str(meeting.id)
        added, removed = _difference(changes["linked_records"])
        if not removed:
            sent = links(added.values())
            return (yield from meetings.update(transport, id, linked_records=sent, settle=settle))
        row = yield from loading.fetch(Meeting, id, connection, {})  # PUT replaces all of them
        sent = self.merge(meeting, row, changes)["data"]["linked_records"]
        return (yield from meetings.overwrite(transport, id, linked_records=sent, settle=settle))

    def merge(self, meeting: Meeting, row: Json, changes: Changes) -> Json:
        added, removed = _difference(changes["linked_records"])
        field: Field[Any, Any] = Meeting.linked_records
        there = field.item_keys(field.of(row, meeting)) if removed else {}
        kept = {key: each for key, each in there.items() if key not in removed}
        return {"data": {"linked_records": links({**kept, **added}.values())}}

    def remove(self, connection: BaseConnection, meeting: Meeting) -> Operation[None]:
        return meetings.delete(connection.transport, str(meeting.id))


class Meeting(Resource):
    """A meeting, of a calendar that is synced or made through the API.

    ``start`` and ``end`` are datetimes in the meeting's zone, or dates of whole days, of which the
    end is the day after the last. Only ``linked_records`` can be changed. Found by one of
    ``linked_record=`` and ``participants=`` (addresses), with ``ends_from=`` (inclusive) and
    ``starts_before=`` (exclusive); sorted by ``start``. See
    https://docs.attio.com/rest-api/endpoint-reference/meetings/list-meetings.
    """

    _endpoints = _MeetingEndpoints()

    objects: ClassVar[MeetingManager] = _MeetingManagerOf()  # type: ignore[assignment]  # gives one

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

    if TYPE_CHECKING:

        @property
        def recordings(self) -> Recordings:
            """The recordings of its call; reading this sends nothing."""
            ...

    else:  # which know the meeting
        recordings = Extension("attio_orm.resources.recordings", "recordings_of")

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


public_in("attio_orm", Meeting)
