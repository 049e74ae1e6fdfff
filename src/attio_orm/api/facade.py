"""``connection.api``: Attio's operations as ``api.<resource>.<verb>()`` and ``a<verb>()``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, overload

from attio_orm.api import (
    activities,
    activity_records,
    attributes,
    call_recordings,
    comments,
    emails,
    entries,
    files,
    lists,
    meetings,
    members,
    notes,
    objects,
    options,
    records,
    scim,
    self_,
    sequences,
    sql,
    statuses,
    tasks,
    threads,
    views,
    webhooks,
)
from attio_orm.api.base import Resource, many, one, verbs
from attio_orm.effects import arun, run
from attio_orm.transport import Transport
from attio_orm.transport.downloads import aopened, arefusal_in, one_chunk, opened, refusal_in


class Objects(Resource):
    """Objects, the tables of a workspace."""

    list, alist = verbs(objects.list_)
    get, aget = verbs(objects.get)
    create, acreate = verbs(objects.create)
    update, aupdate = verbs(objects.update)
    delete, adelete = verbs(objects.delete)


class Attributes(Resource):
    """Attributes of objects and lists."""

    list, alist = verbs(attributes.list_)
    get, aget = verbs(attributes.get)
    create, acreate = verbs(attributes.create)
    update, aupdate = verbs(attributes.update)


class Options(Resource):
    """Options of select attributes."""

    list, alist = verbs(options.list_)
    create, acreate = verbs(options.create)
    update, aupdate = verbs(options.update)


class Statuses(Resource):
    """Statuses of status attributes."""

    list, alist = verbs(statuses.list_)
    create, acreate = verbs(statuses.create)
    update, aupdate = verbs(statuses.update)


class Records(Resource):
    """Records of objects."""

    query, aquery = verbs(many(records.query))
    get, aget = verbs(one(records.get))
    create, acreate = verbs(one(records.create))
    assert_, aassert_ = verbs(one(records.assert_))  # Attio's word, and a keyword of Python
    update, aupdate = verbs(one(records.update))
    overwrite, aoverwrite = verbs(one(records.overwrite))
    delete, adelete = verbs(records.delete)
    values, avalues = verbs(many(records.values))
    write_values, awrite_values = verbs(records.write_values)
    entries, aentries = verbs(records.entries)
    search, asearch = verbs(many(records.search))
    merge, amerge = verbs(records.merge)


class Lists(Resource):
    """Lists of records."""

    list, alist = verbs(lists.list_)
    get, aget = verbs(lists.get)
    create, acreate = verbs(lists.create)
    update, aupdate = verbs(lists.update)


class Entries(Resource):
    """Entries of lists."""

    query, aquery = verbs(many(entries.query))
    get, aget = verbs(one(entries.get))
    create, acreate = verbs(one(entries.create))
    assert_, aassert_ = verbs(one(entries.assert_))
    update, aupdate = verbs(one(entries.update))
    overwrite, aoverwrite = verbs(one(entries.overwrite))
    delete, adelete = verbs(entries.delete)
    values, avalues = verbs(many(entries.values))
    write_values, awrite_values = verbs(entries.write_values)


class Activities(Resource):
    """Activities, the kinds of events."""

    list, alist = verbs(activities.list_)
    get, aget = verbs(activities.get)
    create, acreate = verbs(activities.create)
    update, aupdate = verbs(activities.update)
    delete, adelete = verbs(activities.delete)


class ActivityRecords(Resource):
    """Records of activities, the events."""

    query, aquery = verbs(many(activity_records.query))
    get, aget = verbs(one(activity_records.get))
    create, acreate = verbs(one(activity_records.create))
    assert_, aassert_ = verbs(one(activity_records.assert_))
    update, aupdate = verbs(one(activity_records.update))
    overwrite, aoverwrite = verbs(one(activity_records.overwrite))
    delete, adelete = verbs(activity_records.delete)


class Members(Resource):
    """Workspace members."""

    list, alist = verbs(members.list_)
    get, aget = verbs(members.get)


class Notes(Resource):
    """Notes on records."""

    list, alist = verbs(notes.list_)
    get, aget = verbs(notes.get)
    create, acreate = verbs(notes.create)
    update, aupdate = verbs(notes.update)
    delete, adelete = verbs(notes.delete)


class Tasks(Resource):
    """Tasks."""

    list, alist = verbs(tasks.list_)
    get, aget = verbs(tasks.get)
    create, acreate = verbs(tasks.create)
    update, aupdate = verbs(tasks.update)
    delete, adelete = verbs(tasks.delete)


class Threads(Resource):
    """Threads of comments."""

    list, alist = verbs(threads.list_)
    get, aget = verbs(threads.get)


class Comments(Resource):
    """Comments on records and entries."""

    get, aget = verbs(comments.get)
    create, acreate = verbs(comments.create)
    delete, adelete = verbs(comments.delete)


class Meetings(Resource):
    """Meetings."""

    list, alist = verbs(meetings.list_)
    get, aget = verbs(meetings.get)
    create, acreate = verbs(meetings.create)
    find_or_create, afind_or_create = verbs(meetings.find_or_create)
    update, aupdate = verbs(meetings.update)
    overwrite, aoverwrite = verbs(meetings.overwrite)
    delete, adelete = verbs(meetings.delete)


class CallRecordings(Resource):
    """Recordings of calls and their transcripts."""

    list, alist = verbs(call_recordings.list_)
    get, aget = verbs(call_recordings.get)
    create, acreate = verbs(call_recordings.create)
    delete, adelete = verbs(call_recordings.delete)
    transcript, atranscript = verbs(call_recordings.transcript)


class Files(Resource):
    """Files of records."""

    list, alist = verbs(files.list_)
    get, aget = verbs(files.get)
    create, acreate = verbs(files.create)
    delete, adelete = verbs(files.delete)
    upload, aupload = verbs(files.upload)
    if TYPE_CHECKING:  # what it gives goes by its arguments

        @overload
        def download(self, file_id: str) -> bytes: ...
        @overload
        def download(self, file_id: str, path: str | PathLike[str]) -> Path: ...
        def download(self, file_id: str, path: str | PathLike[str] | None = None) -> bytes | Path:
            """The bytes of a file; with ``path``, written there as they come, and the path.

            While it is written, and after a failure, it is ``path`` with ``.partial`` at the end.
            Raises ``NotFoundError``, and ``OSError`` of the disk. See
            https://docs.attio.com/rest-api.
            """
            ...

        @overload
        async def adownload(self, file_id: str) -> bytes: ...
        @overload
        async def adownload(self, file_id: str, path: str | PathLike[str]) -> Path: ...
        async def adownload(
            self, file_id: str, path: str | PathLike[str] | None = None
        ) -> bytes | Path:
            """The twin of ``download()``."""
            ...

    else:
        download, adownload = verbs(files.download)

    @contextmanager
    def stream(self, file_id: str) -> Generator[Iterator[bytes]]:
        """The bytes of a file as they come, for a block: ``for chunk in chunks``.

        What fails after the first of them is not repeated. Raises ``NotFoundError``.
        """
        asked = files.address(self.transport, file_id)
        found = run(asked, "files.stream()", "its twin: async with files.astream()")
        if isinstance(found, bytes):
            yield iter((found,))
            return
        with opened(self.transport.backend, found) as answer:
            if not answer.is_good:
                raise files.refused(file_id, answer.status, refusal_in(answer.chunks))
            yield answer.chunks

    @asynccontextmanager
    async def astream(self, file_id: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        """The twin of ``stream()``: ``async for chunk in chunks``."""
        found = await arun(files.address(self.transport, file_id))
        if isinstance(found, bytes):
            yield one_chunk(found)
            return
        async with aopened(self.transport.backend, found) as answer:
            if not answer.is_good:
                body = await arefusal_in(answer.chunks)
                raise files.refused(file_id, answer.status, body)
            yield answer.chunks


class Webhooks(Resource):
    """Webhooks."""

    list, alist = verbs(webhooks.list_)
    get, aget = verbs(webhooks.get)
    create, acreate = verbs(webhooks.create)
    update, aupdate = verbs(webhooks.update)
    delete, adelete = verbs(webhooks.delete)


class Views(Resource):
    """Saved views of objects and lists."""

    list, alist = verbs(views.list_)


class Emails(Resource):
    """E-mails, without their content."""

    list, alist = verbs(emails.list_)


class Sequences(Resource):
    """Sequences of e-mails."""

    unsubscribe, aunsubscribe = verbs(sequences.unsubscribe)


class Sql(Resource):
    """SQL over objects and lists."""

    query, aquery = verbs(sql.query)


class Scim(Resource):
    """What SCIM tells."""

    schemas, aschemas = verbs(scim.schemas)


class Self(Resource):
    """The token in use."""

    get, aget = verbs(self_.get)


class Api:
    """Attio's operations as of October 2026, by resource; see https://docs.attio.com/rest-api.

    A verb gives the decoded ``data`` as ``dict`` or ``list``; those that page with a cursor give
    ``(items, next_cursor)``; a delete gives ``None``. What a write sends in ``data`` is given as
    one mapping, as keywords, or both.
    """

    def __init__(self, transport: Transport) -> None:
        self.objects = Objects(transport)
        self.attributes = Attributes(transport)
        self.options = Options(transport)
        self.statuses = Statuses(transport)
        self.records = Records(transport)
        self.lists = Lists(transport)
        self.entries = Entries(transport)
        self.activities = Activities(transport)
        self.activity_records = ActivityRecords(transport)
        self.members = Members(transport)
        self.notes = Notes(transport)
        self.tasks = Tasks(transport)
        self.threads = Threads(transport)
        self.comments = Comments(transport)
        self.meetings = Meetings(transport)
        self.call_recordings = CallRecordings(transport)
        self.files = Files(transport)
        self.webhooks = Webhooks(transport)
        self.views = Views(transport)
        self.emails = Emails(transport)
        self.sequences = Sequences(transport)
        self.sql = Sql(transport)
        self.scim = Scim(transport)
        self.self_ = Self(transport)  # GET /v2/self; plain "self" would read like an argument
