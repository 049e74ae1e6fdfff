"""What rooms above add to connections, records and querysets: one table of names.

Type checkers see the signature of each; what serves it is imported at its first use. The rooms
below the models know nothing of this table, so that they are not tied to those above by types.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.extensions import ClassExtension, Extension, MethodExtension
from attio_orm.records.base import Record

if TYPE_CHECKING:
    from attio_orm.jobs.items import BulkReport
    from attio_orm.jobs.progress import Progress
    from attio_orm.oauth import Identity, Scope
    from attio_orm.resources.emails import Email
    from attio_orm.resources.files import Files
    from attio_orm.resources.meetings import MeetingsOf
    from attio_orm.resources.notes import NotesOf
    from attio_orm.resources.related import Related
    from attio_orm.resources.tasks import TasksOf
    from attio_orm.resources.threads import Comment, Threads
    from attio_orm.schema.editors import ModelSchema
    from attio_orm.testing.handle import SandboxHandle

M = TypeVar("M", bound=Record)


class ConnectionExtensions:
    """What rooms above add to a connection."""

    if TYPE_CHECKING:

        @property
        def sandbox(self) -> SandboxHandle | None:
            """The handle of a sandbox in this process, ``None`` elsewhere."""
            ...

        @sync_method
        def whoami(self) -> Operation[Identity]:
            """Ask Attio whose token it is, and what it may do; see ``Identity``."""
            ...

        awhoami = async_twin(whoami)

        @sync_method
        def scopes(self) -> Operation[frozenset[Scope]]:
            """The scopes of the token; asked for once."""
            ...

        ascopes = async_twin(scopes)

        @sync_method
        def missing_scopes(
            self, *models_resources_or_scopes: type[object] | Scope | str, write: bool = False
        ) -> Operation[frozenset[Scope]]:
            """The scopes that the token lacks to read these, or to write them as well."""
            ...

        amissing_scopes = async_twin(missing_scopes)

    else:
        sandbox = Extension("attio_orm.testing.handle", "handle_of")
        whoami = MethodExtension("attio_orm.oauth.access", "whoami")
        awhoami = MethodExtension("attio_orm.oauth.access", "awhoami")
        scopes = MethodExtension("attio_orm.oauth.access", "scopes")
        ascopes = MethodExtension("attio_orm.oauth.access", "ascopes")
        missing_scopes = MethodExtension("attio_orm.oauth.access", "missing_scopes")
        amissing_scopes = MethodExtension("attio_orm.oauth.access", "amissing_scopes")


class RecordExtensions:
    """What rooms above add to every record and entry."""

    if TYPE_CHECKING:
        schema: ClassVar[ModelSchema]
        """The attributes of the class's object in the current connection, each to be changed.

        An attribute of that slug is ``deal["schema"]``.
        """

        @property
        def notes(self) -> NotesOf:
            """The notes on the record; reading the property sends nothing."""
            ...

        @property
        def tasks(self) -> TasksOf:
            """The tasks that the record is linked to; reading the property sends nothing."""
            ...

        @property
        def threads(self) -> Threads:
            """The threads of comments on the record or entry; reading this sends nothing."""
            ...

        @property
        def files(self) -> Files:
            """The files and folders of the record; reading this sends nothing."""
            ...

        @property
        def meetings(self) -> MeetingsOf:
            """The meetings that the record is linked to; reading this sends nothing."""
            ...

        @property
        def emails(self) -> Related[Email]:
            """The e-mails that have to do with the record; reading this sends nothing."""
            ...

        @sync_method
        def add_comment(self, content: str, *, author: object) -> Operation[Comment]:
            """Begin a thread on the record or entry with a comment of this workspace member.

            ``author`` is an e-mail address, an id, or a ``Member``. Raises ``ValidationError``, and
            ``OutcomeUnknownError`` where no answer came. See
            https://docs.attio.com/rest-api/endpoint-reference/comments/create-a-comment.
            """
            ...

        aadd_comment = async_twin(add_comment)

    else:
        schema = ClassExtension("attio_orm.models.declared", "schema_of")
        notes = Extension("attio_orm.resources.notes", "notes_of")
        tasks = Extension("attio_orm.resources.tasks", "tasks_of")
        threads = Extension("attio_orm.resources.threads", "threads_of")
        files = Extension("attio_orm.resources.files", "files_of")
        meetings = Extension("attio_orm.resources.meetings", "meetings_of")
        emails = Extension("attio_orm.resources.emails", "emails_of")
        add_comment = MethodExtension("attio_orm.resources.threads", "add_comment")
        aadd_comment = MethodExtension("attio_orm.resources.threads", "aadd_comment")


class QuerySetExtensions(Generic[M]):
    """What rooms above add to managers and querysets."""

    if TYPE_CHECKING:

        @sync_method
        def bulk_create(
            self,
            rows: Iterable[M | Mapping[str, object]],
            *,
            on_error: Literal["collect", "stop"] = "collect",
            on_progress: Callable[[Progress], Any] | None = None,
            concurrency: int | None = None,
            keep: Literal["auto", "all", "errors", "none"] = "auto",
            none: Collection[object] = (),
            deadline: float | None = None,
        ) -> Operation[BulkReport[M]]:
            """Make many records, one request each, side by side; the report is in the rows' order.

            It passes by a ``save()`` of the class's own. ``on_progress`` is told of each row by a
            ``Progress``, and before the first one; ``on_error="stop"`` raises the first failure.
            ``concurrency`` adapts, between 1 and 64, where it is not given. Nothing is repeated
            blindly: a create whose outcome is not known is reported so. ``keep`` says which rows
            the report holds: ``"all"``, ``"errors"`` (those that failed or are not known) or
            ``"none"``; ``"auto"`` is ``"all"`` of a list and ``"errors"`` of an iterator, which may
            have any number of them in the same memory. Its ``counts`` are of all rows. Values that
            are among ``none``, as ``("", nan)``, are left out. ``deadline`` is in seconds for all
            of it: past it ``DeadlineExceededError`` is raised. Whatever ends the run has the report
            so far as ``error.report``. See
            https://docs.attio.com/rest-api/endpoint-reference/records/create-a-record.
            """
            ...

        abulk_create = async_twin(bulk_create)

        @sync_method
        def bulk_update(
            self,
            rows: Iterable[M | Mapping[str, object]],
            *,
            fields: Sequence[str] | None = None,
            key: str = "id",
            on_conflict: Literal["overwrite", "raise"] = "overwrite",
            on_error: Literal["collect", "stop"] = "collect",
            on_progress: Callable[[Progress], Any] | None = None,
            concurrency: int | None = None,
            keep: Literal["auto", "all", "errors", "none"] = "auto",
            none: Collection[object] = (),
            deadline: float | None = None,
        ) -> Operation[BulkReport[M]]:
            """Change many records: instances that were changed, or dicts with ``key`` and values.

            The records of dicts are read 500 a request, and only what differs is sent: a row that
            needs no write is ``unchanged``. ``fields`` limits what is sent. With
            ``on_conflict="raise"`` what others changed since the record was read fails its row. A
            row without a record fails, and so does a second row of one record. The rest is as for
            ``bulk_create()``. See
            https://docs.attio.com/rest-api/endpoint-reference/records/update-a-record-append.
            """
            ...

        abulk_update = async_twin(bulk_update)

        @sync_method
        def bulk_upsert(
            self,
            rows: Iterable[Mapping[str, object]],
            *,
            matching: str | Sequence[str],
            multi: Literal["add", "replace"] = "add",
            duplicates: Literal["error", "last"] = "error",
            on_error: Literal["collect", "stop"] = "collect",
            on_progress: Callable[[Progress], Any] | None = None,
            concurrency: int | None = None,
            keep: Literal["auto", "all", "errors", "none"] = "auto",
            none: Collection[object] = (),
            deadline: float | None = None,
        ) -> Operation[BulkReport[M]]:
            """Make each row's record where it is not there, and change it where it differs.

            The records are looked up by ``matching``, 500 values a request; of several names the
            first that the row has a value of decides. It need not be unique: two records that match
            are an error of their row. Values of attributes with many are added to what is there,
            or replace it (``multi="replace"``). A later row with the same key fails, or, with
            ``duplicates="last"``, is the one that counts; all rows are read before the first write
            then. What somebody else makes meanwhile is found and changed. The rest is as for
            ``bulk_create()``.
            """
            ...

        abulk_upsert = async_twin(bulk_upsert)

        @sync_method
        def bulk_delete(
            self,
            rows: Iterable[M | str],
            *,
            confirm: int,
            on_error: Literal["collect", "stop"] = "collect",
            on_progress: Callable[[Progress], Any] | None = None,
            concurrency: int | None = None,
            keep: Literal["auto", "all", "errors", "none"] = "auto",
            deadline: float | None = None,
        ) -> Operation[BulkReport[M]]:
            """Delete the records of these ids, or these instances, for good.

            ``confirm`` is how many rows you expect: another number raises ``ValidationError``, and
            deletes none. What is gone already is ``deleted`` as well. The rest is as for
            ``bulk_create()``. See
            https://docs.attio.com/rest-api/endpoint-reference/records/delete-a-record.
            """
            ...

        abulk_delete = async_twin(bulk_delete)

        @sync_method
        def bulk(self, /, **values: object) -> Operation[BulkReport[M]]:
            """Set these values on every record that matches, each accounted for.

            As ``update()``, which stops at the first failure: this one goes on, and gives the
            report of all.
            """
            ...

        abulk = async_twin(bulk)

        @sync_method
        def add(self, name: str, values: Iterable[object]) -> Operation[BulkReport[M]]:
            """Add values to an attribute with many, on every record that matches.

            What a record has already is not sent again. Raises ``ValidationError`` for an attribute
            that holds one value.
            """
            ...

        aadd = async_twin(add)

        @sync_method
        def remove(self, name: str, values: Iterable[object]) -> Operation[BulkReport[M]]:
            """Remove values from an attribute with many, on every record that matches.

            The others stay. Raises ``ValidationError`` for an attribute that holds one value.
            """
            ...

        aremove = async_twin(remove)

    else:
        bulk_create = MethodExtension("attio_orm.jobs.methods", "bulk_create")
        abulk_create = MethodExtension("attio_orm.jobs.methods", "abulk_create")
        bulk_update = MethodExtension("attio_orm.jobs.methods", "bulk_update")
        abulk_update = MethodExtension("attio_orm.jobs.methods", "abulk_update")
        bulk_upsert = MethodExtension("attio_orm.jobs.methods", "bulk_upsert")
        abulk_upsert = MethodExtension("attio_orm.jobs.methods", "abulk_upsert")
        bulk_delete = MethodExtension("attio_orm.jobs.methods", "bulk_delete")
        abulk_delete = MethodExtension("attio_orm.jobs.methods", "abulk_delete")
        bulk = MethodExtension("attio_orm.jobs.methods", "bulk")
        abulk = MethodExtension("attio_orm.jobs.methods", "abulk")
        add = MethodExtension("attio_orm.jobs.methods", "add")
        aadd = MethodExtension("attio_orm.jobs.methods", "aadd")
        remove = MethodExtension("attio_orm.jobs.methods", "remove")
        aremove = MethodExtension("attio_orm.jobs.methods", "aremove")
