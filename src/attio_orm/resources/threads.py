"""Threads of comments on records and list entries, and the comments in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from attio_orm.api import comments, threads
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, session_of
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import InvalidResponseError, NotSupportedByAttio, ValidationError
from attio_orm.guards import is_dict, is_list
from attio_orm.pickles import public_in
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.resources import loading, saving
from attio_orm.resources.endpoints import Asked, Endpoints, Listing, Page, Scope
from attio_orm.resources.fields import (
    MOMENT,
    STRING,
    Field,
    dump_actor,
    member,
    read_actor,
    read_moment,
    record_of,
    reference_of,
    text_of,
)
from attio_orm.resources.instances import reference_beside
from attio_orm.resources.loops import Collection
from attio_orm.resources.places import (
    bring_members,
    entry_of,
    know_places,
    member_id,
    place_of,
    read_place,
)
from attio_orm.resources.queries import ResourceManager, ResourceQuerySet, read_on
from attio_orm.resources.related import Related
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import HasState, Json, resource_state
from attio_orm.transport.dry_run import dry_run_of
from attio_orm.types.actors import Actor
from attio_orm.types.checks import as_uuid
from attio_orm.wording import show

PART = 250
"""The most comments of a thread that Attio gives at once."""
LISTED = 80
"""The most that a thread has with it in a list."""


def _comments_in(raw: Json) -> list[Json]:
    found = raw.get("comments")
    return cast("list[Json]", found) if is_list(found) else []


class _Place(Field["Record | None", "Record | None"]):
    """The record or entry that a thread or comment stands on."""

    def of(self, raw: Json, instance: HasState) -> Any:
        if isinstance(instance, Thread):
            first = _comments_in(raw)
            if not first:
                return resource_state(instance).scope.get(self.member)
            raw = first[0]
        owner = "object_id" if self.member == "record" else "list_id"
        return read_place(raw.get(self.member), instance, owner=owner, id=f"{self.member}_id")


def _place_id(value: Record) -> str:
    return place_of(value).id


class _InThread(Field["Thread", "Thread | str"]):
    """The thread of a comment, which loads itself when it is touched."""

    def of(self, raw: Json, instance: HasState) -> Any:
        found = raw.get("thread_id")
        return reference_beside(instance, Thread, found) if isinstance(found, str) else None


class _ThreadEndpoints(Endpoints["Thread"]):
    key = "thread_id"
    noun = "thread"
    listing = Listing(
        "offset",
        50,
        lookups={"record": record_of, "entry": entry_of},
        needs=("record", "entry"),
        alone=("record", "entry"),
    )

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        return threads.get(connection.transport, id, limit=PART)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        place: dict[str, Any] = {}
        if "record" in asked.filters:
            found = reference_of(asked.filters["record"])
            place = {"object": found.object, "record_id": found.id}
        if "entry" in asked.filters:
            found = place_of(asked.filters["entry"])
            place = {"list": found.object.partition("/")[2], "entry_id": found.id}
        rows = yield from threads.list_(
            connection.transport, **place, limit=asked.limit, offset=asked.offset
        )
        return rows, None

    def before(self, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        return know_places(connection, [each for row in rows for each in _comments_in(row)[:1]])

    def remove(self, connection: BaseConnection, thread: Thread) -> Operation[None]:
        raise NotSupportedByAttio(
            "Attio deletes a thread with its first comment: thread.comments.all()[0].delete()."
        )


class Thread(Resource):
    """A conversation of comments on a record or a list entry.

    Found by ``record=`` or ``entry=``; ``comments`` are all of its comments, oldest first. It
    begins with ``add_comment()`` of a record or entry, and ends with its first comment. See
    https://docs.attio.com/rest-api/endpoint-reference/threads.
    """

    _endpoints = _ThreadEndpoints()

    record = _Place("record", key=place_of, dump=_place_id, schema=STRING)
    entry = _Place("entry", key=place_of, dump=_place_id, schema=STRING)

    @property
    def comments(self) -> Comments:
        """Its comments, oldest first: ``all()``, a loop, ``count()``. Reading this sends nothing.

        A list of threads brings the first 80 of each; where there are more, they are asked for,
        250 at a time.
        """
        return Comments(self)

    @sync_method
    def reply(self, content: str, *, author: object) -> Operation[Comment]:
        """Add a comment of this ``author``, a workspace member: an e-mail address, id or Member.

        Raises ``ValidationError``, and ``OutcomeUnknownError`` where no answer came.
        """
        state = self._state
        return _comment(
            state.connection, state.session, thread=self, content=content, author=author
        )

    areply = async_twin(reply)


class _CommentEndpoints(Endpoints["Comment"]):
    key = "comment_id"
    noun = "comment"

    def check(self, comment: Comment) -> None:
        given = resource_state(comment).values
        if comment.id is not None:
            return
        places = [name for name in ("thread", "record", "entry") if given.get(name) is not None]
        if len(places) != 1:
            raise ValidationError(
                f"A comment stands in a thread, or on a record or entry: give one of thread=, "
                f"record= and entry=, not {' and '.join(places) or 'none'}."
            )
        for name in ("content", "author"):
            if given.get(name) is None:
                raise ValidationError(f"A comment needs its {name}: give it.", attribute=name)

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        return comments.get(connection.transport, id)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        raise NotSupportedByAttio(
            "Attio lists comments with their threads alone: person.threads, or "
            "Thread.objects.filter(record=...), and thread.comments of each."
        )

    def before(self, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        return know_places(connection, rows)

    def bring(self, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        return bring_members(connection)

    def insert(self, connection: BaseConnection, comment: Comment) -> Operation[Json]:
        given = resource_state(comment).values
        author = yield from member_id(connection, given["author"], "author of a comment")
        place: dict[str, Any]
        if "thread" in given:
            place = {"thread_id": given["thread"].id}
        elif "record" in given:
            found = reference_of(given["record"])
            place = {"record": {"object": found.object, "record_id": found.id}}
        else:
            found = place_of(given["entry"])
            place = {"entry": {"list": found.object.partition("/")[2], "entry_id": found.id}}
        return (
            yield from comments.create(
                connection.transport,
                content=given["content"],
                author={"type": "workspace-member", "id": author},
                **place,
            )
        )

    def remove(self, connection: BaseConnection, comment: Comment) -> Operation[None]:
        yield from comments.delete(connection.transport, str(comment.id))
        if dry_run_of(connection) is None:
            _left(comment)


class Comment(Resource):
    """A comment in a thread. Attio cannot change one, and resolves it in its application alone.

    ``record`` is filled for a comment on an entry too: its parent. Attio gives comments by id, or
    with their thread. See https://docs.attio.com/rest-api/endpoint-reference/comments.
    """

    _endpoints = _CommentEndpoints()

    thread = _InThread("thread_id", written="once", accept=lambda value: _thread(value),
                       dump=lambda value: value.id, schema=STRING)  # fmt: skip
    content: Field[str, str] = Field(
        "content_plaintext", written="once", accept=text_of("content", empty=False), schema=STRING
    )
    author: Field[Actor, object] = Field(
        "author", read=read_actor, written="once", accept=member, dump=dump_actor
    )
    record = _Place(
        "record", written="once", accept=record_of, key=place_of, dump=_place_id,
        schema=STRING,
    )  # fmt: skip
    entry = _Place(
        "entry", written="once", accept=entry_of, key=place_of, dump=_place_id, schema=STRING
    )
    resolved_at: Field[datetime | None, datetime] = Field(
        "resolved_at", read=read_moment, schema=MOMENT
    )
    resolved_by: Field[Actor | None, Actor] = Field("resolved_by", read=read_actor, dump=dump_actor)

    @property
    def is_resolved(self) -> bool:
        """Whether it is resolved, and its thread with it."""
        return self.resolved_at is not None


def _left(comment: Comment) -> None:
    """Take a comment that was deleted out of its thread; the first one takes the thread along."""
    state = resource_state(comment)
    thread_id = (state.raw or {}).get("thread_id")
    session = state.session
    thread: Thread | None = session.get(Thread, str(thread_id)) if session is not None else None
    if session is None or thread is None:
        return
    inside = resource_state(thread)
    if thread.id == comment.id:
        session.expunge(thread)
        inside.deleted = True
    elif inside.raw is not None:
        ids = [cast("Json", each["id"]).get("comment_id") for each in _comments_in(inside.raw)]
        left = zip(ids, _comments_in(inside.raw), strict=True)
        kept = [each for id, each in left if id != comment.id]
        inside.raw = {**inside.raw, "comments": kept}


def _thread(value: Any) -> Thread:
    if isinstance(value, Thread):
        if value.id is None:
            raise ValidationError("This Thread is not saved: a first comment begins one.")
        return value
    if as_uuid(value) is None:
        raise ValidationError(f"{show(value)} is not a thread: give a Thread, or its id.")
    return Thread.ref(value)


class Comments(Collection[Comment]):
    """The comments of one thread, oldest first; a request only where it came with fewer."""

    __slots__ = ("_thread",)

    def __init__(self, thread: Thread) -> None:
        self._thread = thread

    def _all(self) -> Operation[list[Comment]]:
        thread, state = self._thread, resource_state(self._thread)
        if state.raw is None:
            yield from loading.refresh(thread)
        raw = state.raw or {}
        connection = state.connection
        if connection is None:
            raise ValidationError(
                f"{thread!r} belongs to no connection: get it with Thread.objects.get(id=...)."
            )
        rows = yield from _whole(connection, str(thread.id), raw)
        state.raw = _as_whole(raw, rows)
        session = session_of(connection) if state.session is None else state.session
        return (yield from loading.loaded(Comment, rows, connection, session))

    def __repr__(self) -> str:
        return f"<comments of {self._thread!r}: use .all()>"


def _as_whole(raw: Json, rows: list[Json]) -> Json:
    kept = {name: value for name, value in raw.items() if name != "pagination"}
    return {**kept, "comments": rows, "has_more_comments": False}


def _cursor(raw: Json) -> str | None:
    pagination = raw.get("pagination")
    return pagination.get("next_cursor") if is_dict(pagination) else None


def _is_whole(raw: Json) -> bool:
    """Whether an answer has all comments of its thread."""
    if "pagination" in raw:  # it was asked for by its id
        return _cursor(raw) is None
    has_more = raw.get("has_more_comments")  # which Attio's schema does not name, but its text
    return has_more is False or (has_more is None and len(_comments_in(raw)) < LISTED)


def _whole(connection: BaseConnection, thread_id: str, raw: Json) -> Operation[list[Json]]:
    """All comments of a thread, of which this answer may have only the first."""
    rows = list(_comments_in(raw))
    if _is_whole(raw):
        return rows
    cursor = _cursor(raw)
    if cursor is None:
        rows, cursor = [], ""  # from the beginning: a list has no cursor into a thread
    seen: set[str] = set()
    while cursor is not None:
        if cursor in seen:
            raise InvalidResponseError(
                "A thread came with a cursor that was followed before. Something between here and "
                "Attio (a cache, a proxy) repeats old answers; ask again without it."
            )
        seen.add(cursor)
        part = yield from threads.get(
            connection.transport, thread_id, limit=PART, cursor=cursor or None
        )
        rows += _comments_in(part)
        cursor = part["pagination"]["next_cursor"]
    ids = [cast("Json", each["id"]).get("comment_id") for each in rows]
    return list(dict(zip(ids, rows, strict=True)).values())  # each once, while others write


def _comment(
    connection: BaseConnection | None, session: Session | None, **values: object
) -> Operation[Comment]:
    made = Comment(**values)
    yield from saving.save(made, connection=connection, session=session)
    thread = values.get("thread")
    if isinstance(thread, Thread) and made.id is not None:
        state = resource_state(thread)
        raw = state.raw
        if raw is not None and _is_whole(raw):  # else it comes with the rest
            state.raw = _as_whole(raw, [*_comments_in(raw), made.raw])
    return made


class Threads(Related[Thread]):
    """The threads of a record, or of a list entry."""

    __slots__ = ()

    def __init__(self, record: Record) -> None:
        is_entry = mapper_of(type(record)).is_entry
        self._record, self._model, self._set = record, Thread, None
        self._lookup = "entry" if is_entry else "record"

    def _queryset(self) -> ResourceQuerySet[Thread]:
        found: ResourceManager[Thread] = Thread.objects
        return read_on(found.filter(**{self._lookup: self._record}), self._record.connection)

    def create(self, **values: object) -> Thread:
        """A thread begins with its first comment: use ``add_comment()`` of the record or entry."""
        raise NotSupportedByAttio(
            "A thread begins with its first comment: person.add_comment(content, author=...)."
        )

    async def acreate(self, **values: object) -> Thread:
        """The twin of ``create()``."""
        return self.create(**values)


def threads_of(record: Record) -> Threads:
    """The threads of a record, or of a list entry."""
    return Threads(record)


@sync_method
def add_comment(record: Record, content: str, *, author: object) -> Operation[Comment]:
    """``person.add_comment(content, author=...)``: begins a thread on a record or entry."""
    place = "entry" if mapper_of(type(record)).is_entry else "record"
    values: dict[str, object] = {place: record, "content": content, "author": author}
    state = state_of(record)
    return _comment(state.connection, state.session, **values)


aadd_comment = async_twin(add_comment)
"""Its twin."""

public_in("attio_orm", Thread, Comment)
