"""``connection.api``: every endpoint of Attio as ``api.<resource>.<verb>()`` and ``a<verb>()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.api import (
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
    sql,
    statuses,
    tasks,
    threads,
    views,
    webhooks,
)
from attio_orm.api.verbs import Resource, averb, many, one, verb

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


class Objects(Resource):
    """Objects, the tables of a workspace."""

    list = verb(objects.list_)
    alist = averb(objects.list_)
    get = verb(objects.get)
    aget = averb(objects.get)
    create = verb(objects.create)
    acreate = averb(objects.create)
    update = verb(objects.update)
    aupdate = averb(objects.update)


class Attributes(Resource):
    """Attributes of objects and lists."""

    list = verb(attributes.list_)
    alist = averb(attributes.list_)
    get = verb(attributes.get)
    aget = averb(attributes.get)
    create = verb(attributes.create)
    acreate = averb(attributes.create)
    update = verb(attributes.update)
    aupdate = averb(attributes.update)


class Options(Resource):
    """Options of select attributes."""

    list = verb(options.list_)
    alist = averb(options.list_)
    create = verb(options.create)
    acreate = averb(options.create)
    update = verb(options.update)
    aupdate = averb(options.update)


class Statuses(Resource):
    """Statuses of status attributes."""

    list = verb(statuses.list_)
    alist = averb(statuses.list_)
    create = verb(statuses.create)
    acreate = averb(statuses.create)
    update = verb(statuses.update)
    aupdate = averb(statuses.update)


class Records(Resource):
    """Records of objects."""

    query = verb(many(records.query))
    aquery = averb(many(records.query))
    get = verb(one(records.get))
    aget = averb(one(records.get))
    create = verb(one(records.create))
    acreate = averb(one(records.create))
    assert_ = verb(one(records.assert_))
    aassert_ = averb(one(records.assert_))
    update = verb(one(records.update))
    aupdate = averb(one(records.update))
    overwrite = verb(one(records.overwrite))
    aoverwrite = averb(one(records.overwrite))
    delete = verb(records.delete)
    adelete = averb(records.delete)
    values = verb(many(records.values))
    avalues = averb(many(records.values))
    write_values = verb(records.write_values)
    awrite_values = averb(records.write_values)
    entries = verb(records.entries)
    aentries = averb(records.entries)
    search = verb(records.search)
    asearch = averb(records.search)
    merge = verb(records.merge)
    amerge = averb(records.merge)


class Lists(Resource):
    """Lists of records."""

    list = verb(lists.list_)
    alist = averb(lists.list_)
    get = verb(lists.get)
    aget = averb(lists.get)
    create = verb(lists.create)
    acreate = averb(lists.create)
    update = verb(lists.update)
    aupdate = averb(lists.update)


class Entries(Resource):
    """Entries of lists."""

    query = verb(many(entries.query))
    aquery = averb(many(entries.query))
    get = verb(one(entries.get))
    aget = averb(one(entries.get))
    create = verb(one(entries.create))
    acreate = averb(one(entries.create))
    assert_ = verb(one(entries.assert_))
    aassert_ = averb(one(entries.assert_))
    update = verb(one(entries.update))
    aupdate = averb(one(entries.update))
    overwrite = verb(one(entries.overwrite))
    aoverwrite = averb(one(entries.overwrite))
    delete = verb(entries.delete)
    adelete = averb(entries.delete)
    values = verb(many(entries.values))
    avalues = averb(many(entries.values))
    write_values = verb(entries.write_values)
    awrite_values = averb(entries.write_values)


class Members(Resource):
    """Workspace members."""

    list = verb(members.list_)
    alist = averb(members.list_)
    get = verb(members.get)
    aget = averb(members.get)


class Notes(Resource):
    """Notes on records."""

    list = verb(notes.list_)
    alist = averb(notes.list_)
    get = verb(notes.get)
    aget = averb(notes.get)
    create = verb(notes.create)
    acreate = averb(notes.create)
    delete = verb(notes.delete)
    adelete = averb(notes.delete)


class Tasks(Resource):
    """Tasks."""

    list = verb(tasks.list_)
    alist = averb(tasks.list_)
    get = verb(tasks.get)
    aget = averb(tasks.get)
    create = verb(tasks.create)
    acreate = averb(tasks.create)
    update = verb(tasks.update)
    aupdate = averb(tasks.update)
    delete = verb(tasks.delete)
    adelete = averb(tasks.delete)


class Threads(Resource):
    """Threads of comments."""

    list = verb(threads.list_)
    alist = averb(threads.list_)
    get = verb(threads.get)
    aget = averb(threads.get)


class Comments(Resource):
    """Comments on records and entries."""

    get = verb(comments.get)
    aget = averb(comments.get)
    create = verb(comments.create)
    acreate = averb(comments.create)
    delete = verb(comments.delete)
    adelete = averb(comments.delete)


class Meetings(Resource):
    """Meetings."""

    list = verb(meetings.list_)
    alist = averb(meetings.list_)
    get = verb(meetings.get)
    aget = averb(meetings.get)
    find_or_create = verb(meetings.find_or_create)
    afind_or_create = averb(meetings.find_or_create)


class CallRecordings(Resource):
    """Recordings of calls and their transcripts."""

    list = verb(call_recordings.list_)
    alist = averb(call_recordings.list_)
    get = verb(call_recordings.get)
    aget = averb(call_recordings.get)
    create = verb(call_recordings.create)
    acreate = averb(call_recordings.create)
    delete = verb(call_recordings.delete)
    adelete = averb(call_recordings.delete)
    transcript = verb(call_recordings.transcript)
    atranscript = averb(call_recordings.transcript)


class Files(Resource):
    """Files of records."""

    list = verb(files.list_)
    alist = averb(files.list_)
    get = verb(files.get)
    aget = averb(files.get)
    create = verb(files.create)
    acreate = averb(files.create)
    delete = verb(files.delete)
    adelete = averb(files.delete)
    upload = verb(files.upload)
    aupload = averb(files.upload)


class Webhooks(Resource):
    """Webhooks."""

    list = verb(webhooks.list_)
    alist = averb(webhooks.list_)
    get = verb(webhooks.get)
    aget = averb(webhooks.get)
    create = verb(webhooks.create)
    acreate = averb(webhooks.create)
    update = verb(webhooks.update)
    aupdate = averb(webhooks.update)
    delete = verb(webhooks.delete)
    adelete = averb(webhooks.delete)


class Views(Resource):
    """Saved views of objects and lists."""

    list = verb(views.list_)
    alist = averb(views.list_)


class Emails(Resource):
    """E-mails, without their content."""

    list = verb(emails.list_)
    alist = averb(emails.list_)


class Sql(Resource):
    """SQL over objects and lists."""

    query = verb(sql.query)
    aquery = averb(sql.query)


class Scim(Resource):
    """What SCIM tells."""

    schemas = verb(scim.schemas)
    aschemas = averb(scim.schemas)


class Self(Resource):
    """The token in use."""

    get = verb(self_.get)
    aget = averb(self_.get)


class Api:
    """Every endpoint of Attio, by resource; see https://docs.attio.com/rest-api.

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
        self.sql = Sql(transport)
        self.scim = Scim(transport)
        self.self_ = Self(transport)
