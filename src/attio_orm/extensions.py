"""What rooms above add to the faces below them: one table of names, each fetched at its first use.

A connection, a record and a queryset know nothing of the rooms above. Here stands, for each name
that such a room adds, the function that serves it; type checkers see its signature.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attio_orm.resources.notes import NotesOf
    from attio_orm.testing.handle import SandboxHandle


class Extension:
    """A property that a function of a room above gives; the room is imported at the first use."""

    def __init__(self, module: str, function: str) -> None:
        self._place = module, function
        self._function: Callable[..., Any] | None = None

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        return self if instance is None else self._found()(instance)

    def _found(self) -> Callable[..., Any]:
        function = self._function
        if function is None:  # at the first use: the room above imports this one
            module, name = self._place
            function = self._function = getattr(import_module(module), name)
        return function


class MethodExtension(Extension):
    """A method that a function of a room above is; it takes the instance first."""

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        return self if instance is None else partial(self._found(), instance)


class ConnectionExtensions:
    """What rooms above add to a connection."""

    if TYPE_CHECKING:

        @property
        def sandbox(self) -> SandboxHandle | None:
            """The handle of a sandbox in this process, ``None`` elsewhere."""
            ...

    else:
        sandbox = Extension("attio_orm.testing.handle", "handle_of")


class RecordExtensions:
    """What rooms above add to every record and entry."""

    if TYPE_CHECKING:

        @property
        def notes(self) -> NotesOf:
            """The notes on the record; reading the property sends nothing."""
            ...

        # of these their rooms have the types
        threads: Any
        files: Any
        meetings: Any
        emails: Any
        add_comment: Any
        aadd_comment: Any

    else:
        notes = Extension("attio_orm.resources.notes", "notes_of")
        threads = Extension("attio_orm.resources.threads", "threads_of")
        files = Extension("attio_orm.resources.files", "files_of")
        meetings = Extension("attio_orm.resources.meetings", "meetings_of")
        emails = Extension("attio_orm.resources.emails", "emails_of")
        add_comment = MethodExtension("attio_orm.resources.threads", "add_comment")
        aadd_comment = MethodExtension("attio_orm.resources.threads", "aadd_comment")


class EntryExtensions:
    """What rooms above add to list entries alone."""


class QuerySetExtensions:
    """What rooms above add to managers and querysets."""
