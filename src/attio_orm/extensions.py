"""What a room above adds to a connection: one table of names, each fetched at its first use.

A connection knows nothing of the rooms above it. Here stands, for
each name that such a room adds, the function that serves it; type checkers see its signature.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attio_orm.testing.handle import SandboxHandle


class Extension:
    """A property that a function of a room above gives; the room is imported at the first use."""

    def __init__(self, module: str, function: str) -> None:
        self._place = module, function
        self._function: Callable[[Any], Any] | None = None

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        if instance is None:
            return self
        function = self._function
        if function is None:  # at the first use: the room above imports this one
            module, name = self._place
            function = self._function = getattr(import_module(module), name)
        return function(instance)


class ConnectionExtensions:
    """What rooms above add to a connection."""

    if TYPE_CHECKING:

        @property
        def sandbox(self) -> SandboxHandle | None:
            """The handle of a sandbox in this process, ``None`` elsewhere."""
            ...

    else:
        sandbox = Extension("attio_orm.testing.handle", "handle_of")
