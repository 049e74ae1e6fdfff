"""What is wrong with the keywords of a call, told with what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import update_wrapper
from typing import Any, Final, ParamSpec, TypeVar

from attio_orm.wording import close_matches, meant


class Unset(Enum):
    """The type of ``UNSET``."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
"""What a keyword is that was not given, where ``None`` means something."""

P = ParamSpec("P")
T = TypeVar("T")

# What keywords are called in other libraries, where spelling does not tell.
_ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "update_fields": ("fields",),
    "only": ("fields",),
    "chunk_size": ("page_size",),
    "batch_size": ("page_size", "concurrency"),
    "max_workers": ("workers", "concurrency"),
    "token": ("api_key",),
    "access_token": ("api_key",),
    "base_url": ("url",),
    "address": ("url",),
    "retries": ("max_attempts",),
    "max_retries": ("max_attempts",),
    "object": ("list",),
    "db_table": ("object",),
    "table": ("object",),
    "list": ("object",),
    "slug": ("object", "list"),
    "api_slug": ("object", "list"),
}

# What to give for a keyword that a call cannot do without.
_NEEDED: Final[Mapping[str, str]] = {"confirm": "how many records you expect, which count() tells"}


def checked_keywords(function: Callable[P, T]) -> Callable[P, T]:
    """The function; its ``TypeError`` for a wrong keyword says which one was meant. A decorator."""

    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError:
            better = explained(function, list(kwargs))
            if better is None:
                raise
            raise better from None
        finally:
            del args, kwargs  # an access token among them is not to be seen in a traceback

    update_wrapper(checked, function)
    return checked


def explained(function: Callable[..., Any], given: Iterable[str]) -> TypeError | None:
    """The error for a call with these keywords; ``None`` where it is not they that are wrong."""
    from inspect import Parameter, signature  # only here: it takes a while to import

    parameters = signature(function).parameters.values()
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        return None  # it takes any
    by_name = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    taken = [each.name for each in parameters if each.kind in by_name and each.name != "self"]
    names = list(given)
    for name in names:
        if name not in taken:
            return unknown_keyword(f"{function.__name__}()", name, taken)
    for each in parameters:
        is_needed = each.kind is Parameter.KEYWORD_ONLY and each.default is Parameter.empty
        if is_needed and each.name not in names:
            what = _NEEDED.get(each.name)
            return TypeError(
                f"{function.__name__}() needs {each.name}=...{f': {what}' if what else ''}."
            )
    return None


def unknown_keyword(callee: str, name: str, taken: Iterable[str]) -> TypeError:
    """The error for a keyword that is not among those that are taken."""
    names = list(taken)
    known = [each for each in _ELSEWHERE.get(name, ()) if each in names]
    advice = meant(known or close_matches(name, names))
    takes = f"It takes {', '.join(names)}." if names else "It takes none."
    return TypeError(f"{callee} takes no keyword {name!r}. {advice}{takes}")
