"""One operation, two methods: ``list = verb(list_)`` and its twin ``alist = averb(list_)``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from attio_orm.api.answers import Json
from attio_orm.operations import Operation, arun, run

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport

P = ParamSpec("P")
T = TypeVar("T")


class Resource:
    """One resource of Attio's API, over the transport of one connection."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of the Attio API>"


class _Named:
    """Gives what a verb makes the name and the docstring that people look for."""

    name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def label(self, resource: Resource, function: Callable[..., Any]) -> None:
        function.__name__ = self.name
        function.__qualname__ = f"{type(resource).__name__}.{self.name}"
        function.__doc__ = self.__doc__


class Verb(_Named, Generic[P, T]):
    """A method that runs an operation and gives its result."""

    def __init__(self, operation: Callable[Concatenate[Transport, P], Operation[T]]) -> None:
        self.operation = operation
        self.__doc__ = operation.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> Verb[P, T]: ...

    @overload
    def __get__(self, resource: Resource, owner: type) -> Callable[P, T]: ...

    def __get__(self, resource: Resource | None, owner: type) -> Verb[P, T] | Callable[P, T]:
        """The method of one resource; on the class, the verb itself."""
        if resource is None:
            return self
        operation, transport = self.operation, resource.transport

        def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return run(operation(transport, *args, **kwargs))

        self.label(resource, method)
        return method


class AsyncVerb(_Named, Generic[P, T]):
    """A coroutine method that runs an operation and gives its result."""

    def __init__(self, operation: Callable[Concatenate[Transport, P], Operation[T]]) -> None:
        self.operation = operation
        self.__doc__ = operation.__doc__

    @overload
    def __get__(self, resource: None, owner: type) -> AsyncVerb[P, T]: ...

    @overload
    def __get__(self, resource: Resource, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(
        self, resource: Resource | None, owner: type
    ) -> AsyncVerb[P, T] | Callable[P, Coroutine[Any, Any, T]]:
        """The coroutine method of one resource; on the class, the verb itself."""
        if resource is None:
            return self
        operation, transport = self.operation, resource.transport

        async def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return await arun(operation(transport, *args, **kwargs))

        self.label(resource, method)
        return method


def verb(operation: Callable[Concatenate[Transport, P], Operation[T]]) -> Verb[P, T]:
    """The sync method of an operation."""
    return Verb(operation)


def averb(operation: Callable[Concatenate[Transport, P], Operation[T]]) -> AsyncVerb[P, T]:
    """The async method of an operation."""
    return AsyncVerb(operation)


def one(
    operation: Callable[Concatenate[Transport, P], Operation[Any]],
) -> Callable[Concatenate[Transport, P], Operation[Json]]:
    """The operation as one that gives an object: for those that take ``decode`` too."""
    return operation


def many(
    operation: Callable[Concatenate[Transport, P], Operation[Any]],
) -> Callable[Concatenate[Transport, P], Operation[list[Json]]]:
    """The operation as one that gives a list: for those that take ``decode`` too."""
    return operation
