"""The signals the library raises: blinker ``Signal`` objects, receivers in order of connection.

The sender is the model class (``request_*``: the ``Connection``); receivers are held weakly unless
connected with ``weak=False``. Coroutine receivers run under the a-methods, one after another; under
a sync method they raise ``AsyncReceiverError`` before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any, TypeVar

from blinker import ANY, NamedSignal

from attio_orm.errors import AsyncReceiverError

__all__ = [
    "Signal", "post_bulk", "post_delete", "post_load", "post_save", "pre_bulk", "pre_delete",
    "pre_save", "request_finished", "request_started",
]  # fmt: skip


F = TypeVar("F", bound=Callable[..., Any])


class _InOrder(set[Any]):
    """A set that iterates in the order things were added; blinker's own order is undefined."""

    def __init__(self, items: Iterable[object] = ()) -> None:
        self._order = dict.fromkeys(items)
        super().__init__(self._order)

    def add(self, element: object, /) -> None:
        super().add(element)
        self._order[element] = None

    def discard(self, element: object, /) -> None:
        super().discard(element)
        self._order.pop(element, None)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._order))  # a copy: receivers may connect and disconnect others

    def __or__(self, other: Iterable[object], /) -> _InOrder:
        return _InOrder([*self, *other])

    def copy(self) -> _InOrder:
        return _InOrder(self)


class NeverSends:
    """The base of what may be taken for a sender and never sends: a record, a manager."""

    __slots__ = ()


class Signal(NamedSignal):
    """A blinker signal with a ``name``, whose receivers run in the order they were connected."""

    set_class = _InOrder

    def connect(self, receiver: F, sender: object = ANY, weak: bool = True) -> F:
        """Call ``receiver`` for ``sender`` (a model class, or a ``Connection``), or for all.

        Held weakly, unless ``weak`` is false. Raises ``TypeError`` for a sender that never sends.
        """
        # refused at once: a receiver of what never sends would be silent for ever
        if isinstance(sender, str | NeverSends):
            raise TypeError(
                f"{self.name} is sent by model classes (or a connection), never by {sender!r}: "
                f"connect with the class, e.g. {self.name}.connect(receiver, sender=Person)."
            )
        return super().connect(receiver, sender, weak)


def receivers_of(signal: Signal, sender: object) -> list[Callable[..., Any]]:
    """The live receivers that ``sender`` would reach, in order; none where the signal is muted."""
    if not signal.receivers or signal.is_muted:  # the rule: most signals have nobody
        return []
    return list(signal.receivers_for(sender))


def refuse_coroutines(signal: Signal, sender: object) -> list[Callable[..., Any]]:
    """The receivers for ``sender``; ``AsyncReceiverError`` where one is a coroutine function."""
    receivers = receivers_of(signal, sender)
    for receiver in receivers:
        if _is_coroutine_receiver(receiver):
            raise _refusal(signal, receiver)
    return receivers


def send(signal: Signal, sender: object, values: Mapping[str, object]) -> None:
    """Call the receivers of ``sender``; none runs where one of them is a coroutine function."""
    for receiver in refuse_coroutines(signal, sender):  # all looked at before the first is called
        result = receiver(sender, **values)
        if iscoroutine(result):
            result.close()  # never awaited on purpose, so it must not warn about that
            raise _refusal(signal, receiver)


async def asend(signal: Signal, sender: object, values: Mapping[str, object]) -> None:
    """Call the receivers of ``sender`` in order, and await those that are coroutines."""
    for receiver in receivers_of(signal, sender):
        result = receiver(sender, **values)
        if isawaitable(result):  # one after another: each sees what those before it did
            await result


def _is_coroutine_receiver(receiver: Callable[..., Any]) -> bool:
    return iscoroutinefunction(receiver) or iscoroutinefunction(type(receiver).__call__)


def _refusal(signal: Signal, receiver: Callable[..., Any]) -> AsyncReceiverError:
    name = getattr(receiver, "__qualname__", None) or type(receiver).__qualname__
    return AsyncReceiverError(
        f"The receiver {name} of {signal.name} is a coroutine function, and the work runs under a "
        f"sync method. Use the a-method (asave() for save()), or connect a plain function."
    )


pre_save = Signal(
    "pre_save", "Before a save sends: ``instance``, ``created``, ``changes``, ``connection``."
)
post_save = Signal(
    "post_save", "After a save: ``instance``, ``created``, ``changes``, ``connection``."
)
pre_delete = Signal("pre_delete", "Before a delete sends: ``instance``, ``connection``.")
post_delete = Signal("post_delete", "After a delete: ``instance``, ``connection``.")
post_load = Signal(
    "post_load", "A record was loaded: ``instance``, ``connection``. Sync receivers only."
)
pre_bulk = Signal("pre_bulk", "Before a bulk run: ``operation``, ``rows``, ``connection``.")
post_bulk = Signal("post_bulk", "After a bulk run: ``operation``, ``report``, ``connection``.")
request_started = Signal(
    "request_started",
    "Before each attempt of a request: ``method``, ``path``, ``attempt`` (from 1), ``purpose``.",
)
request_finished = Signal(
    "request_finished",
    "After each attempt: ``method``, ``path``, ``status`` or ``None``, ``attempt`` (from 1), "
    "``elapsed`` seconds, ``purpose`` (introspect, read, write, search), ``error`` or ``None``, "
    "``request_id`` of Attio or ``None``, ``score`` of a query or ``None``, ``waited`` seconds.",
)
