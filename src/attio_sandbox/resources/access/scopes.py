"""Scopes of access tokens, as https://docs.attio.com/rest-api/guides/authentication has them."""

from __future__ import annotations

from collections.abc import Iterable

from attio_sandbox.errors import forbidden
from attio_sandbox.requests import Match, Token

NAMES = (
    "user_management", "record_permission", "object_configuration", "list_entry",
    "list_configuration", "public_collection", "private_collection", "comment", "task", "note",
    "meeting", "call_recording", "webhook", "file", "scim_management",
    "email", "activity_configuration", "activity_record", "sequence_unsubscribe",
)  # fmt: skip
ALL = tuple(f"{name}:read-write" for name in NAMES)
KNOWN = frozenset((*ALL, *(f"{name}:read" for name in NAMES)))


def scope_text(scopes: Iterable[str]) -> str:
    """Give scopes as the text of a token, without repeats; raises ValueError for an unknown one."""
    found = sorted(set(scopes))  # the order of Attio (facts.md 16)
    for scope in found:
        if scope not in KNOWN:
            raise ValueError(
                f"There is no scope {scope!r}. Use one of {', '.join(NAMES)} followed by :read or "
                ":read-write."
            )
    return " ".join(found)


def needed(match: Match) -> tuple[str, ...]:
    """Give the scopes that a request needs; attributes of a list are part of its configuration."""
    scopes = match.route.scopes
    if match.names.get("target") == "lists":
        return tuple(
            scope.replace("object_configuration:", "list_configuration:") for scope in scopes
        )
    return scopes


def check_level(token: Token, match: Match) -> None:
    """Raise the 403 of a user-level token where only tokens of the workspace may ask."""
    if token.level not in match.route.levels:
        raise forbidden(
            "This endpoint cannot be asked with a user-level token, which acts for one member: "
            "use a token of the workspace."
        )


def check_scopes(token: Token, match: Match) -> None:
    """Raise the 403 that names the scopes which a token lacks for a request."""
    token.require(needed(match))
