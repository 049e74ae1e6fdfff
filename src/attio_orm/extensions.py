"""What rooms above add to the faces below them: one table of names, each fetched at its first use.

A connection, a record and a queryset know nothing of the rooms above. Here stands, for each name
that such a room adds, the function that serves it; type checkers see its signature.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from attio_orm.oauth import Identity, Scope
    from attio_orm.schema.editors import ModelSchema
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


class ClassExtension(Extension):
    """A property of the class, which a function of another room gives; its instances have it too.

    The function gets the class, and the instance or ``None``.
    """

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        return self._found()(owner, instance)


class RecordExtensions:
    """What rooms above add to every record and entry."""

    if TYPE_CHECKING:
        schema: ClassVar[ModelSchema]
        """The attributes of the class's object in the current connection, each to be changed.

        An attribute of that slug is ``deal["schema"]``.
        """

    else:
        schema = ClassExtension("attio_orm.models.declared", "schema_of")


class EntryExtensions:
    """What rooms above add to list entries alone."""


class QuerySetExtensions:
    """What rooms above add to managers and querysets."""
