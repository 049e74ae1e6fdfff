from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.api.base import body, multipart, path
from attio_orm.errors import ValidationError
from tests.api.fakes import segments

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.lists(texts, min_size=1))
def test_any_segment_comes_back_whole(parts: list[str]) -> None:
    built = path(*parts)
    assert segments(built) == ["v2", *parts]
    assert built.isascii()
    assert not set(built) & set(" ?#")


def test_titles_are_percent_encoded() -> None:
    assert path("options", "Won 🎉") == "/v2/options/Won%20%F0%9F%8E%89"
    assert path("options", "n/a?#&") == "/v2/options/n%2Fa%3F%23%26"


@pytest.mark.parametrize(("title", "encoded"), [(".", "%2E"), ("..", "%2E%2E"), ("...", "...")])
def test_dots_do_not_climb(title: str, encoded: str) -> None:
    assert path("options", title) == f"/v2/options/{encoded}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", "is empty; give an id"),
        (None, "not NoneType"),
        (7, "not int"),
        (b"people", "not bytes"),
        ("\ud800", r"not valid Unicode: '\ud800'"),
    ],
)
def test_a_segment_that_would_reach_another_endpoint(wrong: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        path("objects", "a b", "records", wrong)
    assert said in str(caught.value)
    assert '"/v2/objects/a%20b/records"' in str(caught.value)


def test_a_body_takes_defaults_a_mapping_and_keywords() -> None:
    data = {"title": "A", "format": "markdown"}
    built = body(data, {"title": "B"}, format="plaintext", tags=[])
    assert built == {"data": {"title": "B", "format": "markdown", "tags": []}}
    assert data == {"title": "A", "format": "markdown"}


def test_a_form_with_a_file_is_read_by_others() -> None:
    content = bytes(range(256))
    sent, kind = multipart({"object": "people"}, 'a"\r\nX: b.txt', [content], "image/png")
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + sent, policy=HTTP)
    field, file = message.iter_parts()
    assert field.get_param("name", header="content-disposition") == "object"
    assert field.get_payload(decode=True) == b"people"
    assert file.get_filename() == "a%22%0D%0AX: b.txt"
    assert file.get_content_type() == "image/png"
    assert file.get_payload(decode=True) == content
    assert file["X"] is None
