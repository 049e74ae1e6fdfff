"""The names that pickles hold: they stay, whatever becomes of the modules behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def pickled_as(name: str) -> Callable[[F], F]:
    """Let pickles name a function ``attio_orm.pickles.<name>``; for what ``__reduce__`` gives.

    Importing the package puts all of them here, as ``pickle`` does before it looks for one.
    """

    def place(function: F) -> F:
        function.__module__, function.__qualname__ = __name__, name
        globals()[name] = function  # pickle looks a function up by its module and name
        return function

    return place


def public_in(module: str, *classes: type[Any]) -> None:
    """Let pickles, reprs and tracebacks name classes by the module that users import them from."""
    for each in classes:
        each.__module__ = module
