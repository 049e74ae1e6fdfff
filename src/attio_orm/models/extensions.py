"""What rooms above add to connections and records: one table of names.

Type checkers see the signature of each; what serves it is imported at its first use. The rooms
below the models know nothing of this table, so that they are not tied to those above by types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attio_orm.extensions import ClassExtension, Extension, MethodExtension

if TYPE_CHECKING:
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


class ConnectionExtensions:
    """What rooms above add to a connection."""

    if TYPE_CHECKING:

        @property
        def sandbox(self) -> SandboxHandle | None:
            """The handle of a sandbox in this process, ``None`` elsewhere."""
            ...

        def whoami(self) -> Identity:
            """Ask Attio whose token it is, and what it may do; see ``Identity``."""
            ...

        async def awhoami(self) -> Identity:
            """The twin of ``whoami()``."""
            ...

        def scopes(self) -> frozenset[Scope]:
            """The scopes of the token; asked for once."""
            ...

        async def ascopes(self) -> frozenset[Scope]:
            """The twin of ``scopes()``."""
            ...

        def missing_scopes(
            self, *models_resources_or_scopes: type[object] | Scope | str, write: bool = False
        ) -> frozenset[Scope]:
            """The scopes that the token lacks to read these, or to write them as well."""
            ...

        async def amissing_scopes(
            self, *models_resources_or_scopes: type[object] | Scope | str, write: bool = False
        ) -> frozenset[Scope]:
            """The twin of ``missing_scopes()``."""
            ...

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

        def add_comment(self, content: str, *, author: object) -> Comment:
            """Begin a thread on the record or entry with a comment of this workspace member.

            ``author`` is an e-mail address, an id, or a ``Member``. Raises ``ValidationError``, and
            ``OutcomeUnknownError`` where no answer came. See
            https://docs.attio.com/rest-api/endpoint-reference/comments/create-a-comment.
            """
            ...

        async def aadd_comment(self, content: str, *, author: object) -> Comment:
            """The twin of ``add_comment()``."""
            ...

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
