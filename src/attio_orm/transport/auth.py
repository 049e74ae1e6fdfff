"""Access tokens: where they come from, what is wrong with a bad one, and how they stay hidden.

See https://docs.attio.com/rest-api/guides/authentication.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any, TypeAlias, cast

from attio_orm.errors import ValidationError
from attio_orm.operations import Operation, call

ApiKey: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A token, or what gives one; it is called for each request."""

HIDDEN = "***"


class Token:
    """An access token. Its repr and str are ``***``; ``header`` is the one way to its text."""

    __slots__ = ("_text",)

    def __init__(self, text: object) -> None:
        """Raises ``ValidationError``, which says what is wrong and does not show the token."""
        problem = _problem(text)
        if problem is not None:
            del text  # tools that print the locals of a traceback must not find it here
            raise _malformed(problem)
        self._text = cast("str", text)

    @property
    def header(self) -> str:
        """The value of the ``Authorization`` header."""
        return f"Bearer {self._text}"

    def redact(self, value: Any) -> Any:
        """Hide the token in a string, or in the strings of a JSON value."""
        if isinstance(value, str):
            return value.replace(self._text, HIDDEN)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[object, object]", value).items()
            return {self.redact(key): self.redact(item) for key, item in pairs}
        if isinstance(value, list):
            return [self.redact(item) for item in cast("list[object]", value)]
        return value

    def __eq__(self, other: object) -> bool:
        """Whether it is the same token."""
        return isinstance(other, Token) and other._text == self._text

    def __hash__(self) -> int:
        """By the token's text."""
        return hash(self._text)

    def __repr__(self) -> str:
        """Nothing of the token."""
        return f"Token({HIDDEN})"

    def __reduce__(self) -> Any:
        """Refused: a pickle would show the token."""
        raise TypeError("An access token is not pickled.")


def _problem(text: object) -> str | None:
    """What is wrong with a token, in words that follow "The API key"."""
    if not isinstance(text, str):
        return f"is {'None' if text is None else 'a ' + type(text).__name__}, not a string"
    if not text.strip():
        return "is empty"
    if "\n" in text or "\r" in text:
        return "contains a line break"
    if any(character.isspace() for character in text):
        return "contains a space"
    if not text.isascii():
        return "contains a character that is not ASCII"
    if not text.isprintable():
        return "contains a control character"
    return None


def _malformed(problem: str) -> ValidationError:
    return ValidationError(
        f"The API key (api_key, ATTIO_API_KEY) {problem}. Copy it again from Attio's settings."
    )


class TokenSource:
    """Gives the token of each request: always the same one, or what a callable says now."""

    __slots__ = ("_provider", "_token")

    def __init__(self, api_key: ApiKey | None) -> None:
        """A string is checked at once; ``None`` sends no token at all."""
        self._provider = api_key if callable(api_key) else None
        self._token = None if api_key is None or callable(api_key) else Token(api_key)

    @property
    def can_change(self) -> bool:
        """Whether asking again may give another token."""
        return self._provider is not None

    def current(self) -> Operation[Token | None]:
        """The token to use now; a coroutine function as ``api_key`` is awaited under ``arun``."""
        if self._provider is None:
            return self._token
        given = self._provider()
        if isawaitable(given):
            return (yield from call(_refuser(given), _waiter(given)))
        problem = _problem(given)
        if problem is None:
            return Token(given)
        del given  # as above
        raise _malformed(problem)

    def __repr__(self) -> str:
        """Nothing of the token."""
        return f"TokenSource({HIDDEN})"


def _refuser(given: Awaitable[str]) -> Callable[[], Token]:
    def refuse() -> Token:
        close = getattr(given, "close", None)
        if close is not None:
            close()
        raise ValidationError(
            "api_key is a coroutine function, and the work runs under a sync method. "
            "Use the a-method, or give a plain function."
        )

    return refuse


def _waiter(given: Awaitable[str]) -> Callable[[], Awaitable[Token]]:
    async def wait() -> Token:
        return Token(await given)

    return wait
