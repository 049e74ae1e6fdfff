"""Which scopes a request needs, and which of them are granted."""

from __future__ import annotations

import pytest

from attio_orm.transport.granted import joined, missing, needed


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("POST", "/v2/objects/people/records",
         {"record_permission:read-write", "object_configuration:read"}),
        ("PUT", "/v2/objects/people/records?matching_attribute=x",
         {"record_permission:read-write", "object_configuration:read"}),
        ("POST", "/v2/objects/records/search",
         {"record_permission:read", "object_configuration:read"}),
        ("POST", "/v2/objects/people/attributes", {"object_configuration:read-write"}),
        ("POST", "/v2/lists/sales/attributes", {"list_configuration:read-write"}),
        ("PATCH", "/v2/lists/sales/attributes/stage/statuses/won",
         {"list_configuration:read-write"}),
        ("PATCH", "/v2/objects/records", {"object_configuration:read-write"}),
        ("DELETE", "/v2/notes/1", {"note:read-write"}),
        ("GET", "/v2/self", set()),
        ("POST", "/v2/newer/than/this", set()),
        ("DELETE", "/v2/objects/people/attributes/x", set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_a_request_needs(method: str, path: str, scopes: set[str]) -> None:
    assert needed(method, path) == scopes


@pytest.mark.parametrize(
    ("sent", "more"),
    [
        ({"record": {}}, {"object_configuration:read", "record_permission:read"}),
        ({"entry": {}}, {"list_configuration:read", "list_entry:read"}),
        ({"thread_id": "1"}, set()),
        (None, set()),
    ],
    ids=["record", "entry", "reply", "nothing"],
)  # fmt: skip
def test_a_comment_needs_the_scopes_of_what_it_is_on(sent: object, more: set[str]) -> None:
    assert needed("POST", "/v2/comments", {"data": sent}) == {"comment:read-write", *more}


def test_what_may_be_written_may_be_read() -> None:
    granted = frozenset({"note:read-write", "task:read"})
    assert missing(["note:read", "note:read-write", "task:read"], granted) == frozenset()
    assert missing(["task:read-write", "file:read"], granted) == {"task:read-write", "file:read"}
    assert joined(["a:read", "a:read-write", "b:read"]) == {"a:read-write", "b:read"}
