"""Files: folders, connected entries, uploads and downloads, and forms that are none."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox import Clock, Reply, Workspace
from attio_sandbox.errors import Refusal
from attio_sandbox.resources.files import handlers as endpoint
from attio_sandbox.resources.files.multipart import read_form
from tests.sandbox.client import GHOST, Answer, Client
from tests.sandbox.helpers import all_pages, check_limits, object_id, path_of, person

FILES = "/v2/files"


TYPE = "multipart/form-data; boundary=xx"


def field(name: str, value: str) -> bytes:
    return f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def part(
    content: bytes, name: str = "a.txt", kind: str = "text/plain", field: str = "file"
) -> bytes:
    head = f'--xx\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    return f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"


def form(record: str, *parts: bytes, object: str = "people", **more: str) -> bytes:
    fields = {"object": object, "record_id": record, **more}
    return b"".join([*(field(*each) for each in fields.items()), *parts, b"--xx--\r\n"])


def send(api: Client, body: bytes, kind: str = TYPE) -> Answer:
    headers = {**api.headers, "Content-Type": kind}
    reply = api.workspace.handle("POST", f"{FILES}/upload", headers=headers, body=body)
    return Answer(reply.status, json.loads(reply.body))


def upload(api: Client, record: str, content: bytes = b"Hello", **more: str) -> Any:
    answer = send(api, form(record, part(content), **more))
    assert answer.status == 201, answer.json
    return answer.json["data"]


def folder(api: Client, record: str, name: str = "Papers", **more: Any) -> Any:
    place = {"object": "people", "record_id": record, "file_type": "folder", "name": name}
    return api.data("POST", FILES, place | more)


def key_of(file: Any) -> str:
    key: str = file["id"]["file_id"]
    return key


def download(api: Client, key: str) -> Reply:
    """Follow the redirect of a download, without the token."""
    reply = api.workspace.handle("GET", f"{FILES}/{key}/download", headers=api.headers)
    assert (reply.status, reply.body) == (302, b"{}"), reply.body
    return follow(api, reply.headers["location"])


def follow(api: Client, location: str) -> Reply:
    parts = urlsplit(location)
    return api.workspace.handle("GET", parts.path, params=dict(parse_qsl(parts.query)))


def of(record: str) -> dict[str, str]:
    return {"object": "people", "record_id": record}


def test_an_upload_comes_back(api: Client, ws: Workspace) -> None:
    ada, content = person(api), bytes(range(256)) * 100 + b"\r\n--x\r\n\r\n"
    made = upload(api, ada, content)
    assert made == {
        "id": {"workspace_id": ws.workspace_id, "file_id": key_of(made)},
        "object_id": object_id(api, "people"),
        "object_slug": "people",
        "record_id": ada,
        "storage_provider": "attio",
        "created_by_actor": made["created_by_actor"],
        "created_at": "2026-02-03T10:11:12.520000000Z",
        "file_type": "file",
        "name": "a.txt",
        "parent_folder_id": None,
        "content_type": "text/plain",
        "content_size": len(content),
    }
    assert api.data("GET", f"{FILES}/{key_of(made)}") == made
    assert api.data("GET", FILES, **of(ada)) == [made]
    reply = download(api, key_of(made))
    assert (reply.status, reply.body) == (200, content)
    own = ("x-accurate-at", "x-attio-execution-id")  # what every answer has
    headers = {name: value for name, value in reply.headers.items() if name not in own}
    assert headers | {"date": ""} == {
        "date": "",
        "content-type": "text/plain",
        "content-length": str(len(content)),
        "content-disposition": "attachment; filename*=UTF-8''a.txt",
        "x-content-type-options": "nosniff",
    }


def test_a_download_needs_a_fresh_link(api: Client, clock: Clock) -> None:
    ada = person(api)
    one, two = key_of(upload(api, ada)), key_of(upload(api, ada))
    reply = api.workspace.handle("GET", f"{FILES}/{one}/download", headers=api.headers)
    location = reply.headers["location"]
    assert follow(api, location).body == b"Hello"
    for bad in (
        location.replace(one, two),
        location.replace(one, GHOST),
        location.replace(one, "x"),
        location.partition("?")[0],
        location.replace("expires=", "expires=9"),
        location.replace("expires=", "expires=x"),
        location[:-1] + ("0" if location[-1] != "0" else "1"),
    ):
        assert follow(api, bad).status == 403, bad
    clock.move(301)
    assert follow(api, location).status == 403


def test_a_folder_and_what_is_in_it(api: Client) -> None:
    ada = person(api)
    top = folder(api, ada)
    assert (top["file_type"], top["name"], top["parent_folder_id"]) == ("folder", "Papers", None)
    assert api.data("GET", f"{FILES}/{key_of(top)}") == top | {"has_children": False}
    inner = folder(api, ada, "Inner", parent_folder_id=key_of(top), storage_provider="attio")
    file = upload(api, ada, parent_folder_id=key_of(inner).upper())
    assert file["parent_folder_id"] == key_of(inner)
    assert api.data("GET", f"{FILES}/{key_of(top)}")["has_children"] is True
    other = upload(api, ada)
    assert api.data("GET", FILES, **of(ada)) == [top, inner, file, other]
    assert api.data("GET", FILES, parent_folder_id=key_of(inner), **of(ada)) == [file]
    assert api.send("DELETE", f"{FILES}/{key_of(top)}") == (200, {})
    assert api.data("GET", FILES, **of(ada)) == [other]
    assert api.send("GET", f"{FILES}/{key_of(file)}").code == "404 not_found"
    assert download(api, key_of(other)).body == b"Hello"


def test_connected_entries(api: Client) -> None:
    ada = person(api)
    data = {**of(ada), "external_provider_file_id": "01ISG"}
    drive = {"storage_provider": "microsoft-onedrive", "microsoft_drive_id": "b!-R"}
    one = api.data("POST", FILES, data | drive | {"file_type": "connected-file"})
    assert {k: one[k] for k in one if k not in ("id", "created_by_actor", "created_at")} == {
        "object_id": object_id(api, "people"),
        "object_slug": "people",
        "record_id": ada,
        "storage_provider": "microsoft-onedrive",
        "file_type": "connected-file",
        "external_provider_file_id": "01ISG",
        "microsoft_drive_id": "b!-R",
    }
    box = {"storage_provider": "box", "file_type": "connected-folder"}
    two = api.data("POST", FILES, data | box)
    assert two["microsoft_drive_id"] is None
    assert api.data("GET", FILES, storage_provider="box", **of(ada)) == [two]
    assert api.data("GET", FILES, storage_provider="attio", **of(ada)) == []
    answer = api.send("GET", f"{FILES}/{key_of(one)}/download")
    assert answer.code == "400 validation_type"
    assert api.send("DELETE", f"{FILES}/{key_of(one)}").status == 200


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"file_type": "file"}, "file_type"),
        ({"file_type": None}, "file_type"),
        ({"name": ""}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"record_id": "x"}, "record_id"),
        ({"parent_folder_id": "x"}, "parent_folder_id"),
        ({"storage_provider": "box"}, "storage_provider"),
        ({"file_type": "connected-file"}, "storage_provider"),
        ({"file_type": "connected-file", "storage_provider": "attio"}, "storage_provider"),
    ],
)
def test_bad_entries(api: Client, changes: dict[str, Any], path: str) -> None:
    data = {**of(GHOST), "file_type": "folder", "name": "x"}
    assert path_of(api.send("POST", FILES, data | changes)) == [path]


def test_lists(api: Client) -> None:
    ada, bob = person(api), person(api, "bob@acme.example.com")
    made = [folder(api, ada, str(number)) for number in range(5)]
    folder(api, bob)
    assert all_pages(api, FILES, limit="2", **of(ada)) == [made[:2], made[2:4], made[4:]]
    check_limits(lambda **p: api.send("GET", FILES, **of(ada), **p), 200, offset=False)
    for params, path in (
        ({}, "object"),
        ({"object": "people"}, "record_id"),
        ({"object": "people", "record_id": "x"}, "record_id"),
        ({**of(ada), "storage_provider": "x"}, "storage_provider"),
        ({**of(ada), "parent_folder_id": "x"}, "parent_folder_id"),
        ({**of(ada), "cursor": "x"}, "cursor"),
    ):
        assert path_of(api.send("GET", FILES, **params)) == [path]


def test_files_of_nothing(api: Client) -> None:
    ada, bob = person(api), person(api, "bob@acme.example.com")
    foreign = key_of(folder(api, bob))
    assert api.send("GET", FILES, **of(GHOST)).code == "404 not_found"
    data = {**of(ada), "file_type": "folder", "name": "x", "parent_folder_id": foreign}
    assert api.send("POST", FILES, data).code == "404 not_found"
    assert send(api, form(ada, part(b""), parent_folder_id=foreign)).status == 404
    assert send(api, form(GHOST, part(b""))).status == 404
    assert send(api, form(ada, part(b""), object="ghosts")).status == 404
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/download")):
        answer = api.send(method, f"{FILES}/{GHOST}{path}")
        message = f'File with ID "{GHOST}" was not found.'
        assert (answer.code, answer.json["message"]) == ("404 not_found", message)
    assert api.data("GET", FILES, **of(ada)) == []


def test_files_go_with_their_record(api: Client, ws: Workspace) -> None:
    ada, bob = person(api), person(api, "bob@acme.example.com")
    gone, stays = upload(api, ada), upload(api, bob)
    api.send("DELETE", f"/v2/objects/people/records/{ada}")
    assert api.send("GET", f"{FILES}/{key_of(gone)}").code == "404 not_found"
    assert download(api, key_of(stays)).body == b"Hello"
    assert ws._engine.database.rows("SELECT count(*) FROM file_contents") == [(1,)]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="a.txt"', "a.txt"),
        ("filename=a.txt", "a.txt"),
        ('filename="ünï.txt"', "ünï.txt"),
        ('filename="a%22b%0D%0A.txt"', 'a"b\r\n.txt'),
        (r'filename="a\"b\\c\d.txt"', r'a"b\c\d.txt'),
        ("filename=\"plain\"; filename*=UTF-8''%C3%BCber.txt", "über.txt"),
        ("filename*=utf-8'en'a%20b.txt", "a b.txt"),
        ('filename="../../etc/passwd"', "../../etc/passwd"),
        ('filename="<script>.html"', "<script>.html"),
    ],
)
def test_names(api: Client, disposition: str, name: str) -> None:
    head = f'--xx\r\nContent-Disposition: form-data; name="file"; {disposition}\r\n\r\n'
    answer = send(api, form(person(api), head.encode() + b"\r\n"))
    assert answer.json["data"]["name"] == name
    sent = download(api, key_of(answer.json["data"])).headers["content-disposition"]
    assert sent.isascii()
    assert not set('\r\n"<>/') & set(sent)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image/png", "image/png"),
        ('text/plain; charset="utf-8"', 'text/plain; charset="utf-8"'),
        ("nonsense", None),
        ("text/html\nx-evil: 1", None),
        ("text/html; a=b\rc", None),
    ],
)
def test_types(api: Client, kind: str, shown: str | None) -> None:
    answer = send(api, form(person(api), part(b"", kind=kind)))
    assert answer.json["data"]["content_type"] == shown
    sent = download(api, key_of(answer.json["data"])).headers["content-type"]
    assert sent == shown or (shown is None and sent == "application/octet-stream")


def test_the_header_in_other_forms(api: Client) -> None:
    ada = person(api)
    for kind in (
        'Multipart/Form-Data; charset=utf-8; boundary="xx"',
        "multipart/form-data;boundary=xx; charset=utf-8",
    ):
        assert send(api, b"preamble\r\n" + form(ada, part(b"x")) + b"epilogue", kind).status == 201


FILE = part(b"x")


HEAD = b'Content-Disposition: form-data; name="file"'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (form(GHOST, FILE), ""),
        (form(GHOST, FILE), "multipart/form-data"),
        (form(GHOST, FILE), "multipart/form-data; boundary="),
        (form(GHOST, FILE), "multipart/form-data; boundary=yy"),
        (form(GHOST, FILE), f"multipart/form-data; boundary={'x' * 1000}"),
        (form(GHOST, FILE), "multipart/form-data" + "; a" * 300),
        (b"", TYPE),
        (b"--xx", TYPE),
        (form(GHOST, FILE)[:-6], TYPE),
        (b"--xx\r\n--xx--", TYPE),
        (b"--xx\r\n" + HEAD + b"\r\n--xx--", TYPE),
        (b"--xxHEAD\r\n\r\nx\r\n--xx--", TYPE),
        (b"--xx\r\nno colon\r\n\r\nx\r\n--xx--", TYPE),
        (b"--xx\r\nContent-Type: text/plain\r\n\r\nx\r\n--xx--", TYPE),
        (b"--xx\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xx--", TYPE),
        (b"--xx\r\n" + HEAD + b"; filename=\xff\r\n\r\nx\r\n--xx--", TYPE),
        (b"--xx\r\n" + HEAD + b"; filename*=utf-8''%FF\r\n\r\nx\r\n--xx--", TYPE),
        (b"--xx\r\n" + HEAD + b"; filename*=utf-8''%00\r\n\r\nx\r\n--xx--", TYPE),
        (b"--xx\r\nx: " + b"y" * 20_000 + b"\r\n\r\nx\r\n--xx--", TYPE),
        (form(GHOST, FILE, FILE), TYPE),
        (form(GHOST, field("object", "people")), TYPE),
        (form(GHOST, *(field(str(number), "") for number in range(40))), TYPE),
        (form(GHOST, field("a\x00", "")), TYPE),
        (form("a\x00", FILE), TYPE),
        (form("x", FILE), TYPE),
        (form(GHOST), TYPE),
        (form(GHOST, field("file", "text")), TYPE),
        (form(GHOST, part(b"", name="")), TYPE),
        (b"".join([field("object", "people"), FILE, b"--xx--"]), TYPE),
    ],
)
def test_hostile_forms(api: Client, body: bytes, kind: str) -> None:
    assert send(api, body, kind).code == "400 validation_type"


@given(st.lists(st.sampled_from([b"--xx", b"\r\n", b"--", HEAD, b"; filename=a", b": ", b"\xff",
                                 b'"', b";", b"\x00", b"a"]), max_size=30))  # fmt: skip
def test_any_body_is_a_form_or_a_400(pieces: list[bytes]) -> None:
    try:
        found = read_form(TYPE, b"".join(pieces))
    except Refusal as refusal:
        outcome: object = refusal.code
    else:
        outcome = len(found.fields) + len(found.files) <= len(pieces)
    assert outcome in ("validation_type", True)


@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8", exclude_characters="\0\\%")))
def test_any_content_and_name_come_back(content: bytes, name: str) -> None:
    written = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    if b"\r\n--xx" in b"\r\n" + content + b"\r\n":
        return
    found = read_form(TYPE, part(content, name=written) + b"--xx--")
    assert found.files["file"][:2] == (name, content)


def test_the_largest_file(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MAX_SIZE", 1000)
    ada = person(api)
    assert send(api, form(ada, part(b"x" * 1000))).status == 201
    assert send(api, form(ada, part(b"x" * 1001))).code == "400 validation_type"


def test_a_file_of_some_megabytes(api: Client) -> None:
    content = bytes(20 * 1024 * 1024)
    made = upload(api, person(api), content)
    assert download(api, key_of(made)).body == content


def test_a_file_survives(tmp_path: Any) -> None:
    first = Workspace(tmp_path / "a.db")
    key = key_of(upload(Client(first), person(Client(first))))
    first.close()
    second = Workspace(tmp_path / "a.db")
    assert download(Client(second), key).body == b"Hello"
    second.close()


def test_scopes(api: Client, ws: Workspace) -> None:
    ada = person(api)
    reads = ("object_configuration:read", "record_permission:read")
    api.headers = {"Authorization": f"Bearer {ws.access.add_token(('file:read', *reads))}"}
    assert api.data("GET", FILES, **of(ada)) == []
    assert send(api, form(ada, FILE)).status == 403
    api.headers = {}
    assert send(api, form(ada, FILE)).status == 401
