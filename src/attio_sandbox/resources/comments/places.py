"""What a comment is on: the scopes that a token needs for it, beside that of comments."""

from __future__ import annotations

from attio_sandbox.requests import Call

ON_RECORDS = ("object_configuration:read", "record_permission:read")
ON_ENTRIES = ("list_configuration:read", "list_entry:read")


def require_scopes(call: Call, *, is_entry: bool) -> None:
    """Raise the 403 of a token that may not see what a comment is on (facts.md 2)."""
    if call.token is not None:
        call.token.require(ON_ENTRIES if is_entry else ON_RECORDS)
