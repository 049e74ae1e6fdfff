"""How a name of a room above is had from below: the function that serves it, at its first use.

A connection and a record know nothing of the rooms above. ``models/extensions`` has the table of
the names; here is what each of them is, and what ``includes()`` brings beside relations.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import MethodType
from typing import Any, Final


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
        function = self._found()
        return function if instance is None else MethodType(function, instance)


class ClassExtension(Extension):
    """A property of the class, which a function of another room gives; its instances have it too.

    The function gets the class, and the instance or ``None``.
    """

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        return self._found()(owner, instance)


INCLUDABLE: Final = frozenset({"notes", "tasks"})
"""What ``includes()`` brings of records beside their relations; ``resource_includes()`` does it."""


def resource_includes() -> Any:
    """The module that checks, loads and plans what is ``INCLUDABLE``: ``resources/includes``."""
    return import_module("attio_orm.resources.includes")
