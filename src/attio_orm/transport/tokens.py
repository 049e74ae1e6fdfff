"""Access tokens: how one is given and written, what is wrong with a bad one, how it stays hidden.

See https://docs.attio.com/rest-api/guides/authentication.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias, cast

from attio_orm.errors import ValidationError
from attio_orm.transport.requests import WireResponse


class Grant(Protocol):
    """A token with what is known of it, as OAuth gives one."""

    @property
    def access_token(self) -> str:
        """The token itself."""
        ...

    @property
    def scopes(self) -> frozenset[str] | None:
        """What it may do, ``None`` where that is not known."""
        ...


ApiKey: TypeAlias = str | Callable[[], str | Awaitable[str]] | Grant
"""A token, or what gives one; it is called for each request, and may have a twin ``acall``."""

HIDDEN = "***"


class HiddenKey:
    """What a user gave for a token, for arguments and variables: a traceback shows ``***``."""

    __slots__ = ("_given", "scopes")

    def __init__(self, given: ApiKey) -> None:
        # checked later, by Token: an error here would show it to a traceback
        self._given: Any = getattr(given, "access_token", given)
        self.scopes: frozenset[str] | None = getattr(given, "scopes", None)

    @property
    def is_asked(self) -> bool:
        """Whether it gives a token for each request, and is not a token itself."""
        return callable(self._given)

    @property
    def twin(self) -> Callable[[], Awaitable[object]] | None:
        """What async code asks in its place, where asking takes a while."""
        return getattr(self._given, "acall", None)

    @property
    def given(self) -> object:
        """The token itself, good or not; what gives tokens is asked for one."""
        return self._given() if callable(self._given) else self._given

    def is_in(self, text: str) -> bool:
        """Whether a text holds the token; short ones may be part of anything."""
        given = self._given
        return isinstance(given, str) and len(given) >= 8 and given in text

    def digest(self) -> str | None:
        """Always the same of one token, and no way back to it; ``None`` where it is asked for."""
        from hashlib import sha256  # only here, as it takes a while to import

        if not isinstance(self._given, str):
            return None
        return sha256(self._given.encode(errors="surrogatepass")).hexdigest()

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> Any:
        raise TypeError("An access token is not pickled.")  # a pickle would show it


def hidden(api_key: ApiKey | HiddenKey | None) -> HiddenKey | None:
    """The key as tracebacks may show it; the first that is done with one. Raises nothing."""
    if api_key is None or isinstance(api_key, HiddenKey):
        return api_key
    return HiddenKey(api_key)


class Token:
    """An access token. Its repr and str are ``***``; ``header`` is the one way to its text."""

    __slots__ = ("_text", "header")

    def __init__(self, text: object) -> None:
        """Raises ``ValidationError``, which says what is wrong and does not show the token."""
        if isinstance(text, HiddenKey):
            text = text.given
        problem = problem_of(text)
        if problem is not None:
            del text  # tools that print the locals of a traceback must not find it here
            raise malformed(problem)
        self._text = cast("str", text)
        self.header = f"Bearer {self._text}"

    def redact(self, value: object) -> Any:
        """Hide the token in a string, or in the strings of a JSON value."""
        if isinstance(value, str):
            return value.replace(self._text, HIDDEN)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[object, object]", value).items()
            return {self.redact(key): self.redact(item) for key, item in pairs}
        if isinstance(value, list):
            return [self.redact(item) for item in cast("list[object]", value)]
        return value

    def redact_answer(self, answer: WireResponse) -> WireResponse:
        """The answer as others may see it; the same one where the token is not in it."""
        text, headers = self._text.encode(), answer.headers
        is_in_headers = any(self._text in value for value in headers.values())
        if text not in answer.body and not is_in_headers:
            return answer
        body = answer.body.replace(text, HIDDEN.encode())
        return WireResponse(answer.status, self.redact(headers), body)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and other.header == self.header

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Token({HIDDEN})"

    def __reduce__(self) -> Any:
        raise TypeError("An access token is not pickled.")  # a pickle would show it


def problem_of(text: object) -> str | None:
    """What is wrong with a token, in words that follow "The API key"."""
    if not isinstance(text, str):
        return f"is {'None' if text is None else 'a ' + type(text).__name__}, not a string"
    problems = {  # mistakes of copying; the first that applies is told
        "is empty": not text.strip(),
        "contains a line break": "\n" in text or "\r" in text,
        "contains a space": any(character.isspace() for character in text),
        "contains a character that is not ASCII": not text.isascii(),
        "contains a control character": not text.isprintable(),
    }
    return next((problem for problem, applies in problems.items() if applies), None)


def malformed(problem: str) -> ValidationError:
    """The error for a token with this problem."""
    return ValidationError(
        f"The API key (api_key, ATTIO_API_KEY) {problem}. Copy it again from Attio's settings."
    )
