"""What makes the value classes fields of pydantic models, and plain data for FastAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

_schemas: list[Callable[[], Any]] = []


def schemas_come_from(module: Callable[[], Any]) -> None:
    """Hand in what imports the module that does the work, which is built on all the values."""
    _schemas.append(module)


def schemas() -> Any:
    """``pydantic_schemas``, imported when pydantic asks, by programs that have it."""
    return _schemas[0]()


class LateSerializer:
    """The serializer that pydantic asks a value for where a field says ``Any``.

    Made when it is first asked for, as importing this library must not import pydantic.
    """

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._home, self._name = owner, name

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        from pydantic import TypeAdapter  # it is what asks

        # one for all that derive from there, as each value is written by its own class
        made = TypeAdapter(self._home).serializer
        type.__setattr__(self._home, self._name, made)
        return made


class PydanticValue:
    """The base of the values that can be fields of pydantic models, in Python and in JSON."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        return schemas().value_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: Any) -> dict[str, Any]:
        made: dict[str, Any] = schemas().value_json_schema(cls, handler)
        return made


class CompositeValue(PydanticValue):
    """The base of those that are not text, and so would not become JSON without their class."""

    __slots__ = ()

    if not TYPE_CHECKING:
        __pydantic_serializer__ = LateSerializer()

        @property
        def __dict__(self) -> dict[str, Any]:
            # what FastAPI takes of a class that it does not know, where there is no response model
            return schemas().as_json(self)
