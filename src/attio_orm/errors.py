"""Every exception the library raises. Each message says what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct


class AttioError(Exception):
    """Root of everything this library raises."""


# -- answers of the API ---------------------------------------------------------------------------


class APIError(AttioError):
    """An error answer of Attio: ``status``, ``code``, ``type``, ``errors``, ``method``, ``path``.

    ``errors`` holds Attio's ``validation_errors`` (dicts with ``code``, ``path``, ``message``, and
    what else Attio says: ``expected``, ``received``, ``options``). ``request_id`` is the id that
    Attio's support finds the request by, ``None`` where the answer had none. See
    https://docs.attio.com/rest-api.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        type: str | None = None,
        errors: Sequence[Mapping[str, object]] = (),
        method: str = "",
        path: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.type = type
        self.errors = list(errors)
        self.method = method
        self.path = path
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        # an exception is pickled as its args, which are not what __init__ takes
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[Exception], args: tuple[Any, ...], state: dict[str, Any]) -> Exception:
    error = cls.__new__(cls, *args)  # without __init__: the state has all that it would set
    error.args = args
    error.__dict__.update(state)
    return error


class Problem(Struct, frozen=True):
    """One thing wrong with one attribute: its Python name, the value given, and what to do."""

    attribute: str
    message: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.attribute}: {self.message}"


class BadRequestError(APIError):
    """Attio refused the request (400).

    ``problems`` has what Attio says of single attributes, as that of a ``ValidationError`` does: by
    their Python names where a record was saved, else by slug or id. Empty where it names none.
    """

    problems: Sequence[Problem] = ()


class InvalidRequestError(BadRequestError):
    """The body, a value, a filter or a parameter was not acceptable (400), or too large (413)."""


class UniquenessConflictError(BadRequestError):
    """Another record already has this unique value (400 ``uniqueness_conflict``).

    ``attribute`` and ``value`` name what clashed, where they are known. ``existing()`` (and
    ``aexisting()``) ask for the record that has it, in one request, and give ``None`` where it
    cannot be told.
    """

    attribute: str | None = None
    value: Any = None
    finder: Any = None  # of the room that knows records: a question is sent only when asked

    def existing(self) -> Any:
        """The record that holds the value already, or ``None`` where it cannot be told."""
        return self.finder.existing() if self.finder is not None else None

    async def aexisting(self) -> Any:
        """The twin of ``existing()`` for async code."""
        return await self.finder.aexisting() if self.finder is not None else None


class QueryTooComplexError(BadRequestError):
    """A query whose filter or sorts are beyond what Attio accepts; simplify it, do not retry."""


class AuthenticationError(APIError):
    """The access token is missing, malformed or revoked (401)."""


class ForbiddenError(APIError):
    """The token lacks a scope, or the plan lacks the feature (403).

    ``missing_scopes`` names what is missing where the token's scopes are known: then a write
    is refused before it is sent. It is empty where Attio refused it.
    """

    missing_scopes: frozenset[str] = frozenset()


class NotFoundError(APIError):
    """Attio has nothing at this path (404).

    ``is_gone`` is false of a record that a merge is still making (``merge_in_progress``): it is
    there in a moment. See https://docs.attio.com/rest-api.
    """

    @property
    def is_gone(self) -> bool:
        """Whether there is nothing, and asking again would find nothing either."""
        return self.code != "merge_in_progress"


class ConflictError(APIError):
    """A slug, title or webhook that exists already (409)."""


class WriteConflictError(ConflictError):
    """Others changed the record during each attempt to write it (409, after all attempts).

    Attio wrote nothing of the attempt that it answered so (code ``concurrent_write_conflict``).
    """


class RateLimitError(APIError):
    """Too many requests (429), after all attempts. ``retry_after`` is in seconds, or ``None``."""

    retry_after: float | None = None


class ServerError(APIError):
    """Attio failed (5xx), after all attempts."""


# -- the way to the API ---------------------------------------------------------------------------


class TransportError(AttioError):
    """No usable answer came back.

    ``request_id`` is the id that Attio's support finds the request by, where an answer had one.
    ``sent`` is false where nothing can have reached the server.
    """

    request_id: str | None = None
    sent: bool = False


class ConnectionFailedError(TransportError):
    """The server could not be reached, or the connection dropped."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class RequestTimeoutError(TransportError):
    """No answer within the timeout."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class DeadlineExceededError(RequestTimeoutError):
    """The whole operation took longer than its ``deadline``, over all its attempts and waits."""


class InvalidResponseError(TransportError):
    """The answer was not the JSON that Attio sends, or it was that to another request.

    HTML, an empty or a truncated body; a record of another id; pages that never end.
    """

    sent = True


class OutcomeUnknownError(TransportError):
    """A create or a change was sent and no answer came: it may or may not have been carried out.

    It is never repeated blindly. ``__cause__`` is what went wrong; the message says how to find
    out.
    """

    sent = True


# -- the mapping ----------------------------------------------------------------------------------


class DoesNotExist(AttioError):
    """No record matches. Every model has its own subclass, e.g. ``Person.DoesNotExist``."""


class MultipleObjectsReturned(AttioError):
    """More than one record matches where one was asked for."""


class ValidationError(AttioError, ValueError):
    """Values that Attio would refuse. ``problems`` lists each with its attribute."""

    def __init__(self, problems: str | Sequence[Problem], *, attribute: str | None = None) -> None:
        if isinstance(problems, str):
            problems = [Problem(attribute or "", problems)]
        self.problems = list(problems)
        lines = [str(p) if p.attribute else p.message for p in self.problems]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems,)


class ReadOnlyAttributeError(ValidationError):
    """The attribute is computed by Attio and cannot be written."""


class UnknownAttributeError(AttioError, AttributeError):
    """No attribute of this name, in the class or in the workspace."""

    place: str | None = None  # the object (or ``lists/`` and the list) in which it was looked for


class UnsupportedLookup(AttioError, ValueError):
    """Attio cannot filter or sort this attribute that way; the message lists what it can."""


class StateMismatchError(ValidationError):
    """The ``state`` that came back is not the one that was sent: somebody else began this log-in.

    Nothing was asked of Attio. Begin again with ``OAuthApp.authorization_url()``.
    """


class SchemaDriftError(AttioError):
    """The declared model and the workspace differ; ``differences`` lists how."""

    def __init__(self, message: str, differences: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.differences = list(differences)


class SchemaDriftWarning(UserWarning):
    """The declared model and the workspace differ, in a way that does not stop the work."""


class NotSupportedByAttio(AttioError):
    """Attio's API has no way to do this; the message says what to do instead."""


class SchemaChangeError(AttioError):
    """``connection.schema.apply()`` failed half-way; ``__cause__`` is what went wrong.

    ``done`` are the changes that were carried out, ``failed`` the one that was not, ``left`` those
    after it. Applying it again makes what is missing by then.
    """

    def __init__(
        self,
        message: str,
        *,
        done: Sequence[Any] = (),
        failed: Any = None,
        left: Sequence[Any] = (),
    ) -> None:
        super().__init__(message)
        self.done = list(done)
        self.failed = failed
        self.left = list(left)


class StaleRecordError(AttioError):
    """Somebody changed what this save was about to overwrite.

    ``record`` is the instance and ``conflicts`` maps each attribute to its ``Conflict``
    (``base`` as loaded, ``mine``, ``theirs``).
    """

    def __init__(self, message: str, *, record: Any = None, conflicts: Any = None) -> None:
        super().__init__(message)
        self.record = record
        self.conflicts = dict(conflicts or {})


class NotLoadedError(AttioError):
    """A relation was touched that is not loaded, where loading by itself is not allowed."""


class LazyLoadWarning(UserWarning):
    """One line loaded a relation for one record after another, where one request would do."""


class BlockingCallWarning(UserWarning):
    """A sync call inside a running event loop stopped it, where an ``a``-method would not.

    Told once a place, at the line of the call; not in shells and notebooks, nor for code that runs
    as its module is imported, nor for a sandbox in the same process.
    """


class NotConnectedError(AttioError):
    """There is no connection to use, or it has been closed."""


class RefreshNotSupported(NotSupportedByAttio):
    """Access tokens of Attio do not expire, and there is nothing to renew them with."""


class AsyncReceiverError(AttioError):
    """A signal has a coroutine receiver, and the work runs under a sync method."""
