"""Attio's error bodies: status, type, code and message, with validation errors where due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

BODY_MESSAGE = "Body payload validation error."
QUERY_MESSAGE = "Query params validation error."
PATH_MESSAGE = "Path params validation error."
EMPTY_PAYLOAD = (
    "You passed an empty payload. Please ensure you are updating at least one property in "
    "your request."
)


class Issue(NamedTuple):
    """One entry of `validation_errors`: a zod-style code, where, and what is wrong."""

    code: str
    path: tuple[str | int, ...]
    message: str


class Refusal(Exception):
    """A request that Attio refuses; `body()` is the error document it answers with."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        kind: str = "invalid_request_error",
        issues: Sequence[Issue] = (),
    ) -> None:
        """Take the HTTP status, Attio's `code`, `message`, `type` and validation errors."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.kind = kind
        self.issues = tuple(issues)
        # The specification gives the 400 of two endpoints `statusCode` where all others have
        # `status_code` (facts.md 0.1). What is sent is not known, so that theirs has both.
        self.is_twice_spelled = False

    @property
    def explained(self) -> str:
        """The message with the validation errors, for who has no use for JSON."""
        return self.message + "".join(f" {each.message} at {each.path}." for each in self.issues)

    def body(self) -> bytes:
        """Give the JSON of the error, as Attio's error envelope has it."""
        document: dict[str, Any] = {"statusCode": self.status} if self.is_twice_spelled else {}
        document |= {
            "status_code": self.status,
            "type": self.kind,
            "code": self.code,
            "message": self.message,
        }
        if self.issues:
            document["validation_errors"] = [
                {"code": code, "path": path, "message": message}
                for code, path, message in self.issues
            ]
        return msgspec.json.encode(document)


def not_found(message: str) -> Refusal:
    """Give the 404 of an entity, or a route, that is not there."""
    return Refusal(404, "not_found", message)


def unauthorized() -> Refusal:
    """Give the 401 of a missing or unknown access token."""
    # The token that was sent stands in no message: messages are logged.
    return Refusal(
        401, "unauthorized", "The access token is missing or invalid.", kind="auth_error"
    )


def forbidden(message: str) -> Refusal:
    """Give the 403 of what a token may not do."""
    return Refusal(403, "unauthorized", message, kind="auth_error")


def invalid(message: str, issues: Sequence[Issue] = ()) -> Refusal:
    """Give the 400 `validation_type`."""
    return Refusal(400, "validation_type", message, issues=issues)


def bad_body(message: str, path: Sequence[str | int], code: str = "invalid") -> Refusal:
    """Give the 400 of one thing that is wrong in a body, at `path`."""
    return invalid(BODY_MESSAGE, [Issue(code, tuple(path), message)])


def bad_param(message: str, name: str, code: str = "invalid_type") -> Refusal:
    """Give the 400 of a query parameter."""
    return invalid(QUERY_MESSAGE, [Issue(code, (name,), message)])


def value_not_found(message: str) -> Refusal:
    """Give the 400 of something that a value names and that is not there."""
    return Refusal(400, "value_not_found", message)


# Messages are those of the specification's examples and of captured answers (facts.md 0.1); who
# has no sample says it in the same way.


def missing_value(attribute_id: str) -> Refusal:
    """Give the 400 of a required attribute left without a value."""
    return Refusal(
        400,
        "missing_value",
        f'Required value for attribute with ID "{attribute_id}" was not provided.',
    )


def uniqueness_conflict(slug: str) -> Refusal:
    """Give the 400 of a unique value that another record has."""
    # Which record that is Attio does not say, nor the value; the sentence is that of 2026.
    return Refusal(
        400,
        "uniqueness_conflict",
        f'A value provided for attribute with slug "{slug}" conflicts with one already in the '
        "system. This attribute has a uniqueness constraint. Please ensure the value is not "
        "used by another record.",
    )


def slug_conflict(message: str) -> Refusal:
    """Give the 409 of a slug or title that is taken."""
    return Refusal(409, "slug_conflict", message)


def filter_error(message: str) -> Refusal:
    """Give the 400 of a filter or sort that Attio cannot run."""
    return Refusal(400, "filter_error", message)


def unknown_filter_attribute(slug: str) -> Refusal:
    """Give the 400 of a filter or sort on an attribute that does not exist."""
    return Refusal(400, "unknown_filter_attribute_slug", f'Unknown attribute slug: "{slug}".')


def bad_value(slug: str, message: str, code: str = "invalid_type", *more: str | int) -> Refusal:
    """Give the 400 of an attribute value of the wrong type or form; `more` extends its path."""
    return bad_body(message, ("data", "values", slug, *more), code)
