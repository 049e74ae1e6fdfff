"""Notes: texts on a record, with a title."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Any, Literal

from attio_orm.api import notes
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import ValidationError
from attio_orm.pickles import public_in
from attio_orm.records.base import Record
from attio_orm.records.changes import Change
from attio_orm.resources.base import Resource, reference
from attio_orm.resources.fields import (
    MOMENT,
    STRING,
    Field,
    Json,
    by_reference,
    dump_actor,
    dump_record,
    moment,
    read_actor,
    read_moment,
    record_of,
    reference_of,
    text_of,
)
from attio_orm.resources.places import read_record
from attio_orm.resources.queries import Asked, Listing
from attio_orm.resources.related import Related
from attio_orm.transport import Settle
from attio_orm.types.actors import Actor
from attio_orm.types.checks import as_uuid
from attio_orm.types.timestamps import format_timestamp
from attio_orm.wording import show

_PAGE = 50  # the most that Attio gives at once


class _Parent(Field["Record | None", Record]):
    """The record that a note is on; an answer names it by two members."""

    def of(self, raw: Json, instance: Resource) -> Any:
        object, id = raw.get("parent_object"), raw.get("parent_record_id")
        if not isinstance(object, str) or not isinstance(id, str):
            return None
        return read_record(object, id, instance)


def _read_tag(value: Any, instance: Resource) -> Actor | Record | None:
    if value.get("type") == "record":
        return read_record(value["object"], value["record_id"], instance)
    if value.get("workspace_member_id") is None:
        return None
    return read_actor({"type": "workspace-member", "id": value["workspace_member_id"]}, instance)


def _dump_tag(value: Any) -> Any:
    return dump_actor(value) if isinstance(value, Actor) else dump_record(value)


def _meetings() -> type[Resource]:
    found: type[Resource] = import_module("attio_orm.resources.meetings").Meeting
    return found


def _read_meeting(value: Any, instance: Resource) -> Resource:
    state = instance._state  # pyright: ignore[reportPrivateUsage]
    connection = current.current_or_none() if state.connection is None else state.connection
    return reference(_meetings(), value, connection, state.session, asynchronous=state.asynchronous)


def _meeting_id(value: Any) -> str:
    found = as_uuid(value.id if isinstance(value, Resource) else value)
    if found is None:
        raise ValidationError(f"{show(value)} is not a meeting: give a saved Meeting, or its id.")
    return found


def _meeting(value: Any) -> Any:
    if value is not None:
        _meeting_id(value)
    return value


class Note(Resource):
    """A note on a record.

    ``parent`` is that record; ``content`` is the text as it reads and ``content_markdown`` the same
    as Markdown, of which one is set. ``title`` and the text can be changed later.
    See https://docs.attio.com/rest-api/endpoint-reference/notes/list-notes.
    """

    _key = "note_id"
    _noun = "note"
    _listing = Listing("offset", _PAGE, {"parent": record_of})

    parent = _Parent(
        "parent_record_id",
        written="once",
        accept=record_of,
        key=by_reference,
        dump=dump_record,
        schema=STRING,
    )
    parent_object: Field[str | None, Any] = Field("parent_object", schema=STRING)
    parent_id: Field[str | None, Any] = Field("parent_record_id", schema=STRING)
    title: Field[str, str] = Field(
        "title", written="always", accept=text_of("title of a note", empty=False), schema=STRING
    )
    content: Field[str, str] = Field(
        "content_plaintext", written="always", accept=text_of("text of a note"), schema=STRING
    )
    content_markdown: Field[str, str] = Field(
        "content_markdown", written="always", accept=text_of("text of a note"), schema=STRING
    )
    meeting: Field[Any, Any] = Field(
        "meeting_id",
        read=_read_meeting,
        written="once",
        accept=_meeting,
        key=_meeting_id,
        dump=_meeting_id,
        schema=STRING,
    )
    tags: Field[list[Actor | Record], Any] = Field(
        "tags", read=_read_tag, dump=_dump_tag, is_several=True
    )
    created_by: Field[Actor | None, Any] = Field(
        "created_by_actor", read=read_actor, dump=dump_actor
    )
    created_at: Field[datetime | None, datetime | None] = Field(
        "created_at", read=read_moment, written="once", accept=moment, schema=MOMENT
    )

    def _check(self) -> None:
        changes = self.changes
        if "content" in changes and "content_markdown" in changes:
            raise ValidationError(
                "content and content_markdown are one text in two forms: set one of them.",
                attribute="content",
            )
        if self.id is None:
            for name, what in (("parent", "the record it is on"), ("title", "its title")):
                if changes.get(name) is None or changes[name].new is None:
                    raise ValidationError(f"A note needs {what}: set {name}.", attribute=name)

    @classmethod
    def _get(cls, connection: BaseConnection, id: str, scope: Mapping[str, Any]) -> Operation[Json]:
        return notes.get(connection.transport, id)

    @classmethod
    def _page(
        cls, connection: BaseConnection, asked: Asked
    ) -> Operation[tuple[list[Json], str | None]]:
        on = asked.filters.get("parent")
        parent = None if on is None else reference_of(on)
        found = yield from notes.list_(
            connection.transport,
            parent_object=None if parent is None else parent.object,
            parent_record_id=None if parent is None else parent.id,
            limit=asked.limit,
            offset=asked.offset,
        )
        return found, None

    def _insert(self, connection: BaseConnection) -> Operation[Json]:
        changes = self.changes
        parent = reference_of(changes["parent"].new)
        sent: Json = {
            "parent_object": parent.object,
            "parent_record_id": parent.id,
            "title": changes["title"].new,
            **(_text(changes) or {"format": "plaintext", "content": ""}),
        }
        if "created_at" in changes and changes["created_at"].new is not None:
            sent["created_at"] = format_timestamp(changes["created_at"].new)
        if "meeting" in changes and changes["meeting"].new is not None:
            sent["meeting_id"] = _meeting_id(changes["meeting"].new)
        return notes.create(connection.transport, sent)

    def _update(
        self, connection: BaseConnection, changes: Mapping[str, Change], settle: Settle
    ) -> Operation[Json]:
        sent = _text(changes)
        if "title" in changes:
            sent["title"] = changes["title"].new
        return notes.update(connection.transport, str(self.id), sent, settle=settle)

    def _remove(self, connection: BaseConnection) -> Operation[None]:
        return notes.delete(connection.transport, str(self.id))


def _text(changes: Mapping[str, Change]) -> Json:
    """The text of a note as it is sent; nothing where it did not change."""
    for name, format in (("content", "plaintext"), ("content_markdown", "markdown")):
        if name in changes:
            return {"format": format, "content": changes[name].new}
    return {}


class NotesOf(Related[Note]):
    """The notes on one record, in the order of Attio."""

    __slots__ = ()

    @sync_method
    def create(
        self,
        title: str,
        content: str = "",
        *,
        format: Literal["plaintext", "markdown"] = "plaintext",
        created_at: datetime | None = None,
        meeting: Any = None,
    ) -> Operation[Note]:
        """Write a note on the record: one request.

        ``created_at`` is an aware moment from 1970 on and not in the future; ``meeting`` a
        ``Meeting`` or its id. Raises ``ValidationError``, and ``InvalidRequestError`` (413) for a
        text that is too large.
        See https://docs.attio.com/rest-api/endpoint-reference/notes/create-a-note.
        """
        if format not in ("plaintext", "markdown"):
            raise ValidationError(f'format takes "plaintext" or "markdown", not {format!r}.')
        text = "content" if format == "plaintext" else "content_markdown"
        values: dict[str, object] = {"title": title, text: content}
        if created_at is not None:
            values["created_at"] = created_at
        if meeting is not None:
            values["meeting"] = meeting
        return self._create(values)

    acreate = async_twin(create)


def notes_of(record: Record) -> NotesOf:
    """``person.notes``."""
    return NotesOf(record, Note, "parent")


public_in("attio_orm", Note)  # where users import it from
