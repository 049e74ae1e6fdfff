"""Attio's error bodies: status, type, code and message, with validation errors where due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

BODY_MESSAGE = "Body payload validation error."
QUERY_MESSAGE = "Query params validation error."
PATH_MESSAGE = "Path params validation error."
EMPTY_PAYLOAD = (
    "You passed an empty payload. Please ensure you are updating at least one property in "
    "your request."
)
MOST_OPTIONS_SHOWN = 60  # in a message; countries are many more
KEY_LENGTH = 64  # of the keys that Attio makes; the sandbox takes a token of any length as its own


_NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})


class Issue(NamedTuple):
    """One entry of `validation_errors`: a zod-style code, where, and what is wrong.

    `more` are the members that some codes have besides: `expected` and `received`, `options`.
    """

    code: str
    path: tuple[str | int, ...]
    message: str
    more: Mapping[str, Any] = _NOTHING_MORE

    def document(self) -> dict[str, Any]:
        """Give the entry as the API shows it."""
        return {"code": self.code, "path": self.path, "message": self.message, **self.more}


# The shapes of facts.md 16, Validation errors. Paths begin at the body, or at the value where the
# message names the attribute.


def missing_issue(path: Sequence[str | int], expected: str | None) -> Issue:
    """Give the issue of a member that is not there; of a union, `expected` is None."""
    if expected is None:
        return union_issue(path)
    more = {"expected": expected, "received": "undefined"}
    return Issue("invalid_type", tuple(path), "Required", more)


def type_issue(path: Sequence[str | int], expected: str, received: str) -> Issue:
    """Give the issue of a value of the wrong JSON type."""
    message = f"Expected {expected}, received {received}"
    more = {"expected": expected, "received": received}
    return Issue("invalid_type", tuple(path), message, more)


def option_issue(path: Sequence[str | int], options: Sequence[str], received: str) -> Issue:
    """Give the issue of a text that is not in an enum."""
    shown = repr(received[:100])
    if len(options) > MOST_OPTIONS_SHOWN:
        message = f"Invalid enum value. {shown} is none of the options"
    else:
        message = f"Invalid enum value. Expected {enum_text(options)}, received {shown}"
    return Issue("invalid_option", tuple(path), message, {"options": list(options)})


def union_issue(path: Sequence[str | int]) -> Issue:
    """Give the issue of a value that fits no member of a union."""
    return Issue("invalid", tuple(path), "Invalid input")


def enum_text(options: Sequence[str]) -> str:
    """Give what is expected of an enum, as Attio writes it."""
    return " | ".join(f"'{option}'" for option in options)


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
        path: Sequence[str] = (),
    ) -> None:
        """Take the HTTP status, Attio's `code`, `message`, `type`, validation errors, `path`."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.kind = kind
        self.issues = tuple(issues)
        self.path = tuple(path)
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
        if self.path:
            document["path"] = self.path
        if self.issues:
            document["validation_errors"] = [issue.document() for issue in self.issues]
        return msgspec.json.encode(document)


def not_found(message: str) -> Refusal:
    """Give the 404 of an entity, or a route, that is not there."""
    return Refusal(404, "not_found", message)


def unauthorized(token: str | None = None) -> Refusal:
    """Give the 401 of a missing access token, or of the unknown `token` that was sent."""
    # The token that was sent stands in no message: messages are logged.
    if token is not None and len(token) != KEY_LENGTH:
        message = (
            "The API Key provided was invalid because it was the wrong length (API Keys should be "
            f"{KEY_LENGTH} characters long). You might not have copied the entire API key from "
            "your Admin panel?"
        )
    else:
        message = "The access token is missing or invalid."
    return Refusal(401, "unauthorized", message, kind="auth_error")


def forbidden(message: str) -> Refusal:
    """Give the 403 of what a token may not do."""
    return Refusal(403, "unauthorized", message, kind="auth_error")


def invalid(message: str, issues: Sequence[Issue] = ()) -> Refusal:
    """Give the 400 `validation_type`."""
    return Refusal(400, "validation_type", message, issues=issues)


def bad_body(message: str, path: Sequence[str | int], code: str = "invalid") -> Refusal:
    """Give the 400 of one thing that is wrong in a body, at `path`."""
    return invalid(BODY_MESSAGE, [Issue(code, tuple(path), message)])


def missing_member(path: Sequence[str | int], expected: str) -> Refusal:
    """Give the 400 of a member that is not there."""
    return invalid(BODY_MESSAGE, [missing_issue(path, expected)])


def wrong_member(path: Sequence[str | int], expected: str, received: str) -> Refusal:
    """Give the 400 of a member of another JSON type."""
    return invalid(BODY_MESSAGE, [type_issue(path, expected, received)])


def bad_param(message: str, name: str, code: str = "invalid") -> Refusal:
    """Give the 400 of a query parameter."""
    return invalid(QUERY_MESSAGE, [Issue(code, (name,), message)])


def missing_param(name: str, expected: str = "string") -> Refusal:
    """Give the 400 of a query parameter that is not there."""
    return invalid(QUERY_MESSAGE, [missing_issue((name,), expected)])


def wrong_param(name: str, expected: str, received: str) -> Refusal:
    """Give the 400 of a query parameter of another type."""
    return invalid(QUERY_MESSAGE, [type_issue((name,), expected, received)])


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
        "system. This attribute has a uniqueness constraint. Please ensure all values for this "
        "attribute do not exist on another record.",
    )


def slug_conflict(message: str) -> Refusal:
    """Give the 409 of a slug or title that is taken."""
    return Refusal(409, "slug_conflict", message)


def filter_error(message: str) -> Refusal:
    """Give the 400 of a filter or sort that Attio cannot run."""
    return Refusal(400, "filter_error", message)


def unknown_filter_attribute(slug: str, path: Sequence[str]) -> Refusal:
    """Give the 400 of a filter or sort on an attribute that does not exist.

    `path` leads to it: in a filter from the filter, else from the body (facts.md 16).
    """
    message = f"Unknown attribute slug: {slug}."
    return Refusal(400, "unknown_filter_attribute_slug", message, path=path)


def bad_values(slug: str, issues: Sequence[Issue]) -> Refusal:
    """Give the 400 of a value that its attribute does not take; paths begin at the value."""
    return invalid(f'An invalid value was passed to attribute with slug "{slug}".', issues)


def bad_value(slug: str, message: str, *path: str | int, code: str = "invalid") -> Refusal:
    """Give the 400 of one thing that is wrong in a value, at `path` inside it."""
    return bad_values(slug, [Issue(code, path, message)])
