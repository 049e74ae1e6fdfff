"""Files of records: list, create a folder or connect one, upload, get, delete, download."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from attio_sandbox.bodies import UUID, Field, Nullable, OneOf, Shape, Text, check, is_uuid
from attio_sandbox.errors import Refusal, bad_body, invalid, missing_member, missing_param
from attio_sandbox.records.rendering import actor_document, json_body
from attio_sandbox.records.transactions import FoundRecord
from attio_sandbox.requests import Call, Reply, json_reply
from attio_sandbox.requests.paging import (
    cursor_body,
    next_cursor,
    read_choice,
    read_cursor,
    read_uuid,
    read_window,
)
from attio_sandbox.resources.files.multipart import read_form

MAX_SIZE = 50_000_000  # bytes of a file: "50 MB" is read as the smaller one (facts.md 8)
LINK_LIFE = timedelta(minutes=5)  # of the address that a download is sent on to

PROVIDERS = ("dropbox", "box", "google-drive", "microsoft-onedrive")
_PLACE: dict[str, Field] = {"object": Text(), "record_id": UUID}
_FOLDER = Shape(
    {**_PLACE, "file_type": OneOf("folder"), "name": Text(minimum=1)},
    {"parent_folder_id": Nullable(UUID), "storage_provider": OneOf("attio")},
)
_CONNECTED = Shape(
    {
        **_PLACE,
        "file_type": OneOf("connected-file", "connected-folder"),
        "storage_provider": OneOf(*PROVIDERS),
        "external_provider_file_id": Text(minimum=1),
    },
    {"microsoft_drive_id": Nullable(Text())},
)
_KIND = Shape({"file_type": OneOf("folder", "connected-file", "connected-folder")})
_UPLOAD = Shape(_PLACE, {"parent_folder_id": UUID})
_SELECT = (
    "SELECT files.num, files.id, records.object, records.id, files.kind, files.provider,"
    " files.name, files.content_type, files.size, folders.id, files.external_id, files.drive_id,"
    " files.actor, files.created_at FROM files JOIN records ON records.num = files.record"
    " LEFT JOIN files AS folders ON folders.num = files.folder"
)

_Row = tuple[
    int, str, int, str, str, str, str | None, str | None, int | None, str | None, str | None,
    str | None, int, str,
]  # fmt: skip


def _document(call: Call, row: _Row) -> dict[str, Any]:
    _, key, object_num, record_id, kind, provider, name, content_type, size, folder, *rest = row
    external_id, drive_id, *_ = rest
    object_ = call.schema.objects_by_num[object_num]
    document: dict[str, Any] = {
        "id": {"workspace_id": call.schema.workspace_id, "file_id": key},
        "object_id": object_.id,
        "object_slug": object_.slug,
        "record_id": record_id,
        "storage_provider": provider,
        "created_by_actor": actor_document(call.schema, row[12]),
        "created_at": row[13],
        "file_type": kind,
    }
    if kind.startswith("connected-"):
        return document | {"external_provider_file_id": external_id, "microsoft_drive_id": drive_id}
    document |= {"name": name, "parent_folder_id": folder}
    if kind == "file":
        document |= {"content_type": content_type, "content_size": size}
    return document


def list_files(call: Call) -> bytes:
    """Answer GET /v2/files: all of a record's, or of one of its folders; the oldest first."""
    params = call.params
    limit, _ = read_window(call, 50, 200)
    for name in ("object", "record_id"):
        if name not in params:
            raise missing_param(name)
    record_id = read_uuid(params, "record_id") or ""
    parent = call.find_record(params["object"], record_id)
    where, values = "files.record = ? AND files.num > ?", list[Any]([parent.num])
    values += read_cursor(params, int) or [0]
    if "storage_provider" in params:
        where += " AND files.provider = ?"
        values.append(read_choice(params, "storage_provider", ("attio", *PROVIDERS), "attio"))
    folder = read_uuid(params, "parent_folder_id")
    if folder is not None:
        where += " AND files.folder = ?"
        values.append(_folder(call, parent, folder))
    rows: list[_Row] = call.database.rows(
        f"{_SELECT} WHERE {where} ORDER BY files.num LIMIT ?", (*values, limit + 1)
    )
    shown = [_document(call, row) for row in rows[:limit]]
    return cursor_body(shown, next_cursor(rows, limit, 0))


def _folder(call: Call, parent: FoundRecord, folder_id: str) -> int:
    row = call.one(
        "SELECT num FROM files WHERE id = ? AND record = ? AND kind = 'folder'",
        (folder_id.lower(), parent.num),
        f'Folder with ID "{folder_id}" was not found.',
    )
    return int(row[0])


def create_file(call: Call) -> bytes:
    """Answer POST /v2/files: a folder, or an entry of another storage. The body is not wrapped."""
    call.checked(_KIND)  # first, as the rest of the body depends on it
    data = call.checked(_FOLDER if call.json["file_type"] == "folder" else _CONNECTED)
    parent = call.find_record(data["object"], data["record_id"])
    folder_id = data.get("parent_folder_id")
    num = _insert(
        call,
        record=parent.num,
        kind=data["file_type"],
        provider=data.get("storage_provider", "attio"),
        name=data.get("name"),
        folder=None if folder_id is None else _folder(call, parent, folder_id),
        external_id=data.get("external_provider_file_id"),
        drive_id=data.get("microsoft_drive_id"),
    )
    return json_body({"data": _document(call, _find_number(call, num))})


def upload_file(call: Call) -> Reply:
    """Answer POST /v2/files/upload by a 201; the form has file, object, record_id, a folder."""
    form = read_form(call.headers.get("content-type", ""), call.body)
    check(_UPLOAD, form.fields)
    upload = form.files.get("file")
    if upload is None:
        raise missing_member(("file",), "string")
    if not upload.name:
        raise bad_body("The file has no name", ("file",), "too_small")
    if len(upload.content) > MAX_SIZE:
        raise bad_body(f"The file is larger than {MAX_SIZE} bytes", ("file",), "too_big")
    parent = call.find_record(form.fields["object"], form.fields["record_id"])
    folder_id = form.fields.get("parent_folder_id")
    num = _insert(  # the content apart: lists of files need not read megabytes
        call,
        record=parent.num,
        kind="file",
        provider="attio",
        name=upload.name,
        content_type=upload.content_type,
        size=len(upload.content),
        folder=None if folder_id is None else _folder(call, parent, folder_id),
    )
    call.database.insert(
        "file_contents", file=num, signing_key=call.ids.token(), content=upload.content
    )
    return json_reply(json_body({"data": _document(call, _find_number(call, num))}), 201)


def _insert(call: Call, **columns: Any) -> int:
    return call.database.insert(
        "files", id=call.ids.new(), **columns, actor=call.actor, created_at=call.now
    )


def _find_number(call: Call, num: int) -> _Row:
    row: _Row = call.database.row(f"{_SELECT} WHERE files.num = ?", (num,))
    return row


def _find(call: Call) -> _Row:
    key = call.uuid("file_id")
    missing = f'File with ID "{key}" was not found.'
    row: _Row = call.one(f"{_SELECT} WHERE files.id = ?", (key,), missing)
    return row


def get_file(call: Call) -> bytes:
    """Answer GET /v2/files/{file_id}; of a folder it tells whether anything is in it."""
    row = _find(call)
    document = _document(call, row)
    if row[4] == "folder":
        child = call.database.row("SELECT 1 FROM files WHERE folder = ? LIMIT 1", (row[0],))
        document["has_children"] = child is not None
    return json_body({"data": document})


def delete_file(call: Call) -> bytes:
    """Answer DELETE /v2/files/{file_id}; a folder goes with all that is in it."""
    tree = (
        # UNION, not UNION ALL: a circle of folders would never end.
        "WITH RECURSIVE tree (num) AS (SELECT ? UNION"
        " SELECT files.num FROM files JOIN tree ON files.folder = tree.num)"
    )
    values = (_find(call)[0],)
    for table, column in (("file_contents", "file"), ("files", "num")):
        call.database.run(
            f"{tree} DELETE FROM {table} WHERE {column} IN (SELECT num FROM tree)", values
        )
    return b"{}"


def download_file(call: Call) -> Reply:
    """Answer GET /v2/files/{file_id}/download: go to an address that needs no token for a while."""
    num, key = _find(call)[:2]
    row = call.database.row("SELECT signing_key FROM file_contents WHERE file = ?", (num,))
    if row is None:
        raise invalid("Only files that are stored in Attio can be downloaded.")
    expires = int((call.moment + LINK_LIFE).timestamp())
    signature = _signature(row[0], key, expires)
    location = f"/storage/files/{key}?expires={expires}&signature={signature}"
    headers = {"location": location, "content-type": "application/json; charset=utf-8"}
    return Reply(302, {**headers, "content-length": "2"}, b"{}")


def _signature(signing_key: str, file_id: str, expires: int) -> str:
    return hmac.new(
        signing_key.encode(), f"{file_id}.{expires}".encode(), hashlib.sha256
    ).hexdigest()


def send_content(call: Call) -> Reply:
    """Answer GET /storage/files/{file_id}, the signed address of a download.

    It stands for the host that Attio keeps files on, and is not a part of Attio's API.
    """
    key, expires = call.names["file_id"], call.params.get("expires", "")
    row = call.database.row(
        "SELECT signing_key, name, content_type, content FROM file_contents"
        " JOIN files ON num = file WHERE id = ?",
        (key if is_uuid(key) else "",),
    )
    is_time = expires.isascii() and expires.isdigit() and len(expires) < 15  # int() has a limit
    given = call.params.get("signature", "").encode(errors="replace")
    if (
        row is None
        or not is_time
        or int(expires) < call.moment.timestamp()
        or not hmac.compare_digest(_signature(row[0], key, int(expires)).encode(), given)
    ):
        raise Refusal(403, "unauthorized", "The link is not valid any more.", kind="auth_error")
    headers = {
        "content-type": row[2] or "application/octet-stream",
        "content-length": str(len(row[3])),
        # A name may hold anything; a page that somebody uploaded must not run as one of ours.
        "content-disposition": f"attachment; filename*=UTF-8''{quote(row[1], safe='')}",
        "x-content-type-options": "nosniff",
    }
    return Reply(200, headers, row[3])
