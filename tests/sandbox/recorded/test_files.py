"""facts.md 15: the six operations of files, new since March; facts.md 8 has their shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attio_sandbox.resources.files.handlers import MAX_SIZE
from tests.sandbox.client import Answer, Client, record_id

FILES = "/v2/files"


@pytest.fixture
def ada(api: Client) -> str:
    return record_id(api.create("people", name="Ada Lovelace"))


def upload(api: Client, record: str, content: bytes, **fields: str) -> Answer:
    lines = [
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {"object": "people", "record_id": record, **fields}.items()
    ]
    head = '--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    body = "".join([*lines, head]).encode() + content + b"\r\n--xx--\r\n"
    headers = {**api.headers, "Content-Type": "multipart/form-data; boundary=xx"}
    reply = api.workspace.handle("POST", f"{FILES}/upload", headers=headers, body=body)
    return Answer(reply.status, json.loads(reply.body))


def key_of(file: Any) -> str:
    key: str = file["id"]["file_id"]
    return key


def test_each_operation(api: Client, ada: str) -> None:
    """A folder, an upload into it (201), a list, one, a download, and a deletion of both."""
    place = {"object": "people", "record_id": ada}
    folder = api.data("POST", FILES, {**place, "file_type": "folder", "name": "Papers"})
    status, answer = upload(api, ada, b"Hello", parent_folder_id=key_of(folder))
    file = answer["data"]
    assert status == 201
    assert (file["file_type"], file["content_size"], file["name"]) == ("file", 5, "a.txt")
    assert file["parent_folder_id"] == key_of(folder)
    assert api.data("GET", FILES, **place) == [folder, file]
    one = api.data("GET", f"{FILES}/{key_of(folder)}")
    assert one == folder | {"has_children": True}
    path = f"{FILES}/{key_of(file)}/download"
    reply = api.workspace.handle("GET", path, headers=api.headers)
    assert reply.status == 302
    assert reply.headers["location"]
    # Deleting a folder deletes what is in it (facts.md 8).
    assert api.send("DELETE", f"{FILES}/{key_of(folder)}") == (200, {})
    assert api.send("GET", f"{FILES}/{key_of(file)}").code == "404 not_found"
    assert api.data("GET", FILES, **place) == []


def test_uploads_of_fifty_megabytes(api: Client, ada: str) -> None:
    """facts.md 8: 50 MB at most."""
    assert MAX_SIZE == 50_000_000
    assert upload(api, ada, b"x" * 50_000_000).status == 201
    answer = upload(api, ada, b"x" * 50_000_001)
    assert answer.code == "400 validation_type"
    assert len(api.data("GET", FILES, object="people", record_id=ada)) == 1
