from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import DecodeError

from attio_orm.api import base as answers


@pytest.mark.parametrize(
    ("read", "body", "result"),
    [
        (answers.whole, b'{"active": true}', {"active": True}),
        (answers.data, b'{"data": 7}', 7),
        (answers.row, b'{"data": {"a": 1}}', {"a": 1}),
        (answers.rows, b'{"data": [{"a": 1}]}', [{"a": 1}]),
        (answers.page, b'{"data": [{}], "pagination": {"next_cursor": "c"}}', ([{}], "c")),
        (answers.page, b'{"data": [], "pagination": {"next_cursor": null}}', ([], None)),
        (answers.page, b'{"data": [], "pagination": {"next_cursor": ""}}', ([], None)),
        (answers.page, b'{"data": []}', ([], None)),
        (
            answers.part,
            b'{"data": {"t": []}, "pagination": {"next_cursor": "c"}}',
            ({"t": []}, "c"),
        ),
        (answers.nothing, b"not read at all", None),
    ],
)
def test_what_is_read(read: Callable[[bytes], Any], body: bytes, result: Any) -> None:
    assert read(body) == result


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (answers.whole, b"[]"),
        (answers.data, b"{}"),
        (answers.data, b'{"data": '),
        (answers.data, b""),
        (answers.row, b'{"data": []}'),
        (answers.row, b'{"data": null}'),
        (answers.rows, b'{"data": {}}'),
        (answers.page, b'{"data": {}}'),
        (answers.part, b'{"data": []}'),
    ],
)
def test_what_is_refused(read: Callable[[bytes], Any], body: bytes) -> None:
    with pytest.raises(DecodeError):
        read(body)
